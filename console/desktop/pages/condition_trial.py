"""Try-out of condition monitoring: parameters on recorded time, beside the live ones; then activated."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QLineEdit, QProgressBar, QScrollArea, QSplitter, QWidget

from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.formats import duration, tr
from console.desktop.models.trial import (
    Parameter,
    parameters,
    problem_of,
    with_values,
)
from console.desktop.tasks import Task
from console.desktop.widgets.basics import Button, Combo, column, label, restyle, row, surface
from console.desktop.widgets.check_form import parse_number
from console.desktop.widgets.messages import MessageBar
from console.desktop.widgets.time_field import TimeField
from console.desktop.widgets.trial_answer import TrialAnswer
from console.domain.equipment import ConditionSpec
from console.domain.people import Permission
from console.errors import ConsoleError
from console.services.views import Level, MachineView, TileView
from console.services.views.alarms import Trial

HOURS = (8, 24, 72, 168)
Known = tuple[str, tuple[ConditionSpec, ...], tuple[tuple[str, str], ...]]


class ConditionTrial(QWidget):
    """See the module's text.

    Attributes:
        tried: machine and parameters of the trial that is shown; None where they were changed since.

    Signals:
        activate_asked: the parameters that were tried are to go live.
    """

    activate_asked = Signal()

    def __init__(self, ctx: Context) -> None:
        super().__init__()
        self.setObjectName(names.TRIAL)
        self.ctx = ctx
        self._live: dict[str, ConditionSpec] = {}
        self._wanted: tuple[str, str] | None = None
        self._machine = ""
        self._trial: Trial | None = None
        self._tried: tuple[str, ConditionSpec] | None = None
        self._run_number = 0
        self._running: dict[int, float] = {}  # runs whose thread is not back yet, cancelled ones too
        self._awaited = 0
        self._make_inputs()
        self.answer = TrialAnswer(ctx)
        self.values, self.score, self.findings = (
            self.answer.values,
            self.answer.score,
            self.answer.findings,
        )
        self._lay_out()
        self._clock = QTimer(self)
        self._clock.setInterval(500)
        self._clock.timeout.connect(self._tick)
        self._wire()
        self._last_hours(24)

    @property
    def tried(self) -> tuple[str, ConditionSpec] | None:
        """See the class."""
        return self._tried if self._tried == self._asked() else None

    def activate(self) -> None:
        """It came into view: which machines there are, and what is live."""
        task: Task[tuple[TileView, ...]] = Task(self.ctx.desk.overview)
        task.on_success(self._show_machines).on_failure(self._failed).start(self.ctx.tasks, self)

    def show_value(self, machine: str, tag: str) -> None:
        """Chooses a machine and value."""
        self._wanted = (machine, tag)
        self._choose_machine(machine)

    def reload(self) -> None:
        """What is live changed."""
        self._machine = ""
        self._choose_machine(str(self.machine.currentData() or ""))

    def refresh(self) -> None:
        """Says anew what can be done."""
        running = self._awaited > 0
        why = self._problem()
        self.run.setVisible(not running)
        self.cancel.setVisible(running)
        self.run.setEnabled(not why)
        self._run_why.setText(tr("Tried for {t} …", t=self._elapsed()) if running else why)
        self._progress.setVisible(running)
        self.answer.allow(self._activate_problem())

    # --- building ---------------------------------------------------------------------------------
    def _make_inputs(self) -> None:
        theme, times, now = self.ctx.theme, self.ctx.times, self.ctx.now
        self.messages = MessageBar(theme, "trial_message")
        self.machine = Combo(theme, names.TRIAL_MACHINE, tr("Machine"))
        self.tag = Combo(theme, names.TRIAL_TAG, tr("Value"))
        for combo in (self.machine, self.tag):
            combo.setSizeAdjustPolicy(combo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combo.setMinimumContentsLength(8)
        self.fields: dict[str, tuple[Parameter, QLineEdit]] = {}
        for parameter in parameters():
            field = QLineEdit()
            field.setObjectName(names.trial_field(parameter.name))
            field.setAccessibleName(f"{parameter.title}: {parameter.hint}")
            field.setFixedWidth(104)
            self.fields[parameter.name] = (parameter, field)
        self.start = TimeField(times, now, names.TRIAL_START, tr("From"))
        self.end = TimeField(times, now, names.TRIAL_END, tr("To"))
        self.run = Button(tr("Try"), theme, name=names.TRIAL_RUN, icon="play")
        self.cancel = Button(tr("Cancel"), theme, name=names.TRIAL_CANCEL, icon="x")
        self._run_why = label("", "small", wrap=True)
        self._progress = QProgressBar()
        self._progress.setObjectName(names.TRIAL_PROGRESS)
        self._progress.setAccessibleName(tr("The parameters are tried"))
        self._progress.setRange(0, 0)
        self._progress.setTextVisible(False)
        self._progress.hide()

    def _lay_out(self) -> None:
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(12)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self._input_card())
        self._splitter.addWidget(self.answer)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes([390, 840])
        layout = column(self.messages, self._splitter, gap=10)
        layout.setStretch(1, 1)
        self.setLayout(layout)

    def _input_card(self) -> QFrame:
        inner = QWidget()
        inner.setProperty("surface", "clear")
        parts = column(margins=(0, 0, 4, 0), gap=8)
        both = row(self.machine, self.tag, gap=6)
        both.setStretch(0, 1)
        both.setStretch(1, 2)
        parts.addLayout(column(label(tr("Machine and value"), "group"), both, gap=5))
        parts.addWidget(label(tr("Parameters"), "group"))
        for parameter, field in self.fields.values():
            words = column(label(parameter.title), label(parameter.hint, "small", wrap=True), gap=0)
            line = row(field, words, gap=10)
            line.setStretch(1, 1)
            parts.addLayout(line)
        parts.addWidget(label(tr("Recorded time"), "group"))
        chips = row(gap=6)
        for hours in HOURS:
            words_of = tr("{n} h", n=hours) if hours < 48 else tr("{n} days", n=hours // 24)
            chip = Button(words_of, self.ctx.theme, name=names.trial_hours(hours), kind="chip")
            chip.clicked.connect(partial(self._last_hours, hours))
            chips.addWidget(chip)
        chips.addStretch(1)
        parts.addLayout(chips)
        span = row(self.start, label(tr("to"), "dim"), self.end, gap=6)
        parts.addLayout(span)
        parts.addStretch(1)
        inner.setLayout(parts)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        foot = row(self._run_why, self.run, self.cancel, gap=10)
        foot.setStretch(0, 1)
        card = surface("card")
        card.setMinimumWidth(340)
        layout = column(scroll, self._progress, foot, margins=(14, 12, 12, 12), gap=8)
        layout.setStretch(0, 1)
        card.setLayout(layout)
        return card

    def _wire(self) -> None:
        self.machine.currentIndexChanged.connect(
            lambda _: self._choose_machine(str(self.machine.currentData() or ""))
        )
        self.tag.currentIndexChanged.connect(lambda _: self._tag_changed())
        fields = [field for _, field in self.fields.values()]
        for field in (*fields, self.start, self.end):
            field.textChanged.connect(self.refresh)
            field.returnPressed.connect(self._run)
        self.run.clicked.connect(self._run)
        self.cancel.clicked.connect(self._cancel)
        self.answer.act.clicked.connect(self.activate_asked)

    # --- machine and value ------------------------------------------------------------------------
    def _show_machines(self, tiles: tuple[TileView, ...]) -> None:
        found = [t.machine for t in tiles]
        if [self.machine.itemData(i) for i in range(self.machine.count())] != found:
            before = self._wanted[0] if self._wanted is not None else self.machine.currentData()
            self.machine.blockSignals(True)
            self.machine.clear()
            for tile in tiles:
                self.machine.addItem(tile.title, tile.machine)
            self.machine.setCurrentIndex(max(0, self.machine.findData(before)) if found else -1)
            self.machine.blockSignals(False)
        self._choose_machine(str(self.machine.currentData() or ""))

    def _choose_machine(self, machine: str) -> None:
        place = self.machine.findData(machine)
        if place >= 0 and place != self.machine.currentIndex():
            self.machine.blockSignals(True)
            self.machine.setCurrentIndex(place)
            self.machine.blockSignals(False)
        if not machine or place < 0 or machine == self._machine:
            self._take_wanted()
            self.refresh()
            return
        self._machine = machine
        desk = self.ctx.desk

        def read() -> Known:
            view: MachineView = desk.machine(machine)
            numeric = tuple((v.label or v.tag, v.tag) for v in view.values if v.numeric)
            return machine, desk.conditions.parameters(machine), numeric

        task: Task[Known] = Task(read)
        task.on_success(self._show_values).on_failure(self._failed).start(self.ctx.tasks, self)

    def _show_values(self, known: Known) -> None:
        machine, live, numeric = known
        if machine != self._machine:
            return
        self._live = {spec.tag: spec for spec in live}
        titles = {tag: words for words, tag in numeric}
        self.tag.blockSignals(True)
        self.tag.clear()
        for tag in self._live:  # what is watched stands first
            self.tag.addItem(tr("{value}, watched", value=titles.get(tag, tag)), tag)
        for tag, words in titles.items():
            if tag not in self._live:
                self.tag.addItem(words, tag)
        self.tag.blockSignals(False)
        self._take_wanted()
        self._tag_changed()

    def _take_wanted(self) -> None:
        if self._wanted is None or self._wanted[0] != self._machine:
            return
        place = self.tag.findData(self._wanted[1])
        if place >= 0:
            self._wanted = None
            self.tag.setCurrentIndex(place)

    def _tag_changed(self) -> None:
        spec = self._spec()
        for name, (_, field) in self.fields.items():
            field.setText(f"{getattr(spec, name):g}" if spec is not None else "")
        self.refresh()

    def _spec(self) -> ConditionSpec | None:
        tag = self.tag.currentData()
        return self._live.get(str(tag), ConditionSpec(str(tag))) if tag is not None else None

    def _last_hours(self, hours: int, _checked: bool = False) -> None:
        end = self.ctx.now().replace(second=0, microsecond=0)
        self.start.show_time(end - timedelta(hours=hours))
        self.end.show_time(end)

    # --- trying -----------------------------------------------------------------------------------
    def _asked(self) -> tuple[str, ConditionSpec] | None:
        """Machine and parameters as typed; None while something is wrong."""
        spec = self._spec()
        if spec is None:
            return None
        values = {}
        for name, (parameter, field) in self.fields.items():
            value = parse_number(field.text())
            if value is None or problem_of(parameter, value):
                return None
            values[name] = value
        return self._machine, with_values(spec, values)

    def _span(self) -> tuple[datetime, datetime] | None:
        start, end = self.start.at, self.end.at
        return (start, end) if start is not None and end is not None else None

    def _problem(self) -> str:
        if not self._machine:
            return tr("No machine is known.")
        if self._spec() is None:
            return tr("This machine has no numeric value.")
        said = ""
        for parameter, field in self.fields.values():
            why = problem_of(parameter, parse_number(field.text()))
            restyle(field, "invalid", bool(why))
            said = said or why
        span = self._span()
        if said:
            return said
        if span is None:
            return tr("Say from when to when.")
        if span[0] >= span[1]:
            return tr("The end must come after the start.")
        if self._running and not self._awaited:
            return tr("The one that was cancelled still ends …")
        return ""

    def _run(self) -> None:
        asked, span = self._asked(), self._span()
        if asked is None or span is None or self._problem() or self._awaited:
            return
        self.messages.clear()
        self._run_number += 1
        number, conditions = self._run_number, self.ctx.desk.conditions
        self._awaited = number
        self._running[number] = time.monotonic()
        self._clock.start()
        machine, spec = asked
        task: Task[Trial] = Task(lambda: conditions.trial(machine, spec, *span))
        task.finally_(lambda: self._back(number))
        task.on_success(lambda trial: self._show_trial(number, asked, trial))
        task.on_failure(lambda error: self._trial_failed(number, error))
        task.start(self.ctx.tasks, self)
        self.refresh()

    def _cancel(self) -> None:
        """Its answer is no longer wanted; nothing was changed by it."""
        self._awaited = 0
        self.refresh()

    def _back(self, number: int) -> None:
        self._running.pop(number, None)
        if not self._running:
            self._clock.stop()
        self.refresh()

    def _show_trial(self, number: int, asked: tuple[str, ConditionSpec], trial: Trial) -> None:
        if number != self._awaited:
            return
        self._awaited = 0
        self._trial, self._tried = trial, asked
        self.answer.show_trial(trial)
        self.refresh()

    def _trial_failed(self, number: int, error: ConsoleError) -> None:
        if number == self._awaited:
            self._awaited = 0
            self._failed(error)
            self.refresh()

    def _failed(self, error: ConsoleError) -> None:
        self.messages.say(error.what, error.remedy, Level.HIGH)

    def _activate_problem(self) -> str:
        why = self.ctx.session.why_not(Permission.TUNE_CONDITIONS)
        if why:
            return why
        if self._trial is None or self.tried is None:
            return tr("Try the parameters on recorded time first.")
        machine, spec = self.tried
        if machine == self._machine and self._live.get(spec.tag) == spec:
            return tr("These are live.")
        return ""

    def _elapsed(self) -> str:
        started = self._running.get(self._awaited)
        return duration(time.monotonic() - started) if started is not None else ""

    def _tick(self) -> None:
        if self._awaited:
            self._run_why.setText(tr("Tried for {t} …", t=self._elapsed()))
