"""``manage.py demo_logins``: who can log in to the demonstration."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from offices.models import Office
from queueing.demo import branch, clock


class Command(BaseCommand):
    help = "Print the log-ins of the demonstration and the time it lives in."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("demo_logins works only with DEMO=1.")
        self.stdout.write(f"Log-ins of the demo, password {branch.PASSWORD}:")
        with translation.override("en"):  # like everything on the console
            for person in branch.CAST:
                line = f"{person.username:<18} {person.role.label:<25} {person.name}"
                self.stdout.write(f"  {line}")
        office = Office.objects.filter(code=branch.CODE, is_demo=True).first()
        if office is not None and office.clock_set_at is not None:
            self.stdout.write(clock.sentence(office))
