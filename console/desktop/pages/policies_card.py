"""Policies in Settings: how far each flow of each machine goes by itself, who said so, and another word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QButtonGroup, QFrame, QLineEdit, QWidget

from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.formats import quantity, tr, upper_first
from console.desktop.models.rows import Column
from console.desktop.tasks import Refresher, Task
from console.desktop.widgets.basics import Button, column, label, row
from console.desktop.widgets.data_table import DataTable
from console.desktop.widgets.decision_inputs import parse_quantity
from console.desktop.widgets.messages import MessageBar
from console.domain.people import Permission
from console.domain.policies import Flow, Mode
from console.services.views import Decided
from console.services.views.order_life import PolicyRow


@dataclass(frozen=True, slots=True)
class MachinePolicies:
    """A line: a machine with the policy of each flow."""

    machine: str
    title: str
    policies: tuple[PolicyRow, ...]

    def of(self, flow: Flow) -> PolicyRow | None:
        """The policy of one flow."""
        return next((p for p in self.policies if p.flow is flow), None)


class PoliciesCard(QFrame):
    """See the module's text. A cell of the list is one policy; below it stands what can become of it.

    Attributes:
        table: machines and flows.
    """

    def __init__(self, ctx: Context, messages: MessageBar) -> None:
        super().__init__()
        self.setProperty("surface", "card")
        self.ctx, self._messages = ctx, messages
        self._busy = False
        self._chosen: tuple[str, Flow] | None = None
        self._rows: dict[tuple[str, Flow], PolicyRow] = {}
        self.table: DataTable[MachinePolicies] = DataTable(
            ctx.theme,
            ctx.prefs,
            names.SETTINGS_POLICIES,
            (
                Column("machine", tr("Machine"), lambda m: m.title, strong=True, width=0),
                *(self._column(flow) for flow in Flow),
            ),
            lambda m: m.machine,
            ("factory", tr("No machine"), tr("The plant file names no machine.")),
            tools=False,
        )
        view = self.table.view
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.horizontalHeader().setSectionsMovable(False)
        self.table.setMinimumHeight(140)
        self._make_form()
        self._lay_out()
        view.selectionModel().currentChanged.connect(self._cell_changed)
        self.table.activated.connect(lambda _: self._go_on())
        self._refresh = Refresher(self._read, self._show, messages.error, ctx.tasks, self, 500)
        ctx.watch.ledger_changed.connect(self._refresh.request)
        self.explain()

    # --- building ---------------------------------------------------------------------------------
    def _column(self, flow: Flow) -> Column[MachinePolicies]:
        return Column(
            flow.value,
            tr(flow.value.capitalize()),
            lambda m: _mode_words(m.of(flow)),
            quiet=lambda m: _is_usual(m.of(flow)),
            strong=True,
            width=130,
        )

    def _make_form(self) -> None:
        theme = self.ctx.theme
        self._title = label("", "group", wrap=True, name=names.SETTINGS_POLICY_TITLE)
        self._now = label("", "small", wrap=True, name=names.SETTINGS_POLICY_NOW)
        self._group = QButtonGroup(self)
        self._modes: dict[Mode, Button] = {}
        for mode in Mode:
            words = tr(mode.value.capitalize())
            button = Button(words, theme, name=names.settings_policy_mode(mode.value), kind="chip")
            button.setCheckable(True)
            button.toggled.connect(self.explain)
            self._group.addButton(button)
            self._modes[mode] = button
        self._tolerance = _field(
            names.SETTINGS_POLICY_TOLERANCE, tr("Tolerance in percent"), tr("within %"), 8
        )
        self._tolerance.setMaximumWidth(110)
        self._does = label("", "small", wrap=True)
        self._reason = _field(
            names.SETTINGS_POLICY_REASON, tr("Reason"), tr("Reason, for the audit trail"), 400
        )
        for field in (self._tolerance, self._reason):
            field.textChanged.connect(self.explain)
        self._tolerance.returnPressed.connect(self._reason.setFocus)
        self._reason.returnPressed.connect(self._act)
        self._why_not = label("", "small", wrap=True, name=names.SETTINGS_POLICY_WHY_NOT)
        self._why_not.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._set = Button(tr("Set"), theme, name=names.SETTINGS_POLICY_SET, kind="primary")
        self._set.clicked.connect(self._act)

    def _lay_out(self) -> None:
        foot = row(self._why_not, self._set, gap=10)
        foot.setStretch(0, 1)
        about = label(
            tr("How far each flow of a machine goes by itself. Choose one to change it."), "small", wrap=True
        )
        box = column(
            label(tr("Policies"), "heading"),
            about,
            self.table,
            self._title,
            self._now,
            row(*self._modes.values(), self._tolerance, 0, gap=6),
            self._does,
            self._reason,
            foot,
            margins=16,
            gap=8,
        )
        box.setStretch(2, 1)
        self.setLayout(box)
        order: list[QWidget] = [*self._modes.values(), self._tolerance, self._reason, self._set]
        for before, after in pairwise([self.table.view, *order]):
            QWidget.setTabOrder(before, after)

    # --- state ------------------------------------------------------------------------------------
    def showEvent(self, event: QShowEvent) -> None:
        """In view: reads now, and from now on."""
        super().showEvent(event)
        self._refresh.activate(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Out of view."""
        super().hideEvent(event)
        self._refresh.activate(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in the list goes on to the modes."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.table.view.hasFocus():
            self._go_on()
        else:
            super().keyPressEvent(event)

    def _read(self) -> tuple[PolicyRow, ...]:
        return self.ctx.desk.policies.policies()

    def _show(self, rows: tuple[PolicyRow, ...]) -> None:
        self._rows = {(r.machine, r.flow): r for r in rows}
        lines: dict[str, list[PolicyRow]] = {}
        for each in rows:
            lines.setdefault(each.machine, []).append(each)
        self.table.show_rows([MachinePolicies(m, r[0].title, tuple(r)) for m, r in lines.items()])
        self.explain()

    def _cell_changed(self, current: QModelIndex, _before: QModelIndex) -> None:
        line = self.table.current if current.isValid() else None
        if line is None:
            self._choose(None)
            return
        key = self.table.model.columns[current.column()].key
        self._choose((line.machine, Flow(key) if key in list(Flow) else Flow.PRODUCTION))

    def _choose(self, chosen: tuple[str, Flow] | None) -> None:
        """Another policy: what was typed for the one before goes."""
        if chosen == self._chosen:
            return
        self._chosen = chosen
        self._begin()

    def _begin(self) -> None:
        held = self._held
        self._reason.clear()
        self._tolerance.setText(
            quantity(held.tolerance_percent) if held is not None and held.mode is Mode.AUTOMATIC else ""
        )
        if held is not None:
            self._modes[held.mode].setChecked(True)
        self.explain()

    @property
    def _held(self) -> PolicyRow | None:
        return self._rows.get(self._chosen) if self._chosen is not None else None

    @property
    def _mode(self) -> Mode | None:
        return next((m for m, b in self._modes.items() if b.isChecked()), None)

    def _go_on(self) -> None:
        """From the list to the modes, by Enter or a double press."""
        mode = self._mode
        if mode is not None and self._modes[mode].isEnabled():
            self._modes[mode].setFocus()

    @property
    def _within(self) -> float:
        """The tolerance that was typed; 0 where none is needed."""
        return parse_quantity(self._tolerance.text()) or 0.0 if self._needs_tolerance else 0.0

    @property
    def _needs_tolerance(self) -> bool:
        held = self._held
        return held is not None and held.flow is Flow.PRODUCTION and self._mode is Mode.AUTOMATIC

    def _problem(self) -> str:
        held, mode = self._held, self._mode
        forbidden = self.ctx.session.why_not(Permission.SET_POLICIES)
        if held is None or mode is None:
            return forbidden or tr("Choose a policy in the list.")
        within = parse_quantity(self._tolerance.text())
        checks: tuple[tuple[bool, str], ...] = (
            (bool(forbidden), forbidden),
            (self._busy, tr("On its way …")),
            (
                self._needs_tolerance and (within is None or within > 100),
                tr("Type how many percent, 0 to 100."),
            ),
            (
                (mode, self._within) == (held.mode, held.tolerance_percent),
                tr("It is so already: choose another mode."),
            ),
            (not self._reason.text().strip(), tr("Give a reason.")),
        )
        return next((words for wrong, words in checks if wrong), "")

    def explain(self) -> None:
        """Says what holds, what another mode would do, and what is missing."""
        held, mode = self._held, self._mode
        allowed = not self.ctx.session.why_not(Permission.SET_POLICIES)
        able = allowed and held is not None
        for each, button in self._modes.items():
            never = held is not None and held.flow is Flow.MAINTENANCE and each is Mode.AUTOMATIC
            button.setEnabled(able and not never)
            button.setToolTip(_does(Flow.MAINTENANCE, each) if never else "")
        self._tolerance.setVisible(self._needs_tolerance)
        self._tolerance.setEnabled(able)
        self._reason.setEnabled(able)
        chosen = held is not None and mode is not None
        self._title.setText(_title(held) if held is not None else "")
        self._now.setText(self._now_words(held) if held is not None else "")
        self._does.setText(self._does_words(held, mode) if held is not None and mode is not None else "")
        for shown in (self._title, self._now, self._does):
            shown.setVisible(bool(shown.text()))
        self._set.setText(
            tr("Set to {mode}", mode=tr(mode.value)) if chosen and mode is not None else tr("Set")
        )
        why = self._problem()
        self._why_not.setText(why)
        self._set.setEnabled(not why)

    def _now_words(self, held: PolicyRow) -> str:
        if held.at is None and not held.set_by:
            return tr("Nobody set it: {mode}, as everywhere at first.", mode=_mode_words(held))
        when = self.ctx.times.near(held.at, self.ctx.now()) if held.at is not None else ""
        said = tr(
            "{mode}, set by {who} {when}", mode=upper_first(_mode_words(held)), who=held.set_by, when=when
        )
        return f"{said.strip()}: {held.reason}"

    def _does_words(self, held: PolicyRow, mode: Mode) -> str:
        words = _does(held.flow, mode)
        return words if held.flow is not Flow.MAINTENANCE else f"{words} {_does(held.flow, Mode.AUTOMATIC)}"

    # --- doing ------------------------------------------------------------------------------------
    def _act(self) -> None:
        person, held, mode = self.ctx.session.person, self._held, self._mode
        if person is None or held is None or mode is None or self._problem():
            return
        desk, within, reason = self.ctx.desk, self._within, self._reason.text().strip()
        task = Task(partial(desk.policies.set, person, held.machine, held.flow, mode, within, reason))
        self._busy = True
        self.explain()
        task.finally_(self._answered).on_success(self._done).on_failure(self._messages.error)
        task.start(self.ctx.tasks, self, action=True)

    def _answered(self) -> None:
        self._busy = False
        self._refresh.now()
        self.explain()

    def _done(self, decided: Decided) -> None:
        self._messages.say(decided.message)
        self._reason.clear()


# --- words -----------------------------------------------------------------------------------------
def _mode_words(held: PolicyRow | None) -> str:
    if held is None:
        return ""
    if held.mode is Mode.AUTOMATIC and held.flow is Flow.PRODUCTION:
        return tr("automatic {n} %", n=quantity(held.tolerance_percent))
    return tr(held.mode.value)


def _is_usual(held: PolicyRow | None) -> bool:
    return held is None or held.mode is Mode.CONFIRM


def _title(held: PolicyRow) -> str:
    return f"{held.title}: {tr(held.flow.value)}"


def _does(flow: Flow, mode: Mode) -> str:
    """What a mode does with a flow, as docs/security.md tells."""
    told: dict[tuple[Flow, Mode], Callable[[], str]] = {
        (Flow.PRODUCTION, Mode.SHADOW): lambda: tr("Counts are shown; none can be confirmed."),
        (Flow.PRODUCTION, Mode.CONFIRM): lambda: tr("A person confirms each interval."),
        (Flow.PRODUCTION, Mode.AUTOMATIC): lambda: tr(
            "Confirmed by itself where every rule passes without a notice and the count is so close to what "
            "was expected; a person decides the rest."
        ),
        (Flow.DOWNTIME, Mode.SHADOW): lambda: tr("Stops are shown; none can be explained."),
        (Flow.DOWNTIME, Mode.CONFIRM): lambda: tr("A person gives each stop its reason."),
        (Flow.DOWNTIME, Mode.AUTOMATIC): lambda: tr(
            "A stop that is over is explained by itself where the machine's state tells the reason; a person "
            "explains the rest."
        ),
        (Flow.HOLD, Mode.SHADOW): lambda: tr("A breach is shown and holds nothing back."),
        (Flow.HOLD, Mode.CONFIRM): lambda: tr("A breach holds at once; a person keeps or releases it."),
        (Flow.HOLD, Mode.AUTOMATIC): lambda: tr(
            "A breach holds and is booked at once; a person releases it."
        ),
        (Flow.MAINTENANCE, Mode.SHADOW): lambda: tr("Nothing can be requested."),
        (Flow.MAINTENANCE, Mode.CONFIRM): lambda: tr("A person sends each request."),
        (Flow.MAINTENANCE, Mode.AUTOMATIC): lambda: tr("It is never automatic: a ticket calls people out."),
    }
    return told[flow, mode]()


def _field(name: str, accessible: str, placeholder: str, longest: int) -> QLineEdit:
    field = QLineEdit()
    field.setObjectName(name)
    field.setAccessibleName(accessible)
    field.setPlaceholderText(placeholder)
    field.setMaxLength(longest)
    return field
