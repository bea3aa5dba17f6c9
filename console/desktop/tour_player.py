"""Plays the desktop by its real widgets: finds, clicks, types, waits and takes pictures, as a person would.

It fails loudly where a button stays disabled or a thing does not come. It may be killed and started again:
where it was stands in ``phase.json`` beside the pictures, together with what it waits for from whoever
conducts the plant.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog
from PySide6.QtCore import QEvent, QObject, QPointF, QSize, Qt, QTimer
from PySide6.QtGui import QHoverEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QLineEdit,
    QSplitterHandle,
    QTableView,
    QWidget,
)

from console.desktop import object_names as names
from console.desktop.app import Desktop

log = structlog.get_logger(__name__)

PHASE_FILE = "phase.json"
TICK_MS = 40


class TourError(Exception):
    """Something that a person would expect did not come; the text says what."""


@dataclass(frozen=True, slots=True)
class TourOptions:
    """What the tour is told.

    Attributes:
        folder: where the pictures go.
        work_s: how long the shift is worked before it is wound up.
        size: of the window in the pictures, in pixels.
        settles: whether there is an Odoo in which everything can end verified.
    """

    folder: Path
    work_s: float = 54.0
    size: tuple[int, int] = (1366, 768)
    settles: bool = True


@dataclass(frozen=True, slots=True)
class Until:
    """Go on when it is so; fail after ``limit_s``."""

    holds: Callable[[], bool]
    what: str
    limit_s: float = 30.0


Script = Iterator[Until]


class Player(QObject):
    """Drives one desktop by a script; exit code 0 where everything came.

    Attributes:
        desktop: the one that is driven. desk: what it shows and does.
    """

    def __init__(self, desktop: Desktop, options: TourOptions) -> None:
        super().__init__(desktop.window)
        self.desktop = desktop
        self.desk = desktop.ctx.desk
        self.options = options
        self._window = desktop.window
        self._waiting: tuple[Until, float] | None = None
        self._script: Script = self.play()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        options.folder.mkdir(parents=True, exist_ok=True)

    def play(self) -> Script:
        """What is done, step by step."""
        raise NotImplementedError

    def start(self) -> None:
        """Begins on the next turn of Qt's loop."""
        self._window.resize(QSize(*self.options.size))
        self._timer.start(TICK_MS)

    # --- the machinery ------------------------------------------------------------------------------------

    def _tick(self) -> None:
        try:
            if self._waiting is not None:
                until, deadline = self._waiting
                if not until.holds():
                    if time.monotonic() > deadline:
                        raise TourError(f"waited {until.limit_s:g} s in vain for {until.what}")
                    return
                self._waiting = None
            until = next(self._script)
            self._waiting = (until, time.monotonic() + until.limit_s)
        except StopIteration:
            self._end(0)
        except TourError as error:
            log.error("tour failed", what=str(error))
            self.picture("failed")
            self._end(1)

    def _end(self, code: int) -> None:
        self._timer.stop()
        self.save(phase="done" if code == 0 else "failed")
        self.desktop.app.exit(code)

    def state(self) -> dict[str, float | str]:
        """Where the tour is; kept in a file so that a killed one goes on."""
        file = self.options.folder / PHASE_FILE
        return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}

    def save(self, **values: float | str) -> None:
        """Keeps something for the next start, and for whoever conducts the plant."""
        file = self.options.folder / PHASE_FILE
        text = json.dumps(self.state() | values)
        new = file.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        new.replace(file)

    def pause(self, seconds: float) -> Until:
        """Lets the screens live for a while."""
        end = time.monotonic() + seconds
        return Until(lambda: time.monotonic() >= end, "a pause", seconds + 10)

    def find(self, name: str, inside: str = "") -> QWidget | None:
        """The visible widget of this name."""
        root = self.find(inside) if inside else self._window
        if root is None:
            return None
        return next((w for w in root.findChildren(QWidget, name) if w.isVisible()), None)

    def seen(self, name: str, inside: str = "") -> Until:
        """Until a widget is to be seen."""
        return Until(lambda: self.find(name, inside) is not None, f"{name} to be shown")

    def click(self, name: str, inside: str = "") -> None:
        """A mouse click on it, where a person could click."""
        widget = self.find(name, inside)
        if widget is None:
            raise TourError(f"there is no {name} to click")
        if not widget.isEnabled():
            raise TourError(f"{name} is disabled: {self._why_not()}")
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)

    def type_into(self, name: str, text: str, inside: str = "") -> None:
        """Keys into a line, as a person or a scanner types them."""
        widget = self.find(name, inside)
        if not isinstance(widget, QLineEdit):
            raise TourError(f"there is no line {name} to type into")
        widget.setFocus()
        widget.clear()
        QTest.keyClicks(widget, text)

    def _why_not(self) -> str:
        labels = [self.find(n) for n in (names.DECISION_WHY_NOT, names.COUNTS_WHY_NOT, names.SIGN_IN_HINT)]
        return "; ".join(w.text() for w in labels if isinstance(w, QLabel) and w.text())

    def picture(self, name: str) -> None:
        """Saves the window as it is, no pointer over anything."""
        away = QPointF(-1, -1)
        for widget in self._window.findChildren(QWidget):
            if widget.underMouse() or isinstance(widget, QSplitterHandle):
                QApplication.sendEvent(widget, QHoverEvent(QEvent.Type.HoverLeave, away, away, away))
                widget.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
        self._window.grab().save(str(self.options.folder / f"{name}.png"))

    def enabled(self, name: str, inside: str = "") -> bool:
        """Whether a widget is to be seen and can be used."""
        widget = self.find(name, inside)
        return widget is not None and widget.isEnabled()

    def until_enabled(self, name: str, inside: str = "", limit_s: float = 8.0) -> Until:
        """Until a widget can be used."""
        return Until(lambda: self.enabled(name, inside), f"{name} to be offered", limit_s)

    def open(self, page: str) -> Script:
        """Goes to a page by the rail."""
        self.click(f"nav_{page}")
        yield self.seen(f"page_{page}")
        yield self.pause(0.5)

    def click_row(self, list_name: str, text: str = "") -> bool:
        """Clicks the first row of a list, or the first that shows a text; False where there is none."""
        table = self.find(names.LIST_TABLE, list_name)
        model = table.model() if isinstance(table, QTableView) else None
        if not isinstance(table, QTableView) or model is None:
            return False
        for row in range(model.rowCount()):
            shown = [str(model.index(row, c).data() or "") for c in range(model.columnCount())]
            if not text or any(text in cell for cell in shown):
                index = model.index(row, 0)
                table.scrollTo(index)
                place = table.visualRect(index).center()
                QTest.mouseClick(
                    table.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place
                )
                return True
        return False
