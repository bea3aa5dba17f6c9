"""The line above every page that asks why a machine stands: it asks, it does not stand in the way."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from console.desktop import object_names as names
from console.desktop.app import Desktop
from console.desktop.main_window import LANDING, PAGE_KEYS, rail_entries
from console.desktop.pages.stops import StopsPage
from console.desktop.widgets.nav_rail import NavButton
from console.desktop.widgets.stop_prompt import prompt_words
from console.domain.people import Person, Role
from console.services.views import StopPrompt
from tests.desktop import rows
from tests.desktop.looking import calm, clipped, find, press, sign_in, small_targets
from tests.desktop.memory_desk import MemoryDesk

FIRST = StopPrompt(10, "Filler 2", rows.ago(minutes=2, seconds=10))
OTHER = StopPrompt(9, "Filler 1", rows.ago(minutes=31), rows.ago(minutes=27))


def tell(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk, *prompts: StopPrompt) -> None:
    """The header is read again."""
    desk.head = rows.header(stops_waiting=len(prompts), stop_prompts=prompts)
    before = desk.reads.get("header", 0)
    desktop.ctx.watch.tick.emit()
    qtbot.waitUntil(lambda: desk.reads.get("header", 0) > before)
    calm(qtbot, desktop)


def test_it_asks_on_any_page_and_leaves_the_focus_alone(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk
) -> None:
    sign_in(qtbot, desktop, page="counts")
    focus = QApplication.focusWidget()
    assert focus is not None
    tell(qtbot, desktop, desk, FIRST, OTHER)
    prompt = desktop.window.stop_prompt
    assert prompt.text == "Filler 2 stands for 2 min: say why. One more stop waits."
    assert QApplication.focusWidget() is focus
    assert clipped(desktop.window) == []
    assert small_targets(desktop.window) == []
    for key, _, _ in rail_entries():
        desktop.window.show_page(key)
        assert prompt.isVisible() is (key != "stops"), key
    calm(qtbot, desktop)


def test_its_button_leads_to_that_stop(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    sign_in(qtbot, desktop, page="counts")
    tell(qtbot, desktop, desk, OTHER)
    assert desktop.window.stop_prompt.text == "Filler 1 stood for 4 min: say why."
    press(desktop, names.STOP_PROMPT_GO)
    page = desktop.window.pages["stops"]
    assert isinstance(page, StopsPage)
    qtbot.waitUntil(lambda: page.panel.detail is not None and page.panel.detail.row.id == 9)
    assert desktop.window.stop_prompt.isHidden()


def test_it_can_be_put_off_and_asks_about_the_next_one(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk
) -> None:
    sign_in(qtbot, desktop, page="counts")
    tell(qtbot, desktop, desk, FIRST)
    press(desktop, names.STOP_PROMPT_LATER)
    assert desktop.window.stop_prompt.isHidden()
    tell(qtbot, desktop, desk, FIRST)
    assert desktop.window.stop_prompt.isHidden()
    tell(qtbot, desktop, desk, FIRST, OTHER)
    assert "Filler 1" in desktop.window.stop_prompt.text
    desktop.window.lock("test")
    sign_in(qtbot, desktop, rows.ADMIN)  # another person never put it off
    calm(qtbot, desktop)
    tell(qtbot, desktop, desk, FIRST, OTHER)
    assert "Filler 2" in desktop.window.stop_prompt.text
    tell(qtbot, desktop, desk)
    assert desktop.window.stop_prompt.isHidden()


def test_it_asks_only_who_may_answer(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    sign_in(qtbot, desktop, rows.INSPECTOR, page="review")
    tell(qtbot, desktop, desk, FIRST)
    assert desktop.window.stop_prompt.isHidden()
    assert find(desktop, NavButton, names.NAV_STOPS).count == 1


def test_nothing_moves_away_under_a_finger(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    sign_in(qtbot, desktop, page="counts")
    target = find(desktop, QWidget, names.COUNTS_GRID)
    QTest.mousePress(target, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    tell(qtbot, desktop, desk, FIRST)
    held = desktop.window.stop_prompt.isHidden()
    QTest.mouseRelease(target, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert held
    tell(qtbot, desktop, desk, FIRST)
    assert desktop.window.stop_prompt.isVisible()


def test_what_waits_is_counted_in_the_rail(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    sign_in(qtbot, desktop, page="overview")
    desk.head = rows.header(stops_waiting=7, holds_open=4, alarms=(1, 0, 2))
    desktop.ctx.watch.tick.emit()
    qtbot.waitUntil(lambda: find(desktop, NavButton, names.NAV_STOPS).count == 7)
    assert find(desktop, NavButton, names.NAV_HOLDS).count == 4
    assert find(desktop, NavButton, names.NAV_ALARMS).count == 3
    press(desktop, names.HEADER_ALARMS)
    assert desktop.window.page == "alarms"


def test_words_of_the_prompt() -> None:
    fresh = replace(FIRST, started_at=rows.ago(seconds=45))
    assert prompt_words(fresh, 1, rows.NOW) == "Filler 2 stands for 45 s: say why."
    assert prompt_words(FIRST, 4, rows.NOW).endswith("3 more stops wait.")


def test_each_role_lands_where_its_work_is(qtbot: QtBot, desktop: Desktop) -> None:
    pages = desktop.window.pages
    assert {r: LANDING[r] for r in Role} == {
        Role.SUPERVISOR: "counts",
        Role.INSPECTOR: "holds",
        Role.MAINTENANCE: "alarms",
        Role.ADMINISTRATOR: "settings",
    }
    assert [k for k, _, _ in rail_entries()] == list(pages)
    assert len(PAGE_KEYS) == len(pages)


def test_the_first_person_lands_on_their_page(qtbot: QtBot, desktop: Desktop) -> None:
    sign_in(qtbot, desktop, Person(4, "Maintenance D", frozenset({Role.MAINTENANCE})))
    assert desktop.window.page == "alarms"


def test_all_entries_fit_on_a_low_screen(qtbot: QtBot, desktop: Desktop) -> None:
    sign_in(qtbot, desktop, page="overview")
    window = desktop.window
    for height in (768, 680):
        window.resize(1366, height)
        qtbot.wait(30)
        buttons = window.rail.findChildren(NavButton)
        assert len(buttons) == 12
        for button in buttons:
            bottom = button.mapTo(window, QPoint(0, button.height())).y()
            assert bottom <= height, (height, button.key)
            assert button.height() >= 44


def test_lower_still_the_rail_scrolls_to_the_page_in_view(qtbot: QtBot, desktop: Desktop) -> None:
    sign_in(qtbot, desktop, page="overview")
    window = desktop.window
    window.setMinimumHeight(400)
    window.resize(1366, 480)
    qtbot.wait(30)
    window.show_page("settings")
    qtbot.wait(30)
    button = find(desktop, NavButton, names.NAV_SETTINGS)
    assert button.mapTo(window, QPoint(0, button.height())).y() <= window.height()
    assert button.height() >= 44
