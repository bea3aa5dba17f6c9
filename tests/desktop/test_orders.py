"""Orders: one order's life through the real widgets."""

from __future__ import annotations

import gc
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QWidget

from console.desktop import object_names as names
from console.desktop.app import Desktop
from console.domain.people import Person
from console.errors import AlreadyDecided, InvalidDecision
from tests.desktop import rows
from tests.desktop.gallery import pick_row, settle
from tests.desktop.memory_desk import MemoryDesk
from tests.desktop.memory_order_life import detail


def orders_of(desktop: Desktop, person: Person) -> Desktop:
    """The page with its first order open."""
    desktop.window._signed_in(person)
    desktop.window.show_page("orders")
    settle(desktop)
    pick_row(desktop, names.ORDERS_LIST, 0)
    settle(desktop)
    return desktop


@pytest.fixture
def page(desktop: Desktop) -> Desktop:
    return orders_of(desktop, rows.LEAD)


def find(desktop, name: str) -> QWidget:
    found = [w for w in desktop.window.findChildren(QWidget, name) if w.isVisible()]
    assert found, name
    return found[0]


def click(desktop, name: str) -> None:
    widget = find(desktop, name)
    assert isinstance(widget, QAbstractButton)
    assert widget.isEnabled(), name
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)
    settle(desktop)


def type_into(desktop, name: str, text: str) -> None:
    line = find(desktop, name)
    assert isinstance(line, QLineEdit)
    line.clear()
    QTest.keyClicks(line, text)
    settle(desktop)


def why_not(desktop) -> str:
    words = find(desktop, names.SIDE_WHY_NOT)
    assert isinstance(words, QLabel)
    return words.text()


def done(desk: MemoryDesk, name: str) -> list[object]:
    return [given for call, given in desk.calls if call == name]


def test_an_operation_is_finished_in_two_taps_and_a_reason_only_where_it_is_asked_for(page, desk) -> None:
    click(page, names.order_operate(12, "finish"))
    click(page, names.SIDE_ACT)
    assert done(desk, "operate") == [(12, "finish", "")]
    desk.order_life.refusals = [InvalidDecision("340 are not made yet.", "Do it with a reason.")]
    click(page, names.order_operate(12, "finish"))
    click(page, names.SIDE_ACT)
    click(page, names.side_reason(4))
    click(page, names.SIDE_ACT)
    assert done(desk, "operate")[-1] == (12, "finish", "Cut short")


def test_scrap_gets_its_reason_in_three_taps(page, desk) -> None:
    click(page, names.order_scrap("filler1"))
    assert why_not(page) == "Give a reason."
    click(page, names.side_reason(1))
    click(page, names.SIDE_ACT)
    assert done(desk, "scrap") == [("filler1", 42, 21.0, "Wrong fill level", False)]


def test_no_more_scrap_than_was_counted_and_rework_books_nothing(page, desk) -> None:
    click(page, names.order_scrap("filler1"))
    click(page, names.side_reason(1))
    type_into(page, names.ORDER_FORM_QUANTITY, "22")
    assert why_not(page) == "At most 21 have no reason yet."
    assert not find(page, names.SIDE_ACT).isEnabled()
    type_into(page, names.ORDER_FORM_QUANTITY, "2")
    click(page, names.ORDER_FORM_REWORK)
    click(page, names.SIDE_ACT)
    assert done(desk, "scrap") == [("filler1", 42, 2.0, "Wrong fill level", True)]


def test_scrap_without_anything_open_says_why(page) -> None:
    button = find(page, names.order_scrap("capper1"))
    assert not button.isEnabled()
    assert button.toolTip() == "All has a reason."


def test_consumption_off_the_bill_of_materials_takes_a_reason(page, desk) -> None:
    click(page, names.order_consume(5))
    assert why_not(page).startswith("It differs")
    type_into(page, names.ORDER_FORM_QUANTITY, "308")
    assert why_not(page) == ""
    click(page, names.SIDE_ACT)
    assert done(desk, "confirm_consumption") == [(5, 1, 308.0, "")]


def test_closing_asks_what_becomes_of_the_rest(page, desk) -> None:
    click(page, names.ORDER_CLOSE)
    assert why_not(page) == "Choose what becomes of the rest."
    click(page, names.ORDER_FORM_BACKORDER)
    assert why_not(page) == "Less was made than ordered: say why."
    click(page, names.side_reason(3))
    click(page, names.SIDE_ACT)
    assert done(desk, "close") == [(42, 3660.0, True, "Rest comes later")]


def test_where_somebody_was_faster_the_form_goes_and_says_so(page, desk) -> None:
    desk.order_life.refusals = [AlreadyDecided("The closing is decided already.", "Look at it again.")]
    click(page, names.ORDER_CLOSE)
    click(page, names.ORDER_FORM_NO_BACKORDER)
    click(page, names.side_reason(1))
    click(page, names.SIDE_ACT)
    bar = page.window.pages["orders"].messages
    assert "decided already" in bar.text
    assert not [w for w in page.window.findChildren(QWidget, names.ORDER_FORM) if w.isVisible()]


def test_what_stands_in_the_way_of_closing_is_said_beside_the_button(
    desktop: Desktop, desk: MemoryDesk
) -> None:
    held = replace(detail(rows.ago(hours=1)), close_why_not="2 intervals are not decided.")
    desk.order_life.details = {42: held}
    orders_of(desktop, rows.LEAD)
    assert not find(desktop, names.ORDER_CLOSE).isEnabled()
    assert find(desktop, names.ORDER_WHY_NOT).text() == "2 intervals are not decided."


def test_an_inspector_may_look_and_is_told_why_not_more(desktop: Desktop) -> None:
    orders_of(desktop, rows.INSPECTOR)
    assert not find(desktop, names.ORDER_CLOSE).isEnabled()
    assert "may not" in find(desktop, names.ORDER_WHY_NOT).text()
    assert not find(desktop, names.order_operate(12, "finish")).isEnabled()


def test_an_order_that_is_gone_says_so(page, desk) -> None:
    desk.order_life.details = {}
    pick_row(page, names.ORDERS_LIST, 1)
    settle(page, 0.6)
    assert not find(page, "orders_hint").isHidden()


def test_forms_come_and_go_without_taking_the_window_along(page) -> None:
    """A form that was closed is deleted by Qt later, not by Python under the click that closes it."""
    for _ in range(12):
        click(page, names.order_scrap("filler1"))
        click(page, names.SLIDE_OVER_CLOSE)
        gc.collect()
        settle(page, 0.05)
    assert find(page, names.ORDER_PANEL).isVisible()
