"""How late a window is: a timer at 60 Hz on the main thread notes when it was called."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QSocketNotifier, Qt, QTimer

from tests.bench.measure import spread

FRAME_MS = 16  # whole milliseconds are all that Qt's timers know; 62.5 Hz


class FrameClock(QObject):
    """Measures for a while, then tells.

    A frame is late by the time between two calls beyond FRAME_MS. Whatever keeps the main thread busy shows:
    painting, layout, slots, and other threads that hold the interpreter's lock.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._frame)
        self._at = 0.0
        self._late_ms: list[float] = []

    def measure(self, seconds: float) -> None:
        """Begins; prints lateness as JSON at the end."""
        self._late_ms, self._at = [], time.perf_counter()
        self._timer.start()
        QTimer.singleShot(int(seconds * 1000), self, self._tell)

    def _frame(self) -> None:
        now = time.perf_counter()
        self._late_ms.append(max(0.0, (now - self._at) * 1000 - FRAME_MS))
        self._at = now

    def _tell(self) -> None:
        self._timer.stop()
        say(frames=len(self._late_ms), late_ms=spread(self._late_ms))


class Orders(QObject):
    """Lines on standard input, one at a time, each given to its word's function."""

    def __init__(self, parent: QObject, known: dict[str, Callable[[str], object]]) -> None:
        super().__init__(parent)
        self._known = known
        self._notifier = QSocketNotifier(0, QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)

    def _read(self) -> None:
        line = sys.stdin.readline()
        if not line:  # the benchmark is gone
            self._notifier.setEnabled(False)
            return
        word, _, rest = line.strip().partition(" ")
        self._known[word](rest)


def say(**values: object) -> None:
    """One line of JSON on standard output."""
    print(json.dumps(values), flush=True)
