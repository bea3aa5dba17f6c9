"""How units and durations are written for people, also in what services keep or send to Odoo."""

from __future__ import annotations

from datetime import datetime, tzinfo

# names in plant files are plain letters, so that every keyboard has them
_UNITS = {"degC": "°C", "degF": "°F", "percent": "%", "m3": "m³"}
# below this a rounded minute would say nothing: "0 min"
_SHORT_S = 120


def unit_words(unit: str) -> str:
    """A unit as people write it: ``degC`` -> ``°C``; others as they are."""
    return _UNITS.get(unit, unit)


def with_unit(text: str, unit: str) -> str:
    """``9.2``, ``degC`` -> ``9.2 °C``; the number alone where there is no unit."""
    return f"{text} {unit_words(unit)}".strip()


def lasted(seconds: float, decimals: int = 0) -> str:
    """How long something took: ``45 s`` below two minutes, else ``12 min``; minutes with ``decimals``."""
    if seconds < _SHORT_S:
        return f"{max(seconds, 0.0):.0f} s"
    return f"{seconds / 60.0:.{decimals}f} min"


def from_to(start: datetime, end: datetime, zone: tzinfo) -> str:
    """``06:45 to 06:57`` in a time zone; with seconds where both are in the same minute."""
    one, other = start.astimezone(zone), end.astimezone(zone)
    same = (one.date(), one.hour, one.minute) == (other.date(), other.hour, other.minute)
    how = "%H:%M:%S" if same else "%H:%M"
    return f"{one:{how}} to {other:{how}}"
