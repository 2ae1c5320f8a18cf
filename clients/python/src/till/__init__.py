"""Till from Python: `Till` and `AsyncTill` have the same calls. `till.errors` is the tree of what may be raised, `till.models` what comes back, `till.webhooks` the signatures."""

from . import errors, models, webhooks
from ._asynchronous import AsyncTill
from ._core.exchange import Retries
from ._core.queues import DeadLetter
from ._core.sql import Row
from ._shared import VERSION as __version__
from ._sync import Till
from .errors import ProblemError, TillError
from .models import Change, Export, LineResult, Message, Receipt, RecordFault, Taken, Ticket, Upload

__all__ = [
    "AsyncTill", "Change", "DeadLetter", "Export", "LineResult", "Message", "ProblemError", "Receipt", "RecordFault", "Retries", "Row", "Taken", "Ticket", "Till",
    "TillError", "Upload", "__version__", "errors", "models", "webhooks",
]
