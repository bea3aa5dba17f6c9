"""Machine servers for tests: our simulator, and independent peers in another language (docs/sources.md).

The peers are installed once, from the committed lock file, into the user's cache folder. All servers listen
on loopback only, and each is ended by the process that started it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import platformdirs

PEERS = Path(__file__).parent / "peers"
SCRIPTS = ("opcua_server.mjs", "modbus_server.cjs")
START_TIMEOUT_S = 60.0


def cache_folder() -> Path:
    """Where test rigs keep what they install; PLANT_CONSOLE_CACHE overrides it."""
    chosen = os.environ.get("PLANT_CONSOLE_CACHE")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("plant-console"))


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One installer at a time; the lock goes with the process that holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def ensure_peers() -> Path:
    """The folder with the peers' scripts and their installed packages.

    Errors: RuntimeError when npm is missing and cannot be installed, or when it fails.
    """
    lock_file = PEERS / "package-lock.json"
    stamp = hashlib.sha256(lock_file.read_bytes()).hexdigest()[:12]
    root = cache_folder() / "peers"
    folder = root / stamp
    with _locked(root / "lock"):
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "installed").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copyfile(PEERS / name, folder / name)
            _npm_ci(folder)
            (folder / "installed").touch()
        for name in SCRIPTS:  # beside node_modules, where node looks for them
            beside = folder / f"{name}.{os.getpid()}"
            shutil.copyfile(PEERS / name, beside)
            beside.replace(folder / name)
    return folder


def _npm_ci(folder: Path) -> None:
    npm = shutil.which("npm") or _install_npm()
    # no install script is needed: node itself comes as a plain package with the binary inside
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"npm could not install the peer servers:\n{done.stdout}\n{done.stderr}")


def _install_npm() -> str:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["apt-get", "update"], ["apt-get", "install", "-y", "nodejs", "npm"]):
            subprocess.run(command, capture_output=True, timeout=600, check=False)
    found = shutil.which("npm")
    if found is None:
        raise RuntimeError("The peer servers need npm: install the Debian packages nodejs and npm.")
    return found


def node_binary(folder: Path) -> Path:
    """The Node.js that the lock file pins (the peers need 22.13 or newer)."""
    kind = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine().lower()]
    binary = folder / "node_modules" / f"node-linux-{kind}" / "bin" / "node"
    binary.chmod(0o755)
    return binary


class PeerServer:
    """A peer as a child process that can be frozen, killed and started again on the same port."""

    def __init__(self, script: str, *arguments: str) -> None:
        self.port = free_port()
        folder = ensure_peers()
        self._command = [str(node_binary(folder)), str(folder / script), str(self.port), *arguments]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start, and wait until it listens."""
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        if not self._answer().get("ready"):
            raise RuntimeError("The peer server said something else than ready.")

    def command(self, line: str) -> dict[str, Any]:
        """Send one command; its answer names the counter's value (``good``)."""
        process = self._running()
        assert process.stdin is not None
        process.stdin.write(line + "\n")
        process.stdin.flush()
        return self._answer()

    def freeze(self) -> None:
        """Stop it in the middle of whatever it does (SIGSTOP)."""
        self._running().send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._running().send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it without a word to its clients."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            raise RuntimeError("The peer server does not run.")
        return self._process

    def _answer(self) -> dict[str, Any]:
        process = self._running()
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            assert process.stderr is not None
            raise RuntimeError(f"The peer server ended: {process.stderr.read()[-2000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer


class GarbageServer:
    """A TCP server that answers whatever it hears with random bytes (or nothing, or a hang-up)."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.answered = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._babble, args=(connection,), daemon=True).start()

    def _babble(self, connection: socket.socket) -> None:
        with connection:
            try:
                connection.settimeout(5)
                while connection.recv(4096):
                    connection.sendall(self._random.randbytes(self._random.choice((7, 9, 29, 64, 300))))
                    self.answered += 1
                    if self._random.random() < 0.2:
                        return
            except OSError:
                return


def wait_for(condition: Any, timeout_s: float = 10.0, what: str = "the condition") -> None:
    """Wait, in a synchronous test, until `condition()` is true."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {timeout_s:g} s")
        time.sleep(0.02)
