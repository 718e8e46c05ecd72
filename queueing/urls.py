"""Addresses of the queue's pages and API."""

from django.urls import path

from queueing.views import home

urlpatterns = [
    path("", home.home, name="home"),
]
