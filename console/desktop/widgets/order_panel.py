"""The panel of one order: its operations, components, scrap, and closing it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from console.desktop import object_names as names
from console.desktop.formats import Times, amount, quantity, tr
from console.desktop.theme import Theme
from console.desktop.widgets.basics import Button, clear, column, label, restyle, row, rule
from console.desktop.widgets.order_forms import VERBS
from console.desktop.widgets.read_back import STUCK, ReadBack, posting_words
from console.domain.postings import PostingState
from console.services.views import Level
from console.services.views.order_life import ComponentRow, OperationRow, OrderDetail, ScrapRow

ICONS = {"start": "play", "pause": "pause", "finish": "check"}
STATES = {
    "ready": "ready",
    "blocked": "waits for the operation before",
    "progress": "in progress",
    "done": "finished",
    "cancel": "cancelled",
}


class OrderPanel(QFrame):
    """See the module's text.

    Signals:
        operate: (operation row, action). scrap: a scrap row. consume: a component row. close: the detail.
        trace: an order reference to follow.
    """

    operate = Signal(object, str)
    scrap = Signal(object)
    consume = Signal(object)
    close_order = Signal(object)
    trace = Signal(str)

    def __init__(self, theme: Theme, times: Times) -> None:
        super().__init__()
        self.setObjectName(names.ORDER_PANEL)
        self.setProperty("surface", "card")
        self._theme, self._times = theme, times
        self._detail: OrderDetail | None = None
        self._forbidden = self._forbidden_scrap = ""
        self._busy = False
        self._title = label("", "heading", wrap=True, name=names.ORDER_TITLE)
        self._sub = label("", "dim", wrap=True)
        self._steps = ReadBack(theme, "order_steps")
        self._waiting = label("", wrap=True)
        self._parts = QVBoxLayout()
        self._parts.setSpacing(6)
        self._why_not = label("", "small", wrap=True, name=names.ORDER_WHY_NOT)
        self._why_not.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._trace = Button(tr("Trace"), theme, name=names.ORDER_TRACE, icon="route")
        self._trace.clicked.connect(self._follow)
        self._close = Button(
            tr("Close the order"), theme, name=names.ORDER_CLOSE, kind="primary", icon="lock"
        )
        self._close.clicked.connect(self._press_close)
        self._lay_out()

    @property
    def detail(self) -> OrderDetail | None:
        """What is shown."""
        return self._detail

    def show_order(self, detail: OrderDetail, forbidden: str, forbidden_scrap: str) -> None:
        """Shows one; ``forbidden``: why this person may not run or close orders, or book scrap."""
        same = detail == self._detail and (forbidden, forbidden_scrap) == (
            self._forbidden,
            self._forbidden_scrap,
        )
        moved = self._detail is None or self._detail.order_id != detail.order_id
        self._detail, self._forbidden, self._forbidden_scrap = detail, forbidden, forbidden_scrap
        self._title.setText(detail.order_reference)
        parts = (
            detail.product,
            tr("{made} of {n}", made=quantity(detail.produced), n=amount(detail.ordered, detail.unit)),
            tr("lot {lot}", lot=", ".join(detail.lots)) if detail.lots else "",
            detail.state.replace("_", " "),
        )
        self._sub.setText(" · ".join(p for p in parts if p))
        self._steps.show_posting(detail.closing)
        self._waiting.setText(detail.closing_waiting)
        self._waiting.setVisible(bool(detail.closing_waiting))
        if not same:
            self._build(detail)
        if moved:
            self._scroll.verticalScrollBar().setValue(0)
        self.refresh()

    def set_busy(self, busy: bool) -> None:
        """Something is on its way."""
        self._busy = busy
        self.refresh()

    def refresh(self) -> None:
        """Says anew whether it can be closed."""
        why = self._problem()
        self._why_not.setText(why)
        self._close.setEnabled(not why)

    def _problem(self) -> str:
        detail = self._detail
        if detail is None:
            return tr("Choose an order.")
        if self._busy:
            return tr("On its way …")
        return self._forbidden or detail.close_why_not

    # --- building ---------------------------------------------------------------------------------
    def _lay_out(self) -> None:
        inner = QWidget()
        inner.setProperty("surface", "clear")
        inner.setLayout(column(self._steps, self._waiting, self._parts, 0, margins=(0, 0, 4, 0), gap=8))
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inner)
        foot = row(self._trace, self._why_not, self._close, gap=10)
        foot.setStretch(1, 1)
        body = column(self._title, self._sub, self._scroll, rule(), foot, margins=(15, 12, 14, 12), gap=8)
        body.setStretch(2, 1)
        self.setLayout(body)

    def _build(self, detail: OrderDetail) -> None:
        clear(self._parts)
        self._section(tr("Operations"), [self._operation(o) for o in detail.operations])
        self._section(tr("Scrap"), [self._scrap(s) for s in detail.scrap if s.counted or s.booked])
        self._section(tr("Components"), [self._component(c) for c in detail.components])
        self._section(tr("Closing it"), [self._line(e.text, "", e.level) for e in detail.close_effects])
        lines = [f"{self._times.full(at)}  {text}" for at, text in detail.history]
        self._section(tr("Asked of Odoo"), [self._small(text) for text in lines])

    def _section(self, title: str, parts: list[QWidget]) -> None:
        if parts:
            self._parts.addWidget(label(title, "group"))
            for part in parts:
                self._parts.addWidget(part)

    def _line(self, text: str, sub: str, level: Level, *buttons: Button) -> QWidget:
        words = label(text, wrap=True)
        if level not in (Level.NORMAL, Level.NOTICE):
            restyle(words, "level", level.value)
        left = column(words, gap=1)
        if sub:
            left.addWidget(label(sub, "small", wrap=True))
        line = row(left, *buttons, gap=8)
        line.setStretch(0, 1)
        out = QWidget()
        out.setLayout(line)
        return out

    def _small(self, text: str) -> QWidget:
        return label(text, "small", wrap=True)

    def _operation(self, operation: OperationRow) -> QWidget:
        state = tr(STATES.get(operation.state, operation.state))
        made = tr("{made} of {n}", made=quantity(operation.produced), n=quantity(operation.ordered))
        where = operation.machine or operation.work_center
        parts = [f"{where}, {made}, {state}"]
        if operation.suggested in operation.actions:
            parts.append(tr("the machine suggests: {what}", what=tr(VERBS[operation.suggested]).lower()))
        if operation.waiting:
            parts.append(operation.waiting)
        buttons = []
        for action in operation.actions:
            button = Button(
                tr(VERBS[action]),
                self._theme,
                name=names.order_operate(operation.id, action),
                icon=ICONS[action],
                kind="primary" if action == operation.suggested else "",
            )
            button.setEnabled(not self._forbidden)
            button.setToolTip(self._forbidden)
            button.clicked.connect(partial(self._emit_operate, operation, action))
            buttons.append(button)
        level = STUCK.get(operation.posting, Level.NORMAL) if operation.posting else Level.NORMAL
        return self._line(operation.name, " · ".join(parts), level, *buttons)

    def _scrap(self, scrap: ScrapRow) -> QWidget:
        left = tr(
            "{machine}: {counted} counted, {open} without a reason",
            machine=scrap.title,
            counted=amount(scrap.counted, scrap.unit),
            open=quantity(scrap.open),
        )
        booked = "; ".join(f"{quantity(n)} {why} ({who})" for _, n, why, who in scrap.booked)
        button = Button(tr("Give a reason"), self._theme, name=names.order_scrap(scrap.machine))
        why = self._forbidden_scrap or scrap.why_not
        button.setEnabled(not why)
        button.setToolTip(why)
        button.clicked.connect(partial(self._emit_scrap, scrap))
        level = Level.NOTICE if scrap.open else Level.NORMAL
        return self._line(left, booked or why, level, button)

    def _component(self, component: ComponentRow) -> QWidget:
        planned = tr("{n} by the bill of materials", n=amount(component.by_bom, component.unit))
        parts = [planned]
        if component.counted is not None:
            parts.append(tr("{n} counted", n=quantity(component.counted)))
        if component.confirmed is not None:
            parts.append(tr("{n} confirmed", n=quantity(component.confirmed)))
        if component.posting not in (None, PostingState.VERIFIED):
            parts.append(posting_words(component.posting))
        if component.note:
            parts.append(component.note)
        buttons = []
        if component.consumption_id is not None:
            name = names.order_consume(component.consumption_id)
            button = Button(tr("Confirm"), self._theme, name=name)
            button.setEnabled(not self._forbidden_scrap)
            button.setToolTip(self._forbidden_scrap)
            button.clicked.connect(partial(self._emit_consume, component))
            buttons.append(button)
        return self._line(component.product, " · ".join(parts), component.level, *buttons)

    # --- doing ------------------------------------------------------------------------------------
    def _emit_operate(self, operation: OperationRow, action: str, _checked: bool = False) -> None:
        self.operate.emit(operation, action)

    def _emit_scrap(self, scrap: ScrapRow, _checked: bool = False) -> None:
        self.scrap.emit(scrap)

    def _emit_consume(self, component: ComponentRow, _checked: bool = False) -> None:
        self.consume.emit(component)

    def _press_close(self) -> None:
        if self._detail is not None and not self._problem():
            self.close_order.emit(self._detail)

    def _follow(self) -> None:
        if self._detail is not None:
            self.trace.emit(self._detail.order_reference)
