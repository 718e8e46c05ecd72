"""Addresses of the REST API, version 1."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from offices.api import me
from queueing.api import demo, desk, kiosk, oversight, steps, tickets

app_name = "api"

duty = [
    path("break", desk.take_break, name="duty-break"),
    path("back", desk.end_break, name="duty-back"),
    path("close", desk.close, name="duty-close"),
    path("call-next", desk.call_next, name="duty-call-next"),
    path("pick", desk.pick, name="duty-pick"),
]
ticket = [
    path("recall", steps.recall, name="ticket-recall"),
    path("start", steps.start, name="ticket-start"),
    path("finish", steps.finish, name="ticket-finish"),
    path("next-service", steps.next_service, name="ticket-next-service"),
    path("no-show", steps.no_show, name="ticket-no-show"),
    path("hold", steps.hold, name="ticket-hold"),
    path("resume", steps.resume, name="ticket-resume"),
    path("transfer", steps.transfer, name="ticket-transfer"),
    path("requeue", steps.requeue, name="ticket-requeue"),
    path("cancel", steps.cancel, name="ticket-cancel"),
    path("undo", steps.undo, name="ticket-undo"),
]
office = [
    path("menu", kiosk.menu, name="menu"),
    path("board", kiosk.board, name="board"),
    path("live", kiosk.live, name="live"),
    path("tickets", tickets.tickets, name="tickets"),
    path("tickets/<int:pk>", tickets.ticket, name="ticket"),
    path("tickets/<int:pk>/", include(ticket)),
    path("duties", desk.duties, name="duties"),
    path("duties/mine", desk.mine, name="duty-mine"),
    path("duties/<int:pk>/", include(duty)),
    path("waits", oversight.waits, name="waits"),
    path("invariants", oversight.invariants, name="invariants"),
]
urlpatterns = [
    path("auth/", include("offices.api_urls")),
    path("me", me, name="me"),
    path("offices/<slug:code>/", include(office)),
    path("demo/branches", demo.branches, name="demo-branches"),
    path("demo/branches/<slug:code>/clock", demo.clock, name="demo-clock"),
    path("schema", SpectacularAPIView.as_view(), name="schema"),
]
