"""What a person can do on Alarms: acknowledge, shelve, request, dismiss, and set condition monitoring."""

from __future__ import annotations

from console.desktop.formats import tr
from console.desktop.pages.acts import Acts
from console.desktop.pages.condition_trial import ConditionTrial
from console.desktop.tasks import Task
from console.desktop.widgets.alarm_forms import ReasonForm, ShelveForm, ShelveWanted
from console.desktop.widgets.alarm_panel import AlarmPanel
from console.desktop.widgets.request_form import RequestGiven, RequestSheet
from console.desktop.widgets.request_panel import ConditionPanel, RequestPanel, ShelfPanel
from console.domain.equipment import ConditionSpec
from console.domain.people import Permission
from console.services.views.alarms import RequestForm, RequestRow

DISMISS_REASONS = ("Done already", "Not needed yet", "False finding")
TUNE_REASONS = ("Tried on recorded days", "Too many findings", "Fault was missed")


class AlarmActs(Acts):
    """See the module's text."""

    def acknowledge(self, panel: AlarmPanel, alarms: tuple[tuple[int, int], ...]) -> None:
        """Those of the panel's group that nobody has acknowledged."""
        person, service = self.person, self.ctx.desk.alarms
        if person is not None:
            self.do(lambda: service.acknowledge(person, alarms), panel.set_busy)

    def shelve(self, panel: AlarmPanel) -> None:
        """For how long and why is asked first."""
        detail = panel.detail
        if detail is None:
            return
        row, why_not = detail.row, self.why_not(Permission.ACT_ON_ALARMS)
        form = ShelveForm(self.ctx.theme, row.text, detail.shelve_most_min, why_not)
        form.sent.connect(lambda wanted: self._shelve(row.id, row.version, wanted))
        self.side.open_form(tr("Shelve"), form)

    def _shelve(self, alarm_id: int, version: int, wanted: ShelveWanted) -> None:
        person, service = self.person, self.ctx.desk.alarms
        if person is not None:
            self.do(lambda: service.shelve(person, alarm_id, version, wanted.minutes, wanted.reason))

    def unshelve(self, panel: ShelfPanel) -> None:
        """Brings a shelved one back early."""
        person, shelf, service = self.person, panel.row, self.ctx.desk.alarms
        if person is not None and shelf is not None:
            self.do(lambda: service.unshelve(person, shelf.id))

    # --- requests ---------------------------------------------------------------------------------
    def request(self, panel: AlarmPanel) -> None:
        """The first of two taps: its form is there already, with the trend as a picture."""
        if panel.detail is not None:
            self._open_form(panel.detail.form, panel.picture())

    def request_for(self, panel: ConditionPanel) -> None:
        """The same for a finding."""
        if panel.row is not None:
            self._read_form(f"condition:{panel.row.id}", panel.picture())

    def send_proposal(self, panel: RequestPanel) -> None:
        """The same for what the console proposes."""
        if panel.row is not None:
            self._read_form(f"request:{panel.row.id}", None)

    def _read_form(self, source: str, picture: bytes | None) -> None:
        service = self.ctx.desk.alarms
        task: Task[RequestForm] = Task(lambda: service.form(source))
        task.on_success(lambda form: self._open_form(form, picture)).on_failure(self.page.say_error)
        task.start(self.ctx.tasks, self)

    def _open_form(self, form: RequestForm, picture: bytes | None) -> None:
        why_not = self.why_not(Permission.REQUEST_MAINTENANCE)
        sheet = RequestSheet(self.ctx.theme, self.ctx.times, form, picture, why_not)
        sheet.sent.connect(self._send)
        self.side.open_form(tr("Request maintenance"), sheet)

    def _send(self, given: RequestGiven) -> None:
        person, service = self.person, self.ctx.desk.alarms
        if person is None:
            return
        ticket = given.join
        if ticket is not None:
            self.do(lambda: service.join(person, given.source, given.version, ticket, picture=given.picture))
            return
        self.do(
            lambda: service.request(
                person,
                given.source,
                given.version,
                equipment_id=given.equipment_id,
                title=given.title,
                description=given.description,
                priority=given.priority,
                picture=given.picture,
            )
        )

    def dismiss(self, panel: RequestPanel) -> None:
        """A proposal is rejected with a reason."""
        request = panel.row
        if request is None:
            return
        form = ReasonForm(
            self.ctx.theme,
            "dismiss_form",
            request.title,
            tr("Nothing is sent to Odoo; the proposal is kept as rejected, with your reason."),
            tr("Dismiss"),
            DISMISS_REASONS,
            self.why_not(Permission.REQUEST_MAINTENANCE),
        )
        form.sent.connect(lambda reason: self._dismiss(request, reason))
        self.side.open_form(tr("Dismiss the proposal"), form)

    def _dismiss(self, request: RequestRow, reason: str) -> None:
        person, service = self.person, self.ctx.desk.alarms
        if person is not None:
            self.do(lambda: service.dismiss(person, request.id, request.version, reason))

    # --- condition monitoring ---------------------------------------------------------------------
    def activate(self, trial: ConditionTrial) -> None:
        """What was tried goes live, with a reason."""
        if trial.tried is None:
            return
        machine, spec = trial.tried
        form = ReasonForm(
            self.ctx.theme,
            "activate_form",
            f"{machine}, {spec.tag}",
            tr("From now on the machine is watched with these parameters; those before stay in the audit."),
            tr("Activate"),
            TUNE_REASONS,
            self.why_not(Permission.TUNE_CONDITIONS),
        )
        form.sent.connect(lambda reason: self._activate(trial, machine, spec, reason))
        self.side.open_form(tr("Activate parameters"), form)

    def _activate(self, trial: ConditionTrial, machine: str, spec: ConditionSpec, reason: str) -> None:
        person, service = self.person, self.ctx.desk.conditions
        if person is not None:
            self.do(lambda: service.activate(person, machine, spec, reason), then=trial.reload)
