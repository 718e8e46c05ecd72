"""``manage.py demo_logins``: where the demonstration is, and who can log in to it."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import translation

from offices.models import Office
from queueing.demo import branch, clock

PAGES = {"Home page": "home", "Kiosk": "kiosk", "Board": "board", "Desk": "desk-choice"}


class Command(BaseCommand):
    help = "Print the pages and log-ins of the demonstration and the time it lives in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--base-url", default="http://localhost:8000")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("demo_logins works only with DEMO=1.")
        for title, page in PAGES.items():
            self.stdout.write(f"{title:<10} {options['base_url']}{reverse(page)}")
        self.stdout.write("")
        self.stdout.write(f"Log-ins of the demo, password {branch.PASSWORD}:")
        with translation.override("en"):  # like everything on the console
            for person in branch.CAST:
                line = f"{person.username:<18} {person.role.label:<25} {person.name}"
                self.stdout.write(f"  {line}")
        office = Office.objects.filter(code=branch.CODE, is_demo=True).first()
        if office is not None and office.clock_set_at is not None:
            self.stdout.write(clock.sentence(office))
