"""Beside the lists of checks and limits: one check with its answers, one limit with its last value."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLineEdit

from console.desktop import object_names as names
from console.desktop.formats import Times, amount, tr, upper_first
from console.desktop.models.holds import HoldWords, check_level, result_words, waits
from console.desktop.theme import Theme
from console.desktop.widgets.basics import Button, column, label, restyle, row
from console.desktop.widgets.check_form import parse_number
from console.desktop.widgets.facts import FactsView
from console.desktop.widgets.read_back import ReadBack
from console.desktop.widgets.shapes import ShapeMark
from console.domain.wording import unit_words
from console.services.views import FactTable, Level
from console.services.views.quality import CheckRow, LimitRow


class CheckPanel(QFrame):
    """One check; the summary of a batch is accepted or rejected here.

    Signals:
        decided: accept or not, and the reason. trace: a trace id to follow.
    """

    decided = Signal(bool, str)
    trace = Signal(str)

    def __init__(self, theme: Theme, times: Times) -> None:
        super().__init__()
        self.setObjectName(names.CHECK_PANEL)
        self.setProperty("surface", "card")
        self._times = times
        self._row: CheckRow | None = None
        self._forbidden, self._busy = "", False
        self._title = label("", "heading", wrap=True)
        self._mark = ShapeMark(theme)
        self._result = label("", "strong")
        self._text = label("", wrap=True)
        self._steps = ReadBack(theme, "check_steps")
        self._facts = FactsView()
        self._reason = QLineEdit()
        self._reason.setObjectName(names.CHECK_REASON)
        self._reason.setPlaceholderText(tr("Reason, needed to reject"))
        self._reason.setAccessibleName(tr("Reason"))
        self._reason.textChanged.connect(self.refresh)
        self._why_not = label("", "small", wrap=True, name=names.CHECK_WHY_NOT)
        self._why_not.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._trace = Button(tr("Trace"), theme, icon="route")
        self._trace.clicked.connect(self._follow)
        self._reject = Button(tr("Reject"), theme, name=names.CHECK_REJECT)
        self._reject.clicked.connect(lambda: self._decide(False))
        self._accept = Button(tr("Accept and book"), theme, name=names.CHECK_ACCEPT, kind="primary")
        self._accept.clicked.connect(lambda: self._decide(True))
        head = row(self._mark, self._title, gap=8)
        head.setStretch(1, 1)
        foot = row(self._trace, self._why_not, self._reject, self._accept, gap=10)
        foot.setStretch(1, 1)
        parts = (head, self._result, self._text, self._steps, self._facts, 0, self._reason, foot)
        self.setLayout(column(*parts, margins=(15, 12, 14, 12), gap=10))

    @property
    def row(self) -> CheckRow | None:
        """What is shown."""
        return self._row

    def show_check(self, check: CheckRow, forbidden: str) -> None:
        """Shows one; the same again keeps the reason."""
        if self._row is None or self._row.id != check.id:
            self._reason.clear()
        self._row, self._forbidden = check, forbidden
        self._title.setText(check.title)
        level = check_level(check)
        self._mark.set_level(level)
        self._mark.setVisible(level is not Level.NORMAL)
        state = tr("waits to be accepted or rejected") if waits(check) else check.state
        self._result.setText(upper_first(f"{result_words(check)}, {state}"))
        restyle(self._result, "level", level.value)
        self._text.setText(check.text)
        self._text.setVisible(bool(check.text))
        self._steps.show_posting(check.posting)
        facts = (
            (tr("Lot"), check.lot),
            (tr("Order"), check.order_reference),
            (tr("Person"), check.person),
            (tr("When"), self._times.full(check.at)),
        )
        self._facts.show_facts(FactTable((tr("Check"), ""), tuple(f for f in facts if f[1])))
        self._trace.setVisible(bool(check.trace_id))
        self.refresh()

    def set_busy(self, busy: bool) -> None:
        """A decision is on its way."""
        self._busy = busy
        self.refresh()

    def refresh(self) -> None:
        """Says anew what can be done."""
        able = self._row is not None and waits(self._row)
        for widget in (self._reason, self._reject, self._accept):
            widget.setVisible(able)
        why = tr("On its way …") if self._busy else self._forbidden
        reason = bool(self._reason.text().strip())
        self._accept.setEnabled(able and not why)
        self._reject.setEnabled(able and not why and reason)
        hint = tr("To reject it, give a reason.") if not reason else ""
        self._why_not.setText((why or hint) if able else "")

    def _decide(self, accept: bool) -> None:
        self.decided.emit(accept, self._reason.text().strip())

    def _follow(self) -> None:
        if self._row is not None:
            self.trace.emit(self._row.trace_id)


class LimitPanel(QFrame):
    """One limit; a value measured by hand is recorded here.

    Signals:
        measured: the value.
    """

    measured = Signal(float)

    def __init__(self, theme: Theme, words: HoldWords) -> None:
        super().__init__()
        self.setObjectName(names.LIMIT_PANEL)
        self.setProperty("surface", "card")
        self._words = words
        self._row: LimitRow | None = None
        self._forbidden, self._busy = "", False
        self._title = label("", "heading", wrap=True)
        self._mark = ShapeMark(theme)
        self._now = label("", "display")
        self._limits = label("", wrap=True)
        self._facts = FactsView()
        self._by = label("", "dim", wrap=True)
        self._value = QLineEdit()
        self._value.setObjectName(names.LIMIT_VALUE)
        self._value.setAccessibleName(tr("Measured value"))
        self._value.setFixedWidth(180)
        self._value.textChanged.connect(self.refresh)
        self._value.returnPressed.connect(self._record)
        self._unit = label("", "dim")
        self._why_not = label("", "small", wrap=True, name=names.LIMIT_WHY_NOT)
        self._why_not.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._act = Button(tr("Record the value"), theme, name=names.LIMIT_ACT, kind="primary", icon="ruler")
        self._act.clicked.connect(self._record)
        head = row(self._mark, self._title, gap=8)
        head.setStretch(1, 1)
        foot = row(self._value, self._unit, self._why_not, self._act, gap=10)
        foot.setStretch(2, 1)
        parts = (head, self._now, self._limits, self._facts, 0, self._by, foot)
        self.setLayout(column(*parts, margins=(15, 12, 14, 12), gap=10))

    @property
    def row(self) -> LimitRow | None:
        """What is shown."""
        return self._row

    def show_limit(self, limit: LimitRow, forbidden: str) -> None:
        """Shows one; the same again keeps what was typed."""
        old = self._row
        if old is None or (old.machine, old.name) != (limit.machine, limit.name):
            self._value.clear()
        self._row, self._forbidden = limit, forbidden
        self._title.setText(f"{limit.title or limit.name}, {self._words.machine(limit.machine)}")
        self._mark.set_level(limit.level)
        self._mark.setVisible(limit.level not in (Level.NORMAL, Level.NOTICE))
        self._now.setText(amount(limit.value, limit.unit) if limit.value is not None else tr("no value yet"))
        self._limits.setText(limit.text)
        facts = (
            (tr("Product"), limit.product or tr("any")),
            (tr("Run rules"), ", ".join(limit.run_rules) or tr("none")),
            (tr("Measured"), tr("by hand") if limit.by_hand else tr("by the machine")),
        )
        self._facts.show_facts(FactTable((tr("Limit"), ""), facts))
        self._unit.setText(unit_words(limit.unit))
        by = tr("A breach proposes a hold.") if limit.by_hand else tr("The machine measures it by itself.")
        self._by.setText(by)
        self.refresh()

    def set_busy(self, busy: bool) -> None:
        """A value is on its way."""
        self._busy = busy
        self.refresh()

    def recorded(self) -> None:
        """It was kept: the line is free for the next one."""
        self._value.clear()

    def refresh(self) -> None:
        """Says anew what can be done."""
        able = self._row is not None and self._row.by_hand
        for widget in (self._value, self._unit, self._act):
            widget.setVisible(able)
        typed = self._value.text()
        why = tr("On its way …") if self._busy else self._forbidden
        if not why and parse_number(typed) is None:
            why = tr("Type a number, as 243.1.") if typed.strip() else tr("Type the value.")
        restyle(self._value, "invalid", bool(typed.strip()) and parse_number(typed) is None)
        self._why_not.setText(why if able else "")
        self._act.setEnabled(able and not why)

    def _record(self) -> None:
        value = parse_number(self._value.text())
        if value is not None and self._act.isEnabled():
            self.measured.emit(value)
