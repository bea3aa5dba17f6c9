"""Rows of attachments: evidence that goes along to Odoo with a maintenance request."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from console.domain.records import File
from console.store.schema import attachments, requests


def add(tx: Connection, request_id: int, name: str, mime: str, data: bytes, now: datetime) -> dict[str, Any]:
    """Keeps a file; returns what a posting's payload says of it."""
    digest = hashlib.sha256(data).hexdigest()
    values = {"request_id": request_id, "name": name, "mime": mime, "sha256": digest}
    result = tx.execute(insert(attachments).values(**values, data=data, created_at=now))
    assert result.inserted_primary_key is not None
    return {"id": int(result.inserted_primary_key[0]), "name": name, "mime": mime, "sha256": digest}


def files(tx: Connection, ids: Sequence[int]) -> list[File]:
    """The files themselves, oldest first."""
    query = (
        select(attachments, requests.c.trace_id)
        .join(requests, requests.c.id == attachments.c.request_id)
        .where(attachments.c.id.in_(ids))
        .order_by(attachments.c.id)
    )
    return [File(f"{r.trace_id}-a{r.id}", r.name, r.mime, bytes(r.data)) for r in tx.execute(query)]
