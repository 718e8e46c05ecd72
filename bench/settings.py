"""The product's settings, plus an empty page to compare with.

``BENCH_BARE=1`` serves the same pages without any middleware.
"""

from bpjs_service.settings import *  # noqa: F403 - the point of this module
from bpjs_service.settings import MIDDLEWARE, env

ROOT_URLCONF = "bench.urls"
if env.bool("BENCH_BARE", default=False):
    MIDDLEWARE = []
