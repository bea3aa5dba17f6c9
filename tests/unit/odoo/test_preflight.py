"""Preflight findings that the sandbox's Odoo cannot show: other versions, clocks, keys, hosts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from console.domain.equipment import OdooConnection
from console.odoo.preflight import CheckResult, CheckStatus, check


class Odoo:
    """Answers as an Odoo would, as far as the preflight asks."""

    def __init__(self, **answers: Any) -> None:
        self.major = 19
        self.clock = timedelta()
        self.answers: dict[str, Any] = {
            "res.users/context_get": {"uid": 5},
            "res.users/has_group": False,
            "res.users.apikeys/search_read": [],
            "mrp.workcenter/search_read": [{"id": 1, "code": "FIL1", "name": "Filler"}],
            "maintenance.equipment/search_read": [{"id": 1, "name": "Filler", "serial_no": False}],
            **answers,
        }

    def __call__(self, request: httpx.Request) -> httpx.Response:
        date = format_datetime(datetime.now(UTC) + self.clock, usegmt=True)
        if request.url.path == "/web/version":
            body = {"version_info": [self.major, 0], "version": f"{self.major}.0"}
            return httpx.Response(200, json=body, headers={"date": date})
        call = request.url.path.removeprefix("/json/2/")
        default: Any = {} if call.endswith("fields_get") else True
        return httpx.Response(200, json=self.answers.get(call, default), headers={"date": date})


def run(
    odoo: Odoo, url: str = "https://erp.example", equipment: Sequence[str] = ()
) -> dict[str, CheckResult]:
    connection = OdooConnection(url, "plant", "env:KEY", "site1")
    transport = httpx.MockTransport(odoo)
    results = asyncio.run(check(connection, "k" * 40, ["FIL1"], equipment, transport=transport))
    return {r.name: r for r in results}


@pytest.mark.parametrize(
    ("major", "status"), [(18, CheckStatus.FAIL), (19, CheckStatus.OK), (20, CheckStatus.WARN)]
)
def test_versions(major: int, status: CheckStatus) -> None:
    odoo = Odoo()
    odoo.major = major
    results = run(odoo)
    assert results["version"].status is status
    assert ("key" in results) is (major >= 19)


@pytest.mark.parametrize(
    ("seconds", "status", "word"),
    [(0, CheckStatus.OK, "agree"), (10, CheckStatus.WARN, "ahead"), (-3600, CheckStatus.FAIL, "behind")],
)
def test_clocks(seconds: int, status: CheckStatus, word: str) -> None:
    odoo = Odoo()
    odoo.clock = timedelta(seconds=seconds)
    result = run(odoo)["clock"]
    assert result.status is status
    assert word in result.message


def test_cloud_plan() -> None:
    assert run(Odoo(), "https://mill.odoo.com")["cloud plan"].status is CheckStatus.WARN
    assert "cloud plan" not in run(Odoo())
    assert "cloud plan" not in run(Odoo(), "https://notodoo.com")


def key_row(days: int | None) -> dict[str, Any]:
    end = datetime.now(UTC) + timedelta(days=days or 0, hours=1)
    return {
        "id": 1,
        "name": "console",
        "create_date": "2026-01-01 00:00:00",
        "expiration_date": end.strftime("%Y-%m-%d %H:%M:%S") if days is not None else False,
    }


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([key_row(None)], CheckStatus.OK),
        ([key_row(60)], CheckStatus.OK),
        ([key_row(60), key_row(3)], CheckStatus.WARN),
    ],
)
def test_key_age(rows: list[dict[str, Any]], status: CheckStatus) -> None:
    result = run(Odoo(**{"res.users.apikeys/search_read": rows}))["key age"]
    assert result.status is status
    if status is CheckStatus.WARN:
        assert "in 3 days" in result.message
        assert result.remedy


def test_lacking_rights_are_named() -> None:
    result = run(Odoo(**{"mrp.workorder/has_access": False, "stock.lot/has_access": False}))
    assert result["rights"].status is CheckStatus.FAIL
    assert "write operations" in result["rights"].message
    assert "create lots" in result["rights"].message
    assert "work centers" not in result


@pytest.mark.parametrize(
    ("model", "check_name", "words"),
    [
        ("mrp.workcenter.productivity", "rights", "create downtime"),
        ("mrp.workcenter.productivity.loss", "rights", "read loss reasons"),
        ("stock.picking", "rights", "create transfers"),
        ("maintenance.request", "maintenance", "create maintenance requests"),
        ("ir.attachment", "maintenance", "create attachments"),
        ("qc.inspection", "quality", "create inspections"),
    ],
)
def test_lacking_rights_of_each_flow(model: str, check_name: str, words: str) -> None:
    result = run(Odoo(**{f"{model}/has_access": False}))[check_name]
    assert result.status is (CheckStatus.FAIL if check_name == "rights" else CheckStatus.WARN)
    assert words in result.message
    assert result.remedy


def test_a_strange_answer_ends_the_list_and_loses_nothing() -> None:
    result = run(Odoo(**{"mrp.workcenter/search_read": "nonsense"}))
    assert result["rights"].status is CheckStatus.OK
    assert result["preflight"].status is CheckStatus.FAIL


def test_equipment_without_the_maintenance_app() -> None:
    """Its absence is no fault; only where the plant file names equipment it is worth a word."""
    name = "werkzeug.exceptions.NotFound"

    class Without(Odoo):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            if "/maintenance." in request.url.path:
                return httpx.Response(404, json={"name": name, "message": "no such model"})
            return super().__call__(request)

    assert run(Without())["maintenance"].status is CheckStatus.OK
    assert "equipment" not in run(Without())
    result = run(Without(), equipment=["SN-1"])["equipment"]
    assert result.status is CheckStatus.WARN
    assert "no Maintenance app" in result.message
    assert result.remedy
