import pytest

from queueing.models import Counter, Offering, QueueRules, Service, ServiceGroup
from queueing.operations import catalogue
from queueing.reference import GroupRecord, ServiceRecord, Workload
from tests.factories import BranchFactory, ServiceFactory

pytestmark = pytest.mark.django_db

WORKLOADS = {"JHTL": Workload("JHTL", "CL-JHT", 505)}
CLAIM = ServiceRecord("CL-JHT", "JHTL", "Klaim JHT", "JHT claim", "high", "JMO", "JMO")
GROUPS = [GroupRecord("jht", "K", "JHT lengkap", "JHT", [CLAIM], is_quick=True)]


def put(**options) -> int:
    return catalogue.put_catalogue(groups=GROUPS, workloads=WORKLOADS, **options)


def test_put_catalogue_makes_groups_and_services():
    assert put() == 2

    service = Service.objects.get()
    assert (service.code, service.typical_seconds, service.position) == (
        "CL-JHT", 505, 1,
    )  # fmt: skip
    assert (service.group.prefix, service.group.is_quick) == ("K", True)


def test_put_catalogue_again_leaves_what_people_have_edited():
    put()
    Service.objects.update(name_id="Klaim JHT (lengkap)")

    assert put() == 0
    assert Service.objects.get().name_id == "Klaim JHT (lengkap)"


def test_put_catalogue_overwrites_when_asked():
    put()
    Service.objects.update(name_id="Klaim JHT (lengkap)")
    ServiceGroup.objects.update(is_quick=False)

    assert put(overwrite=True) == 2
    assert Service.objects.get().name_id == "Klaim JHT"
    assert ServiceGroup.objects.get().is_quick is True


def test_offer_adds_only_what_is_missing():
    office, service = BranchFactory(), ServiceFactory()
    Offering.objects.create(office=office, service=service, is_offered=False)
    other = ServiceFactory(code="SV-JMO")

    assert catalogue.offer(office=office, services=[service, other]) == 1

    offered = Offering.objects.order_by("pk").values_list("service", "is_offered")
    assert list(offered) == [(service.pk, False), (other.pk, True)]


def test_put_counter_without_services_serves_all():
    counter = catalogue.put_counter(office=BranchFactory(), number=1, services=None)

    assert (counter.serves_all, counter.services.count()) == (True, 0)


def test_put_counter_again_leaves_its_services():
    office, service = BranchFactory(), ServiceFactory()
    key = {"office": office, "number": 2}
    catalogue.put_counter(**key, services=[service])

    counter = catalogue.put_counter(**key, services=None)

    assert Counter.objects.get() == counter
    assert (counter.serves_all, counter.services.get()) == (False, service)


def test_put_rules_keeps_those_the_branch_has_set():
    office = BranchFactory()
    QueueRules.objects.create(office=office, most_calls=5)

    assert catalogue.put_rules(office=office).most_calls == 5
