"""What a confirmation will do, in words for the foot of the hour grid."""

from __future__ import annotations

from console.desktop.formats import amount, quantity, tr
from console.services.views import Preview, PreviewLine


def total_words(preview: Preview) -> str:
    """What is selected in all; units that differ are not added up."""
    if preview.unit or not preview.orders:
        return amount(preview.total, preview.unit or tr("units"))
    return tr("1 order") if preview.orders == 1 else tr("{n} orders", n=preview.orders)


def preview_lines(preview: Preview) -> tuple[str, ...]:
    """What Odoo will show, a line for each order and operation; those that go over their order first."""
    lines = [_line_words(line) for line in sorted(preview.lines, key=lambda x: x.over <= 0)]
    if len(lines) == 1:
        return tuple(words for words in lines[0] if words)
    return tuple(" · ".join(words for words in line if words) for line in lines)


def _line_words(line: PreviewLine) -> tuple[str, str]:
    """What Odoo will hold, and what is used for it."""
    text = tr(
        "{order} {before} → {after} of {ordered} {unit}",
        order=line.order_reference,
        before=quantity(line.before),
        after=quantity(line.after),
        ordered=quantity(line.ordered),
        unit=line.unit,
    ).strip()
    if line.title:
        text = f"{line.title}: {text}"
    if line.over > 0:
        text += tr(" · {n} over the order", n=quantity(line.over))
    return text, tr("uses {parts}", parts=", ".join(line.components)) if line.components else ""
