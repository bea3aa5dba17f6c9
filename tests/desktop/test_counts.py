"""Counts: one tap confirms; ticks belong to proposals; a failing hour is decided with a reason."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from console.desktop import object_names as names
from console.desktop.app import Desktop
from console.desktop.models.preview import preview_lines, total_words
from console.desktop.pages.counts import CountsPage
from console.desktop.widgets.decision_panel import DecisionPanel
from console.errors import InvalidDecision
from console.services.views import CellLevel, CountColumn, CountsView, Preview, PreviewLine
from tests.desktop import rows
from tests.desktop.looking import calm, find, press, sign_in
from tests.desktop.memory_desk import PIN, MemoryDesk


def page(desktop: Desktop) -> CountsPage:
    found = desktop.window.pages["counts"]
    assert isinstance(found, CountsPage)
    return found


def opened(qtbot: QtBot, desktop: Desktop) -> CountsPage:
    sign_in(qtbot, desktop, page="counts")
    qtbot.waitUntil(lambda: find(desktop, QPushButton, names.COUNTS_CONFIRM).isEnabled())
    return page(desktop)


def panel(desktop: Desktop) -> DecisionPanel:
    return find(desktop, DecisionPanel, names.COUNTS_PANEL)


def act_of(desktop: Desktop) -> QPushButton:
    """The action of this page's panel (Review has one of the same name)."""
    found = panel(desktop).findChild(QPushButton, names.DECISION_ACT)
    assert found is not None
    return found


def test_green_hours_are_ticked_and_one_tap_confirms(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk
) -> None:
    opened(qtbot, desktop)
    assert find(desktop, QPushButton, names.COUNTS_CONFIRM).text() == "Confirm 10 hours"
    assert "4,223 ea" in find(desktop, QLabel, names.COUNTS_SUMMARY).text()
    assert "1,202 → 3,002 of 4,000" in find(desktop, QLabel, names.COUNTS_PREVIEW).text()
    press(desktop, names.COUNTS_CONFIRM)
    qtbot.waitUntil(lambda: any(c == "confirm" for c, _ in desk.calls))
    person, picks = next(args for call, args in desk.calls if call == "confirm")
    assert person == rows.LEAD
    assert len(picks) == 10
    calm(qtbot, desktop)
    assert "10 hours confirmed" in page(desktop).messages.text
    assert not find(desktop, QPushButton, names.COUNTS_CONFIRM).isEnabled()
    assert "Tick at least one cell" in find(desktop, QLabel, names.COUNTS_WHY_NOT).text()


def test_the_whole_flow_by_keyboard(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    counts = opened(qtbot, desktop)
    grid = counts.grid
    grid.setFocus()
    grid.setCurrentIndex(counts.model.index(0, 2))
    QTest.keyClick(grid, Qt.Key.Key_Space)
    assert len(counts.model.picks) == 9
    QTest.keyClick(grid, Qt.Key.Key_Right)
    QTest.keyClick(grid, Qt.Key.Key_Space)
    assert len(counts.model.picks) == 8
    QTest.keyClick(grid, Qt.Key.Key_Space)
    assert len(counts.model.picks) == 9
    qtbot.waitUntil(lambda: find(desktop, QPushButton, names.COUNTS_CONFIRM).isEnabled())
    QTest.keyClick(grid, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: any(c == "confirm" for c, _ in desk.calls))
    assert len(next(a for c, a in desk.calls if c == "confirm")[1]) == 9


def test_a_finger_ticks_at_the_left_and_opens_elsewhere(qtbot: QtBot, desktop: Desktop) -> None:
    counts = opened(qtbot, desktop)
    rect = counts.grid.visualRect(counts.model.index(0, 2))
    middle = rect.center()
    middle.setX(rect.left() + 18)
    QTest.mouseClick(counts.grid.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert len(counts.model.picks) == 9
    assert panel(desktop).isHidden()
    middle.setX(rect.right() - 12)
    QTest.mouseClick(counts.grid.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    qtbot.waitUntil(panel(desktop).isVisible)
    assert len(counts.model.picks) == 9


def test_ticks_survive_a_refresh_that_moves_columns(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    counts = opened(qtbot, desktop)
    counts.model.toggle(counts.model.index(0, 2))
    before = counts.model.picks
    grid = desk.grid
    moved = tuple(replace(r, cells=r.cells[1:]) for r in grid.rows)
    desk.grid = replace(grid, columns=grid.columns[1:], rows=moved)
    desktop.ctx.watch.ledger_changed.emit()
    qtbot.waitUntil(lambda: counts.model.columnCount() == 5)
    assert counts.model.picks == before


def test_another_person_s_decision_takes_the_tick_away(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk
) -> None:
    counts = opened(qtbot, desktop)
    row = desk.grid.rows[0]
    done = replace(row.cells[2], level=CellLevel.DONE)  # type: ignore[type-var]
    cells = (*row.cells[:2], done, *row.cells[3:])
    desk.grid = replace(desk.grid, rows=(replace(row, cells=cells), *desk.grid.rows[1:]))
    desktop.ctx.watch.ledger_changed.emit()
    qtbot.waitUntil(lambda: len(counts.model.picks) == 9)


def test_a_failing_hour_needs_a_reason_then_four_taps_do(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk
) -> None:
    counts = opened(qtbot, desktop)
    place = counts.grid.visualRect(counts.model.index(1, 3)).center()
    QTest.mouseClick(counts.grid.viewport(), Qt.MouseButton.LeftButton, pos=place)  # tap 1
    qtbot.waitUntil(panel(desktop).isVisible)
    act = act_of(desktop)
    qtbot.waitUntil(lambda: act.text() == "Confirm 484")
    assert not act.isEnabled()
    why = panel(desktop).findChild(QLabel, names.DECISION_WHY_NOT)
    assert why is not None
    assert why.text() == "Give a reason."
    chip = panel(desktop).findChild(QPushButton, names.decision_reason(1))
    assert chip is not None
    QTest.mouseClick(chip, Qt.MouseButton.LeftButton)  # tap 2
    assert act.isEnabled()
    QTest.mouseClick(act, Qt.MouseButton.LeftButton)  # tap 3
    qtbot.waitUntil(lambda: any(c == "choose" for c, _ in desk.calls))
    _, pick, choice, given = next(a for c, a in desk.calls if c == "choose")
    assert (pick.proposal_id, choice) == (10, "leave-out")
    assert given["reason"] == "Counter reset by hand"
    qtbot.waitUntil(panel(desktop).isHidden)


def test_a_opens_the_amendment_and_typing_names_the_button(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk
) -> None:
    counts = opened(qtbot, desktop)
    counts.grid.setFocus()
    counts.grid.setCurrentIndex(counts.model.index(0, 2))
    QTest.keyClick(counts.grid, Qt.Key.Key_A)
    qtbot.waitUntil(panel(desktop).isVisible)
    field = panel(desktop).findChild(QLineEdit, names.DECISION_QUANTITY)
    reason = panel(desktop).findChild(QLineEdit, names.DECISION_REASON)
    assert field is not None
    assert reason is not None
    qtbot.waitUntil(field.isVisible)
    QTest.keyClicks(field, "1,590")
    QTest.keyClick(field, Qt.Key.Key_Return)  # a scanner's Enter goes on to the reason
    QTest.keyClicks(reason, "counted by hand")
    assert act_of(desktop).text() == "Amend to 1,590"
    QTest.keyClick(reason, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: any(c == "choose" for c, _ in desk.calls))
    given = next(a for c, a in desk.calls if c == "choose")[3]
    assert given["quantity"] == 1590


def test_a_split_must_add_up(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    counts = opened(qtbot, desktop)
    counts.grid.setCurrentIndex(counts.model.index(0, 2))
    QTest.keyClick(counts.grid, Qt.Key.Key_S)
    qtbot.waitUntil(panel(desktop).isVisible)
    side = panel(desktop)
    first = side.findChild(QLineEdit, names.decision_split_quantity(1))
    assert first is not None
    qtbot.waitUntil(first.isVisible)
    order = side.findChild(QWidget, names.decision_split_order(2))
    assert order is not None
    order.setCurrentText("WH/MO/00044")  # type: ignore[attr-defined]
    QTest.keyClicks(first, "400")
    QTest.keyClick(first, Qt.Key.Key_Return)  # gives the rest to the other part
    second = side.findChild(QLineEdit, names.decision_split_quantity(2))
    assert second is not None
    assert second.text() == "201"
    side.findChild(QLineEdit, names.DECISION_REASON).setText("order was changed")  # type: ignore[union-attr]
    QTest.mouseClick(act_of(desktop), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: any(c == "choose" for c, _ in desk.calls))
    given = next(a for c, a in desk.calls if c == "choose")[3]
    assert given["parts"] == (("WH/MO/00043", 400.0), ("WH/MO/00044", 201.0))


def test_a_second_person_signs(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    counts = opened(qtbot, desktop)
    counts.open_with(10)
    qtbot.waitUntil(panel(desktop).isVisible)
    assert panel(desktop).choose("count-all")
    side = panel(desktop)
    side.findChild(QLineEdit, names.DECISION_REASON).setText("counted")  # type: ignore[union-attr]
    act = act_of(desktop)
    assert not act.isEnabled()
    pin = side.findChild(QLineEdit, names.DECISION_WITNESS_PIN)
    assert pin is not None
    QTest.keyClicks(pin, PIN)
    assert act.isEnabled()
    QTest.mouseClick(act, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: any(c == "choose" for c, _ in desk.calls))
    given = next(a for c, a in desk.calls if c == "choose")[3]
    assert given["witness"] == rows.INSPECTOR
    qtbot.waitUntil(lambda: pin.text() == "")


def test_typing_survives_a_refresh(qtbot: QtBot, desktop: Desktop) -> None:
    counts = opened(qtbot, desktop)
    counts.open_with(10)
    qtbot.waitUntil(panel(desktop).isVisible)
    panel(desktop).choose("amend")
    field = panel(desktop).findChild(QLineEdit, names.DECISION_QUANTITY)
    assert field is not None
    field.setText("48")
    desktop.ctx.watch.ledger_changed.emit()
    qtbot.wait(450)
    calm(qtbot, desktop)
    assert field.text() == "48"
    choice = panel(desktop).choice
    assert choice is not None
    assert choice.key == "amend"


def test_a_role_that_may_not_confirm_is_told_so(qtbot: QtBot, desktop: Desktop) -> None:
    sign_in(qtbot, desktop, rows.INSPECTOR, page="counts")
    assert not find(desktop, QPushButton, names.COUNTS_CONFIRM).isEnabled()
    words = find(desktop, QLabel, names.COUNTS_WHY_NOT)
    assert words.isVisible()
    assert "Inspector" in words.text()


def test_the_desk_s_reason_stands_beside_the_button(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    desk.why_not = "Master data is 3 days old."
    sign_in(qtbot, desktop, page="counts")
    words = find(desktop, QLabel, names.COUNTS_WHY_NOT)
    qtbot.waitUntil(lambda: words.text() == "Master data is 3 days old.")
    assert not find(desktop, QPushButton, names.COUNTS_CONFIRM).isEnabled()


def test_a_refused_confirmation_shows_its_words_in_place(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk
) -> None:
    counts = opened(qtbot, desktop)
    desk.error = InvalidDecision("WH/MO/00042 is closed in Odoo.", "Assign another order.")
    press(desktop, names.COUNTS_CONFIRM)
    qtbot.waitUntil(lambda: "closed in Odoo" in counts.messages.text)
    assert "Assign another order" in counts.messages.text
    assert find(desktop, QPushButton, names.COUNTS_CONFIRM).isEnabled()


def test_a_preview_names_the_operation_and_adds_up_like_units_only() -> None:
    line = PreviewLine(
        "WH/MO/1", "Shampoo", "Units", 9, 93, 20000, ("28.5 kg Material",), 0, title="Filler 1"
    )
    other = replace(line, before=12, after=108, over=8, components=(), title="Capper 1")
    both = Preview(17, 1341, "", (line, other), "", orders=1)
    assert preview_lines(both) == (
        "Capper 1: WH/MO/1 12 → 108 of 20,000 Units · 8 over the order",
        "Filler 1: WH/MO/1 9 → 93 of 20,000 Units · uses 28.5 kg Material",
    )
    assert total_words(both) == "1 order"
    assert total_words(replace(both, orders=5)) == "5 orders"
    assert total_words(replace(both, unit="Units")) == "1,341 Units"


def test_new_hours_come_into_view_until_a_person_scrolls_away(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk
) -> None:
    counts = opened(qtbot, desktop)
    bar = counts.grid.horizontalScrollBar()
    hour = desk.grid.columns[-1].end - desk.grid.columns[-1].start

    def longer() -> None:
        grid = desk.grid
        columns = (*grid.columns, CountColumn(grid.columns[-1].end, grid.columns[-1].end + hour))
        desk.grid = CountsView(columns, tuple(replace(r, cells=(*r.cells, None)) for r in grid.rows))
        desktop.ctx.watch.ledger_changed.emit()
        qtbot.waitUntil(lambda: counts.model.columnCount() == len(columns))
        qtbot.wait(50)

    for _ in range(8):
        longer()
    assert bar.maximum() > 0
    assert bar.value() == bar.maximum()
    bar.setValue(0)
    longer()
    assert bar.value() < bar.maximum()
    width = counts.grid.columnWidth(0)
    assert counts.grid.viewport().width() % width < counts.grid.viewport().width() // width + width // 2


def test_the_keyboard_goes_through_the_panel_as_it_is_read(qtbot: QtBot, desktop: Desktop) -> None:
    counts = opened(qtbot, desktop)
    counts.open_with(10)
    qtbot.waitUntil(panel(desktop).isVisible)
    chip = panel(desktop).findChild(QPushButton, names.decision_reason(1))
    assert chip is not None
    QTest.mouseClick(chip, Qt.MouseButton.LeftButton)
    start = panel(desktop).findChild(QWidget, names.DECISION_CLOSE)
    assert start is not None
    start.setFocus()
    order = []
    for _ in range(7):
        QTest.keyClick(desktop.app.focusWidget(), Qt.Key.Key_Tab)
        order.append(desktop.app.focusWidget().objectName())
    wanted = [names.decision_choice("leave-out"), names.DECISION_REASON, names.DECISION_ACT]
    places = [order.index(name) for name in (*wanted, names.DECISION_TRACE)]
    assert places == sorted(places)
