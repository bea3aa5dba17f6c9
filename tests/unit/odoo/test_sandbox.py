"""Parts of the sandbox that need no Odoo: finding a mirror, and processes that die with their starter."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from console.demo import odoo_install
from console.demo.odoo_processes import KeptProcess, SandboxError

DEBIAN = """\
https://mirror.example/debian-security/|main
https://mirror.example/some/debian/|main
https://other.example/debian/|contrib
"""
UBUNTU = """\
https://mirror.example/ubuntu/|main
https://mirror.example/ubuntu/|universe
"""


def fake_apt(folder: Path, monkeypatch: pytest.MonkeyPatch, listing: str) -> None:
    """An apt-get that answers indextargets with what this machine would be configured for."""
    monkeypatch.delenv(odoo_install.MIRROR_VARIABLE, raising=False)
    script = folder / "apt-get"
    script.write_text(f"#!/bin/sh\ncat <<'END'\n{listing}END\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_mirror_of_debian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_apt(tmp_path, monkeypatch, DEBIAN)
    assert odoo_install.find_mirror() == "https://mirror.example/some/debian"
    monkeypatch.setenv(odoo_install.MIRROR_VARIABLE, "https://told.example/debian/")
    assert odoo_install.find_mirror() == "https://told.example/debian"


def test_no_mirror_says_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_apt(tmp_path, monkeypatch, UBUNTU)
    with pytest.raises(SandboxError, match=odoo_install.MIRROR_VARIABLE):
        odoo_install.find_mirror()


def gone(pid: int) -> bool:
    """Whether the process is dead (or a zombie that nobody has collected yet)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while not gone(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return gone(pid)


SLEEPERS = ["/bin/sh", "-c", "sleep 300 & echo $!; wait"]


def grandchild(log: Path) -> int:
    deadline = time.monotonic() + 10
    while not log.read_text().strip() and time.monotonic() < deadline:
        time.sleep(0.02)
    return int(log.read_text())


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_whole_group_ends(tmp_path: Path, how: str) -> None:
    log = tmp_path / "log"
    kept = KeptProcess(SLEEPERS, log=log)
    below = grandchild(log)
    assert kept.alive
    getattr(kept, how)()
    assert not kept.alive
    assert wait_gone(kept.pid)
    assert wait_gone(below)


def test_a_stubborn_process_is_killed(tmp_path: Path) -> None:
    kept = KeptProcess(["/bin/sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"], log=tmp_path / "log")
    time.sleep(0.3)
    kept.stop(timeout_s=0.5)
    assert wait_gone(kept.pid)


def test_nothing_outlives_a_killed_starter(tmp_path: Path) -> None:
    """kill -9 to the program that started it: the group ends and the folder goes."""
    folder = tmp_path / "run"
    folder.mkdir()
    log = tmp_path / "log"
    program = (
        "import sys, time; from pathlib import Path; from console.demo.odoo_processes import KeptProcess; "
        f"k = KeptProcess({SLEEPERS!r}, log=Path({str(log)!r}), remove=Path({str(folder)!r})); "
        "print(k.pid, flush=True); time.sleep(100)"
    )
    starter = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert starter.stdout is not None
    with starter.stdout:
        pid = int(starter.stdout.readline())
        below = grandchild(log)
        assert not gone(pid)
        starter.send_signal(signal.SIGKILL)
        starter.wait()
        assert wait_gone(pid)
        assert wait_gone(below)
    deadline = time.monotonic() + 5
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not folder.exists()


def test_secrets_are_not_on_the_command_line(tmp_path: Path) -> None:
    """Everybody on the machine can read command lines, nobody else our environment."""
    kept = KeptProcess(["/bin/sleep", "100"], log=tmp_path / "log", env={"SECRET": "hunter2"})
    try:
        parent = int(Path(f"/proc/{kept.pid}/stat").read_text().rpartition(")")[2].split()[1])
        for pid in (kept.pid, parent):
            assert b"hunter2" not in Path(f"/proc/{pid}/cmdline").read_bytes()
    finally:
        kept.kill()
