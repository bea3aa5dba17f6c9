"""Settings: look, lock, people, and what is installed here."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QGridLayout, QLineEdit, QScrollArea, QWidget

from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.formats import tr
from console.desktop.models.rows import Column
from console.desktop.pages.base import Page
from console.desktop.pages.sign_in import LEAST_PIN
from console.desktop.preferences import LOCK_MINUTES, SCALES
from console.desktop.tasks import Task
from console.desktop.theme import ThemeChoice
from console.desktop.widgets.basics import Button, Combo, column, label, row, surface
from console.desktop.widgets.data_table import DataTable
from console.domain.people import Permission, Person, Role


class SettingsPage(Page):
    """See the module's text.

    Signals:
        lock_minutes_changed: idle minutes until the console locks itself.
    """

    lock_minutes_changed = Signal(int)

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx, names.PAGE_SETTINGS, tr("Settings"))
        self._busy = False
        inner = QWidget()
        inner.setProperty("surface", "clear")
        inner.setLayout(column(self._make_look(), self._make_about(), 0, gap=12))
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        # people do not scroll with it: their table gives way, so that the action below stays in view
        split = row(scroll, self._make_people(), gap=12)
        split.setStretch(0, 4)
        split.setStretch(1, 6)
        self.body.addLayout(split, 1)
        self._explain()

    # --- building ---------------------------------------------------------------------------------
    def _make_look(self) -> QFrame:
        ctx = self.ctx
        themes = (
            (ThemeChoice.LIGHT, tr("Light"), "sun"),
            (ThemeChoice.DARK, tr("Dark"), "moon"),
            (ThemeChoice.SYSTEM, tr("As the system"), "settings"),
        )
        self._themes = QButtonGroup(self)
        buttons = []
        for choice, words, icon in themes:
            button = Button(words, ctx.theme, name=names.settings_theme(choice.value), kind="chip", icon=icon)
            button.setCheckable(True)
            button.setChecked(ctx.prefs.theme is choice)
            button.clicked.connect(lambda _=False, c=choice: self._set_theme(c))
            self._themes.addButton(button)
            buttons.append(button)
        self._scale = Combo(ctx.theme, names.SETTINGS_SCALE, tr("Size of everything"))
        for percent in SCALES:
            self._scale.addItem(f"{percent} %", percent)
        self._scale.setCurrentIndex(self._scale.findData(ctx.prefs.scale_percent))
        self._scale.currentIndexChanged.connect(self._set_scale)
        self._lock = Combo(ctx.theme, names.SETTINGS_LOCK, tr("Lock when nobody is there"))
        for minutes in sorted({*LOCK_MINUTES, ctx.prefs.lock_after_min}):
            self._lock.addItem(tr("after {n} minutes", n=minutes), minutes)
        self._lock.setCurrentIndex(max(0, self._lock.findData(ctx.prefs.lock_after_min)))
        self._lock.currentIndexChanged.connect(self._set_lock)
        card = surface("card")
        card.setLayout(
            column(
                label(tr("Look"), "heading"),
                label(tr("Theme"), "group"),
                row(*buttons, 0, gap=6),
                label(tr("Size of everything, from the next start"), "group"),
                row(self._scale, 0),
                label(tr("Lock when nobody touches the console"), "group"),
                row(self._lock, 0),
                margins=16,
                gap=8,
            )
        )
        return card

    def _make_about(self) -> QFrame:
        grid = QGridLayout()
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(6)
        facts = ((tr("Plant console"), self.ctx.about.version or tr("not known")), *self.ctx.about.facts)
        for line, (name, value) in enumerate(facts):
            grid.addWidget(label(name, "dim"), line, 0, Qt.AlignmentFlag.AlignTop)
            shown = label(value, wrap=True, name=names.SETTINGS_VERSION if line == 0 else "")
            shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(shown, line, 1)
        grid.setColumnStretch(1, 1)
        licences = label(
            tr("Font Inter: SIL Open Font License 1.1. Icons Lucide: ISC. Qt for Python: LGPL 3."),
            "small",
            wrap=True,
        )
        card = surface("card")
        card.setLayout(column(label(tr("About"), "heading"), grid, licences, margins=16, gap=10))
        return card

    def _make_people(self) -> QFrame:
        ctx = self.ctx
        self.people: DataTable[Person] = DataTable(
            ctx.theme,
            ctx.prefs,
            names.SETTINGS_PEOPLE,
            (
                Column("name", tr("Name"), lambda p: p.name, strong=True, width=0),
                Column("roles", tr("Roles"), lambda p: p.title, width=260),
                Column("active", tr("May sign in"), lambda p: tr("yes") if p.active else tr("no"), width=110),
            ),
            lambda p: p.id,
            ("user", tr("Nobody yet"), tr("Everybody who may sign in stands here with their roles.")),
            tools=False,
        )
        self.people.setMinimumHeight(120)
        self._name = _field(names.SETTINGS_PERSON_NAME, tr("Name"))
        self._pin = _field(names.SETTINGS_PERSON_PIN, tr("PIN"), secret=True)
        self._again = _field(names.SETTINGS_PERSON_PIN_AGAIN, tr("PIN again"), secret=True)
        self._roles: dict[Role, Button] = {}
        for role in Role:
            button = Button(
                tr(role.value.capitalize()), ctx.theme, name=names.settings_role(role.value), kind="chip"
            )
            button.setCheckable(True)
            button.toggled.connect(self._explain)
            self._roles[role] = button
        for field in (self._name, self._pin, self._again):
            field.textChanged.connect(self._explain)
            field.returnPressed.connect(self._add)
        self._why_not = label("", "small", wrap=True, name=names.SETTINGS_PERSON_WHY_NOT)
        self._why_not.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._add_button = Button(
            tr("Add person"), ctx.theme, name=names.SETTINGS_PERSON_ADD, kind="primary", icon="user-plus"
        )
        self._add_button.clicked.connect(self._add)
        foot = row(self._why_not, self._add_button, gap=10)
        foot.setStretch(0, 1)
        fields = row(self._name, self._pin, self._again, gap=8)
        fields.setStretch(0, 2)
        fields.setStretch(1, 1)
        fields.setStretch(2, 1)
        card = surface("card")
        box = column(
            label(tr("People"), "heading"),
            self.people,
            label(tr("A new person"), "group"),
            fields,
            row(*self._roles.values(), 0, gap=6),
            foot,
            margins=16,
            gap=10,
        )
        box.setStretch(1, 1)
        card.setLayout(box)
        return card

    # --- page -------------------------------------------------------------------------------------
    def activate(self) -> None:
        """Reads who there is."""
        task = Task(self.ctx.desk.people)
        task.on_success(self.people.show_rows).on_failure(self.say_error).start(self.ctx.tasks, self)

    def person_changed(self) -> None:
        """Another person may do other things; half-typed PINs go."""
        for field in (self._pin, self._again):
            field.clear()
        self._explain()

    # --- doing ------------------------------------------------------------------------------------
    def _set_theme(self, choice: ThemeChoice) -> None:
        self.ctx.prefs.keep("look/theme", choice.value)
        self.ctx.theme.apply(choice)

    def _set_scale(self) -> None:
        percent = int(self._scale.currentData())
        self.ctx.prefs.keep("look/scale_percent", percent)
        self.messages.say(tr("{n} % from the next start of the console.", n=percent))

    def _set_lock(self) -> None:
        minutes = int(self._lock.currentData())
        self.ctx.prefs.keep("lock/after_min", minutes)
        self.lock_minutes_changed.emit(minutes)

    def _problem(self) -> str:
        forbidden = self.ctx.session.why_not(Permission.MANAGE_PEOPLE)
        pin = self._pin.text()
        checks = (
            (bool(forbidden), forbidden),
            (self._busy, tr("On its way …")),
            (not self._name.text().strip(), tr("Type the name.")),
            (
                not (pin.isdecimal() and len(pin) >= LEAST_PIN),
                tr("A PIN has at least {n} digits.", n=LEAST_PIN),
            ),
            (pin != self._again.text(), tr("Type the same PIN twice.")),
            (not any(b.isChecked() for b in self._roles.values()), tr("Choose at least one role.")),
        )
        return next((words for wrong, words in checks if wrong), "")

    def _explain(self) -> None:
        why = self._problem()
        self._why_not.setText(why)
        self._add_button.setEnabled(not why)
        allowed = not self.ctx.session.why_not(Permission.MANAGE_PEOPLE)
        for widget in (self._name, self._pin, self._again, *self._roles.values()):
            widget.setEnabled(allowed)

    def _add(self) -> None:
        actor = self.ctx.session.person
        if actor is None or self._problem():
            return
        name, pin = self._name.text().strip(), self._pin.text()
        roles = frozenset(role for role, button in self._roles.items() if button.isChecked())
        desk = self.ctx.desk
        self._busy = True
        self._explain()
        task = Task(lambda: desk.create_person(actor, name, roles, pin))
        task.finally_(self._answered).on_success(self._added).on_failure(self.say_error)
        task.start(self.ctx.tasks, self, action=True)

    def _answered(self) -> None:
        self._busy = False
        for field in (self._pin, self._again):
            field.clear()
        self._explain()

    def _added(self, person: Person) -> None:
        self._name.clear()
        for button in self._roles.values():
            button.setChecked(False)
        self.messages.say(tr("{name} can sign in now.", name=person.name))
        self.activate()


def _field(name: str, words: str, *, secret: bool = False) -> QLineEdit:
    field = QLineEdit()
    field.setObjectName(name)
    field.setPlaceholderText(words)
    field.setAccessibleName(words)
    field.setMaxLength(12 if secret else 60)
    if secret:
        field.setEchoMode(QLineEdit.EchoMode.Password)
    return field
