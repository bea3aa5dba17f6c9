"""Forms that slide in beside a list: what is asked, what stands in the way, and one action bottom right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from console.desktop import object_names as names
from console.desktop.formats import tr
from console.desktop.theme import Theme
from console.desktop.widgets.basics import Button, column, label, row
from console.desktop.widgets.messages import MessageBar
from console.desktop.widgets.slide_over import SlideOver
from console.errors import ConsoleError

WIDTH = 480


def in_columns(widgets: Sequence[QWidget], columns: int) -> QGridLayout:
    """Equal columns. A form comes and goes: only Qt's own layouts outlive that in every order of deletion."""
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setSpacing(6)
    for number, widget in enumerate(widgets):
        grid.addWidget(widget, number // columns, number % columns)
    for number in range(columns):
        grid.setColumnStretch(number, 1)
    return grid


class SideForm(QWidget):
    """A form; subclasses say what is missing (``problem``) and what is asked for (``answer``).

    Attributes:
        act: the action. foot: the row it stands in, kept in view below what scrolls.
        stays: whether it may wait while the console is locked; a half-given signature may not.

    Signals:
        sent: the answer, once nothing is missing.
    """

    sent = Signal(object)
    stays = True

    def __init__(self, theme: Theme, name: str, forbidden: Callable[[], str], icon: str = "") -> None:
        super().__init__()
        self.setObjectName(name)
        self.theme = theme
        self._forbidden = forbidden
        self._busy = False
        self.message = MessageBar(theme, names.SIDE_MESSAGE)
        self.fields = QVBoxLayout()
        self.fields.setSpacing(10)
        self.setLayout(column(self.message, self.fields, 0, margins=(0, 0, 4, 0), gap=10))
        self._why_not = label("", "small", wrap=True, name=names.SIDE_WHY_NOT)
        self._why_not.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.act = Button(tr("Send"), theme, name=names.SIDE_ACT, kind="primary", icon=icon)
        self.act.clicked.connect(self.press)
        self.foot = QWidget()
        self.foot_row = row(self._why_not, self.act, gap=10)
        self.foot_row.setStretch(0, 1)
        self.foot.setLayout(self.foot_row)

    @property
    def busy(self) -> bool:
        """Whether it was sent and the answer is still awaited."""
        return self._busy

    def problem(self) -> str:
        """What is missing; empty where nothing is."""
        raise NotImplementedError

    def answer(self) -> object:
        """What is asked for."""
        raise NotImplementedError

    def words(self) -> str:
        """What the action is called now."""
        raise NotImplementedError

    def begin(self) -> None:
        """It came into view: the keyboard goes to the first thing to give."""

    def refresh(self) -> None:
        """Says anew what is missing."""
        why = tr("On its way …") if self._busy else self._forbidden() or self.problem()
        self._why_not.setText(why)
        self.act.setText(self.words())
        self.act.setEnabled(not why)

    def press(self) -> None:
        """The action, by button or Enter."""
        if self._busy or self._forbidden() or self.problem():
            return
        self.message.clear()
        self._busy = True
        self.refresh()
        self.sent.emit(self.answer())

    def refused(self, error: ConsoleError) -> None:
        """It could not be done: what was given stays, and can be mended."""
        self._busy = False
        self.message.error(error)
        self.refresh()

    def add(self, title: str, *parts: QWidget) -> QWidget:
        """A part of the form under its own heading."""
        box = QWidget()
        box.setLayout(column(label(title, "group"), *parts, gap=5))
        self.fields.addWidget(box)
        return box


class SidePanel(SlideOver):
    """The place on a page where forms slide in; the keyboard stays inside while one is open.

    Signals:
        closed: the form went.
    """

    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget, name: str) -> None:
        super().__init__(theme, parent)
        self.setObjectName(name)
        self._form: SideForm | None = None

    @property
    def form(self) -> SideForm | None:
        """What is open."""
        return self._form

    def open_form(self, title: str, form: SideForm) -> None:
        """Slides a form in; one that was open gives way."""
        self._drop_foot()
        self._form = form
        self.open(title, form)
        layout = self._panel.layout()
        if layout is not None:
            layout.addWidget(form.foot)
        form.foot.show()
        form.refresh()
        form.begin()

    def dismiss(self) -> None:
        """Closes it; a form whose answer is awaited stays."""
        if self._form is not None and self._form.busy:
            return
        self.finish()

    def finish(self) -> None:
        """Closes it in any case: it was done, or must not stay."""
        was_open = self._form is not None
        self._drop_foot()
        self._form = None
        old = self._scroll.takeWidget()
        if old is not None:
            # taken out it belongs to Python, which would delete it now, under the click that closes it
            old.setParent(self)
            old.hide()
            old.deleteLater()
        self.hide()
        if was_open:
            self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter on the action presses it; Escape closes."""
        entered = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if entered and self._form is not None and self._form.act.hasFocus():
            self._form.press()
        else:
            super().keyPressEvent(event)

    def locked(self) -> None:
        """The person left: what may not stay goes."""
        if self._form is not None and not self._form.stays:
            self.finish()

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab goes round inside the panel: what lies behind must not be reached by it."""
        order = self._tab_order()
        if not order:
            return False
        now = self.focusWidget()
        place = order.index(now) if now in order else (-1 if next else 0)
        target = order[(place + (1 if next else -1)) % len(order)]
        target.setFocus(Qt.FocusReason.TabFocusReason if next else Qt.FocusReason.BacktabFocusReason)
        self._scroll.ensureWidgetVisible(target, 0, 12)
        return True

    def _tab_order(self) -> list[QWidget]:
        # not by nextInFocusChain: PySide takes what it returns for a child of where it was asked, and would
        # count widgets of other pages as gone once the form goes
        return [
            one
            for one in self.findChildren(QWidget)
            if one.focusPolicy() & Qt.FocusPolicy.TabFocus
            and one.isEnabled()
            and one.isVisible()
            and one.focusProxy() is None
            and not isinstance(one, QScrollArea)
        ]

    def _drop_foot(self) -> None:
        if self._form is not None:
            layout = self._panel.layout()
            if layout is not None:
                layout.removeWidget(self._form.foot)
            self._form.foot.hide()
            self._form.foot.deleteLater()

    def _place(self) -> QRect:
        width = min(WIDTH, self.width())
        return QRect(self.width() - width, 0, width, self.height())


class ReasonLine(QWidget):
    """A line for the reason, and ready-made ones for a single tap.

    Signals:
        edited: another text. entered: Enter was pressed in the line.
    """

    edited = Signal()
    entered = Signal()

    def __init__(self, theme: Theme, ready_made: Sequence[str], name: str = names.SIDE_REASON) -> None:
        super().__init__()
        self.line = QLineEdit()
        self.line.setObjectName(name)
        self.line.setPlaceholderText(tr("Reason, for the audit trail"))
        self.line.setAccessibleName(tr("Reason"))
        self.line.setMaxLength(400)
        self.line.textChanged.connect(lambda _: self.edited.emit())
        self.line.returnPressed.connect(self.entered)
        self.setFocusProxy(self.line)
        chips = []
        for number, text in enumerate(ready_made, 1):
            chip = Button(tr(text), theme, name=names.side_reason(number), kind="chip")
            chip.clicked.connect(partial(self._take, tr(text)))
            chips.append(chip)
        self.setLayout(column(self.line, in_columns(chips, 2), gap=6))

    @property
    def text(self) -> str:
        """The reason."""
        return self.line.text().strip()

    def _take(self, text: str, _checked: bool = False) -> None:
        self.line.setText(text)
