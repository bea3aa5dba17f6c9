"""Policies in Settings: chosen by mouse or keyboard, changed with a reason, shown to everybody."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from console.desktop import object_names as names
from console.desktop.app import Desktop
from console.desktop.pages.policies_card import PoliciesCard
from console.desktop.pages.settings import SettingsPage
from console.desktop.widgets.tile import MachineTile
from console.domain.people import Person
from console.domain.policies import Flow, Mode
from console.errors import AlreadyDecided
from tests.desktop import rows
from tests.desktop.looking import calm, clipped, find, press, sign_in, small_targets
from tests.desktop.memory_desk import MemoryDesk

PRODUCTION, DOWNTIME, HOLD, MAINTENANCE = 1, 2, 3, 4


def opened(qtbot: QtBot, desktop: Desktop, person: Person = rows.LEAD) -> PoliciesCard:
    """The card, by its button."""
    sign_in(qtbot, desktop, person, page="settings")
    press(desktop, names.settings_part("policies"))
    calm(qtbot, desktop)
    page = desktop.window.pages["settings"]
    assert isinstance(page, SettingsPage)
    assert page.policies.table.model.rowCount() == 3
    return page.policies


def pick(card: PoliciesCard, line: int, flow: int) -> None:
    """Presses a cell, as a finger does."""
    view = card.table.view
    place = view.visualRect(card.table.proxy.index(line, flow)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)


def text(desktop: Desktop, name: str) -> str:
    return find(desktop, QLabel, name).text()


def asked(desk: MemoryDesk) -> list[object]:
    return [given for call, given in desk.calls if call == "set_policy"]


def test_a_policy_is_changed_by_mouse_with_a_reason(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    card = opened(qtbot, desktop)
    act = find(desktop, QPushButton, names.SETTINGS_POLICY_SET)
    assert text(desktop, names.SETTINGS_POLICY_WHY_NOT) == "Choose a policy in the list."
    pick(card, 1, PRODUCTION)
    assert text(desktop, names.SETTINGS_POLICY_TITLE) == "Filler 2: production"
    assert text(desktop, names.SETTINGS_POLICY_NOW) == "Nobody set it: confirm, as everywhere at first."
    assert text(desktop, names.SETTINGS_POLICY_WHY_NOT) == "It is so already: choose another mode."
    press(desktop, names.settings_policy_mode("automatic"))
    assert text(desktop, names.SETTINGS_POLICY_WHY_NOT) == "Type how many percent, 0 to 100."
    QTest.keyClicks(find(desktop, QLineEdit, names.SETTINGS_POLICY_TOLERANCE), "1.5")
    assert text(desktop, names.SETTINGS_POLICY_WHY_NOT) == "Give a reason."
    assert not act.isEnabled()
    QTest.keyClicks(find(desktop, QLineEdit, names.SETTINGS_POLICY_REASON), "Runs well")
    assert act.text() == "Set to automatic"
    calm(qtbot, desktop)
    assert clipped(desktop.window) == []
    assert small_targets(desktop.window) == []
    press(desktop, names.SETTINGS_POLICY_SET)
    qtbot.waitUntil(lambda: bool(asked(desk)))
    assert asked(desk) == [("filler2", Flow.PRODUCTION, Mode.AUTOMATIC, 1.5, "Runs well")]
    qtbot.waitUntil(lambda: "Filler 2,automatic 1.5 %,confirm" in card.table.csv())
    qtbot.waitUntil(
        lambda: text(desktop, names.SETTINGS_POLICY_NOW) == "Automatic 1.5 %, set by Lead A: Runs well"
    )
    assert find(desktop, QLineEdit, names.SETTINGS_POLICY_REASON).text() == ""
    assert not act.isEnabled()


def test_a_policy_is_changed_by_keyboard_alone(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    card = opened(qtbot, desktop)
    desktop.window.activateWindow()
    view = card.table.view
    view.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Right):
        QTest.keyClick(view, key)
    assert text(desktop, names.SETTINGS_POLICY_TITLE) == "Capper 1: downtime"
    QTest.keyClick(view, Qt.Key.Key_Return)
    confirm = find(desktop, QPushButton, names.settings_policy_mode("confirm"))
    assert confirm.hasFocus()
    QTest.keyClick(confirm, Qt.Key.Key_Left)
    shadow = find(desktop, QPushButton, names.settings_policy_mode("shadow"))
    assert shadow.isChecked()
    reason = find(desktop, QLineEdit, names.SETTINGS_POLICY_REASON)
    QTest.keyClick(shadow, Qt.Key.Key_Tab)
    assert reason.hasFocus()
    QTest.keyClicks(reason, "New sensor")
    QTest.keyClick(reason, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(asked(desk)))
    assert asked(desk) == [("capper1", Flow.DOWNTIME, Mode.SHADOW, 0.0, "New sensor")]


def test_maintenance_is_never_automatic(qtbot: QtBot, desktop: Desktop) -> None:
    card = opened(qtbot, desktop)
    pick(card, 0, MAINTENANCE)
    assert not find(desktop, QPushButton, names.settings_policy_mode("automatic")).isEnabled()
    assert find(desktop, QPushButton, names.settings_policy_mode("shadow")).isEnabled()
    shown = [x.text() for x in card.findChildren(QLabel) if x.isVisible()]
    assert any("never automatic" in words for words in shown)
    pick(card, 0, HOLD)
    assert find(desktop, QPushButton, names.settings_policy_mode("automatic")).isEnabled()


def test_another_cell_forgets_what_was_typed_and_shows_who_set_it(qtbot: QtBot, desktop: Desktop) -> None:
    card = opened(qtbot, desktop)
    pick(card, 0, PRODUCTION)
    assert text(desktop, names.SETTINGS_POLICY_NOW) == (
        "Automatic 2 %, set by Lead A: Four weeks without a difference"
    )
    assert find(desktop, QLineEdit, names.SETTINGS_POLICY_TOLERANCE).text() == "2"
    find(desktop, QLineEdit, names.SETTINGS_POLICY_REASON).setText("half a wo")
    pick(card, 2, HOLD)
    assert find(desktop, QLineEdit, names.SETTINGS_POLICY_REASON).text() == ""
    assert find(desktop, QLineEdit, names.SETTINGS_POLICY_TOLERANCE).isHidden()
    assert find(desktop, QPushButton, names.settings_policy_mode("shadow")).isChecked()


@pytest.mark.parametrize("percent", ["", "101", "two", "-1"])
def test_a_tolerance_is_a_percentage(qtbot: QtBot, desktop: Desktop, percent: str) -> None:
    card = opened(qtbot, desktop)
    pick(card, 0, PRODUCTION)
    find(desktop, QLineEdit, names.SETTINGS_POLICY_REASON).setText("why")
    find(desktop, QLineEdit, names.SETTINGS_POLICY_TOLERANCE).setText(percent)
    assert text(desktop, names.SETTINGS_POLICY_WHY_NOT) == "Type how many percent, 0 to 100."
    assert not find(desktop, QPushButton, names.SETTINGS_POLICY_SET).isEnabled()


@pytest.mark.parametrize("person", [rows.INSPECTOR, rows.PEOPLE[3]])
def test_other_roles_see_policies_and_why_they_cannot_set_them(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk, person: Person
) -> None:
    card = opened(qtbot, desktop, person)
    pick(card, 2, HOLD)
    assert text(desktop, names.SETTINGS_POLICY_NOW) == "Shadow, set by Lead A: Limits are tried out"
    assert "may not set policies" in text(desktop, names.SETTINGS_POLICY_WHY_NOT)
    for mode in Mode:
        assert not find(desktop, QPushButton, names.settings_policy_mode(mode.value)).isEnabled()
    assert not find(desktop, QLineEdit, names.SETTINGS_POLICY_REASON).isEnabled()
    assert not find(desktop, QPushButton, names.SETTINGS_POLICY_SET).isEnabled()


def test_a_refusal_keeps_what_was_typed(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    card = opened(qtbot, desktop)
    desk.policies.error = AlreadyDecided("This policy holds already.", "Choose another one.")
    pick(card, 1, PRODUCTION)
    press(desktop, names.settings_policy_mode("shadow"))
    QTest.keyClicks(find(desktop, QLineEdit, names.SETTINGS_POLICY_REASON), "why")
    press(desktop, names.SETTINGS_POLICY_SET)
    qtbot.waitUntil(lambda: "holds already" in desktop.window.pages["settings"].messages.text)
    assert find(desktop, QLineEdit, names.SETTINGS_POLICY_REASON).text() == "why"
    assert find(desktop, QPushButton, names.SETTINGS_POLICY_SET).isEnabled()


def test_a_change_by_somebody_else_is_seen(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    card = opened(qtbot, desktop)
    pick(card, 1, PRODUCTION)
    press(desktop, names.settings_policy_mode("shadow"))
    find(desktop, QLineEdit, names.SETTINGS_POLICY_REASON).setText("why")
    desk.policies._change("filler2", Flow.PRODUCTION, Mode.SHADOW, 0.0, "Lead C", "seen before")
    desktop.ctx.watch.ledger_changed.emit()
    qtbot.waitUntil(lambda: "Lead C" in text(desktop, names.SETTINGS_POLICY_NOW))
    assert text(desktop, names.SETTINGS_POLICY_WHY_NOT) == "It is so already: choose another mode."


def test_the_tile_says_what_is_not_confirmed_by_a_person(qtbot: QtBot, desktop: Desktop) -> None:
    sign_in(qtbot, desktop, page="overview")
    tile = find(desktop, MachineTile, names.overview_tile("filler1"))
    assert tile.accessibleName().endswith("policy automatic 2 %")
    assert "policy" not in find(desktop, MachineTile, names.overview_tile("filler2")).accessibleName()
