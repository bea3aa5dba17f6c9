"""The lists of Alarms: active ones by cause, history, shelved ones, requests, findings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.formats import tr
from console.desktop.models.alarms import PROPOSED, TO_SEE, AlarmLine, AlarmWords
from console.desktop.models.rows import Column
from console.desktop.widgets.data_table import DataTable
from console.desktop.widgets.line_delegate import Line, paint_lines
from console.services.views.alarms import ConditionRow, RequestRow, ShelfRow


def active_list(ctx: Context, words: AlarmWords) -> DataTable[AlarmLine]:
    """Causes, each with what it brought along below it."""
    empty = (
        "bell",
        tr("No alarm"),
        tr("What is abnormal and needs an answer in time stands here, the most urgent first."),
    )
    out = _list(ctx, names.ALARMS_LIST, words.alarm_columns(), lambda r: r.row.id, empty, words.alarm)
    out.offer_filters(
        (
            (tr("All"), None),
            (tr("Not acknowledged"), lambda r: r.row.state in TO_SEE),
            (tr("Causes only"), lambda r: not r.cause),
            (tr("Urgent and high"), lambda r: r.row.priority <= 2),
            (tr("Without a request"), lambda r: r.row.request is None),
        )
    )
    return out


def history_list(ctx: Context, words: AlarmWords) -> DataTable[AlarmLine]:
    """What is over, the newest first."""
    empty = ("bell", tr("No alarm was over yet"), tr("Alarms that are over stand here, the newest first."))
    return _list(ctx, names.ALARMS_HISTORY, words.alarm_columns(), lambda r: r.row.id, empty, words.past)


def shelf_list(ctx: Context, words: AlarmWords) -> DataTable[ShelfRow]:
    """Out of sight for a time."""
    empty = (
        "bell-off",
        tr("Nothing is shelved"),
        tr("Alarms that a person took out of sight for a time stand here until they come back."),
    )
    return _list(ctx, names.ALARMS_SHELVED, words.shelf_columns(), lambda r: r.id, empty, words.shelf)


def request_list(ctx: Context, words: AlarmWords) -> DataTable[RequestRow]:
    """What the console proposes, then what was requested."""
    empty = (
        "wrench",
        tr("No request"),
        tr("Maintenance that was requested or is proposed stands here, with Odoo's stage."),
    )
    out = _list(ctx, names.ALARMS_REQUESTS, words.request_columns(), request_key, empty, words.request)
    out.offer_filters(
        (
            (tr("All"), None),
            (tr("Proposed"), lambda r: r.state == PROPOSED),
            (tr("Open"), lambda r: not r.done and r.state != PROPOSED),
        )
    )
    return out


def condition_list(ctx: Context, words: AlarmWords) -> DataTable[ConditionRow]:
    """What condition monitoring found."""
    empty = (
        "activity",
        tr("No finding"),
        tr("What condition monitoring finds unusual about a machine stands here."),
    )
    columns = words.condition_columns()
    out = _list(ctx, names.ALARMS_CONDITIONS, columns, lambda r: r.id, empty, words.condition)
    out.offer_filters(((tr("All"), None), (tr("Goes on"), lambda r: r.ended_at is None)))
    return out


def request_key(row: RequestRow) -> object:
    """Names a request: by our id, or by Odoo's where only Odoo has it."""
    return ("ours", row.id) if row.id else ("odoo", row.ticket_id)


def _list(
    ctx: Context,
    name: str,
    columns: Sequence[Column[Any]],
    key: Callable[[Any], object],
    empty: tuple[str, str, str],
    line: Callable[[Any], Line],
) -> DataTable[Any]:
    out: DataTable[Any] = DataTable(ctx.theme, ctx.prefs, name, columns, key, empty)
    paint_lines(out, ctx.theme, line)
    return out
