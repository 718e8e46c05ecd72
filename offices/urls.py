"""Addresses of log-in, language and devices."""

app_name = "offices"
urlpatterns: list = []
