"""Stops and Shift on a real ledger: what the widgets ask for is what the services take."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from console.desktop import object_names as names
from console.desktop.app import Desktop, DesktopOptions, build_desktop
from console.desktop.pages.shift import ShiftPage
from console.desktop.pages.stops import StopsPage
from console.desktop.widgets.basics import Combo
from console.desktop.widgets.data_table import DataTable
from console.desktop.widgets.oee_card import OeeCard
from console.desktop.widgets.reason_picker import ReasonKey
from console.desktop.widgets.shift_panels import SignOffPanel
from console.services.shifts import Shifts
from tests.desktop.looking import calm, find, press
from tests.desktop.memory_desk import MemoryDesk
from tests.desktop.rows import ZONE
from tests.rigs.floor import PIN
from tests.unit.services.shop import FIRST
from tests.unit.services.stops_world import JAM, STOPPED, Line, open_line

EARLY = "2026-03-02/Early"


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return open_line(tmp_path / "line")


@pytest.fixture
def desktop(qtbot: QtBot, line: Line, tmp_path: Path) -> Desktop:  # type: ignore[misc]
    desk = MemoryDesk()
    floor = line.floor
    desk.persons = list(floor.people.everybody())
    desk.stops = line.stops  # type: ignore[assignment]
    desk.shifts = Shifts(floor.ledger, floor.plant, floor.people, "test", floor.clock)  # type: ignore[assignment]
    options = DesktopOptions(zone=ZONE, settings_path=str(tmp_path / "d.ini"), now=line.floor.clock)
    built = build_desktop(desk, None, options)
    built.window.resize(1366, 768)
    built.window.show()
    yield built  # type: ignore[misc]
    built.close()
    built.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


# --- stops --------------------------------------------------------------------------------------------------


def opened(qtbot: QtBot, desktop: Desktop, line: Line) -> StopsPage:
    desktop.window.show_page("stops")
    desktop.window._signed_in(line.lead)
    desktop.window.show_page("stops")
    page = desktop.window.pages["stops"]
    assert isinstance(page, StopsPage)
    qtbot.waitUntil(lambda: page.panel.isVisible() and page.panel.isEnabled())
    return page


def test_two_taps_book_a_standing_stop(qtbot: QtBot, desktop: Desktop, line: Line) -> None:
    line.stood("06:10", "06:22")
    line.stops.explain(line.lead, 1, line.get(1).version, JAM)
    line.state("06:40", STOPPED)
    line.turn("06:42")
    page = opened(qtbot, desktop, line)
    assert page.panel.detail is not None
    assert page.panel.detail.row.id == 2
    key = find(desktop, ReasonKey, names.stops_reason(1))
    assert key.node.key == JAM  # said before for this machine
    press(desktop, names.stops_reason(1))
    assert "under Jam at infeed" in find(desktop, QLabel, names.STOPS_EFFECT).text()
    press(desktop, names.STOPS_CONFIRM)
    qtbot.waitUntil(lambda: len(line.floor.postings()) == 2)
    assert line.floor.postings()[-1].payload["end"] is None
    calm(qtbot, desktop)
    assert "Explained: Jam at infeed." in page.messages.text
    assert line.row(2).explained_by == line.lead.name


def test_cutting_anew_reaches_the_ledger(qtbot: QtBot, desktop: Desktop, line: Line) -> None:
    line.stood("06:10", "06:22")
    page = opened(qtbot, desktop, line)

    def do(tool: str, *fields: tuple[str, str]) -> None:
        qtbot.waitUntil(lambda: page.panel.isEnabled() and find(desktop, QPushButton, tool).isVisible())
        press(desktop, tool)
        for name, text in fields:
            find(desktop, QLineEdit, name).setText(text)
        if tool == names.STOPS_MERGE:
            press(desktop, names.STOPS_MERGE_AFTER)
        chip = page.panel.findChild(QPushButton, names.decision_reason(1))
        assert chip is not None
        QTest.mouseClick(chip, Qt.MouseButton.LeftButton)
        assert find(desktop, QLabel, names.STOPS_WHY_NOT).text() == ""
        press(desktop, names.STOPS_CONFIRM)
        calm(qtbot, desktop)

    do(names.STOPS_SPLIT, (names.STOPS_AT, "07:15"))  # the plant is an hour ahead
    assert [s[:2] for s in line.spans()] == [("06:10:00", "06:15:00"), ("06:15:00", "06:22:00")]
    do(names.STOPS_MOVE, (names.STOPS_END, "07:13:30"))  # the one that it touches gives way
    assert [s[:2] for s in line.spans()] == [("06:10:00", "06:13:30"), ("06:13:30", "06:22:00")]
    do(names.STOPS_MERGE)
    assert [s[:2] for s in line.spans()] == [("06:10:00", "06:22:00")]


def test_what_would_leave_a_stop_without_owner_is_refused_in_words(
    qtbot: QtBot, desktop: Desktop, line: Line
) -> None:
    line.stood("06:10", "06:22")
    page = opened(qtbot, desktop, line)
    press(desktop, names.STOPS_MOVE)
    field = find(desktop, QLineEdit, names.STOPS_START)
    field.setText("07:11:30")
    chip = page.panel.findChild(QPushButton, names.decision_reason(1))
    assert chip is not None
    QTest.mouseClick(chip, Qt.MouseButton.LeftButton)
    press(desktop, names.STOPS_CONFIRM)
    qtbot.waitUntil(lambda: "would belong to no stop" in page.messages.text)
    calm(qtbot, desktop)
    assert field.text() == "07:11:30"  # what was typed stays
    assert line.spans() == [("06:10:00", "06:22:00", "unplanned")]


def test_what_another_console_did_is_told(qtbot: QtBot, desktop: Desktop, line: Line) -> None:
    line.stood("06:10", "06:22")
    page = opened(qtbot, desktop, line)
    press(desktop, names.stops_reason(2))
    line.stops.explain(line.second, 1, line.get(1).version, JAM)
    press(desktop, names.STOPS_CONFIRM)
    qtbot.waitUntil(lambda: page.messages.text != "")
    calm(qtbot, desktop)
    assert line.row(1).explained_by == line.second.name
    assert len(line.floor.postings()) == 1


# --- shift --------------------------------------------------------------------------------------------------


def shift_page(qtbot: QtBot, desktop: Desktop, line: Line, key: str) -> ShiftPage:
    desktop.window._signed_in(line.lead)
    desktop.window.show_page("shift", key)
    page = desktop.window.pages["shift"]
    assert isinstance(page, ShiftPage)
    pick = find(desktop, Combo, names.SHIFT_PICK)
    qtbot.waitUntil(lambda: pick.currentData() == key)
    calm(qtbot, desktop)
    return page


def sign(desktop: Desktop, first: str, second: str) -> None:
    for pin in (first, second):
        for name in (*(names.shift_sign_pin(int(d)) for d in pin), names.SHIFT_SIGN_ENTER):
            press(desktop, name)
        other = find(desktop, Combo, names.SHIFT_SIGN_OTHER)
        other.setCurrentIndex(other.findData("Lead C"))


def test_a_shift_is_handed_over(qtbot: QtBot, desktop: Desktop, line: Line, tmp_path: Path) -> None:
    line.floor.makes("filler", 60)
    line.said["filler"].order = FIRST
    line.stood("07:00", "07:20")
    line.turn("13:00:30")
    page = shift_page(qtbot, desktop, line, EARLY)
    card = find(desktop, OeeCard, names.shift_oee("filler"))
    place = card.zone_rect("availability").center().toPoint()
    QTest.mouseClick(card, Qt.MouseButton.LeftButton, pos=place)
    table: DataTable[object] = find(desktop, DataTable, names.SHIFT_TERMS)
    assert "executing" in table.csv().lower() or table.model.rowCount() > 0
    press(desktop, names.shift_term("ADET"))  # where the time went
    assert "stop, not explained" in table.csv()
    QTest.keyClick(desktop.window.slide_over, Qt.Key.Key_Escape)
    find(desktop, QLineEdit, names.SHIFT_NOTE).setText("Belt of the filler is worn")
    press(desktop, names.SHIFT_NOTE_ADD)
    qtbot.waitUntil(lambda: "Noted" in page.messages.text)
    calm(qtbot, desktop)
    press(desktop, names.SHIFT_SIGN)
    sign(desktop, PIN, "9999")
    panel = find(desktop, SignOffPanel, names.SHIFT_SIGN_PANEL)
    qtbot.waitUntil(lambda: panel.message != "")
    assert panel.step == 1
    sign(desktop, PIN, PIN)
    qtbot.waitUntil(lambda: "Signed off: Lead A handed over to Lead C." in page.messages.text)
    calm(qtbot, desktop)
    assert find(desktop, QPushButton, names.SHIFT_SIGN).isHidden()
    target = tmp_path / "shift.pdf"
    page.write_pdf(str(target))
    qtbot.waitUntil(target.exists)
