"""Finds records by their external id, without rights on ``ir.model.data`` and without making them.

Every record that the console makes has an external id ``<site_prefix>.<key>`` from the moment it exists, in
the same transaction. So after a lost answer this says for certain whether the record is there; no mark in a
description, no comparing of values. Deleting a record in Odoo deletes its external id with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from console.odoo.answers import Call, bad_answer
from console.odoo.client import OdooClient
from console.odoo.errors import OdooDenied, OdooMisuse

# what Odoo's look-up raises for an external id that does not exist
UNKNOWN = "builtins.ValueError"


def external_id(client: OdooClient, key: str) -> str:
    """The external id of a record of this site."""
    return f"{client.connection.site_prefix}.{key}"


async def find(client: OdooClient, model: str, key: str) -> int | None:
    """The database id of the record of ``model`` made under ``key``; None where there is none.

    Raises:
        OdooDenied: it is there, and the service account may not see it.
        OdooError: it could not be asked.
    """
    name = external_id(client, key)
    module, _, xml_id = name.partition(".")
    call = Call("ir.model.data", "check_object_reference", False)
    try:
        found = await client.call(
            call.model,
            call.method,
            writes=False,
            context={"active_test": False},
            module=module,
            xml_id=xml_id,
        )
    except OdooMisuse as error:
        if error.name == UNKNOWN:
            return None
        raise
    if not isinstance(found, list) or len(found) != 2 or found[0] != model:
        raise bad_answer(call, f"{name} is no {model}")
    if found[1] is False:
        raise OdooDenied(
            f"Odoo holds {name} ({model}) and does not show it to the service account.",
            "Give the service account the rights that docs/odoo.md lists, then send it again.",
        )
    if isinstance(found[1], bool) or not isinstance(found[1], int):
        raise bad_answer(call, f"{name} has no record id")
    return found[1]


async def ours(client: OdooClient, model: str, ids: Sequence[int]) -> frozenset[int]:
    """Those of the records that the consoles of this site made."""
    if not ids:
        return frozenset()
    call = Call(model, "get_external_id", False)
    names = await client.call(model, call.method, writes=False, ids=ids)
    if not isinstance(names, dict):
        raise bad_answer(call, "it is no object")
    prefix = external_id(client, "")
    return frozenset(i for i in ids if str(names.get(str(i)) or "").startswith(prefix))
