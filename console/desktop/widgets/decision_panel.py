"""The panel beside a list: what is wrong, evidence, choices; the action bottom right says what it will do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from console.desktop import object_names as names
from console.desktop.formats import Times, quantity, tr
from console.desktop.models.subject import Subject
from console.desktop.theme import Theme
from console.desktop.widgets.basics import Button, Combo, clear, column, label, restyle, row, rule
from console.desktop.widgets.chart import Chart
from console.desktop.widgets.choice_card import ChoiceCard
from console.desktop.widgets.decision_inputs import ReasonField, SplitField, WitnessField, parse_quantity
from console.desktop.widgets.facts import FactsView
from console.desktop.widgets.shapes import ShapeMark
from console.domain.proposals import Choice, Override
from console.services.views import Level

_TAB = Qt.FocusPolicy.TabFocus


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asks for; the page hands it to the desk.

    Attributes:
        witness: name of the second person and their PIN, both empty where none is needed.
    """

    subject: Subject
    choice: str
    quantity: float | None
    parts: tuple[tuple[str, float], ...]
    order_reference: str
    lot: str
    reason: str
    witness: tuple[str, str]


class DecisionPanel(QFrame):
    """See the module's text.

    Signals:
        requested: a Request; the page decides.
        take: the person takes the review item.
        trace: a trace id to follow.
        lead: where it is decided: page and what to open there.
        closed: the panel may go.
    """

    requested = Signal(object)
    take = Signal()
    trace = Signal(str)
    lead = Signal(str)
    closed = Signal()

    def __init__(self, theme: Theme, times: Times, name: str, *, closable: bool) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("surface", "card")
        self._theme, self._times = theme, times
        self._subject: Subject | None = None
        self._choices: tuple[Choice, ...] = ()
        self._cards: dict[str, ChoiceCard] = {}
        self._forbidden = ""
        self._busy = False
        self._tab_order: list[QWidget] = []
        self._make_parts(closable)
        self._lay_out()

    @property
    def subject(self) -> Subject | None:
        """What is shown."""
        return self._subject

    @property
    def choice(self) -> Choice | None:
        """The chosen card."""
        return next((c.choice for c in self._cards.values() if c.isChecked()), None)

    def show_subject(self, subject: Subject, people: Sequence[str], forbidden: str) -> None:
        """Shows a thing to decide; the same thing again keeps what was typed.

        ``forbidden``: why this person may not decide it; empty where they may.
        """
        same = self._subject is not None and self._subject.key == subject.key
        self._subject, self._forbidden = subject, forbidden
        self._title.setText(subject.title)
        self._headline.setText(subject.headline)
        restyle(self._headline, "level", subject.level.value)
        self._mark.set_level(subject.level)
        self._mark.setVisible(subject.level is not Level.NORMAL)
        self._sub.setText(subject.sub)
        self._explanation.setText(subject.explanation)
        self._explanation.setVisible(bool(subject.explanation))
        self._closed.setText(subject.closed)
        self._closed.setVisible(bool(subject.closed))
        # beside a chart the table comes after the choices: these must be in view at once
        self._facts_above.show_facts(subject.facts if subject.series is None else None)
        self._facts_below.show_facts(subject.facts if subject.series is not None else None)
        self._chart.setVisible(subject.series is not None)
        self._chart.show_series(subject.series, highlight=subject.highlight)
        self._take.setVisible(subject.can_take)
        self._trace.setVisible(bool(subject.trace_id))
        self._act.setVisible(bool(subject.choices))
        self._lead.setVisible(bool(subject.lead))
        self._lead.setText(_lead_words(subject.lead))
        self._lead.set_primary(not subject.choices)
        self._witness.offer(people)
        if not same:
            self._scroll.verticalScrollBar().setValue(0)
            self._reason.clear()
            for field in (self._quantity, self._lot, self._witness.pin):
                field.clear()
            self._lot.setText(subject.lot)
        if not same or subject.choices != self._choices:
            self._build_choices(subject.choices)
        self._update()

    def choose(self, key: str) -> bool:
        """Selects a choice and goes to what it needs; False where it is not offered."""
        card = self._cards.get(key)
        if card is None:
            return False
        card.setChecked(True)
        self._update()
        target: QWidget = {"amend": self._quantity, "split": self._split, "assign-order": self._order}.get(
            key, self._reason.line
        )
        focus = target.findChild(QLineEdit, names.decision_split_quantity(1)) if key == "split" else target
        if focus is self._reason.line:
            self._reason.write()
        elif focus is not None:
            focus.setFocus()
        self._bring_in(card)
        return True

    def _bring_in(self, card: ChoiceCard, _checked: bool = True) -> None:
        # what it needs takes room from the list: one turn later the layout knows how much
        QTimer.singleShot(0, self, lambda: self._scroll.ensureWidgetVisible(card, 0, 8))

    def _follow_lead(self) -> None:
        if self._subject is not None:
            self.lead.emit(self._subject.lead)

    def _follow_trace(self) -> None:
        if self._subject is not None:
            self.trace.emit(self._subject.trace_id)

    def set_busy(self, busy: bool) -> None:
        """A decision is on its way."""
        self._busy = busy
        self._update()

    def answered(self) -> None:
        """The decision came back: the PIN of the second person is not kept."""
        self._witness.pin.clear()
        self.set_busy(False)

    # --- building ---------------------------------------------------------------------------------
    def _make_parts(self, closable: bool) -> None:
        theme = self._theme
        self._title = label("", "heading", wrap=True, name=names.DECISION_TITLE)
        self._mark = ShapeMark(theme)
        self._headline = label("", "strong")
        self._sub = label("", "dim", wrap=True)
        self._explanation = label("", wrap=True, name=names.DECISION_EXPLANATION)
        self._closed = label("", "strong", wrap=True)
        self._close = Button("", theme, name=names.DECISION_CLOSE, kind="icon", icon="x", tip=tr("Close"))
        self._close.clicked.connect(self.closed)
        self._close.setVisible(closable)
        self._facts_above, self._facts_below = FactsView(), FactsView()
        self._chart = Chart(theme, self._times, compact=True)
        self._card_box = QVBoxLayout()
        self._card_box.setSpacing(8)
        self._quantity = _field(names.DECISION_QUANTITY, tr("Quantity"), tr("Quantity as counted"))
        self._lot = _field(names.DECISION_LOT, tr("Lot"), tr("Lot: scan or type"))
        self._order = Combo(theme, names.DECISION_ORDER, tr("Order"))
        self._order.setEditable(True)
        self._order.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._order.currentTextChanged.connect(self._update)
        self._split = SplitField(theme)
        self._reason = ReasonField(theme)
        self._witness = WitnessField(theme)
        for field in (self._quantity, self._lot):
            field.textChanged.connect(self._update)
            field.returnPressed.connect(self._reason.write)
        self._split.edited.connect(self._update)
        self._reason.edited.connect(self._update)
        self._reason.line.returnPressed.connect(self._press)
        self._witness.edited.connect(self._update)
        self._witness.pin.returnPressed.connect(self._press)
        self._why_not = label("", "small", wrap=True, name=names.DECISION_WHY_NOT)
        self._why_not.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._trace = Button(tr("Trace"), theme, name=names.DECISION_TRACE, icon="route")
        self._trace.clicked.connect(self._follow_trace)
        self._take = Button(tr("Take it"), theme, name=names.DECISION_TAKE)
        self._take.clicked.connect(self.take)
        self._lead = Button("", theme, name=names.DECISION_LEAD)
        self._lead.clicked.connect(self._follow_lead)
        self._act = Button("", theme, name=names.DECISION_ACT, kind="primary")
        self._act.clicked.connect(self._press)

    def _lay_out(self) -> None:
        inner = QWidget()
        inner.setProperty("surface", "clear")
        inner.setLayout(
            column(
                self._explanation,
                self._closed,
                self._chart,
                self._facts_above,
                self._card_box,
                self._facts_below,
                0,
                margins=(0, 0, 4, 0),
                gap=10,
            )
        )
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it follows the choice that has the focus
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inner)
        head = row(self._title, self._mark, self._headline, self._close, gap=7)
        head.setStretch(0, 1)
        head.setAlignment(self._close, Qt.AlignmentFlag.AlignTop)
        foot = row(self._take, self._trace, self._why_not, self._lead, self._act, gap=10)
        foot.setStretch(2, 1)
        # what must be given stands above the action, always in view; evidence and choices scroll
        self._inputs = QWidget()
        self._inputs.setLayout(
            column(self._quantity, self._order, self._lot, self._split, self._reason, self._witness, gap=8)
        )
        body = column(
            head, self._sub, self._scroll, rule(), self._inputs, foot, margins=(15, 12, 14, 12), gap=8
        )
        body.setStretch(2, 1)
        self.setLayout(body)

    def _build_choices(self, choices: tuple[Choice, ...]) -> None:
        before = self.choice.key if self.choice else ""
        clear(self._card_box)
        self._cards, self._choices = {}, choices
        for choice in choices:
            card = ChoiceCard(self._theme, choice)
            card.toggled.connect(self._update)
            card.clicked.connect(partial(self._bring_in, card))
            self._card_box.addWidget(card)
            self._cards[choice.key] = card
        subject = self._subject
        if subject is not None:
            text = self._order.currentText()
            self._order.clear()
            self._order.addItems(list(subject.orders))
            self._order.setCurrentText(text)
            own = subject.orders[0] if subject.orders else ""
            self._split.begin(subject.orders, subject.good or 0.0, own)
        chosen = self._cards.get(before) or next(iter(self._cards.values()), None)
        if chosen is not None:
            chosen.setChecked(True)  # the likeliest stands first, so it is preselected

    def _set_tab_order(self) -> None:
        """As read from top to bottom: choices, what they need, the action, then what leads elsewhere."""
        inputs = (self._quantity, self._order, self._lot, self._split, self._reason, self._witness)
        order: list[QWidget] = [self._close, *self._cards.values()]
        for one in inputs:
            order += [w for w in (one, *one.findChildren(QWidget)) if w.focusPolicy() & _TAB]
        order += [self._lead, self._act, self._take, self._trace]
        if order == self._tab_order:
            return
        self._tab_order = order
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    # --- state ------------------------------------------------------------------------------------
    def _needs(self, choice: Choice) -> tuple[bool, bool]:
        """Whether it needs a reason, and a second person."""
        subject = self._subject
        needs = {choice.needs}
        if subject is not None and choice.key == "confirm":
            needs.add(subject.confirm_needs)
        second = Override.SECOND_PERSON in needs
        always = subject is not None and (subject.reason_always or choice.key != "confirm")
        return always or second or Override.REASON in needs, second

    def _update(self) -> None:
        choice = self.choice
        key = _kind(choice)
        reason, second = self._needs(choice) if choice else (False, False)
        self._quantity.setVisible(key == "amend")
        self._order.setVisible(key == "assign-order")
        self._lot.setVisible(key == "assign-lot")
        self._split.setVisible(key == "split")
        self._reason.setVisible(reason)
        self._reason.offer(key)
        self._witness.setVisible(second)
        self._inputs.setVisible(reason or second or key in ("amend", "assign-order", "assign-lot", "split"))
        why = self._problem(choice)
        self._why_not.setText(why)
        self._act.setEnabled(not why and choice is not None)
        self._act.setText(self._verb(choice) if choice else "")
        self._set_tab_order()

    def _problem(self, choice: Choice | None) -> str:
        if choice is None:
            return ""
        if self._busy:
            return tr("On its way …")
        if self._forbidden:
            return self._forbidden
        reason, second = self._needs(choice)
        checks = {
            "amend": lambda: (
                "" if parse_quantity(self._quantity.text()) is not None else tr("Type the quantity.")
            ),
            "assign-order": lambda: (
                "" if self._order.currentText().strip() else tr("Choose or scan the order.")
            ),
            "assign-lot": lambda: "" if self._lot.text().strip() else tr("Scan or type the lot."),
            "split": lambda: self._split.problem,
        }
        problem = checks[choice.key]() if choice.key in checks else ""
        if not problem and reason and not self._reason.text:
            problem = tr("Give a reason.")
        return problem or (self._witness.problem if second else "")

    def _verb(self, choice: Choice) -> str:
        """The button names what it will do."""
        good = self._subject.good if self._subject else None
        shown = choice.quantity if choice.quantity is not None else good
        if _kind(choice) in ("confirm", "leave-out", "count-all") and shown is not None:
            return tr("Confirm {n}", n=quantity(shown))
        if choice.key == "amend":
            value = parse_quantity(self._quantity.text())
            return tr("Amend") if value is None else tr("Amend to {n}", n=quantity(value))
        if choice.key == "split":
            return tr("Split into {n}", n=max(2, len(self._split.parts)))
        if choice.key == "reject" and good is not None:
            return tr("Reject {n}", n=quantity(good))
        if choice.key == "assign-order":
            return tr("Assign the order")
        if choice.key == "assign-lot":
            return tr("Assign the lot")
        return choice.title if len(choice.title) <= 30 else choice.title[:29].rsplit(" ", 1)[0] + " …"

    def _press(self) -> None:
        choice, subject = self.choice, self._subject
        if choice is None or subject is None or self._problem(choice):
            return
        reason, second = self._needs(choice)
        amended = parse_quantity(self._quantity.text()) if choice.key == "amend" else None
        request = Request(
            subject=subject,
            choice=choice.key,
            quantity=amended,
            parts=self._split.parts if choice.key == "split" else (),
            order_reference=self._order.currentText().strip() if choice.key == "assign-order" else "",
            lot=self._lot.text().strip() if choice.key == "assign-lot" else "",
            reason=self._reason.text if reason else "",
            witness=(self._witness.who.currentText(), self._witness.pin.text()) if second else ("", ""),
        )
        self.requested.emit(request)


def _lead_words(lead: str) -> str:
    """What the button opens."""
    page = lead.partition(":")[0]
    return {"stops": tr("Open the stop"), "holds": tr("Open the hold"), "alarms": tr("Open the request")}.get(
        page, tr("Open")
    )


def _kind(choice: Choice | None) -> str:
    """``count-all:2`` is the second explanation's ``count-all``."""
    return choice.key.partition(":")[0] if choice else ""


def _field(name: str, accessible: str, placeholder: str) -> QLineEdit:
    field = QLineEdit()
    field.setObjectName(name)
    field.setAccessibleName(accessible)
    field.setPlaceholderText(placeholder)
    return field
