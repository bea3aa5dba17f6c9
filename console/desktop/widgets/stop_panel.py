"""The panel of one stop, or of several: states around it, its reason, what Odoo will hold, one action."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLineEdit, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from console.desktop import object_names as names
from console.desktop.formats import Times, duration, quantity, tr
from console.desktop.models.stops import (
    Draft,
    StopRequest,
    category_words,
    effect_words,
    likeliest,
    odoo_words,
    several_why_not,
    span_words,
)
from console.desktop.theme import Theme
from console.desktop.widgets.basics import Button, ElidedLabel, clear, column, label, restyle, row, rule
from console.desktop.widgets.reason_picker import ReasonPicker
from console.desktop.widgets.shapes import ShapeMark, state_words
from console.desktop.widgets.state_strip import StateStrip
from console.desktop.widgets.stop_edit import StopEdit
from console.domain.postings import PostingState
from console.services.views import Level
from console.services.views.stops import ReasonNode, StopDetail, StopRow

_TAB = Qt.FocusPolicy.TabFocus


class StopPanel(QFrame):
    """See the module's text. The same stop shown again keeps what a person began.

    Signals:
        requested: a StopRequest; the page decides.
        trace: a trace id to follow.
        drafted: a person began, changed or dropped something.
    """

    requested = Signal(object)
    trace = Signal(str)
    drafted = Signal()

    def __init__(self, theme: Theme, times: Times, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.setObjectName(names.STOPS_PANEL)
        self.setProperty("surface", "card")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._theme, self._times, self._now = theme, times, now
        self._detail: StopDetail | None = None
        self._several: tuple[StopRow, ...] = ()
        self._forbidden, self._busy = "", False
        self._history_shown: tuple[tuple[datetime, str], ...] = ()
        self._tab_order: list[QWidget] = []
        self._make_parts()
        self._lay_out()

    @property
    def detail(self) -> StopDetail | None:
        """The stop that is shown; None for several."""
        return self._detail

    @property
    def draft(self) -> Draft:
        """What a person began."""
        chosen = self.picker.chosen
        kept = self._detail.row.note if self._detail is not None else ""
        text = self._note.text().strip()
        return Draft(chosen.key if chosen is not None else "", text if text != kept else None)

    @property
    def editing(self) -> str:
        """split, merge or move while one of them is open."""
        return self._edit.kind if self._stack.currentWidget() is self._edit_box else ""

    def show_detail(self, detail: StopDetail, draft: Draft, forbidden: str) -> None:
        """Shows a stop. ``draft``: what was begun for it before; the same stop keeps what it has.

        ``forbidden``: why this person may not act; empty where they may.
        """
        same = self._detail is not None and self._detail.row.id == detail.row.id
        kept = self._detail.row.note if same and self._detail is not None else None
        self._detail, self._several, self._forbidden = detail, (), forbidden
        self.picker.show_reasons(detail.top, detail.tree)
        self.picker.show_given(detail.row.reason_key)
        if not same:
            self._leave_edit()
            self.picker.close_tree()
            self.picker.choose(draft.reason_key)
            self._note.setText(detail.row.note if draft.note is None else draft.note)
        elif self._note.text().strip() == kept:  # not touched: it follows what is stored
            self._note.setText(detail.row.note)
        if self.editing:
            self._edit.refresh(detail, self._now())
        self._show_head(detail)
        self._show_history(detail.history)
        for widget in (self._strip_row, self._tools, self._history_box, self._note):
            widget.show()
        self._update()

    def show_several(self, rows: Sequence[StopRow], tree: Sequence[ReasonNode], forbidden: str) -> None:
        """Several stops, to be given one reason."""
        before = tuple(r.id for r in self._several)
        self._detail, self._several, self._forbidden = None, tuple(rows), forbidden
        self._leave_edit()
        self.picker.show_reasons(likeliest(tree), tree)
        self.picker.show_given("")
        if before != tuple(r.id for r in rows):
            self.picker.close_tree()
            self.picker.choose("")
        self._title.setText(tr("{n} stops", n=len(rows)))
        self._mark.hide()
        total = sum(r.duration_s for r in rows)
        self._headline.setText(duration(total))
        restyle(self._headline, "level", "normal")
        machines = sorted({r.title or r.machine for r in rows})
        self._sub.set_text(", ".join(machines))
        self._in_odoo.setText("")
        for widget in (self._strip_row, self._tools, self._history_box, self._note, self._in_odoo):
            widget.hide()
        self._update()

    def forget(self) -> None:
        """Shows nothing; what was begun is dropped (the page keeps drafts)."""
        self._detail, self._several = None, ()
        self.picker.choose("")
        self._note.clear()
        self._leave_edit()

    def set_busy(self, busy: bool) -> None:
        """A decision is on its way."""
        self._busy = busy
        self._update()

    def choose_number(self, number: int) -> bool:
        """Chooses one of the likeliest reasons."""
        return not self.editing and not self._blocked() and self.picker.choose_number(number)

    def open_tree(self) -> None:
        """Shows all reasons."""
        if not self.editing and not self._blocked():
            self.picker.open_tree()

    def begin_edit(self, kind: str) -> None:
        """Opens split, merge or move."""
        if self._detail is None or self._blocked():
            return
        self._edit.begin(kind, self._detail, self._now())
        self._stack.setCurrentWidget(self._edit_box)
        self._note.hide()
        self._tools.hide()
        self._update()

    def act(self) -> None:
        """Does what the button says, if it can."""
        request = self._request()
        if request is not None and not self._problem():
            self.requested.emit(request)

    # --- building -----------------------------------------------------------------------------------
    def _make_parts(self) -> None:
        theme = self._theme
        self._title = label("", "heading", wrap=True)
        self._mark = ShapeMark(theme)
        self._headline = label("", "hero")
        self._sub = ElidedLabel("", "dim")
        self._in_odoo = label("", "small", wrap=True, name=names.STOPS_IN_ODOO)
        self._strip = StateStrip(theme, self._times, names.STOPS_STRIP)
        self._closer = Button(
            "", theme, name=names.STOPS_CLOSER, kind="icon", icon="plus", tip=tr("Less of the time around it")
        )
        self._wider = Button(
            "", theme, name=names.STOPS_WIDER, kind="icon", icon="minus", tip=tr("More of the time around it")
        )
        self._closer.clicked.connect(lambda: self._zoom(self._strip.close_in))
        self._wider.clicked.connect(lambda: self._zoom(self._strip.widen))
        self._strip_row = QWidget()
        line = row(self._wider, self._strip, self._closer, gap=8)
        line.setStretch(1, 1)
        self._strip_row.setLayout(line)
        self.picker = ReasonPicker(theme)
        self.picker.picked.connect(self._edited)
        self.picker.enter.connect(self.act)
        self.picker.tree_shown.connect(self._tree_shown)
        self._note = QLineEdit()
        self._note.setObjectName(names.STOPS_NOTE)
        self._note.setPlaceholderText(tr("Note: goes to Odoo with the stop"))
        self._note.setAccessibleName(tr("Note"))
        self._note.setMaxLength(400)
        self._note.textEdited.connect(self._edited)
        self._note.returnPressed.connect(self.act)
        self._edit = StopEdit(theme, self._times, self._strip)
        self._edit.edited.connect(self._update)
        self._edit.enter.connect(self.act)
        self._edit.back.connect(self._back)
        self._strip.dragged.connect(self._edit.dragged)
        self._make_tools()
        self._effect = label("", "small", wrap=True, name=names.STOPS_EFFECT)
        self._why_not = label("", "small", wrap=True, name=names.STOPS_WHY_NOT)
        self._act = Button(tr("Confirm"), theme, name=names.STOPS_CONFIRM, kind="primary", icon="check")
        self._act.setMinimumWidth(150)
        self._act.clicked.connect(self.act)

    def _make_tools(self) -> None:
        theme = self._theme
        self._tools = QWidget()
        self._tool_buttons: dict[str, Button] = {}
        for kind, name, icon, words in (
            ("split", names.STOPS_SPLIT, "scissors", tr("Split")),
            ("merge", names.STOPS_MERGE, "merge", tr("Merge")),
            ("move", names.STOPS_MOVE, "move-horizontal", tr("Times")),
        ):
            button = Button(words, theme, name=name, kind="chip", icon=icon)
            button.clicked.connect(lambda _=False, k=kind: self.begin_edit(k))
            self._tool_buttons[kind] = button
        self._trace = Button(tr("Trace"), theme, name=names.STOPS_TRACE, kind="chip", icon="route")
        self._trace.clicked.connect(self._follow)
        self._tools.setLayout(row(*self._tool_buttons.values(), 0, self._trace, gap=6))

    def _lay_out(self) -> None:
        head = row(self._title, self._mark, self._headline, gap=8)
        head.setStretch(0, 1)
        self._history_box = QWidget()
        self._history_box.setObjectName(names.STOPS_HISTORY)
        self._history: QVBoxLayout = column(gap=3)
        self._history_box.setLayout(self._history)
        below = QWidget()
        below.setProperty("surface", "clear")
        below.setLayout(column(self._in_odoo, self._history_box, 0, margins=(0, 0, 4, 0), gap=6))
        self._below = QScrollArea()
        self._below.setWidgetResizable(True)
        self._below.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._below.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._below.setMinimumHeight(20)
        self._below.setWidget(below)
        self._reason_box = QWidget()
        reasons = column(self.picker, self._note, self._tools, self._below, gap=8)
        reasons.setStretch(0, 0)
        reasons.setStretch(3, 1)
        self._reasons = reasons
        self._reason_box.setLayout(reasons)
        self._edit_box = QWidget()
        self._edit_box.setLayout(column(self._edit, 0))
        self._stack = QStackedLayout()
        self._stack.addWidget(self._reason_box)
        self._stack.addWidget(self._edit_box)
        words = column(self._effect, self._why_not, gap=2)
        foot = row(words, self._act, gap=12)
        foot.setStretch(0, 1)
        foot.setAlignment(self._act, Qt.AlignmentFlag.AlignBottom)  # however long the words, it stays there
        body = column(
            head, self._sub, self._strip_row, self._stack, rule(), foot, margins=(15, 10, 14, 12), gap=8
        )
        body.setStretch(3, 1)
        self.setLayout(body)

    # --- state --------------------------------------------------------------------------------------
    def _show_head(self, detail: StopDetail) -> None:
        stop, now = detail.row, self._now()
        self._title.setText(f"{stop.title or stop.machine}, {span_words(stop, self._times, now)}")
        self._headline.setText(duration(stop.duration_s))
        level = stop.level if stop.needs_reason else Level.NORMAL
        restyle(self._headline, "level", level.value)
        self._mark.set_level(level)
        self._mark.setVisible(level is not Level.NORMAL)
        said = tr("{reason}, says {who}", reason=stop.reason, who=stop.explained_by) if stop.reason else ""
        parts = (said, state_words(stop.state, stale=False), category_words(stop.category))
        self._sub.set_text(" · ".join(p for p in (*parts, stop.order_reference) if p))
        self._in_odoo.setText(self._odoo_line(detail))
        self._in_odoo.setVisible(bool(self._in_odoo.text()))
        self._strip.show_stop(
            detail.bands,
            stop.started_at,
            stop.ended_at or now,
            is_open=stop.ended_at is None,
            urgent=stop.needs_reason,
        )
        self._zoom()

    def _odoo_line(self, detail: StopDetail) -> str:
        stop = detail.row
        parts = []
        if stop.posting is not None:
            parts.append(tr("Odoo: {state}.", state=odoo_words(stop)))
            if stop.waiting and stop.posting is not PostingState.VERIFIED:
                parts.append(stop.waiting)
        if stop.odoo_minutes is not None and not detail.odoo_note:
            parts.append(tr("It reckons {n} min.", n=quantity(stop.odoo_minutes, 2)))
        if detail.odoo_note:
            parts.append(detail.odoo_note)
        return " ".join(parts)

    def _show_history(self, history: tuple[tuple[datetime, str], ...]) -> None:
        if history == self._history_shown:
            return
        self._history_shown = history
        clear(self._history)
        now = self._now()
        for at, text in reversed(history):  # the newest first
            self._history.addWidget(label(f"{self._times.near(at, now)}  {text}", "small", wrap=True))

    def _zoom(self, step: Callable[[], None] | None = None) -> None:
        if step is not None:
            step()
        self._wider.setEnabled(self._strip.can_widen)
        self._closer.setEnabled(self._strip.can_close_in)

    def _tree_shown(self, shown: bool) -> None:
        """The tree takes the room of what can wait."""
        self._below.setVisible(not shown)
        self._reasons.setStretch(0, 1 if shown else 0)
        self._reasons.setStretch(3, 0 if shown else 1)

    def _leave_edit(self) -> None:
        self._edit.kind = ""
        self._strip.set_lines([])
        self._stack.setCurrentWidget(self._reason_box)

    def _back(self) -> None:
        self._leave_edit()
        self._note.show()
        self._tools.show()
        self.setFocus()
        self._update()

    def _edited(self, *_: object) -> None:
        self._update()
        self.drafted.emit()

    def _blocked(self) -> str:
        """Why nothing can be done with it at all."""
        if self._busy:
            return tr("On its way …")
        if self._forbidden:
            return self._forbidden
        if self._several:
            return several_why_not(self._several)
        return self._detail.why_not if self._detail is not None else ""

    def _problem(self) -> str:
        if self._detail is None and not self._several:
            return tr("Choose a stop.")
        blocked = self._blocked()
        if blocked:
            return blocked
        if self.editing:
            return self._edit.problem
        draft = self.draft
        if self._several or draft.note is None:
            if not draft.reason_key:
                known = self._detail is not None and self._detail.row.reason
                return tr("Choose another reason to change it.") if known else tr("Choose the reason.")
            if self._detail is not None and draft.reason_key == self._detail.row.reason_key:
                return tr("That is its reason already.")
        return ""

    def _request(self) -> StopRequest | None:
        draft = self.draft
        if self._several:
            return StopRequest(
                "several", tuple((r.id, r.version) for r in self._several), reason_key=draft.reason_key
            )
        detail = self._detail
        if detail is None:
            return None
        if self.editing:
            return self._edit.request()
        own = ((detail.row.id, detail.row.version),)
        note = self._note.text().strip()
        if draft.reason_key and draft.reason_key != detail.row.reason_key:
            return StopRequest("explain", own, reason_key=draft.reason_key, note=note)
        return StopRequest("annotate", own, note=note)

    def _verb(self) -> str:
        if self.editing:
            return self._edit.verb
        draft, detail = self.draft, self._detail
        if self._several:
            return tr("Confirm {n} stops", n=len(self._several))
        if detail is not None and detail.row.reason and draft.reason_key not in ("", detail.row.reason_key):
            return tr("Change reason")
        return tr("Keep note") if draft.note is not None and not draft.reason_key else tr("Confirm")

    def _effect_words(self) -> str:
        if self.editing:
            return self._edit.effect
        chosen = self.picker.chosen
        if self._several:
            return tr("All become: {reason}.", reason=chosen.title) if chosen is not None else ""
        if self._detail is None:
            return ""
        return effect_words(self._detail, chosen)

    def _update(self, *_: object) -> None:
        blocked, why = self._blocked(), self._problem()
        self.picker.setEnabled(not blocked)
        self._note.setEnabled(not blocked)
        for kind, button in self._tool_buttons.items():
            no = blocked or self._no_neighbour(kind)
            button.setEnabled(not no)
            button.setToolTip(no)
        self._trace.setVisible(self._detail is not None and bool(self._detail.row.trace_id))
        self._why_not.setText(why)
        self._why_not.setVisible(bool(why))
        effect = self._effect_words()
        self._effect.setText(effect)
        self._effect.setVisible(bool(effect))
        self._act.setText(self._verb())
        self._act.setEnabled(not why)
        self._set_tab_order()

    def _no_neighbour(self, kind: str) -> str:
        detail = self._detail
        if kind == "merge" and detail is not None and detail.before is None and detail.after is None:
            return tr("It has no neighbour that it could be merged with.")
        return ""

    def _follow(self) -> None:
        if self._detail is not None:
            self.trace.emit(self._detail.row.trace_id)

    def _set_tab_order(self) -> None:
        """As read from top to bottom, then the action."""
        order: list[QWidget] = [self._wider, self._strip, self._closer]
        for one in (self.picker, self._edit):
            order += [w for w in one.findChildren(QWidget) if w.focusPolicy() & _TAB]
        order += [self._note, self._act, *self._tool_buttons.values(), self._trace]
        if order == self._tab_order or self.window() is self:
            return
        self._tab_order = order
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)
