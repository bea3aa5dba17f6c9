"""Who is signed in at this desktop, and when it locks itself."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from console.desktop.formats import tr
from console.domain.people import Permission, Person


class Session(QObject):
    """The person at the desktop.

    Signals:
        changed: somebody signed in, or the desktop was locked (``person`` is None then).
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._person: Person | None = None

    @property
    def person(self) -> Person | None:
        """Who is signed in; None while locked."""
        return self._person

    def sign_in(self, person: Person) -> None:
        """Takes the person in."""
        self._person = person
        self.changed.emit()

    def lock(self) -> Person | None:
        """Locks; returns who was signed in."""
        before, self._person = self._person, None
        if before is not None:
            self.changed.emit()
        return before

    def why_not(self, permission: Permission) -> str:
        """Empty where the person may; else why not, for beside the disabled button."""
        if self._person is None:
            return tr("Nobody is signed in.")
        if self._person.may(permission):
            return ""
        return tr(
            "Your role ({role}) may not {what}.", role=self._person.title or tr("none"), what=permission.value
        )


_INPUT = frozenset(
    {
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.KeyPress,
        QEvent.Type.TouchBegin,
        QEvent.Type.TouchUpdate,
    }
)


class IdleWatch(QObject):
    """Notices that nobody touched the window for a while.

    Watches the native window (one filter there sees every key and pointer event before any widget), so no
    filter stands in the way of the whole application.

    Signals:
        idle: nobody touched it for the set time.
    """

    idle = Signal()

    def __init__(self, minutes: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.idle)
        self.set_minutes(minutes)

    def set_minutes(self, minutes: int) -> None:
        """Changes the time."""
        self.set_interval_ms(minutes * 60_000)

    def set_interval_ms(self, interval_ms: int) -> None:
        """Changes the time, finely (tests)."""
        self._timer.start(interval_ms)

    def watch(self, window: QWidget) -> None:
        """Begins to watch a window that is shown."""
        handle = window.windowHandle()
        if handle is not None:
            handle.installEventFilter(self)

    def touch(self) -> None:
        """Somebody is there."""
        self._timer.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Counts input as presence; swallows nothing."""
        if event.type() in _INPUT:
            self._timer.start()
        return False
