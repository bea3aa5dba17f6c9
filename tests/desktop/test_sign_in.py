"""Sign-in: right and wrong PIN, keyboard, first start, lock and return."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from console.desktop import object_names as names
from console.desktop.app import Desktop
from console.desktop.widgets.messages import MessageBar
from console.desktop.widgets.pin_pad import PinPad
from console.domain.people import Role
from tests.desktop import rows
from tests.desktop.looking import calm, find, press, sign_in
from tests.desktop.memory_desk import MemoryDesk


def test_right_pin_lands_on_the_role_s_page(qtbot: QtBot, desktop: Desktop) -> None:
    sign_in(qtbot, desktop, rows.INSPECTOR)
    assert not find(desktop, QWidget, names.SIGN_IN).isVisible()
    assert desktop.window.page == "holds"


def test_wrong_pin_says_so_and_keeps_the_door_shut(qtbot: QtBot, desktop: Desktop) -> None:
    qtbot.waitUntil(lambda: desktop.window.findChild(QWidget, names.sign_in_person("Lead A")) is not None)
    press(desktop, names.sign_in_person("Lead A"))
    for _ in range(4):
        press(desktop, names.sign_in_pin(9))
    press(desktop, names.SIGN_IN_ENTER)
    bar = find(desktop, MessageBar, names.SIGN_IN_MESSAGE)
    qtbot.waitUntil(lambda: "not right" in bar.text)
    assert "4 tries" in bar.text
    assert desktop.ctx.session.person is None
    assert find(desktop, PinPad, names.SIGN_IN_PIN).pin == ""


def test_keyboard_types_the_pin(qtbot: QtBot, desktop: Desktop) -> None:
    qtbot.waitUntil(lambda: desktop.window.findChild(QWidget, names.sign_in_person("Lead A")) is not None)
    press(desktop, names.sign_in_person("Lead A"))
    pad = find(desktop, PinPad, names.SIGN_IN_PIN)
    QTest.keyClicks(pad, "12345")
    QTest.keyClick(pad, Qt.Key.Key_Backspace)
    QTest.keyClick(pad, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: desktop.ctx.session.person == rows.LEAD)


def test_lock_returns_to_the_page_where_one_was(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    sign_in(qtbot, desktop, page="outbox")
    press(desktop, names.HEADER_LOCK)
    assert desktop.ctx.session.person is None
    assert find(desktop, QWidget, names.SIGN_IN).isVisible()
    calm(qtbot, desktop)
    assert ("sign_out", "locked by hand") in desk.calls
    sign_in(qtbot, desktop, rows.INSPECTOR)
    assert desktop.window.page == "outbox"


def test_locks_itself_when_nobody_is_there(qtbot: QtBot, desktop: Desktop) -> None:
    sign_in(qtbot, desktop)
    desktop.window.idle.set_interval_ms(60)
    qtbot.waitUntil(lambda: desktop.ctx.session.person is None, timeout=2000)


def test_first_start_makes_the_administrator(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    desk.persons = []
    desktop.window.sign_in.reload()
    name = find(desktop, QLineEdit, names.SIGN_IN_NAME)
    qtbot.waitUntil(name.isVisible)
    hint = find(desktop, QLabel, names.SIGN_IN_HINT)
    assert "name" in hint.text()
    QTest.keyClicks(name, "Anna")
    pad = find(desktop, PinPad, names.SIGN_IN_PIN)
    for pin in ("1234", "1235"):
        QTest.keyClicks(pad, pin)
        QTest.keyClick(pad, Qt.Key.Key_Return)
    bar = find(desktop, MessageBar, names.SIGN_IN_MESSAGE)
    assert "differ" in bar.text
    for pin in ("1234", "1234"):
        QTest.keyClicks(pad, pin)
        QTest.keyClick(pad, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: desktop.ctx.session.person is not None)
    made = next(args for call, args in desk.calls if call == "create_person")
    assert made == (None, "Anna", frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR}), "1234")


def test_a_short_first_pin_cannot_be_entered(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    desk.persons = []
    desktop.window.sign_in.reload()
    name = find(desktop, QLineEdit, names.SIGN_IN_NAME)
    qtbot.waitUntil(name.isVisible)
    QTest.keyClicks(name, "Anna")
    pad = find(desktop, PinPad, names.SIGN_IN_PIN)
    QTest.keyClicks(pad, "12")
    assert not pad.enter.isEnabled()
    assert "At least 4 digits" in find(desktop, QLabel, names.SIGN_IN_HINT).text()
