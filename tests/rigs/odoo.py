"""A real Odoo for tests: ``pytest_plugins = ["tests.rigs.odoo"]`` in tests/conftest.py.

- ``odoo_server``: one server for the session. A test that kills Odoo starts an OdooServer of its own.
- ``odoo_plant``: a fresh database of it for each module, seeded with a small plant and a service account.
- ``make_odoo_plant``: makes further ones, with other machines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from console.demo.odoo_sandbox import OdooServer, OdooSession, ServiceAccount, prepare
from console.demo.odoo_seed import SeededPlant, SeedMachine, seed
from console.domain.equipment import OdooConnection
from console.odoo.client import OdooClient

FILLER = SeedMachine("FIL1", "Filler 1", "JUICE", "Juice 1 l", 1000)
MIXER = SeedMachine("MIX1", "Mixer 1", "PASTE", "Paste", 500, unit="kg", tracking="lot", lot_name="L-1")
PACKER = SeedMachine("PACK1", "Packer 1", "BOX", "Box", 50, with_operations=False)
CUTTER = SeedMachine("CUT1", "Cutter 1", "PART", "Part", 100, order_key="part")
WELDER = SeedMachine("WELD1", "Welder 1", "PART", "Part", 100, order_key="part")
MACHINES = (FILLER, MIXER, PACKER, CUTTER, WELDER)

_numbers = count(1)
_sessions: dict[tuple[str, str], OdooSession] = {}


@dataclass(frozen=True, slots=True)
class OdooPlant:
    """A seeded database and what is needed to talk to it.

    Attributes:
        connection: with short times, for tests.
        key: of the service account.
        machines: as seeded; their numbers are those of ``seeded.order_of``.
    """

    server: OdooServer
    connection: OdooConnection
    account: ServiceAccount
    machines: tuple[SeedMachine, ...]
    seeded: SeededPlant
    key: str = field(repr=False)

    def client(self, key: str | None = None) -> OdooClient:
        """A client; use it with ``async with``."""
        return OdooClient(self.connection, self.key if key is None else key)

    def admin(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """A call as Odoo's administrator: what a person does in Odoo meanwhile."""
        key = self.server.url, self.connection.database
        if key not in _sessions:  # signing in takes longer than the call
            _sessions[key] = self.server.session(database=self.connection.database)
        return _sessions[key].call(model, method, *args, **kwargs)


MakeOdooPlant = Callable[[Sequence[SeedMachine]], OdooPlant]


@pytest.fixture(scope="session")
def odoo_server() -> Iterator[OdooServer]:
    """One Odoo server for all tests of the session, with nothing in it."""
    with OdooServer(prepare(print)) as server:
        yield server
        for session in _sessions.values():
            session.__exit__()
        _sessions.clear()


@pytest.fixture(scope="session")
def make_odoo_plant(odoo_server: OdooServer) -> MakeOdooPlant:
    """Makes a fresh, seeded database."""

    def make(machines: Sequence[SeedMachine] = MACHINES) -> OdooPlant:
        database = f"plant_{next(_numbers)}"
        odoo_server.new_database(database)
        account = odoo_server.make_service_account(database=database)
        connection = OdooConnection(
            url=odoo_server.url,
            database=database,
            api_key="env:UNUSED_IN_TESTS",
            site_prefix="testsite",
            timeout_s=25.0,
            settle_s=25.0,
        )
        seeded = seed(odoo_server, machines, database)
        return OdooPlant(odoo_server, connection, account, tuple(machines), seeded, account.key)

    return make


@pytest.fixture(scope="module")
def odoo_plant(make_odoo_plant: MakeOdooPlant) -> OdooPlant:
    """A fresh database for the module, with MACHINES in it."""
    return make_odoo_plant(MACHINES)
