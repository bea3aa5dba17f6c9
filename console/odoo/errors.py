"""What Odoo, or the way to it, can answer. The tree says what the poster may do next.

    OdooError                    (ConsoleError) says what happened, to what, and what to do next
    |-- OdooTransient            nothing was changed in Odoo; the same call may be sent again later
    |   |-- OdooUnreachable      no connection: the call never left, or was a mere question
    |   |-- OdooThrottled        429, or 503 with Retry-After: wait ``retry_after_s``
    |   `-- OdooConflict         Odoo gave up after its own tries at a concurrent change (rolled back)
    |-- OdooOutcomeUnknown       sent, and the answer was lost: ask before anything else
    |-- OdooRejected             Odoo refused by a rule of its business; nothing was changed: a person decides
    |   |-- OdooDenied           ... for want of a right
    |   `-- OdooMissing          ... because the record is gone
    |-- OdooAuthentication       the key is wrong, expired, or its user archived: stop, tell a person
    |-- OdooConfiguration        address, database, module or method is not as configured: a person mends it
    |-- OdooBadAnswer            an answer that does not mean what it must; names record and field
    `-- OdooMisuse               Odoo says that we asked wrongly: our bug, never repeated

Classified on the ``name`` of JSON-2's error body (docs/odoo.md has the table), never on its wording.
"""

from __future__ import annotations

from console.errors import ConsoleError


class OdooError(ConsoleError):
    """Base of everything that Odoo can answer.

    Attributes:
        status: HTTP status; 0 where none came.
        name: Odoo's name of the error, for evidence; empty where it gave none.
    """

    def __init__(self, what: str, remedy: str = "", *, status: int = 0, name: str = "") -> None:
        super().__init__(what, remedy)
        self.status = status
        self.name = name


class OdooTransient(OdooError):
    """Nothing was changed in Odoo; the same call may be sent again later."""


class OdooUnreachable(OdooTransient):
    """Odoo could not be asked. For a write: it was certainly not sent."""


class OdooThrottled(OdooTransient):
    """Odoo, or a proxy before it, asks us to wait.

    Attributes:
        retry_after_s: how long, in seconds.
    """

    def __init__(self, what: str, retry_after_s: float, *, status: int = 0) -> None:
        super().__init__(what, "It is tried again by itself.", status=status)
        self.retry_after_s = retry_after_s


class OdooConflict(OdooTransient):
    """Somebody changed the same record at the same time; Odoo rolled our change back."""


class OdooOutcomeUnknown(OdooError):
    """A write was sent and its answer lost: Odoo may hold it, or may yet come to hold it."""


class OdooRejected(OdooError):
    """Odoo refused; nothing was changed, and sending it again will not help."""


class OdooDenied(OdooRejected):
    """The service account lacks a right."""


class OdooMissing(OdooRejected):
    """The record is not there (any more)."""


class OdooAuthentication(OdooError):
    """The API key is not accepted."""


class OdooConfiguration(OdooError):
    """The address, the database, a module or a method is not what the configuration says."""


class OdooBadAnswer(OdooError):
    """An answer that cannot be used, of a call that changed nothing."""


class OdooMisuse(OdooError):
    """Odoo says that the call itself is wrong: a bug of ours, or a version we do not know."""
