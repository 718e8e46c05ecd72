"""Plumbing of the front office: settings, URLs, Celery, live events, servers."""

from bpjs_service.celery import app as celery_app

__all__ = ["celery_app"]
