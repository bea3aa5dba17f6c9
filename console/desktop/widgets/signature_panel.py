"""A decision under a signature: what it does, its meaning and reason, the PIN once more, a second person.

What is typed here is never kept: the panel goes when the console locks, the digits go after every answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from console.desktop import object_names as names
from console.desktop.formats import tr
from console.desktop.theme import Theme
from console.desktop.widgets.basics import Button, Combo, column, label, surface
from console.desktop.widgets.pin_pad import PinPad
from console.desktop.widgets.side_panel import ReasonLine, SideForm
from console.errors import ConsoleError
from console.services.quality import Signature


@dataclass(frozen=True, slots=True)
class ToSign:
    """What is to be signed.

    Attributes:
        verb: of the button: "Release". effect: what it will do.
        signed: with the person's PIN; without, only a reason is asked for.
        two_people: a second person signs too. others: who that may be.
        reasons: ready-made ones.
    """

    verb: str
    subject: str
    effect: str
    person: str
    signed: bool
    two_people: bool
    meanings: tuple[str, ...]
    others: tuple[str, ...]
    reasons: tuple[str, ...]


class SignaturePanel(SideForm):
    """See the module's text. Sends a ``Signature``."""

    stays = False

    def __init__(self, theme: Theme, to_sign: ToSign, forbidden: Callable[[], str]) -> None:
        super().__init__(theme, names.SIGNATURE, forbidden, icon="pen-line" if to_sign.signed else "")
        self._to_sign = to_sign
        self._first_pin = ""
        self._step = 1
        self._say_what()
        self.reason = ReasonLine(theme, to_sign.reasons)
        self.meaning = Combo(theme, names.SIGNATURE_MEANING, tr("What the signature means"))
        self.witness = Combo(theme, names.SIGNATURE_WITNESS, tr("Second person"))
        self._whose = label("", "group", wrap=True)
        self.pad = PinPad(theme, beside=self._whose)
        self.pad.enter.hide()  # the one action stands below
        self._make_steps()
        self._back = Button(tr("Back"), theme, icon="chevron-left")
        self._back.clicked.connect(self._go_back)
        self._back.hide()
        self.foot_row.insertWidget(0, self._back)
        self.reason.edited.connect(self.refresh)
        self.reason.entered.connect(self._after_reason)
        self.meaning.currentIndexChanged.connect(self.refresh)
        self.witness.currentIndexChanged.connect(self.refresh)
        self.pad.edited.connect(self.refresh)
        self.pad.entered.connect(lambda _: self.press())
        self._show_step()

    def begin(self) -> None:
        """The reason comes first."""
        self.reason.line.setFocus()

    def problem(self) -> str:
        """What is missing of this step."""
        if not self.reason.text:
            return tr("Give a reason.")
        if not self._to_sign.signed:
            return ""
        if self._step == 2 and not self.witness.currentText():
            return tr("No other person can sign: an administrator adds one in Settings.")
        if not self.pad.pin:
            whose = self.witness.currentText() if self._step == 2 else tr("your")
            return tr("{who}: type the PIN.", who=whose) if self._step == 2 else tr("Type your PIN.")
        return ""

    def words(self) -> str:
        """Sign, or on to the second person."""
        if not self._to_sign.signed:
            return self._to_sign.verb
        if self._to_sign.two_people and self._step == 1:
            return tr("Next: second person")
        return tr("Sign: {verb}", verb=self._to_sign.verb.lower())

    def answer(self) -> Signature:
        """The signature as given."""
        two = self._to_sign.two_people
        pin, second = (self._first_pin, self.pad.pin) if two else (self.pad.pin, "")
        return Signature(
            pin=pin,
            meaning=self.meaning.currentText(),
            reason=self.reason.text,
            witness=self.witness.currentText() if two else "",
            witness_pin=second,
        )

    def press(self) -> None:
        """The first of two keeps their PIN and gives way to the second."""
        if self._to_sign.two_people and self._step == 1:
            if not (self._forbidden() or self.problem()):
                self._first_pin = self.pad.pin
                self._step = 2
                self._show_step()
                self.witness.setFocus()
            return
        super().press()

    def refused(self, error: ConsoleError) -> None:
        """All digits are asked for again; meaning and reason stay."""
        self._go_back()
        super().refused(error)
        self.pad.setFocus()

    # --- building ---------------------------------------------------------------------------------
    def _say_what(self) -> None:
        card = surface("foot")
        card.setLayout(
            column(
                label(self._to_sign.subject, "strong", wrap=True),
                label(self._to_sign.effect, "dim", wrap=True),
                margins=(12, 10, 12, 10),
                gap=3,
            )
        )
        self.fields.addWidget(card)

    def _make_steps(self) -> None:
        to_sign = self._to_sign
        self._first = QWidget()
        parts = column(gap=10)
        if to_sign.signed:
            self.meaning.addItems(list(to_sign.meanings))
            if len(to_sign.meanings) > 1:
                parts.addLayout(column(label(tr("Meaning"), "group"), self.meaning, gap=5))
            elif to_sign.meanings:
                parts.addLayout(
                    column(label(tr("Meaning"), "group"), label(to_sign.meanings[0], wrap=True), gap=5)
                )
        parts.addLayout(column(label(tr("Reason"), "group"), self.reason, gap=5))
        self._first.setLayout(parts)
        self._second = QWidget()
        self.witness.addItems(list(to_sign.others))
        self._second.setLayout(column(label(tr("Second person"), "group"), self.witness, gap=5))
        self._second.hide()
        self.fields.addWidget(self._first)
        self.fields.addWidget(self._second)
        if to_sign.signed:
            self.fields.addWidget(self.pad)
        else:
            self.pad.setParent(self)
            self.pad.hide()

    # --- steps ------------------------------------------------------------------------------------
    def _show_step(self) -> None:
        second = self._step == 2
        self._first.setVisible(not second)
        self._second.setVisible(second)
        self._back.setVisible(second)
        person = self.witness.currentText() if second else self._to_sign.person
        self._whose.setText(
            tr("PIN of the second person") if second else tr("PIN of {person}", person=person)
        )
        self.pad.clear()
        self.refresh()

    def _go_back(self) -> None:
        self._step, self._first_pin = 1, ""
        self._show_step()

    def _after_reason(self) -> None:
        if self._to_sign.signed:
            self.pad.setFocus(Qt.FocusReason.TabFocusReason)
        else:
            self.press()


def others(people: Sequence[str], me: str) -> tuple[str, ...]:
    """Who may sign second."""
    return tuple(p for p in people if p != me)
