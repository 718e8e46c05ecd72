"""Addresses of the queue's pages and API."""

from django.urls import path

from queueing.views import board, desk, greeter, home, kiosk, leaving, release

urlpatterns = [
    path("", home.home, name="home"),
    path("leave/", leaving.leave, name="leave"),
    path("kiosk/", kiosk.kiosk, name="kiosk"),
    path("kiosk/issue/", kiosk.kiosk_issue, name="kiosk-issue"),
    path("kiosk/number/<str:signed>/", kiosk.kiosk_number, name="kiosk-number"),
    path("board/", board.board, name="board"),
    path("board/<slug:code>/", board.board_of, name="board-of"),
    path("desk/", desk.choose_branch, name="desk-choice"),
    path("desk/<slug:code>/", desk.desk, name="desk"),
    path("desk/<slug:code>/open/", desk.open_counter, name="desk-open"),
    path("desk/<slug:code>/break/", desk.take_break, name="desk-break"),
    path("desk/<slug:code>/back/", desk.end_break, name="desk-back"),
    path("desk/<slug:code>/close/", desk.close_counter, name="desk-close"),
    path("desk/<slug:code>/call-next/", desk.call_next, name="desk-call-next"),
    path("desk/<slug:code>/pick/", desk.pick, name="desk-pick"),
    path("desk/<slug:code>/<int:pk>/recall/", desk.recall, name="desk-recall"),
    path("desk/<slug:code>/<int:pk>/absent/", desk.no_show, name="desk-no-show"),
    path("desk/<slug:code>/<int:pk>/start/", desk.start, name="desk-start"),
    path("desk/<slug:code>/<int:pk>/finish/", desk.finish, name="desk-finish"),
    path(
        "desk/<slug:code>/<int:pk>/next-service/",
        desk.next_service,
        name="desk-next-service",
    ),
    path("desk/<slug:code>/<int:pk>/hold/", desk.hold, name="desk-hold"),
    path("desk/<slug:code>/<int:pk>/resume/", desk.resume, name="desk-resume"),
    path("desk/<slug:code>/<int:pk>/transfer/", desk.transfer, name="desk-transfer"),
    path("desk/<slug:code>/<int:pk>/requeue/", desk.back_to_queue, name="desk-requeue"),
    path("desk/<slug:code>/<int:pk>/return/", desk.let_return, name="desk-return"),
    path("desk/<slug:code>/<int:pk>/undo/", desk.undo, name="desk-undo"),
    path("greeter/<slug:code>/", greeter.greeter, name="greeter"),
    path("greeter/<slug:code>/issue/", greeter.issue, name="greeter-issue"),
    path("greeter/<slug:code>/<int:pk>/cancel/", greeter.cancel, name="greeter-cancel"),
    path(
        "greeter/<slug:code>/<int:pk>/requeue/",
        greeter.requeue,
        name="greeter-requeue",
    ),
    path(
        "greeter/<slug:code>/<int:pk>/transfer/",
        greeter.transfer,
        name="greeter-transfer",
    ),
    path(
        "greeter/<slug:code>/counters/<int:pk>/release/",
        release.release,
        name="greeter-release",
    ),
    path("greeter/<slug:code>/<int:pk>/undo/", greeter.undo, name="greeter-undo"),
]
