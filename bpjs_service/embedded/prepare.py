"""Bring the database up to date, and fill it, before the demo is served.

One process for all steps keeps a second start quick. Progress goes to stderr; the
demo's log-ins, to be shown when everything runs, go to stdout.
"""

import io
import os

import django
from django.conf import settings
from django.core.management import call_command

from bpjs_service.embedded import console

_STEPS = (("Database structure", "migrate"), ("Reference data", "load_reference"))
_DEMO_STEPS = (("Demo branch", "seed_demo"),)


def main() -> None:
    """Run every step; an error ends the process with its message."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bpjs_service.settings")
    django.setup()
    steps = _STEPS + (_DEMO_STEPS if settings.DEMO else ())
    for title, command in steps:
        with console.step(title):
            call_command(command, verbosity=0, stdout=io.StringIO())
    if settings.DEMO:
        call_command("demo_logins")


if __name__ == "__main__":
    main()
