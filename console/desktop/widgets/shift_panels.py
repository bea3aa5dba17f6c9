"""What slides in on Shift: the rows behind a ratio, why Odoo shows another figure, and the sign-off."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QWidget

from console.desktop import object_names as names
from console.desktop.formats import tr
from console.desktop.models.shift import (
    TermLine,
    percent,
    ratio_formula,
    ratio_of,
    term_amount,
    term_columns,
    term_lines,
    terms_of,
)
from console.desktop.preferences import Preferences
from console.desktop.theme import Theme
from console.desktop.widgets.basics import Button, Combo, column, label, row
from console.desktop.widgets.data_table import DataTable
from console.desktop.widgets.messages import MessageBar
from console.desktop.widgets.pin_pad import PinPad
from console.errors import ConsoleError
from console.services.views.shift import OeeView, Term


class TermsPanel(QWidget):
    """A ratio with its terms; pressing a term shows the rows that it was summed from."""

    def __init__(self, theme: Theme, prefs: Preferences, view: OeeView, key: str) -> None:
        super().__init__()
        self._terms = terms_of(view, key)
        lines = [label(percent(ratio_of(view, key)), "display"), label(ratio_formula(view, key), wrap=True)]
        lines += [label(text, "dim", wrap=True) for text in view.missing]
        self.table: DataTable[TermLine] = DataTable(
            theme,
            prefs,
            names.SHIFT_TERMS,
            term_columns(),
            lambda line: (line.symbol, line.number),
            ("table-properties", tr("Nothing to sum up"), tr("No row of this shift counts towards it.")),
        )
        self.table.search.setMinimumWidth(120)
        self._group = QButtonGroup(self)
        buttons = []
        for number, term in enumerate(self._terms):
            button = Button(self._words(term), theme, name=names.shift_term(term.symbol), kind="chip")
            button.setCheckable(True)
            button.setProperty("align", "left")
            button.clicked.connect(lambda _=False, t=term: self.show_term(t))
            self._group.addButton(button, number)
            buttons.append(button)
        self.table.setMinimumSize(200, 300)  # what an empty list says is wider than the panel
        box = column(*lines, *buttons, self.table, margins=(0, 0, 6, 0), gap=8)
        box.setStretchFactor(self.table, 1)
        self.setLayout(box)
        if self._terms:
            self.show_term(self._terms[0])

    def show_term(self, term: Term) -> None:
        """Its rows."""
        button = self._group.button(self._terms.index(term))
        button.setChecked(True)
        self.table.show_rows(term_lines([term]))

    def _words(self, term: Term) -> str:
        return tr("{symbol}  {title}: {n}", symbol=term.symbol, title=term.title, n=term_amount(term))


def odoo_panel(view: OeeView) -> QWidget:
    """Why Odoo shows another figure."""
    panel = QWidget()
    lines = [label(view.odoo_note, wrap=True), label(view.formula, "dim", wrap=True)]
    lines += [label(text, "dim", wrap=True) for text in view.missing]
    panel.setLayout(column(*lines, 0, margins=(0, 0, 6, 0), gap=10))
    return panel


class SignOffPanel(QWidget):
    """Both people sign, one after the other, each with their own PIN. PINs never outlive the panel.

    Signals:
        signed: PIN of who hands over, name and PIN of who takes over.
    """

    signed = Signal(str, str, str)

    def __init__(self, theme: Theme, person: str, others: Sequence[str], summary: Sequence[str]) -> None:
        super().__init__()
        self.setObjectName(names.SHIFT_SIGN_PANEL)
        self._person, self._pin, self._busy = person, "", False
        self._message = MessageBar(theme, names.SHIFT_SIGN_MESSAGE)
        self._step = label("", "heading", wrap=True, name=names.SHIFT_SIGN_STEP)
        self._hint = label("", "dim", wrap=True)
        self._other = Combo(theme, names.SHIFT_SIGN_OTHER, tr("Who takes over"))
        self._other.addItem(tr("Who takes over?"), "")
        for name in others:
            self._other.addItem(name, name)
        self._other.currentIndexChanged.connect(self._chosen)
        self._pad = PinPad(theme)
        for part in (self._pad, *self._pad.findChildren(QWidget)):  # its keys are not those of the sign-in
            part.setObjectName(part.objectName().replace("sign_in_", "shift_sign_"))
        self._pad.entered.connect(self._entered)
        self._again = Button(tr("Start again"), theme, kind="chip", icon="rotate-ccw")
        self._again.clicked.connect(self.restart)
        lines = [label(text, "dim", wrap=True) for text in summary]
        self.setLayout(
            column(
                *lines,
                self._message,
                self._step,
                self._other,
                self._hint,
                row(0, self._pad, 0),
                row(0, self._again),
                0,
                margins=(0, 0, 6, 0),
                gap=10,
            )
        )
        self.restart()

    @property
    def step(self) -> int:
        """1: who hands over; 2: who takes over."""
        return 2 if self._pin else 1

    @property
    def message(self) -> str:
        """What was said about the last try."""
        return self._message.text

    def restart(self) -> None:
        """Both sign anew."""
        self._pin = ""
        self._show()

    def set_busy(self, busy: bool) -> None:
        """It is being sealed."""
        self._busy = busy
        self._show()

    def refused(self, error: ConsoleError) -> None:
        """Nothing was sealed: says why; both PINs are asked again."""
        self._message.error(error)
        self._pin = ""
        self.set_busy(False)
        self._pad.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        """The pad takes the keys."""
        super().showEvent(event)
        self._pad.setFocus()

    def hideEvent(self, event: QHideEvent) -> None:
        """Put away, or locked: nothing that was typed stays."""
        super().hideEvent(event)
        self.restart()

    def _chosen(self) -> None:
        self._show()
        self._pad.setFocus()

    def _entered(self, pin: str) -> None:
        if self._busy:
            return
        if self.step == 1:
            self._message.clear()
            self._pin = pin
            self._show()
            self._pad.setFocus()
        elif self._other.currentData():
            self._busy = True
            self.signed.emit(self._pin, self._other.currentData(), pin)
            self._show()

    def _show(self) -> None:
        first = self.step == 1
        self._pad.clear()
        self._other.setVisible(not first)
        self._again.setVisible(not first)
        who = self._other.currentData()
        words = tr("1 of 2: {who} hands over", who=self._person) if first else tr("2 of 2: takes over")
        self._step.setText(words)
        if self._busy:
            hint = tr("Sealing …")
        elif first:
            hint = tr("Type your PIN, then ✓.")
        elif not who:
            hint = tr("Choose who takes over; they type their own PIN.")
        else:
            hint = tr("{who} types their PIN. ✓ seals the shift for good.", who=who)
        self._hint.setText(hint)
        self._pad.setEnabled(not self._busy and (first or bool(who)))
