"""What every recipe of a record posting offers: ``read`` says what Odoo holds, ``write`` makes it so.

Both may be repeated with the same arguments at any time, also when an earlier call was lost or lands late:
records are made insert-only under an external id, everything else is an absolute value or an action that
does nothing where its effect is there already. Whether to write is the poster's to decide.
"""

from __future__ import annotations

from typing import Protocol

from console.domain.records import RecordSeen, RecordWrite
from console.odoo.client import OdooClient


class Recipe(Protocol):
    """A module of this package: ``downtime``, ``transfer``, ``inspection``, ..."""

    async def read(self, client: OdooClient, order: RecordWrite) -> RecordSeen:
        """What Odoo holds of the record now.

        ``refused`` where it cannot be booked as decided, ``edited`` where a write would go over what somebody
        changed in Odoo since ``order.before`` was verified.

        Raises:
            OdooError: it could not be asked.
        """

    async def write(self, client: OdooClient, order: RecordWrite) -> str:
        """Make Odoo hold it; returns the record as "model:id". It is there only once it was read back.

        Raises:
            OdooRejected: refused; nothing was changed.
            OdooOutcomeUnknown: Odoo may hold it, wholly or in part.
        """
