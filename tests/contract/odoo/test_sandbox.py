"""The sandbox itself: data and address outlive a crash of Odoo, and servers do not meet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.demo.odoo_processes import SandboxError
from console.demo.odoo_sandbox import OdooServer
from console.demo.odoo_seed import seed
from console.errors import EnvironmentFault
from tests.rigs.odoo import FILLER, OdooPlant


def test_killed_and_started_again(odoo_server: OdooServer) -> None:
    """With worker processes, beside the session's server."""
    with OdooServer(workers=2) as server:
        assert server.url != odoo_server.url
        reference = seed(server, [FILLER]).orders[0].reference
        url, folder = server.url, server.folder
        server.kill()
        assert not server.running
        server.start()
        assert server.url == url
        with server.session() as session:
            assert session.call("mrp.production", "search_count", [["name", "=", reference]]) == 1
        server.restart()
        assert server.running
        # Odoo's helper processes start too; else it tries again for ever and fills this file
        assert "Traceback" not in (folder / "odoo.out").read_text()
    assert not folder.exists()


def test_service_account_is_no_administrator(odoo_plant: OdooPlant) -> None:
    account = odoo_plant.account
    assert account.key not in repr(account)
    assert account.password not in repr(account)
    with odoo_plant.server.session(account.login, account.password, odoo_plant.connection.database) as own:
        assert not own.call("res.users", "has_group", [own.uid], "base.group_system")


def test_names_of_databases(odoo_server: OdooServer) -> None:
    with pytest.raises(SandboxError, match="begins with 'plant'"):
        odoo_server.new_database("other")


def test_seed_says_which_unit_is_unknown(odoo_plant: OdooPlant) -> None:
    with pytest.raises(EnvironmentFault, match="furlong"):
        seed(odoo_plant.server, [replace(FILLER, unit="furlong")], odoo_plant.connection.database)
