"""Holds: released in five actions and a signature; wrong PIN, role, lock, two at once, Odoo away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QPushButton, QTableView, QWidget
from pytestqt.qtbot import QtBot

from console.desktop import object_names as names
from console.desktop.app import Desktop
from console.desktop.formats import Times
from console.desktop.pages.holds import HoldsPage
from console.desktop.widgets.check_form import CheckForm, parse_number
from console.desktop.widgets.hold_form import HoldForm
from console.desktop.widgets.line_delegate import Line, LineDelegate
from console.desktop.widgets.option_card import OptionCard
from console.desktop.widgets.side_panel import SideForm, SidePanel
from console.desktop.widgets.signature_panel import SignaturePanel
from console.desktop.widgets.time_field import parse_time
from console.domain.holds import Disposition, HoldState
from console.domain.people import Person, Role
from console.domain.postings import PostingState
from console.errors import InvalidDecision, StoreUnavailable
from console.services.signatures import Signature
from console.services.views import Level
from console.services.views.quality import HoldRow
from tests.desktop import rows, rows_quality
from tests.desktop.looking import calm, clipped, find, press, small_targets
from tests.desktop.memory_desk import PIN, MemoryDesk

W = TypeVar("W", bound=QWidget)
SECOND = Person(5, "Inspector E", frozenset({Role.INSPECTOR}))
MEANING = "I reviewed the results and release the lot"


class Hands:
    """Counts what a person does: every tap and every key that is an action."""

    def __init__(self, qtbot: QtBot, desktop: Desktop) -> None:
        self.qtbot, self.desktop, self.taps = qtbot, desktop, 0

    def row(self, number: int) -> None:
        """Taps a line of the list."""
        table = list_of(self.desktop)
        place = table.visualRect(table.model().index(number, 0)).center()
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
        self.taps += 1
        calm(self.qtbot, self.desktop)

    def tap(self, name: str) -> None:
        """Taps a button of the page."""
        press(self.desktop, name)
        self.taps += 1

    def side(self, name: str) -> None:
        """Taps a button of what slid in."""
        button = inside(self.desktop, QAbstractButton, name)
        assert button.isVisible(), name
        assert button.isEnabled(), name
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        self.taps += 1

    def pin(self, digits: str = PIN) -> None:
        """Types a PIN on the pad: the signature, not among the actions."""
        for digit in digits:
            key = inside(self.desktop, QAbstractButton, names.sign_in_pin(int(digit)))
            QTest.mouseClick(key, Qt.MouseButton.LeftButton)


def enter(qtbot: QtBot, desktop: Desktop, person: Person) -> None:
    """Somebody is at Holds (signing in is tested by itself)."""
    desktop.window._signed_in(person)
    desktop.window.show_page("holds")
    calm(qtbot, desktop)


@pytest.fixture
def hands(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> Hands:
    """The inspector on Holds, with a colleague who may sign second."""
    desk.persons.append(SECOND)
    enter(qtbot, desktop, rows.INSPECTOR)
    return Hands(qtbot, desktop)


def page(desktop: Desktop) -> HoldsPage:
    found = desktop.window.pages["holds"]
    assert isinstance(found, HoldsPage)
    return found


def side(desktop: Desktop) -> SidePanel:
    return find(desktop, SidePanel, names.HOLDS_SIDE)


def form(desktop: Desktop) -> SideForm:
    found = side(desktop).form
    assert found is not None, "nothing slid in"
    return found


def inside(desktop: Desktop, kind: type[W], name: str) -> W:
    found = side(desktop).findChild(kind, name)
    assert found is not None, name
    return found


def list_of(desktop: Desktop) -> QTableView:
    holder = find(desktop, QWidget, names.HOLDS_LIST)
    table = holder.findChild(QTableView, names.LIST_TABLE)
    assert table is not None
    return table


def said(desktop: Desktop, name: str) -> str:
    return find(desktop, QLabel, name).text()


def side_said(desktop: Desktop) -> str:
    return inside(desktop, QLabel, names.SIDE_WHY_NOT).text()


def card(desktop: Desktop, disposition: Disposition) -> OptionCard:
    return find(desktop, OptionCard, names.hold_choice(disposition.value))


def decided(desk: MemoryDesk, name: str) -> list[tuple[object, ...]]:
    return [args for call, args in desk.quality.calls if call == name]


def begin_release(hands: Hands, row: int = 1) -> None:
    """Up to the signature: hold, release, on to sign."""
    hands.row(row)
    hands.tap(names.hold_choice("release"))
    hands.tap(names.HOLD_ACT)


# --- the main task ------------------------------------------------------------------------------------


def test_a_hold_is_released_in_five_actions_and_a_signature(hands: Hands, desk: MemoryDesk) -> None:
    begin_release(hands)
    hands.side(names.side_reason(1))
    hands.pin()
    hands.side(names.SIDE_ACT)
    assert hands.taps <= 5
    hands.qtbot.waitUntil(lambda: bool(decided(desk, "dispose")))
    person, hold_id, version, disposition, signature = decided(desk, "dispose")[0]
    assert (person, hold_id, version, disposition) == (rows.INSPECTOR, 2, 3, Disposition.RELEASE)
    assert signature == Signature(PIN, MEANING, "Measured again, good")


def test_released_is_said_only_after_odoo_was_read_back(hands: Hands, desk: MemoryDesk) -> None:
    begin_release(hands)
    hands.side(names.side_reason(1))
    hands.pin()
    hands.side(names.SIDE_ACT)
    calm(hands.qtbot, hands.desktop)
    assert side(hands.desktop).form is None
    assert "waits for Odoo's read-back" in said(hands.desktop, names.HOLD_STATE)
    steps = find(hands.desktop, QWidget, names.HOLD_STEPS)
    assert steps.isVisible()
    assert steps.accessibleName() == "waits for Odoo"
    assert find(hands.desktop, QPushButton, names.holds_view("open")).text() == "Open 4"
    desk.quality.odoo_read_back(2)
    hands.desktop.ctx.watch.ledger_changed.emit()
    opened = find(hands.desktop, QPushButton, names.holds_view("open"))
    hands.qtbot.waitUntil(lambda: opened.text() == "Open 3")
    press(hands.desktop, names.holds_view("closed"))
    calm(hands.qtbot, hands.desktop)
    hands.row(0)
    assert "released" in said(hands.desktop, names.HOLD_STATE)
    assert "waits" not in said(hands.desktop, names.HOLD_STATE)


def test_the_whole_release_by_keyboard(hands: Hands, desk: MemoryDesk) -> None:
    desktop = hands.desktop
    desktop.window.activateWindow()
    table = list_of(desktop)
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_Down)  # from the first, which is at hand, to the second
    calm(hands.qtbot, desktop)
    QTest.keyClick(table, Qt.Key.Key_Return)
    assert card(desktop, Disposition.RELEASE).hasFocus()
    QTest.keyClick(card(desktop, Disposition.RELEASE), Qt.Key.Key_Return)
    line = inside(desktop, QLineEdit, names.SIDE_REASON)
    assert line.hasFocus()
    QTest.keyClicks(line, "Measured five again")
    QTest.keyClick(line, Qt.Key.Key_Return)
    pad = inside(desktop, QWidget, names.SIGN_IN_PIN)
    assert pad.hasFocus()
    QTest.keyClicks(pad, PIN)
    QTest.keyClick(pad, Qt.Key.Key_Return)
    hands.qtbot.waitUntil(lambda: bool(decided(desk, "dispose")))
    assert decided(desk, "dispose")[0][4] == Signature(PIN, MEANING, "Measured five again")


def test_two_people_sign_where_it_is_critical(hands: Hands, desk: MemoryDesk) -> None:
    begin_release(hands, row=0)
    hands.side(names.side_reason(1))
    hands.pin()
    assert form(hands.desktop).act.text() == "Next: second person"
    hands.side(names.SIDE_ACT)
    assert not decided(desk, "dispose")
    signing = form(hands.desktop)
    assert isinstance(signing, SignaturePanel)
    offered = [signing.witness.itemText(i) for i in range(signing.witness.count())]
    assert offered == ["Inspector E"]  # not the person, and nobody who may not decide
    assert signing.pad.pin == ""
    hands.pin()
    hands.side(names.SIDE_ACT)
    hands.qtbot.waitUntil(lambda: bool(decided(desk, "dispose")))
    signature = decided(desk, "dispose")[0][4]
    assert signature == Signature(PIN, MEANING, "Measured again, good", "Inspector E", PIN)


def test_nobody_else_can_sign_says_so(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    enter(qtbot, desktop, rows.INSPECTOR)
    hands = Hands(qtbot, desktop)
    begin_release(hands, row=0)
    hands.side(names.side_reason(1))
    hands.pin()
    hands.side(names.SIDE_ACT)
    assert "No other person can sign" in side_said(desktop)
    assert not form(desktop).act.isEnabled()


# --- what can go wrong --------------------------------------------------------------------------------


def test_a_wrong_pin_changes_nothing_and_can_be_typed_again(hands: Hands, desk: MemoryDesk) -> None:
    begin_release(hands)
    hands.side(names.side_reason(1))
    hands.pin("9999")
    hands.side(names.SIDE_ACT)
    calm(hands.qtbot, hands.desktop)
    signing = form(hands.desktop)
    assert isinstance(signing, SignaturePanel)
    assert "not right" in signing.message.text
    assert signing.pad.pin == ""
    assert signing.reason.text == "Measured again, good"  # only the digits are asked for again
    assert not decided(desk, "dispose")
    hands.pin()
    hands.side(names.SIDE_ACT)
    hands.qtbot.waitUntil(lambda: bool(decided(desk, "dispose")))


def test_a_wrong_second_pin_asks_both_again(hands: Hands, desk: MemoryDesk) -> None:
    begin_release(hands, row=0)
    hands.side(names.side_reason(1))
    hands.pin()
    hands.side(names.SIDE_ACT)
    hands.pin("8888")
    hands.side(names.SIDE_ACT)
    calm(hands.qtbot, hands.desktop)
    assert not decided(desk, "dispose")
    assert form(hands.desktop).act.text() == "Next: second person"
    assert "Type your PIN" in side_said(hands.desktop)


def test_without_reason_or_pin_it_is_not_signed(hands: Hands, desk: MemoryDesk) -> None:
    begin_release(hands)
    assert side_said(hands.desktop) == "Give a reason."
    hands.pin()
    assert not form(hands.desktop).act.isEnabled()
    form(hands.desktop).press()
    hands.side(names.side_reason(1))
    assert side_said(hands.desktop) == ""
    calm(hands.qtbot, hands.desktop)
    assert not decided(desk, "dispose")


def test_a_wrong_role_sees_why_and_cannot(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    enter(qtbot, desktop, rows.PEOPLE[3])
    hands = Hands(qtbot, desktop)
    hands.row(1)
    hands.tap(names.hold_choice("release"))
    assert not find(desktop, QPushButton, names.HOLD_ACT).isEnabled()
    assert "Maintenance" in said(desktop, names.HOLD_WHY_NOT)
    assert "may not decide about quality holds" in said(desktop, names.HOLD_WHY_NOT)
    place = find(desktop, QPushButton, names.HOLDS_PLACE)
    assert not place.isEnabled()
    assert "may not place quality holds" in place.toolTip()
    assert not desktop.window.findChildren(QWidget, names.hold_child(71))


def test_locked_in_the_middle_the_signature_is_gone(hands: Hands, desk: MemoryDesk) -> None:
    begin_release(hands)
    hands.side(names.side_reason(1))
    hands.pin("12")
    press(hands.desktop, names.HEADER_LOCK)
    assert side(hands.desktop).form is None
    hands.desktop.window._signed_in(SECOND)
    assert hands.desktop.window.page == "holds"
    assert side(hands.desktop).form is None
    assert not decided(desk, "dispose")
    assert "L-2611-03" in said(hands.desktop, names.HOLD_TITLE)  # the page stands as it was


def test_a_form_half_filled_outlives_the_lock(hands: Hands) -> None:
    hands.tap(names.HOLDS_PLACE)
    calm(hands.qtbot, hands.desktop)
    inside(hands.desktop, QLineEdit, names.PLACE_LOT).setText("L-2611-09")
    press(hands.desktop, names.HEADER_LOCK)
    hands.desktop.window._signed_in(rows.PEOPLE[3])
    assert inside(hands.desktop, QLineEdit, names.PLACE_LOT).text() == "L-2611-09"
    assert "may not place quality holds" in side_said(hands.desktop)
    assert not form(hands.desktop).act.isEnabled()


def test_two_at_once_the_later_one_is_told_and_sees_the_new_state(hands: Hands, desk: MemoryDesk) -> None:
    begin_release(hands)
    desk.quality.somebody_else(2, state=HoldState.REWORK, posting=None)
    hands.side(names.side_reason(1))
    hands.pin()
    hands.side(names.SIDE_ACT)
    calm(hands.qtbot, hands.desktop)
    assert not decided(desk, "dispose")
    assert side(hands.desktop).form is None
    assert "Somebody decided about L-2611-03 meanwhile" in page(hands.desktop).messages.text
    assert "in rework" in said(hands.desktop, names.HOLD_STATE)


def test_release_while_odoo_is_away_says_why(hands: Hands, desk: MemoryDesk) -> None:
    desk.quality.odoo_away = "Odoo is not reached: wait until it is."
    hands.row(1)
    release = card(hands.desktop, Disposition.RELEASE)
    assert not release.isEnabled()
    assert release.body == "Odoo is not reached: wait until it is."
    press(hands.desktop, names.hold_choice("release"))
    assert not release.isChecked()
    assert not find(hands.desktop, QPushButton, names.HOLD_ACT).isEnabled()
    assert said(hands.desktop, names.HOLD_WHY_NOT) == "Choose what becomes of it."


def test_odoo_lost_between_choice_and_signature_is_said_in_the_form(hands: Hands, desk: MemoryDesk) -> None:
    begin_release(hands)
    desk.quality.odoo_away = "Odoo is not reached: wait until it is."
    hands.side(names.side_reason(1))
    hands.pin()
    hands.side(names.SIDE_ACT)
    calm(hands.qtbot, hands.desktop)
    assert "Odoo is not reached" in form(hands.desktop).message.text
    assert not decided(desk, "dispose")


def test_the_disk_failing_is_said_and_nothing_lost(hands: Hands, desk: MemoryDesk) -> None:
    desk.quality.error = StoreUnavailable("The ledger cannot be written.", "Free the disk.")
    begin_release(hands)
    hands.side(names.side_reason(1))
    hands.pin()
    hands.side(names.SIDE_ACT)
    calm(hands.qtbot, hands.desktop)
    assert "Free the disk" in form(hands.desktop).message.text
    signing = form(hands.desktop)
    assert isinstance(signing, SignaturePanel)
    assert signing.reason.text


def test_closing_the_form_keeps_the_hold_as_it_is(hands: Hands, desk: MemoryDesk) -> None:
    begin_release(hands)
    hands.side(names.side_reason(1))
    hands.pin()
    hands.side(names.SLIDE_OVER_CLOSE)
    assert side(hands.desktop).form is None
    assert side(hands.desktop).isHidden()
    calm(hands.qtbot, hands.desktop)
    assert not desk.quality.calls


def test_tab_stays_inside_what_slid_in(hands: Hands) -> None:
    begin_release(hands)
    desktop = hands.desktop
    desktop.window.activateWindow()
    form(desktop).begin()
    seen = set()
    for _ in range(12):
        focused = desktop.app.focusWidget()
        assert focused is not None
        assert side(desktop).isAncestorOf(focused)
        seen.add(focused.objectName())
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    assert {names.SIDE_REASON, names.SIGN_IN_PIN, names.SIGNATURE_MEANING} <= seen


def test_another_hold_is_never_acted_on_with_the_panel_of_the_one_before(
    hands: Hands, desk: MemoryDesk
) -> None:
    hands.row(1)
    hands.tap(names.hold_choice("scrap"))
    table = list_of(hands.desktop)
    table.setCurrentIndex(table.model().index(3, 0))
    assert not page(hands.desktop).panel.isEnabled()
    calm(hands.qtbot, hands.desktop)
    assert page(hands.desktop).panel.isEnabled()
    assert page(hands.desktop).panel.choice is None  # nothing is chosen ahead


def test_a_refresh_keeps_what_was_chosen(hands: Hands, desk: MemoryDesk) -> None:
    hands.row(1)
    hands.tap(names.hold_choice("scrap"))
    desk.quality.somebody_else(2, stock="200 ea in WH/Quarantine")
    hands.desktop.ctx.watch.ledger_changed.emit()
    calm(hands.qtbot, hands.desktop)
    hands.qtbot.wait(350)
    calm(hands.qtbot, hands.desktop)
    detail, choice = page(hands.desktop).panel.detail, page(hands.desktop).panel.choice
    assert detail is not None
    assert detail.row.stock == "200 ea in WH/Quarantine"
    assert choice is not None
    assert choice.key is Disposition.SCRAP


# --- keep, with what was made of it -------------------------------------------------------------------


def test_keep_holds_ticked_child_lots_along(hands: Hands, desk: MemoryDesk) -> None:
    hands.row(0)
    find(hands.desktop, QAbstractButton, names.hold_child(72)).click()
    assert card(hands.desktop, Disposition.KEEP).isChecked()  # only keeping holds others along
    act = find(hands.desktop, QPushButton, names.HOLD_ACT)
    assert act.text() == "Keep the hold with 1 …"
    hands.tap(names.HOLD_ACT)
    assert form(hands.desktop).act.text() == "Keep the hold"
    hands.side(names.side_reason(1))
    hands.side(names.SIDE_ACT)  # no signature: it takes nothing away
    hands.qtbot.waitUntil(lambda: bool(decided(desk, "keep")))
    assert decided(desk, "keep") == [(rows.INSPECTOR, 1, 1, "Confirmed on site", (72,))]


def test_ticked_lots_are_not_silently_dropped_by_a_release(hands: Hands) -> None:
    hands.row(0)
    find(hands.desktop, QAbstractButton, names.hold_child(71)).click()
    hands.tap(names.hold_choice("release"))
    assert not find(hands.desktop, QPushButton, names.HOLD_ACT).isEnabled()
    assert "untick them, or keep it" in said(hands.desktop, names.HOLD_WHY_NOT)


def test_children_held_already_have_no_box_and_shipped_ones_are_marked(hands: Hands) -> None:
    hands.row(0)
    panel = page(hands.desktop).panel
    assert panel.findChild(QAbstractButton, names.hold_child(73)) is None
    words = [w.text() for w in panel.findChildren(QLabel)]
    assert "shipped" in words
    assert any("1 shipped in whole or part" in w for w in words)


def test_the_breach_is_told_in_words_and_drawn(hands: Hands) -> None:
    hands.row(0)
    assert "below the action limit of 245 g" in said(hands.desktop, names.HOLD_EXPLANATION)
    chart = page(hands.desktop).panel.findChild(QWidget, names.HOLD_CHART)
    assert chart is not None
    assert chart.isVisible()
    low, high = chart._box.viewRange()[1]  # type: ignore[attr-defined]
    assert low < 245
    assert high > 255
    assert len(chart._limit_lines) == 5  # type: ignore[attr-defined]
    assert any(s.token == "high" for s in chart._shade_item._shades)  # type: ignore[attr-defined]


# --- by hand ------------------------------------------------------------------------------------------


def test_a_lot_is_scanned_and_held(hands: Hands, desk: MemoryDesk) -> None:
    hands.tap(names.HOLDS_PLACE)
    calm(hands.qtbot, hands.desktop)
    lot = inside(hands.desktop, QLineEdit, names.PLACE_LOT)
    QTest.keyClicks(lot, "L-2611-09")
    QTest.keyClick(lot, Qt.Key.Key_Return)  # the scanner ends with Enter: on to the reason, not off
    assert side(hands.desktop).form is not None
    assert form(hands.desktop).act.text() == "Hold L-2611-09"
    hands.side(names.place_severity(1))
    hands.side(names.side_reason(1))
    hands.side(names.SIDE_ACT)
    hands.qtbot.waitUntil(lambda: bool(decided(desk, "place_hold")))
    given = (rows.INSPECTOR, "L-2611-09", "", None, None, 1, "Seen damaged on site")
    assert decided(desk, "place_hold") == [given]
    calm(hands.qtbot, hands.desktop)
    assert find(hands.desktop, QPushButton, names.holds_view("open")).text() == "Open 5"


def test_a_machine_and_a_time_are_held(hands: Hands, desk: MemoryDesk) -> None:
    hands.tap(names.HOLDS_PLACE)
    calm(hands.qtbot, hands.desktop)
    placing = form(hands.desktop)
    assert isinstance(placing, HoldForm)
    hands.side(names.place_by("machine"))
    placing.machine.setCurrentIndex(placing.machine.findData("capper1"))
    placing.start.setText("09:10")
    placing.end.setText("09:05")
    placing.reason.line.setText("Wrong caps")
    assert "end must come after the start" in side_said(hands.desktop)
    placing.end.setText("09:25")
    hands.side(names.SIDE_ACT)
    hands.qtbot.waitUntil(lambda: bool(decided(desk, "place_hold")))
    _, lot, machine, start, end, severity, _ = decided(desk, "place_hold")[0]
    assert (lot, machine, severity) == ("", "capper1", 2)
    assert start == datetime(2026, 11, 20, 8, 10, tzinfo=UTC)  # typed in the plant's zone
    assert end == datetime(2026, 11, 20, 8, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "utc"),
    [
        ("11:05", datetime(2026, 11, 20, 10, 5, tzinfo=UTC)),
        ("23:50", datetime(2026, 11, 19, 22, 50, tzinfo=UTC)),  # the last one that was
        ("2026-11-18 7:00", datetime(2026, 11, 18, 6, 0, tzinfo=UTC)),
        ("25:00", None),
        ("2026-02-30 10:00", None),
        ("soon", None),
        ("", None),
    ],
)
def test_times_are_read_in_the_plant_s_zone(typed: str, utc: datetime | None) -> None:
    assert parse_time(typed, Times(rows.ZONE), rows.NOW) == utc


def test_a_check_is_recorded_with_a_scanner(hands: Hands, desk: MemoryDesk) -> None:
    hands.tap(names.HOLDS_RECORD)
    calm(hands.qtbot, hands.desktop)
    desktop = hands.desktop
    desktop.window.activateWindow()
    lot = inside(desktop, QLineEdit, names.CHECK_LOT)
    QTest.keyClicks(lot, "L-2611-07")
    QTest.keyClick(lot, Qt.Key.Key_Return)
    order = inside(desktop, QLineEdit, names.CHECK_ORDER)
    assert order.hasFocus()
    QTest.keyClick(order, Qt.Key.Key_Return)
    first = inside(desktop, QLineEdit, names.check_question(1))
    assert first.hasFocus()
    QTest.keyClicks(first, "249.8")
    QTest.keyClick(first, Qt.Key.Key_Return)
    second = inside(desktop, QLineEdit, names.check_question(2))
    assert second.hasFocus()
    QTest.keyClicks(second, "250,4")
    assert "Label sits straight: choose an answer" in side_said(desktop)
    hands.side(names.check_answer(3, 7))
    assert form(desktop).act.text() == "Record"
    hands.side(names.SIDE_ACT)
    hands.qtbot.waitUntil(lambda: bool(decided(desk, "record_check")))
    given = (rows.INSPECTOR, 31, {1: 249.8, 2: 250.4, 3: 7}, "L-2611-07", "", None, "")
    assert decided(desk, "record_check") == [given]


def test_a_check_of_a_hold_knows_its_lot_and_says_that_it_fails(hands: Hands, desk: MemoryDesk) -> None:
    hands.row(0)
    hands.tap(names.HOLD_CHECK)
    calm(hands.qtbot, hands.desktop)
    checking = form(hands.desktop)
    assert isinstance(checking, CheckForm)
    assert checking.lot.text() == "L-2611-07"
    inside(hands.desktop, QLineEdit, names.check_question(1)).setText("243.1")
    assert checking.outside == ("Weight, bottle 1",)
    assert checking.act.text() == "Record, fails"
    inside(hands.desktop, QLineEdit, names.check_question(2)).setText("250")
    hands.side(names.check_answer(3, 8))
    hands.side(names.SIDE_ACT)
    hands.qtbot.waitUntil(lambda: bool(decided(desk, "record_check")))
    assert decided(desk, "record_check")[0][5] == 1  # the hold that it is about


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("243.1", 243.1),
        ("243,1", 243.1),
        ("-3", -3.0),
        ("1,484.5", 1484.5),
        ("1,484", None),
        ("1,484,200", None),
        ("nan", None),
        ("inf", None),
        ("12 g", None),
        ("", None),
    ],
)
def test_numbers_of_gauges_are_never_guessed(typed: str, number: float | None) -> None:
    assert parse_number(typed) == number


def test_no_test_in_odoo_says_so(hands: Hands, desk: MemoryDesk) -> None:
    desk.quality.forms = ()
    hands.tap(names.HOLDS_RECORD)
    calm(hands.qtbot, hands.desktop)
    assert "no quality test" in side_said(hands.desktop)
    assert not form(hands.desktop).act.isEnabled()


def test_a_value_is_measured_against_a_limit(hands: Hands, desk: MemoryDesk) -> None:
    desktop = hands.desktop
    hands.tap(names.holds_view("limits"))
    calm(hands.qtbot, desktop)
    page(desktop).limits.choose(("capper1", "torque", ""))
    line = find(desktop, QLineEdit, names.LIMIT_VALUE)
    line.setText("2,1234")
    assert find(desktop, QPushButton, names.LIMIT_ACT).isEnabled()
    line.setText("2,123")
    assert "Type a number" in said(desktop, names.LIMIT_WHY_NOT)
    line.setText("2.55")
    hands.tap(names.LIMIT_ACT)
    hands.qtbot.waitUntil(lambda: bool(decided(desk, "record_measurement")))
    assert decided(desk, "record_measurement") == [(rows.INSPECTOR, "capper1", "torque", 2.55)]
    calm(hands.qtbot, desktop)
    assert line.text() == ""
    page(desktop).limits.choose(("filler2", "hall", ""))
    assert not find(desktop, QPushButton, names.LIMIT_ACT).isVisible()  # the machine measures it


def test_a_batch_summary_is_accepted_or_rejected_with_a_reason(hands: Hands, desk: MemoryDesk) -> None:
    desktop = hands.desktop
    assert find(desktop, QPushButton, names.holds_view("checks")).text() == "Checks, 1 to accept"
    hands.tap(names.holds_view("checks"))
    page(desktop).checks.choose(5)
    assert not find(desktop, QPushButton, names.CHECK_REJECT).isEnabled()
    assert "give a reason" in said(desktop, names.CHECK_WHY_NOT)
    find(desktop, QLineEdit, names.CHECK_REASON).setText("Sensor was wet")
    hands.tap(names.CHECK_REJECT)
    hands.qtbot.waitUntil(lambda: bool(decided(desk, "decide_summary")))
    assert decided(desk, "decide_summary") == [(rows.INSPECTOR, 5, 1, False, "Sensor was wet")]
    calm(hands.qtbot, desktop)
    assert find(desktop, QPushButton, names.holds_view("checks")).text() == "Checks"
    assert not find(desktop, QPushButton, names.CHECK_ACCEPT).isVisible()


def test_a_batch_summary_is_accepted_in_one_tap(hands: Hands, desk: MemoryDesk) -> None:
    hands.tap(names.holds_view("checks"))
    page(hands.desktop).checks.choose(5)
    hands.tap(names.CHECK_ACCEPT)
    hands.qtbot.waitUntil(lambda: bool(decided(desk, "decide_summary")))
    assert decided(desk, "decide_summary")[0][3:] == (True, "")


# --- lists --------------------------------------------------------------------------------------------


def test_holds_stand_by_severity_then_age(hands: Hands) -> None:
    shown = [page(hands.desktop).list.model.row(i).id for i in range(4)]
    assert shown == [1, 2, 3, 4]


def test_search_filter_copy_and_csv(hands: Hands, qtbot: QtBot) -> None:
    holds = page(hands.desktop).list
    holds.search.setText("torque")
    assert holds.proxy.rowCount() == 1
    holds.search.setText("")
    holds.filter_box.setCurrentIndex(1)  # critical
    assert holds.proxy.rowCount() == 1
    holds.filter_box.setCurrentIndex(0)
    holds._show_column([c.key for c in holds.model.columns].index("lot"), True)
    assert "L-2611-07" in holds.csv()
    hands.row(1)
    assert "L-2611-03" in holds.view.selected_text()


def test_an_empty_day_says_what_would_be_here(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    desk.quality.open = desk.quality.closed = ()
    enter(qtbot, desktop, rows.INSPECTOR)
    empties = [w for w in page(desktop).list.findChildren(QWidget, names.LIST_EMPTY) if w.isVisible()]
    assert len(empties) == 1
    assert "Nothing is held" in [w.text() for w in empties[0].findChildren(QLabel)]


def test_quality_missing_in_odoo_is_said(hands: Hands, desk: MemoryDesk) -> None:
    desk.quality.missing = "Odoo has no quality module: checks are kept here only."
    hands.desktop.ctx.watch.ledger_changed.emit()
    hands.qtbot.waitUntil(lambda: find(hands.desktop, QLabel, names.HOLDS_MISSING).isVisible())
    assert "no quality module" in said(hands.desktop, names.HOLDS_MISSING)


def _none(desk: MemoryDesk) -> None:
    desk.__dict__.update(MemoryDesk().__dict__)
    desk.persons = list(rows.PEOPLE)


def _ten(desk: MemoryDesk) -> None:
    desk.quality.many(10)


def _many(desk: MemoryDesk) -> None:
    desk.quality.many(1000)


@pytest.mark.parametrize("fill", [_none, _ten, _many], ids=["none", "ten", "thousand"])
def test_nothing_is_clipped_at_any_number_of_rows(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk, fill: Callable[[MemoryDesk], None]
) -> None:
    fill(desk)
    enter(qtbot, desktop, rows.INSPECTOR)
    for part, holds in page(desktop).lists.items():
        press(desktop, names.holds_view(part))
        if holds.proxy.rowCount():
            last = holds.proxy.index(holds.proxy.rowCount() - 1, 0)
            holds.view.setCurrentIndex(last)
        calm(qtbot, desktop)
        assert page(desktop).messages.text == ""
        assert clipped(desktop.window) == [], part
        assert small_targets(desktop.window) == [], part


def test_forms_are_not_clipped(hands: Hands) -> None:
    def fits() -> None:
        calm(hands.qtbot, hands.desktop)
        hands.qtbot.wait(200)
        panel, act = side(hands.desktop), form(hands.desktop).act
        assert clipped(panel) == []
        assert small_targets(panel) == []
        assert panel.rect().contains(act.mapTo(panel, act.rect().center()))
        panel.finish()

    begin_release(hands, row=0)
    fits()
    hands.tap(names.HOLDS_RECORD)
    fits()
    hands.tap(names.HOLDS_PLACE)
    calm(hands.qtbot, hands.desktop)
    hands.side(names.place_by("machine"))
    fits()


def test_a_hold_that_is_stuck_in_odoo_looks_abnormal(hands: Hands, desk: MemoryDesk) -> None:
    waiting = "Odoo refused: the lot is not in quarantine."
    desk.quality.somebody_else(2, posting=PostingState.REJECTED, waiting=waiting)
    hands.row(1)
    panel = page(hands.desktop).panel
    words = [w for w in panel.findChildren(QLabel) if w.text() == waiting]
    assert len(words) == 1
    assert words[0].property("level") == Level.CRITICAL.value
    assert find(hands.desktop, QWidget, names.HOLD_STEPS).accessibleName() == "Odoo refused"


def test_a_failed_read_is_said_and_the_panel_gives_way(hands: Hands, desk: MemoryDesk) -> None:
    hands.row(1)
    desk.quality.open = tuple(r for r in desk.quality.open if r.id != 2)
    page(hands.desktop)._detail.now()
    calm(hands.qtbot, hands.desktop)
    assert "Hold 2 is not known" in page(hands.desktop).messages.text
    assert not page(hands.desktop).panel.isVisible()


def test_a_refusal_of_the_desk_stays_in_the_form(hands: Hands, desk: MemoryDesk) -> None:
    desk.quality.error = InvalidDecision("Lot L-9 is not known in Odoo.", "Scan it again.")
    hands.tap(names.HOLDS_PLACE)
    calm(hands.qtbot, hands.desktop)
    inside(hands.desktop, QLineEdit, names.PLACE_LOT).setText("L-9")
    hands.side(names.side_reason(1))
    hands.side(names.SIDE_ACT)
    calm(hands.qtbot, hands.desktop)
    assert "Scan it again" in form(hands.desktop).message.text
    assert inside(hands.desktop, QLineEdit, names.PLACE_LOT).text() == "L-9"
    assert form(hands.desktop).act.isEnabled()


def test_a_closed_hold_offers_nothing(hands: Hands, desk: MemoryDesk) -> None:
    done = replace(rows_quality.closed()[0], id=90)
    desk.quality.closed = (done,)
    hands.tap(names.holds_view("closed"))
    calm(hands.qtbot, hands.desktop)
    hands.desktop.ctx.watch.ledger_changed.emit()
    hands.qtbot.wait(350)
    calm(hands.qtbot, hands.desktop)
    hands.row(0)
    assert not find(hands.desktop, QPushButton, names.HOLD_ACT).isVisible()
    assert page(hands.desktop).panel.choice is None


def test_a_thousand_changed_rows_are_measured_once_each(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk
) -> None:
    desk.quality.many(1000)
    enter(qtbot, desktop, rows.INSPECTOR)
    holds = page(desktop)
    delegate = holds.list.view.itemDelegate()
    assert isinstance(delegate, LineDelegate)
    asked: list[int] = []
    described = delegate._describe

    def counted(row: HoldRow) -> Line:
        asked.append(row.id)
        return described(row)

    delegate._describe = counted
    holds.list.show_rows([replace(r, stock="elsewhere") for r in desk.quality.open])
    calm(qtbot, desktop)
    assert 1000 <= len(asked) < 3000  # not once for each row and each other row


def test_ages_change_as_they_are_told(hands: Hands, desk: MemoryDesk) -> None:
    before = page(hands.desktop).list.model.rows
    desk.quality.open = tuple(replace(r, age_s=r.age_s + 5) for r in desk.quality.open)
    page(hands.desktop)._show(desk.quality.holds())
    assert page(hands.desktop).list.model.rows == before
    desk.quality.open = tuple(replace(r, age_s=r.age_s + 60) for r in desk.quality.open)
    page(hands.desktop)._show(desk.quality.holds())
    assert page(hands.desktop).list.model.rows != before
