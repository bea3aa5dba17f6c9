"""The evidence that goes along with a maintenance request: the trend as a picture, the samples as a table."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from datetime import UTC, datetime

from console.domain.equipment import Plant
from console.errors import InvalidDecision
from console.store.telemetry import Telemetry

PNG = b"\x89PNG\r\n\x1a\n"
LARGEST_PICTURE = 5 * 1024 * 1024
# of each value; more are thinned, smallest and largest of each step kept
MOST_ROWS = 5000


def checked_picture(picture: bytes | None) -> bytes | None:
    """The picture, where it is one. Raises InvalidDecision."""
    if picture is None:
        return None
    if not picture.startswith(PNG):
        raise InvalidDecision("The picture of the trend is no PNG file.", "Send the request without it.")
    if len(picture) > LARGEST_PICTURE:
        raise InvalidDecision(
            f"The picture of the trend is larger than {LARGEST_PICTURE // 1024 // 1024} MB.",
            "Make the window smaller, or send the request without it.",
        )
    return picture


def samples_csv(
    telemetry: Telemetry, plant: Plant, tags: Sequence[str], span: tuple[datetime, datetime]
) -> tuple[bytes, int]:
    """(table as UTF-8 CSV, number of samples behind it); empty where there are none.

    Columns: time (ISO 8601, UTC), tag, value (empty where it was bad), unit.
    """
    units = {t.name: t.unit for t in plant.tags}
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(("time_utc", "tag", "value", "unit"))
    behind = 0
    for tag in tags:
        times, values, samples = telemetry.series(tag, *span, MOST_ROWS)
        behind += samples
        for at_s, value in zip(times, values, strict=True):
            at = datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds")
            shown = f"{value:.10g}" if math.isfinite(value) else ""
            table.writerow((at.replace("+00:00", "Z"), tag, shown, units.get(tag, "")))
    return (text.getvalue().encode(), behind) if behind else (b"", 0)


def count_samples(telemetry: Telemetry, tags: Sequence[str], span: tuple[datetime, datetime]) -> int:
    """How many samples the table would be made of."""
    return sum(telemetry.count(tag, *span) for tag in tags)
