"""The preflight against the real server: healthy, and each way of not being so."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from console.demo.odoo_processes import free_port
from console.demo.odoo_sandbox import OdooServer
from console.odoo.preflight import CheckResult, CheckStatus, check
from tests.rigs.odoo import OdooPlant

CODES = ("FIL1", "MIX1", "Packer 1")


def run(plant: OdooPlant, key: str | None = None, codes: tuple[str, ...] = CODES, **connection: object):
    made = replace(plant.connection, **connection)
    results = asyncio.run(check(made, plant.key if key is None else key, codes))
    for result in results:
        assert (result.status is CheckStatus.OK) or result.remedy, result
    return {r.name: r for r in results}


def failed(results: dict[str, CheckResult]) -> list[str]:
    return [name for name, r in results.items() if r.status is CheckStatus.FAIL]


def test_healthy(odoo_plant: OdooPlant) -> None:
    results = run(odoo_plant)
    assert failed(results) == []
    names = ["server", "version", "database", "key", "clock", "key age", "account", "manufacturing"]
    assert list(results) == [*names, "maintenance", "quality", "rights", "work centers"]
    assert results["account"].status is CheckStatus.OK
    assert "qc.inspection" in results["quality"].message
    assert all(r.status is CheckStatus.OK for r in results.values())
    # Odoo ends keys of those who are no administrators after 90 days
    assert "in 89 days" in results["key age"].message or "in 90 days" in results["key age"].message


def test_administrator_is_warned_of(odoo_plant: OdooPlant) -> None:
    key = odoo_plant.server.make_key("admin", "admin", odoo_plant.connection.database)
    results = run(odoo_plant, key=key)
    assert failed(results) == []
    assert results["account"].status is CheckStatus.WARN


def test_wrong_key(odoo_plant: OdooPlant) -> None:
    results = run(odoo_plant, key="f" * 40)
    assert failed(results) == ["key"]
    assert results["database"].status is CheckStatus.OK
    assert failed(run(odoo_plant, key="")) == ["key"]


def test_wrong_database_and_server(odoo_plant: OdooPlant) -> None:
    assert failed(run(odoo_plant, database="plant_not_there")) == ["database"]
    assert failed(run(odoo_plant, url=f"http://127.0.0.1:{free_port()}")) == ["server"]
    assert failed(run(odoo_plant, url="erp.example")) == ["server"]


def test_unknown_work_center_has_a_suggestion(odoo_plant: OdooPlant) -> None:
    results = run(odoo_plant, codes=("FIL1", "MIX11"))
    assert failed(results) == ["work centers"]
    assert "'MIX1'" in results["work centers"].message


def test_account_without_rights(odoo_plant: OdooPlant) -> None:
    account = odoo_plant.server.make_service_account(
        "clerk3", ("base.group_user",), database=odoo_plant.connection.database
    )
    results = run(odoo_plant, key=account.key)
    assert set(failed(results)) & {"manufacturing", "rights"}
    assert "work centers" not in results


def test_odoo_without_manufacturing(odoo_server: OdooServer, odoo_plant: OdooPlant) -> None:
    odoo_server.new_database("plant_base_only", base_only=True)
    account = odoo_server.make_service_account(groups=("base.group_user",), database="plant_base_only")
    results = run(odoo_plant, key=account.key, database="plant_base_only")
    assert failed(results) == ["manufacturing"]
    assert "no Manufacturing" in results["manufacturing"].message
    assert "No quality module" in results["quality"].message
