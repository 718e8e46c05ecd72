import datetime as dt

from queueing import operations
from queueing.models import Duty
from queueing.queries.waits import Waits, waits
from tests.factories import MONDAY, Branch

MINUTE = dt.timedelta(minutes=1)


def serve(duty: Duty, at: dt.datetime) -> None:
    step = {"actor": duty.officer, "at": at}
    ticket = operations.call_next(duty=duty, **step)
    operations.start(ticket=ticket, **step)
    operations.finish(ticket=ticket, **step)


def test_waits_are_from_the_number_to_the_first_call(branch: Branch):
    duty = branch.duty()
    for minute in (0, 1, 2):
        branch.ticket(at=MONDAY + minute * MINUTE)
    serve(duty, MONDAY + 10 * MINUTE)
    serve(duty, MONDAY + 12 * MINUTE)

    day = waits(branch.office, MONDAY.date())

    line = Waits("INFO", n=3, served=2, no_show=0, left=0, minutes=[10, 11])
    assert day.groups == [line]
    assert (line.mean_wait_min, line.p95, line.max) == (10.5, 10.95, 11)
    assert [service.code for service in day.services] == ["SV-INFO"]


def test_a_booked_visitor_waits_from_the_booked_time(branch: Branch):
    duty = branch.duty()
    branch.ticket(appointment_at=MONDAY + 5 * MINUTE)
    serve(duty, MONDAY + 7 * MINUTE)

    assert waits(branch.office, MONDAY.date()).groups[0].minutes == [2]


def test_a_call_taken_back_does_not_end_the_wait(branch: Branch):
    duty = branch.duty()
    ticket = branch.called(duty)
    operations.undo(ticket=ticket, actor=duty.officer, at=MONDAY)
    serve(duty, MONDAY + 3 * MINUTE)

    assert waits(branch.office, MONDAY.date()).groups[0].minutes == [3]


def test_whoever_left_is_counted_without_a_wait(branch: Branch):
    operations.cancel(
        ticket=branch.ticket(), actor=branch.kiosk, at=MONDAY, reason="left"
    )

    line = waits(branch.office, MONDAY.date()).groups[0]
    assert (line.n, line.left, line.mean_wait_min, line.p95) == (1, 1, None, None)


def test_a_day_without_visitors_has_no_lines(branch: Branch):
    day = waits(branch.office, MONDAY.date())

    assert (day.groups, day.services) == ([], [])
