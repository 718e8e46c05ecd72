"""Periodic work of the queue."""

import structlog
from celery import shared_task

from offices.models import Office
from queueing import operations

logger = structlog.get_logger(__name__)


@shared_task(name="queueing.close_left_open")
def close_left_open() -> None:
    """Close what past service days left open, at each branch by its own midnight.

    Repeating it is harmless: it takes only tickets and duties that are still open.
    """
    for office in Office.objects.filter(kind=Office.Kind.BRANCH):
        try:
            operations.close_left_open(office=office, at=office.now())
        except Exception:  # one branch in trouble must not keep the others open
            logger.exception("close_left_open_failed", office=office.code)
