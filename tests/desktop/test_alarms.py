"""Alarms: a request in two taps; join or new; shelving, roles, lock, two at once, conditions tried out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Event
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from console.desktop import object_names as names
from console.desktop.app import Desktop
from console.desktop.models.alarms import lines_of, to_acknowledge
from console.desktop.models.trial import found_rows, parameters, problem_of
from console.desktop.pages.alarms import AlarmsPage
from console.desktop.widgets.messages import MessageBar
from console.desktop.widgets.request_form import RequestSheet
from console.desktop.widgets.side_panel import SideForm, SidePanel
from console.domain.alarms import AlarmState
from console.domain.people import Person
from console.domain.postings import PostingState
from console.errors import InvalidDecision
from console.services.views import Decided, Level
from tests.desktop import rows, rows_alarms
from tests.desktop.looking import calm, clipped, find, press, small_targets
from tests.desktop.memory_desk import MemoryDesk

W = TypeVar("W", bound=QWidget)
MAINTENANCE = rows.PEOPLE[3]
PNG = b"\x89PNG\r\n"


class Hands:
    """Counts what a person does."""

    def __init__(self, qtbot: QtBot, desktop: Desktop) -> None:
        self.qtbot, self.desktop, self.taps = qtbot, desktop, 0

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

    def choose(self, alarm_id: int) -> None:
        """Chooses an alarm by its id."""
        assert page(self.desktop).list.choose(alarm_id)
        calm(self.qtbot, self.desktop)

    def part(self, key: str) -> None:
        """Goes to a part of the page."""
        press(self.desktop, names.alarms_view(key))
        calm(self.qtbot, self.desktop)


@pytest.fixture
def hands(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> Hands:
    """The maintenance lead at Alarms."""
    enter(qtbot, desktop, MAINTENANCE)
    return Hands(qtbot, desktop)


def enter(qtbot: QtBot, desktop: Desktop, person: Person) -> None:
    """Somebody is at Alarms (signing in is tested by itself)."""
    desktop.window._signed_in(person)
    desktop.window.show_page("alarms")
    calm(qtbot, desktop)


def page(desktop: Desktop) -> AlarmsPage:
    found = desktop.window.pages["alarms"]
    assert isinstance(found, AlarmsPage)
    return found


def side(desktop: Desktop) -> SidePanel:
    return find(desktop, SidePanel, names.ALARMS_SIDE)


def form(desktop: Desktop) -> SideForm:
    found = side(desktop).form
    assert found is not None, "nothing slid in"
    return found


def inside(desktop: Desktop, kind: type[W], name: str) -> W:
    found = side(desktop).findChild(kind, name)
    assert found is not None, name
    return found


def said(desktop: Desktop, name: str) -> str:
    return find(desktop, QLabel, name).text()


def side_said(desktop: Desktop) -> str:
    return inside(desktop, QLabel, names.SIDE_WHY_NOT).text()


def button(desktop: Desktop, name: str) -> QPushButton:
    return find(desktop, QPushButton, name)


def done(desk: MemoryDesk, name: str) -> list[tuple[object, ...]]:
    return [args for call, args in desk.alarms.calls if call == name]


# --- the main task ------------------------------------------------------------------------------------


def test_a_request_takes_two_taps(hands: Hands, desk: MemoryDesk) -> None:
    hands.tap(names.ALARM_REQUEST)
    hands.side(names.SIDE_ACT)
    assert hands.taps == 2
    hands.qtbot.waitUntil(lambda: bool(done(desk, "request")))
    person, source, version, equipment, title, description, priority, picture = done(desk, "request")[0]
    assert (person, source, version, equipment) == (MAINTENANCE, "alarm:1", 1, 12)
    assert (title, priority) == ("Filler 2: air pressure below 5 bar", 3)
    assert "AirPressure" in str(description)
    assert isinstance(picture, bytes)
    assert picture.startswith(PNG)  # the trend goes along as a picture


def test_the_request_by_keyboard_alone(hands: Hands, desk: MemoryDesk) -> None:
    desktop = hands.desktop
    desktop.window.activateWindow()
    view = page(desktop).list.view
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Return)
    act = form(desktop).act
    assert act.hasFocus()
    QTest.keyClick(act, Qt.Key.Key_Return)
    hands.qtbot.waitUntil(lambda: bool(done(desk, "request")))
    assert done(desk, "request")[0][1] == "alarm:1"


def test_an_open_request_is_shown_first_and_joined_in_two_taps(hands: Hands, desk: MemoryDesk) -> None:
    desk.alarms.open_requests = (rows_alarms.open_request(),)
    page(hands.desktop)._detail.now()
    calm(hands.qtbot, hands.desktop)
    hands.tap(names.ALARM_REQUEST)
    assert form(hands.desktop).act.text() == "Join"
    assert not inside(hands.desktop, QLineEdit, names.REQUEST_TITLE).isVisible()
    hands.side(names.SIDE_ACT)
    assert hands.taps == 2
    hands.qtbot.waitUntil(lambda: bool(done(desk, "join")))
    person, source, version, ticket, picture = done(desk, "join")[0]
    assert (person, source, version, ticket) == (MAINTENANCE, "alarm:1", 1, 77)
    assert isinstance(picture, bytes)
    assert not done(desk, "request")


def test_a_new_request_beside_an_open_one_is_chosen_on_purpose(hands: Hands, desk: MemoryDesk) -> None:
    desk.alarms.open_requests = (rows_alarms.open_request(),)
    page(hands.desktop)._detail.now()
    calm(hands.qtbot, hands.desktop)
    hands.tap(names.ALARM_REQUEST)
    hands.side(names.REQUEST_NEW)
    assert form(hands.desktop).act.text() == "Send"
    title = inside(hands.desktop, QLineEdit, names.REQUEST_TITLE)
    assert title.isVisible()
    title.setText("")
    assert side_said(hands.desktop) == "Give it a title."
    title.setText("Compressor stops")
    sheet = form(hands.desktop)
    assert isinstance(sheet, RequestSheet)
    sheet.equipment.setCurrentIndex(sheet.equipment.findData(20))
    hands.side(names.request_priority(1))
    hands.side(names.SIDE_ACT)
    hands.qtbot.waitUntil(lambda: bool(done(desk, "request")))
    assert done(desk, "request")[0][3:5] == (20, "Compressor stops")
    assert done(desk, "request")[0][6] == 1


def test_the_request_s_way_into_odoo_stands_on_the_alarm(hands: Hands, desk: MemoryDesk) -> None:
    hands.tap(names.ALARM_REQUEST)
    hands.side(names.SIDE_ACT)
    calm(hands.qtbot, hands.desktop)
    assert "waits for Odoo" in said(hands.desktop, names.ALARM_PROGRESS)
    group = desk.alarms.groups[0]
    asked = rows_alarms.request(30, stage="In Progress", posting=PostingState.VERIFIED)
    desk.alarms.groups = (replace(group, request=asked), *desk.alarms.groups[1:])
    hands.desktop.ctx.watch.ledger_changed.emit()
    progress = find(hands.desktop, QLabel, names.ALARM_PROGRESS)
    hands.qtbot.waitUntil(lambda: "In Progress" in progress.text())


# --- what can go wrong --------------------------------------------------------------------------------


def test_archived_equipment_is_said_beside_the_button(hands: Hands, desk: MemoryDesk) -> None:
    why = "Equipment Filler 2 is archived in Odoo. Take it out of the archive there."
    desk.alarms.why_not = why
    page(hands.desktop)._detail.now()
    calm(hands.qtbot, hands.desktop)
    assert not button(hands.desktop, names.ALARM_REQUEST).isEnabled()
    assert why in said(hands.desktop, names.ALARM_WHY_NOT)


def test_equipment_archived_meanwhile_stays_in_the_form(hands: Hands, desk: MemoryDesk) -> None:
    hands.tap(names.ALARM_REQUEST)
    inside(hands.desktop, QLineEdit, names.REQUEST_TITLE).setText("My own words")
    desk.alarms.error = InvalidDecision("Filler 2 is archived in Odoo.", "Choose other equipment.")
    hands.side(names.SIDE_ACT)
    calm(hands.qtbot, hands.desktop)
    assert "Choose other equipment" in form(hands.desktop).message.text
    assert inside(hands.desktop, QLineEdit, names.REQUEST_TITLE).text() == "My own words"
    assert form(hands.desktop).act.isEnabled()


def test_a_wrong_role_sees_why_and_cannot(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    enter(qtbot, desktop, rows.INSPECTOR)
    for name in (names.ALARM_REQUEST, names.ALARM_ACKNOWLEDGE, names.ALARM_SHELVE):
        assert not button(desktop, name).isEnabled()
    assert "Inspector" in said(desktop, names.ALARM_WHY_NOT)
    assert "may not request maintenance" in said(desktop, names.ALARM_WHY_NOT)
    view = page(desktop).list.view
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Return)
    QTest.keyClick(view, Qt.Key.Key_A)
    calm(qtbot, desktop)
    assert side(desktop).form is None
    assert not desk.alarms.calls


def test_the_role_is_asked_again_when_it_is_sent(hands: Hands, desk: MemoryDesk) -> None:
    hands.tap(names.ALARM_REQUEST)
    press(hands.desktop, names.HEADER_LOCK)
    hands.desktop.window._signed_in(rows.INSPECTOR)
    calm(hands.qtbot, hands.desktop)
    assert not form(hands.desktop).act.isEnabled()
    assert "may not request maintenance" in side_said(hands.desktop)
    form(hands.desktop).press()
    calm(hands.qtbot, hands.desktop)
    assert not desk.alarms.calls


def test_two_at_once_the_later_one_is_told_and_sees_the_new_state(hands: Hands, desk: MemoryDesk) -> None:
    hands.tap(names.ALARM_REQUEST)
    desk.alarms.somebody_else(1, request=rows_alarms.request(31, stage="New Request"))
    hands.side(names.SIDE_ACT)
    calm(hands.qtbot, hands.desktop)
    assert not done(desk, "request")
    assert side(hands.desktop).form is None
    assert "Somebody acted on" in page(hands.desktop).messages.text
    progress = find(hands.desktop, QLabel, names.ALARM_PROGRESS)
    hands.qtbot.waitUntil(lambda: "New Request" in progress.text())


def test_maintenance_missing_in_odoo_is_said(hands: Hands, desk: MemoryDesk) -> None:
    desk.alarms.missing = "Odoo has no maintenance module."
    hands.desktop.ctx.watch.ledger_changed.emit()
    hands.qtbot.waitUntil(lambda: find(hands.desktop, QLabel, names.ALARMS_MISSING).isVisible())


# --- acknowledge, shelve ------------------------------------------------------------------------------


def test_acknowledging_a_cause_takes_what_it_brought_along(hands: Hands, desk: MemoryDesk) -> None:
    assert button(hands.desktop, names.ALARM_ACKNOWLEDGE).text() == "Acknowledge 3"
    hands.tap(names.ALARM_ACKNOWLEDGE)
    hands.qtbot.waitUntil(lambda: bool(done(desk, "acknowledge")))
    assert done(desk, "acknowledge") == [(MAINTENANCE, ((1, 1), (2, 1), (3, 1)))]
    state = find(hands.desktop, QLabel, names.ALARM_STATE)
    hands.qtbot.waitUntil(lambda: "acknowledged by Maintenance D" in state.text())
    assert not button(hands.desktop, names.ALARM_ACKNOWLEDGE).isEnabled()


def test_a_acknowledges_by_keyboard(hands: Hands, desk: MemoryDesk) -> None:
    hands.desktop.window.activateWindow()
    view = page(hands.desktop).list.view
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_A)
    hands.qtbot.waitUntil(lambda: bool(done(desk, "acknowledge")))


def test_shelving_asks_for_how_long_and_why(hands: Hands, desk: MemoryDesk) -> None:
    hands.choose(4)
    hands.tap(names.ALARM_SHELVE)
    minutes = inside(hands.desktop, QLineEdit, "shelve_minutes")
    assert side_said(hands.desktop) == "Give a reason."
    for wrong in ("0", "481", "-5", "1.5", "soon", ""):
        minutes.setText(wrong)
        assert "1 to 480 minutes" in side_said(hands.desktop), wrong
    hands.side(names.shelve_minutes(120))
    hands.side(names.side_reason(1))
    assert form(hands.desktop).act.text() == "Shelve for 2 h 00 min"
    hands.side(names.SIDE_ACT)
    hands.qtbot.waitUntil(lambda: bool(done(desk, "shelve")))
    assert done(desk, "shelve") == [(MAINTENANCE, 4, 1, 120, "Being worked on")]
    shelved = button(hands.desktop, names.alarms_view("shelved"))
    hands.qtbot.waitUntil(lambda: shelved.text() == "Shelved 2")


def test_what_cannot_be_shelved_says_why(hands: Hands) -> None:
    assert not button(hands.desktop, names.ALARM_SHELVE).isEnabled()
    assert "An urgent alarm cannot be shelved" in said(hands.desktop, names.ALARM_WHY_NOT)


def test_a_shelved_one_is_brought_back(hands: Hands, desk: MemoryDesk) -> None:
    hands.part("shelved")
    hands.tap(names.SHELF_END)
    hands.qtbot.waitUntil(lambda: bool(done(desk, "unshelve")))
    assert done(desk, "unshelve") == [(MAINTENANCE, 1)]


# --- the list -----------------------------------------------------------------------------------------


def test_causes_stand_first_and_what_they_brought_below(hands: Hands) -> None:
    shown = [(line.row.id, line.cause) for line in page(hands.desktop).list.model.rows]
    first = "Air pressure below 5 bar"
    assert shown == [(1, ""), (2, first), (3, first), (4, ""), (5, "")]
    assert page(hands.desktop).words.alarm(page(hands.desktop).list.model.row(3)).badge == "×7"
    assert said(hands.desktop, names.ALARMS_SUPPRESSED) == "Not shown by itself: 14 repeats of 3 alarms."


def test_lines_go_as_deep_as_the_groups() -> None:
    inner = rows_alarms.alarm(9)
    outer = rows_alarms.alarm(8, children=(inner,), text="Middle")
    top = rows_alarms.alarm(7, children=(outer,), state=AlarmState.ACKNOWLEDGED)
    assert [(line.row.id, line.cause) for line in lines_of((top,))] == [
        (7, ""),
        (8, top.text),
        (9, "Middle"),
    ]
    assert to_acknowledge(top) == ((8, 1), (9, 1))


def test_a_flood_is_said_once_until_it_ends(hands: Hands, desk: MemoryDesk) -> None:
    bar = find(hands.desktop, MessageBar, names.ALARMS_FLOOD)
    assert bar.text == ""
    desk.alarms.flood = "23 alarms in 10 minutes"
    hands.desktop.ctx.watch.ledger_changed.emit()
    hands.qtbot.waitUntil(lambda: "23 alarms" in bar.text)
    bar.clear()
    page(hands.desktop)._refresh.now()
    calm(hands.qtbot, hands.desktop)
    assert bar.text == ""  # who closed it has seen it
    desk.alarms.flood = ""
    page(hands.desktop)._refresh.now()
    calm(hands.qtbot, hands.desktop)
    desk.alarms.flood = "31 alarms in 10 minutes"
    page(hands.desktop)._refresh.now()
    hands.qtbot.waitUntil(lambda: "31 alarms" in bar.text)


def test_search_filter_and_csv(hands: Hands) -> None:
    alarms = page(hands.desktop).list
    alarms.search.setText("label")
    assert alarms.proxy.rowCount() == 1
    alarms.search.setText("")
    for number, count in ((1, 4), (2, 3), (3, 4), (4, 4)):
        alarms.filter_box.setCurrentIndex(number)
        assert alarms.proxy.rowCount() == count, number
    alarms.filter_box.setCurrentIndex(0)
    assert "Guard door opened while running" in alarms.csv()


def test_history_keeps_what_is_over(hands: Hands) -> None:
    hands.part("history")
    assert page(hands.desktop).history.model.rowCount() == 2
    assert "Over" in said(hands.desktop, names.ALARM_STATE) or "over" in said(
        hands.desktop, names.ALARM_STATE
    )
    assert not button(hands.desktop, names.ALARM_ACKNOWLEDGE).isEnabled()


# --- requests and conditions --------------------------------------------------------------------------


def test_a_proposal_is_sent_with_its_form(hands: Hands, desk: MemoryDesk) -> None:
    assert button(hands.desktop, names.alarms_view("requests")).text() == "Requests, 1 proposed"
    hands.part("requests")
    hands.tap(names.REQUEST_SEND)
    calm(hands.qtbot, hands.desktop)
    hands.side(names.SIDE_ACT)
    hands.qtbot.waitUntil(lambda: bool(done(desk, "request")))
    assert done(desk, "request")[0][1] == "request:7"
    assert done(desk, "request")[0][7] is None


def test_a_proposal_is_dismissed_with_a_reason(hands: Hands, desk: MemoryDesk) -> None:
    hands.part("requests")
    hands.tap(names.REQUEST_DISMISS)
    assert side_said(hands.desktop) == "Give a reason."
    hands.side(names.side_reason(1))
    hands.side(names.SIDE_ACT)
    hands.qtbot.waitUntil(lambda: bool(done(desk, "dismiss")))
    assert done(desk, "dismiss") == [(MAINTENANCE, 7, 1, "Done already")]


def test_a_booked_request_shows_odoo_s_stage_and_offers_nothing(hands: Hands) -> None:
    hands.part("requests")
    page(hands.desktop).requests.choose(("ours", 1))
    calm(hands.qtbot, hands.desktop)
    assert not button(hands.desktop, names.REQUEST_SEND).isVisible()
    assert not button(hands.desktop, names.REQUEST_DISMISS).isVisible()
    words = [w.text() for w in page(hands.desktop).request_panel.findChildren(QLabel)]
    assert "In Progress" in words


def test_a_request_stuck_on_its_way_looks_abnormal(hands: Hands) -> None:
    stuck = rows_alarms.request(2, stage="", posting=PostingState.REJECTED)
    line = page(hands.desktop).words.request(stuck)
    assert (line.level, line.badge) == (Level.CRITICAL, "Odoo refused")


def test_a_request_is_made_of_a_finding(hands: Hands, desk: MemoryDesk) -> None:
    hands.part("conditions")
    hands.tap(names.CONDITION_REQUEST)
    calm(hands.qtbot, hands.desktop)
    hands.side(names.SIDE_ACT)
    hands.qtbot.waitUntil(lambda: bool(done(desk, "request")))
    assert done(desk, "request")[0][1] == "condition:2"
    picture = done(desk, "request")[0][7]
    assert isinstance(picture, bytes)
    assert picture.startswith(PNG)


# --- parameters tried out -----------------------------------------------------------------------------


def at_trial(hands: Hands) -> AlarmsPage:
    """Filler 2's temperature, in the try-out."""
    shown = page(hands.desktop)
    hands.part("trial")
    shown.trial.show_value("filler2", "filler2/temperature")
    calm(hands.qtbot, hands.desktop)
    return shown


def test_parameters_are_tried_and_then_activated_with_a_reason(hands: Hands, desk: MemoryDesk) -> None:
    trial = at_trial(hands).trial
    assert trial.fields["threshold"][1].text() == "8"
    assert "Try the parameters" in said(hands.desktop, names.TRIAL_WHY_NOT)
    trial.fields["threshold"][1].setText("4")
    hands.tap(names.TRIAL_RUN)
    calm(hands.qtbot, hands.desktop)
    found = [(r.new, r.live) for r in trial.findings.model.rows]
    assert found == [(True, False), (False, True)]  # the lower threshold finds it earlier
    assert trial.score._limits[0].value == 4
    trial.fields["slack"][1].setText("0.7")  # changed since: it is not what was tried
    assert not button(hands.desktop, names.TRIAL_ACTIVATE).isEnabled()
    trial.fields["slack"][1].setText("0.5")
    hands.tap(names.TRIAL_ACTIVATE)
    hands.side(names.side_reason(1))
    hands.side(names.SIDE_ACT)
    hands.qtbot.waitUntil(lambda: any(c == "activate" for c, _ in desk.conditions.calls))
    person, machine, spec, reason = next(a for c, a in desk.conditions.calls if c == "activate")
    assert (person, machine, reason) == (MAINTENANCE, "filler2", "Tried on recorded days")
    assert spec == rows_alarms.spec(threshold=4.0)
    why = find(hands.desktop, QLabel, names.TRIAL_WHY_NOT)
    hands.qtbot.waitUntil(lambda: why.text() == "These are live.")


def test_a_trial_is_cancelled_and_the_next_one_waits_for_its_end(hands: Hands, desk: MemoryDesk) -> None:
    trial = at_trial(hands).trial
    desk.conditions.go.clear()
    hands.tap(names.TRIAL_RUN)
    assert find(hands.desktop, QWidget, names.TRIAL_PROGRESS).isVisible()
    hands.tap(names.TRIAL_CANCEL)
    assert not find(hands.desktop, QWidget, names.TRIAL_PROGRESS).isVisible()
    assert not button(hands.desktop, names.TRIAL_RUN).isEnabled()
    desk.conditions.go.set()
    hands.qtbot.waitUntil(lambda: button(hands.desktop, names.TRIAL_RUN).isEnabled())
    assert trial.findings.model.rowCount() == 0  # its answer was no longer wanted
    assert trial.tried is None
    hands.tap(names.TRIAL_RUN)
    hands.qtbot.waitUntil(lambda: trial.findings.model.rowCount() > 0)


def test_a_trial_that_fails_says_why(hands: Hands, desk: MemoryDesk) -> None:
    trial = at_trial(hands).trial
    desk.conditions.error = InvalidDecision("Nothing is recorded in that time.", "Choose a later one.")
    hands.tap(names.TRIAL_RUN)
    hands.qtbot.waitUntil(lambda: "Choose a later one" in trial.messages.text)
    assert button(hands.desktop, names.TRIAL_RUN).isEnabled()


def test_wrong_parameters_and_times_are_named(hands: Hands) -> None:
    trial = at_trial(hands).trial
    trial.fields["smoothing"][1].setText("1.5")
    assert "Smoothing" in trial._run_why.text()
    assert not button(hands.desktop, names.TRIAL_RUN).isEnabled()
    trial.fields["smoothing"][1].setText("0.2")
    trial.start.setText("2026-11-20 11:00")
    trial.end.setText("2026-11-20 10:00")
    assert "end must come after the start" in trial._run_why.text()


@pytest.mark.parametrize(
    ("name", "value", "fits"),
    [
        ("smoothing", 0.0, False),
        ("smoothing", 1.0, True),
        ("slack", 0.0, True),
        ("slack", -0.1, False),
        ("threshold", 0.0, False),
        ("learn_s", 0.0, False),
        ("missing_cycle_s", 0.0, True),
        ("most_change_per_s", None, False),
    ],
)
def test_what_a_parameter_may_be(name: str, value: float | None, fits: bool) -> None:
    parameter = next(p for p in parameters() if p.name == name)
    assert (problem_of(parameter, value) == "") is fits


def test_only_who_may_tune_activates(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    enter(qtbot, desktop, rows.LEAD)
    hands = Hands(qtbot, desktop)
    trial = at_trial(hands).trial
    trial.fields["threshold"][1].setText("4")
    hands.tap(names.TRIAL_RUN)
    calm(qtbot, desktop)
    assert trial.findings.model.rowCount() == 2  # trying changes nothing: anybody may
    assert not button(desktop, names.TRIAL_ACTIVATE).isEnabled()
    assert "may not set condition monitoring" in said(desktop, names.TRIAL_WHY_NOT)


def test_a_finding_of_both_stands_once() -> None:
    trial = rows_alarms.trial("filler2", rows_alarms.spec(), rows.ago(hours=24), rows.NOW)
    assert [(r.new, r.live) for r in found_rows(trial)] == [(True, True)]


# --- at any size --------------------------------------------------------------------------------------


def _none(desk: MemoryDesk) -> None:
    desk.__dict__.update(MemoryDesk().__dict__)
    desk.persons = list(rows.PEOPLE)


def _ten(desk: MemoryDesk) -> None:
    desk.alarms.many(10)


def _many(desk: MemoryDesk) -> None:
    desk.alarms.many(1000)


@pytest.mark.parametrize("fill", [_none, _ten, _many], ids=["none", "ten", "thousand"])
def test_nothing_is_clipped_at_any_number_of_rows(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk, fill: Callable[[MemoryDesk], None]
) -> None:
    fill(desk)
    enter(qtbot, desktop, MAINTENANCE)
    for part in ("active", "shelved", "requests", "conditions", "trial", "history"):
        press(desktop, names.alarms_view(part))
        calm(qtbot, desktop)
        assert page(desktop).messages.text == ""
        assert clipped(desktop.window) == [], part
        assert small_targets(desktop.window) == [], part


def test_forms_are_not_clipped(hands: Hands, desk: MemoryDesk) -> None:
    def fits() -> None:
        calm(hands.qtbot, hands.desktop)
        hands.qtbot.wait(200)
        panel, act = side(hands.desktop), form(hands.desktop).act
        assert clipped(panel) == []
        assert small_targets(panel) == []
        assert panel.rect().contains(act.mapTo(panel, act.rect().center()))
        panel.finish()

    hands.tap(names.ALARM_REQUEST)
    fits()
    desk.alarms.open_requests = (rows_alarms.open_request(),)
    hands.choose(4)
    hands.tap(names.ALARM_REQUEST)
    fits()
    hands.tap(names.ALARM_SHELVE)
    fits()
    hands.part("requests")
    hands.tap(names.REQUEST_DISMISS)
    fits()


def test_a_form_opened_meanwhile_outlives_an_earlier_answer(
    hands: Hands, desk: MemoryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = Event()
    acknowledge = desk.alarms.acknowledge

    def slow(person: Person, chosen: Sequence[tuple[int, int]]) -> Decided:
        assert go.wait(20)
        return acknowledge(person, chosen)

    monkeypatch.setattr(desk.alarms, "acknowledge", slow)
    hands.tap(names.ALARM_ACKNOWLEDGE)
    page(hands.desktop)._open(4)
    hands.qtbot.waitUntil(lambda: page(hands.desktop).panel.isEnabled())
    page(hands.desktop).acts.request(page(hands.desktop).panel)
    inside(hands.desktop, QLineEdit, names.REQUEST_TITLE).setText("Half written")
    go.set()
    hands.qtbot.waitUntil(lambda: bool(done(desk, "acknowledge")))
    calm(hands.qtbot, hands.desktop)
    assert inside(hands.desktop, QLineEdit, names.REQUEST_TITLE).text() == "Half written"
