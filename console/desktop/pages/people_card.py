"""People in Settings: who may sign in, a new person, another PIN, and who left."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLineEdit

from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.formats import tr
from console.desktop.models.rows import Column
from console.desktop.pages.sign_in import LEAST_PIN
from console.desktop.tasks import Task
from console.desktop.widgets.basics import Button, column, label, row
from console.desktop.widgets.data_table import DataTable
from console.desktop.widgets.messages import MessageBar
from console.domain.people import Permission, Person, Role


class PeopleCard(QFrame):
    """See the module's text. The fields below the list serve a new person, or the chosen one's new PIN.

    Attributes:
        people: the list.
    """

    def __init__(self, ctx: Context, messages: MessageBar) -> None:
        super().__init__()
        self.setProperty("surface", "card")
        self.ctx, self._messages = ctx, messages
        self._busy = False
        self._chosen: Person | None = None
        self.people: DataTable[Person] = DataTable(
            ctx.theme,
            ctx.prefs,
            names.SETTINGS_PEOPLE,
            (
                Column("name", tr("Name"), lambda p: p.name, strong=True, quiet=_left, width=0),
                Column("roles", tr("Roles"), lambda p: p.title, quiet=_left, width=260),
                Column("active", tr("May sign in"), _may_words, quiet=_left, width=110),
            ),
            lambda p: p.id,
            ("user", tr("Nobody yet"), tr("Everybody who may sign in stands here with their roles.")),
            tools=False,
        )
        self.people.setMinimumHeight(120)
        self.people.view.setSelectionMode(self.people.view.SelectionMode.SingleSelection)
        self.people.chosen.connect(self._choose)
        self._make_form()
        self._lay_out()
        self.explain()

    # --- building ---------------------------------------------------------------------------------
    def _make_form(self) -> None:
        theme = self.ctx.theme
        self._active = Button("", theme, name=names.SETTINGS_PERSON_ACTIVE, kind="chip")
        self._active.clicked.connect(self._switch)
        self._new_pin = Button(tr("New PIN"), theme, name=names.SETTINGS_PERSON_NEW_PIN, kind="chip")
        self._new_pin.setCheckable(True)
        self._new_pin.toggled.connect(self._mode_changed)
        self._heading = label("", "group")
        self._name = _field(names.SETTINGS_PERSON_NAME, tr("Name"))
        self._pin = _field(names.SETTINGS_PERSON_PIN, tr("PIN"), secret=True)
        self._again = _field(names.SETTINGS_PERSON_PIN_AGAIN, tr("PIN again"), secret=True)
        self._roles: dict[Role, Button] = {}
        for role in Role:
            words = tr(role.value.capitalize())
            button = Button(words, theme, name=names.settings_role(role.value), kind="chip")
            button.setCheckable(True)
            button.toggled.connect(self.explain)
            self._roles[role] = button
        for field in (self._name, self._pin, self._again):
            field.textChanged.connect(self.explain)
            field.returnPressed.connect(self._act)
        self._why_not = label("", "small", wrap=True, name=names.SETTINGS_PERSON_WHY_NOT)
        self._why_not.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._add = Button(
            tr("Add person"), theme, name=names.SETTINGS_PERSON_ADD, kind="primary", icon="user-plus"
        )
        self._add.clicked.connect(self._act)

    def _lay_out(self) -> None:
        fields = row(self._name, self._pin, self._again, gap=8)
        for place, share in enumerate((2, 1, 1)):
            fields.setStretch(place, share)
        foot = row(self._why_not, self._add, gap=10)
        foot.setStretch(0, 1)
        box = column(
            row(label(tr("People"), "heading"), 0, self._new_pin, self._active, gap=6),
            self.people,
            self._heading,
            fields,
            row(*self._roles.values(), 0, gap=6),
            foot,
            margins=16,
            gap=10,
        )
        box.setStretch(1, 1)
        self.setLayout(box)

    # --- state ------------------------------------------------------------------------------------
    def read(self) -> None:
        """Reads who there is."""
        desk = self.ctx.desk
        task = Task(lambda: desk.people(archived=True))
        task.on_success(self.people.show_rows).on_failure(self._messages.error).start(self.ctx.tasks, self)

    def forget(self) -> None:
        """Half-typed PINs go."""
        for field in (self._pin, self._again):
            field.clear()
        self._new_pin.setChecked(False)
        self.explain()

    def _choose(self, person: Person | None) -> None:
        if person is None or self._chosen is None or person.id != self._chosen.id:
            self._new_pin.setChecked(False)
        self._chosen = person
        self.explain()

    def _mode_changed(self, other_pin: bool) -> None:
        for field in (self._pin, self._again):
            field.clear()
        self._name.setVisible(not other_pin)
        for button in self._roles.values():
            button.setVisible(not other_pin)
        if other_pin:
            self._pin.setFocus()
        self.explain()

    def _problem(self) -> str:
        pin, other = self._pin.text(), self._new_pin.isChecked()
        forbidden = self.ctx.session.why_not(Permission.MANAGE_PEOPLE)
        checks = (
            (bool(forbidden), forbidden),
            (self._busy, tr("On its way …")),
            (not other and not self._name.text().strip(), tr("Type the name.")),
            (
                not (pin.isdecimal() and len(pin) >= LEAST_PIN),
                tr("A PIN has at least {n} digits.", n=LEAST_PIN),
            ),
            (pin != self._again.text(), tr("Type the same PIN twice.")),
            (not other and not any(b.isChecked() for b in self._roles.values()), tr("Choose a role.")),
        )
        return next((words for wrong, words in checks if wrong), "")

    def explain(self) -> None:
        """Says what is missing; what this person may not do is disabled."""
        chosen, me = self._chosen, self.ctx.session.person
        other = self._new_pin.isChecked() and chosen is not None
        why = self._problem()
        self._why_not.setText(why)
        self._add.setEnabled(not why)
        self._add.setText(tr("Set PIN") if other else tr("Add person"))
        name = chosen.name if chosen is not None else ""
        self._heading.setText(tr("Another PIN for {name}", name=name) if other else tr("A new person"))
        allowed = not self.ctx.session.why_not(Permission.MANAGE_PEOPLE)
        for widget in (self._name, self._pin, self._again, *self._roles.values()):
            widget.setEnabled(allowed)
        self._new_pin.setVisible(allowed and chosen is not None)
        self._active.setVisible(allowed and chosen is not None and (me is None or chosen.id != me.id))
        if chosen is not None:
            self._active.setText(tr("Shut out {n}", n=name) if chosen.active else tr("Let {n} in", n=name))
        self._active.setEnabled(not self._busy)

    # --- doing ------------------------------------------------------------------------------------
    def _act(self) -> None:
        actor, chosen, desk = self.ctx.session.person, self._chosen, self.ctx.desk
        if actor is None or self._problem():
            return
        name, pin = self._name.text().strip(), self._pin.text()
        roles = frozenset(role for role, button in self._roles.items() if button.isChecked())
        if self._new_pin.isChecked() and chosen is not None:
            self._start(Task(lambda: desk.set_person_pin(actor, chosen.id, pin)), tr("{name} has a new PIN."))
        else:
            self._start(
                Task(lambda: desk.create_person(actor, name, roles, pin)), tr("{name} can sign in now."), True
            )

    def _switch(self) -> None:
        actor, chosen, desk = self.ctx.session.person, self._chosen, self.ctx.desk
        if actor is None or chosen is None:
            return
        said = tr("{name} cannot sign in any more.") if chosen.active else tr("{name} can sign in again.")
        self._start(Task(lambda: desk.set_person_active(actor, chosen.id, not chosen.active)), said)

    def _start(self, task: Task[Person], said: str, new: bool = False) -> None:
        def done(person: Person) -> None:
            self._messages.say(said.format(name=person.name))
            if new:
                self._name.clear()
                for button in self._roles.values():
                    button.setChecked(False)
            self._new_pin.setChecked(False)
            self.read()

        self._busy = True
        self.explain()
        task.finally_(self._answered).on_success(done).on_failure(self._messages.error)
        task.start(self.ctx.tasks, self, action=True)

    def _answered(self) -> None:
        self._busy = False
        for field in (self._pin, self._again):
            field.clear()
        self.explain()


def _left(person: Person) -> bool:
    return not person.active


def _may_words(person: Person) -> str:
    return tr("yes") if person.active else tr("no")


def _field(name: str, words: str, *, secret: bool = False) -> QLineEdit:
    field = QLineEdit()
    field.setObjectName(name)
    field.setPlaceholderText(words)
    field.setAccessibleName(words)
    field.setMaxLength(12 if secret else 60)
    if secret:
        field.setEchoMode(QLineEdit.EchoMode.Password)
    return field
