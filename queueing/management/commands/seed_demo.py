"""``manage.py seed_demo``: a believable branch to try the product on."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from bpjs_service.errors import Refusal
from offices.models import Device, Office, Role, Staff
from queueing.demo import branch, clock, history
from queueing.operations import close_left_open


class Command(BaseCommand):
    """Repeating it adds what is missing and wakes the branch if it is closed."""

    help = "Make the demo branch, its people and its past; needs DEMO and reference."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("seed_demo works only with DEMO=1: it makes log-ins.")
        try:
            office = branch.build()
        except Office.DoesNotExist as error:
            raise CommandError("Run load_reference first.") from error
        except Refusal as error:
            raise CommandError(str(error)) from error
        own_clock = clock.wake(office, at_real=timezone.now())
        close_left_open(office=office, at=office.now())
        made = history.seed_history(office, kiosk=_kiosk(office), crew=_crew(office))
        self.stdout.write(f"{office.name} ({office.code}): {made} numbers made up.")
        if own_clock:
            self.stdout.write(clock.sentence(office))


def _kiosk(office: Office) -> Device:
    return Device.objects.filter(
        office=office, kind=Device.Kind.KIOSK, revoked_at=None
    ).earliest("pk")


def _crew(office: Office) -> list[Staff]:
    people = Staff.objects.filter(postings__office=office, postings__role=Role.CSO)
    return list(people.order_by("username"))
