"""A real Odoo 19 on PostgreSQL, started in seconds as an ordinary user: for the demo and for tests.

    with OdooServer(prepare(print)) as server:
        account = server.make_service_account()
        plant = seed(server, machines)          # console.demo.odoo_seed

``prepare`` installs once into a cache (see odoo_install); every server then runs on its own copy of the
template database, so that any number of them may run side by side and none can spoil another's data.
Both servers listen on loopback only and die with the program that started them.

For people: ``python -m console.demo.odoo_sandbox prepare`` and ``... run``.
"""

from __future__ import annotations

import argparse
import contextlib
import secrets
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from console.demo.odoo_install import (
    TEMPLATE,
    TEMPLATE_BASE,
    Installation,
    Log,
    copy_filestore,
    copy_tree,
    locked,
    prepare,
    write_odoo_config,
)
from console.demo.odoo_processes import LOOPBACK, Cluster, KeptProcess, SandboxError, free_port, tail
from console.errors import ConsoleError

__all__ = [
    "SERVICE_GROUPS",
    "Installation",
    "OdooServer",
    "OdooSession",
    "SandboxError",
    "ServiceAccount",
    "prepare",
]

# the rights that docs/odoo.md asks for, and no more
SERVICE_GROUPS = (
    "base.group_user",
    "mrp.group_mrp_user",
    "quality_control_oca.group_quality_control_user",
    "maintenance.group_equipment_manager",
)
START_TIMEOUT_S = 60.0
SHORTEST_LIMIT_S = 6


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """An Odoo user for a console.

    Attributes:
        key: its API key. Never printed: the representation leaves secrets out.
    """

    id: int
    login: str
    password: str = field(repr=False)
    key: str = field(repr=False)


class OdooSession:
    """A signed-in web session, which can do what an API key cannot: make users and keys, install, seed.

    Not for the console itself, which talks JSON-2 (console.odoo).
    """

    def __init__(self, url: str, database: str, login: str, password: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=120, trust_env=False)
        self.uid = 0
        self.context: dict[str, Any] = {}
        answer = self._post(
            "/web/session/authenticate", {"db": database, "login": login, "password": password}
        )
        if not answer.get("uid"):
            raise SandboxError(f"{login} cannot sign in to the sandbox's database {database}.")
        self.uid = int(answer["uid"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def _post(self, path: str, params: dict[str, Any]) -> Any:
        answer = self._http.post(path, json={"jsonrpc": "2.0", "method": "call", "params": params}).json()
        if "error" in answer:
            data = answer["error"].get("data", {})
            raise SandboxError(f"The sandbox's Odoo refused: {data.get('name')}: {data.get('message')}")
        return answer.get("result")

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a model's method as the web client does: ids first, then the arguments."""
        body = {"model": model, "method": method, "args": list(args), "kwargs": kwargs}
        return self._post("/web/dataset/call_kw", body)

    def create(self, model: str, vals: dict[str, Any]) -> int:
        """Create one record; its id."""
        return int(self.call(model, "create", [vals])[0])

    def ref(self, external_id: str) -> int:
        """The database id of an external id such as ``mrp.group_mrp_user``."""
        module, _, name = external_id.partition(".")
        found = self.call(
            "ir.model.data", "search_read", [["module", "=", module], ["name", "=", name]], ["res_id"]
        )
        if not found:
            raise SandboxError(f"Odoo has no record {external_id}.")
        return int(found[0]["res_id"])


class OdooServer:
    """One running Odoo with a database cluster of its own. A context manager.

    ``stop``, ``kill``, ``restart`` concern Odoo only; PostgreSQL and the data stay until ``close``.

    Attributes:
        url: base address on loopback; the same after a restart.
        database: the first database; further ones are made by ``new_database``.
        admin_login / admin_password: Odoo's administrator.
        log_file: Odoo's log. Gone after ``close``.
    """

    admin_login = "admin"
    admin_password = "admin"

    def __init__(
        self,
        installation: Installation | None = None,
        *,
        database: str = "plant",
        workers: int = 2,
        limit_time_real_s: int = 20,
        port: int | None = None,
    ) -> None:
        """Nothing is started yet.

        Args:
            workers: processes that answer, as in production. With 0 Odoo runs threads in one process and
                never ends a request, whatever ``limit_time_real_s`` says: a lost call lands at any time.
            limit_time_real_s: a request that lasts longer is killed with its worker, up to 5 s late.

        Raises:
            ValueError: a limit so short that Odoo would kill idle workers (they report every 4 s).
        """
        if limit_time_real_s < SHORTEST_LIMIT_S:
            raise ValueError(
                f"limit_time_real_s must be at least {SHORTEST_LIMIT_S}, not {limit_time_real_s}"
            )
        self._made = installation or prepare()
        self._workers = workers
        self._limit_time_real_s = limit_time_real_s
        self._port = port or free_port()
        self._cluster: Cluster | None = None
        self._odoo: KeptProcess | None = None
        self._folder: Path | None = None
        self.database = database

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._port}"

    @property
    def folder(self) -> Path:
        """The folder of this run: logs, configuration, data."""
        if self._folder is None:
            raise SandboxError("The sandbox has not been started.")
        return self._folder

    @property
    def log_file(self) -> Path:
        return self.folder / "odoo.log"

    @property
    def running(self) -> bool:
        return self._odoo is not None and self._odoo.alive

    @property
    def pids(self) -> dict[str, int]:
        """Process ids of what runs now, by name."""
        found = {}
        if self._cluster is not None:
            found["postgres"] = self._cluster.process.pid
        if self._odoo is not None:
            found["odoo"] = self._odoo.pid
        return found

    # ------------------------------------------------------------ life

    def start(self) -> None:
        """Start what does not run, and wait until Odoo answers."""
        if self.running:
            return
        try:
            if self._cluster is None:
                self._start_cluster()
            self._start_odoo()
        except BaseException:
            self.close()
            raise

    def stop(self) -> None:
        """Stop Odoo in an orderly way."""
        if self._odoo is not None:
            self._odoo.stop()
            self._odoo = None

    def kill(self) -> None:
        """Kill Odoo and its workers as a power cut would."""
        if self._odoo is not None:
            self._odoo.kill()
            self._odoo = None

    def restart(self) -> None:
        """Stop and start Odoo at the same address."""
        self.stop()
        self.start()

    def close(self) -> None:
        """End everything and delete the run's data."""
        self.kill()
        if self._cluster is not None:
            self._cluster.process.kill()  # throw-away data needs no orderly shutdown
            self._cluster = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _start_cluster(self) -> None:
        made = self._made
        self._folder = folder = Path(tempfile.mkdtemp(prefix="plant-console-odoo-"))
        folder.chmod(0o711)  # the database user must be able to pass through
        with locked(made.lock, shared=True):
            copy_tree(made.template / "pg", folder / "pg")
            copy_tree(made.template / "data", folder / "data")
        made.postgres.give(folder / "pg")
        self._cluster = Cluster(
            made.postgres, folder / "pg", made.database_password, folder / "postgres.log", remove=folder
        )
        self.new_database(self.database)

    def _start_odoo(self) -> None:
        assert self._cluster is not None
        settings = {
            "http_port": str(self._port),
            "gevent_port": str(free_port()),
            "workers": str(self._workers),
            "limit_time_real": str(self._limit_time_real_s),
            "limit_time_cpu": str(self._limit_time_real_s),
            "dbfilter": "^plant",
            "logfile": str(self.log_file),
        }
        config = self.folder / "odoo.conf"
        write_odoo_config(self._made, config, self.folder / "data", self._cluster, settings)
        self._odoo = KeptProcess(
            self._made.odoo_command("-c", str(config)),
            log=self.folder / "odoo.out",
            env=self._made.odoo_environment(),
        )
        self._wait_ready()

    def _wait_ready(self) -> None:
        """Until Odoo answers a sign-in, which also makes it load the database."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and self.running:
            with contextlib.suppress(httpx.TransportError), self.session():
                return
            time.sleep(0.1)
        words = tail(self.log_file) or tail(self.folder / "odoo.out")
        raise SandboxError(f"Odoo did not start:\n{words}", "Try again; if it stays so, run 'prepare' anew.")

    # ------------------------------------------------------------ databases and accounts

    def new_database(self, name: str, *, base_only: bool = False) -> None:
        """Make a fresh database, in a second.

        Args:
            name: must begin with "plant" (others are hidden from the web).
            base_only: without manufacturing, as a customer's Odoo without the mrp module.
        """
        if not name.startswith("plant"):
            raise SandboxError(f"A sandbox database's name begins with 'plant'; {name!r} does not.")
        if self._cluster is None:
            raise SandboxError("The sandbox has not been started.")
        template = TEMPLATE_BASE if base_only else TEMPLATE
        self._cluster.copy_database(template, name)
        copy_filestore(self.folder / "data", template, name)

    def sql(self, statement: str, database: str | None = None) -> str:
        """Run one SQL statement behind Odoo's back (to test what Odoo says of damaged data)."""
        if self._cluster is None:
            raise SandboxError("The sandbox has not been started.")
        return self._cluster.sql(statement, database or self.database)

    def session(
        self, login: str | None = None, password: str | None = None, database: str | None = None
    ) -> OdooSession:
        """A web session; of the administrator unless told otherwise."""
        return OdooSession(
            self.url, database or self.database, login or self.admin_login, password or self.admin_password
        )

    def make_key(self, login: str, password: str, database: str | None = None) -> str:
        """An API key of a user, made the way the user would in the web client. It lasts 90 days.

        Longer than that Odoo allows to administrators only.
        """
        with self.session(login, password, database) as session:
            wizard = session.create(
                "res.users.apikeys.description", {"name": "plant console", "duration": "90"}
            )
            action = session.call("res.users.apikeys.description", "make_key", [wizard])
            check = action.get("res_id")
            if check and action.get("res_model") == "res.users.identitycheck":
                context = {"password": password}
                action = session.call("res.users.identitycheck", "run_check", [check], context=context)
            return str(action["context"]["default_key"])

    def make_service_account(
        self,
        login: str = "plant-console",
        groups: tuple[str, ...] = SERVICE_GROUPS,
        database: str | None = None,
    ) -> ServiceAccount:
        """A user with only the rights that the console needs, and its API key."""
        password = secrets.token_urlsafe(18)
        with self.session(database=database) as admin:
            ids = [admin.ref(group) for group in groups]
            vals = {"name": login, "login": login, "password": password, "group_ids": [[6, 0, ids]]}
            uid = admin.create("res.users", vals)
        return ServiceAccount(uid, login, password, self.make_key(login, password, database))


# ---------------------------------------------------------------- for people


def main(arguments: list[str] | None = None) -> int:
    """``prepare`` installs; ``run`` starts a server and waits for Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="odoo_sandbox", description="A real Odoo 19 for tests and the demo."
    )
    parser.add_argument("action", choices=("prepare", "run"))
    parser.add_argument("--port", type=int, help="port on loopback (default: any free one)")
    parser.add_argument("--workers", type=int, default=2, help="worker processes (default: 2; 0: threads)")
    told = parser.parse_args(arguments)
    log: Log = lambda words: print(words, flush=True)  # noqa: E731
    try:
        made = prepare(log)
        if told.action == "run":
            with OdooServer(made, port=told.port, workers=told.workers) as server:
                log(f"Odoo 19 at {server.url}, database {server.database}; log: {server.log_file}")
                log(f"Sign in as {server.admin_login} with password {server.admin_password}. Ctrl-C ends it.")
                while server.running:
                    time.sleep(0.5)
                log("Odoo has ended by itself.")
    except KeyboardInterrupt:
        log("Ended.")
    except ConsoleError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
