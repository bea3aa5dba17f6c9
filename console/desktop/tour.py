"""The tour: plays the desktop by itself through its real widgets and takes a picture of every page.

A short shift with all three roles: counts confirmed, a breakdown explained, a hold kept and released, a
request made of an alarm, scrap given its reason and an order closed. See ``tour_player`` for how it plays.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QTableView

from console.desktop import object_names as names
from console.desktop import tour_roles as roles
from console.desktop.tour_player import Player, Script, TourError, Until
from console.domain.proposals import ReviewDomain
from console.services.views import CellLevel, CountCell, OdooLink, ReviewRow

STOPPED_FILE = "machines-stopped"
PERSON, PIN = "Lead A", "2468"
COLLEAGUE_PIN = "13579"
INSPECTOR, MAINTAINER = "Inspector B", "Maintenance D"
COLLEAGUES = (("Lead C", "supervisor"), (INSPECTOR, "inspector"), (MAINTAINER, "maintenance"))
PAGE_NAMES = (
    "overview",
    "machine",
    "counts",
    "review",
    "stops",
    "holds",
    "alarms",
    "orders",
    "outbox",
    "shift",
    "trace",
    "settings",
)
THEMES = ("light", "dark")
# pages that show a list and one line of it
LISTS = {
    "review": names.REVIEW_LIST,
    "stops": names.STOPS_LIST,
    "holds": names.HOLDS_LIST,
    "alarms": names.ALARMS_LIST,
    "orders": names.ORDERS_LIST,
    "outbox": names.OUTBOX_LIST,
}
# of the time worked: green counts are confirmed until here (well into an outage of the middle third), ...
CONFIRM_UNTIL = 0.62
# ... and from here on the pictures are taken, with something left to confirm
PICTURES_FROM = 0.78


@dataclass(frozen=True, slots=True)
class Part:
    """A role's part in the shift: once, when there is something to do."""

    key: str
    person: str
    ready: Callable[[], bool]
    script: Callable[[], Script]


class Tour(Player):
    """See the module's text."""

    def play(self) -> Script:
        """The whole shift."""
        yield from self._sign_in()
        if "work_started" not in self.state():
            yield from self._add_colleagues()
            self.save(phase="work", work_started=time.time())
        yield from self._work()
        if self.options.settles:
            yield from self._finish()

    def _sign_in(self) -> Script:
        yield self.seen(names.SIGN_IN)
        yield self.pause(0.5)
        if self.desk.needs_first_person():
            yield self.seen(names.SIGN_IN_NAME)
            self.picture("first-start-light")
            self.type_into(names.SIGN_IN_NAME, PERSON)
            yield from self._pin()
            yield self.pause(0.2)
        else:
            yield self.seen(names.sign_in_person(PERSON))
            self.click(names.sign_in_person(PERSON))
            self.picture("sign-in-light")
        yield from self._pin()
        yield self.seen(names.NAV_OVERVIEW)
        yield Until(lambda: self.find(names.SIGN_IN) is None, "the sign-in to give way")

    def _pin(self) -> Script:
        for digit in PIN:
            self.click(names.sign_in_pin(int(digit)))
            yield self.pause(0.05)
        yield Until(lambda: self.enabled(names.SIGN_IN_ENTER), "the PIN to be accepted as typed")
        self.click(names.SIGN_IN_ENTER)

    def _add_colleagues(self) -> Script:
        """The administrator adds people in Settings."""
        for name, role in COLLEAGUES:
            self.click(names.NAV_SETTINGS)
            yield self.seen(names.SETTINGS_PERSON_NAME)
            self.type_into(names.SETTINGS_PERSON_NAME, name)
            self.type_into(names.SETTINGS_PERSON_PIN, COLLEAGUE_PIN)
            self.type_into(names.SETTINGS_PERSON_PIN_AGAIN, COLLEAGUE_PIN)
            role_button = self.find(names.settings_role(role))
            if isinstance(role_button, QAbstractButton) and not role_button.isChecked():
                self.click(names.settings_role(role))
            yield Until(lambda: self.enabled(names.SETTINGS_PERSON_ADD), "the new person to be complete")
            self.click(names.SETTINGS_PERSON_ADD)
            yield Until(partial(self._is_known, name), f"{name} to be there")

    def _is_known(self, name: str) -> bool:
        return any(p.name == name for p in self.desk.people())

    def _work(self) -> Script:
        """A shift in small: look around, confirm what is green; in the last third take the pictures, with
        something left to confirm."""
        started, work_s = float(self.state()["work_started"]), self.options.work_s
        while time.time() < started + work_s:
            done = (time.time() - started) / work_s
            for page in ("overview", "counts", "outbox"):
                yield from self.open(page)
                if page == "counts" and done < CONFIRM_UNTIL:
                    yield from self._confirm_green()
                self._picture_of_an_outage(page)
            yield from self._next_part()
            if done > PICTURES_FROM and "pictures" not in self.state():
                yield from self._pictures()
                self.save(pictures="taken")
        yield from self.open("overview")
        if "pictures" not in self.state():
            yield from self._pictures()
            self.save(pictures="taken")

    def _parts(self) -> tuple[Part, ...]:
        return (
            Part(
                "explained",
                PERSON,
                lambda: bool(roles.prompts(self)),
                lambda: roles.explain_stops(self, 1),
            ),
            Part(
                "requested",
                MAINTAINER,
                lambda: roles.has_alarm(self),
                lambda: roles.request_from_alarm(self),
            ),
            Part("kept", INSPECTOR, lambda: roles.open_hold(self) is not None, lambda: roles.keep_hold(self)),
        )

    def _next_part(self) -> Script:
        """The next role's part that has something to do."""
        part = next((p for p in self._parts() if p.key not in self.state() and p.ready()), None)
        if part is not None:
            yield from self._as(part.person, part.script())
            self.save(**{part.key: 1})

    def _as(self, person: str, script: Script) -> Script:
        """Somebody's part, signed in as themselves; then the supervisor goes on."""
        if person == PERSON:
            yield from script
            return
        yield from roles.sign_in_as(self, person, COLLEAGUE_PIN)
        yield from script
        yield from roles.sign_in_as(self, PERSON, PIN)

    def _picture_of_an_outage(self, page: str) -> None:
        """Once, while Odoo is away and postings wait: the header says so, and the outbox says why."""
        if page != "outbox" or "outage" in self.state():
            return
        header = self.desk.header()
        if header.odoo is OdooLink.DOWN and header.outbox_waiting:
            self.picture("odoo-away-light")
            self.save(outage=header.outbox_waiting)

    def _finish(self) -> Script:
        """The machines are stopped; everything is decided, booked and verified."""
        self.save(phase="finish")
        stopped = self.options.folder / STOPPED_FILE
        yield Until(stopped.exists, "the machines to be stopped", 60)
        for part in self._parts():
            if part.key not in self.state():
                yield Until(part.ready, f"what the tour has to show: {part.key}", 20)
                yield from self._as(part.person, part.script())
                self.save(**{part.key: 1})
        # what is held cannot be confirmed: the inspector comes first
        if "released" not in self.state():
            yield from self._as(INSPECTOR, roles.release_hold(self, COLLEAGUE_PIN))
        if "checked" not in self.state():
            yield from self._as(INSPECTOR, roles.record_check(self))
        yield from self._settle()
        yield from roles.explain_stops(self, 30)
        if "scrapped" not in self.state():
            yield from roles.give_scrap_a_reason(self)
        if "consumed" not in self.state():
            yield from roles.confirm_consumption(self)
        yield from self._settle()
        if "closed" not in self.state():
            yield from roles.close_an_order(self)
        yield from self._settle()
        yield from self._last_pictures()

    def _settle(self) -> Script:
        """Counts are confirmed and decided until nothing waits and everything was seen in Odoo."""
        deadline = time.monotonic() + 150
        while not self._all_settled():
            if time.monotonic() > deadline:
                raise TourError(f"not everything was settled: {self._unsettled()}")
            yield from self.open("review")
            yield from self._resolve_first()
            yield from self.open("counts")
            yield from self._confirm_green()
            yield from self.open("outbox")

    def _last_pictures(self) -> Script:
        for page in ("stops", "holds", "alarms", "shift", "orders", "outbox"):
            yield from self.open(page)
            if page == "holds":
                self.click(names.holds_view("closed"))
                yield self.pause(0.3)
                self.click_row(names.HOLDS_LIST)
            elif page == "orders":
                self.click_row(names.ORDERS_LIST)
            yield self.pause(0.5)
            self.picture(f"{page}-settled-light")

    def _confirm_green(self) -> Script:
        if not self.enabled(names.COUNTS_CONFIRM):
            return
        self.click(names.COUNTS_CONFIRM)
        yield Until(lambda: not self.enabled(names.COUNTS_CONFIRM), "the confirmation to be taken", 15)
        yield self.pause(0.3)

    def _resolve_first(self) -> Script:
        """Decides the first review item about counts by its likeliest choice."""
        waiting = self._about_counts()
        if not waiting or not self.click_row(names.REVIEW_LIST, waiting[0].title):
            return
        before = len(waiting)
        yield self.seen(names.DECISION_ACT, names.REVIEW_PANEL)
        yield self.pause(0.3)
        # what was chosen before it was judged again stays chosen; the likeliest stands first
        likeliest = names.decision_choice(self.desk.review(waiting[0].id).choices[0].key)
        if self.find(likeliest, names.REVIEW_PANEL) is not None:
            self.click(likeliest, names.REVIEW_PANEL)
            yield self.pause(0.1)
        self.click(names.decision_reason(1), names.REVIEW_PANEL)
        yield Until(
            lambda: self.enabled(names.DECISION_ACT, names.REVIEW_PANEL), "the action to be offered", 5
        )
        self.click(names.DECISION_ACT, names.REVIEW_PANEL)
        yield Until(lambda: len(self._about_counts()) < before, "the item to be resolved", 15)

    def _about_counts(self) -> list[ReviewRow]:
        """What Review decides; the rest leads to the page where it is decided."""
        elsewhere = {d.value for d in (ReviewDomain.STOP, ReviewDomain.QUALITY, ReviewDomain.MAINTENANCE)}
        about = [r for r in self.desk.reviews(False) if r.domain not in elsewhere]
        return [r for r in about if not self.desk.review(r.id).leads_to]

    # --- pictures -----------------------------------------------------------------------------------------

    def _pictures(self) -> Script:
        for theme in THEMES:
            yield from self.open("settings")
            self.click(names.settings_theme(theme))
            yield self.pause(0.3)
            for page in PAGE_NAMES:
                yield from self.open(page)
                yield from self._dress(page)
                self.picture(f"{page}-{theme}")
        yield from self.open("settings")
        self.click(names.settings_theme("light"))

    def _dress(self, page: str) -> Script:
        """Opens what shows a page at work."""
        if page == "counts":
            yield from self._open_failing_cell()
        elif page in LISTS:
            self.click_row(LISTS[page])
            yield self.pause(0.5)
        elif page == "trace":
            yield from self._trace_something()
        elif page == "machine":
            yield self.pause(0.8)

    def _open_failing_cell(self) -> Script:
        grid = self.find(names.COUNTS_GRID)
        model = grid.model() if isinstance(grid, QTableView) else None
        if not isinstance(grid, QTableView) or model is None:
            return
        for row in range(model.rowCount()):
            for column in range(model.columnCount()):
                index = model.index(row, column)
                cell = _cell(grid, row, column)
                if cell is not None and cell.level is CellLevel.FAIL:
                    grid.scrollTo(index)
                    place = grid.visualRect(index).center()
                    QTest.mouseClick(
                        grid.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place
                    )
                    yield self.pause(0.8)
                    return

    def _trace_something(self) -> Script:
        verified = [r for r in self.desk.outbox(200).rows if r.verified_at is not None]
        if not verified:
            return
        self.type_into(names.TRACE_SEARCH, max(verified, key=lambda r: r.quantity).trace_id)
        line = self.find(names.TRACE_SEARCH)
        assert line is not None
        QTest.keyClick(line, Qt.Key.Key_Return)
        yield self.seen(names.trace_station(7))
        yield self.pause(0.8)

    # --- what is left -------------------------------------------------------------------------------------

    def _cells(self) -> list[CountCell]:
        view = self.desk.counts(None, 40)
        return [c for row in view.rows for c in row.cells if c is not None]

    def _unsettled(self) -> str:
        header = self.desk.header()
        live = sum(c.level is CellLevel.LIVE for c in self._cells())
        return (
            f"{live} intervals open, {header.counts_waiting} to confirm, {header.counts_failing} failing, "
            f"{len(self._about_counts())} in Review, {header.outbox_waiting} postings on their way, "
            f"{header.outbox_stuck} stuck"
        )

    def _all_settled(self) -> bool:
        header = self.desk.header()
        waiting = header.counts_waiting + header.counts_failing + header.outbox_waiting
        return waiting + len(self._about_counts()) == 0 and not any(
            c.level is CellLevel.LIVE for c in self._cells()
        )


def _cell(grid: QTableView, row: int, column: int) -> CountCell | None:
    find = getattr(grid.model(), "cell", None)
    found = find(grid.model().index(row, column)) if find is not None else None
    return found if isinstance(found, CountCell) else None
