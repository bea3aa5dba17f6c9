"""A display for the desktop where the machine has none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager


@contextmanager
def virtual_where_needed(env: MutableMapping[str, str], log: Callable[[str], None]) -> Iterator[None]:
    """Leaves ``env`` with a display: the one there is, a virtual one (Xvfb), or Qt's own off-screen one."""
    if not sys.platform.startswith("linux") or env.get("DISPLAY") or env.get("WAYLAND_DISPLAY"):
        yield
        return
    if env.get("QT_QPA_PLATFORM"):
        yield
        return
    xvfb = shutil.which("Xvfb")
    if xvfb is None:
        log("No display and no Xvfb: the desktop is drawn off screen.")
        env["QT_QPA_PLATFORM"] = "offscreen"
        yield
        return
    told, tells = os.pipe()
    server = subprocess.Popen(
        [xvfb, "-displayfd", str(tells), "-screen", "0", "1920x1080x24", "-nolisten", "tcp"],
        pass_fds=(tells,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(tells)
    try:
        with os.fdopen(told) as answer:
            number = answer.readline().strip()
        if number:
            env["DISPLAY"] = f":{number}"
            log(f"No display here: the desktop is shown on a virtual one (:{number}).")
        else:
            log("The virtual display did not start: the desktop is drawn off screen.")
            env["QT_QPA_PLATFORM"] = "offscreen"
        yield
    finally:
        server.terminate()
        server.wait()
