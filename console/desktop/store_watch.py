"""Hints that the store changed: a worker thread polls the change feed, Qt signals carry the hint.

A hint says "look again", never what changed; a lost hint costs a second, because a slow tick stays
underneath.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from PySide6.QtCore import QObject, QTimer, Signal

from console.errors import ConsoleError

log = structlog.get_logger(__name__)

POLL_S = 0.1
AFTER_TROUBLE_S = 2.0
TICK_MS = 1000


def never() -> bool:
    """A feed that says nothing; the slow tick still refreshes."""
    return False


@dataclass(frozen=True, slots=True)
class Feeds:
    """Where hints come from.

    Both are called from one worker thread only, about ten times a second, first and last from that same
    thread; so a SQLite connection opened at the first call stays in it.

    Attributes:
        ledger: True where the ledger changed since the last call.
        telemetry: likewise for the telemetry store.
        close: called at the end, in the same thread.
    """

    ledger: Callable[[], bool] = never
    telemetry: Callable[[], bool] = never
    close: Callable[[], object] = never


class StoreWatch(QObject):
    """Tells the screens to look again.

    Signals:
        ledger_changed, telemetry_changed: hints.
        tick: once a second, for ages and as the slow poll underneath.
        trouble: what is wrong with the feed, in words; empty once it works again.
    """

    ledger_changed = Signal()
    telemetry_changed = Signal()
    tick = Signal()
    trouble = Signal(str)

    def __init__(self, feeds: Feeds, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._feeds = feeds
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.tick)

    def start(self) -> None:
        """Begins to watch."""
        if self._thread is None:
            self._timer.start()
            self._thread = threading.Thread(target=self._run, name="store-watch", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ends; waits for the thread."""
        self._timer.stop()
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
            self._thread = None

    def _run(self) -> None:
        troubled = False
        while not self._stop.is_set():
            try:
                if self._feeds.ledger():
                    self.ledger_changed.emit()
                if self._feeds.telemetry():
                    self.telemetry_changed.emit()
            except ConsoleError as error:
                if not troubled:  # a loss is said once
                    log.warning("change feed lost", reason=str(error))
                    self.trouble.emit(str(error))
                troubled = True
                self._stop.wait(AFTER_TROUBLE_S)
                continue
            if troubled:
                troubled = False
                log.info("change feed back")
                self.trouble.emit("")
            self._stop.wait(POLL_S)
        self._feeds.close()
