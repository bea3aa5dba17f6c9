"""Sign-in: choose who, type the PIN. The first start makes the administrator instead."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from console.desktop import icons
from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.formats import tr
from console.desktop.tasks import Task
from console.desktop.theme import Theme, make_font
from console.desktop.widgets.basics import clear, column, label, row, surface
from console.desktop.widgets.messages import MessageBar, draw_card
from console.desktop.widgets.pin_pad import PinPad
from console.domain.people import Person, Role
from console.services.views import Level

LEAST_PIN = 4


class PersonTile(QAbstractButton):
    """A person, large enough for a glove."""

    def __init__(self, theme: Theme, person: Person) -> None:
        super().__init__()
        self.setObjectName(names.sign_in_person(person.name))
        self.setAccessibleName(f"{person.name}, {person.title}")
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._theme, self.person = theme, person
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Wide, 72 high."""
        return QSize(320, 72)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Card, initials, name and roles."""
        painter = QPainter(self)
        theme = self._theme
        rect = QRectF(self.rect())
        fill = "sel" if self.isChecked() else "hover" if self.underMouse() else "card"
        draw_card(painter, rect, theme, Level.NORMAL, fill)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.isChecked() or self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 8, 8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("bar2"))
        painter.drawEllipse(QRectF(16, 16, 40, 40))
        painter.setPen(theme.color("text"))
        painter.setFont(make_font(14, strong=True))
        initials = "".join(w[0] for w in self.person.name.split()[:2]).upper()
        painter.drawText(QRectF(16, 16, 40, 40), Qt.AlignmentFlag.AlignCenter, initials)
        painter.setFont(make_font(16, strong=True))
        metrics, room = painter.fontMetrics(), self.width() - 86
        name = metrics.elidedText(self.person.name, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(70, 15, room, 22), Qt.AlignmentFlag.AlignVCenter, name)
        painter.setFont(make_font(12))
        painter.setPen(theme.color("dim"))
        title = painter.fontMetrics().elidedText(self.person.title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(70, 38, room, 18), Qt.AlignmentFlag.AlignVCenter, title)
        painter.end()


class SignInPage(QWidget):
    """Covers the window while nobody is signed in.

    Signals:
        signed_in: the person.
    """

    signed_in = Signal(object)

    def __init__(self, ctx: Context) -> None:
        super().__init__()
        self.setObjectName(names.SIGN_IN)
        self.setProperty("surface", "bg")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.ctx = ctx
        self._first = False
        self._first_pin = ""
        self._busy = False
        self._person: Person | None = None
        self._heading = label(tr("Who are you?"), "title")
        self._sub = label("", "dim", wrap=True)
        self._message = MessageBar(ctx.theme, names.SIGN_IN_MESSAGE)
        self._people = QVBoxLayout()
        self._people.setSpacing(8)
        self._people.setContentsMargins(0, 0, 6, 0)
        self._name = QLineEdit()
        self._name.setObjectName(names.SIGN_IN_NAME)
        self._name.setPlaceholderText(tr("Your name, as others will see it"))
        self._name.setMaxLength(60)
        self._name.returnPressed.connect(self._name_done)
        self._name.textChanged.connect(lambda: self._explain())
        self._pad = PinPad(ctx.theme)
        self._pad.entered.connect(self._entered)
        self._pad.edited.connect(self._typed)
        self._who = label("", "heading")
        self._hint = label("", "small", wrap=True, name=names.SIGN_IN_HINT)
        self._hint.setMinimumHeight(34)
        self._lay_out()

    def showEvent(self, event: QShowEvent) -> None:
        """Reads who there is, each time it is shown."""
        super().showEvent(event)
        self._pad.clear()
        self._message.clear()
        self.reload()

    def reload(self) -> None:
        """Reads who there is."""
        desk = self.ctx.desk
        task = Task(lambda: (desk.needs_first_person(), desk.people()))
        task.on_success(self._show_people).on_failure(self._message.error).start(self.ctx.tasks, self)

    def _lay_out(self) -> None:
        theme = self.ctx.theme
        mark = QWidget()
        mark.setFixedSize(44, 44)
        mark.paintEvent = lambda _e: _draw_mark(mark, theme)  # type: ignore[method-assign]
        people = QWidget()
        people.setProperty("surface", "clear")
        people.setLayout(column(self._people, 0))
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(people)
        left = column(self._heading, self._sub, self._name, self._scroll, 0, gap=12)
        left.setStretch(3, 1000)  # the people take all room there is; without them the words stay on top
        pad = surface("card")
        pad.setFixedWidth(330)
        pad.setLayout(column(self._who, self._hint, self._pad, margins=22, gap=8))
        box = QWidget()
        box.setFixedWidth(800)
        title = column(label(tr("Plant console"), "display"), gap=0)
        split = row(left, column(pad, 0), gap=32)
        split.setStretch(0, 1)
        split.setAlignment(Qt.AlignmentFlag.AlignTop)
        box.setLayout(column(row(mark, title, 0, gap=14), self._message, split, gap=22))
        box.setFixedHeight(640)
        self.setLayout(column(0, row(0, box, 0), 0, margins=20))

    def _show_people(self, answer: tuple[bool, tuple[Person, ...]]) -> None:
        first, people = answer
        self._first, self._first_pin = first, ""
        clear(self._people)
        self._person = None
        self._name.setVisible(first)
        self._scroll.setVisible(not first)
        if first:
            self._heading.setText(tr("First start"))
            self._sub.setText(
                tr("Nobody can sign in yet. You become the administrator and add the others in Settings.")
            )
            self._name.setFocus()
        else:
            self._heading.setText(tr("Who are you?"))
            self._sub.setText(tr("Touch your name, then type your PIN."))
            active = [p for p in people if p.active]
            for person in active:
                self._add_tile(person)
            last = self.ctx.prefs.text("sign_in/last")
            chosen = next((p for p in active if p.name == last), active[0] if active else None)
            if chosen is not None:
                self._choose(chosen)
        self._explain()

    def _add_tile(self, person: Person) -> None:
        tile = PersonTile(self.ctx.theme, person)
        tile.clicked.connect(lambda: self._choose(person))
        self._people.addWidget(tile)

    def _choose(self, person: Person) -> None:
        self._person = person
        for tile in self.findChildren(PersonTile):
            tile.setChecked(tile.person == person)
        self._pad.clear()
        self._pad.setFocus()
        self._message.clear()
        self._explain()

    def _name_done(self) -> None:
        self._pad.setFocus()

    def _typed(self) -> None:
        self._message.clear()
        self._explain()

    def _explain(self) -> None:
        """Heading of the pad, and why its key cannot be pressed yet."""
        if self._busy:
            why = tr("Checking …")
        elif self._first and not self._name.text().strip():
            why = tr("First write your name.")
        elif self._first and len(self._pad.pin) < LEAST_PIN:
            why = tr("At least {n} digits, only you know them.", n=LEAST_PIN)
        elif not self._pad.pin:
            why = tr("Type your PIN with the keys here or on the keyboard.")
        else:
            why = tr("Press ✓ or Enter.")
        self._hint.setText(why)
        blocked = self._first and (not self._name.text().strip() or len(self._pad.pin) < LEAST_PIN)
        self._pad.enter.setEnabled(bool(self._pad.pin) and not blocked and not self._busy)
        if self._first:
            self._who.setText(tr("The same PIN again") if self._first_pin else tr("Choose a PIN"))
        else:
            self._who.setText(self._person.name if self._person else "")

    def _entered(self, pin: str) -> None:
        if self._busy:
            return
        if self._first:
            self._enter_first(pin)
            return
        if self._person is None:
            return
        desk, name = self.ctx.desk, self._person.name
        self._work(Task(lambda: desk.sign_in(name, pin)))

    def _enter_first(self, pin: str) -> None:
        name = self._name.text().strip()
        if not name or len(pin) < LEAST_PIN:
            self._explain()
            return
        self._pad.clear()
        if not self._first_pin:
            self._first_pin = pin
        elif pin != self._first_pin:
            self._first_pin = ""
            self._message.say(tr("The two PINs differ."), tr("Choose one again."), Level.HIGH)
        else:
            desk = self.ctx.desk
            roles = frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})

            def make() -> Person:
                desk.create_person(None, name, roles, pin)
                return desk.sign_in(name, pin)

            self._first_pin = ""
            self._work(Task(make))
        self._explain()

    def _work(self, task: Task[Person]) -> None:
        self._busy = True
        self._pad.clear()
        self._explain()
        task.finally_(self._answered).on_success(self._welcome).on_failure(self._message.error)
        task.start(self.ctx.tasks, self, action=True)

    def _answered(self) -> None:
        self._busy = False
        self._explain()
        self._pad.setFocus()

    def _welcome(self, person: Person) -> None:
        self.ctx.prefs.keep("sign_in/last", person.name)
        self.signed_in.emit(person)


def _draw_mark(widget: QWidget, theme: Theme) -> None:
    painter = QPainter(widget)
    icons.draw_icon(painter, QRectF(2, 2, 40, 40), "factory", theme.color("ok"))
    painter.end()
