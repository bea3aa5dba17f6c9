"""Processes of the Odoo sandbox: a database cluster and an Odoo server, kept alive no longer than we are."""

from __future__ import annotations

import contextlib
import grp
import json
import os
import pwd
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from console.errors import EnvironmentFault

KEEPER = Path(__file__).with_name("odoo_keeper.py")
LOOPBACK = "127.0.0.1"
DATABASE_USER = "plant"


class SandboxError(EnvironmentFault):
    """The sandbox cannot be installed or started here."""


def free_port() -> int:
    """A loopback port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def tail(path: Path, lines: int = 15) -> str:
    """The end of a log file, for error texts."""
    with contextlib.suppress(OSError):
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    return ""


class KeptProcess:
    """A child process under a keeper (see odoo_keeper), so that it cannot outlive this program.

    Attributes:
        pid: of the process itself; it leads its own process group.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        user: str | None = None,
        polite: signal.Signals = signal.SIGTERM,
        remove: Path | None = None,
    ) -> None:
        self._polite = polite
        config = {
            "command": list(command),
            "env": dict(env if env is not None else os.environ),
            "user": user,
            "group": grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name if user else None,
            "log": str(log),
            "signal": int(polite),
            "remove": str(remove) if remove else None,
        }
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", str(KEEPER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert self._keeper.stdin is not None
        assert self._keeper.stdout is not None
        self._keeper.stdin.write(json.dumps(config).encode() + b"\n")
        self._keeper.stdin.flush()
        first = self._keeper.stdout.readline()
        if not first.strip().isdigit():
            self._keeper.wait()
            raise SandboxError(f"{command[0]} could not be started.", f"See {log}.")
        self.pid = int(first)

    @property
    def alive(self) -> bool:
        return self._keeper.poll() is None

    def stop(self, timeout_s: float = 15.0) -> None:
        """Ask it to end; kill it when it does not within the time."""
        self._send(self._polite)
        try:
            self._keeper.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
        self._release()

    def kill(self) -> None:
        """SIGKILL to the process and all its children, as a crash would."""
        self._send(signal.SIGKILL)
        self._keeper.wait(10)
        self._release()

    def _send(self, number: signal.Signals) -> None:
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def _release(self) -> None:
        for stream in (self._keeper.stdin, self._keeper.stdout):
            if stream is not None:
                stream.close()


@dataclass(frozen=True, slots=True)
class Postgres:
    """Where PostgreSQL's programs are, and as whom they run.

    Attributes:
        bin: folder with initdb and postgres.
        user: None where the server runs as ourselves; PostgreSQL refuses to run as root.
    """

    bin: Path
    user: str | None

    def give(self, folder: Path) -> None:
        """Make a folder tree the database user's own."""
        if self.user:
            entry = pwd.getpwnam(self.user)
            for path in (folder, *folder.rglob("*")):
                os.chown(path, entry.pw_uid, entry.pw_gid, follow_symlinks=False)

    def run(self, program: str, *arguments: str, env: Mapping[str, str] | None = None) -> str:
        """Run one of its programs to the end; its output, or SandboxError with its words."""
        identity = {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid} if self.user else {}
        done = subprocess.run(
            [str(self.bin / program), *arguments],
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", **(env or {})},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            extra_groups=[] if self.user else None,
            **identity,  # type: ignore[call-overload]
        )
        if done.returncode:
            raise SandboxError(f"PostgreSQL's {program} failed: {(done.stderr or done.stdout).strip()}")
        return str(done.stdout)

    def init(self, data: Path, password: str) -> None:
        """Make an empty cluster. Passwords are asked even on loopback: other people may share the machine."""
        data.mkdir(mode=0o700)
        self.give(data)
        with tempfile.NamedTemporaryFile("w", dir=data.parent, suffix=".secret") as secret:
            secret.write(password)
            secret.flush()
            self.give(Path(secret.name))
            self.run(
                "initdb",
                *("-D", str(data), "-U", DATABASE_USER, "-A", "scram-sha-256", "--pwfile", secret.name),
                *("-E", "UTF8", "--locale", "C.UTF-8", "--wal-segsize", "1", "--no-sync"),
            )


class Cluster:
    """A running PostgreSQL server on a loopback port of its own. It is a throw-away: fsync is off."""

    def __init__(
        self, postgres: Postgres, data: Path, password: str, log: Path, remove: Path | None = None
    ) -> None:
        self._postgres = postgres
        self._password = password
        self.port = free_port()
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "max_connections": "300",  # Odoo keeps some for each database that it was asked about
            "shared_buffers": "64MB",
            "min_wal_size": "2MB",
            "max_wal_size": "64MB",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.process = KeptProcess(
            [str(postgres.bin / "postgres"), "-D", str(data), *options],
            log=log,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            user=postgres.user,
            polite=signal.SIGINT,  # "fast": ends sessions, then shuts down cleanly
            remove=remove,
        )
        self._wait_ready(log)

    def _wait_ready(self, log: Path, timeout_s: float = 30.0) -> None:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline and self.process.alive:
            with contextlib.suppress(SandboxError):
                self.sql("select 1")
                return
            time.sleep(0.05)
        self.process.kill()
        raise SandboxError(f"PostgreSQL did not start:\n{tail(log)}", f"See {log}.")

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run one statement; rows come back as lines."""
        where = ("-h", LOOPBACK, "-p", str(self.port), "-U", DATABASE_USER, "-d", database)
        return self._postgres.run(
            "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", *where, "-c", statement,
            env={"PGPASSWORD": self._password, "PGCONNECT_TIMEOUT": "5"},
        ).strip()  # fmt: skip

    def copy_database(self, source: str, name: str) -> None:
        """Make a database as a copy of another to which nobody is connected."""
        self.sql(f'create database "{name}" template "{source}"')
