"""Models tell only what changed; formats; tokens; tasks."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QAbstractItemModelTester, QSignalSpy
from pytestqt.qtbot import QtBot

from console.desktop.formats import Times, difference, duration, quantity, rough, stopwatch
from console.desktop.models.counts import CountsModel
from console.desktop.models.rows import Column, RowsModel, RowsProxy
from console.desktop.store_watch import Feeds, StoreWatch
from console.desktop.tasks import OurBug, Refresher, Task, TaskRunner
from console.desktop.theme import read_tokens
from console.desktop.widgets.decision_inputs import parse_quantity
from console.errors import ConsoleError, StoreUnavailable
from tests.desktop import rows


@dataclass(frozen=True)
class Thing:
    id: int
    name: str
    size: float | None = 1.0


COLUMNS: tuple[Column[Thing], ...] = (
    Column("name", "Name", lambda t: t.name),
    Column("size", "Size", lambda t: quantity(t.size), lambda t: t.size),
)


def make_model() -> RowsModel[Thing]:
    model = RowsModel(COLUMNS, lambda t: t.id)
    model.show_rows([Thing(1, "a"), Thing(2, "b"), Thing(3, "c")])
    return model


def test_rows_model_tells_one_changed_row(qtbot: QtBot) -> None:
    model = make_model()
    tester = QAbstractItemModelTester(model)
    changed, reset = QSignalSpy(model.dataChanged), QSignalSpy(model.modelReset)
    model.show_rows([Thing(1, "a"), Thing(2, "B"), Thing(3, "c")])
    assert changed.count() == 1
    assert changed.at(0)[0].row() == changed.at(0)[1].row() == 1
    assert reset.count() == 0
    model.show_rows(model.rows)
    assert changed.count() == 1
    del tester


def test_rows_model_inserts_and_removes(qtbot: QtBot) -> None:
    model = make_model()
    tester = QAbstractItemModelTester(model)
    reset, gone, come = (
        QSignalSpy(model.modelReset),
        QSignalSpy(model.rowsRemoved),
        QSignalSpy(model.rowsInserted),
    )
    model.show_rows([Thing(9, "new"), Thing(1, "a"), Thing(3, "C")])
    assert (reset.count(), gone.count(), come.count()) == (0, 1, 1)
    assert [t.name for t in model.rows] == ["new", "a", "C"]
    model.show_rows([Thing(3, "C"), Thing(1, "a")])  # another order
    assert reset.count() == 1
    del tester


def test_proxy_sorts_by_value_and_searches_words(qtbot: QtBot) -> None:
    model = RowsModel(COLUMNS, lambda t: t.id)
    model.show_rows(
        [Thing(1, "ten", 10), Thing(2, "nine", 9), Thing(3, "unknown", None), Thing(4, "hundred", 100)]
    )
    proxy = RowsProxy()
    proxy.setSourceModel(model)
    proxy.sort(1)
    assert [proxy.index(r, 0).data() for r in range(4)] == ["nine", "ten", "hundred", "unknown"]
    proxy.sort(1, Qt.SortOrder.DescendingOrder)
    assert [proxy.index(r, 0).data() for r in range(4)] == ["hundred", "ten", "nine", "unknown"]
    proxy.search("HUN red")
    assert proxy.rowCount() == 1
    proxy.search("")
    proxy.keep(lambda t: (t.size or 0) > 9)
    assert proxy.rowCount() == 2


def test_counts_model_tells_one_cell(qtbot: QtBot) -> None:
    model = CountsModel(Times(rows.ZONE))
    tester = QAbstractItemModelTester(model)
    view = rows.counts()
    model.show_view(view)
    assert len(model.picks) == 10
    changed, reset = QSignalSpy(model.dataChanged), QSignalSpy(model.modelReset)
    live = view.rows[0].cells[5]
    assert live is not None
    row = replace(view.rows[0], cells=(*view.rows[0].cells[:5], replace(live, quantity=122)))
    model.show_view(replace(view, rows=(row, *view.rows[1:])))
    assert (changed.count(), reset.count()) == (1, 0)
    assert (changed.at(0)[0].row(), changed.at(0)[0].column()) == (0, 5)
    assert changed.at(0)[1].column() == 5
    del tester


def test_failing_cells_cannot_be_ticked(qtbot: QtBot) -> None:
    model = CountsModel(Times(rows.ZONE))
    model.show_view(rows.counts())
    assert not model.toggle(model.index(1, 3))
    assert not model.toggle(model.index(0, 0))
    assert model.toggle(model.index(0, 2))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1780.0, "1,780"),
        (-13, "−13"),
        (0.125, "0.125"),
        (1e6, "1,000,000"),
        (None, "–"),
        (-0.0001, "0"),
    ],
)
def test_quantity(value: float | None, text: str) -> None:
    assert quantity(value) == text


def test_words_for_time() -> None:
    assert (duration(9), duration(380), duration(4380)) == ("9 s", "6 min 20 s", "1 h 13 min")
    assert (rough(45), rough(130), rough(3 * 86400)) == ("45 s", "2 min", "3 d")
    assert (stopwatch(9), stopwatch(754), stopwatch(7384)) == ("0:09", "12:34", "2:03:04")
    assert (difference(12), difference(-13), difference(0)) == ("+12", "−13", "0")


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,484", 1484.0), (" 12.5 ", 12.5), ("", None), ("abc", None), ("-3", None), ("nan", None)],
)
def test_typed_quantities(text: str, value: float | None) -> None:
    assert parse_quantity(text) == value


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("front", ["text", "dim", "faint", "crit_text", "high_text", "med_text"])
@pytest.mark.parametrize("back", ["card", "panel", "field"])
def test_words_can_be_read(theme: str, front: str, back: str) -> None:
    """4.5:1 for words (WCAG 2.2 AA); faint words are asides and placeholders, 3:1."""
    colors = read_tokens().colors[theme]
    a, b = sorted((luminance(colors[front]), luminance(colors[back])))
    assert (b + 0.05) / (a + 0.05) >= (3.9 if front == "faint" else 4.5)


def test_both_themes_have_the_same_tokens() -> None:
    colors = read_tokens().colors
    assert colors["light"].keys() == colors["dark"].keys()


def test_task_answers_on_the_main_thread(qtbot: QtBot) -> None:
    runner, owner = TaskRunner(), QObject()
    seen: list[tuple[str, object]] = []
    main = threading.current_thread()

    def work() -> str:
        assert threading.current_thread() is not main
        return "done"

    Task(work).on_success(lambda a: seen.append((a, threading.current_thread()))).start(runner, owner)
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [("done", main)]
    runner.close()


def test_task_errors_are_told_apart(qtbot: QtBot) -> None:
    runner, owner = TaskRunner(), QObject()
    seen: list[ConsoleError] = []

    def refuse() -> None:
        raise StoreUnavailable("The ledger is locked.", "Wait.")

    def bug() -> None:
        raise KeyError("oops")

    for work in (refuse, bug):
        Task(work).on_failure(seen.append).start(runner, owner)
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert {type(e) for e in seen} == {StoreUnavailable, OurBug}
    assert "our bug" in str(next(e for e in seen if isinstance(e, OurBug)))
    runner.close()


def test_refresher_coalesces_and_sleeps_when_hidden(qtbot: QtBot) -> None:
    runner, owner = TaskRunner(), QObject()
    reads: list[int] = []
    refresher = Refresher(lambda: reads.append(1), lambda _: None, lambda _: None, runner, owner, 50)
    refresher.request()
    qtbot.wait(30)
    assert reads == []
    refresher.activate(True)
    for _ in range(20):
        refresher.request()
    qtbot.wait(200)
    assert len(reads) == 2
    refresher.activate(False)
    refresher.request()
    qtbot.wait(80)
    assert len(reads) == 2
    runner.close()


def test_watch_tells_changes_and_says_a_loss_once(qtbot: QtBot) -> None:
    state = {"fail": False, "closed": False}

    def ledger() -> bool:
        if state["fail"]:
            raise StoreUnavailable("The ledger is gone.", "Look at the disk.")
        return True

    watch = StoreWatch(Feeds(ledger=ledger, close=lambda: state.update(closed=True)))
    troubles: list[str] = []
    watch.trouble.connect(troubles.append)
    with qtbot.waitSignal(watch.ledger_changed, timeout=2000):
        watch.start()
    state["fail"] = True
    qtbot.waitUntil(lambda: troubles == ["The ledger is gone. Look at the disk."], timeout=3000)
    watch.stop()
    assert state["closed"]
