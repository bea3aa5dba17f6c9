"""A point in time as people type it: ``11:05``, or ``2026-11-20 11:05``, in the plant's zone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from PySide6.QtWidgets import QLineEdit

from console.desktop.formats import Times, tr
from console.desktop.widgets.basics import restyle

_PATTERN = re.compile(r"(?:(\d{4})-(\d\d)-(\d\d)[ T]+)?(\d{1,2}):(\d\d)(?::(\d\d))?")


def parse_time(text: str, times: Times, now: datetime) -> datetime | None:
    """Aware UTC; None where it is no time. A clock time alone is the last one that was, to the minute."""
    found = _PATTERN.fullmatch(text.strip())
    if found is None:
        return None
    local = times.local(now)
    year, month, day, hour, minute, second = (int(g) if g else None for g in found.groups())
    try:
        at = datetime(
            year or local.year,
            month or local.month,
            day or local.day,
            hour or 0,
            minute or 0,
            second or 0,
            tzinfo=times.zone,
        )
    except ValueError:
        return None
    if year is None and at > local + timedelta(minutes=1):
        at -= timedelta(days=1)
    return at.astimezone(UTC)


class TimeField(QLineEdit):
    """A line for a time; a wrong one is marked."""

    def __init__(self, times: Times, now: Callable[[], datetime], name: str, accessible: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        self.setPlaceholderText(tr("11:05 or 2026-11-20 11:05"))
        self._times, self._now = times, now
        self.textChanged.connect(self._mark)

    @property
    def at(self) -> datetime | None:
        """The time, aware UTC."""
        return parse_time(self.text(), self._times, self._now())

    def show_time(self, at: datetime) -> None:
        """Writes a time."""
        local, now = self._times.local(at), self._times.local(self._now())
        day = "" if local.date() == now.date() else f"{local:%Y-%m-%d} "
        self.setText(f"{day}{local:%H:%M:%S}" if local.second else f"{day}{local:%H:%M}")

    def _mark(self, text: str) -> None:
        restyle(self, "invalid", bool(text.strip()) and self.at is None)
