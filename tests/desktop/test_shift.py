"""Shift: every figure leads to its rows; both people sign, a wrong PIN seals nothing; the report is a PDF."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from console.desktop import object_names as names
from console.desktop.app import Desktop
from console.desktop.formats import Times
from console.desktop.models.shift import percent, ratio_formula, term_lines, terms_of
from console.desktop.pages.shift import ShiftPage
from console.desktop.shift_report import CannotWrite, report_html, report_pdf, write_report
from console.desktop.widgets.basics import Combo
from console.desktop.widgets.data_table import DataTable
from console.desktop.widgets.oee_card import OeeCard
from console.desktop.widgets.shift_panels import SignOffPanel
from console.domain.people import Person, Role
from console.errors import InvalidDecision
from console.services.views.shift import ShiftNote, Term
from tests.desktop import memory_shifts, rows
from tests.desktop.looking import calm, clipped, find, press, sign_in, small_targets
from tests.desktop.memory_desk import MemoryDesk

OVER = "2026-11-19/Night"
SEALED = "2026-11-19/Evening"
RUNNING = "2026-11-20/Morning"
NEXT = Person(9, "Lead E", frozenset({Role.SUPERVISOR}))


def page(desktop: Desktop) -> ShiftPage:
    found = desktop.window.pages["shift"]
    assert isinstance(found, ShiftPage)
    return found


def opened(qtbot: QtBot, desktop: Desktop, key: str = RUNNING, person: Person = rows.LEAD) -> ShiftPage:
    sign_in(qtbot, desktop, person, page="shift")
    desktop.window.show_page("shift", key)
    pick = find(desktop, Combo, names.SHIFT_PICK)
    qtbot.waitUntil(lambda: pick.currentData() == key)
    calm(qtbot, desktop)
    return page(desktop)


def sign_panel(desktop: Desktop) -> SignOffPanel:
    return find(desktop, SignOffPanel, names.SHIFT_SIGN_PANEL)


def type_pin(desktop: Desktop, digits: str) -> None:
    """On the keys of the panel, as a finger does."""
    for name in [*(names.shift_sign_pin(int(d)) for d in digits), names.SHIFT_SIGN_ENTER]:
        press(desktop, name)


def take_over(desktop: Desktop, name: str) -> None:
    other = find(desktop, Combo, names.SHIFT_SIGN_OTHER)
    other.setCurrentIndex(other.findData(name))


def signed(desk: MemoryDesk) -> list[object]:
    return [args for call, args in desk.calls if call == "sign_off"]


def tap_zone(desktop: Desktop, machine: str, zone: str) -> None:
    card = find(desktop, OeeCard, names.shift_oee(machine))
    QTest.mouseClick(card, Qt.MouseButton.LeftButton, pos=card.zone_rect(zone).center().toPoint())


# --- what is shown ------------------------------------------------------------------------------------------


def test_the_running_shift_is_shown_and_filled_by_itself(qtbot: QtBot, desktop: Desktop) -> None:
    sign_in(qtbot, desktop, page="shift")
    shift = page(desktop)
    assert find(desktop, Combo, names.SHIFT_PICK).currentText() == "Morning, 20 Nov · running"
    cards = [c for c in shift.findChildren(OeeCard) if c.isVisible()]
    assert [c.view.title for c in cards] == ["Filler 1", "Filler 2", "Capper 1", "Cartoner"]
    assert "OEE 91 %, Availability 93 %, Effectiveness 98 %, Quality 99.5 %" in cards[0].accessibleName()
    assert "No ideal rate is known" in cards[3].accessibleName()
    assert "721" in shift.counts.csv()
    texts = [w.text() for w in shift.findChildren(QLabel) if w.isVisible()]
    assert "Filler 2 stands since 11:05" in texts
    assert "Stops to explain: 3" in texts
    assert "None open." in texts  # no alarm
    assert clipped(desktop.window) == []
    assert small_targets(desktop.window) == []


def test_a_figure_leads_to_its_terms_and_a_term_to_its_rows(qtbot: QtBot, desktop: Desktop) -> None:
    opened(qtbot, desktop)
    tap_zone(desktop, "filler2", "availability")
    table: DataTable[object] = find(desktop, DataTable, names.SHIFT_TERMS)
    assert table.isVisible()
    assert "Jam at infeed" in table.csv()  # what the actual production time was summed from
    texts = [w.text() for w in find(desktop, QWidget, names.SLIDE_OVER).findChildren(QLabel)]
    assert "APT / PBT = 306.72 min / 432 min = 71 %" in texts
    press(desktop, names.shift_term("PBT"))
    assert "Break" in table.csv()
    assert "Jam at infeed" not in table.csv()
    assert clipped(desktop.window) == []


def test_a_card_by_keyboard(qtbot: QtBot, desktop: Desktop) -> None:
    opened(qtbot, desktop)
    card = find(desktop, OeeCard, names.shift_oee("filler1"))
    card.setFocus()
    for _ in range(3):
        QTest.keyClick(card, Qt.Key.Key_Right)
    QTest.keyClick(card, Qt.Key.Key_Return)
    assert find(desktop, QWidget, names.shift_term("GQ")).isVisible()
    QTest.keyClick(find(desktop, QWidget, names.SLIDE_OVER), Qt.Key.Key_Escape)
    for _ in range(9):  # the last part is why Odoo shows another figure
        QTest.keyClick(card, Qt.Key.Key_Right)
    QTest.keyClick(card, Qt.Key.Key_Return)
    texts = [w.text() for w in find(desktop, QWidget, names.SLIDE_OVER).findChildren(QLabel)]
    assert any("calendar hours" in t for t in texts)


def test_a_press_beside_the_figures_opens_nothing(qtbot: QtBot, desktop: Desktop) -> None:
    opened(qtbot, desktop)
    card = find(desktop, OeeCard, names.shift_oee("filler1"))
    QTest.mouseClick(card, Qt.MouseButton.LeftButton, pos=QPoint(card.width() // 2, 12))
    assert not find(desktop, QWidget, names.SLIDE_OVER).isVisible()
    assert "odoo" not in find(desktop, OeeCard, names.shift_oee("capper1")).zones  # there is no other figure


def test_what_is_open_leads_to_its_page(qtbot: QtBot, desktop: Desktop) -> None:
    opened(qtbot, desktop)
    for key in ("stops", "holds", "review", "alarms"):
        desktop.window.show_page("shift")
        press(desktop, names.shift_open(key))
        assert desktop.window.page == key


def test_another_shift_is_picked_and_stays(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    shift = opened(qtbot, desktop)
    pick = find(desktop, Combo, names.SHIFT_PICK)
    pick.setCurrentIndex(pick.findData(SEALED))
    qtbot.waitUntil(lambda: find(desktop, QPushButton, names.SHIFT_SIGN).isHidden())
    desktop.ctx.watch.ledger_changed.emit()
    calm(qtbot, desktop)
    assert pick.currentData() == SEALED
    texts = [w.text() for w in shift.findChildren(QLabel) if w.isVisible()]
    assert any(t.startswith("Sealed 13:02") for t in texts)


def test_the_running_shift_is_followed(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    sign_in(qtbot, desktop, page="shift")
    late = memory_shifts.ref(20, "Evening", 13, running=True)
    desk.shifts.views = {late.key: memory_shifts.view(late), **desk.shifts.views}
    desktop.ctx.watch.ledger_changed.emit()
    pick = find(desktop, Combo, names.SHIFT_PICK)
    qtbot.waitUntil(lambda: pick.currentData() == late.key, timeout=5000)


def test_without_shifts_the_page_says_what_would_be_there(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk
) -> None:
    desk.shifts.views = {}
    sign_in(qtbot, desktop, page="shift")
    assert find(desktop, QWidget, names.SHIFT_EMPTY).isVisible()
    assert (
        find(desktop, QPushButton, names.SHIFT_SIGN).isHidden()
        or not find(desktop, QPushButton, names.SHIFT_SIGN).isVisible()
    )


# --- notes --------------------------------------------------------------------------------------------------


def test_a_note_is_added(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    shift = opened(qtbot, desktop)
    add = find(desktop, QPushButton, names.SHIFT_NOTE_ADD)
    assert (add.isEnabled(), add.toolTip()) == (False, "Write the note.")
    note = find(desktop, QLineEdit, names.SHIFT_NOTE)
    QTest.keyClicks(note, "Watch the capper")
    QTest.keyClick(note, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: note.text() == "")
    assert ("add_note", (rows.LEAD, RUNNING, "Watch the capper")) in desk.calls
    calm(qtbot, desktop)
    assert "Watch the capper" in [w.text() for w in shift.findChildren(QLabel) if w.isVisible()]


def test_a_refused_note_is_not_lost(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    shift = opened(qtbot, desktop, OVER)
    desk.shifts.error = InvalidDecision("The shift was sealed meanwhile.", "Write it for the running one.")
    note = find(desktop, QLineEdit, names.SHIFT_NOTE)
    QTest.keyClicks(note, "Watch the capper")
    press(desktop, names.SHIFT_NOTE_ADD)
    qtbot.waitUntil(lambda: "sealed meanwhile" in shift.messages.text)
    assert note.text() == "Watch the capper"


def test_a_sealed_shift_takes_no_note_and_says_so(qtbot: QtBot, desktop: Desktop) -> None:
    opened(qtbot, desktop, SEALED)
    assert not find(desktop, QLineEdit, names.SHIFT_NOTE).isEnabled()
    assert "sealed" in find(desktop, QLabel, names.SHIFT_NOTE_WHY_NOT).text()


# --- sign-off -----------------------------------------------------------------------------------------------


def test_both_people_sign_and_the_shift_is_sealed(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    desk.persons.append(NEXT)
    shift = opened(qtbot, desktop, OVER)
    press(desktop, names.SHIFT_SIGN)
    step = find(desktop, QLabel, names.SHIFT_SIGN_STEP)
    assert step.text() == "1 of 2: Lead A hands over"
    type_pin(desktop, "1234")
    assert step.text() == "2 of 2: takes over"
    assert not find(desktop, QAbstractButton, names.shift_sign_pin(1)).isEnabled()
    take_over(desktop, "Lead E")
    assert clipped(desktop.window) == []
    type_pin(desktop, "1234")
    qtbot.waitUntil(lambda: bool(signed(desk)))
    assert signed(desk) == [(rows.LEAD, "Lead E", OVER)]
    qtbot.waitUntil(lambda: not find(desktop, QWidget, names.SLIDE_OVER).isVisible())
    calm(qtbot, desktop)
    assert "sealed" in shift.messages.text
    assert find(desktop, QPushButton, names.SHIFT_SIGN).isHidden()


@pytest.mark.parametrize(
    ("first", "second", "whose"), [("9999", "1234", "Lead A"), ("1234", "9999", "Lead E")]
)
def test_a_wrong_pin_seals_nothing_and_says_whose_it_was(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk, first: str, second: str, whose: str
) -> None:
    desk.persons.append(NEXT)
    opened(qtbot, desktop, OVER)
    press(desktop, names.SHIFT_SIGN)
    type_pin(desktop, first)
    take_over(desktop, "Lead E")
    type_pin(desktop, second)
    panel = sign_panel(desktop)
    qtbot.waitUntil(lambda: panel.message != "")
    assert f"The PIN of {whose} is not right." in panel.message
    assert panel.step == 1  # both sign anew
    assert not desk.shifts.views[OVER].ref.sealed
    type_pin(desktop, "1234")
    type_pin(desktop, "1234")  # who takes over is still chosen
    qtbot.waitUntil(lambda: desk.shifts.views[OVER].ref.sealed)


def test_sign_off_by_keyboard(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    desk.persons.append(NEXT)
    opened(qtbot, desktop, OVER)
    press(desktop, names.SHIFT_SIGN)
    pad = find(desktop, QWidget, names.SHIFT_SIGN_PAD)
    QTest.keyClicks(pad, "1234")
    QTest.keyClick(pad, Qt.Key.Key_Return)
    other = find(desktop, Combo, names.SHIFT_SIGN_OTHER)
    while other.currentData() != "Lead E":
        QTest.keyClick(other, Qt.Key.Key_Down)
    QTest.keyClicks(pad, "1234")
    QTest.keyClick(pad, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: desk.shifts.views[OVER].ref.sealed)


def test_locked_in_the_middle_no_pin_is_left(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    desk.persons.append(NEXT)
    opened(qtbot, desktop, OVER)
    press(desktop, names.SHIFT_SIGN)
    type_pin(desktop, "1234")
    panel = sign_panel(desktop)
    assert panel.step == 2
    desktop.window.lock("test")
    assert panel.step == 1
    sign_in(qtbot, desktop)
    assert not find(desktop, QWidget, names.SLIDE_OVER).isVisible()
    assert signed(desk) == []


def test_the_action_says_why_it_is_disabled(qtbot: QtBot, desktop: Desktop) -> None:
    opened(qtbot, desktop)
    assert not find(desktop, QPushButton, names.SHIFT_SIGN).isEnabled()
    assert find(desktop, QLabel, names.SHIFT_WHY_NOT).text() == "The shift runs until 14:00."


def test_who_may_not_sign_is_told_so(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    clerk = Person(9, "Clerk", frozenset({Role.ADMINISTRATOR}))
    desk.persons.append(clerk)
    desktop.window.sign_in.reload()
    opened(qtbot, desktop, OVER, clerk)
    assert not find(desktop, QPushButton, names.SHIFT_SIGN).isEnabled()
    assert "may not sign off a shift" in find(desktop, QLabel, names.SHIFT_WHY_NOT).text()
    assert not find(desktop, QLineEdit, names.SHIFT_NOTE).isEnabled()


# --- the report ---------------------------------------------------------------------------------------------


def test_the_report_is_written_where_the_person_chose(qtbot: QtBot, desktop: Desktop, tmp_path: Path) -> None:
    shift = opened(qtbot, desktop, SEALED)
    target = tmp_path / "shift.pdf"
    shift.write_pdf(str(target))
    qtbot.waitUntil(lambda: "Written" in shift.messages.text)
    data = target.read_bytes()
    assert data.startswith(b"%PDF-")
    assert data.rstrip().endswith(b"%%EOF")
    shift.write_pdf(str(tmp_path / "no" / "where.pdf"))
    qtbot.waitUntil(lambda: "cannot be written" in shift.messages.text)


def test_what_changed_after_the_seal_is_told(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    changed = "Filler 1: OEE 91.0 % when sealed, 90.2 % now"
    desk.shifts.views[SEALED] = replace(desk.shifts.views[SEALED], changes=(changed,))
    shift = opened(qtbot, desktop, SEALED)
    assert changed in [w.text() for w in shift.findChildren(QLabel) if w.isVisible()]
    assert changed in report_html(desk.shifts.views[SEALED], "Hall", desktop.ctx.times)
    pick = find(desktop, Combo, names.SHIFT_PICK)
    pick.setCurrentIndex(pick.findData(OVER))
    qtbot.waitUntil(lambda: pick.currentData() == OVER)
    calm(qtbot, desktop)
    assert changed not in [w.text() for w in shift.findChildren(QLabel) if w.isVisible()]


def test_a_report_that_cannot_be_written_leaves_nothing(tmp_path: Path, qapp: object) -> None:
    view = memory_shifts.view(memory_shifts.refs()[0])
    times = Times(rows.ZONE)
    with pytest.raises(CannotWrite, match="cannot be written"):
        write_report(str(tmp_path / "no" / "shift.pdf"), view, "Hall", times, rows.NOW)
    assert list(tmp_path.iterdir()) == []


def test_the_report_says_all_and_escapes_what_people_wrote() -> None:
    view = memory_shifts.view(memory_shifts.refs()[2])
    view = replace(view, notes=(ShiftNote(rows.NOW, "Lead <A>", "see <b>valve</b> & pump"),))
    text = report_html(view, "Hall & Co", Times(rows.ZONE))
    assert "Hall &amp; Co: Evening, 19 Nov" in text
    assert "Sealed 13:02: Lead A handed over, Lead E took over." in text
    assert "Lead &lt;A&gt;: see &lt;b&gt;valve&lt;/b&gt; &amp; pump" in text
    assert "GQ / PQ = 3,186 ea / 3,202 ea = 99.5 %" in text
    assert "Equipment Failure" in text
    assert "No ideal rate is known" in text
    assert "Filler 2 stands since 11:05" in text


def test_a_long_report_has_many_pages(qapp: object) -> None:
    view = memory_shifts.view(memory_shifts.refs()[2])
    long = replace(view, notes=tuple(ShiftNote(rows.NOW, "Lead A", f"note {n}") for n in range(200)))
    times = Times(rows.ZONE)
    assert report_pdf(long, "Hall", times, rows.NOW).count(b"/Type /Page\n") > report_pdf(
        view, "Hall", times, rows.NOW
    ).count(b"/Type /Page\n")


# --- words --------------------------------------------------------------------------------------------------


def test_ratios_in_words() -> None:
    assert [percent(r) for r in (None, 0.0, 0.042, 0.874, 0.9951, 1.0)] == [
        "–",
        "0 %",
        "4.2 %",
        "87 %",
        "99.5 %",
        "100 %",
    ]
    view = memory_shifts.oee("filler1", "Filler 1", 0.9, 0.8, 0.99)
    assert [t.symbol for t in terms_of(view, "effectiveness")] == ["PRI", "PQ", "APT"]
    lost = Term("DOT", "Delay", 12.0, "min", ())
    scrap = Term("SQ", "Scrap quantity", 3.0, "ea", ())
    whole = replace(view, terms=(*view.terms, lost, scrap))
    assert [t.symbol for t in terms_of(whole, "availability")] == ["APT", "PBT", "DOT"]
    assert [t.symbol for t in terms_of(whole, "quality")] == ["GQ", "PQ", "SQ"]
    assert ratio_formula(whole, "availability") == ratio_formula(view, "availability")
    assert ratio_formula(view, "oee") == view.formula
    assert ratio_formula(replace(view, availability=None), "availability") == ""
    assert ratio_formula(replace(view, terms=()), "quality") == ""
    lines = term_lines(terms_of(view, "availability"))
    assert [(line.symbol, line.number) for line in lines][:3] == [("APT", 0), ("APT", 1), ("APT", 2)]
