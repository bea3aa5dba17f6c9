"""An empty Qt window: the cost of having one at all.

    python -m tests.bench.bare_window

Says {"shown": true}; "measure SECONDS" on stdin tells how late its frames are.
"""

from __future__ import annotations

import signal

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow


def main() -> None:
    """Until SIGTERM."""
    app = QApplication(["bare"])
    window = QMainWindow()
    window.resize(1366, 768)
    window.show()
    app.processEvents()

    from tests.bench.frame_clock import FrameClock, Orders, say  # what the window itself does not need

    say(shown=True)
    clock = FrameClock(window)
    orders = Orders(window, {"measure": lambda s: clock.measure(float(s))})
    signal.signal(signal.SIGTERM, lambda *_: app.quit())
    python_hears = QTimer()
    python_hears.timeout.connect(lambda: None)
    python_hears.start(250)
    app.exec()
    del orders


if __name__ == "__main__":
    main()
