"""Inspections on the real server: booked once with their answers, judged by Odoo, or refused."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from itertools import count
from typing import Any, TypeVar

import pytest

from console.demo.odoo_sandbox import OdooServer, OdooSession
from console.demo.odoo_seed_stock import SeededQuality, seed_quality
from console.domain.equipment import OdooConnection
from console.domain.records import PostingKind, RecordSeen, RecordWrite
from console.odoo import errors
from console.odoo.client import OdooClient
from console.odoo.recipes import inspection
from tests.rigs.lost_calls import Losing
from tests.rigs.odoo import MIXER, MakeOdooPlant, OdooPlant

Answer = TypeVar("Answer")
_numbers = count(1)


class Lab:
    """A plant with the test "Final check": 9.5 to 10.5 kg, and whether it looks good."""

    def __init__(self, plant: OdooPlant, odoo: OdooSession) -> None:
        self.plant = plant
        self.odoo = odoo
        order = plant.seeded.order_of(0)
        self.product_id = order.product_id
        assert order.lot_id is not None
        self.seeded: SeededQuality = seed_quality(
            plant.server, self.product_id, order.lot_id, 10, database=plant.connection.database
        )

    def number(self, value: float | None, **changes: Any) -> dict[str, Any]:
        return {"question_id": self.seeded.number_id, "value": value, "answer_id": None} | changes

    def look(self, answer_id: int | None, **changes: Any) -> dict[str, Any]:
        return {"question_id": self.seeded.look_id, "value": None, "answer_id": answer_id} | changes

    def order(self, *answers: dict[str, Any], **changes: Any) -> RecordWrite:
        payload = {
            "test_id": self.seeded.check_id,
            "product_id": self.product_id,
            "quantity": 12.5,
            "at": "2026-11-02T06:00:30.250000+01:00",
            "lot": "L-1",
            "order_reference": "WH/MO/00001",
            "answers": list(answers),
            "notes": "by hand",
        }
        return RecordWrite(PostingKind.INSPECTION, f"check-{next(_numbers)}", payload | changes)

    def good(self) -> RecordWrite:
        return self.order(self.number(10.0), self.look(self.seeded.good_id))

    def run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run(work)

    def read(self, order: RecordWrite) -> RecordSeen:
        async def ask() -> RecordSeen:
            async with self.plant.client() as odoo:
                return await inspection.read(odoo, order)

        return self.run(ask())

    def write(self, order: RecordWrite, times: int = 1) -> RecordSeen:
        async def book() -> RecordSeen:
            async with self.plant.client() as odoo:
                records = {await inspection.write(odoo, order) for _ in range(times)}
                assert len(records) == 1
                return await inspection.read(odoo, order)

        return self.run(book())

    def row(self, seen: RecordSeen) -> dict[str, Any]:
        id_ = int(seen.record.partition(":")[2])
        fields = ["state", "date", "qty", "internal_notes", "object_id", "success", "inspection_lines"]
        row: dict[str, Any] = self.odoo.call("qc.inspection", "read", [id_], fields)[0]
        return row

    def inspections(self) -> int:
        return int(self.odoo.call("qc.inspection", "search_count", []))


@pytest.fixture(scope="module")
def lab(make_odoo_plant: MakeOdooPlant) -> Iterator[Lab]:
    plant = make_odoo_plant([MIXER])
    with plant.server.session(database=plant.connection.database) as odoo:
        yield Lab(plant, odoo)


def test_a_passed_inspection(lab: Lab) -> None:
    order = lab.good()
    before = lab.read(order)
    assert (before.holds, before.record, before.refused) == (False, "", "")
    seen = lab.write(order)
    assert (seen.holds, seen.state, seen.detail["success"]) == (True, "success", True)
    row = lab.row(seen)
    assert row["date"] == "2026-11-02 05:00:30"
    assert row["qty"] == 12.5
    assert row["object_id"] == f"product.product,{lab.product_id}"
    assert row["internal_notes"] == "Lot: L-1\nOrder: WH/MO/00001\nby hand"
    lines = lab.odoo.call("qc.inspection.line", "read", row["inspection_lines"], [])
    assert [(x["name"], x["success"]) for x in lines] == [("Filled quantity", True), ("Look", True)]
    assert (lines[0]["min_value"], lines[0]["max_value"]) == (9.5, 10.5)
    assert lines[0]["test_uom_id"] == lines[0]["uom_id"]
    assert len(lines[1]["possible_ql_values"]) == 2


@pytest.mark.parametrize(("value", "good"), [(10.500004, True), (10.50001, False), (3.0, False)])
def test_odoo_judges_the_number(lab: Lab, value: float, good: bool) -> None:
    """A value that Odoo rounds to its five decimals is still the value asked for."""
    seen = lab.write(lab.order(lab.number(value), lab.look(lab.seeded.good_id)))
    assert (seen.holds, seen.detail["success"]) == (True, good)
    assert seen.state == ("success" if good else "waiting")


def test_a_failed_one_waits_for_a_supervisor_whose_approval_stays(lab: Lab) -> None:
    order = lab.order(lab.number(10.0), lab.look(lab.seeded.dull_id))
    seen = lab.write(order, times=3)
    assert (seen.holds, seen.state, seen.detail["success"]) == (True, "waiting", False)
    id_ = int(seen.record.partition(":")[2])
    lab.odoo.call("qc.inspection", "action_approve", [id_])
    again = lab.write(order, times=3)
    assert (again.holds, again.state) == (True, "failed")


def test_repeated_writes_make_one(lab: Lab) -> None:
    before = lab.inspections()
    assert lab.write(lab.good(), times=5).holds
    assert lab.inspections() == before + 1


def test_two_clients_at_once_make_one(lab: Lab) -> None:
    before, order = lab.inspections(), lab.good()

    async def book(odoo: OdooClient) -> None:
        for _ in range(20):
            try:
                await inspection.write(odoo, order)
            except (errors.OdooTransient, errors.OdooOutcomeUnknown):
                continue
            return
        raise AssertionError("never booked")

    async def race() -> RecordSeen:
        async with lab.plant.client() as one, lab.plant.client() as two:
            await asyncio.gather(book(one), book(two))
            return await inspection.read(one, order)

    seen = lab.run(race())
    assert seen.holds
    assert lab.inspections() == before + 1
    assert len(lab.row(seen)["inspection_lines"]) == 2


@pytest.mark.parametrize("method", ["load", "action_confirm"])
def test_a_lost_call_that_lands_late_makes_one(lab: Lab, method: str) -> None:
    before, order = lab.inspections(), lab.good()

    async def book() -> RecordSeen:
        transport = Losing(method, reaches=1.0)
        async with OdooClient(lab.plant.connection, lab.plant.key, transport=transport) as odoo:
            with pytest.raises(errors.OdooOutcomeUnknown):
                await inspection.write(odoo, order)
            asked = await inspection.read(odoo, order)
            assert (asked.holds, asked.refused) == (False, "")
            await inspection.write(odoo, order)
            await asyncio.gather(*transport.late)
            return await inspection.read(odoo, order)

    seen = lab.run(book())
    assert (seen.holds, seen.state) == (True, "success")
    assert lab.inspections() == before + 1
    assert len(lab.row(seen)["inspection_lines"]) == 2


def test_a_number_in_another_unit_is_converted_before(lab: Lab) -> None:
    """Odoo compares the bare number with the limits, whatever the line's unit."""
    gram = lab.odoo.ref("uom.product_uom_gram")
    order = lab.order(lab.number(10_200.0, unit_id=gram), lab.look(lab.seeded.good_id))
    seen = lab.write(order, times=2)
    assert (seen.holds, seen.detail["success"]) == (True, True)
    line = lab.odoo.call("qc.inspection.line", "read", [lab.row(seen)["inspection_lines"][0]], [])[0]
    assert line["quantitative_value"] == pytest.approx(10.2)
    assert line["uom_id"][1] == "kg"
    pieces = lab.odoo.ref("uom.product_uom_unit")
    wrong = lab.order(lab.number(10.0, unit_id=pieces), lab.look(lab.seeded.good_id))
    refused(lab, wrong, "in a unit that cannot be told in the question's")


def test_a_question_without_unit(lab: Lab) -> None:
    question = {"name": "Count", "type": "quantitative", "min_value": 1, "max_value": 2}
    test = lab.odoo.create("qc.test", {"name": "Bare", "test_lines": [[0, 0, question]]})
    (id_,) = lab.odoo.call("qc.test.question", "search", [["test", "=", test]])
    seen = lab.write(lab.order(lab.number(2.0, question_id=id_), test_id=test))
    assert (seen.holds, seen.state) == (True, "success")


def refused(lab: Lab, order: RecordWrite, words: str) -> None:
    before = lab.inspections()
    seen = lab.read(order)
    assert words in seen.refused
    assert seen.remedy
    with pytest.raises(errors.OdooRejected):
        lab.write(order)
    assert lab.inspections() == before


def test_what_does_not_fit_the_test_is_refused(lab: Lab) -> None:
    good = lab.look(lab.seeded.good_id)
    refused(lab, lab.order(lab.number(10.0)), "asks 'Look' in Odoo, which was not answered")
    refused(lab, lab.order(lab.number(10.0), lab.look(987654)), "no such answer")
    refused(lab, lab.order(lab.number(10.0), good, lab.number(1.0, question_id=987654)), "not (or no longer)")
    refused(lab, lab.order(lab.number(None, answer_id=lab.seeded.good_id), good), "another kind of answer")
    refused(lab, lab.order(lab.number(10.0), lab.look(None, value=1.0)), "another kind of answer")
    refused(lab, lab.order(lab.number(10.0), good, test_id=987654), "The test 987654 is gone")
    refused(lab, lab.order(lab.number(10.0), good, product_id=987654), "Product 987654 is gone")


# ---------------------------------------------------------------- changed by people in Odoo


def drafted(lab: Lab) -> tuple[RecordWrite, int]:
    """An inspection that stands there unconfirmed, as after a cut."""
    order = lab.good()

    async def cut() -> None:
        transport = Losing("action_confirm", reaches=False)
        async with OdooClient(lab.plant.connection, lab.plant.key, transport=transport) as odoo:
            with pytest.raises(errors.OdooOutcomeUnknown):
                await inspection.write(odoo, order)

    lab.run(cut())
    seen = lab.read(order)
    assert (seen.holds, seen.state, seen.refused) == (False, "draft", "")
    return order, int(seen.record.partition(":")[2])


def test_what_stands_unconfirmed_is_completed(lab: Lab) -> None:
    order, _ = drafted(lab)
    assert lab.write(order).holds


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"quantitative_value": 9.9}, "'Filled quantity' is 9.9 instead of 10"),
        ({"test_line": False}, "its questions"),
    ],
)
def test_changed_before_it_was_confirmed(lab: Lab, change: dict[str, Any], words: str) -> None:
    order, id_ = drafted(lab)
    lines = lab.odoo.call("qc.inspection.line", "search", [["inspection_id", "=", id_]], order="id")
    lab.odoo.call("qc.inspection.line", "write", [lines[0]], change)
    assert words in lab.read(order).refused
    assert lab.write(order).state == "draft"  # we do not confirm what was not decided
    lab.odoo.call("qc.inspection", "unlink", [id_])
    assert lab.write(order).holds


def test_another_answer_or_head(lab: Lab) -> None:
    order, id_ = drafted(lab)
    lines = lab.odoo.call("qc.inspection.line", "search", [["inspection_id", "=", id_]], order="id")
    lab.odoo.call("qc.inspection.line", "write", [lines[1]], {"qualitative_value": lab.seeded.dull_id})
    assert "another answer to 'Look'" in lab.read(order).refused
    lab.odoo.call("qc.inspection.line", "write", [lines[1]], {"qualitative_value": lab.seeded.good_id})
    assert lab.read(order).refused == ""
    lab.odoo.call("qc.inspection", "write", [id_], {"qty": 99})
    assert "its test, product or quantity" in lab.read(order).refused


def test_cancelled_in_odoo(lab: Lab) -> None:
    order = lab.good()
    seen = lab.write(order)
    lab.odoo.call("qc.inspection", "action_cancel", [int(seen.record.partition(":")[2])])
    again = lab.write(order)
    assert not again.holds
    assert "was cancelled in Odoo" in again.refused


def test_verified_and_gone_is_not_made_again(lab: Lab) -> None:
    order = lab.good()
    gone = lab.read(replace(order, record="qc.inspection:987654", before=order.payload))
    assert (gone.holds, gone.state) == (False, "deleted")
    assert "deleted in Odoo after it had been booked" in gone.refused


def test_without_a_quality_module(odoo_server: OdooServer, lab: Lab) -> None:
    odoo_server.new_database("plant_bare_quality", base_only=True)
    account = odoo_server.make_service_account("bare", ("base.group_user",), database="plant_bare_quality")
    connection = OdooConnection(
        url=odoo_server.url, database="plant_bare_quality", api_key="env:UNUSED", site_prefix="testsite"
    )

    async def ask() -> RecordSeen:
        async with OdooClient(connection, account.key) as odoo:
            seen = await inspection.read(odoo, lab.good())
            with pytest.raises(errors.OdooRejected, match="no quality module"):
                await inspection.write(odoo, lab.good())
            return seen

    assert "Odoo has no quality module" in lab.run(ask()).refused
