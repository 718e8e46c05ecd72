"""``manage.py load_reference``: offices, holidays and services to start with."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from bpjs_service.yaml_files import BadReference
from offices import reference as offices_reference
from offices.operations import put_holidays, put_offices
from queueing import reference
from queueing.operations.catalogue import put_catalogue


class Command(BaseCommand):
    """Repeating it changes nothing; what people have edited stays."""

    help = "Load the reference data that is missing: offices, holidays, services."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--overwrite",
            action="store_true",
            help="also bring rows that people have edited back to the files' values",
        )

    @transaction.atomic
    def handle(self, *_args: Any, overwrite: bool, **_options: Any) -> None:
        try:
            written = load(overwrite=overwrite)
        except BadReference as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Reference data: {written} rows written.")


def load(*, overwrite: bool) -> int:
    """Load every file; return the number of rows written."""
    return (
        put_offices(records=offices_reference.offices(), overwrite=overwrite)
        + put_holidays(records=offices_reference.holidays(), overwrite=overwrite)
        + put_catalogue(
            groups=reference.catalogue().groups,
            workloads=reference.workloads(),
            overwrite=overwrite,
        )
    )
