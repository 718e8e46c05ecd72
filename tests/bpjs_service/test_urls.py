"""Addresses that belong to no page."""

from django.contrib.staticfiles import finders


def test_icon_is_where_browsers_look_for_it(client):
    answer = client.get("/favicon.ico")

    assert answer.headers["Location"] == "/static/bpjs_service/icon.svg"
    assert finders.find("bpjs_service/icon.svg")
