"""What slides in on Alarms: how long to shelve, and a plain reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QLineEdit, QWidget

from console.desktop import object_names as names
from console.desktop.formats import duration, tr
from console.desktop.theme import Theme
from console.desktop.widgets.basics import Button, label, restyle
from console.desktop.widgets.side_panel import ReasonLine, SideForm, in_columns

MINUTES = (15, 30, 60, 120, 240, 480)
SHELVE_REASONS = ("Being worked on", "Sensor fault, known", "Cleaning", "Test run")


@dataclass(frozen=True, slots=True)
class ShelveWanted:
    """For how long, and why."""

    minutes: int
    reason: str


class ShelveForm(SideForm):
    """Takes an alarm out of sight for a time. Sends a ``ShelveWanted``."""

    def __init__(self, theme: Theme, alarm: str, most_min: int, forbidden: Callable[[], str]) -> None:
        super().__init__(theme, names.SHELVE_FORM, forbidden, icon="bell-off")
        self._most = most_min
        self.fields.addWidget(label(alarm, "strong", wrap=True))
        self.minutes = QLineEdit()
        self.minutes.setObjectName("shelve_minutes")
        self.minutes.setAccessibleName(tr("Minutes"))
        self.minutes.setPlaceholderText(tr("Minutes"))
        self.minutes.setText(str(min(30, most_min)))
        keys = []
        for minutes in (m for m in MINUTES if m <= most_min):
            chip = Button(duration(minutes * 60), theme, name=names.shelve_minutes(minutes), kind="chip")
            chip.clicked.connect(partial(self._take, minutes))
            keys.append(chip)
        chips = QWidget()
        chips.setLayout(in_columns(keys, 3))
        self.add(tr("For how many minutes"), self.minutes, chips)
        self.reason = ReasonLine(theme, SHELVE_REASONS)
        self.add(tr("Reason"), self.reason)
        note = tr("It comes back by itself then, at the latest after {t}.", t=duration(most_min * 60))
        self.fields.addWidget(label(note, "dim", wrap=True))
        self.minutes.textChanged.connect(self.refresh)
        self.minutes.returnPressed.connect(self.reason.line.setFocus)
        self.reason.edited.connect(self.refresh)
        self.reason.entered.connect(self.press)

    def begin(self) -> None:
        """The reason is all that is missing."""
        self.reason.line.setFocus()

    def problem(self) -> str:
        """What is missing."""
        minutes = self._minutes()
        restyle(self.minutes, "invalid", minutes is None)
        if minutes is None:
            return tr("Give 1 to {n} minutes.", n=self._most)
        return "" if self.reason.text else tr("Give a reason.")

    def words(self) -> str:
        """Says for how long."""
        minutes = self._minutes()
        return tr("Shelve for {t}", t=duration(minutes * 60)) if minutes is not None else tr("Shelve")

    def answer(self) -> ShelveWanted:
        """For how long, and why."""
        return ShelveWanted(self._minutes() or 1, self.reason.text)

    def _minutes(self) -> int | None:
        text = self.minutes.text().strip()
        if not (text.isascii() and text.isdecimal()):
            return None
        return int(text) if 1 <= int(text) <= self._most else None

    def _take(self, minutes: int, _checked: bool = False) -> None:
        self.minutes.setText(str(minutes))


class ReasonForm(SideForm):
    """Only a reason is asked for. Sends it as text."""

    def __init__(
        self,
        theme: Theme,
        name: str,
        subject: str,
        effect: str,
        verb: str,
        reasons: Sequence[str],
        forbidden: Callable[[], str],
    ) -> None:
        super().__init__(theme, name, forbidden)
        self._verb = verb
        self.fields.addWidget(label(subject, "strong", wrap=True))
        self.fields.addWidget(label(effect, "dim", wrap=True))
        self.reason = ReasonLine(theme, reasons)
        self.add(tr("Reason"), self.reason)
        self.reason.edited.connect(self.refresh)
        self.reason.entered.connect(self.press)

    def begin(self) -> None:
        """It can be typed at once."""
        self.reason.line.setFocus()

    def problem(self) -> str:
        """What is missing."""
        return "" if self.reason.text else tr("Give a reason.")

    def words(self) -> str:
        """The action."""
        return self._verb

    def answer(self) -> str:
        """The reason."""
        return self.reason.text
