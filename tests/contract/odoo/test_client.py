"""The client against the real server: every class of error that a server gives."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable
from dataclasses import replace

import pytest

from console.demo.odoo_processes import free_port
from console.demo.odoo_sandbox import OdooServer
from console.demo.odoo_seed import seed
from console.domain.equipment import OdooConnection
from console.odoo import errors
from console.odoo.client import OdooClient
from tests.rigs.odoo import FILLER, OdooPlant


def ask(plant: OdooPlant, work, key: str | None = None):
    """Run ``work(client)`` to its end."""

    async def run():
        async with plant.client(key) as odoo:
            return await work(odoo)

    return asyncio.run(run())


def refused(plant: OdooPlant, work, kind: type[errors.OdooError], key: str | None = None) -> errors.OdooError:
    """Run it and return its error, which must be of exactly this class."""
    with pytest.raises(errors.OdooError) as caught:
        ask(plant, work, key)
    assert type(caught.value) is kind, caught.value
    return caught.value


def test_reads_and_counts_pages(odoo_plant: OdooPlant) -> None:
    async def work(odoo: OdooClient) -> list[list[int]]:
        return [[r["id"] for r in page] async for page in odoo.pages("mrp.workcenter", [], ["code"], size=2)]

    pages = ask(odoo_plant, work)
    assert [len(p) for p in pages] == [2, 2, 1] or [len(p) for p in pages] == [2, 2]
    flat = [i for page in pages for i in page]
    assert flat == sorted(set(flat))
    assert set(odoo_plant.seeded.work_centers.values()) <= set(flat)


def test_knows_version_and_clock(odoo_plant: OdooPlant) -> None:
    async def work(odoo: OdooClient):
        return await odoo.version(), odoo.clock_offset_s

    version, offset = ask(odoo_plant, work)
    assert version.major == 19
    assert version.text.startswith("19")
    assert offset is not None
    assert abs(offset) < 3


def test_wrong_key_is_authentication_and_stays_secret(odoo_plant: OdooPlant) -> None:
    key = "0123456789" * 4

    error = refused(
        odoo_plant, lambda o: o.read("res.users", [1], ["name"]), errors.OdooAuthentication, key=key
    )
    assert error.status == 401
    assert key not in str(error)
    assert error.__cause__ is None


def test_expired_key_is_authentication(odoo_plant: OdooPlant) -> None:
    account = odoo_plant.server.make_service_account("expiring", database=odoo_plant.connection.database)
    past = "now() - interval '1 day'"
    update = f"update res_users_apikeys set expiration_date = {past} where user_id = {account.id}"
    odoo_plant.server.sql(update, odoo_plant.connection.database)
    refused(
        odoo_plant,
        lambda o: o.search_read("mrp.production", [], ["name"]),
        errors.OdooAuthentication,
        key=account.key,
    )


def test_archived_user_is_authentication(odoo_plant: OdooPlant) -> None:
    account = odoo_plant.server.make_service_account("leaver", database=odoo_plant.connection.database)
    odoo_plant.admin("res.users", "write", [account.id], {"active": False})
    refused(
        odoo_plant,
        lambda o: o.search_read("mrp.production", [], ["name"]),
        errors.OdooAuthentication,
        key=account.key,
    )


def test_unknown_model_and_method_are_configuration(odoo_plant: OdooPlant) -> None:
    refused(odoo_plant, lambda o: o.read("no.such.model", [1], ["name"]), errors.OdooConfiguration)
    refused(
        odoo_plant,
        lambda o: o.call("mrp.production", "no_such_method", writes=True),
        errors.OdooConfiguration,
    )


def test_unknown_database_is_configuration(odoo_plant: OdooPlant) -> None:
    other = replace(odoo_plant, connection=replace(odoo_plant.connection, database="plant_not_there"))
    refused(other, lambda o: o.read("res.users", [1], ["name"]), errors.OdooConfiguration)


def test_private_method_is_denied(odoo_plant: OdooPlant) -> None:
    refused(
        odoo_plant, lambda o: o.call("mrp.production", "_set_qty_producing", writes=True), errors.OdooDenied
    )


def test_missing_record(odoo_plant: OdooPlant) -> None:
    refused(
        odoo_plant,
        lambda o: o.write("mrp.workorder", [987654], {"qty_produced": 1}),
        errors.OdooMissing,
    )
    assert ask(odoo_plant, lambda o: o.read("mrp.workorder", [987654], ["state"])) == []


def test_business_rule_is_rejected(odoo_plant: OdooPlant) -> None:
    operation = odoo_plant.seeded.order_of(0).operations[0]
    error = refused(
        odoo_plant,
        lambda o: o.write("mrp.workorder", [operation.id], {"qty_produced": -1}),
        errors.OdooRejected,
    )
    assert error.status == 422
    assert error.name == "odoo.exceptions.UserError"
    assert error.remedy


def test_no_rights_are_denied(odoo_plant: OdooPlant) -> None:
    """A user of Odoo who may not see manufacturing."""
    account = odoo_plant.server.make_service_account(
        "clerk", ("base.group_user",), database=odoo_plant.connection.database
    )
    error = refused(
        odoo_plant,
        lambda o: o.search_read("mrp.production", [], ["name"]),
        errors.OdooDenied,
        key=account.key,
    )
    assert error.status == 403


@pytest.mark.parametrize(
    "work",
    [
        lambda o: o.read("mrp.production", [1], ["no_such_field"]),
        lambda o: o.call("mrp.production", "write", writes=True, ids=[1], nonsense=1),
        lambda o: o.write("mrp.production", [1], {"date_start": "2026-01-01T00:00:00Z"}),
    ],
    ids=["unknown field", "unknown argument", "date with T and Z"],
)
def test_our_own_mistakes(odoo_plant: OdooPlant, work) -> None:
    refused(odoo_plant, work, errors.OdooMisuse)


def test_load_is_insert_only(odoo_plant: OdooPlant) -> None:
    """A repeat of the same external id gives the same record and overwrites no one's edit."""
    product = odoo_plant.seeded.order_of(1).product_id

    async def load(odoo: OdooClient, name: str, key: str = "testsite.k1") -> int:
        return await odoo.load_new("stock.lot", key, {"name": name, "product_id/.id": product})

    first = ask(odoo_plant, lambda o: load(o, "NEW-1"))
    odoo_plant.admin("stock.lot", "write", [first], {"name": "EDITED"})
    assert ask(odoo_plant, lambda o: load(o, "NEW-1")) == first
    assert ask(odoo_plant, lambda o: o.read("stock.lot", [first], ["name"]))[0]["name"] == "EDITED"
    # the same name under another key: Odoo answers 200 with "ids": false
    error = refused(odoo_plant, lambda o: load(o, "EDITED", "testsite.k2"), errors.OdooRejected)
    assert "EDITED" in error.what


def test_races_of_the_same_load_make_one_record(odoo_plant: OdooPlant) -> None:
    product = odoo_plant.seeded.order_of(1).product_id
    values = {"name": "RACE", "product_id/.id": product}

    async def once(odoo: OdooClient) -> int | None:
        try:
            return await odoo.load_new("stock.lot", "testsite.race", values)
        except (errors.OdooConflict, errors.OdooRejected):
            return None

    async def race(odoo: OdooClient) -> list[int | None]:
        tasks: list[Awaitable[int | None]] = [once(odoo) for _ in range(6)]
        return list(await asyncio.gather(*tasks))

    ids = {i for i in ask(odoo_plant, race) if i is not None}
    assert len(ids) == 1
    found = ask(odoo_plant, lambda o: o.search_read("stock.lot", [["name", "=", "RACE"]], ["name"]))
    assert {r["id"] for r in found} == ids


def test_nobody_listening_is_unreachable(odoo_plant: OdooPlant) -> None:
    nowhere = replace(
        odoo_plant, connection=replace(odoo_plant.connection, url=f"http://127.0.0.1:{free_port()}")
    )
    refused(nowhere, lambda o: o.write("mrp.workorder", [1], {"qty_produced": 1}), errors.OdooUnreachable)


def hold_lock(server: OdooServer, database: str, operation_id: int, seconds: float) -> threading.Thread:
    """Somebody else's long transaction on the operation's row; returns when it holds the row."""
    marker = f"holding {operation_id}"
    statement = (
        f"begin; select 1 from mrp_workorder where id = {operation_id} for update; "
        f"select pg_sleep({seconds}) /* {marker} */; rollback"
    )
    thread = threading.Thread(target=server.sql, args=(statement, database))
    thread.start()
    waiting = (
        "select count(*) from pg_locks where relation = 'mrp_workorder'::regclass and mode = 'RowShareLock'"
    )
    deadline = time.monotonic() + 10
    while server.sql(waiting, database) == "0" and time.monotonic() < deadline:
        time.sleep(0.05)
    return thread


def test_timed_out_write_is_unknown_and_lands_later(odoo_plant: OdooPlant) -> None:
    """The second law of docs/odoo.md, on the real server."""
    operation = odoo_plant.seeded.order_of(0).operations[0]
    hurried = replace(odoo_plant, connection=replace(odoo_plant.connection, timeout_s=1.0))
    lock = hold_lock(odoo_plant.server, odoo_plant.connection.database, operation.id, 3.0)
    refused(
        hurried,
        lambda o: o.write("mrp.workorder", [operation.id], {"qty_produced": 17}),
        errors.OdooOutcomeUnknown,
    )
    lock.join()

    async def landed(odoo: OdooClient) -> float:
        quantity = -1.0
        for _ in range(100):
            quantity = (await odoo.read("mrp.workorder", [operation.id], ["qty_produced"]))[0]["qty_produced"]
            if quantity == 17:
                break
            await asyncio.sleep(0.1)
        return quantity

    assert ask(odoo_plant, landed) == 17


def test_server_killed_while_writing_is_unknown() -> None:
    """A server of its own, killed while it waits for a row that somebody else holds."""
    with OdooServer() as server:
        operation = seed(server, [FILLER]).order_of(0).operations[0]
        account = server.make_service_account()
        connection = OdooConnection(server.url, server.database, "env:UNUSED", "testsite", timeout_s=20.0)
        lock = hold_lock(server, server.database, operation.id, 5.0)

        async def work() -> None:
            async with OdooClient(connection, account.key) as odoo:
                writing = asyncio.create_task(
                    odoo.write("mrp.workorder", [operation.id], {"qty_produced": 3})
                )
                await asyncio.sleep(1.0)
                await asyncio.to_thread(server.kill)
                await writing

        with pytest.raises(errors.OdooOutcomeUnknown):
            asyncio.run(work())
        lock.join()
        server.start()  # the same address and data
        with server.session() as session:
            seen = session.call("mrp.workorder", "read", [operation.id], ["qty_produced"])
        assert seen[0]["qty_produced"] == 0


def test_limit_of_the_server_bounds_how_late_a_write_may_land() -> None:
    """What ``settle_s`` rests on: after limit_time_real an abandoned write is gone, if Odoo runs workers."""
    with OdooServer(limit_time_real_s=6) as server:
        operation = seed(server, [FILLER]).order_of(0).operations[0]
        account = server.make_service_account()
        connection = OdooConnection(server.url, server.database, "env:UNUSED", "testsite", timeout_s=1.0)
        lock = hold_lock(server, server.database, operation.id, 13.0)

        async def work() -> None:
            async with OdooClient(connection, account.key) as odoo:
                await odoo.write("mrp.workorder", [operation.id], {"qty_produced": 3})

        with pytest.raises(errors.OdooOutcomeUnknown):
            asyncio.run(work())
        lock.join()
        time.sleep(1.0)
        assert float(server.sql(f"select qty_produced from mrp_workorder where id = {operation.id}")) == 0
