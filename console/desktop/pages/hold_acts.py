"""What a person can do on Holds: sign a disposition, place a hold, record checks and values."""

from __future__ import annotations

from console.desktop.formats import tr
from console.desktop.pages.acts import Acts
from console.desktop.tasks import Task
from console.desktop.widgets.check_form import CheckForm, CheckGiven
from console.desktop.widgets.check_panel import CheckPanel, LimitPanel
from console.desktop.widgets.hold_form import HoldForm, HoldWanted
from console.desktop.widgets.signature_panel import SignaturePanel, ToSign, others
from console.domain.holds import Disposition
from console.domain.people import Permission
from console.services.quality import Signature
from console.services.views import TileView
from console.services.views.quality import DispositionChoice, HoldRow, TestForm

REASONS = {
    Disposition.RELEASE: ("Measured again, good", "Sensor read wrongly"),
    Disposition.KEEP: ("Confirmed on site", "Until measured again"),
    Disposition.SCRAP: ("Cannot be used", "Not worth the rework"),
    Disposition.REWORK: ("Can be sorted", "Can be filled again"),
}


class HoldActs(Acts):
    """See the module's text."""

    def sign(
        self, choice: DispositionChoice, row: HoldRow, ticked: tuple[int, ...], able: tuple[str, ...]
    ) -> None:
        """Slides the reason or signature in. ``ticked``: child lots to hold along; ``able``: who may sign."""
        person = self.person
        if person is None:
            return
        keep = choice.key is Disposition.KEEP
        children = ticked if keep else ()
        effect = choice.effect
        if children:
            effect += " " + tr("{n} lots made of it are held along.", n=len(children))
        form = SignaturePanel(
            self.ctx.theme,
            ToSign(
                verb=choice.title,
                subject=row.title,
                effect=effect.strip(),
                person=person.name,
                signed=choice.signed and not keep,
                two_people=choice.two_people and not keep,
                meanings=choice.meanings,
                others=others(able, person.name),
                reasons=REASONS[choice.key],
            ),
            self.why_not(Permission.DECIDE_HOLDS),
        )
        form.sent.connect(lambda signature: self._decide(row, choice, signature, children))
        self.side.open_form(choice.title, form)

    def _decide(
        self, row: HoldRow, choice: DispositionChoice, signature: Signature, children: tuple[int, ...]
    ) -> None:
        person, quality = self.person, self.ctx.desk.quality
        if person is None:
            return
        if choice.key is Disposition.KEEP:
            self.do(lambda: quality.keep(person, row.id, row.version, signature.reason, children))
        else:
            self.do(lambda: quality.dispose(person, row.id, row.version, choice.key, signature))

    # --- by hand ----------------------------------------------------------------------------------
    def place(self) -> None:
        """Slides the form in, once it is known which machines there are."""
        task: Task[tuple[TileView, ...]] = Task(self.ctx.desk.overview)
        task.on_success(self._place_with).on_failure(self.page.say_error).start(self.ctx.tasks, self)

    def _place_with(self, tiles: tuple[TileView, ...]) -> None:
        ctx = self.ctx
        machines = [(t.title, t.machine) for t in tiles]
        form = HoldForm(ctx.theme, ctx.times, ctx.now, machines, self.why_not(Permission.PLACE_HOLDS))
        form.sent.connect(self._place_hold)
        self.side.open_form(tr("Place a hold"), form)

    def _place_hold(self, wanted: HoldWanted) -> None:
        person, quality = self.person, self.ctx.desk.quality
        if person is None:
            return
        self.do(
            lambda: quality.place_hold(
                person,
                lot=wanted.lot,
                machine=wanted.machine,
                start=wanted.start,
                end=wanted.end,
                severity=wanted.severity,
                reason=wanted.reason,
            )
        )

    def check(self, about: HoldRow | None) -> None:
        """Slides Odoo's tests in as a form; ``about``: the hold whose lot is checked."""
        task: Task[tuple[TestForm, ...]] = Task(self.ctx.desk.quality.tests)
        task.on_success(lambda tests: self._check_with(tests, about)).on_failure(self.page.say_error)
        task.start(self.ctx.tasks, self)

    def _check_with(self, tests: tuple[TestForm, ...], about: HoldRow | None) -> None:
        form = CheckForm(
            self.ctx.theme,
            tests,
            self.why_not(Permission.RECORD_CHECKS),
            lot=about.lot if about is not None else "",
            order_reference=about.order_reference if about is not None else "",
            hold_id=about.id if about is not None else None,
        )
        form.sent.connect(self._record_check)
        self.side.open_form(tr("Record a check"), form)

    def _record_check(self, given: CheckGiven) -> None:
        person, quality = self.person, self.ctx.desk.quality
        if person is None:
            return
        self.do(
            lambda: quality.record_check(
                person,
                given.test_id,
                given.answers,
                lot=given.lot,
                order_reference=given.order_reference,
                hold_id=given.hold_id,
                note=given.note,
            )
        )

    def measure(self, panel: LimitPanel, value: float) -> None:
        """A value measured by hand."""
        person, limit, quality = self.person, panel.row, self.ctx.desk.quality
        if person is None or limit is None:
            return
        self.do(
            lambda: quality.record_measurement(person, limit.machine, limit.name, value),
            panel.set_busy,
            panel.recorded,
        )

    def decide_summary(self, panel: CheckPanel, accept: bool, reason: str) -> None:
        """The summary of a batch is booked, or rejected."""
        person, check, quality = self.person, panel.row, self.ctx.desk.quality
        if person is None or check is None:
            return
        self.do(
            lambda: quality.decide_summary(person, check.id, check.version, accept, reason), panel.set_busy
        )
