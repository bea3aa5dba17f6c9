"""Trace ids: one runs from sample to Odoo record."""

from __future__ import annotations

import uuid


def new_trace_id() -> str:
    """A new one: letters, digits and "-", so that it may stand in an external id of Odoo."""
    return f"pc-{uuid.uuid4().hex[:20]}"
