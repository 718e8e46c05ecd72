"""Addresses of the API's log-in."""

from django.urls import path

from offices import api

urlpatterns = [
    path("login", api.login, name="login"),
    path("logout", api.logout, name="logout"),
]
