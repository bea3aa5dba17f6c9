"""Tells what a person changed in Odoo from what an earlier write of ours left there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.odoo.answers import Call, bad_answer
from console.odoo.client import OdooClient
from console.odoo.mapping import Record


def edited_fields(
    held: Mapping[str, Any], wanted: Mapping[str, Any], before: Mapping[str, Any] | None, *, by_us: bool
) -> tuple[str, ...]:
    """Fields that a write would go over though somebody else set them. Pure.

    A value that is neither asked for nor the verified one is somebody's edit, unless we wrote the record last
    and mean to change that very field: then it is an earlier value of ours whose answer was lost.

    Args:
        before: as last verified; None where the record never was.
        by_us: the record was last written by the service account.
    """
    found = []
    for field, value in held.items():
        if field not in wanted or value == wanted[field]:
            continue
        if before is None:
            edited = not by_us
        else:
            edited = value != before[field] and (not by_us or wanted[field] == before[field])
        if edited:
            found.append(field)
    return tuple(found)


async def written_by_us(client: OdooClient, row: Record) -> bool:
    """Whether the service account, which is the console's alone, wrote the row last (``write_uid``)."""
    call = Call("res.users", "context_get", False)
    context = await client.call(call.model, call.method, writes=False)
    uid = context.get("uid") if isinstance(context, dict) else None
    if not isinstance(uid, int):
        raise bad_answer(call, "it names no user")
    return row.optional_reference("write_uid") == uid
