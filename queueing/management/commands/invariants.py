"""``manage.py invariants``: prove that no number was lost, doubled or called twice."""

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from offices.models import Office
from queueing.invariants import breaches


class Command(BaseCommand):
    help = "Check a day of one branch or of all; exit code 1 when something is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--branch", metavar="CODE", help="one branch only")
        parser.add_argument(
            "--day",
            type=dt.date.fromisoformat,
            metavar="YYYY-MM-DD",
            help="a service day; otherwise each branch's own today",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        branches = Office.objects.branches()
        if options["branch"]:
            branches = branches.filter(code=options["branch"])
            if not branches:
                raise CommandError(f"There is no branch {options['branch']}.")
        found = sum(self._check(branch, options["day"]) for branch in branches)
        if found:
            raise CommandError(f"{found} breaches.")

    def _check(self, branch: Office, day: dt.date | None) -> int:
        day = day or branch.day(branch.now())
        found = breaches(branch, day)
        for sentence in found:
            self.stdout.write(f"{branch.code} {day}: {sentence}")
        if not found:
            self.stdout.write(f"{branch.code} {day}: all invariants hold")
        return len(found)
