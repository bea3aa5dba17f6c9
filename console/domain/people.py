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


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.SUPERVISOR: frozenset(
        {Permission.CONFIRM_COUNTS, Permission.RESOLVE_REVIEW, Permission.ACT_ON_OUTBOX}
    ),
    Role.INSPECTOR: frozenset({Permission.RESOLVE_REVIEW}),
    Role.MAINTENANCE: frozenset({Permission.RESOLVE_REVIEW}),
    Role.ADMINISTRATOR: frozenset(
        {Permission.MANAGE_PEOPLE, Permission.ACT_ON_OUTBOX, Permission.RESOLVE_REVIEW}
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
