"""How far the numbers of a day have come; the only rows that issuing locks."""

import datetime as dt
from typing import ClassVar

from django.db import connection, models

from offices.models import Office
from queueing.models.catalogue import Service


class NumberSeriesManager(models.Manager["NumberSeries"]):
    def take(self, *, office: Office, day: dt.date, prefix: str) -> int:
        """The next number of the branch's day and letter; locks only that row.

        The first number of a day creates the row, so a new day starts at 1 by
        the branch's own date, without a job.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO queueing_numberseries AS series"
                " (office_id, service_day, prefix, last) VALUES (%s, %s, %s, 1)"
                " ON CONFLICT (office_id, service_day, prefix)"
                " DO UPDATE SET last = series.last + 1 RETURNING last",
                [office.pk, day, prefix],
            )
            return int(cursor.fetchone()[0])


class NumberSeries(models.Model):
    """How far the numbers of one branch, day and letter have come."""

    office = models.ForeignKey(Office, models.CASCADE, related_name="+")
    service_day = models.DateField()
    prefix = models.CharField(max_length=1)
    last = models.PositiveIntegerField()

    objects = NumberSeriesManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["office", "service_day", "prefix"], name="number_series_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.service_day} {self.prefix}{self.last:03d}"


MOST_NUMBERS = 2**31 - 1  # what the column can hold: no cap


class ServiceTallyManager(models.Manager["ServiceTally"]):
    def take(
        self, *, office: Office, day: dt.date, service: Service, cap: int | None
    ) -> bool:
        """Count one more number of the service; False when its cap is reached.

        Services without a cap are counted, too: one may be set in mid-day.
        """
        most = MOST_NUMBERS if cap is None else cap
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO queueing_servicetally AS tally"
                " (office_id, service_day, service_id, issued)"
                " SELECT %s, %s, %s, 1 WHERE %s > 0"
                " ON CONFLICT (office_id, service_day, service_id)"
                " DO UPDATE SET issued = tally.issued + 1 WHERE tally.issued < %s"
                " RETURNING issued",
                [office.pk, day, service.pk, most, most],
            )
            return cursor.fetchone() is not None


class ServiceTally(models.Model):
    """How many numbers of a service a branch has given out on a day."""

    office = models.ForeignKey(Office, models.CASCADE, related_name="+")
    service_day = models.DateField()
    service = models.ForeignKey(Service, models.CASCADE, related_name="+")
    issued = models.PositiveIntegerField()

    objects = ServiceTallyManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["office", "service_day", "service"], name="service_tally_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.service_day} {self.service}: {self.issued}"
