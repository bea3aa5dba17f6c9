"""Turns HTTP answers of JSON-2 into values or classified errors. Pure; the client does the talking."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from console.odoo.errors import (
    OdooAuthentication,
    OdooBadAnswer,
    OdooConfiguration,
    OdooConflict,
    OdooDenied,
    OdooError,
    OdooMissing,
    OdooMisuse,
    OdooOutcomeUnknown,
    OdooRejected,
    OdooThrottled,
    OdooUnreachable,
)

MESSAGE_LIMIT = 500
DEFAULT_RETRY_AFTER_S = 30.0
LONGEST_RETRY_AFTER_S = 3600.0
ASK_FIRST = "The console asks Odoo what it holds before it sends anything more."
LATER = "It is tried again by itself."

# Odoo rolls these back after its own tries, or loses its database for a moment
_CONFLICTS = frozenset(
    f"psycopg2.{name}"
    for name in (
        "errors.SerializationFailure",
        "errors.DeadlockDetected",
        "errors.LockNotAvailable",
        "errors.QueryCanceled",
        "errors.AdminShutdown",
        "errors.TooManyConnections",
        "OperationalError",
        "InterfaceError",
    )
) | {"builtins.MemoryError", "psycopg2.pool.PoolError", "odoo.sql_db.PoolError"}


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked, for error texts and for what an unclear answer means.

    Attributes:
        writes: True where the call may change Odoo; then a lost answer leaves the outcome unknown.
    """

    model: str
    method: str
    writes: bool

    def __str__(self) -> str:
        return f"{self.model}.{self.method}"


def unclear(call: Call, why: str, status: int = 0) -> OdooError:
    """The error for an answer that was lost or cannot be trusted."""
    if call.writes:
        what = f"{call} was sent to Odoo and the answer was lost ({why})."
        return OdooOutcomeUnknown(what, ASK_FIRST, status=status)
    return OdooUnreachable(f"Odoo did not answer {call} properly ({why}).", LATER, status=status)


def value_of(call: Call, status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> Any:
    """The answer's value.

    Raises:
        OdooError: the class says what it means, see console.odoo.errors.
    """
    if status == 200:
        try:
            return json.loads(body)
        except ValueError:
            raise unclear(call, "the answer is not complete JSON", status) from None
    raise error_of(call, status, headers, body, now)


def error_of(call: Call, status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> OdooError:
    """Classify an answer other than 200."""
    if status == 429 or (status == 503 and "retry-after" in headers):
        wait = retry_after_s(headers.get("retry-after", ""), now)
        return OdooThrottled(f"Odoo asks to wait {wait:.0f} s before the next call.", wait, status=status)
    if status == 401:
        return OdooAuthentication(
            "Odoo does not accept the API key: it is wrong, has expired, or its user is archived.",
            "Make a new key for the service account (docs/odoo.md) and store it under the same secret name.",
            status=status,
        )
    told = _error_body(body)
    if told is not None:
        return _from_odoo(call, status, *told)
    if 300 <= status < 400:
        return OdooConfiguration(
            f"The address of Odoo leads elsewhere (HTTP {status} to {headers.get('location', 'nowhere')}).",
            "Write the final address into the plant file.",
            status=status,
        )
    if status in {404, 405, 413, 415} or status == 403:
        return OdooConfiguration(
            f"The answer to {call} (HTTP {status}) is not from Odoo's JSON-2 interface, or the database is "
            "not known there.",
            "Check address and database of the Odoo connection, and that it is Odoo 19 or later.",
            status=status,
        )
    if status == 400:
        return OdooMisuse(f"Odoo could not read the call {call} (HTTP 400).", status=status)
    # 5xx without Odoo's error body: a proxy speaks, and may have passed the call on before
    return unclear(call, f"HTTP {status} without Odoo's own answer", status)


def _error_body(body: bytes) -> tuple[str, str] | None:
    """Name and message of Odoo's error body; its traceback and arguments are not taken along."""
    try:
        told = json.loads(body)
    except ValueError:
        return None
    if not isinstance(told, dict) or not isinstance(told.get("name"), str):
        return None
    return told["name"], shortened(str(told.get("message", "")))


def shortened(message: str) -> str:
    """One line of bounded length, fit for a screen and a log."""
    line = " ".join(message.split())
    return line if len(line) <= MESSAGE_LIMIT else line[: MESSAGE_LIMIT - 1] + "…"


def _from_odoo(call: Call, status: int, name: str, message: str) -> OdooError:
    kind = name.rsplit(".", 1)[-1]
    if name in _CONFLICTS:
        what = f"Odoo could not finish {call} because of other work at the same time ({kind})."
        return OdooConflict(what, LATER, status=status, name=name)
    if kind == "AccessDenied":
        what = "Odoo refuses the service account: " + message
        return OdooAuthentication(what, "Make a new key for it (docs/odoo.md).", status=status, name=name)
    if kind == "AccessError" or (status == 403 and name.startswith("werkzeug")):
        remedy = "Give the service account the rights that docs/odoo.md lists, then send it again."
        return OdooDenied(f"Odoo denies {call}: {message}", remedy, status=status, name=name)
    if kind == "MissingError":
        remedy = "Look whether somebody deleted it in Odoo, and book it elsewhere or reject it."
        return OdooMissing(f"Odoo has no such record for {call}: {message}", remedy, status=status, name=name)
    if kind in {"UserError", "ValidationError", "RedirectWarning", "LockError"} or (
        name.startswith("psycopg2.errors.") and kind.endswith("Violation")
    ):
        remedy = "Correct it in Odoo and send it again, or reject it with a reason."
        return OdooRejected(f"Odoo refuses {call}: {message}", remedy, status=status, name=name)
    if name == "werkzeug.exceptions.NotFound":
        remedy = "Check that the module is installed in this database and that it is Odoo 19 or later."
        return OdooConfiguration(f"Odoo does not offer {call}: {message}", remedy, status=status, name=name)
    remedy = "Report this with the Odoo version; it is not repeated."
    return OdooMisuse(
        f"Odoo cannot make sense of {call}: {kind}: {message}", remedy, status=status, name=name
    )


def load_error(call: Call, messages: object) -> OdooError:
    """``load`` answers 200 also when it refuses: classify its messages."""
    texts = (
        [str(m.get("message", "")) for m in messages if isinstance(m, dict)]
        if isinstance(messages, list)
        else []
    )
    text = shortened("; ".join(texts)) or "no reason given"
    if "could not serialize" in text or "deadlock detected" in text:
        return OdooConflict(f"Odoo could not finish {call} because of other work at the same time.", LATER)
    return OdooRejected(
        f"Odoo refuses {call}: {text}", "Correct it in Odoo and send it again, or reject it with a reason."
    )


def retry_after_s(header: str, now: datetime) -> float:
    """Seconds of a Retry-After header: a number or an HTTP date (RFC 9110, 10.2.3), within 1 s and 1 h."""
    try:
        wait = float(header)
    except ValueError:
        at = http_date(header)
        wait = (at - now).total_seconds() if at else DEFAULT_RETRY_AFTER_S
    if wait != wait:  # "nan" is a float too
        wait = DEFAULT_RETRY_AFTER_S
    return min(max(wait, 1.0), LONGEST_RETRY_AFTER_S)


def http_date(header: str) -> datetime | None:
    """An HTTP date as aware UTC; None where it is none."""
    try:
        moment = parsedate_to_datetime(header)
    except (ValueError, TypeError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def bad_answer(call: Call, why: str) -> OdooError:
    """A 200 whose content is not what the call promises."""
    if call.writes:
        return unclear(call, why, 200)
    remedy = "Report this with the Odoo version."
    return OdooBadAnswer(f"The answer to {call} is not usable: {why}.", remedy, status=200)
