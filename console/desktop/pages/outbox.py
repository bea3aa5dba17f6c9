"""Outbox: what Odoo must hold and does not yet, why it waits, and what a person can do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QLineEdit, QSplitter

from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.formats import amount, quantity, rough, stopwatch, tr
from console.desktop.models.rows import Column
from console.desktop.pages.base import Page
from console.desktop.tasks import Refresher, Task
from console.desktop.theme import Theme, make_font
from console.desktop.widgets.basics import Button, column, label, restyle, row, surface
from console.desktop.widgets.data_table import DataTable
from console.desktop.widgets.facts import FactsView
from console.desktop.widgets.flow_grid import FlowGrid
from console.desktop.widgets.messages import draw_card
from console.domain.people import Permission
from console.domain.postings import PostingState
from console.services.views import FactTable, Level, OdooLink, OutboxRow, OutboxView

MOST_ROWS = 500  # read and told again at every change; older ones are found by their state
PLENTY_H = 1000  # more room than this concerns nobody
STATE_LEVELS = {
    PostingState.UNKNOWN: Level.MEDIUM,
    PostingState.REJECTED: Level.CRITICAL,
    PostingState.DEAD_LETTER: Level.HIGH,
}
STATE_ICONS = {
    PostingState.READY: "clock",
    PostingState.SENDING: "send",
    PostingState.POSTED: "check",
    PostingState.VERIFIED: "circle-check",
}
RETRYABLE = frozenset(
    {PostingState.READY, PostingState.UNKNOWN, PostingState.REJECTED, PostingState.DEAD_LETTER}
)


def state_words(state: PostingState) -> str:
    """The state for people."""
    return tr(state.value.replace("_", " "))


class StateCounter(QAbstractButton):
    """A state and how many postings are in it; pressed, the list shows only these."""

    def __init__(self, theme: Theme, state: PostingState) -> None:
        super().__init__()
        self.setObjectName(names.outbox_state(state.value))
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._theme, self.state, self._count = theme, state, 0
        theme.changed.connect(self.update)

    def set_count(self, count: int) -> None:
        """Shows the count."""
        if count != self._count or not self.accessibleName():
            self._count = count
            self.setAccessibleName(f"{state_words(self.state)}: {count}")
            self.update()

    def sizeHint(self) -> QSize:
        """A small tile."""
        return QSize(130, 62)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Count large, state below; coloured only where it is abnormal and not empty."""
        painter = QPainter(self)
        theme = self._theme
        level = STATE_LEVELS.get(self.state, Level.NORMAL) if self._count else Level.NORMAL
        rect = QRectF(self.rect())
        fill = "sel" if self.isChecked() else "hover" if self.underMouse() else "card"
        draw_card(painter, rect, theme, level, fill)
        if self.isChecked() or self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 8, 8)
        painter.setFont(make_font(20, strong=True))
        painter.setPen(theme.level(level, words=True) if self._count else theme.color("faint"))
        painter.drawText(rect.adjusted(14, 8, -8, -28), Qt.AlignmentFlag.AlignVCenter, quantity(self._count))
        painter.setFont(make_font(12))
        painter.setPen(theme.color("dim"))
        painter.drawText(
            rect.adjusted(14, 34, -8, -8), Qt.AlignmentFlag.AlignVCenter, state_words(self.state)
        )
        painter.end()


class OutboxPage(Page):
    """See the module's text."""

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx, names.PAGE_OUTBOX, tr("Outbox"))
        self._row: OutboxRow | None = None
        self._busy = False
        self._to_choose: object = None
        self._counters = {state: StateCounter(ctx.theme, state) for state in PostingState}
        self._note = label("", "dim")
        self.head.addWidget(self._note)
        self._link = label("", wrap=True)
        restyle(self._link, "level", Level.HIGH.value)
        self._link.hide()
        self.body.addWidget(self._link)
        grid = FlowGrid(126, 8, fill=True)
        for counter in self._counters.values():
            counter.toggled.connect(self._filtered)
            grid.addWidget(counter)
        self.body.addLayout(grid)
        self.list: DataTable[OutboxRow] = DataTable(
            ctx.theme,
            ctx.prefs,
            names.OUTBOX_LIST,
            self._columns(),
            lambda r: r.id,
            (
                "send",
                tr("Nothing was posted yet"),
                tr("Every confirmed quantity stands here until Odoo was seen to hold it, then as proof."),
            ),
        )
        self.list.view.setSelectionMode(self.list.view.SelectionMode.SingleSelection)
        self._panel = self._make_panel()
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(12)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self.list)
        self._splitter.addWidget(self._panel)
        self._splitter.setStretchFactor(0, 1)
        state = ctx.prefs.bytes("outbox/splitter")
        if state.isEmpty() or not self._splitter.restoreState(state):
            self._splitter.setSizes([820, 400])
        self.body.addWidget(self._splitter, 1)
        self._refresh = Refresher(self._read, self._show, self.say_error, ctx.tasks, self, 400)
        ctx.watch.ledger_changed.connect(self._refresh.request)
        ctx.watch.tick.connect(self._refresh.request)
        self.list.chosen.connect(self._chosen)
        self.list.exported.connect(lambda path: self.messages.say(tr("Written: {path}", path=path)))
        self.list.failed.connect(lambda text: self.messages.say(text, "", Level.HIGH))
        self._splitter.splitterMoved.connect(
            lambda: ctx.prefs.keep("outbox/splitter", self._splitter.saveState())
        )

    def _columns(self) -> tuple[Column[OutboxRow], ...]:
        full = self.ctx.times.full

        def text(key: str, title: str, of: Callable[[OutboxRow], str], **more: Any) -> Column[OutboxRow]:
            return Column(key, title, of, quiet=_settled, **more)

        def number(
            key: str, title: str, of: str, show: Callable[[Any], str] = quantity, **more: Any
        ) -> Column[OutboxRow]:
            sort = attrgetter(of)
            return text(key, title, lambda r: show(sort(r)), sort=sort, right=True, **more)

        def when(key: str, title: str, of: str) -> Column[OutboxRow]:
            sort = attrgetter(of)
            return text(key, title, lambda r: full(sort(r)), sort=sort, width=160, hidden=True)

        icon, words = (lambda r: STATE_ICONS.get(r.state, "")), (lambda r: state_words(r.state))
        return (
            text("state", tr("State"), words, level=_level, icon=icon, width=118),
            text("kind", tr("What"), lambda r: kind_words(r.kind), width=96),
            text("order", tr("About"), lambda r: r.summary or r.order_reference, strong=True, width=190),
            text("machine", tr("Machine"), lambda r: r.title or r.machine, width=104),
            number("adds", tr("Adds"), "quantity", width=74, hidden=True),
            text("to", tr("Odoo will hold"), _will_hold, sort=_held, right=True, width=122),
            number("age", tr("Age"), "age_s", rough, width=70),
            text("waiting", tr("Why it waits"), self._why_words, width=0),
            text("lane", tr("Lane"), lambda r: r.lane, hidden=True),
            number("attempts", tr("Writes"), "attempts", width=90, hidden=True),
            text("by", tr("Decided by"), lambda r: r.decided_by, hidden=True),
            when("made", tr("Created"), "created_at"),
            when("verified", tr("Verified"), "verified_at"),
            text("key", tr("Key"), lambda r: r.posting_key, width=160, hidden=True),
        )

    def _why_words(self, r: OutboxRow) -> str:
        if r.verified_at is not None and not (r.error or r.waiting):
            return tr("seen in Odoo {time}", time=self.ctx.times.near_second(r.verified_at, self.ctx.now()))
        return r.error or r.waiting

    def _make_panel(self) -> QFrame:
        theme = self.ctx.theme
        panel = surface("card", names.OUTBOX_PANEL)
        panel.setMinimumWidth(360)
        self._title = label("", "heading", wrap=True)
        self._state = label("", "strong")
        self._why = label("", wrap=True)
        self._facts = FactsView()
        self._reason = QLineEdit()
        self._reason.setObjectName(names.OUTBOX_REASON)
        self._reason.setPlaceholderText(tr("Reason, for the audit trail"))
        self._reason.setAccessibleName(tr("Reason"))
        self._reason.textChanged.connect(self._explain)
        self._reason.returnPressed.connect(self._do_retry)
        self._why_not = label("", "small", wrap=True, name=names.OUTBOX_WHY_NOT)
        self._why_not.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._trace = Button(tr("Trace"), theme, name=names.OUTBOX_TRACE, icon="route")
        self._trace.clicked.connect(self._follow)
        self._retry = Button(
            tr("Try again now"), theme, name=names.OUTBOX_RETRY, kind="primary", icon="rotate-ccw"
        )
        self._retry.clicked.connect(self._do_retry)
        foot = row(self._trace, self._why_not, self._retry, gap=10)
        foot.setStretch(1, 1)
        panel.setLayout(
            column(
                self._title,
                self._state,
                self._why,
                self._facts,
                0,
                self._reason,
                foot,
                margins=(15, 14, 14, 12),
                gap=10,
            )
        )
        panel.hide()
        return panel

    # --- page -------------------------------------------------------------------------------------
    def activate(self) -> None:
        """Reads now."""
        self._refresh.activate(True)
        self.list.view.setFocus()

    def deactivate(self) -> None:
        """Reads no more."""
        self._refresh.activate(False)

    def person_changed(self) -> None:
        """Another person may do other things."""
        self._explain()

    def open_with(self, argument: object) -> None:
        """Chooses one posting (its id)."""
        self._to_choose = None if self.list.choose(argument) else argument

    def _read(self) -> OutboxView:
        desk, wanted = self.ctx.desk, self._wanted
        views = [desk.outbox(MOST_ROWS, state) for state in wanted] or [desk.outbox(MOST_ROWS)]
        newest = sorted((r for v in views for r in v.rows), key=lambda r: r.id, reverse=True)[:MOST_ROWS]
        # what is not settled stands first: it must not hide below a day of proof
        return replace(views[0], rows=tuple(sorted(newest, key=_settled)))

    def _show(self, view: OutboxView) -> None:
        for state, count in view.counts:
            self._counters[state].set_count(count)
        parts = []
        if view.oldest_waiting_s is not None:
            parts.append(tr("oldest waits {age}", age=stopwatch(view.oldest_waiting_s)))
        if view.buffer_hours is not None and view.buffer_hours < PLENTY_H:
            parts.append(tr("room for {h} more hours", h=quantity(view.buffer_hours, 0)))
        every = sum(n for state, n in view.counts if not self._wanted or state in self._wanted)
        if every > len(view.rows):
            parts.append(tr("newest {n} of {all} shown", n=quantity(len(view.rows)), all=quantity(every)))
        self._note.setText(" · ".join(parts))
        away = view.odoo not in (OdooLink.UP, OdooLink.NOT_CONFIGURED)
        self._link.setText(
            view.odoo_reason or tr("Odoo {state}", state=_link_words(view.odoo)) if away else ""
        )
        self._link.setVisible(away)
        self.list.show_rows(view.rows)
        if self._to_choose is not None:  # asked for before anything was read
            self.open_with(self._to_choose)
            self._to_choose = None

    @property
    def _wanted(self) -> tuple[PostingState, ...]:
        return tuple(s for s, counter in self._counters.items() if counter.isChecked())

    def _filtered(self) -> None:
        chosen = frozenset(self._wanted)
        self.list.proxy.keep((lambda r: r.state in chosen) if chosen else None)
        self.list.search.textChanged.emit(self.list.search.text())
        self._refresh.now()

    # --- one posting ------------------------------------------------------------------------------
    def _chosen(self, chosen: OutboxRow | None) -> None:
        if chosen is None or (self._row is not None and chosen.id != self._row.id):
            self._reason.clear()
        self._row = chosen
        self._panel.setVisible(chosen is not None)
        if chosen is None:
            return
        of = tr("{order}: add {n}", order=chosen.order_reference, n=amount(chosen.quantity, chosen.unit))
        of = chosen.summary or of
        self._title.setText(of)
        self._state.setText(state_words(chosen.state).capitalize())
        restyle(self._state, "level", _level(chosen).value)
        self._why.setText(" ".join(p for p in (chosen.error, chosen.waiting) if p))
        self._why.setVisible(bool(chosen.error or chosen.waiting))
        self._facts.show_facts(self._table(chosen))
        self._explain()

    def _table(self, r: OutboxRow) -> FactTable:
        rows = [
            (tr("Odoo will hold"), _will_hold(r)),
            (tr("Decided by"), r.decided_by),
            (tr("Machine"), r.title or r.machine),
            (tr("Lane"), r.lane),
            (tr("Created"), self.ctx.times.full(r.created_at)),
            (tr("Writes to Odoo"), str(r.attempts) if r.attempts else tr("none so far")),
            (tr("Key"), r.posting_key),
        ]
        verified = self.ctx.times.full(r.verified_at) or tr("not yet")
        return FactTable((tr("Posting"), ""), (*rows, (tr("Verified"), verified)))

    def _problem(self) -> str:
        r = self._row
        if r is None:
            return ""
        if self._busy:
            return tr("On its way …")
        if r.state not in RETRYABLE:
            done = r.state is PostingState.VERIFIED
            return tr("Odoo was seen to hold it.") if done else tr("It is under way.")
        forbidden = self.ctx.session.why_not(Permission.ACT_ON_OUTBOX)
        return forbidden or ("" if self._reason.text().strip() else tr("Give a reason."))

    def _explain(self) -> None:
        why = self._problem()
        self._why_not.setText(why)
        self._retry.setEnabled(self._row is not None and not why)
        able = self._row is not None and self._row.state in RETRYABLE
        self._retry.setVisible(able)
        self._reason.setVisible(able)
        self._trace.setVisible(self._row is not None and bool(self._row.trace_id))

    def _follow(self) -> None:
        if self._row is not None:
            self.go.emit("trace", self._row.trace_id)

    def _do_retry(self) -> None:
        person, r = self.ctx.session.person, self._row
        if person is None or r is None or self._problem():
            return
        self._busy = True
        self._explain()
        desk, reason = self.ctx.desk, self._reason.text().strip()
        task = Task(lambda: desk.retry_posting(person, r.id, reason))
        task.finally_(self._answered).on_success(self._retried).on_failure(self.say_error)
        task.start(self.ctx.tasks, self, action=True)

    def _answered(self) -> None:
        self._busy = False
        self._explain()

    def _retried(self, _: None) -> None:
        self._reason.clear()
        self.messages.say(tr("It is tried again now."))
        self._refresh.now()


def kind_words(kind: str) -> str:
    """What a posting books, in a word."""
    return {
        "production": tr("Count"),
        "downtime": tr("Stop"),
        "scrap": tr("Scrap"),
        "consumption": tr("Consumption"),
        "operation": tr("Operation"),
        "close": tr("Closing"),
        "hold": tr("Hold"),
        "release": tr("Release"),
        "inspection": tr("Check"),
        "maintenance": tr("Request"),
    }.get(kind, kind)


def _held(r: OutboxRow) -> float:
    return 0.0 if r.summary else r.target_quantity


def _will_hold(r: OutboxRow) -> str:
    return tr("the record as asked") if r.summary else amount(r.target_quantity, r.unit)


def _settled(r: OutboxRow) -> bool:
    return r.state is PostingState.VERIFIED


def _level(r: OutboxRow) -> Level:
    level = STATE_LEVELS.get(r.state, Level.NORMAL)
    return Level.HIGH if r.late and level is Level.NORMAL else level


def _link_words(link: OdooLink) -> str:
    words = {
        OdooLink.DOWN: tr("is not reached"),
        OdooLink.REFUSED: tr("refuses"),
        OdooLink.NOT_CONFIGURED: tr("is not set up"),
        OdooLink.UNKNOWN: tr("is not known yet"),
    }
    return words.get(link, "")
