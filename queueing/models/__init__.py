"""The queue's tables; each module holds one subject."""

from queueing.models.catalogue import (
    Named,
    Offering,
    OfferingQuerySet,
    QueueRules,
    Service,
    ServiceGroup,
)
from queueing.models.counters import (
    Counter,
    Duty,
    DutyEvent,
    DutyQuerySet,
)
from queueing.models.events import (
    CALLS,
    Action,
    TicketEvent,
    VisitNote,
    VisitNoteQuerySet,
)
from queueing.models.numbers import (
    MOST_NUMBERS,
    NumberSeries,
    NumberSeriesManager,
    ServiceTally,
    ServiceTallyManager,
)
from queueing.models.tickets import (
    AT_COUNTER,
    OPEN_STATES,
    Place,
    State,
    Ticket,
    TicketQuerySet,
    Visit,
)

__all__ = [
    "AT_COUNTER",
    "CALLS",
    "MOST_NUMBERS",
    "OPEN_STATES",
    "Action",
    "Counter",
    "Duty",
    "DutyEvent",
    "DutyQuerySet",
    "Named",
    "NumberSeries",
    "NumberSeriesManager",
    "Offering",
    "OfferingQuerySet",
    "Place",
    "QueueRules",
    "Service",
    "ServiceGroup",
    "ServiceTally",
    "ServiceTallyManager",
    "State",
    "Ticket",
    "TicketEvent",
    "TicketQuerySet",
    "Visit",
    "VisitNote",
    "VisitNoteQuerySet",
]
