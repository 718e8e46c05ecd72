import datetime as dt

from queueing.queries.kiosk import choices
from tests.factories import MONDAY, OfferingFactory, ServiceFactory

DAY = dt.date(2026, 1, 5)


def states(branch, day=DAY):
    return {
        choice.service.code: (choice.is_closed, choice.is_used_up)
        for group in choices(branch.office, day)
        for choice in group.services
    }


def test_choices_of_a_branch_without_services_are_none(branch):
    branch.offering.delete()

    assert choices(branch.office, DAY) == []


def test_choices_keep_services_closed_today_and_hide_those_not_offered(branch):
    branch.offer("CLOSED", "B", closed_on=DAY)
    branch.offer("NOT-HERE", "C", is_offered=False)

    assert states(branch) == {"SV-INFO": (False, False), "CLOSED": (True, False)}
    assert states(branch, DAY + dt.timedelta(days=1))["CLOSED"] == (False, False)


def test_choices_mark_a_service_whose_numbers_are_used_up(branch):
    service = branch.offer("CAPPED", "B", daily_cap=1)
    branch.offer("NONE", "C", daily_cap=0)
    assert states(branch)["CAPPED"] == (False, False)

    branch.ticket(service=service)

    assert states(branch)["CAPPED"] == (False, True)
    assert states(branch)["NONE"] == (False, True)
    assert states(branch, DAY + dt.timedelta(days=1))["CAPPED"] == (False, False)


def test_group_with_one_open_service_has_nothing_to_ask(branch):
    (group,) = choices(branch.office, DAY)

    assert group.is_open
    assert group.only_service == branch.service


def test_group_with_a_closed_service_beside_is_asked(branch):
    closed = ServiceFactory(code="CLOSED", group=branch.service.group)
    OfferingFactory(office=branch.office, service=closed, closed_on=DAY)

    (group,) = choices(branch.office, DAY)

    assert [choice.is_open for choice in group.services] == [False, True]
    assert group.only_service is None


def test_group_whose_services_are_all_closed_is_closed(branch):
    branch.offering.closed_on = DAY
    branch.offering.save()

    (group,) = choices(branch.office, DAY)

    assert not group.is_open
    assert group.only_service is None


def test_choices_need_one_query(branch, django_assert_num_queries):
    for number in range(30):
        branch.offer(f"S{number}", "BCDEFG"[number % 6])
    branch.ticket(at=MONDAY)

    with django_assert_num_queries(1):
        assert len(choices(branch.office, DAY)) == 7
