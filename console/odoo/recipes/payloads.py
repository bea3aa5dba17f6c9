"""Reads the payload of a record posting, field by field with the type that the field must have. Pure.

A payload that is not what its recipe promises is a bug of ours (OdooMisuse names key and field): it is never
sent, and never sent again by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

from console.odoo.errors import OdooMisuse


class Payload:
    """One payload; ``key`` names it in errors."""

    def __init__(self, key: str, values: Mapping[str, Any]) -> None:
        self._key = key
        self._values = values

    def bad(self, name: str) -> NoReturn:
        """Refuse the field's value."""
        value = repr(self._values.get(name, "nothing"))[:80]
        raise OdooMisuse(
            f"The posting {self._key} has {value} in {name}, which its recipe cannot use.",
            "Report this; it is not sent.",
        )

    def text(self, name: str) -> str:
        value = self._values.get(name)
        if not isinstance(value, str):
            self.bad(name)
        return value

    def integer(self, name: str) -> int:
        value = self._values.get(name)
        if isinstance(value, bool) or not isinstance(value, int):
            self.bad(name)
        return value

    def optional_integer(self, name: str) -> int | None:
        return None if self._values.get(name) is None else self.integer(name)

    def moment(self, name: str) -> datetime:
        """An instant, from ISO-8601 text with its offset."""
        try:
            moment = datetime.fromisoformat(self.text(name))
        except ValueError:
            self.bad(name)
        if moment.tzinfo is None:
            self.bad(name)
        return moment.astimezone(UTC)

    def optional_moment(self, name: str) -> datetime | None:
        return None if self._values.get(name) is None else self.moment(name)
