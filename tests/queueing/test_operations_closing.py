from queueing import operations
from queueing.models import Action, Duty, DutyEvent, State, Ticket
from queueing.operations import closing
from queueing.refusals import TicketUnknown
from tests.factories import Branch
from tests.queueing.helpers import after, everything, refused

NIGHT = after(days=1)


def close(branch: Branch, at=NIGHT) -> int:
    return operations.close_left_open(office=branch.office, at=at)


def test_night_closes_what_is_open_and_flags_it(branch: Branch):
    duties = [branch.duty(number) for number in (1, 2, 3)]
    held = branch.serving(duties[0])
    operations.hold(ticket=held, actor=duties[0].officer, at=after(1))
    serving, called = branch.serving(duties[1]), branch.called(duties[2])
    waiting = branch.ticket()

    assert close(branch) == 4

    tickets = Ticket.objects.in_bulk()
    assert {
        pk: (ticket.state, ticket.left_open, ticket.counter, ticket.held_by)
        for pk, ticket in tickets.items()
    } == {
        held.pk: (State.CANCELLED, True, None, None),
        serving.pk: (State.FINISHED, True, None, None),
        called.pk: (State.CANCELLED, True, None, None),
        waiting.pk: (State.CANCELLED, True, None, None),
    }
    event = serving.events.last()
    assert (event.action, event.at, event.staff, event.device) == (
        Action.CLOSE_SERVED,
        NIGHT,
        None,
        None,
    )
    assert waiting.events.last().action == Action.CLOSE
    assert not Duty.objects.open().exists()
    assert (
        list(DutyEvent.objects.filter(kind="closed").values_list("at", "actor"))
        == [(NIGHT, None)] * 3
    )


def test_night_leaves_what_ended_alone(branch: Branch):
    duty = branch.duty()
    ticket = branch.serving(duty)
    operations.finish(ticket=ticket, actor=duty.officer, at=after(1))
    operations.close_duty(duty=duty, at=after(2))
    before = everything()

    assert close(branch) == 0
    assert everything() == before


def test_night_closing_repeated_finds_nothing(branch: Branch):
    branch.called(branch.duty())
    close(branch)
    before = everything()

    assert close(branch) == 0
    assert everything() == before


def test_night_leaves_today_and_other_branches_alone(branch: Branch):
    other = Branch()
    other.called(other.duty())
    branch.called(branch.duty(at=NIGHT), at=NIGHT)
    before = everything()

    assert close(branch) == 0
    assert everything() == before


def test_night_waits_for_the_branchs_own_midnight(db):
    branch = Branch(zone="Asia/Jayapura")  # two hours ahead of Jakarta
    branch.ticket(at=after(0))

    assert close(branch, after(12 * 60 + 59)) == 0
    assert close(branch, after(13 * 60)) == 1


def test_night_leaves_a_duty_with_somebody_of_today_at_the_counter(branch: Branch):
    duty = branch.duty()
    called = branch.called(duty, at=NIGHT)

    close(branch)
    assert Duty.objects.open().get() == duty
    operations.requeue(ticket=called, actor=duty.officer, at=NIGHT, place="END")
    close(branch)

    assert not Duty.objects.open().exists()


def test_night_passes_over_what_was_closed_meanwhile(branch: Branch):
    ticket, duty = branch.ticket(), branch.duty()
    close(branch)
    before = everything()

    closing._close(ticket, NIGHT)
    closing._end(duty, NIGHT)

    assert everything() == before


def test_ticket_closed_at_night_does_not_return_next_day(branch: Branch):
    ticket = branch.ticket()
    close(branch)

    with refused(TicketUnknown):
        operations.requeue(ticket=ticket, actor=branch.kiosk, at=NIGHT)
