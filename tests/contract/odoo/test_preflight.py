"""The preflight against the real server: healthy, and each way of not being so."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from console.demo.odoo_processes import free_port
from console.demo.odoo_sandbox import OdooServer
from console.demo.odoo_seed_floor import seed_floor
from console.odoo.preflight import CheckResult, CheckStatus, check
from tests.rigs.odoo import OdooPlant

CODES = ("FIL1", "MIX1", "Packer 1")


def run(
    plant: OdooPlant,
    key: str | None = None,
    codes: tuple[str, ...] = CODES,
    equipment: tuple[str, ...] = (),
    **connection: object,
):
    made = replace(plant.connection, **connection)
    results = asyncio.run(check(made, plant.key if key is None else key, codes, equipment))
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
    assert "No maintenance module" in results["maintenance"].message
    assert (results["quality"].status, results["maintenance"].status) == (CheckStatus.OK, CheckStatus.OK)


def test_accounts_that_lack_what_a_role_needs(odoo_plant: OdooPlant) -> None:
    """Counts can be booked; what else would be refused is said, with a way out."""
    database = odoo_plant.connection.database
    worker = odoo_plant.server.make_service_account("worker3", ("mrp.group_mrp_user",), database=database)
    results = run(odoo_plant, key=worker.key)
    assert failed(results) == []
    assert results["maintenance"].status is CheckStatus.WARN
    assert "sees no equipment" in results["maintenance"].message
    assert "Equipment Manager" in results["maintenance"].remedy
    assert results["quality"].status is CheckStatus.WARN
    clerk = odoo_plant.server.make_service_account(
        "clerk4", ("base.group_user", "stock.group_stock_user"), database=database
    )
    results = run(odoo_plant, key=clerk.key)
    assert failed(results) == ["rights"]
    assert "read loss reasons" in results["rights"].message
    assert "create downtime" in results["rights"].message
    assert "create transfers" not in results["rights"].message


def test_equipment_of_the_plant_file(odoo_plant: OdooPlant) -> None:
    assert "no equipment is entered" in run(odoo_plant)["maintenance"].message
    seed_floor(odoo_plant.server, [("Filler 1", "SN-1")], database=odoo_plant.connection.database)
    results = run(odoo_plant, equipment=("SN-1", "Filler 1"))
    assert "sees its equipment" in results["maintenance"].message
    assert results["equipment"].status is CheckStatus.OK
    results = run(odoo_plant, equipment=("SN-1", "Fillr 1"))
    assert results["equipment"].status is CheckStatus.WARN
    assert "Did you mean 'Filler 1'?" in results["equipment"].message
    assert failed(results) == []
