"""Renders every page with example rows to PNG, for looking: ``python -m tests.desktop.gallery out/gallery``.

Options: ``--size 1920x1080``, ``--dark``, ``--only counts``, ``--many`` (a thousand of everything).
QT_SCALE_FACTOR=2 renders at 200 %.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QTableView, QWidget

from console.desktop import object_names as names
from console.desktop.app import Desktop, DesktopOptions, build_desktop
from console.desktop.context import About
from console.desktop.pages.alarms import AlarmsPage
from console.desktop.pages.holds import HoldsPage
from console.desktop.pages.settings import SettingsPage
from console.desktop.theme import ThemeChoice
from console.desktop.widgets.oee_card import OeeCard
from tests.desktop import rows
from tests.desktop.memory_desk import MemoryDesk


def settle(desktop: Desktop, seconds: float = 0.35) -> None:
    """Lets answers come and slides end."""
    end = time.monotonic() + seconds
    while time.monotonic() < end or not desktop.ctx.tasks.idle:
        desktop.app.processEvents()
        time.sleep(0.005)


def click(desktop: Desktop, name: str) -> None:
    """Presses a widget by its name."""
    widget = desktop.window.findChild(QWidget, name)
    assert isinstance(widget, QAbstractButton), name
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)
    settle(desktop)


def pick_row(desktop: Desktop, name: str, row: int) -> None:
    """Chooses a line of a list."""
    holder = desktop.window.findChild(QWidget, name)
    assert holder is not None, name
    table = holder if isinstance(holder, QTableView) else holder.findChild(QTableView)
    assert table is not None
    table.setCurrentIndex(table.model().index(row, 0))
    settle(desktop)


class Gallery:
    """Takes the pictures."""

    def __init__(
        self, folder: Path, size: tuple[int, int], dark: bool, only: str, many: bool = False
    ) -> None:
        self.folder, self.size, self.only, self.many = folder, size, only, many
        self.suffix = f"{size[0]}-{'dark' if dark else 'light'}"
        if os.environ.get("QT_SCALE_FACTOR"):
            self.suffix += f"-x{os.environ['QT_SCALE_FACTOR']}"
        if many:
            self.suffix += "-many"
        self.theme = ThemeChoice.DARK if dark else ThemeChoice.LIGHT
        folder.mkdir(parents=True, exist_ok=True)

    def build(self, desk: MemoryDesk) -> Desktop:
        """A desktop over a desk."""
        path = Path(tempfile.mkdtemp()) / "desktop.ini"
        about = About(
            "0.1.0", (("Plant file", "version 12, a91f03"), ("Ledger", "SQLite, schema 1"), ("Odoo", "19.0"))
        )
        desktop = build_desktop(
            desk,
            None,
            DesktopOptions(zone=rows.ZONE, settings_path=str(path), now=lambda: rows.NOW, about=about),
        )
        desktop.ctx.theme.apply(self.theme)
        desktop.window.resize(*self.size)
        desktop.window.show()
        settle(desktop)
        return desktop

    def shot(self, desktop: Desktop, name: str) -> None:
        """One picture."""
        settle(desktop)
        desktop.window.grab().save(str(self.folder / f"{name}-{self.suffix}.png"))

    def page(self, desktop: Desktop, key: str) -> bool:
        """Goes to a page, unless only another one is wanted."""
        if self.only and not self.only.startswith(key):
            return False
        desktop.window.show_page(key)
        settle(desktop)
        return True

    def run(self) -> None:
        """All pictures."""
        desk = MemoryDesk.many() if self.many else MemoryDesk.few()
        desktop = self.build(desk)
        if not self.only or self.only == "signin":
            self.shot(desktop, "signin")
        desktop.window.show_page("overview")
        desktop.window._signed_in(rows.ADMIN if self.only == "settings" else rows.LEAD)
        self.pages(desktop)
        desktop.close()
        if not self.only or self.only == "empty":
            self.empty()

    def pages(self, desktop: Desktop) -> None:
        """Every page with a few rows."""
        if self.page(desktop, "overview"):
            self.shot(desktop, "overview")
            click(desktop, names.HEADER_MACHINES)
            self.shot(desktop, "overview-links")
        if self.page(desktop, "machine"):
            desktop.window.show_page("machine", "filler2")
            self.shot(desktop, "machine")
        if self.page(desktop, "counts"):
            self.shot(desktop, "counts")
            desktop.window.pages["counts"].open_with(10)
            self.shot(desktop, "counts-panel")
            click(desktop, names.decision_choice("split"))
            self.shot(desktop, "counts-split")
        if self.page(desktop, "review"):
            pick_row(desktop, names.REVIEW_LIST, 2)
            self.shot(desktop, "review")
        self.stops(desktop)
        self.holds(desktop)
        self.alarms(desktop)
        if self.page(desktop, "orders"):
            self.shot(desktop, "orders")
            pick_row(desktop, names.ORDERS_LIST, 0)
            self.shot(desktop, "orders-one")
            click(desktop, names.order_scrap("filler1"))
            self.shot(desktop, "orders-scrap")
            click(desktop, names.SLIDE_OVER_CLOSE)
            click(desktop, names.ORDER_CLOSE)
            self.shot(desktop, "orders-close")
        if self.page(desktop, "outbox"):
            pick_row(desktop, names.OUTBOX_LIST, 5)
            self.shot(desktop, "outbox")
        self.shift(desktop)
        if self.page(desktop, "trace"):
            self.shot(desktop, "trace-search")
            desktop.window.show_page("trace", "t-39")
            self.shot(desktop, "trace")
        if self.page(desktop, "settings"):
            desktop.ctx.session.sign_in(rows.ADMIN)
            self.shot(desktop, "settings")
            click(desktop, names.settings_part("policies"))
            self.shot(desktop, "settings-policies")
            page = desktop.window.pages["settings"]
            assert isinstance(page, SettingsPage)
            page.policies.table.view.setCurrentIndex(page.policies.table.proxy.index(1, 1))
            self.shot(desktop, "settings-policy")
            desktop.ctx.session.sign_in(rows.INSPECTOR)
            self.shot(desktop, "settings-policy-inspector")

    def stops(self, desktop: Desktop) -> None:
        """The Stops page: what waits, a reason chosen, the tree, and each way to cut anew."""
        if not self.page(desktop, "stops"):
            return
        self.shot(desktop, "stops")
        click(desktop, names.stops_reason(1))
        self.shot(desktop, "stops-chosen")
        click(desktop, names.STOPS_ALL_REASONS)
        self.shot(desktop, "stops-tree")
        click(desktop, names.STOPS_TREE_BACK)
        pick_row(desktop, names.STOPS_LIST, 2)
        self.shot(desktop, "stops-explained")
        for kind in (names.STOPS_SPLIT, names.STOPS_MERGE, names.STOPS_MOVE):
            click(desktop, kind)
            self.shot(desktop, f"stops-{kind.rpartition('_')[2]}")
            click(desktop, names.STOPS_EDIT_BACK)

    def shift(self, desktop: Desktop) -> None:
        """The Shift page: the running one, a ratio's rows, both steps of the sign-off, a sealed one."""
        if not self.page(desktop, "shift"):
            return
        self.shot(desktop, "shift")
        card = desktop.window.findChild(OeeCard, names.shift_oee("filler2"))
        assert card is not None
        for zone in ("availability", "odoo"):
            place = card.zone_rect(zone).center().toPoint()
            QTest.mouseClick(card, Qt.MouseButton.LeftButton, pos=place)
            self.shot(desktop, f"shift-{zone}")
            desktop.window.slide_over.dismiss()
        desktop.window.show_page("shift", "2026-11-19/Night")
        settle(desktop)
        click(desktop, names.SHIFT_SIGN)
        self.shot(desktop, "shift-sign")
        for name in (*(names.shift_sign_pin(n) for n in (1, 2, 3, 4)), names.SHIFT_SIGN_ENTER):
            click(desktop, name)
        self.shot(desktop, "shift-sign-2")
        desktop.window.slide_over.dismiss()
        desktop.window.show_page("shift", "2026-11-19/Evening")
        self.shot(desktop, "shift-sealed")
        desktop.window.show_page("shift", "2026-11-20/Morning")

    def holds(self, desktop: Desktop) -> None:
        """The Holds page: the breach, its signature, what went into other lots, checks and limits."""
        if not self.page(desktop, "holds"):
            return
        desktop.ctx.session.sign_in(rows.INSPECTOR)
        self.shot(desktop, "holds")
        click(desktop, names.hold_choice("release"))
        click(desktop, names.HOLD_ACT)
        self.shot(desktop, "holds-sign")
        page = desktop.window.pages["holds"]
        assert isinstance(page, HoldsPage)
        page.side.finish()
        pick_row(desktop, names.HOLDS_LIST, 2)
        self.shot(desktop, "holds-read-back")
        click(desktop, names.HOLDS_PLACE)
        self.shot(desktop, "holds-place")
        page.side.finish()
        click(desktop, names.HOLD_CHECK)
        self.shot(desktop, "holds-check")
        page.side.finish()
        for part in ("checks", "limits", "closed"):
            click(desktop, names.holds_view(part))
            self.shot(desktop, f"holds-{part}")
        desktop.ctx.session.sign_in(rows.LEAD)

    def alarms(self, desktop: Desktop) -> None:
        """The Alarms page: a cause with its trend, its request, shelving, and monitoring tried out."""
        if not self.page(desktop, "alarms"):
            return
        desktop.ctx.session.sign_in(rows.PEOPLE[3])
        self.shot(desktop, "alarms")
        click(desktop, names.ALARM_REQUEST)
        self.shot(desktop, "alarms-request")
        page = desktop.window.pages["alarms"]
        assert isinstance(page, AlarmsPage)
        page.side.finish()
        pick_row(desktop, names.ALARMS_LIST, 3)
        self.shot(desktop, "alarms-requested")
        click(desktop, names.ALARM_SHELVE)
        self.shot(desktop, "alarms-shelve")
        page.side.finish()
        for part in ("shelved", "requests", "conditions", "history"):
            click(desktop, names.alarms_view(part))
            self.shot(desktop, f"alarms-{part}")
        click(desktop, names.alarms_view("trial"))
        page.trial.show_value("filler2", "filler2/temperature")
        settle(desktop)
        page.trial.fields["threshold"][1].setText("4")
        click(desktop, names.TRIAL_RUN)
        self.shot(desktop, "alarms-trial")
        desktop.ctx.session.sign_in(rows.LEAD)

    def empty(self) -> None:
        """A plant on its first day, and a bad one."""
        desk = MemoryDesk()
        desk.persons = []
        desk.head = rows.header(
            links=(),
            odoo=rows.v.OdooLink.DOWN,
            outbox_late=True,
            outbox_oldest_s=7384,
            edge_alive=False,
            counts_waiting=0,
            review_open=0,
            outbox_stuck=2,
        )
        desktop = self.build(desk)
        self.shot(desktop, "empty-signin")
        desktop.window._signed_in(rows.ADMIN)
        for key in desktop.window.pages:
            desktop.window.show_page(key)
            self.shot(desktop, f"empty-{key}")
        desktop.close()


def main() -> None:
    """See the module's text."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", default="1366x768")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--many", action="store_true")
    given = parser.parse_args()
    width, height = (int(n) for n in given.size.split("x"))
    Gallery(given.folder, (width, height), given.dark, given.only, given.many).run()


if __name__ == "__main__":
    main()
