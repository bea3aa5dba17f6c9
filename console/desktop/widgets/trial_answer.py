"""What a try-out answers: the value and its score over time, and the findings of new and live parameters."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame

from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.formats import quantity, tr
from console.desktop.models.rows import Column
from console.desktop.models.trial import FoundRow, found_rows, summary
from console.desktop.widgets.basics import Button, column, label, row
from console.desktop.widgets.chart import Chart, Limit
from console.desktop.widgets.data_table import DataTable
from console.services.views.alarms import Trial


class TrialAnswer(QFrame):
    """See the module's text.

    Attributes:
        values, score: the two charts, over one clock. findings: the list below. act: activates.
    """

    def __init__(self, ctx: Context) -> None:
        super().__init__()
        self.setProperty("surface", "card")
        theme, times = ctx.theme, ctx.times
        self._ctx = ctx
        self.values = Chart(theme, times, names.TRIAL_VALUES)
        self.score = Chart(theme, times, names.TRIAL_SCORE)
        self.findings: DataTable[FoundRow] = DataTable(
            theme,
            ctx.prefs,
            names.TRIAL_FINDINGS,
            self._columns(),
            lambda r: (r.at, r.finding),
            (
                "activity",
                tr("No finding"),
                tr("What the parameters would have found stands here, beside what the live ones find."),
            ),
            tools=False,
        )
        self._summary = label("", "strong", wrap=True)
        self._score_words = label(tr("Score, with its threshold"), "small")
        self._pointed = label("", "dim")
        self._why_not = label("", "small", wrap=True, name=names.TRIAL_WHY_NOT)
        self._why_not.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.act = Button(tr("Activate …"), theme, name=names.TRIAL_ACTIVATE, kind="primary", icon="check")
        for chart, least in ((self.values, 130), (self.score, 110)):
            chart.setMinimumHeight(least)
            chart.pointed.connect(self._pointed.setText)
        self._lay_out()

    def show_trial(self, trial: Trial) -> None:
        """Shows an answer."""
        span = (trial.start, trial.end)
        marks = [(f.at, "bar") for f in trial.live_findings] + [(f.at, "high") for f in trial.findings]
        self.values.show_series(trial.series, span=span, marks=marks)
        self.score.set_limits((Limit(trial.threshold, "high"),))  # named above: both charts keep one clock
        self._score_words.setText(tr("Score; dashed: threshold {n}", n=quantity(trial.threshold)))
        self.score.show_series(trial.score, span=span, marks=marks)
        self.findings.show_rows(found_rows(trial))
        self._summary.setText(summary(trial))

    def allow(self, why_not: str) -> None:
        """Whether it may go live; why not stands beside the action."""
        self._why_not.setText(why_not)
        self.act.setEnabled(not why_not)

    def _columns(self) -> tuple[Column[FoundRow], ...]:
        times, now = self._ctx.times, self._ctx.now

        def score(found: FoundRow) -> str:
            return quantity(found.score, 1)

        return (
            Column("at", tr("When"), lambda r: times.near_second(r.at, now()), lambda r: r.at, width=130),
            Column("by", tr("Found by"), _found_by, lambda r: (r.new, r.live), width=130),
            Column("text", tr("Finding"), lambda r: r.text or r.finding, width=0),
            Column("score", tr("Score"), score, lambda r: r.score, right=True, width=80),
        )

    def _lay_out(self) -> None:
        foot = row(self._why_not, self.act, gap=10)
        foot.setStretch(0, 1)
        head = row(self._summary, self._pointed, gap=10)
        head.setStretch(0, 1)
        told = tr("Value; orange: found by these parameters, grey: by those that are live")
        layout = column(
            head,
            label(told, "small"),
            self.values,
            self._score_words,
            self.score,
            self.findings,
            foot,
            margins=(14, 12, 14, 12),
            gap=6,
        )
        layout.setStretch(2, 4)
        layout.setStretch(4, 3)
        layout.setStretch(5, 3)
        self.setLayout(layout)


def _found_by(found: FoundRow) -> str:
    if found.new and found.live:
        return tr("new and live")
    return tr("new only") if found.new else tr("live only")
