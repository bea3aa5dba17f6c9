"""People of the console and what their roles permit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """A role; a person may have several."""

    SUPERVISOR = "supervisor"
    INSPECTOR = "inspector"
    MAINTENANCE = "maintenance"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """What an action asks for."""

    CONFIRM_COUNTS = "confirm counts"
    RESOLVE_REVIEW = "resolve review items"
    ACT_ON_OUTBOX = "act on the outbox"
    MANAGE_PEOPLE = "manage people"
    EXPLAIN_STOPS = "explain stops"
    RUN_ORDERS = "start, finish or close orders"
    BOOK_SCRAP = "book scrap and consumption"
    PLACE_HOLDS = "place quality holds"
    DECIDE_HOLDS = "decide about quality holds"
    RECORD_CHECKS = "record quality checks"
    ACT_ON_ALARMS = "acknowledge and shelve alarms"
    REQUEST_MAINTENANCE = "request maintenance"
    TUNE_CONDITIONS = "set condition monitoring"
    SET_POLICIES = "set policies"
    SIGN_SHIFT = "sign off a shift"


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.SUPERVISOR: frozenset(
        {
            Permission.CONFIRM_COUNTS,
            Permission.RESOLVE_REVIEW,
            Permission.ACT_ON_OUTBOX,
            Permission.EXPLAIN_STOPS,
            Permission.RUN_ORDERS,
            Permission.BOOK_SCRAP,
            Permission.PLACE_HOLDS,
            Permission.ACT_ON_ALARMS,
            Permission.REQUEST_MAINTENANCE,
            Permission.SET_POLICIES,
            Permission.SIGN_SHIFT,
        }
    ),
    Role.INSPECTOR: frozenset(
        {
            Permission.RESOLVE_REVIEW,
            Permission.PLACE_HOLDS,
            Permission.DECIDE_HOLDS,
            Permission.RECORD_CHECKS,
            Permission.SIGN_SHIFT,
        }
    ),
    Role.MAINTENANCE: frozenset(
        {
            Permission.RESOLVE_REVIEW,
            Permission.EXPLAIN_STOPS,
            Permission.ACT_ON_ALARMS,
            Permission.REQUEST_MAINTENANCE,
            Permission.TUNE_CONDITIONS,
            Permission.SIGN_SHIFT,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.MANAGE_PEOPLE,
            Permission.ACT_ON_OUTBOX,
            Permission.RESOLVE_REVIEW,
            Permission.SET_POLICIES,
            Permission.TUNE_CONDITIONS,
        }
    ),
}


@dataclass(frozen=True, slots=True)
class Person:
    """A person who can sign in. The PIN's hash never leaves the store."""

    id: int
    name: str
    roles: frozenset[Role]
    active: bool = True

    def may(self, permission: Permission) -> bool:
        """Whether one of the roles permits it."""
        return any(permission in PERMISSIONS[r] for r in self.roles)

    @property
    def title(self) -> str:
        """The roles in words, for the header."""
        return ", ".join(r.value.capitalize() for r in Role if r in self.roles)
