"""The tour: plays the desktop by itself through its real widgets and takes a picture of every page.

It clicks and types as a person does (QTest), waits for what a person would wait for, and fails loudly where
a button stays disabled or a thing does not come. It may be killed and started again: where it was stands in
``phase.json`` beside the pictures, together with what it waits for from whoever conducts the plant.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog
from PySide6.QtCore import QEvent, QObject, QPointF, QSize, Qt, QTimer
from PySide6.QtGui import QHoverEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QLineEdit,
    QSplitterHandle,
    QTableView,
    QWidget,
)

from console.desktop import object_names as names
from console.desktop.app import Desktop
from console.services.views import CellLevel, CountCell, OdooLink

log = structlog.get_logger(__name__)

PHASE_FILE = "phase.json"
STOPPED_FILE = "machines-stopped"
PERSON, PIN = "Lead A", "2468"
PAGE_NAMES = ("overview", "machine", "counts", "review", "orders", "outbox", "trace", "settings")
THEMES = ("light", "dark")
TICK_MS = 40
# of the time worked: green counts are confirmed until here (well into an outage of the middle third), ...
CONFIRM_UNTIL = 0.62
# ... and from here on the pictures are taken, with something left to confirm
PICTURES_FROM = 0.78


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


class Tour(QObject):
    """Drives one desktop. ``finished`` code 0 where everything came."""

    def __init__(self, desktop: Desktop, options: TourOptions) -> None:
        super().__init__(desktop.window)
        self._desktop = desktop
        self._window = desktop.window
        self._desk = desktop.ctx.desk
        self._options = options
        self._waiting: tuple[Until, float] | None = None
        self._script: Script = self._play()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        options.folder.mkdir(parents=True, exist_ok=True)

    def start(self) -> None:
        """Begins on the next turn of Qt's loop."""
        self._window.resize(QSize(*self._options.size))
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
        self._save(phase="done" if code == 0 else "failed")
        self._desktop.app.exit(code)

    def state(self) -> dict[str, float | str]:
        """Where the tour is; kept in a file so that a killed one goes on."""
        file = self._options.folder / PHASE_FILE
        return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}

    def _save(self, **values: float | str) -> None:
        file = self._options.folder / PHASE_FILE
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
        self._window.grab().save(str(self._options.folder / f"{name}.png"))

    # --- the play -----------------------------------------------------------------------------------------

    def _play(self) -> Script:
        yield from self._sign_in()
        if "work_started" not in self.state():
            yield from self._add_colleagues()
            self._save(phase="work", work_started=time.time())
        yield from self._work()
        if self._options.settles:
            yield from self._finish()

    def _sign_in(self) -> Script:
        yield self.seen(names.SIGN_IN)
        yield self.pause(0.5)
        if self._desk.needs_first_person():
            yield self.seen(names.SIGN_IN_NAME)
            self.picture("first-start-light")
            self.type_into(names.SIGN_IN_NAME, PERSON)
            yield from self._pin()
            yield self.pause(0.2)
        else:
            yield self.seen(names.sign_in_person(PERSON))
            self.click(names.sign_in_person(PERSON))
            self.picture("sign-in-light")
        yield from self._pin()
        yield self.seen(names.NAV_OVERVIEW)
        yield Until(lambda: self.find(names.SIGN_IN) is None, "the sign-in to give way")

    def _pin(self) -> Script:
        for digit in PIN:
            self.click(names.sign_in_pin(int(digit)))
            yield self.pause(0.05)
        yield Until(lambda: self._enabled(names.SIGN_IN_ENTER), "the PIN to be accepted as typed")
        self.click(names.SIGN_IN_ENTER)

    def _enabled(self, name: str) -> bool:
        widget = self.find(name)
        return widget is not None and widget.isEnabled()

    def _add_colleagues(self) -> Script:
        """The administrator adds people in Settings."""
        for name, role in (("Lead C", "supervisor"), ("Inspector B", "inspector")):
            self.click(names.NAV_SETTINGS)
            yield self.seen(names.SETTINGS_PERSON_NAME)
            self.type_into(names.SETTINGS_PERSON_NAME, name)
            self.type_into(names.SETTINGS_PERSON_PIN, "13579")
            self.type_into(names.SETTINGS_PERSON_PIN_AGAIN, "13579")
            role_button = self.find(names.settings_role(role))
            if isinstance(role_button, QAbstractButton) and not role_button.isChecked():
                self.click(names.settings_role(role))
            yield Until(lambda: self._enabled(names.SETTINGS_PERSON_ADD), "the new person to be complete")
            self.click(names.SETTINGS_PERSON_ADD)
            yield Until(partial(self._is_known, name), f"{name} to be there")

    def _is_known(self, name: str) -> bool:
        return any(p.name == name for p in self._desk.people())

    def _work(self) -> Script:
        """A shift in small: look around, confirm what is green; in the last third take the pictures, with
        something left to confirm."""
        started, work_s = float(self.state()["work_started"]), self._options.work_s
        while time.time() < started + work_s:
            done = (time.time() - started) / work_s
            for page in ("overview", "counts", "outbox"):
                yield from self._open(page)
                if page == "counts" and done < CONFIRM_UNTIL:
                    yield from self._confirm_green()
                self._picture_of_an_outage(page)
            if done > PICTURES_FROM and "pictures" not in self.state():
                yield from self._pictures()
                self._save(pictures="taken")
        yield from self._open("overview")
        if "pictures" not in self.state():
            yield from self._pictures()
            self._save(pictures="taken")

    def _picture_of_an_outage(self, page: str) -> None:
        """Once, while Odoo is away and postings wait: the header says so, and the outbox says why."""
        if page != "outbox" or "outage" in self.state():
            return
        header = self._desk.header()
        if header.odoo is OdooLink.DOWN and header.outbox_waiting:
            self.picture("odoo-away-light")
            self._save(outage=header.outbox_waiting)

    def _finish(self) -> Script:
        """The machines are stopped; everything is decided, booked and verified."""
        self._save(phase="finish")
        stopped = self._options.folder / STOPPED_FILE
        yield Until(stopped.exists, "the machines to be stopped", 60)
        deadline = time.monotonic() + 150
        while not self._all_settled():
            if time.monotonic() > deadline:
                raise TourError(f"not everything was settled: {self._unsettled()}")
            yield from self._open("review")
            yield from self._resolve_first()
            yield from self._open("counts")
            yield from self._confirm_green()
            yield from self._open("outbox")
        yield self.pause(0.5)
        self.picture("outbox-settled-light")
        yield from self._open("orders")
        yield self.pause(0.5)
        self.picture("orders-settled-light")

    def _open(self, page: str) -> Script:
        self.click(f"nav_{page}")
        yield self.seen(f"page_{page}")
        yield self.pause(0.7)

    def _confirm_green(self) -> Script:
        if not self._enabled(names.COUNTS_CONFIRM):
            return
        self.click(names.COUNTS_CONFIRM)
        yield Until(lambda: not self._enabled(names.COUNTS_CONFIRM), "the confirmation to be taken", 15)
        yield self.pause(0.3)

    def _resolve_first(self) -> Script:
        """Decides the first review item by its likeliest choice."""
        table = self.find(names.LIST_TABLE, names.REVIEW_LIST)
        if not isinstance(table, QTableView):
            return
        model = table.model()
        if model is None or model.rowCount() == 0:
            return
        before = self._desk.header().review_open
        index = model.index(0, 0)
        place = table.visualRect(index).center()
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
        yield self.seen(names.DECISION_ACT, names.REVIEW_PANEL)
        yield self.pause(0.3)
        self.click(names.decision_reason(1), names.REVIEW_PANEL)
        yield Until(
            lambda: self._enabled_in(names.DECISION_ACT, names.REVIEW_PANEL), "the action to be offered", 5
        )
        self.click(names.DECISION_ACT, names.REVIEW_PANEL)
        yield Until(lambda: self._desk.header().review_open < before, "the item to be resolved", 15)

    def _enabled_in(self, name: str, inside: str) -> bool:
        widget = self.find(name, inside)
        return widget is not None and widget.isEnabled()

    # --- pictures -----------------------------------------------------------------------------------------

    def _pictures(self) -> Script:
        for theme in THEMES:
            yield from self._open("settings")
            self.click(names.settings_theme(theme))
            yield self.pause(0.3)
            for page in PAGE_NAMES:
                yield from self._open(page)
                yield from self._dress(page)
                self.picture(f"{page}-{theme}")
        yield from self._open("settings")
        self.click(names.settings_theme("light"))

    def _dress(self, page: str) -> Script:
        """Opens what shows a page at work."""
        if page == "counts":
            yield from self._open_failing_cell()
        elif page in ("review", "outbox"):
            self._click_row(names.REVIEW_LIST if page == "review" else names.OUTBOX_LIST)
            yield self.pause(0.6)
        elif page == "trace":
            yield from self._trace_something()
        elif page == "machine":
            yield self.pause(0.8)

    def _click_row(self, list_name: str) -> None:
        table = self.find(names.LIST_TABLE, list_name)
        model = table.model() if isinstance(table, QTableView) else None
        if isinstance(table, QTableView) and model is not None and model.rowCount():
            place = table.visualRect(model.index(0, 0)).center()
            QTest.mouseClick(
                table.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place
            )

    def _open_failing_cell(self) -> Script:
        grid = self.find(names.COUNTS_GRID)
        model = grid.model() if isinstance(grid, QTableView) else None
        if not isinstance(grid, QTableView) or model is None:
            return
        for row in range(model.rowCount()):
            for column in range(model.columnCount()):
                index = model.index(row, column)
                cell = _cell(grid, row, column)
                if cell is not None and cell.level is CellLevel.FAIL:
                    grid.scrollTo(index)
                    place = grid.visualRect(index).center()
                    QTest.mouseClick(
                        grid.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place
                    )
                    yield self.pause(0.8)
                    return

    def _trace_something(self) -> Script:
        verified = [r for r in self._desk.outbox(200).rows if r.verified_at is not None]
        if not verified:
            return
        self.type_into(names.TRACE_SEARCH, max(verified, key=lambda r: r.quantity).trace_id)
        line = self.find(names.TRACE_SEARCH)
        assert line is not None
        QTest.keyClick(line, Qt.Key.Key_Return)
        yield self.seen(names.trace_station(7))
        yield self.pause(0.8)

    # --- what is left -------------------------------------------------------------------------------------

    def _cells(self) -> list[CountCell]:
        view = self._desk.counts(None, 40)
        return [c for row in view.rows for c in row.cells if c is not None]

    def _unsettled(self) -> str:
        header = self._desk.header()
        live = sum(c.level is CellLevel.LIVE for c in self._cells())
        return (
            f"{live} intervals open, {header.counts_waiting} to confirm, {header.counts_failing} failing, "
            f"{header.review_open} in Review, {header.outbox_waiting} postings on their way, "
            f"{header.outbox_stuck} stuck"
        )

    def _all_settled(self) -> bool:
        header = self._desk.header()
        waiting = header.counts_waiting + header.counts_failing + header.review_open + header.outbox_waiting
        return waiting == 0 and not any(c.level is CellLevel.LIVE for c in self._cells())


def _cell(grid: QTableView, row: int, column: int) -> CountCell | None:
    find = getattr(grid.model(), "cell", None)
    found = find(grid.model().index(row, column)) if find is not None else None
    return found if isinstance(found, CountCell) else None
