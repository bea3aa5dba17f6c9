"""Where a stop was cut wrongly: split it at a time, merge it with a neighbour, move its start or end."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QLineEdit, QWidget

from console.desktop import object_names as names
from console.desktop.formats import Times, duration, tr
from console.desktop.models.stops import (
    StopRequest,
    move_problem,
    parse_clock,
    reason_words,
    span_words,
    split_problem,
)
from console.desktop.theme import Theme
from console.desktop.widgets.basics import Button, column, label, restyle, row
from console.desktop.widgets.decision_inputs import ReasonField
from console.desktop.widgets.state_strip import StateStrip
from console.services.views.stops import StopDetail, StopRow


class StopEdit(QWidget):
    """One of split, merge and move, on the strip above it.

    Attributes:
        kind: which of them.

    Signals:
        edited: something else was given.
        back: the person thinks better of it.
        enter: Enter was pressed.
    """

    edited = Signal()
    back = Signal()
    enter = Signal()

    def __init__(self, theme: Theme, times: Times, strip: StateStrip) -> None:
        super().__init__()
        self._theme, self._times, self._strip = theme, times, strip
        self._detail: StopDetail | None = None
        self._now = datetime.min.replace(tzinfo=UTC)  # until the first stop
        self.kind = ""
        self._title = label("", "strong")
        self._words = label("", "dim", wrap=True)
        back = Button(
            tr("Back"), theme, name=names.STOPS_EDIT_BACK, kind="chip", icon="chevron-left", tip=tr("Back")
        )
        back.clicked.connect(self.back)
        self._at = self._time(names.STOPS_AT, tr("Time of the cut"))
        self._start = self._time(names.STOPS_START, tr("Start"))
        self._end = self._time(names.STOPS_END, tr("End"))
        self._fields = QWidget()
        self._labels = [label(text, "small") for text in (tr("at"), tr("from"), tr("to"))]
        parts: list[QWidget | int] = []
        for words, field in zip(self._labels, (self._at, self._start, self._end), strict=True):
            parts += [words, field]
        self._fields.setLayout(row(*parts, 0, gap=8))
        self._make_neighbours()
        self._reason = ReasonField(theme)
        self._reason.edited.connect(self.edited)
        self._reason.line.returnPressed.connect(self.enter)
        head = row(back, self._title, 0, gap=10)
        self.setLayout(column(head, self._words, self._fields, self._neighbours, self._reason, 0, gap=8))

    def begin(self, kind: str, detail: StopDetail, now: datetime) -> None:
        """Starts anew."""
        self.kind = kind
        self._detail, self._now = detail, now
        stop = detail.row
        end = stop.ended_at or now
        self._at.clear()
        self._reason.clear()
        self._reason.offer(f"stop-{kind}")
        self._choice.setExclusive(False)
        for button in (self._before, self._after):
            button.setChecked(False)
        self._choice.setExclusive(True)
        titles = {
            "split": (tr("Split at a time"), tr("Two stops; the second one waits for its own reason.")),
            "merge": (tr("Merge with a neighbour"), tr("One stop; what ran between them counts as stopped.")),
            "move": (tr("Move start or end"), tr("Drag an edge of the strip, or type the times.")),
        }
        self._title.setText(titles[kind][0])
        self._words.setText(titles[kind][1])
        self._fields.setVisible(kind != "merge")
        self._neighbours.setVisible(kind == "merge")
        for words, field in zip(self._labels, (self._at, self._start, self._end), strict=True):
            for widget in (words, field):
                widget.setVisible((field is self._at) is (kind == "split"))
        if kind == "split":
            middle = (stop.started_at + (end - stop.started_at) / 2).replace(microsecond=0)
            self._strip.set_lines([middle], (stop.started_at, end))
            self._at.setText(self._times.second(middle))
            self._at.setFocus()
            self._at.selectAll()
        elif kind == "move":
            lines = [stop.started_at] + ([stop.ended_at] if stop.ended_at is not None else [])
            self._strip.set_lines(lines, (detail.earliest, detail.latest))
            self._start.setText(self._times.second(stop.started_at))
            self._end.setText(self._times.second(stop.ended_at) if stop.ended_at else tr("stands"))
            self._end.setEnabled(stop.ended_at is not None)
            self._start.setFocus()
        else:
            self._strip.set_lines([])
        self._show_neighbours(detail)

    def refresh(self, detail: StopDetail, now: datetime) -> None:
        """The stop was read again; what was typed stays."""
        self._detail, self._now = detail, now
        self._show_neighbours(detail)

    def dragged(self, number: int, at: datetime) -> None:
        """A line of the strip was moved."""
        field = self._at if self.kind == "split" else (self._start, self._end)[number]
        field.setText(self._times.second(at))

    @property
    def problem(self) -> str:
        """Why it cannot be done yet; empty where it can."""
        detail = self._detail
        if detail is None:
            return ""
        if self.kind == "split":
            problem = split_problem(detail, self._clock(self._at, detail.row.started_at), self._now)
        elif self.kind == "move":
            problem = move_problem(detail, *self._moved(detail), self._now, self._times)
        elif detail.before is None and detail.after is None:
            problem = tr("It has no neighbour that it could be merged with.")
        else:
            problem = "" if self._other() else tr("Choose the neighbour.")
        return problem or ("" if self._reason.text else tr("Give a reason."))

    @property
    def verb(self) -> str:
        """What the action is called."""
        return {"split": tr("Split"), "merge": tr("Merge"), "move": tr("Move")}.get(self.kind, "")

    @property
    def effect(self) -> str:
        """What it will do, in words."""
        detail = self._detail
        if detail is None or (self.problem and self.problem != tr("Give a reason.")):
            return ""
        stop, now = detail.row, self._now
        if self.kind == "split":
            at = self._clock(self._at, stop.started_at)
            if at is None:
                return ""
            first = (at - stop.started_at).total_seconds()
            second = ((stop.ended_at or now) - at).total_seconds()
            return tr("{a} keep their reason, {b} wait for one.", a=duration(first), b=duration(second))
        if self.kind == "move":
            start, end = self._moved(detail)
            long = ((end or now) - (start or stop.started_at)).total_seconds()
            return tr("{b} instead of {a}.", a=duration(stop.duration_s), b=duration(long))
        other = self._other()
        if other is None:
            return ""
        ends = [r.ended_at or now for r in (stop, other)]
        long = (max(ends) - min(stop.started_at, other.started_at)).total_seconds()
        return tr("One stop of {n}.", n=duration(long))

    def request(self) -> StopRequest | None:
        """What is asked for; None while something is missing."""
        detail = self._detail
        if detail is None or self.problem:
            return None
        own = (detail.row.id, detail.row.version)
        why = self._reason.text
        if self.kind == "split":
            at = self._clock(self._at, detail.row.started_at)
            return StopRequest("split", (own,), at=at, reason=why)
        if self.kind == "move":
            start, end = self._moved(detail)
            return StopRequest("move", (own,), start=start, end=end, reason=why)
        other = self._other()
        assert other is not None  # the problem would have said so
        return StopRequest("merge", (own, (other.id, other.version)), reason=why)

    # --- parts --------------------------------------------------------------------------------------
    def _time(self, name: str, accessible: str) -> QLineEdit:
        field = QLineEdit()
        field.setObjectName(name)
        field.setAccessibleName(accessible)
        field.setPlaceholderText(tr("hh:mm:ss"))
        field.setFixedWidth(104)
        field.textChanged.connect(self._typed)
        field.returnPressed.connect(lambda: self._reason.write())
        return field

    def _make_neighbours(self) -> None:
        self._neighbours = QWidget()
        self._choice = QButtonGroup(self)
        self._before = Button("", self._theme, name=names.STOPS_MERGE_BEFORE, kind="chip")
        self._after = Button("", self._theme, name=names.STOPS_MERGE_AFTER, kind="chip")
        for button in (self._before, self._after):
            button.setCheckable(True)
            button.toggled.connect(lambda _: self.edited.emit())
            self._choice.addButton(button)
        self._neighbours.setLayout(column(self._before, self._after, gap=6))

    def _show_neighbours(self, detail: StopDetail) -> None:
        for button, neighbour, where, none in (
            (self._before, detail.before, tr("Before"), tr("Before: none close enough")),
            (self._after, detail.after, tr("After"), tr("After: none close enough")),
        ):
            button.setEnabled(neighbour is not None)
            if neighbour is None:
                button.setChecked(False)
            button.setText(none if neighbour is None else self._neighbour_words(where, neighbour))
            button.setToolTip(button.text())

    def _neighbour_words(self, where: str, stop: StopRow) -> str:
        return tr(
            "{where}: {span}, {length}, {reason}",
            where=where,
            span=span_words(stop, self._times, self._now),
            length=duration(stop.duration_s),
            reason=reason_words(stop),
        )

    def _other(self) -> StopRow | None:
        detail = self._detail
        if detail is None:
            return None
        if self._before.isChecked():
            return detail.before
        return detail.after if self._after.isChecked() else None

    def _clock(self, field: QLineEdit, near: datetime) -> datetime | None:
        return parse_clock(field.text(), near, self._times)

    def _moved(self, detail: StopDetail) -> tuple[datetime | None, datetime | None]:
        """Start and end as given; what was not touched keeps its parts of a second."""
        stop = detail.row
        out: list[datetime | None] = []
        for field, old in ((self._start, stop.started_at), (self._end, stop.ended_at)):
            if old is None:
                out.append(None)
            elif field.text().strip() == self._times.second(old):
                out.append(old)
            else:
                out.append(self._clock(field, old))
        return out[0], out[1]

    def _typed(self) -> None:
        detail = self._detail
        if detail is None:
            return
        fields = [self._at] if self.kind == "split" else [self._start, self._end]
        near = [detail.row.started_at, detail.row.ended_at or detail.row.started_at]
        found = [self._clock(f, n) for f, n in zip(fields, near, strict=False)]
        for field, at in zip(fields, found, strict=True):
            bad = at is None and bool(field.text().strip()) and field.isEnabled()
            restyle(field, "invalid", "true" if bad else "false")
        lines = [at if at is not None else old for at, old in zip(found, self._strip.lines, strict=False)]
        bounds = (
            (detail.row.started_at, detail.row.ended_at or self._now)
            if self.kind == "split"
            else (detail.earliest, detail.latest)
        )
        if self.kind != "merge" and self._strip.lines:
            self._strip.set_lines(lines, bounds)
        self.edited.emit()
