"""The one way to do long work: off the main thread, answered on it.

    Task(lambda: desk.confirm(person, picks)).on_success(self._shown).start(runner, self)

Reads and actions have a thread pool each, so that a slow read never delays a decision. An answer whose owner
is gone or no longer wants it is dropped. A ConsoleError is the environment or the person's to mend and goes
to ``on_failure`` (else to the page's message bar); anything else is our bug: logged with its trace and
shown as one.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, TypeVar

import shiboken6
import structlog
from PySide6.QtCore import QObject, QTimer, Signal

from console.errors import ConsoleError

T = TypeVar("T")
log = structlog.get_logger(__name__)


class OurBug(ConsoleError):
    """Something that should not happen. The trace is in the log."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(
            f"The console made a mistake ({type(cause).__name__}: {cause}). This is our bug, not yours.",
            "Nothing was changed. Try again; if it stays, export the log and report it.",
        )


class Task(Generic[T]):
    """One piece of work and what to do with its answer."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._success: Callable[[T], object] | None = None
        self._failure: Callable[[ConsoleError], object] | None = None
        self._finally: Callable[[], object] | None = None
        self.cancelled = False

    def on_success(self, then: Callable[[T], object]) -> Task[T]:
        """Called on the main thread with the answer."""
        self._success = then
        return self

    def on_failure(self, then: Callable[[ConsoleError], object]) -> Task[T]:
        """Called on the main thread with the error."""
        self._failure = then
        return self

    def finally_(self, then: Callable[[], object]) -> Task[T]:
        """Called on the main thread in both cases, first."""
        self._finally = then
        return self

    def start(self, runner: TaskRunner, owner: QObject, *, action: bool = False) -> Task[T]:
        """Begins. ``action``: changes something, so it has its own thread and is never dropped midway."""
        runner.submit(self, owner, action=action)
        return self

    def cancel(self) -> None:
        """The answer is no longer wanted."""
        self.cancelled = True

    def work(self) -> T:
        """The work itself; called in the worker thread."""
        return self._work()

    def deliver(self, future: Future[T], fallback: Callable[[ConsoleError], object]) -> None:
        """Hands the answer over; on the main thread."""
        if self._finally is not None:
            self._finally()
        error = future.exception()
        if error is None:
            if self._success is not None:
                self._success(future.result())
            return
        if not isinstance(error, ConsoleError):
            log.error("background work failed", exc_info=error)
            error = OurBug(error)
        (self._failure or fallback)(error)


class TaskRunner(QObject):
    """Runs tasks. Lives on the main thread.

    Signals:
        failed: a ConsoleError that no task took care of.
    """

    failed = Signal(object)
    _done = Signal(object, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reads = ThreadPoolExecutor(2, "desk-read")
        self._actions = ThreadPoolExecutor(1, "desk-action")
        self._open: set[Task[Any]] = set()
        self._closed = False
        self._done.connect(self._deliver)

    @property
    def idle(self) -> bool:
        """True where nothing is under way (tests wait for it)."""
        return not self._open

    def do(self, work: Callable[[], object], owner: QObject) -> None:
        """An action whose answer nobody waits for; an error still shows."""
        self.submit(Task(work), owner, action=True)

    def submit(self, task: Task[Any], owner: QObject, *, action: bool) -> None:
        """See ``Task.start``."""
        if self._closed:
            return
        self._open.add(task)  # a strong reference: the answer must find somebody
        pool = self._actions if action else self._reads
        future = pool.submit(task.work)
        # the callback runs in the worker thread: the signal carries the answer to the main thread
        future.add_done_callback(lambda f: self._hand_over(task, owner, f))

    def _hand_over(self, task: Task[Any], owner: QObject, future: Future[Any]) -> None:
        if not self._closed and not future.cancelled() and shiboken6.isValid(self):
            self._done.emit(task, owner, future)

    def _deliver(self, task: Task[Any], owner: QObject, future: Future[Any]) -> None:
        self._open.discard(task)
        if self._closed or task.cancelled or not shiboken6.isValid(owner):
            return
        task.deliver(future, self.failed.emit)

    def close(self) -> None:
        """Waits for what is under way, drops what has not begun."""
        self._closed = True
        self._actions.shutdown(wait=True)
        self._reads.shutdown(wait=True, cancel_futures=True)
        self._open.clear()


class Refresher(QObject, Generic[T]):
    """Keeps one view fresh: reads only while active, never two reads at once, not more often than told.

    A hint that comes while a read runs makes one more read after it, however many hints came.
    """

    def __init__(
        self,
        read: Callable[[], T],
        show: Callable[[T], object],
        failed: Callable[[ConsoleError], object],
        runner: TaskRunner,
        owner: QObject,
        least_interval_ms: int = 250,
    ) -> None:
        super().__init__(owner)
        self._read, self._show, self._failed = read, show, failed
        self._runner = runner
        self._active = False
        self._running: Task[T] | None = None
        self._again = False
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(least_interval_ms)
        self._pause.timeout.connect(self._next)

    def activate(self, active: bool) -> None:
        """Visible: read now and from now on. Hidden: not at all."""
        self._active = active
        if active:
            self.now()
        else:
            self._pause.stop()
            self._again = False

    def request(self) -> None:
        """Something may have changed."""
        if not self._active:
            return
        if self._running is not None or self._pause.isActive():
            self._again = True
        else:
            self._start()

    def now(self) -> None:
        """Read at once, without waiting for the interval; an answer under way is thrown away as old."""
        if not self._active:
            return
        if self._running is not None:
            self._running.cancel()
            self._running = None
        self._start()

    def _start(self) -> None:
        self._again = False
        self._pause.start()
        task: Task[T] = Task(self._read)
        self._running = task
        task.finally_(self._finished).on_success(self._show).on_failure(self._failed)
        task.start(self._runner, self)

    def _finished(self) -> None:
        self._running = None
        if self._again and not self._pause.isActive():
            self._pause.start()

    def _next(self) -> None:
        if self._again and self._running is None and self._active:
            self._start()
