"""The panel of one hold: what breached, evidence, the lots it went into, and how to dispose of it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from console.desktop import object_names as names
from console.desktop.formats import Times, tr, upper_first
from console.desktop.models.holds import (
    HoldWords,
    check_level,
    is_open,
    result_words,
    severity_words,
    state_words,
)
from console.desktop.theme import Theme
from console.desktop.widgets.basics import Button, clear, column, label, restyle, row, rule
from console.desktop.widgets.chart import Chart, Limit, trend_words
from console.desktop.widgets.facts import FactsView
from console.desktop.widgets.option_card import OptionCard
from console.desktop.widgets.read_back import STUCK, ReadBack, posting_words
from console.desktop.widgets.shapes import ShapeMark
from console.desktop.widgets.tick_box import TickBox
from console.domain.holds import Disposition
from console.services.views import FactTable, Level
from console.services.views.quality import ChildLot, DispositionChoice, HoldDetail

CHART_HEIGHT = 150
LIMIT_TOKENS = {"action": "crit", "warning": "med", "target": "bar"}


class HoldPanel(QFrame):
    """See the module's text.

    Signals:
        chosen: a disposition (DispositionChoice), to be reasoned or signed.
        check: the person wants to record a check on this hold.
        trace: a trace id to follow.
    """

    chosen = Signal(object)
    check = Signal()
    trace = Signal(str)

    def __init__(self, theme: Theme, times: Times, words: HoldWords) -> None:
        super().__init__()
        self.setObjectName(names.HOLD_PANEL)
        self.setProperty("surface", "card")
        self._theme, self._times, self._words = theme, times, words
        self._detail: HoldDetail | None = None
        self._forbidden = ""
        self._busy = False
        self._cards: dict[Disposition, tuple[OptionCard, DispositionChoice]] = {}
        self._ticks: dict[int, TickBox] = {}
        self._make_parts()
        self._lay_out()

    @property
    def detail(self) -> HoldDetail | None:
        """What is shown."""
        return self._detail

    @property
    def choice(self) -> DispositionChoice | None:
        """The chosen card."""
        return next((c for card, c in self._cards.values() if card.isChecked()), None)

    @property
    def children_ticked(self) -> tuple[int, ...]:
        """Lots to be held along, by id."""
        return tuple(lot for lot, box in self._ticks.items() if box.isChecked())

    def show_hold(self, detail: HoldDetail, forbidden: str) -> None:
        """Shows one; the same again keeps what was chosen and ticked."""
        old = self._detail
        same = old is not None and old.row.id == detail.row.id
        self._detail, self._forbidden = detail, forbidden
        held = detail.row
        self._title.setText(held.title)
        level = self._words.hold_level(held)
        self._mark.set_level(level)
        self._mark.setVisible(level is not Level.NORMAL)
        state = state_words(held.state)
        self._state.setText(upper_first(tr("{s}, {state}", s=severity_words(held.severity), state=state)))
        restyle(self._state, "level", level.value)
        parts = (held.machine_title or held.machine, held.lot and tr("lot {lot}", lot=held.lot))
        self._sub.setText(" · ".join(p for p in (*parts, held.product) if p))
        self._sub.setVisible(bool(self._sub.text()))
        self._explanation.setText(detail.explanation)
        self._explanation.setVisible(bool(detail.explanation))
        self._steps.show_posting(held.posting)
        said = held.waiting in detail.explanation
        self._waiting.setText("" if said else held.waiting)
        self._waiting.setVisible(bool(held.waiting) and not said)
        restyle(self._waiting, "level", STUCK[held.posting].value if held.posting in STUCK else "")
        self._show_chart(detail)
        self._facts.show_facts(detail.facts)
        self._held.show_facts(self._words.facts(detail))
        self._show_checks(detail)
        self._show_history(detail)
        if not same:
            self._scroll.verticalScrollBar().setValue(0)
        if not same or old is None or old.choices != detail.choices:
            self._build_choices(detail, keep=same)
        if not same or old is None or (old.children, old.choices) != (detail.children, detail.choices):
            self._build_children(detail, keep=same)
        self._trace.setVisible(bool(held.trace_id))
        self.refresh()

    def choose(self, disposition: Disposition) -> bool:
        """Selects a card; False where it cannot be chosen."""
        found = self._cards.get(disposition)
        if found is None or found[1].why_not:
            return False
        found[0].setChecked(True)
        return True

    def focus_choices(self) -> None:
        """The keyboard goes to the ways to decide."""
        for card, choice in self._cards.values():
            if not choice.why_not:
                card.setFocus(Qt.FocusReason.TabFocusReason)
                return

    def set_busy(self, busy: bool) -> None:
        """A decision is on its way."""
        self._busy = busy
        self.refresh()

    def refresh(self) -> None:
        """Says anew what can be done."""
        choice = self.choice
        self._act.setVisible(bool(self._cards))
        self._act.setText(_verb(choice, len(self.children_ticked)))
        why = self._problem(choice)
        self._why_not.setText(why)
        self._act.setEnabled(not why)

    # --- building ---------------------------------------------------------------------------------
    def _make_parts(self) -> None:
        theme = self._theme
        self._title = label("", "heading", wrap=True, name=names.HOLD_TITLE)
        self._mark = ShapeMark(theme)
        self._state = label("", "strong", name=names.HOLD_STATE)
        self._sub = label("", "dim", wrap=True)
        self._explanation = label("", wrap=True, name=names.HOLD_EXPLANATION)
        self._steps = ReadBack(theme, names.HOLD_STEPS)
        self._waiting = label("", wrap=True)
        self._chart = Chart(theme, self._times, names.HOLD_CHART, compact=True)
        self._chart.setFixedHeight(CHART_HEIGHT)
        self._trend = label("", "small")
        self._facts, self._held, self._checks = FactsView(), FactsView(), FactsView()
        self._children_head = label("", "group", wrap=True)
        self._children = QVBoxLayout()
        self._children.setSpacing(0)
        self._signatures = label("", "small", wrap=True)
        self._history = label("", "small", wrap=True)
        self._card_grid = QGridLayout()
        self._card_grid.setContentsMargins(0, 0, 0, 0)
        self._card_grid.setSpacing(8)
        self._why_not = label("", "small", wrap=True, name=names.HOLD_WHY_NOT)
        self._why_not.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._trace = Button(tr("Trace"), theme, name=names.HOLD_TRACE, icon="route")
        self._trace.clicked.connect(self._follow)
        self._check = Button(tr("Record a check"), theme, name=names.HOLD_CHECK, icon="clipboard-plus")
        self._check.clicked.connect(self.check)
        self._act = Button("", theme, name=names.HOLD_ACT, kind="primary")
        self._act.clicked.connect(self.press)

    def _lay_out(self) -> None:
        inner = QWidget()
        inner.setProperty("surface", "clear")
        inner.setLayout(
            column(
                self._explanation,
                self._steps,
                self._waiting,
                column(self._trend, self._chart, gap=2),
                self._facts,
                self._children_head,
                self._children,
                self._checks,
                self._held,
                self._signatures,
                self._history,
                0,
                margins=(0, 0, 4, 0),
                gap=8,
            )
        )
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inner)
        head = row(self._mark, self._title, gap=8)
        head.setStretch(1, 1)
        head.setAlignment(self._mark, Qt.AlignmentFlag.AlignTop)
        head.setContentsMargins(0, 2, 0, 0)
        state = row(self._state, self._sub, gap=12)
        state.setStretch(1, 1)
        foot = row(self._trace, self._check, self._why_not, self._act, gap=10)
        foot.setStretch(2, 1)
        # the ways to decide stand above the action, always in view; evidence scrolls
        self._line = rule()
        body = column(
            head, state, self._scroll, self._line, self._card_grid, foot, margins=(15, 12, 14, 12), gap=8
        )
        body.setStretch(2, 1)
        self.setLayout(body)

    def _build_choices(self, detail: HoldDetail, keep: bool) -> None:
        before = self.choice.key if keep and self.choice is not None else None
        clear(self._card_grid)
        self._cards = {}
        for number, choice in enumerate(detail.choices):
            name = names.hold_choice(choice.key.value)
            card = OptionCard(self._theme, name, choice.title, _effect(choice), choice.why_not)
            card.toggled.connect(self.refresh)
            card.entered.connect(self.press)
            self._card_grid.addWidget(card, number // 2, number % 2)
            self._cards[choice.key] = (card, choice)
        for place in range(2):
            self._card_grid.setColumnStretch(place, 1)
        self._line.setVisible(bool(detail.choices))
        if before is not None:
            self.choose(before)  # nothing is preselected at first: what becomes of material is chosen

    def _build_children(self, detail: HoldDetail, keep: bool) -> None:
        before = set(self.children_ticked) if keep else set()
        clear(self._children)
        self._ticks = {}
        found = self._cards.get(Disposition.KEEP)
        able = found is not None and not found[1].why_not and not self._forbidden
        for child in detail.children:
            self._children.addWidget(self._child_row(child, able, child.lot_id in before))
        shipped = sum(c.shipped for c in detail.children)
        words = tr("{n} lots have it in them", n=len(detail.children))
        if len(detail.children) == 1:
            words = tr("1 lot has it in it")
        if shipped:
            words += tr(", {n} shipped in whole or part", n=shipped)
        if able and detail.children:
            words += tr(": tick what is to be held along")
        self._children_head.setText(words)
        self._children_head.setVisible(bool(detail.children))

    def _child_row(self, child: ChildLot, able: bool, ticked: bool) -> QWidget:
        out = QWidget()
        if able and not child.held:
            box = TickBox(self._theme, names.hold_child(child.lot_id), child.lot)
            box.setChecked(ticked)
            box.toggled.connect(partial(self._ticked, child.lot_id))
            self._ticks[child.lot_id] = box
            name: QWidget = box
        else:
            name = label(child.lot, "strong")
        name.setMinimumHeight(self._theme.measure("touch"))
        facts = [child.product, child.stock]
        if child.held:
            facts.append(tr("held already"))
        line = row(name, label(" · ".join(f for f in facts if f), "dim", wrap=True), gap=12)
        line.setStretch(1, 1)
        line.setContentsMargins(18 * max(0, child.depth - 1), 0, 0, 0)
        if child.shipped:
            gone = label(tr("shipped"))
            restyle(gone, "level", Level.HIGH.value)
            mark = ShapeMark(self._theme, Level.HIGH)
            line.addWidget(mark)
            line.addWidget(gone)
        out.setLayout(line)
        return out

    # --- showing ----------------------------------------------------------------------------------
    def _show_chart(self, detail: HoldDetail) -> None:
        self._chart.setVisible(detail.series is not None)
        self._trend.setVisible(detail.series is not None)
        if detail.series is None:
            return
        self._trend.setText(trend_words(detail.series))
        self._chart.set_limits(chart_limits(detail))
        self._chart.show_series(detail.series, highlight=detail.highlight)

    def _show_checks(self, detail: HoldDetail) -> None:
        lines = []
        for check in detail.checks:
            mark = {Level.NORMAL: ""}.get(check_level(check), "▲ ")
            odoo = posting_words(check.posting)
            who = " · ".join(p for p in (check.person, self._times.full(check.at), odoo) if p)
            lines.append((check.title, f"{mark}{result_words(check)}", check.text, who))
        table = FactTable((tr("Check"), tr("Result"), tr("Answers"), tr("By")), tuple(lines))
        self._checks.show_facts(table if lines else None)

    def _show_history(self, detail: HoldDetail) -> None:
        self._signatures.setText("\n".join(detail.signatures))
        self._signatures.setVisible(bool(detail.signatures))
        lines = [f"{self._times.full(at)}  {text}" for at, text in detail.history]
        self._history.setText("\n".join(lines))
        self._history.setVisible(bool(lines))

    # --- doing ------------------------------------------------------------------------------------
    def press(self) -> None:
        """On to the reason or signature of what was chosen."""
        choice = self.choice
        if choice is not None and not self._problem(choice):
            self.chosen.emit(choice)

    def _ticked(self, lot_id: int, ticked: bool) -> None:
        if ticked:
            self.choose(Disposition.KEEP)  # only keeping holds others along
        self.refresh()

    def _problem(self, choice: DispositionChoice | None) -> str:
        detail = self._detail
        if detail is None or not self._cards:
            return tr("It is closed.") if detail is not None and not is_open(detail.row) else ""
        if self._busy:
            return tr("On its way …")
        if self._forbidden:
            return self._forbidden
        if choice is None:
            barred = [c.why_not for _, c in self._cards.values() if c.why_not]
            all_barred = len(barred) == len(self._cards)
            return barred[0] if all_barred else tr("Choose what becomes of it.")
        if self.children_ticked and choice.key is not Disposition.KEEP:
            return tr("Ticked lots are held along only with Keep: untick them, or keep it.")
        return ""

    def _follow(self) -> None:
        if self._detail is not None:
            self.trace.emit(self._detail.row.trace_id)


def chart_limits(detail: HoldDetail) -> tuple[Limit, ...]:
    """Limit lines for the chart, the sharper ones first: where room is short their words are kept."""
    order = list(LIMIT_TOKENS)
    lines = sorted(detail.limits, key=lambda n: order.index(n.kind) if n.kind in order else len(order))
    return tuple(Limit(line.value, LIMIT_TOKENS.get(line.kind, "bar"), line.label) for line in lines)


def _effect(choice: DispositionChoice) -> str:
    needs = ""
    if choice.two_people:
        needs = tr("Two people sign.")
    elif choice.signed:
        needs = tr("Takes your signature.")
    return " ".join(p for p in (choice.effect, needs) if p)


def _verb(choice: DispositionChoice | None, along: int) -> str:
    if choice is None:
        return tr("Decide")
    if choice.key is Disposition.KEEP and along:
        return tr("{title} with {n} …", title=choice.title, n=along)
    return tr("{title} …", title=choice.title)
