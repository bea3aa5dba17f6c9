"""A quality hold placed by hand: a lot, typed or scanned, or what a machine made in a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from PySide6.QtWidgets import QButtonGroup, QLineEdit, QWidget

from console.desktop import object_names as names
from console.desktop.formats import Times, tr
from console.desktop.models.holds import severity_words
from console.desktop.theme import Theme
from console.desktop.widgets.basics import Button, Combo, label, row
from console.desktop.widgets.side_panel import ReasonLine, SideForm
from console.desktop.widgets.time_field import TimeField

MINUTES = (15, 30, 60, 240)
REASONS = ("Seen damaged on site", "Failed a check", "Wrong label", "Foreign matter")


@dataclass(frozen=True, slots=True)
class HoldWanted:
    """What is to be held; either the lot or the machine with its time."""

    lot: str
    machine: str
    start: datetime | None
    end: datetime | None
    severity: int
    reason: str


class HoldForm(SideForm):
    """See the module's text. Sends a ``HoldWanted``."""

    def __init__(
        self,
        theme: Theme,
        times: Times,
        now: Callable[[], datetime],
        machines: Sequence[tuple[str, str]],
        forbidden: Callable[[], str],
    ) -> None:
        super().__init__(theme, names.PLACE_HOLD, forbidden, icon="hand")
        self._now = now
        self._by_lot = self._chip(tr("A lot"), names.place_by("lot"))
        self._by_machine = self._chip(tr("A machine and a time"), names.place_by("machine"))
        self._by_lot.setChecked(True)
        self._kind = QButtonGroup(self)
        for button in (self._by_lot, self._by_machine):
            self._kind.addButton(button)
            button.toggled.connect(self._kind_changed)
        self.lot = QLineEdit()
        self.lot.setObjectName(names.PLACE_LOT)
        self.lot.setAccessibleName(tr("Lot"))
        self.lot.setPlaceholderText(tr("Scan or type the lot"))
        self.machine = Combo(theme, names.PLACE_MACHINE, tr("Machine"))
        for title, machine in machines:
            self.machine.addItem(title, machine)
        self.start = TimeField(times, now, names.PLACE_START, tr("From"))
        self.end = TimeField(times, now, names.PLACE_END, tr("To"))
        self._severities = QButtonGroup(self)
        self.reason = ReasonLine(theme, REASONS)
        self._lay_out()
        self._wire()
        self._kind_changed()

    def begin(self) -> None:
        """A scanner can write at once."""
        self.lot.setFocus()

    def problem(self) -> str:
        """What is missing."""
        if self._by_lot.isChecked():
            if not self.lot.text().strip():
                return tr("Scan or type the lot.")
        else:
            why = self._span_problem()
            if why:
                return why
        return "" if self.reason.text else tr("Give a reason.")

    def words(self) -> str:
        """Names what is held."""
        lot = self.lot.text().strip()
        if self._by_lot.isChecked() and lot:
            return tr("Hold {lot}", lot=lot if len(lot) <= 20 else lot[:19] + "…")
        return tr("Place the hold")

    def answer(self) -> HoldWanted:
        """What is to be held."""
        by_lot = self._by_lot.isChecked()
        return HoldWanted(
            lot=self.lot.text().strip() if by_lot else "",
            machine="" if by_lot else str(self.machine.currentData() or ""),
            start=None if by_lot else self.start.at,
            end=None if by_lot else self.end.at,
            severity=self._severities.checkedId(),
            reason=self.reason.text,
        )

    # --- building ---------------------------------------------------------------------------------
    def _chip(self, text: str, name: str) -> Button:
        chip = Button(text, self.theme, name=name, kind="chip")
        chip.setCheckable(True)
        return chip

    def _lay_out(self) -> None:
        self.add(tr("What is held"), _in_line(self._by_lot, self._by_machine))
        self._lot_box = self.add(tr("Lot"), self.lot)
        spans = [self._chip(_minutes_words(m), names.place_minutes(m)) for m in MINUTES]
        for chip, minutes in zip(spans, MINUTES, strict=True):
            chip.setCheckable(False)
            chip.clicked.connect(partial(self._last, minutes))
        to = label(tr("to"), "dim")
        self._span_box = self.add(
            tr("Machine and time"),
            self.machine,
            _in_line(*spans),
            _in_line(self.start, to, self.end, stretch=(0, 2)),
        )
        chips = []
        for severity in (1, 2, 3):
            chip = self._chip(severity_words(severity), names.place_severity(severity))
            chip.setChecked(severity == 2)
            self._severities.addButton(chip, severity)
            chips.append(chip)
        self.add(tr("Severity"), _in_line(*chips))
        self.add(tr("Reason"), self.reason)
        note = tr("It holds at once: nothing of it can be confirmed. Odoo follows as soon as it is reached.")
        self.fields.addWidget(label(note, "dim", wrap=True))

    def _wire(self) -> None:
        for field in (self.lot, self.start, self.end):
            field.textChanged.connect(self.refresh)
        self.lot.returnPressed.connect(self.reason.line.setFocus)
        self.start.returnPressed.connect(self.end.setFocus)
        self.end.returnPressed.connect(self.reason.line.setFocus)
        self.machine.currentIndexChanged.connect(self.refresh)
        self.reason.edited.connect(self.refresh)
        self.reason.entered.connect(self.press)

    def _kind_changed(self) -> None:
        self._lot_box.setVisible(self._by_lot.isChecked())
        self._span_box.setVisible(self._by_machine.isChecked())
        self.refresh()

    def _last(self, minutes: int, _checked: bool = False) -> None:
        end = self._now()
        self.start.show_time(end - timedelta(minutes=minutes))
        self.end.show_time(end)

    def _span_problem(self) -> str:
        if not self.machine.currentData():
            return tr("Choose the machine.")
        start, end = self.start.at, self.end.at
        if start is None or end is None:
            return tr("Say from when to when, for example 10:30 to 11:05.")
        return "" if start < end else tr("The end must come after the start.")


def _in_line(*parts: QWidget, stretch: Sequence[int] = ()) -> QWidget:
    out = QWidget()
    line = row(*parts, gap=6)
    for place in stretch:
        line.setStretch(place, 1)
    if not stretch:
        line.addStretch(1)
    out.setLayout(line)
    return out


def _minutes_words(minutes: int) -> str:
    return tr("last {n} h", n=minutes // 60) if minutes >= 60 else tr("last {n} min", n=minutes)
