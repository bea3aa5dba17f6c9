"""The real desktop by its own command, with somebody who drives it through standard input.

    python -m tests.bench.desktop_child FOLDER PLANT_FILE

Says {"shown": true} once the window has been painted. Then: "sign-in", "page KEY", "measure SECONDS".
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from console import cli
from console.cli import processes

if TYPE_CHECKING:
    from console.desktop.app import Desktop


def drive(desktop: Desktop) -> None:
    """Called on the main thread once the window is shown."""
    desktop.app.processEvents()

    from tests.bench.floor import NAME, PIN
    from tests.bench.frame_clock import FrameClock, Orders, say

    say(shown=True)
    clock = FrameClock(desktop.window)

    def sign_in(_: str) -> None:
        desktop.ctx.session.sign_in(desktop.ctx.desk.sign_in(NAME, PIN))
        say(signed_in=True)

    def page(key: str) -> None:
        desktop.window.show_page(key)
        say(page=desktop.window.page)

    known = {"sign-in": sign_in, "page": page, "measure": lambda s: clock.measure(float(s))}
    Orders(desktop.window, known)


def main(folder: str, plant_file: str) -> int:
    """As ``plant-console desktop --no-edge``, with its own remembered layout."""
    processes._driver = lambda _arguments: drive
    layout = str(Path(folder) / "desktop.ini")
    return cli.run(["--data", folder, "--plant", plant_file, "desktop", "--no-edge", "--layout", layout])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
