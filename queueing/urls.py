"""Addresses of the queue's pages and API."""

urlpatterns: list = []
