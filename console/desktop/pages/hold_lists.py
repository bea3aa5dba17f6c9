"""The three lists of Holds: holds, checks, limits."""

from __future__ import annotations

from typing import Any

from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.formats import tr
from console.desktop.models.holds import HoldWords, is_open, waits
from console.desktop.widgets.data_table import DataTable
from console.desktop.widgets.line_delegate import paint_lines
from console.services.views import Level
from console.services.views.quality import CheckRow, HoldRow, LimitRow


def hold_list(ctx: Context, words: HoldWords) -> DataTable[HoldRow]:
    """Open or closed ones; the page says what an empty one means."""
    columns, empty = words.hold_columns(), ("shield-alert", "", "")
    out: DataTable[HoldRow] = DataTable(
        ctx.theme, ctx.prefs, names.HOLDS_LIST, columns, lambda r: r.id, empty
    )
    paint_lines(out, ctx.theme, words.hold)
    out.offer_filters(
        (
            (tr("All"), None),
            (tr("Critical"), lambda r: r.severity == 1),
            (tr("To be decided"), lambda r: r.posting is None),
            (tr("Waits for Odoo"), lambda r: r.posting is not None and is_open(r)),
        )
    )
    return out


def check_list(ctx: Context, words: HoldWords) -> DataTable[CheckRow]:
    """Inspections, measurements, summaries of batches."""
    empty = (
        "clipboard-check",
        tr("No check yet"),
        tr("Inspections, measurements and the summaries of batches stand here."),
    )
    out: DataTable[CheckRow] = DataTable(
        ctx.theme, ctx.prefs, names.HOLDS_CHECKS, words.check_columns(), lambda r: r.id, empty
    )
    paint_lines(out, ctx.theme, words.check)
    out.offer_filters(
        (
            (tr("All"), None),
            (tr("To be accepted"), waits),
            (tr("Failed"), lambda r: r.result == "fail"),
        )
    )
    return out


def limit_list(ctx: Context, words: HoldWords) -> DataTable[LimitRow]:
    """Limits as the plant file sets them."""
    empty = (
        "ruler",
        tr("No limit is set"),
        tr("Limits stand in the plant file below each machine; a breach of one proposes a hold."),
    )
    out: DataTable[LimitRow] = DataTable(
        ctx.theme, ctx.prefs, names.HOLDS_LIMITS, words.limit_columns(), limit_key, empty
    )
    paint_lines(out, ctx.theme, words.limit)
    out.offer_filters(
        (
            (tr("All"), None),
            (tr("Breached"), lambda r: r.level is not Level.NORMAL),
            (tr("By hand"), lambda r: r.by_hand),
        )
    )
    return out


def limit_key(row: LimitRow) -> Any:
    """Names a limit: one of a machine may differ by product."""
    return row.machine, row.name, row.product
