import pytest

from bpjs_service.errors import NotAllowed
from queueing.models import Action, Place
from queueing.permissions import require_step
from tests.factories import Branch


@pytest.mark.parametrize("place", ["END", "FRONT", "LATE", ""])
def test_officer_puts_a_called_visitor_back_by_age_alone(branch: Branch, place):
    duty = branch.duty()
    ticket = branch.called(duty, at=branch.office.now())

    require_step(duty.officer, Action.REQUEUE, ticket, place=Place.BY_AGE)
    with pytest.raises(NotAllowed):
        require_step(duty.officer, Action.REQUEUE, ticket, place=place)


def test_reception_puts_a_called_visitor_at_any_place(branch: Branch):
    ticket = branch.called(branch.duty(), at=branch.office.now())
    greeter = branch.officer("GREETER")

    for place in Place.values:
        require_step(greeter, Action.REQUEUE, ticket, place=place)
