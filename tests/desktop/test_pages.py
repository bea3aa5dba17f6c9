"""Every page with none, few and a thousand rows; nothing clipped; hidden pages do not read."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from console.desktop import object_names as names
from console.desktop.app import Desktop
from console.desktop.main_window import rail_entries
from console.desktop.pages.alarms import AlarmsPage
from console.desktop.pages.machine import MachinePage
from console.desktop.pages.outbox import OutboxPage
from console.desktop.pages.overview import OverviewPage
from console.desktop.pages.review import ReviewPage
from console.desktop.pages.settings import SettingsPage
from console.desktop.pages.trace import TracePage
from console.desktop.theme import ThemeChoice, make_font
from console.desktop.widgets.data_table import DataTable
from console.desktop.widgets.decision_panel import DecisionPanel
from console.desktop.widgets.header_bar import Chip
from console.domain.people import Role
from console.domain.postings import PostingState
from console.services.views import Level, OdooLink, Trend
from tests.desktop import rows
from tests.desktop.looking import calm, clipped, find, press, sign_in, small_targets
from tests.desktop.memory_desk import MemoryDesk

PAGES = [key for key, _, _ in rail_entries()]
DESKS = {"none": MemoryDesk, "few": MemoryDesk.few, "many": MemoryDesk.many}


@pytest.mark.parametrize("amount", list(DESKS))
@pytest.mark.parametrize("key", PAGES)
def test_page_shows_any_number_of_rows_unclipped(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk, key: str, amount: str
) -> None:
    desk.__dict__.update(DESKS[amount]().__dict__)
    sign_in(qtbot, desktop, rows.ADMIN, page=key)
    assert desktop.window.page == key
    assert desktop.window.pages[key].messages.text == ""
    assert clipped(desktop.window) == []
    assert small_targets(desktop.window) == []


def test_only_the_page_in_view_reads(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    sign_in(qtbot, desktop, page="outbox")
    desk.reads.clear()
    for _ in range(5):
        desktop.ctx.watch.ledger_changed.emit()
        desktop.ctx.watch.telemetry_changed.emit()
        qtbot.wait(150)
    calm(qtbot, desktop)
    assert set(desk.reads) <= {"outbox", "header"}
    assert 1 <= desk.reads["outbox"] <= 4  # coalesced


def test_stale_machine_looks_stale(qtbot: QtBot, desktop: Desktop) -> None:
    sign_in(qtbot, desktop, page="overview")
    page = desktop.window.pages["overview"]
    assert isinstance(page, OverviewPage)
    by_name = {t.view.machine: t for t in page.tiles}
    assert by_name["wrapper"].stale
    assert by_name["wrapper"].state_text == "No data  last value 3 min old"
    assert not by_name["filler1"].stale
    assert "No data" in by_name["wrapper"].accessibleName()


def test_stale_value_looks_stale(qtbot: QtBot, desktop: Desktop) -> None:
    sign_in(qtbot, desktop, page="machine")
    desktop.window.show_page("machine", "filler2")
    calm(qtbot, desktop)
    page = desktop.window.pages["machine"]
    assert isinstance(page, MachinePage)
    lines = page.values.csv().splitlines()
    assert any("Speed" in line and "3 min old" in line for line in lines)
    assert any("Bowl pressure" in line and "uncertain" in line for line in lines)


def test_paused_chart_keeps_its_line(qtbot: QtBot, desktop: Desktop) -> None:
    sign_in(qtbot, desktop, page="machine")
    page = desktop.window.pages["machine"]
    assert isinstance(page, MachinePage)
    qtbot.waitUntil(lambda: page.chart.series is not None)
    press(desktop, names.CHART_PAUSE)
    before = page.chart.series
    desktop.ctx.watch.tick.emit()
    qtbot.wait(600)
    calm(qtbot, desktop)
    assert page.chart.series is before


def test_chart_is_exported(qtbot: QtBot, desktop: Desktop, tmp_path: object) -> None:
    from pathlib import Path

    sign_in(qtbot, desktop, page="machine")
    page = desktop.window.pages["machine"]
    assert isinstance(page, MachinePage)
    qtbot.waitUntil(lambda: page.chart.series is not None)
    target = Path(str(tmp_path)) / "chart.csv"
    page.write_chart(str(target))
    assert target.read_text(encoding="utf-8-sig").startswith("time_utc,")
    assert target.with_suffix(".png").stat().st_size > 1000
    page.write_chart(str(target.parent / "no" / "where.csv"))
    assert "cannot be written" in page.messages.text


def test_theme_changes_without_restart(qtbot: QtBot, desktop: Desktop) -> None:
    sign_in(qtbot, desktop, rows.ADMIN, page="settings")
    light = desktop.ctx.theme.color("bg").name()
    press(desktop, names.settings_theme("dark"))
    assert desktop.ctx.theme.name == "dark"
    assert desktop.ctx.theme.color("bg").name() != light
    assert desktop.ctx.prefs.theme is ThemeChoice.DARK
    picture = desktop.window.grab().toImage()
    scale = picture.devicePixelRatio()
    dark = picture.pixelColor(int(700 * scale), int(76 * scale))
    assert dark.lightness() < 60
    press(desktop, names.settings_theme("light"))


def shown_panel(qtbot: QtBot, desktop: Desktop, item: int) -> DecisionPanel:
    """The panel, once it shows that item."""
    panel = find(desktop, DecisionPanel, names.REVIEW_PANEL)
    qtbot.waitUntil(
        lambda: panel.isEnabled() and panel.subject is not None and panel.subject.key == ("review", item)
    )
    return panel


def test_review_item_is_resolved_with_a_reason(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    sign_in(qtbot, desktop, page="review")
    page = desktop.window.pages["review"]
    assert isinstance(page, ReviewPage)
    assert page.list.choose(3)
    panel = shown_panel(qtbot, desktop, 3)
    act = panel.findChild(QPushButton, names.REVIEW_ACT)
    assert act is not None
    assert act.text() == "Put 131 back in Odoo"
    assert not act.isEnabled()
    reason = panel.findChild(QLineEdit, names.DECISION_REASON)
    assert reason is not None
    QTest.keyClicks(reason, "checked")
    QTest.keyClick(reason, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: any(c == "resolve_review" for c, _ in desk.calls))
    assert next(a for c, a in desk.calls if c == "resolve_review")[1:] == (3, 1, "put-back", "checked")
    qtbot.waitUntil(lambda: page.list.model.rowCount() == 3)


@pytest.mark.parametrize(
    ("leads_to", "words", "page"),
    [
        ("stops:2", "Open the stop", "stops"),
        ("holds:1", "Open the hold", "holds"),
        ("alarms:request:21", "Open the request", "alarms"),
    ],
)
@pytest.mark.parametrize("keyboard", [False, True])
def test_what_is_decided_elsewhere_leads_there(
    qtbot: QtBot,
    desktop: Desktop,
    monkeypatch: pytest.MonkeyPatch,
    leads_to: str,
    words: str,
    page: str,
    keyboard: bool,
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(desktop.window.pages[page], "open_with", asked.append)
    shown = rows.review(4)
    monkeypatch.setattr(rows, "review", lambda *_: replace(shown, choices=(), leads_to=leads_to))
    sign_in(qtbot, desktop, page="review")
    desktop.window.show_page("review", 4)
    panel = shown_panel(qtbot, desktop, 4)
    lead = panel.findChild(QPushButton, names.DECISION_LEAD)
    assert lead is not None
    assert (lead.isVisible(), lead.text()) == (True, words)
    act = panel.findChild(QPushButton, names.REVIEW_ACT)
    assert act is not None
    assert act.isHidden()
    if keyboard:
        lead.setFocus()
        QTest.keyClick(lead, Qt.Key.Key_Space)
    else:
        QTest.mouseClick(lead, Qt.MouseButton.LeftButton)
    assert desktop.window.page == page
    assert asked == [{"stops": 2, "holds": 1, "alarms": "request:21"}[page]]


def test_an_item_is_opened_on_a_page_never_shown_before(qtbot: QtBot, desktop: Desktop) -> None:
    sign_in(qtbot, desktop, page="overview")
    desktop.window.show_page("review", 4)
    panel = shown_panel(qtbot, desktop, 4)
    calm(qtbot, desktop)
    assert panel.subject is not None
    assert panel.subject.key == ("review", 4)  # not the first of the list, which came meanwhile
    page = desktop.window.pages["review"]
    assert isinstance(page, ReviewPage)
    assert page.list.current is not None
    assert page.list.current.id == 4


@pytest.mark.parametrize("place", [0, 1, -1])
@pytest.mark.parametrize("part", ["holds", "closed holds", "alarms", "past alarms", "stops"])
def test_what_is_led_to_is_opened_on_a_page_never_shown_before(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk, part: str, place: int
) -> None:
    ids = {
        "holds": lambda: [h.id for h in desk.quality.holds().open],
        "closed holds": lambda: [h.id for h in desk.quality.holds().closed],
        "alarms": lambda: [g.id for g in desk.alarms.alarms().groups],
        "past alarms": lambda: [g.id for g in desk.alarms.alarms().history],
        "stops": lambda: [r.id for r in desk.stops.stops(None, 8).rows],
    }[part]()
    key = part.rpartition(" ")[2]
    wanted = ids[place if place < len(ids) else -1]
    sign_in(qtbot, desktop, page="overview")
    desktop.window.show_page(key, wanted)
    calm(qtbot, desktop)
    calm(qtbot, desktop)
    page: Any = desktop.window.pages[key]
    assert page._open_id == wanted
    assert page.messages.text == ""
    shown = page.history if part == "past alarms" else page.list
    assert shown.current is not None
    assert (shown.current.row if key == "alarms" else shown.current).id == wanted


def test_an_item_that_is_decided_here_leads_nowhere(qtbot: QtBot, desktop: Desktop) -> None:
    sign_in(qtbot, desktop, page="review")
    desktop.window.show_page("review", 3)
    panel = shown_panel(qtbot, desktop, 3)
    lead = panel.findChild(QPushButton, names.DECISION_LEAD)
    assert lead is not None
    assert lead.isHidden()


def test_alarms_opens_one_request_by_its_number(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    sign_in(qtbot, desktop, page="overview")
    view = desk.alarms.alarms()
    ours = [r.id for r in (*view.proposals, *view.requests) if r.id]
    for number in ours:  # also when the page was never read before
        desktop.window.show_page("alarms", f"request:{number}")
        page = desktop.window.pages["alarms"]
        assert isinstance(page, AlarmsPage)
        qtbot.waitUntil(lambda: page.requests.current is not None and page.requests.current.id == number)  # noqa: B023
    assert len(ours) >= 2


def test_review_of_a_count_goes_through_its_proposal(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk
) -> None:
    sign_in(qtbot, desktop, page="review")
    desktop.window.show_page("review", 1)
    panel = shown_panel(qtbot, desktop, 1)
    chip = panel.findChild(QPushButton, names.decision_reason(1))
    act = panel.findChild(QPushButton, names.REVIEW_ACT)
    assert chip is not None
    assert act is not None
    QTest.mouseClick(chip, Qt.MouseButton.LeftButton)
    QTest.mouseClick(act, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: any(c == "choose" for c, _ in desk.calls))


def test_review_item_is_taken(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    sign_in(qtbot, desktop, page="review")
    desktop.window.show_page("review", 4)
    panel = shown_panel(qtbot, desktop, 4)
    take = panel.findChild(QPushButton, names.REVIEW_TAKE)
    assert take is not None
    QTest.mouseClick(take, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: ("take_review", (rows.LEAD, 4)) in desk.calls)


def test_rejected_posting_is_tried_again_with_a_reason(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk
) -> None:
    sign_in(qtbot, desktop, page="outbox")
    page = desktop.window.pages["outbox"]
    assert isinstance(page, OutboxPage)
    assert page.list.choose(6)
    retry = find(desktop, QPushButton, names.OUTBOX_RETRY)
    assert not retry.isEnabled()
    assert find(desktop, QLabel, names.OUTBOX_WHY_NOT).text() == "Give a reason."
    QTest.keyClicks(find(desktop, QLineEdit, names.OUTBOX_REASON), "order reopened")
    press(desktop, names.OUTBOX_RETRY)
    qtbot.waitUntil(lambda: ("retry_posting", (rows.LEAD, 6, "order reopened")) in desk.calls)


def test_outbox_counters_filter_the_list(qtbot: QtBot, desktop: Desktop) -> None:
    sign_in(qtbot, desktop, page="outbox")
    page = desktop.window.pages["outbox"]
    assert isinstance(page, OutboxPage)
    press(desktop, names.outbox_state("rejected"))
    assert page.list.proxy.rowCount() == 1
    press(desktop, names.outbox_state("rejected"))
    assert page.list.proxy.rowCount() == 14


def test_trace_is_found_and_shown(qtbot: QtBot, desktop: Desktop) -> None:
    sign_in(qtbot, desktop, page="trace")
    field = find(desktop, QLineEdit, names.TRACE_SEARCH)
    QTest.keyClicks(field, "MO/00042")
    QTest.keyClick(field, Qt.Key.Key_Return)  # as a scanner ends
    qtbot.waitUntil(lambda: desktop.window.findChild(QWidget, names.trace_station(7)) is not None)
    page = desktop.window.pages["trace"]
    assert isinstance(page, TracePage)
    assert "7 Verified: 3,002" in page.evidence()
    assert find(desktop, QPushButton, names.TRACE_OPEN_ODOO).isVisible()


@pytest.mark.parametrize(
    ("link", "page", "argument"),
    [
        ("stops:12", "stops", 12),
        ("holds:3", "holds", 3),
        ("holds:checks", "holds", "checks"),
        ("alarms:request:7", "alarms", "request:7"),
        ("machine:filler1", "machine", "filler1"),
        ("outbox:4", "outbox", 4),
    ],
)
def test_a_station_opens_what_it_is_about(
    qtbot: QtBot,
    desktop: Desktop,
    monkeypatch: pytest.MonkeyPatch,
    link: str,
    page: str,
    argument: object,
) -> None:
    shown = rows.trace()
    stations = (replace(shown.stations[0], link=link), *shown.stations[1:])
    monkeypatch.setattr(rows, "trace", lambda: replace(shown, stations=stations))
    asked: list[object] = []
    monkeypatch.setattr(desktop.window.pages[page], "open_with", asked.append)
    sign_in(qtbot, desktop, page="trace")
    desktop.window.show_page("trace", "t-39")
    qtbot.waitUntil(lambda: desktop.window.findChild(QWidget, names.trace_station(1)) is not None)
    calm(qtbot, desktop)
    follow = find(desktop, QWidget, names.trace_station(1)).findChild(QPushButton)
    assert follow is not None
    QTest.mouseClick(follow, Qt.MouseButton.LeftButton)
    assert (desktop.window.page, asked) == (page, [argument])


def test_a_station_in_odoo_opens_the_browser(
    qtbot: QtBot, desktop: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, url = rows.trace(), "https://erp.example/web#id=9&model=stock.picking&view_type=form"
    stations = (*shown.stations[:6], replace(shown.stations[6], link=url))
    monkeypatch.setattr(rows, "trace", lambda: replace(shown, stations=stations))
    opened: list[str] = []
    monkeypatch.setattr(
        "console.desktop.pages.trace.QDesktopServices.openUrl",
        lambda u: bool(opened.append(u.toString())) or True,
    )
    sign_in(qtbot, desktop, page="trace")
    desktop.window.show_page("trace", "t-39")
    qtbot.waitUntil(lambda: desktop.window.findChild(QWidget, names.trace_station(7)) is not None)
    calm(qtbot, desktop)
    follow = find(desktop, QWidget, names.trace_station(7)).findChild(QPushButton)
    assert follow is not None
    QTest.mouseClick(follow, Qt.MouseButton.LeftButton)
    assert (desktop.window.page, opened) == ("trace", [url])


def test_a_trace_shades_the_time_that_it_is_about(
    qtbot: QtBot, desktop: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, span = rows.trace(), (rows.ago(minutes=40), rows.ago(minutes=30))
    assert shown.series is not None
    told: list[object] = []
    page = desktop.window.pages["trace"]
    assert isinstance(page, TracePage)
    monkeypatch.setattr(page._chart, "show_series", lambda *_, highlight=None: told.append(highlight))
    monkeypatch.setattr(rows, "trace", lambda: replace(shown, highlight=span))
    sign_in(qtbot, desktop, page="trace")
    desktop.window.show_page("trace", "t-39")
    qtbot.waitUntil(lambda: span in told)
    assert "its time is shaded" in page._chart_title.text()


def test_a_link_opens_a_trace_on_a_page_never_shown_before(qtbot: QtBot, desktop: Desktop) -> None:
    sign_in(qtbot, desktop, page="outbox")
    desktop.window.show_page("trace", "t-39")
    calm(qtbot, desktop)
    assert find(desktop, QWidget, names.trace_station(1)).isVisible()


def test_a_station_leads_to_its_page(qtbot: QtBot, desktop: Desktop) -> None:
    sign_in(qtbot, desktop, page="trace")
    page = desktop.window.pages["trace"]
    assert isinstance(page, TracePage)
    page._follow("outbox:6")
    calm(qtbot, desktop)
    outbox = desktop.window.pages["outbox"]
    assert isinstance(outbox, OutboxPage)
    assert desktop.window.page == "outbox"
    assert outbox.list.current is not None
    assert outbox.list.current.id == 6
    page._follow("counts:10")
    calm(qtbot, desktop)
    assert desktop.window.page == "counts"
    assert find(desktop, DecisionPanel, names.COUNTS_PANEL).isVisible()


def test_outbox_says_when_older_ones_are_left_out(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    desk.__dict__.update(MemoryDesk.many().__dict__)
    sign_in(qtbot, desktop, page="outbox")
    page = desktop.window.pages["outbox"]
    assert isinstance(page, OutboxPage)
    assert page.list.proxy.rowCount() == 500
    assert "newest 500 of 1,000 shown" in page._note.text()
    states = [page.list.model.row(n).state for n in range(500)]
    assert states == sorted(states, key=lambda s: s is PostingState.VERIFIED)  # proof stands last
    press(desktop, names.outbox_state("rejected"))
    calm(qtbot, desktop)
    assert page.list.proxy.rowCount() == sum(p.state is PostingState.REJECTED for p in desk.postings)
    assert "newest" not in page._note.text()


def test_only_a_real_difference_is_abnormal(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    waiting = replace(rows.orders()[0], difference="1,921 not decided yet")
    desk.order_rows = (waiting, *rows.orders()[1:])
    sign_in(qtbot, desktop, page="orders")
    orders: DataTable[object] = find(desktop, DataTable, names.ORDERS_LIST)
    levels = {orders.model.columns[-1].text(r): orders.model.columns[-1].level(r) for r in orders.model.rows}  # type: ignore[misc]
    assert levels["1,921 not decided yet"] is Level.NORMAL
    assert sum(level is Level.HIGH for level in levels.values()) == 1
    words = QFontMetrics(make_font(14, strong=True))
    for number, column in enumerate(orders.model.columns):  # no title is cut
        if not orders.view.isColumnHidden(number):
            assert orders.view.columnWidth(number) >= words.horizontalAdvance(column.title) + 20


def test_a_young_machine_s_trend_starts_at_its_first_value(
    qtbot: QtBot, desktop: Desktop, desk: MemoryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = rows.ago(minutes=5)

    def trend(machine: str, tag: str, start: datetime, end: datetime, most: int) -> Trend:
        assert end - start == timedelta(minutes=15)  # the first choice
        return replace(rows.trend(tag, start, end), known_from=first)

    monkeypatch.setattr(desk, "trend", trend)
    sign_in(qtbot, desktop, page="machine")
    page = desktop.window.pages["machine"]
    assert isinstance(page, MachinePage)
    qtbot.waitUntil(lambda: page.chart.series is not None)
    assert page.chart.span == (first.timestamp(), rows.NOW.timestamp())


def test_administrator_adds_a_person(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    sign_in(qtbot, desktop, rows.ADMIN, page="settings")
    add = find(desktop, QPushButton, names.SETTINGS_PERSON_ADD)
    assert not add.isEnabled()
    why = find(desktop, QLabel, names.SETTINGS_PERSON_WHY_NOT)
    assert why.text() == "Type the name."
    QTest.keyClicks(find(desktop, QLineEdit, names.SETTINGS_PERSON_NAME), "Eva")
    QTest.keyClicks(find(desktop, QLineEdit, names.SETTINGS_PERSON_PIN), "4321")
    QTest.keyClicks(find(desktop, QLineEdit, names.SETTINGS_PERSON_PIN_AGAIN), "4322")
    assert "twice" in why.text()
    find(desktop, QLineEdit, names.SETTINGS_PERSON_PIN_AGAIN).setText("4321")
    press(desktop, names.settings_role("inspector"))
    press(desktop, names.SETTINGS_PERSON_ADD)
    qtbot.waitUntil(lambda: any(c == "create_person" for c, _ in desk.calls))
    made = next(a for c, a in desk.calls if c == "create_person")
    assert made == (rows.ADMIN, "Eva", frozenset({Role.INSPECTOR}), "4321")
    page = desktop.window.pages["settings"]
    assert isinstance(page, SettingsPage)
    qtbot.waitUntil(lambda: page.people.model.rowCount() == 5)


def test_administrator_sets_a_pin_and_shuts_out(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    sign_in(qtbot, desktop, rows.ADMIN, page="settings")
    page = desktop.window.pages["settings"]
    assert isinstance(page, SettingsPage)
    qtbot.waitUntil(lambda: page.people.model.rowCount() == 4)
    assert find(desktop, QPushButton, names.SETTINGS_PERSON_ACTIVE).isHidden()
    assert page.people.choose(rows.INSPECTOR.id)
    press(desktop, names.SETTINGS_PERSON_NEW_PIN)
    assert find(desktop, QLineEdit, names.SETTINGS_PERSON_NAME).isHidden()
    for name in (names.SETTINGS_PERSON_PIN, names.SETTINGS_PERSON_PIN_AGAIN):
        QTest.keyClicks(find(desktop, QLineEdit, name), "97531")
    press(desktop, names.SETTINGS_PERSON_ADD)
    wanted = ("set_person_pin", (rows.ADMIN, rows.INSPECTOR.id, "97531"))
    qtbot.waitUntil(lambda: wanted in desk.calls)
    calm(qtbot, desktop)
    assert find(desktop, QLineEdit, names.SETTINGS_PERSON_PIN).text() == ""
    press(desktop, names.SETTINGS_PERSON_ACTIVE)
    qtbot.waitUntil(lambda: ("set_person_active", (rows.ADMIN, rows.INSPECTOR.id, False)) in desk.calls)
    qtbot.waitUntil(lambda: "Inspector B,Inspector,no" in page.people.csv())
    assert find(desktop, QPushButton, names.SETTINGS_PERSON_ACTIVE).text() == "Let Inspector B in"
    assert page.people.choose(rows.ADMIN.id)  # nobody shuts themselves out
    assert find(desktop, QPushButton, names.SETTINGS_PERSON_ACTIVE).isHidden()
    assert clipped(desktop.window) == []


def test_a_supervisor_may_not_add_people(qtbot: QtBot, desktop: Desktop) -> None:
    sign_in(qtbot, desktop, rows.LEAD, page="settings")
    assert not find(desktop, QPushButton, names.SETTINGS_PERSON_ADD).isEnabled()
    assert "manage people" in find(desktop, QLabel, names.SETTINGS_PERSON_WHY_NOT).text()


def test_lists_search_copy_and_export(qtbot: QtBot, desktop: Desktop, tmp_path: object) -> None:
    from pathlib import Path

    sign_in(qtbot, desktop, page="orders")
    orders: DataTable[object] = find(desktop, DataTable, names.ORDERS_LIST)
    search = orders.findChild(QLineEdit, names.LIST_SEARCH)
    assert search is not None
    QTest.keyClicks(search, "case")
    assert orders.proxy.rowCount() == 1
    QTest.keyClicks(search, "xyz")
    empty = orders.findChild(QWidget, names.LIST_EMPTY)
    assert empty is not None
    assert empty.isVisible()
    search.clear()
    orders.view.selectAll()
    QTest.keyClick(orders.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QGuiApplication.clipboard().text()
    assert copied.count("\n") == 2
    assert "WH/MO/00042\tfiller1\t3,123" in copied  # the columns shown; product and unit are hidden at first
    target = Path(str(tmp_path)) / "orders.csv"
    orders.write_csv(str(target))
    assert "In Odoo" in target.read_text(encoding="utf-8-sig").splitlines()[0]


def test_column_choice_is_remembered(qtbot: QtBot, desktop: Desktop) -> None:
    sign_in(qtbot, desktop, page="orders")
    orders: DataTable[object] = find(desktop, DataTable, names.ORDERS_LIST)
    menu = orders.columns_menu()
    titles = [a.text() for a in menu.actions()]
    menu.actions()[titles.index("Rejected")].setChecked(True)
    again: DataTable[object] = DataTable(
        desktop.ctx.theme,
        desktop.ctx.prefs,
        names.ORDERS_LIST,
        orders.model.columns,
        orders.model.key_of,
        ("inbox", "", ""),
    )
    qtbot.addWidget(again)
    assert not again.view.isColumnHidden(titles.index("Rejected"))


def test_header_tells_what_is_wrong_and_leads_there(qtbot: QtBot, desktop: Desktop, desk: MemoryDesk) -> None:
    desk.head = rows.header(
        odoo=OdooLink.DOWN,
        outbox_late=True,
        outbox_oldest_s=754,
        edge_alive=False,
        edge_reason="It was stopped.",
    )
    sign_in(qtbot, desktop, page="overview")
    desktop.ctx.watch.tick.emit()
    odoo = find(desktop, Chip, names.HEADER_ODOO)
    qtbot.waitUntil(lambda: odoo.shown == ("Odoo", "not reached, 4 waiting", Level.HIGH))
    assert find(desktop, Chip, names.HEADER_OUTBOX).shown == ("Outbox", "4 oldest 12:34", Level.CRITICAL)
    assert find(desktop, Chip, names.HEADER_MACHINES).shown == ("Machines", "7 of 8", Level.HIGH)
    assert "It was stopped." in desktop.window.notice.text
    assert clipped(desktop.window) == []
    press(desktop, names.HEADER_MACHINES)
    texts = [w.text() for w in find(desktop, QWidget, names.SLIDE_OVER).findChildren(QLabel)]
    assert any("cabinet C4" in t for t in texts)
    QTest.keyClick(find(desktop, QWidget, names.SLIDE_OVER), Qt.Key.Key_Escape)
    assert not find(desktop, QWidget, names.SLIDE_OVER).isVisible()
    press(desktop, names.HEADER_ODOO)
    assert desktop.window.page == "outbox"
