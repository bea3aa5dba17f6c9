"""Whether a person may act: asked of the ledger inside the transaction that acts.

Roles change and people are shut out while they are signed in somewhere; what counts is what stands now.
"""

from __future__ import annotations

from sqlalchemy import Connection

from console.domain.people import Permission, Person
from console.errors import NotAllowed
from console.store import people


def must(tx: Connection, person: Person, permission: Permission) -> None:
    """Passes where the person is active and has a role that permits it.

    Raises:
        NotAllowed: with who may be asked instead.
    """
    now = people.by_id(tx, person.id)
    if now is None or not now.active:
        raise NotAllowed(
            f"{person.name} may not sign in any more.", "Ask an administrator, or let somebody else sign in."
        )
    if not now.may(permission):
        raise NotAllowed(
            f"{now.name} ({now.title}) may not {permission.value}.",
            "Ask somebody whose role permits it to sign in.",
        )
