"""Shift: the hand-over, filled by itself; both people sign it, then it is sealed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QScrollArea, QStackedLayout, QWidget

from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.formats import tr
from console.desktop.models.shift import count_columns, percent, ratio_title, ref_words
from console.desktop.pages.base import Page
from console.desktop.shift_report import write_report
from console.desktop.tasks import Refresher, Task
from console.desktop.widgets.basics import Button, Combo, clear, column, label, row, rule, surface
from console.desktop.widgets.data_table import ROW_HEIGHT, DataTable, ask_path
from console.desktop.widgets.flow_grid import FlowGrid
from console.desktop.widgets.hand_over import NoteList, OpenLines
from console.desktop.widgets.messages import EmptyState
from console.desktop.widgets.oee_card import OeeCard
from console.desktop.widgets.pareto import Pareto
from console.desktop.widgets.shift_panels import SignOffPanel, TermsPanel, odoo_panel
from console.domain.people import Permission
from console.errors import ConsoleError
from console.services.views import Decided, Level
from console.services.views.shift import CountLine, OeeView, ShiftRef, ShiftView

CARD_WIDTH = 380
SIDE_WIDTH = 380
MOST_COUNTS = 8
Answer = tuple[tuple[ShiftRef, ...], ShiftView | None]


class ShiftPage(Page):
    """See the module's text.

    Signals:
        aside: title and widget to slide in.
        aside_done: what slid in has done its work.
    """

    aside = Signal(str, object)
    aside_done = Signal()

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx, names.PAGE_SHIFT, tr("Shift"))
        self._key = ""  # the running shift, until another one is picked
        self._view: ShiftView | None = None
        self._refs: tuple[ShiftRef, ...] = ()
        self._others: tuple[str, ...] = ()
        self._plant = ""
        self._cards: dict[tuple[str, str], OeeCard] = {}
        self._sign_panel: SignOffPanel | None = None
        self._busy = False
        self._make_head()
        self._make_left()
        self._make_side()
        self._make_foot()
        self._lay_out()
        self._refresh = Refresher(self._read, self._show, self.say_error, ctx.tasks, self, 2000)
        ctx.watch.ledger_changed.connect(self._refresh.request)
        ctx.watch.tick.connect(self._refresh.request)
        self._show_foot()

    # --- building ---------------------------------------------------------------------------------
    def _make_head(self) -> None:
        self._pick = Combo(self.ctx.theme, names.SHIFT_PICK, tr("Shift"))
        self._pick.currentIndexChanged.connect(self._picked)
        self._state = label("", "dim")
        self.head.addWidget(self._pick)
        self.head.addWidget(self._state)

    def _make_left(self) -> None:
        ctx = self.ctx
        self._grid = FlowGrid(CARD_WIDTH, ctx.theme.measure("gap"), fill=True)
        self._cards_box = QWidget()
        self._cards_box.setLayout(self._grid)
        self.counts: DataTable[CountLine] = DataTable(
            ctx.theme,
            ctx.prefs,
            names.SHIFT_COUNTS,
            count_columns(),
            lambda r: (r.machine, r.order_reference, r.product),
            ("list-checks", tr("Nothing counted"), tr("What each machine makes in this shift stands here.")),
        )
        self.counts.exported.connect(lambda path: self.messages.say(tr("Written: {path}", path=path)))
        self.counts.failed.connect(lambda text: self.messages.say(text, "", Level.HIGH))
        self._pareto = Pareto(ctx.theme, names.SHIFT_PARETO, most=8)
        pareto = surface("card")
        pareto.setLayout(column(self._pareto, margins=(14, 8, 14, 10)))
        inner = QWidget()
        inner.setProperty("surface", "clear")
        inner.setLayout(
            column(
                self._cards_box,
                label(tr("Counts"), "group"),
                self.counts,
                label(tr("What took the time"), "group"),
                pareto,
                0,
                margins=(0, 0, 6, 0),
                gap=10,
            )
        )
        self._left = QScrollArea()
        self._left.setWidgetResizable(True)
        self._left.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._left.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._left.setWidget(inner)

    def _make_side(self) -> None:
        theme = self.ctx.theme
        self._open: dict[str, OpenLines] = {
            key: OpenLines(self.ctx.theme, key, title)
            for key, title in (
                ("stops", tr("Stops to explain")),
                ("holds", tr("Quality holds")),
                ("review", tr("Review items")),
                ("alarms", tr("Alarms")),
            )
        }
        for key, lines in self._open.items():
            lines.go.connect(lambda k=key: self.go.emit(k, None))
        self._changes = OpenLines(self.ctx.theme, "", tr("Different since it was sealed"))
        self._changes.hide()
        self._notes = NoteList(self.ctx.times)
        self._note = QLineEdit()
        self._note.setObjectName(names.SHIFT_NOTE)
        self._note.setPlaceholderText(tr("Note for the next shift"))
        self._note.setAccessibleName(tr("Note for the next shift"))
        self._note.setMaxLength(1000)
        self._note.textChanged.connect(lambda _: self._show_foot())
        self._note.returnPressed.connect(self._add_note)
        self._add = Button("", theme, name=names.SHIFT_NOTE_ADD, kind="icon", icon="plus", tip=tr("Add note"))
        self._add.clicked.connect(self._add_note)
        self._note_why = label("", "small", wrap=True, name=names.SHIFT_NOTE_WHY_NOT)
        inner = QWidget()
        inner.setProperty("surface", "clear")
        inner.setLayout(
            column(
                self._changes,
                *self._open.values(),
                rule(),
                label(tr("Notes"), "group"),
                self._notes,
                0,
                margins=(0, 0, 6, 0),
                gap=8,
            )
        )
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        line = row(self._note, self._add, gap=8)
        self._side = surface("card")
        body = column(
            label(tr("Handed over"), "heading"), scroll, line, self._note_why, margins=(14, 12, 10, 12), gap=8
        )
        body.setStretch(1, 1)
        self._side.setLayout(body)

    def _make_foot(self) -> None:
        theme = self.ctx.theme
        self._words = label("", "strong", wrap=True)
        self._why_not = label("", "small", wrap=True, name=names.SHIFT_WHY_NOT)
        self._pdf = Button(tr("Save as PDF"), theme, name=names.SHIFT_PDF, icon="file-text")
        self._pdf.clicked.connect(self._ask_pdf)
        self._sign = Button(tr("Sign off"), theme, name=names.SHIFT_SIGN, kind="primary", icon="check")
        self._sign.setMinimumWidth(150)
        self._sign.clicked.connect(self._begin_sign)
        self._foot = surface("foot")
        words = column(self._words, self._why_not, gap=2)
        layout = row(words, self._pdf, self._sign, margins=(14, 10, 14, 10), gap=12)
        layout.setStretch(0, 1)
        self._foot.setLayout(layout)

    def _lay_out(self) -> None:
        self._empty = EmptyState(
            self.ctx.theme,
            "notebook-pen",
            tr("No shift yet"),
            tr("The plant file names the shifts; the running one stands here, filled by itself."),
            names.SHIFT_EMPTY,
        )
        both = QWidget()
        line = row(self._left, self._side, gap=12)
        line.setStretch(0, 3)
        line.setStretch(1, 1)
        self._side.setMinimumWidth(SIDE_WIDTH)
        both.setLayout(line)
        self._stack = QStackedLayout()
        self._stack.addWidget(both)
        self._stack.addWidget(self._empty)
        self.body.addLayout(self._stack, 1)
        self.body.addWidget(self._foot)

    # --- page -------------------------------------------------------------------------------------
    def activate(self) -> None:
        """Reads now."""
        self._refresh.activate(True)

    def deactivate(self) -> None:
        """Reads no more."""
        self._refresh.activate(False)

    def person_changed(self) -> None:
        """Another person may sign, or not."""
        self._sign_panel = None
        self._show_foot()
        if self.isVisible():
            self._refresh.now()

    def open_with(self, argument: object) -> None:
        """Opens one shift (its key)."""
        if isinstance(argument, str):
            self._key = argument
            self._refresh.now()

    # --- reading ----------------------------------------------------------------------------------
    def _read(self) -> Answer:
        desk = self.ctx.desk
        refs = desk.shifts.shifts()
        key = self._key or (refs[0].key if refs else "")
        me = self.ctx.session.person
        self._others = tuple(p.name for p in desk.people() if p.active and (me is None or p.id != me.id))
        self._plant = self._plant or desk.header().plant
        return refs, desk.shifts.shift(key) if key else None

    def _show(self, answer: Answer) -> None:
        refs, view = answer
        self._offer(refs, view)
        self._view = view
        self._stack.setCurrentIndex(0 if view is not None else 1)
        if view is not None:
            self._show_cards(view.oee)
            self.counts.show_rows(view.counts)
            self._fit_counts(len(view.counts))
            self._pareto.show_bars(view.pareto)
            for key, lines in (
                ("stops", view.open_stops),
                ("holds", view.open_holds),
                ("review", view.open_reviews),
                ("alarms", view.open_alarms),
            ):
                self._open[key].show_lines(lines)
            self._notes.show_notes(view.notes)
            self._changes.show_lines(view.changes)
            self._changes.setVisible(bool(view.changes))
        self._show_foot()

    def _offer(self, refs: tuple[ShiftRef, ...], view: ShiftView | None) -> None:
        if view is not None and view.ref.key not in {r.key for r in refs}:
            refs = (*refs, view.ref)
        if refs != self._refs:
            self._refs = refs
            self._pick.blockSignals(True)
            self._pick.clear()
            for ref in refs:
                self._pick.addItem(ref_words(ref), ref.key)
            self._pick.blockSignals(False)
        self._pick.blockSignals(True)
        self._pick.setCurrentIndex(self._pick.findData(view.ref.key) if view is not None else -1)
        self._pick.blockSignals(False)
        self._pick.setVisible(bool(refs))

    def _picked(self) -> None:
        key = self._pick.currentData()
        # the first one is followed as it changes: the running shift
        self._key = "" if self._refs and key == self._refs[0].key else str(key or "")
        self._refresh.now()

    def _show_cards(self, views: tuple[OeeView, ...]) -> None:
        keys = [(v.machine, v.order_reference) for v in views]
        if keys != list(self._cards):
            self._cards_box.hide()  # what is shown already is laid out anew for each card that comes
            clear(self._grid)
            self._cards = {}
            for key, view in zip(keys, views, strict=True):
                card = OeeCard(self.ctx.theme, view)
                card.opened.connect(lambda part, k=key: self._drill(k, part))
                self._grid.addWidget(card)
                self._cards[key] = card
            self._cards_box.setVisible(bool(views))
        for key, view in zip(keys, views, strict=True):
            self._cards[key].show_view(view)

    def _fit_counts(self, lines: int) -> None:
        """As high as its lines, up to a few; then it scrolls."""
        shown = min(max(lines, 3), MOST_COUNTS)
        self.counts.setFixedHeight(44 + 10 + 38 + shown * ROW_HEIGHT + 4)

    def _drill(self, key: tuple[str, str], part: str) -> None:
        view = self._cards[key].view
        if part == "odoo":
            title = tr("{machine}: what Odoo shows", machine=view.title)
            self.aside.emit(title, odoo_panel(view))
            return
        title = f"{view.title}: {ratio_title(part)}"
        panel = TermsPanel(self.ctx.theme, self.ctx.prefs, view, part)
        panel.table.exported.connect(lambda path: self.messages.say(tr("Written: {path}", path=path)))
        panel.table.failed.connect(lambda text: self.messages.say(text, "", Level.HIGH))
        self.aside.emit(title, panel)

    # --- doing ------------------------------------------------------------------------------------
    def _why_no_note(self) -> str:
        forbidden = self.ctx.session.why_not(Permission.SIGN_SHIFT)
        if forbidden:
            return forbidden
        if self._view is None:
            return tr("There is no shift.")
        if self._view.ref.sealed:
            return tr("The shift is sealed; notes go to the running one.")
        return "" if self._note.text().strip() else tr("Write the note.")

    def _why_no_sign(self) -> str:
        if self._view is None:
            return tr("There is no shift.")
        if self._busy:
            return tr("On its way …")
        return self._view.why_not or self.ctx.session.why_not(Permission.SIGN_SHIFT)

    def _show_foot(self) -> None:
        view = self._view
        why, note = self._why_no_sign(), self._why_no_note()
        self._foot.setVisible(view is not None)
        self._note.setEnabled(not note or note == tr("Write the note."))
        self._add.setEnabled(not note)
        self._note_why.setText(note)
        self._note_why.setVisible(bool(note) and note != tr("Write the note."))
        self._add.setToolTip(note or tr("Add note"))
        self._sign.setEnabled(not why)
        if view is None:
            return
        times = self.ctx.times
        self._state.setText(tr("{a} to {b}", a=times.minute(view.ref.start), b=times.minute(view.ref.end)))
        if view.sealed:
            self._words.setText(view.sealed)
        else:
            self._words.setText(
                tr(
                    "Both people sign; the shift is sealed as it stands, with {n} things open.",
                    n=self._open_count(),
                )
            )
        self._sign.setVisible(not view.ref.sealed)
        self._why_not.setText("" if view.ref.sealed else why)
        self._why_not.setVisible(bool(why) and not view.ref.sealed)

    def _open_count(self) -> int:
        view = self._view
        if view is None:
            return 0
        return sum(len(x) for x in (view.open_stops, view.open_holds, view.open_reviews, view.open_alarms))

    def _add_note(self) -> None:
        person, view, text = self.ctx.session.person, self._view, self._note.text().strip()
        if person is None or view is None or self._why_no_note():
            return
        shifts, key = self.ctx.desk.shifts, view.ref.key
        task = Task(lambda: shifts.add_note(person, key, text))
        task.on_success(self._noted).on_failure(self._refused)  # refused: what was written stays
        task.start(self.ctx.tasks, self, action=True)

    def _noted(self, decided: Decided) -> None:
        self._note.clear()
        self.messages.say(decided.message)
        self._refresh.now()

    def _begin_sign(self) -> None:
        person, view = self.ctx.session.person, self._view
        if person is None or view is None or self._why_no_sign():
            return
        oee = ", ".join(f"{v.title} {percent(v.oee)}" for v in view.oee[:6])
        summary = [
            tr("{shift}. OEE: {oee}", shift=view.ref.title, oee=oee or "–"),
            tr("{n} things are handed over open; {m} notes.", n=self._open_count(), m=len(view.notes)),
        ]
        panel = SignOffPanel(self.ctx.theme, person.name, self._others, summary)
        key = view.ref.key
        panel.signed.connect(lambda pin, other, other_pin: self._do_sign(key, pin, other, other_pin))
        self._sign_panel = panel
        self.aside.emit(tr("Sign off"), panel)

    def _do_sign(self, key: str, pin: str, other: str, other_pin: str) -> None:
        person = self.ctx.session.person
        if person is None:
            return
        self._busy = True
        self._show_foot()
        shifts = self.ctx.desk.shifts
        task = Task(lambda: shifts.sign_off(person, pin, other, other_pin, key))
        task.finally_(self._answered).on_success(self._sealed).on_failure(self._not_sealed)
        task.start(self.ctx.tasks, self, action=True)

    def _answered(self) -> None:
        self._busy = False
        self._show_foot()

    def _sealed(self, decided: Decided) -> None:
        self._sign_panel = None
        self.aside_done.emit()
        self.messages.say(decided.message)
        self._refresh.now()

    def _not_sealed(self, error: ConsoleError) -> None:
        panel = self._sign_panel
        if panel is not None and panel.isVisible():
            panel.refused(error)  # beside the keys, where the person looks
        else:
            self.say_error(error)
        self._refresh.now()

    def _refused(self, error: ConsoleError) -> None:
        self.say_error(error)
        self._refresh.now()

    # --- PDF --------------------------------------------------------------------------------------
    def _ask_pdf(self) -> None:
        if self._view is not None:
            suggested = f"shift-{self._view.ref.key.replace('/', '-')}.pdf"
            ask_path(self, tr("Save the report"), suggested, "PDF (*.pdf)", self.write_pdf)

    def write_pdf(self, path: str) -> None:
        """Writes the report of the shift in view."""
        view = self._view
        if view is None:
            return
        plant, times, now = self._plant, self.ctx.times, self.ctx.now()
        task = Task(lambda: write_report(path, view, plant, times, now))
        task.on_success(lambda done: self.messages.say(tr("Written: {path}", path=done)))
        task.on_failure(self.say_error).start(self.ctx.tasks, self)
