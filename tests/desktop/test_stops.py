"""Stops: two taps say why; what was begun is kept or visibly dropped; two people never collide unseen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from PySide6.QtCore import QItemSelectionModel, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from console.desktop import object_names as names
from console.desktop.app import Desktop
from console.desktop.pages.stops import StopsPage
from console.desktop.widgets.reason_picker import ReasonKey
from console.desktop.widgets.state_strip import StateStrip
from console.domain.people import Person, Role
from console.domain.postings import PostingState
from console.errors import InvalidDecision
from console.services.views import Level
from tests.desktop import rows, rows_stops
from tests.desktop.looking import calm, clipped, find, press, sign_in, small_targets
from tests.desktop.memory_desk import MemoryDesk

SECOND = Person(9, "Lead E", frozenset({Role.SUPERVISOR}))


def page(desktop: Desktop) -> StopsPage:
    found = desktop.window.pages["stops"]
    assert isinstance(found, StopsPage)
    return found


def shows(desktop: Desktop, stop_id: int) -> bool:
    """The panel shows this stop and may be used."""
    panel = page(desktop).panel
    return panel.isVisible() and panel.isEnabled() and bool(panel.detail and panel.detail.row.id == stop_id)


def opened(qtbot: QtBot, desktop: Desktop, stop_id: int = 10, person: Person = rows.LEAD) -> StopsPage:
    sign_in(qtbot, desktop, person, page="stops")
    if stop_id != 10:
        desktop.window.show_page("stops", stop_id)
    qtbot.waitUntil(lambda: shows(desktop, stop_id))
    return page(desktop)


def why_not(desktop: Desktop) -> str:
    return find(desktop, QLabel, names.STOPS_WHY_NOT).text()


def confirm(desktop: Desktop) -> QPushButton:
    return find(desktop, QPushButton, names.STOPS_CONFIRM)


def asked(desk: MemoryDesk, call: str) -> list[tuple[object, ...]]:
    return [args for name, args in desk.calls if name == call]


@dataclass
class Finger:
    """Counts what a person presses."""

    desktop: Desktop
    taps: int = 0

    def tap(self, name: str) -> None:
        press(self.desktop, name)
        self.taps += 1


# --- the main task ------------------------------------------------------------------------------------------


def test_the_stop_that_waits_longest_is_open_and_two_taps_explain_it(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk
) -> None:
    opened(qtbot, desktop)  # nobody chose it
    keys = [find(desktop, ReasonKey, names.stops_reason(n)) for n in range(1, 6)]
    assert all(k.isVisible() and k.height() >= 60 and k.width() >= 140 for k in keys)
    finger = Finger(desktop)
    finger.tap(names.stops_reason(1))
    assert confirm(desktop).isEnabled()
    effect = find(desktop, QLabel, names.STOPS_EFFECT).text()
    assert effect.startswith("Odoo gets an open row on WC-111 from 11:05 under Jam at infeed.")
    finger.tap(names.STOPS_CONFIRM)
    qtbot.waitUntil(lambda: bool(asked(desk, "explain")))
    assert finger.taps == 2
    assert asked(desk, "explain") == [(rows.LEAD, 10, 1, "2/Jam at infeed", "")]
    qtbot.waitUntil(lambda: shows(desktop, 5))  # the next one that waits
    assert "explained" in page(desktop).messages.text
    assert page(desktop).title.text() == "Stops: 2 to explain"
    assert page(desktop).panel.draft.empty


def test_by_keyboard_alone(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    stops = opened(qtbot, desktop)
    QTest.keyClick(stops.list.view, Qt.Key.Key_2)
    QTest.keyClick(stops.list.view, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(asked(desk, "explain")))
    assert asked(desk, "explain")[0][1:4] == (10, 1, "1")
    qtbot.waitUntil(lambda: shows(desktop, 5))
    QTest.keyClick(stops.list.view, Qt.Key.Key_Return)  # a second Enter has nothing to confirm yet
    calm(qtbot, desktop)
    assert len(asked(desk, "explain")) == 1


def test_the_tree_by_keyboard(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    stops = opened(qtbot, desktop)
    QTest.keyClick(stops.list.view, Qt.Key.Key_T)
    search = find(desktop, QLineEdit, names.STOPS_TREE_SEARCH)
    qtbot.waitUntil(search.isVisible)
    QTest.keyClicks(search, "torn")
    QTest.keyClick(search, Qt.Key.Key_Down)  # from the parent to what was searched
    QTest.keyClick(search, Qt.Key.Key_Return)
    assert page(desktop).panel.draft.reason_key == "2/Belt torn"
    QTest.keyClick(search, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(asked(desk, "explain")))
    assert asked(desk, "explain")[0][3] == "2/Belt torn"


def test_the_tree_by_finger_and_back(qtbot: QtBot, desktop: Desktop) -> None:
    opened(qtbot, desktop)
    press(desktop, names.STOPS_ALL_REASONS)
    assert clipped(desktop.window) == []
    assert small_targets(desktop.window) == []
    search = find(desktop, QLineEdit, names.STOPS_TREE_SEARCH)
    QTest.keyClicks(search, "no such reason")
    QTest.keyClick(search, Qt.Key.Key_Return)  # nothing is taken where nothing is found
    assert page(desktop).panel.draft.empty
    QTest.keyClick(search, Qt.Key.Key_Escape)
    assert find(desktop, QWidget, names.stops_reason(1)).isVisible()
    press(desktop, names.STOPS_ALL_REASONS)
    assert find(desktop, QLineEdit, names.STOPS_TREE_SEARCH).text() == ""


def test_arrows_walk_the_list_and_a_choice_waits_at_its_stop(qtbot: QtBot, desktop: Desktop) -> None:
    stops = opened(qtbot, desktop)
    view = stops.list.view
    QTest.keyClick(view, Qt.Key.Key_3)
    QTest.keyClick(view, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: shows(desktop, 9))
    assert stops.panel.draft.empty  # a choice never goes along to another stop
    assert not confirm(desktop).isEnabled()
    QTest.keyClick(view, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: shows(desktop, 10))
    assert stops.panel.draft.reason_key == "2"
    assert confirm(desktop).isEnabled()


def test_a_refresh_does_not_touch_what_was_begun(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    stops = opened(qtbot, desktop)
    press(desktop, names.stops_reason(2))
    QTest.keyClicks(find(desktop, QLineEdit, names.STOPS_NOTE), "hopper empty")
    desk.stops.change(10, ended_at=rows.NOW, duration_s=380.0)  # the machine runs again
    desktop.ctx.watch.ledger_changed.emit()
    qtbot.waitUntil(lambda: bool(stops.panel.detail and stops.panel.detail.row.version == 2))
    press(desktop, names.STOPS_CONFIRM)
    qtbot.waitUntil(lambda: bool(asked(desk, "explain")))
    assert asked(desk, "explain") == [(rows.LEAD, 10, 2, "1", "hopper empty")]


def test_a_planned_reason_says_that_odoo_gets_nothing(qtbot: QtBot, desktop: Desktop) -> None:
    opened(qtbot, desktop)
    press(desktop, names.stops_reason(5))
    assert "Odoo gets no downtime" in find(desktop, QLabel, names.STOPS_EFFECT).text()


# --- why it cannot be done ----------------------------------------------------------------------------------


def test_the_action_says_why_it_is_disabled(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    opened(qtbot, desktop)
    assert (confirm(desktop).isEnabled(), why_not(desktop)) == (False, "Choose the reason.")
    desktop.window.show_page("stops", 8)
    qtbot.waitUntil(lambda: shows(desktop, 8))
    assert why_not(desktop) == "Choose another reason to change it."
    press(desktop, names.stops_reason(1))
    assert (confirm(desktop).isEnabled(), why_not(desktop)) == (False, "That is its reason already.")
    press(desktop, names.stops_reason(2))
    assert (confirm(desktop).isEnabled(), confirm(desktop).text()) == (True, "Change reason")
    desk.stops.forbidden = "Work center WC-111 is archived in Odoo."
    desktop.ctx.watch.ledger_changed.emit()
    qtbot.waitUntil(lambda: why_not(desktop) == desk.stops.forbidden)
    assert not confirm(desktop).isEnabled()
    assert not find(desktop, QPushButton, names.STOPS_SPLIT).isEnabled()
    assert find(desktop, QPushButton, names.STOPS_SPLIT).toolTip() == desk.stops.forbidden


def test_who_may_not_is_told_so(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    stops = opened(qtbot, desktop, person=rows.INSPECTOR)
    assert "may not explain stops" in why_not(desktop)
    assert not find(desktop, QAbstractButton, names.stops_reason(1)).isEnabled()
    for key in (Qt.Key.Key_1, Qt.Key.Key_Return, Qt.Key.Key_T):
        QTest.keyClick(stops.list.view, key)
    calm(qtbot, desktop)
    assert asked(desk, "explain") == []
    assert stops.panel.draft.empty


def test_a_refusal_is_said_and_the_choice_stays(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    stops = opened(qtbot, desktop)
    desk.stops.error = InvalidDecision("Odoo's loss reason is gone.", "Choose another one.")
    press(desktop, names.stops_reason(1))
    press(desktop, names.STOPS_CONFIRM)
    qtbot.waitUntil(lambda: "loss reason is gone" in stops.messages.text)
    calm(qtbot, desktop)
    assert shows(desktop, 10)
    assert stops.panel.draft.reason_key == "2/Jam at infeed"
    assert confirm(desktop).isEnabled()


# --- two people, and a lock ---------------------------------------------------------------------------------


def test_somebody_else_explains_it_while_a_person_chooses(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk
) -> None:
    stops = opened(qtbot, desktop)
    press(desktop, names.stops_reason(2))
    desk.stops.explain(SECOND, 10, 1, "3")
    desktop.ctx.watch.ledger_changed.emit()
    qtbot.waitUntil(lambda: "Lead E explained it meanwhile" in stops.messages.text)
    assert stops.panel.draft.empty
    assert not confirm(desktop).isEnabled()  # to override the other one, choose again
    calm(qtbot, desktop)
    assert stops.title.text() == "Stops: 2 to explain"


def test_two_confirm_at_once_the_second_is_told_and_the_list_is_fresh(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk
) -> None:
    stops = opened(qtbot, desktop)
    press(desktop, names.stops_reason(2))
    desk.stops.explain(SECOND, 10, 1, "3")  # no hint has come yet
    press(desktop, names.STOPS_CONFIRM)
    qtbot.waitUntil(lambda: stops.messages.text != "")
    qtbot.waitUntil(lambda: bool(stops.panel.detail and stops.panel.detail.row.reason_key == "3"))
    calm(qtbot, desktop)
    assert desk.stops.row(10).explained_by == "Lead E"
    assert "meanwhile" in stops.messages.text
    assert "Setup and Adjustments" in stops.list.csv()
    assert not confirm(desktop).isEnabled()


def test_locked_in_the_middle_the_same_person_finds_it_as_it_was(qtbot: QtBot, desktop: Desktop) -> None:
    stops = opened(qtbot, desktop)
    press(desktop, names.stops_reason(4))
    desktop.window.lock("test")
    sign_in(qtbot, desktop)
    qtbot.waitUntil(lambda: shows(desktop, 10))
    assert stops.panel.draft.reason_key == "3"
    assert stops.messages.text == ""


def test_locked_in_the_middle_another_person_does_not_confirm_it(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk
) -> None:
    stops = opened(qtbot, desktop)
    press(desktop, names.stops_reason(4))
    desktop.window.lock("test")
    sign_in(qtbot, desktop, rows.ADMIN)
    qtbot.waitUntil(lambda: shows(desktop, 10))
    assert "What Lead A had chosen" in stops.messages.text
    assert stops.panel.draft.empty
    QTest.keyClick(stops.list.view, Qt.Key.Key_Return)
    calm(qtbot, desktop)
    assert asked(desk, "explain") == []


def test_a_stop_that_was_merged_leads_to_what_it_is_part_of(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk
) -> None:
    desk.stops.merged = {77: 8}
    sign_in(qtbot, desktop, page="stops")
    desktop.window.show_page("stops", 77)
    qtbot.waitUntil(lambda: shows(desktop, 8))
    current = page(desktop).list.current
    assert current is not None
    assert current.id == 8


# --- several ------------------------------------------------------------------------------------------------


def select(stops: StopsPage, *ids: int) -> None:
    """As with Ctrl and the mouse."""
    model = stops.list.view.selectionModel()
    stops.list.view.clearSelection()
    for number in range(stops.list.proxy.rowCount()):
        index = stops.list.proxy.index(number, 0)
        if stops.list.model.row(stops.list.proxy.mapToSource(index).row()).id in ids:
            flags = QItemSelectionModel.SelectionFlag
            model.select(index, flags.Select | flags.Rows)


def test_several_get_one_reason(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    stops = opened(qtbot, desktop)
    select(stops, 9, 5)
    qtbot.waitUntil(lambda: confirm(desktop).text() == "Confirm 2 stops")
    assert why_not(desktop) == "Choose the reason."
    press(desktop, names.stops_reason(2))
    press(desktop, names.STOPS_CONFIRM)
    qtbot.waitUntil(lambda: bool(asked(desk, "explain_several")))
    person, given, key = asked(desk, "explain_several")[0]
    assert (person, key) == (rows.LEAD, "1")
    assert set(given) == {(9, 1), (5, 1)}  # type: ignore[call-overload]
    qtbot.waitUntil(lambda: shows(desktop, 10))


def test_a_standing_one_is_not_explained_with_others(qtbot: QtBot, desktop: Desktop) -> None:
    stops = opened(qtbot, desktop)
    select(stops, 10, 9)
    qtbot.waitUntil(lambda: "still stands" in why_not(desktop))
    assert not confirm(desktop).isEnabled()


def test_only_reasons_that_all_machines_have(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    desk.stops.trees["capper1"] = rows_stops.tree()[1:3]
    stops = opened(qtbot, desktop)
    select(stops, 9, 5)  # filler1 and capper1
    qtbot.waitUntil(lambda: confirm(desktop).text() == "Confirm 2 stops")
    keys = [k.node.key for k in stops.panel.findChildren(ReasonKey) if k.isVisible()]
    assert keys == ["1", "3"]


def test_a_finger_selects_several_with_the_switch(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    stops = opened(qtbot, desktop)
    press(desktop, names.STOPS_SEVERAL)
    view = stops.list.view
    view.clearSelection()
    for line in (1, 2):
        place = view.visualRect(view.model().index(line, 0)).center()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: confirm(desktop).text() == "Confirm 2 stops")
    press(desktop, names.STOPS_SEVERAL)
    qtbot.waitUntil(lambda: stops.panel.detail is not None)
    calm(qtbot, desktop)
    assert asked(desk, "explain_several") == []


# --- split, merge, move, note -------------------------------------------------------------------------------


def give_reason(desktop: Desktop) -> None:
    chip = page(desktop).panel.findChild(QPushButton, names.decision_reason(1))
    assert chip is not None
    QTest.mouseClick(chip, Qt.MouseButton.LeftButton)


def test_a_stop_is_split_at_a_typed_time(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    opened(qtbot, desktop, 8)  # 10:24:00 to 10:31:05 in the plant
    press(desktop, names.STOPS_SPLIT)
    field = find(desktop, QLineEdit, names.STOPS_AT)
    field.setText("9:00")
    assert why_not(desktop) == "The time must lie within the stop."
    field.setText("soon")
    assert "Type the time" in why_not(desktop)
    field.setText("10:26:30")
    assert why_not(desktop) == "Give a reason."
    assert find(desktop, StateStrip, names.STOPS_STRIP).lines[0].minute == 26
    assert clipped(desktop.window) == []
    give_reason(desktop)
    assert "2 min 30 s keep their reason" in find(desktop, QLabel, names.STOPS_EFFECT).text()
    press(desktop, names.STOPS_CONFIRM)
    qtbot.waitUntil(lambda: bool(asked(desk, "split")))
    person, stop_id, version, at, reason = asked(desk, "split")[0]
    assert (person, stop_id, version, reason) == (rows.LEAD, 8, 1, "Two causes")
    assert isinstance(at, datetime)
    assert at == rows.ago(minutes=48) + timedelta(minutes=2, seconds=30)


def test_a_line_is_dragged_and_the_time_follows(qtbot: QtBot, desktop: Desktop) -> None:
    opened(qtbot, desktop, 8)
    press(desktop, names.STOPS_SPLIT)
    strip = find(desktop, StateStrip, names.STOPS_STRIP)
    before = strip.lines[0]
    middle = QPoint(strip.width() // 2, 24)
    QTest.mousePress(strip, Qt.MouseButton.LeftButton, pos=middle)
    QTest.mouseMove(strip, middle + QPoint(30, 0))
    QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=middle + QPoint(30, 0))
    assert strip.lines[0] > before
    text = find(desktop, QLineEdit, names.STOPS_AT).text()
    assert text == desktop.ctx.times.second(strip.lines[0])
    QTest.mousePress(strip, Qt.MouseButton.LeftButton, pos=middle)
    QTest.mouseMove(strip, QPoint(strip.width() + 200, 24))  # never beyond the stop
    QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=middle)
    assert strip.lines[0] == rows.ago(minutes=48) + timedelta(seconds=425)
    strip.setFocus()
    QTest.keyClick(strip, Qt.Key.Key_Left)
    assert find(desktop, QLineEdit, names.STOPS_AT).text() == "10:31:04"


def test_two_stops_are_merged(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    desk.stops.micro_rows = ()
    opened(qtbot, desktop, 4)  # the oldest of filler 2
    press(desktop, names.STOPS_MERGE)
    assert why_not(desktop) == "Choose the neighbour."
    before = find(desktop, QPushButton, names.STOPS_MERGE_BEFORE)
    assert (before.isEnabled(), before.text()) == (False, "Before: none close enough")
    press(desktop, names.STOPS_MERGE_AFTER)
    give_reason(desktop)
    assert clipped(desktop.window) == []
    press(desktop, names.STOPS_CONFIRM)
    qtbot.waitUntil(lambda: bool(asked(desk, "merge")))
    assert asked(desk, "merge")[0] == (rows.LEAD, 4, 1, 8, 1, "Same cause")


def test_a_stop_without_neighbours_says_why_it_cannot_be_merged(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk
) -> None:
    desk.stops.micro_rows = ()
    desk.stops.rows = desk.stops.rows[:1]
    opened(qtbot, desktop)
    merge = find(desktop, QPushButton, names.STOPS_MERGE)
    assert not merge.isEnabled()
    assert "no neighbour" in merge.toolTip()


def test_start_and_end_are_moved_within_the_bounds(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    desk.stops.micro_rows = ()
    opened(qtbot, desktop, 8)
    press(desktop, names.STOPS_MOVE)
    assert why_not(desktop) == "Drag an edge, or type another time."
    start, end = (find(desktop, QLineEdit, n) for n in (names.STOPS_START, names.STOPS_END))
    end.setText("11:07:00")  # there stands the next one
    assert "It can lie between 09:03:00 and 11:05:40" in why_not(desktop)
    end.setText("10:20:00")
    assert why_not(desktop) == "The end must be later than the start."
    end.setText("10:35:00")
    start.setText("102300")  # as typed in haste
    give_reason(desktop)
    assert clipped(desktop.window) == []
    press(desktop, names.STOPS_CONFIRM)
    qtbot.waitUntil(lambda: bool(asked(desk, "move")))
    moved_from, moved_to = asked(desk, "move")[0][3:5]
    assert (moved_from, moved_to) == (rows.ago(minutes=49), rows.ago(minutes=37))


def test_of_a_standing_stop_only_the_start_moves(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    opened(qtbot, desktop)
    press(desktop, names.STOPS_MOVE)
    end = find(desktop, QLineEdit, names.STOPS_END)
    assert (end.text(), end.isEnabled()) == ("stands", False)
    find(desktop, QLineEdit, names.STOPS_START).setText("11:05:00")
    give_reason(desktop)
    press(desktop, names.STOPS_CONFIRM)
    qtbot.waitUntil(lambda: bool(asked(desk, "move")))
    assert asked(desk, "move")[0][3:5] == (rows.ago(minutes=7), None)


def test_a_note_is_kept_alone(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    stops = opened(qtbot, desktop, 8)
    note = find(desktop, QLineEdit, names.STOPS_NOTE)
    assert note.text() == "Cap under the belt"
    note.selectAll()
    QTest.keyClicks(note, "Two caps")
    assert confirm(desktop).text() == "Keep note"
    QTest.keyClick(note, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(asked(desk, "annotate")))
    assert asked(desk, "annotate")[0] == (rows.LEAD, 8, 1, "Two caps")
    calm(qtbot, desktop)
    assert note.text() == "Two caps"
    assert stops.panel.draft.empty


def test_what_is_told_of_a_stop(qtbot: QtBot, desktop: Desktop) -> None:
    stops = opened(qtbot, desktop, 8)
    calm(qtbot, desktop)
    texts = [w.text() for w in stops.panel.findChildren(QLabel) if w.isVisible()]
    assert any("Lead A: Jam at infeed" in t for t in texts)
    in_odoo = find(desktop, QLabel, names.STOPS_IN_ODOO).text()
    assert "verified" in in_odoo
    assert "working hours of its calendar" in in_odoo
    press(desktop, names.STOPS_WIDER)
    press(desktop, names.STOPS_CLOSER)
    press(desktop, names.STOPS_TRACE)
    calm(qtbot, desktop)
    assert desktop.window.page == "trace"


# --- the list -----------------------------------------------------------------------------------------------


def test_micro_stops_are_a_count_until_asked_for(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    stops = opened(qtbot, desktop)
    switch = find(desktop, QPushButton, names.STOPS_MICRO)
    assert switch.text() == "14 micro-stops, 5 min 43 s"
    assert stops.list.model.rowCount() == 10
    press(desktop, names.STOPS_MICRO)
    qtbot.waitUntil(lambda: stops.list.model.rowCount() == 24)
    assert desk.stops.asked[2] is True


def test_filters_search_copy_and_export(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    stops = opened(qtbot, desktop)
    machine = find(desktop, QWidget, names.STOPS_MACHINE)
    machine.setCurrentIndex(machine.findData("filler2"))  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: desk.stops.asked[0] == "filler2")
    span = find(desktop, QWidget, names.STOPS_SPAN)
    span.setCurrentIndex(span.findData(72))  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: desk.stops.asked[1] == 72)
    machine.setCurrentIndex(0)  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: desk.stops.asked[0] is None)
    calm(qtbot, desktop)
    stops.list.filter_box.setCurrentIndex(1)
    assert stops.list.proxy.rowCount() == 3
    stops.list.filter_box.setCurrentIndex(3)
    assert stops.list.proxy.rowCount() == 2
    stops.list.filter_box.setCurrentIndex(0)
    stops.list.search.setText("jam infeed")
    assert stops.list.proxy.rowCount() == 1
    assert "Filler 2" in stops.list.csv()
    stops.list.view.selectAll()
    QTest.keyClick(stops.list.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert "Jam at infeed" in QGuiApplication.clipboard().text()


def test_older_ones_that_wait_are_listed_too(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    desk.stops.older = (rows_stops.stop(900, 0, rows.ago(hours=90), 700, level=Level.MEDIUM),)
    stops = opened(qtbot, desktop)
    assert stops.list.model.rowCount() == 11
    assert stops.list.choose(900)


def test_pareto_sums_up_what_is_left_over(qtbot: QtBot, desktop: Desktop) -> None:
    opened(qtbot, desktop)
    bars = find(desktop, QWidget, names.STOPS_PARETO).bars  # type: ignore[attr-defined]
    assert [b.reason for b in bars][-1] == "3 others"
    assert round(bars[-1].minutes, 1) == 10.5
    assert bars[-1].cumulative == 1.0


def test_without_stops_the_page_says_what_would_be_there(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk
) -> None:
    desk.stops.rows, desk.stops.micro_rows, desk.stops.pareto = (), (), ()
    sign_in(qtbot, desktop, page="stops")
    assert page(desktop).panel.isHidden()
    empty = page(desktop).list.findChild(QWidget, names.LIST_EMPTY)
    assert empty is not None
    assert empty.isVisible()
    assert page(desktop).title.text() == "Stops"
    assert find(desktop, QWidget, names.STOPS_NEXT).isHidden()


def test_next_walks_those_that_wait(qtbot: QtBot, desktop: Desktop) -> None:
    stops = opened(qtbot, desktop, 8)
    press(desktop, names.STOPS_NEXT)
    qtbot.waitUntil(lambda: shows(desktop, 10))
    QTest.keyClick(stops.list.view, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: shows(desktop, 5))


def test_only_what_went_wrong_is_coloured(qtbot: QtBot, desktop: Desktop) -> None:
    stops = opened(qtbot, desktop)
    odoo = next(c for c in stops.list.model.columns if c.key == "odoo")
    assert odoo.level is not None
    by_state = {r.posting: odoo.level(r) for r in stops.list.model.rows}
    assert by_state[PostingState.REJECTED] is Level.CRITICAL
    assert by_state[PostingState.READY] is Level.NORMAL
    assert by_state[None] is Level.NORMAL


def test_every_button_is_a_finger_high(qtbot: QtBot, desktop: Desktop) -> None:
    opened(qtbot, desktop)
    assert small_targets(desktop.window) == []
    assert clipped(desktop.window) == []
    assert QApplication.focusWidget() is page(desktop).list.view
