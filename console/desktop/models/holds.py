"""Holds, checks and limits as list rows: words, columns, what is said of each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from console.desktop.formats import Times, amount, quantity, rough, tr
from console.desktop.models.rows import Column
from console.desktop.widgets.line_delegate import Line
from console.desktop.widgets.read_back import STUCK, posting_words
from console.domain.holds import EFFECTIVE, HoldState
from console.services.views import FactTable, Level
from console.services.views.quality import CheckRow, HoldDetail, HoldRow, LimitRow

SUMMARY = "batch_summary"
PROPOSED = "proposed"


def severity_words(severity: int) -> str:
    """As people say it."""
    return {1: tr("critical"), 2: tr("major"), 3: tr("minor")}.get(severity, str(severity))


def state_words(state: HoldState) -> str:
    """What is true of it now; "released" only once Odoo was seen to have it."""
    return {
        HoldState.PROPOSED: tr("proposed, not decided"),
        HoldState.HELD: tr("held"),
        HoldState.REWORK: tr("in rework"),
        HoldState.RELEASING: tr("release waits for Odoo's read-back"),
        HoldState.RELEASED: tr("released"),
        HoldState.SCRAPPING: tr("scrap waits for Odoo's read-back"),
        HoldState.SCRAPPED: tr("scrapped"),
    }[state]


def is_open(row: HoldRow) -> bool:
    """Whether it still keeps material back."""
    return row.state in EFFECTIVE


def result_words(check: CheckRow) -> str:
    """Pass or fail, in words."""
    return {"pass": tr("passed"), "fail": tr("failed")}.get(check.result, check.result)


def check_level(check: CheckRow) -> Level:
    """A failed one is abnormal; so is one that is stuck on its way."""
    if check.posting in STUCK:
        return STUCK[check.posting]
    return Level.HIGH if check.result == "fail" else Level.NORMAL


def waits(check: CheckRow) -> bool:
    """A summary that nobody has accepted or rejected."""
    return check.kind == SUMMARY and check.state == PROPOSED


class HoldWords:
    """Rows and columns; times in the plant's zone.

    Attributes:
        titles: machines as people call them, by name; the page fills it in.
    """

    def __init__(self, times: Times, now: Callable[[], datetime]) -> None:
        self._times, self._now = times, now
        self.titles: dict[str, str] = {}

    def machine(self, name: str) -> str:
        """A machine as people call it."""
        return self.titles.get(name, name)

    def hold(self, row: HoldRow) -> Line:
        """A hold in the list."""
        parts = [state_words(row.state), rough(row.age_s)]
        parts += [row.machine_title or row.machine, row.stock]
        if row.parent_id is not None:
            parts.insert(1, tr("held along"))
        return Line(
            row.title, " · ".join(p for p in parts if p), self.hold_level(row), quiet=not is_open(row)
        )

    def hold_level(self, row: HoldRow) -> Level:
        """Of an open one as severe as it is; closed ones are normal."""
        return row.level if is_open(row) else Level.NORMAL

    def check(self, row: CheckRow) -> Line:
        """A check in the list."""
        parts = [result_words(row), self._times.near(row.at, self._now()), row.lot, row.person]
        if row.kind == SUMMARY:
            parts.insert(0, tr("waits to be accepted") if waits(row) else _summary_words(row))
        parts.append(posting_words(row.posting))
        level = Level.NOTICE if waits(row) and row.result != "fail" else check_level(row)
        icon = "" if level is not Level.NORMAL else "circle-check"
        quiet = level is Level.NORMAL and not waits(row)
        return Line(row.title, " · ".join(p for p in parts if p), level, icon=icon, quiet=quiet)

    def limit(self, row: LimitRow) -> Line:
        """A limit in the list."""
        now = tr("now {v}", v=amount(row.value, row.unit)) if row.value is not None else tr("no value yet")
        if row.by_hand:
            now = tr("by hand · {now}", now=now)
        parts = [self.machine(row.machine), row.product, row.text, now]
        title = row.title or row.name
        return Line(title, " · ".join(p for p in parts if p), row.level, icon="" if _bad(row) else "ruler")

    def hold_columns(self) -> tuple[Column[HoldRow], ...]:
        """All that a list of holds can show."""
        full = self._times.full
        return (
            Column("hold", tr("Hold"), lambda r: r.title, lambda r: (r.severity, -r.age_s), width=0),
            Column("state", tr("State"), lambda r: state_words(r.state), width=150, hidden=True),
            Column(
                "severity",
                tr("Severity"),
                lambda r: severity_words(r.severity),
                lambda r: r.severity,
                width=90,
                hidden=True,
            ),
            Column("lot", tr("Lot"), lambda r: r.lot, strong=True, width=120, hidden=True),
            Column("product", tr("Product"), lambda r: r.product, width=150, hidden=True),
            Column("machine", tr("Machine"), lambda r: r.machine_title or r.machine, hidden=True),
            Column("order", tr("Order"), lambda r: r.order_reference, width=130, hidden=True),
            Column(
                "quantity",
                tr("Quantity"),
                lambda r: amount(r.quantity, r.unit) if r.quantity is not None else "",
                lambda r: r.quantity,
                right=True,
                hidden=True,
            ),
            Column("stock", tr("Lies"), lambda r: r.stock, width=200, hidden=True),
            Column(
                "opened",
                tr("Opened"),
                lambda r: full(r.opened_at),
                lambda r: r.opened_at,
                width=160,
                hidden=True,
            ),
            Column("by", tr("Opened by"), lambda r: r.opened_by, hidden=True),
            Column("waiting", tr("Waits for"), lambda r: r.waiting, width=200, hidden=True),
        )

    def check_columns(self) -> tuple[Column[CheckRow], ...]:
        """All that a list of checks can show."""
        full = self._times.full
        return (
            Column("check", tr("Check"), lambda r: r.title, lambda r: (not waits(r), r.at), width=0),
            Column("result", tr("Result"), result_words, level=check_level, width=110, hidden=True),
            Column("at", tr("When"), lambda r: full(r.at), lambda r: r.at, width=160, hidden=True),
            Column("lot", tr("Lot"), lambda r: r.lot, hidden=True),
            Column("order", tr("Order"), lambda r: r.order_reference, width=130, hidden=True),
            Column("person", tr("Person"), lambda r: r.person, hidden=True),
            Column("odoo", tr("Odoo"), lambda r: posting_words(r.posting), width=140, hidden=True),
            Column("text", tr("Answers"), lambda r: r.text, width=240, hidden=True),
        )

    def limit_columns(self) -> tuple[Column[LimitRow], ...]:
        """All that a list of limits can show."""
        return (
            Column("limit", tr("Limit"), lambda r: r.title or r.name, width=0),
            Column("machine", tr("Machine"), lambda r: self.machine(r.machine), hidden=True),
            Column("product", tr("Product"), lambda r: r.product, hidden=True),
            Column("text", tr("Limits"), lambda r: r.text, width=240, hidden=True),
            Column(
                "value",
                tr("Now"),
                lambda r: quantity(r.value),
                lambda r: r.value,
                level=lambda r: r.level,
                right=True,
                hidden=True,
            ),
            Column("rules", tr("Run rules"), lambda r: ", ".join(r.run_rules), width=200, hidden=True),
        )

    def facts(self, detail: HoldDetail) -> FactTable:
        """What is known of a hold, beside what the backend says of the breach."""
        row = detail.row
        lines = [
            (tr("Lot"), row.lot or tr("not known")),
            (tr("Product"), row.product),
            (tr("Quantity"), amount(row.quantity, row.unit) if row.quantity is not None else ""),
            (tr("Lies"), row.stock),
            (tr("Order"), row.order_reference),
            (tr("Opened"), tr("{t} by {who}", t=self._times.full(row.opened_at), who=row.opened_by)),
        ]
        return FactTable((tr("Held"), ""), tuple(line for line in lines if line[1]))


def _bad(row: LimitRow) -> bool:
    return row.level in (Level.MEDIUM, Level.HIGH, Level.CRITICAL)


def _summary_words(row: CheckRow) -> str:
    return tr("rejected") if row.state == "rejected" else tr("accepted")
