"""What a choice needs along: a quantity, an order, a lot, parts of a split, a reason, a second person.

Every field takes fast typing and Enter, so that a barcode scanner fills it like a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QVBoxLayout, QWidget

from console.desktop import object_names as names
from console.desktop.formats import difference, quantity, tr
from console.desktop.theme import Theme
from console.desktop.widgets.basics import Button, Combo, clear, column, label, row

REASONS: dict[str, tuple[str, ...]] = {
    "leave-out": ("Counter reset by hand", "Sensor fault"),
    "count-all": ("Counted by hand", "Buffer emptied"),
    "confirm": ("Counted by hand", "Slow run, known"),
    "amend": ("Counted by hand", "Test run counted"),
    "split": ("Order was changed", "Two lots"),
    "reject": ("Test run", "Counter fault"),
    "assign-order": ("Seen on site", "Told by planner"),
    "assign-lot": ("Seen on site", "On the lot label"),
    "stop-split": ("Two causes", "Seen on site"),
    "stop-merge": ("Same cause", "Did not really run"),
    "stop-move": ("State came late", "Seen on site"),
}
OTHER_REASONS = ("Checked on site", "Agreed with planner")


def parse_quantity(text: str) -> float | None:
    """``1,484`` or ``1484.5`` as a number; None where it is none or below zero."""
    plain = text.strip().replace(",", "").replace(" ", "").replace("\u202f", "")
    try:
        value = float(plain)
    except ValueError:
        return None
    return value if 0 <= value < 1e12 else None


class ReasonField(QWidget):
    """Ready-made reasons for one tap, and a line for any other.

    Signals:
        edited: another text.
    """

    edited = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._for = ""
        self._writing = False
        self._chips = QWidget()
        self._grid = row(0, gap=6)
        self._chips.setLayout(self._grid)
        self.line = QLineEdit()
        self.line.setObjectName(names.DECISION_REASON)
        self.line.setPlaceholderText(tr("Reason, for the audit trail"))
        self.line.setMaxLength(400)
        self.line.setAccessibleName(tr("Reason"))
        self.line.textChanged.connect(self._edited)
        self.line.hide()
        self.setLayout(column(self._chips, self.line, gap=0))

    @property
    def text(self) -> str:
        """The reason."""
        return self.line.text().strip()

    def offer(self, choice: str) -> None:
        """Shows the reasons usual for a choice."""
        if choice == self._for:
            return
        self._for = choice
        clear(self._grid)
        for number, text in enumerate(REASONS.get(choice, OTHER_REASONS), 1):
            chip = Button(tr(text), self._theme, name=names.decision_reason(number), kind="chip")
            chip.clicked.connect(partial(self._take, tr(text)))
            self._grid.addWidget(chip)
        other = Button(tr("Other …"), self._theme, name=names.DECISION_REASON_OTHER, kind="chip")
        other.clicked.connect(lambda: self.write())
        self._grid.addWidget(other)
        self._grid.addStretch(1)

    def write(self) -> None:
        """The person writes a reason of their own."""
        self._writing = True
        self._edited(self.line.text())
        self.line.setFocus()

    def clear(self) -> None:
        """Nothing given yet: the ready-made ones again."""
        self._writing = False
        self.line.clear()
        self._edited("")

    def _take(self, text: str, _checked: bool = False) -> None:
        self.line.setText(text)

    def _edited(self, text: str) -> None:
        # one row only, so that evidence and choices keep the room
        writing = self._writing or bool(text)
        self._writing = writing
        self._chips.setVisible(not writing)
        self.line.setVisible(writing)
        self.edited.emit()


class SplitField(QWidget):
    """Parts of a split: an order and a quantity each; the rest to the full quantity is shown.

    Signals:
        edited: something was typed.
    """

    edited = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._orders: tuple[str, ...] = ()
        self._total = 0.0
        self._lines: list[tuple[QComboBox, QLineEdit]] = []
        self._rows = QVBoxLayout()
        self._rows.setSpacing(6)
        self._rest = label("", "small", wrap=True)
        add = Button(tr("Another part"), theme, name=names.DECISION_SPLIT_ADD, kind="chip", icon="plus")
        add.clicked.connect(lambda: self._add("", ""))
        self.setLayout(column(label(tr("Parts"), "group"), self._rows, row(self._rest, add), gap=6))

    def begin(self, orders: tuple[str, ...], total: float, own: str) -> None:
        """Starts with two parts: the own order, and one to say."""
        self._orders, self._total = orders, total
        self._lines = []
        clear(self._rows)
        self._add(own, "")
        self._add("", "")

    @property
    def parts(self) -> tuple[tuple[str, float], ...]:
        """The parts that are complete."""
        out = []
        for order, amount in self._lines:
            value = parse_quantity(amount.text())
            if order.currentText().strip() and value:
                out.append((order.currentText().strip(), value))
        return tuple(out)

    @property
    def problem(self) -> str:
        """Why it is not complete yet."""
        rest = self._total - sum(part for _, part in self.parts)
        if len(self.parts) < 2:
            return tr("Give two parts or more, each with order and quantity.")
        if abs(rest) > 1e-9:
            return tr("The parts differ from {n} by {d}.", n=quantity(self._total), d=difference(-rest))
        return ""

    def _add(self, order: str, amount: str) -> None:
        number = len(self._lines) + 1
        combo = Combo(self._theme, names.decision_split_order(number), tr("Order of part {n}", n=number))
        combo.setEditable(True)
        combo.addItems([*self._orders])
        combo.setCurrentText(order)
        combo.setMinimumContentsLength(12)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        field = QLineEdit(amount)
        field.setObjectName(names.decision_split_quantity(number))
        field.setAccessibleName(tr("Quantity of part {n}", n=number))
        field.setPlaceholderText(tr("Quantity"))
        field.setFixedWidth(110)
        combo.currentTextChanged.connect(self._tell)
        field.textChanged.connect(self._tell)
        field.returnPressed.connect(self._fill_rest)
        line = QWidget()
        inner = row(combo, field, gap=6)
        inner.setStretch(0, 1)
        line.setLayout(inner)
        self._lines.append((combo, field))
        self._rows.addWidget(line)
        self._tell()

    def _fill_rest(self) -> None:
        """Enter in a quantity gives the rest to the first empty part."""
        used = sum(parse_quantity(f.text()) or 0.0 for _, f in self._lines)
        empty = [f for _, f in self._lines if not f.text().strip()]
        if empty and self._total > used:
            empty[0].setText(quantity(self._total - used))

    def _tell(self) -> None:
        used = sum(parse_quantity(f.text()) or 0.0 for _, f in self._lines)
        self._rest.setText(tr("{n} of {all} given", n=quantity(used), all=quantity(self._total)))
        self.edited.emit()


class WitnessField(QWidget):
    """A second person signs with name and PIN.

    Signals:
        edited: something was typed.
    """

    edited = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.who = Combo(theme, names.DECISION_WITNESS, tr("Second person"))
        self.pin = QLineEdit()
        self.pin.setObjectName(names.DECISION_WITNESS_PIN)
        self.pin.setEchoMode(QLineEdit.EchoMode.Password)
        self.pin.setPlaceholderText(tr("Their PIN"))
        self.pin.setAccessibleName(tr("PIN of the second person"))
        self.pin.setFixedWidth(120)
        self.who.currentTextChanged.connect(lambda: self.edited.emit())
        self.pin.textChanged.connect(lambda: self.edited.emit())
        line = row(self.who, self.pin, gap=6)
        line.setStretch(0, 1)
        self.setLayout(column(label(tr("Second person"), "group"), line, gap=6))

    def offer(self, people: Sequence[str]) -> None:
        """Who may be the second person."""
        if [self.who.itemText(i) for i in range(self.who.count())] != list(people):
            self.who.clear()
            self.who.addItems(list(people))

    @property
    def problem(self) -> str:
        """Why it is not complete yet."""
        if not self.who.currentText():
            return tr("No other person can sign: add one in Settings.")
        return "" if self.pin.text() else tr("The second person types their PIN.")
