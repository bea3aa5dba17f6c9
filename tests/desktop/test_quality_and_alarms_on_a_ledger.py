"""Holds and Alarms on a real ledger: what the widgets ask for is what the services take."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from console.desktop import object_names as names
from console.desktop.app import Desktop, DesktopOptions, build_desktop
from console.desktop.pages.alarms import AlarmsPage
from console.desktop.pages.holds import HoldsPage
from console.desktop.widgets.check_form import CheckForm
from console.desktop.widgets.option_card import OptionCard
from console.desktop.widgets.side_panel import SideForm, SidePanel
from console.domain.holds import HoldState
from console.domain.people import Person
from console.domain.postings import PostingState
from console.services.desk import Desk
from tests.desktop.looking import calm, find, press
from tests.desktop.memory_desk import MemoryDesk
from tests.desktop.rows import ZONE
from tests.rigs.floor import PIN
from tests.unit.services.alarm_world import AlarmWorld
from tests.unit.services.quality_world import STOCK, QualityWorld

Built = Callable[[Desk, Callable[[], object], Person, str], Desktop]


@pytest.fixture
def build(qtbot: QtBot, tmp_path: Path) -> Iterator[Built]:
    """Builds the desktop over a desk, with somebody at a page."""
    made: list[Desktop] = []

    def over(desk: Desk, clock: Callable[[], object], person: Person, page: str) -> Desktop:
        options = DesktopOptions(zone=ZONE, settings_path=str(tmp_path / "d.ini"), now=clock)  # type: ignore[arg-type]
        built = build_desktop(desk, None, options)
        made.append(built)
        built.window.resize(1366, 768)
        built.window.show()
        built.window._signed_in(person)
        built.window.show_page(page)
        calm(qtbot, built)
        return built

    yield over
    for built in made:
        built.close()
        built.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def side_of(desktop: Desktop, name: str) -> SidePanel:
    return find(desktop, SidePanel, name)


def form_of(desktop: Desktop, name: str) -> SideForm:
    found = side_of(desktop, name).form
    assert found is not None, "nothing slid in"
    return found


def tap(desktop: Desktop, side: str, name: str) -> None:
    """Taps a button of what slid in."""
    button = side_of(desktop, side).findChild(QAbstractButton, name)
    assert button is not None, name
    assert button.isEnabled(), name
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


# --- holds ------------------------------------------------------------------------------------------------


@pytest.fixture
def quality(tmp_path: Path) -> QualityWorld:
    return QualityWorld(tmp_path / "world")


def at_holds(build: Built, world: QualityWorld) -> Desktop:
    desk = MemoryDesk()
    desk.persons = list(world.floor.people.everybody())
    desk.quality = world.quality  # type: ignore[assignment]
    return build(desk, world.clock, world.inspector, "holds")


def type_pin(desktop: Desktop, pin: str = PIN) -> None:
    for digit in pin:
        tap(desktop, names.HOLDS_SIDE, names.sign_in_pin(int(digit)))


def test_a_release_is_signed_posted_and_said_once_odoo_was_read_back(
    qtbot: QtBot, build: Built, quality: QualityWorld
) -> None:
    quality.kept()
    desktop = at_holds(build, quality)
    press(desktop, names.hold_choice("release"))
    press(desktop, names.HOLD_ACT)
    tap(desktop, names.HOLDS_SIDE, names.side_reason(1))
    type_pin(desktop)
    tap(desktop, names.HOLDS_SIDE, names.SIDE_ACT)
    qtbot.waitUntil(lambda: quality.hold().state is HoldState.RELEASING)
    assert quality.states()[-1] == ("release", PostingState.READY)
    state = find(desktop, QLabel, names.HOLD_STATE)
    qtbot.waitUntil(lambda: "waits for Odoo's read-back" in state.text())
    quality.land()
    quality.stock({STOCK: 240.0})
    desktop.ctx.watch.ledger_changed.emit()
    opened = find(desktop, QPushButton, names.holds_view("open"))
    qtbot.waitUntil(lambda: opened.text() == "Open 0")
    assert quality.hold().state is HoldState.RELEASED


def test_a_wrong_pin_is_refused_by_the_ledger_itself(
    qtbot: QtBot, build: Built, quality: QualityWorld
) -> None:
    quality.kept()
    desktop = at_holds(build, quality)
    press(desktop, names.hold_choice("release"))
    press(desktop, names.HOLD_ACT)
    tap(desktop, names.HOLDS_SIDE, names.side_reason(1))
    type_pin(desktop, "9898")
    tap(desktop, names.HOLDS_SIDE, names.SIDE_ACT)
    message = form_of(desktop, names.HOLDS_SIDE).message
    qtbot.waitUntil(lambda: message.text != "")
    assert quality.hold().state is HoldState.HELD
    assert form_of(desktop, names.HOLDS_SIDE).act.isEnabled() is False  # the digits are asked for again


def test_release_while_odoo_is_away_says_so_on_the_card(build: Built, quality: QualityWorld) -> None:
    quality.kept()
    quality.odoo_down()
    desktop = at_holds(build, quality)
    card = find(desktop, OptionCard, names.hold_choice("release"))
    assert not card.isEnabled()
    assert "Odoo is not reached" in card.body


def test_keep_takes_the_ticked_child_along(qtbot: QtBot, build: Built, quality: QualityWorld) -> None:
    quality.stock({STOCK: 240.0}, {STOCK: 12.0})
    quality.breach()
    desktop = at_holds(build, quality)
    panel = desktop.window.pages["holds"]
    assert isinstance(panel, HoldsPage)
    child = next(c for c in quality.shown().children if c.lot == "C-1")
    find(desktop, QAbstractButton, names.hold_child(child.lot_id)).click()
    press(desktop, names.HOLD_ACT)
    tap(desktop, names.HOLDS_SIDE, names.side_reason(1))
    tap(desktop, names.HOLDS_SIDE, names.SIDE_ACT)
    qtbot.waitUntil(lambda: len(quality.held()) == 2)
    assert {h.lot for h in quality.held()} == {"L-1", "C-1"}
    assert quality.states()[-1][0] == "hold"


def test_a_failed_check_proposes_a_hold(qtbot: QtBot, build: Built, quality: QualityWorld) -> None:
    desktop = at_holds(build, quality)
    press(desktop, names.HOLDS_RECORD)
    qtbot.waitUntil(lambda: side_of(desktop, names.HOLDS_SIDE).form is not None)
    side = side_of(desktop, names.HOLDS_SIDE)

    def line(name: str) -> QLineEdit:
        found = side.findChild(QLineEdit, name)
        assert found is not None, name
        return found

    checking = form_of(desktop, names.HOLDS_SIDE)
    assert isinstance(checking, CheckForm)
    checking.test.setCurrentText("Paste release")
    line(names.CHECK_LOT).setText("L-1")
    line(names.check_question(31)).setText("1,35")
    tap(desktop, names.HOLDS_SIDE, names.check_answer(32, 321))
    tap(desktop, names.HOLDS_SIDE, names.SIDE_ACT)
    qtbot.waitUntil(lambda: len(quality.held()) == 1)
    assert quality.held()[0].lot == "L-1"
    view = quality.quality.holds()
    assert [(c.result, c.lot) for c in view.checks] == [("fail", "L-1")]


def test_a_hand_measured_value_and_a_hold_by_hand(qtbot: QtBot, build: Built, quality: QualityWorld) -> None:
    quality.runs()
    desktop = at_holds(build, quality)
    page = desktop.window.pages["holds"]
    assert isinstance(page, HoldsPage)
    press(desktop, names.holds_view("limits"))
    page.limits.choose(("mixer", "viscosity", ""))
    find(desktop, QLineEdit, names.LIMIT_VALUE).setText("4.4")
    press(desktop, names.LIMIT_ACT)
    qtbot.waitUntil(lambda: len(quality.held()) == 1)
    press(desktop, names.HOLDS_PLACE)
    qtbot.waitUntil(lambda: side_of(desktop, names.HOLDS_SIDE).form is not None)
    lot = side_of(desktop, names.HOLDS_SIDE).findChild(QLineEdit, names.PLACE_LOT)
    assert lot is not None
    lot.setText("C-1")
    tap(desktop, names.HOLDS_SIDE, names.side_reason(1))
    tap(desktop, names.HOLDS_SIDE, names.SIDE_ACT)
    qtbot.waitUntil(lambda: {h.lot for h in quality.held()} == {"L-1", "C-1"})


# --- alarms -----------------------------------------------------------------------------------------------


@pytest.fixture
def alarms(tmp_path: Path) -> AlarmWorld:
    return AlarmWorld(tmp_path)


def at_alarms(build: Built, world: AlarmWorld) -> tuple[Desktop, AlarmsPage]:
    desktop = build(world.desk, world.clock, world.maintainer(), "alarms")
    page = desktop.window.pages["alarms"]
    assert isinstance(page, AlarmsPage)
    return desktop, page


def test_two_taps_make_a_request_with_picture_and_samples(
    qtbot: QtBot, build: Built, alarms: AlarmWorld
) -> None:
    alarms.values("filler1.air_bar", [6.0] * 50 + [5.6, 5.1, 4.6])
    alarms.raises("air")
    desktop, _ = at_alarms(build, alarms)
    assert "Check the compressor" in find(desktop, QLabel, names.ALARM_GUIDANCE).text()
    press(desktop, names.ALARM_REQUEST)
    tap(desktop, names.ALARMS_SIDE, names.SIDE_ACT)
    qtbot.waitUntil(lambda: len(alarms.postings()) == 1)
    payload = alarms.postings()[0].payload
    assert (payload["equipment_id"], payload["title"]) == (31, "Filler1: Air pressure low")
    assert "image/png" in {a["mime"] for a in payload["attachments"]}
    progress = find(desktop, QLabel, names.ALARM_PROGRESS)
    qtbot.waitUntil(lambda: "Air pressure low" in progress.text())
    alarms.odoo_holds(alarms.postings()[0], "maintenance.request:9")
    alarms.ticket(9, stage="In Progress")
    desktop.ctx.watch.ledger_changed.emit()
    qtbot.waitUntil(lambda: "In Progress" in progress.text())


def test_an_open_ticket_is_joined(qtbot: QtBot, build: Built, alarms: AlarmWorld) -> None:
    alarms.ticket(77)
    alarms.raises("air")
    desktop, _ = at_alarms(build, alarms)
    press(desktop, names.ALARM_REQUEST)
    assert form_of(desktop, names.ALARMS_SIDE).act.text() == "Join"
    tap(desktop, names.ALARMS_SIDE, names.SIDE_ACT)
    qtbot.waitUntil(lambda: len(alarms.postings()) == 1)
    assert alarms.postings()[0].payload["join"] == 77


def test_acknowledge_shelve_and_bring_back(qtbot: QtBot, build: Built, alarms: AlarmWorld) -> None:
    alarms.raises("air")
    alarms.raises("slow")
    desktop, page = at_alarms(build, alarms)
    press(desktop, names.ALARM_ACKNOWLEDGE)
    state = find(desktop, QLabel, names.ALARM_STATE)
    qtbot.waitUntil(lambda: "acknowledged by Mia" in state.text())
    slow = next(line for line in page.list.model.rows if line.row.tag == "filler1.slow")
    page.list.choose(slow.row.id)
    calm(qtbot, desktop)
    press(desktop, names.ALARM_SHELVE)
    tap(desktop, names.ALARMS_SIDE, names.side_reason(1))
    tap(desktop, names.ALARMS_SIDE, names.SIDE_ACT)
    qtbot.waitUntil(lambda: len(alarms.desk.alarms.alarms().shelved) == 1)
    calm(qtbot, desktop)
    press(desktop, names.alarms_view("shelved"))
    calm(qtbot, desktop)
    press(desktop, names.SHELF_END)
    qtbot.waitUntil(lambda: not alarms.desk.alarms.alarms().shelved)


def test_parameters_are_tried_on_recorded_samples_and_go_live(
    qtbot: QtBot, build: Built, alarms: AlarmWorld
) -> None:
    alarms.runs("filler1")
    alarms.turn(hours=3)
    drift = [6.0 + 0.02 * math.sin(i / 3) + max(0.0, (i - 800) / 200) for i in range(1000)]
    alarms.values("filler1.air_bar", drift)
    desktop, page = at_alarms(build, alarms)
    press(desktop, names.alarms_view("trial"))
    page.trial.show_value("filler1", "filler1.air_bar")
    qtbot.waitUntil(lambda: page.trial.tag.currentData() == "filler1.air_bar")
    page.trial.fields["learn_s"][1].setText("1200")
    press(desktop, names.trial_hours(8))
    press(desktop, names.TRIAL_RUN)
    qtbot.waitUntil(lambda: page.trial.findings.model.rowCount() > 0 or page.trial.messages.text != "")
    assert page.trial.messages.text == ""
    assert page.trial.findings.model.row(0).new
    press(desktop, names.TRIAL_ACTIVATE)
    tap(desktop, names.ALARMS_SIDE, names.side_reason(1))
    tap(desktop, names.ALARMS_SIDE, names.SIDE_ACT)
    why = find(desktop, QLabel, names.TRIAL_WHY_NOT)
    qtbot.waitUntil(lambda: why.text() == "These are live.")
    live = {s.tag: s.learn_s for s in alarms.desk.conditions.parameters("filler1")}
    assert live == {"filler1.air_bar": 1200.0}
    assert find(desktop, QWidget, names.TRIAL).isVisible()
