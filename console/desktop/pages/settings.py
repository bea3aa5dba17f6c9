"""Settings: look, lock, people, policies, and what is installed here."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QGridLayout, QScrollArea, QStackedWidget, QWidget

from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.formats import tr
from console.desktop.pages.base import Page
from console.desktop.pages.people_card import PeopleCard
from console.desktop.pages.policies_card import PoliciesCard
from console.desktop.preferences import LOCK_MINUTES, SCALES
from console.desktop.theme import ThemeChoice
from console.desktop.widgets.basics import Button, Combo, column, label, row, surface
from console.desktop.widgets.data_table import DataTable
from console.domain.people import Person

PEOPLE, POLICIES = "people", "policies"


class SettingsPage(Page):
    """See the module's text.

    Signals:
        lock_minutes_changed: idle minutes until the console locks itself.

    Attributes:
        policies: how far each flow of each machine goes by itself.
    """

    lock_minutes_changed = Signal(int)

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx, names.PAGE_SETTINGS, tr("Settings"))
        inner = QWidget()
        inner.setProperty("surface", "clear")
        inner.setLayout(column(self._make_look(), self._make_about(), 0, gap=12))
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        # these do not scroll with it: their tables give way, so that the action below stays in view
        self._card = PeopleCard(ctx, self.messages)
        self.policies = PoliciesCard(ctx, self.messages)
        self._parts = QStackedWidget()
        self._parts.addWidget(self._card)
        self._parts.addWidget(self.policies)
        self._make_head()
        split = row(scroll, self._parts, gap=12)
        split.setStretch(0, 4)
        split.setStretch(1, 6)
        self.body.addLayout(split, 1)

    @property
    def people(self) -> DataTable[Person]:
        """The list of people."""
        return self._card.people

    # --- building ---------------------------------------------------------------------------------
    def _make_head(self) -> None:
        self._part_buttons = QButtonGroup(self)
        self._part_of: dict[str, Button] = {}
        for key, words, card in (
            (PEOPLE, tr("People"), self._card),
            (POLICIES, tr("Policies"), self.policies),
        ):
            button = Button(words, self.ctx.theme, name=names.settings_part(key), kind="chip")
            button.setCheckable(True)
            button.toggled.connect(lambda on, c=card: self._parts.setCurrentWidget(c) if on else None)
            self._part_buttons.addButton(button)
            self._part_of[key] = button
            self.head.addWidget(button)
        self._part_of[PEOPLE].setChecked(True)

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

    # --- page -------------------------------------------------------------------------------------
    def activate(self) -> None:
        """Reads who there is."""
        self._card.read()

    def open_with(self, argument: object) -> None:
        """Opens a part by its name."""
        if isinstance(argument, str) and argument in self._part_of:
            self._part_of[argument].setChecked(True)

    def person_changed(self) -> None:
        """Another person may do other things; half-typed PINs go."""
        self._card.forget()
        self.policies.explain()

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
