"""The hand-over of a shift as a PDF: for the binder and the auditor, without a printer.

Everything in it comes from outside (names, notes, orders), so every text is escaped.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSizeF, Qt
from PySide6.QtGui import QFont, QPageLayout, QPageSize, QPainter, QPdfWriter, QTextDocument

from console.desktop.formats import Times, quantity, tr
from console.desktop.models.shift import percent, ratio_formula, ratio_title, term_amount
from console.desktop.theme import FAMILY
from console.errors import EnvironmentFault
from console.services.views.shift import OeeView, ShiftView

DPI = 300
MARGIN_MM = 16.0
FOOT_PT = 22.0
POINTS = 72.0
# Qt lays out in pixels; one of them is a point of the page here
_STYLE = """
body { color: #1f262d; }
h1 { font-size: 18px; font-weight: 600; margin-top: 0; margin-bottom: 2px; }
h2 { font-size: 12px; font-weight: 600; margin-top: 16px; margin-bottom: 4px; }
p { margin-top: 1px; margin-bottom: 2px; }
.dim { color: #535d67; }
.big { font-size: 15px; font-weight: 600; }
.state { font-weight: 600; margin-top: 4px; }
th { font-weight: 600; color: #535d67; }
td, th { padding: 2px 10px 2px 0; border-bottom: 1px solid #c3c8cd; }
"""


class CannotWrite(EnvironmentFault):
    """The file cannot be written."""


def write_report(path: str, view: ShiftView, plant: str, times: Times, now: datetime) -> str:
    """Writes the report; returns the path. Raises CannotWrite, and leaves no half file behind."""
    data = report_pdf(view, plant, times, now)
    try:
        Path(path).write_bytes(data)
    except OSError as error:
        raise CannotWrite(
            tr("{path} cannot be written: {why}.", path=path, why=error.strerror or error),
            tr("Choose another place for the report."),
        ) from error
    return path


def report_pdf(view: ShiftView, plant: str, times: Times, now: datetime) -> bytes:
    """The report as the bytes of a PDF, A4."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(DPI)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    margins = QMarginsF(MARGIN_MM, MARGIN_MM, MARGIN_MM, MARGIN_MM)
    writer.setPageMargins(margins, QPageLayout.Unit.Millimeter)
    writer.setTitle(f"{plant}, {view.ref.title}")
    writer.setCreator("plant-console")
    _paint(writer, view, plant, times, now)
    buffer.close()
    return bytes(data.data())


def _paint(writer: QPdfWriter, view: ShiftView, plant: str, times: Times, now: datetime) -> None:
    scale = DPI / POINTS  # the document is laid out in points
    area = QSizeF(writer.width() / scale, writer.height() / scale - FOOT_PT)
    document = QTextDocument()
    font = QFont(FAMILY)
    font.setPixelSize(10)
    document.setDefaultFont(font)
    document.setDefaultStyleSheet(_STYLE)
    document.setDocumentMargin(0)
    document.setHtml(report_html(view, plant, times))
    document.setPageSize(area)
    painter = QPainter(writer)
    painter.scale(scale, scale)
    pages = document.pageCount()
    made = tr("{plant} · {shift} · made {at}", plant=plant, shift=view.ref.title, at=times.full(now))
    for page in range(pages):
        if page:
            writer.newPage()
        painter.save()
        painter.translate(0, -page * area.height())
        document.drawContents(painter, QRectF(0, page * area.height(), area.width(), area.height()))
        painter.restore()
        painter.setFont(_foot_font())
        foot = QRectF(0, area.height() + 6, area.width(), FOOT_PT - 6)
        number = tr("page {n} of {all}", n=page + 1, all=pages)
        painter.drawText(foot, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom), made)
        painter.drawText(foot, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom), number)
    painter.end()


def _foot_font() -> QFont:
    font = QFont(FAMILY)
    font.setPixelSize(8)
    return font


def report_html(view: ShiftView, plant: str, times: Times) -> str:
    """The report as rich text."""
    ref = view.ref
    span = f"{times.full(ref.start)[:16]} – {times.full(ref.end)[:16]}"
    state = view.sealed or (tr("running") if ref.running else tr("not signed off yet"))
    parts = [
        f"<h1>{_(plant)}: {_(ref.title)}</h1>",
        f"<p class='dim'>{_(span)}</p>",
        f"<p class='state'>{_(state)}</p>",
        *([_lines(tr("Different since it was sealed"), view.changes)] if view.changes else []),
        *(_oee(one) for one in view.oee),
        _section(tr("Counts"), _counts(view)),
        _section(tr("What took the time"), _pareto(view)),
        _lines(tr("Stops to explain"), view.open_stops),
        _lines(tr("Quality holds"), view.open_holds),
        _lines(tr("Review items"), view.open_reviews),
        _lines(tr("Alarms"), view.open_alarms),
        _lines(
            tr("Notes"), [f"{times.full(n.at)[:16]}  {n.person}: {n.text}" for n in view.notes], tr("None.")
        ),
    ]
    return f"<body>{''.join(parts)}</body>"


def _(text: object) -> str:
    return html.escape(str(text))


def _section(title: str, body: str) -> str:
    return f"<h2>{_(title)}</h2>{body}"


def _lines(title: str, lines: Sequence[str], none: str = "") -> str:
    body = (
        "".join(f"<p>{_(line)}</p>" for line in lines) or f"<p class='dim'>{_(none or tr('None open.'))}</p>"
    )
    return _section(f"{title} ({len(lines)})" if lines else title, body)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], right: int) -> str:
    """A table; the last ``right`` columns are figures."""
    left = len(head) - right

    def cells(line: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag} align='{'right' if n >= left else 'left'}'>{_(text)}</{tag}>"
            for n, text in enumerate(line)
        )

    body = "".join(f"<tr>{cells(line, 'td')}</tr>" for line in rows)
    return f"<table width='100%' cellspacing='0' cellpadding='0'><tr>{cells(head, 'th')}</tr>{body}</table>"


def _oee(view: OeeView) -> str:
    order = f", {view.order_reference}" if view.order_reference else ""
    lines = [f"<p><span class='big'>{_(percent(view.oee))}</span> &nbsp; {_(view.formula)}</p>"]
    for key in ("availability", "effectiveness", "quality"):
        formula = ratio_formula(view, key)
        if formula:
            lines.append(f"<p>{_(ratio_title(key))}: {_(formula)}</p>")
    terms = "; ".join(f"{t.symbol} {t.title} {term_amount(t)}" for t in view.terms)
    lines.append(f"<p class='dim'>{_(terms)}</p>")
    lines += [f"<p class='dim'>{_(text)}</p>" for text in (*view.missing, view.odoo_note) if text]
    return _section(tr("OEE of {machine}", machine=view.title) + order, "".join(lines))


def _counts(view: ShiftView) -> str:
    head = (
        tr("Machine"), tr("Order"), tr("Product"), tr("Unit"), tr("Good"), tr("Scrap"), tr("Expected"),
        tr("Confirmed"), tr("To confirm"),
    )  # fmt: skip
    rows = (
        (
            c.machine,
            c.order_reference,
            c.product,
            c.unit,
            *(quantity(n) for n in (c.good, c.scrap, c.expected, c.confirmed, c.waiting)),
        )
        for c in view.counts
    )
    return _table(head, rows, 5) if view.counts else f"<p class='dim'>{_(tr('Nothing was counted.'))}</p>"


def _pareto(view: ShiftView) -> str:
    head = (tr("Reason"), tr("min"), tr("stops"), tr("share"), tr("so far"))
    rows = (
        (b.reason, quantity(b.minutes, 1), str(b.stops), percent(b.share), percent(b.cumulative))
        for b in view.pareto
    )
    return _table(head, rows, 4) if view.pareto else f"<p class='dim'>{_(tr('No lost time.'))}</p>"
