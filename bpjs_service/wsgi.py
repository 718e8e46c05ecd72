"""WSGI entry point: every page and the REST API."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bpjs_service.settings")

application = get_wsgi_application()
