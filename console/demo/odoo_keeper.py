"""Runs one child process exactly as long as its starter lives. Linux, standard library only.

The first line of standard input is JSON: ``command``, ``env``, ``user`` and ``group`` (or null), ``log``,
``signal`` (number that ends the child politely), ``remove`` (folder to delete afterwards, or null). Not on
the command line, which every user of the machine can read. The keeper prints the child's process id, then
waits for either end:

- the child ends: so does the keeper, with the same code;
- standard input is closed, because the starter ended, however brutally: the child's whole process group is
  ended, and the folder removed, so that a killed test run leaves nothing behind.

The child also dies with the keeper (PR_SET_PDEATHSIG), should somebody kill that one.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

PR_SET_PDEATHSIG = 1
GRACE_S = 5.0


def _die_with_parent(parent: int) -> Callable[[], None]:
    """Made before the fork: loading libraries between fork and exec is not safe."""
    libc = ctypes.CDLL(None, use_errno=True)

    def apply() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return apply


def _end_group(child: subprocess.Popen[bytes], polite: int) -> None:
    for number in (polite, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(GRACE_S)


def main(config: dict[str, Any]) -> int:
    """Run the child; returns its exit code."""
    user = config["user"]
    orphaned = threading.Event()
    with open(config["log"], "ab") as log:
        child = subprocess.Popen(
            config["command"],
            env=config["env"],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            # in this order: user first, since a change of user would clear the death signal
            **({"user": user, "group": config["group"], "extra_groups": []} if user else {}),
            preexec_fn=_die_with_parent(os.getpid()),
        )
    print(child.pid, flush=True)

    def watch_starter() -> None:
        while os.read(0, 1024):
            pass
        orphaned.set()
        if child.poll() is None:
            _end_group(child, config["signal"])

    watcher = threading.Thread(target=watch_starter, daemon=True)
    watcher.start()
    code = child.wait()
    if orphaned.is_set():
        watcher.join()
        if config["remove"]:
            shutil.rmtree(config["remove"], ignore_errors=True)
    return code


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.stdin.buffer.readline())))
