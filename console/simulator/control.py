"""The control channel: one JSON object a line over loopback TCP, one line back.

    {"cmd": "stop_all"} | {"cmd": "resume"} | {"cmd": "truth"} | {"cmd": "ping"}
    {"cmd": "glitch", "machine": "Filler1"}            one sample of garbage
    {"cmd": "jump", "machine": "Filler1", "n": 500}    counts that were never made
    {"cmd": "reset", "machine": "Filler1"}             counter to 0
    {"cmd": "gap", "seconds": 5}                       sockets closed, machines go on
    {"cmd": "set_order", "machine": "Filler1", "order": "WH/MO/00012", "lot": "L-17"}
    {"cmd": "set_program", "machine": "Filler2", "program": "P-250"}
    {"cmd": "breakdown", "machine": "Filler1", "seconds": 180}            aborted, with the jam alarm
    {"cmd": "excursion", "machine": "Filler2", "by": 14, "seconds": 300}  its temperature; "Hall": humidity
    {"cmd": "raise_alarm", "machine": "Filler1", "alarm": "alarm_jam", "seconds": 120}    without its cause
    {"cmd": "scrap", "machine": "Filler1", "n": 5}                        the next 5 counts come out as scrap
    {"cmd": "drift", "machine": "Labeller1", "per_hour": 1.5}            wear: vibration grows, mm/s an hour

These seconds and hours are the simulated plant's own, as all its durations but those of ``gap``.

``counter`` ("good", the default, or "scrap") may be given to glitch, jump and reset. The answer is
``{"ok": true, ...}`` or ``{"ok": false, "error": "..."}``.
"""

from __future__ import annotations

import json
import socket
from typing import Any


class ControlError(RuntimeError):
    """The simulator did not do what was asked; the text says why."""


class Control:
    """The asking end, blocking; a connection for each command, so that it survives anything."""

    def __init__(self, port: int, timeout_s: float = 10.0) -> None:
        self._port = port
        self._timeout_s = timeout_s

    def command(self, cmd: str, **arguments: object) -> dict[str, Any]:
        """Send one command. Errors: ControlError when it is refused; OSError when nobody listens."""
        line = json.dumps({"cmd": cmd, **arguments}) + "\n"
        with socket.create_connection(("127.0.0.1", self._port), timeout=self._timeout_s) as connection:
            connection.sendall(line.encode())
            with connection.makefile("r", encoding="utf-8") as lines:
                answer: dict[str, Any] = json.loads(lines.readline())
        if not answer.get("ok"):
            raise ControlError(str(answer.get("error", "no reason given")))
        return answer

    def truth(self) -> dict[str, Any]:
        """What was really made by each machine, and what really happened to it: ``stops`` (state, cause,
        started, ended), ``alarms`` and ``excursions``, in epoch seconds."""
        machines: dict[str, Any] = self.command("truth")["machines"]
        return machines
