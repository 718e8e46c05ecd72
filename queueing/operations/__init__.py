"""Every write of the queue: one function, one transaction, one event row.

Keyword-only; objects in, object out; ``actor`` and ``at`` are handed in. Lock order
is fixed: the duty, then the ticket; issuing locks only its number row.
"""

from queueing.operations.closing import close_left_open
from queueing.operations.duties import close_duty, end_break, open_duty, take_break
from queueing.operations.issuing import issue
from queueing.operations.placing import cancel, hold, requeue, resume, transfer
from queueing.operations.releasing import release_counter
from queueing.operations.serving import (
    call_next,
    finish,
    next_service,
    no_show,
    pick,
    recall,
    start,
)
from queueing.operations.undoing import undo

__all__ = [
    "call_next",
    "cancel",
    "close_duty",
    "close_left_open",
    "end_break",
    "finish",
    "hold",
    "issue",
    "next_service",
    "no_show",
    "open_duty",
    "pick",
    "recall",
    "release_counter",
    "requeue",
    "resume",
    "start",
    "take_break",
    "transfer",
    "undo",
]
