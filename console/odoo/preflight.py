"""Looks before the first posting whether Odoo, the account and the plant file fit together.

Each check says in plain words what was found and what to do. A check that makes the following ones pointless
ends the list: without a server nobody need read that the key was not tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from urllib.parse import urlsplit

import httpx

from console.domain.equipment import OdooConnection
from console.odoo.client import OdooClient
from console.odoo.errors import OdooAuthentication, OdooConfiguration, OdooDenied, OdooError
from console.odoo.mapping import Record

OLDEST_MAJOR = 19
TRIED_MAJORS = frozenset({19})
CLOCK_WARN_S = 2.0
CLOCK_FAIL_S = 30.0
KEY_WARN = timedelta(days=14)
ACCOUNT_PAGE = "docs/odoo.md, 'The service account'"

NEEDED = (
    ("mrp.production", "orders", ("read", "write")),
    ("mrp.workorder", "operations", ("read", "write")),
    ("stock.move", "components of orders", ("read", "write")),
    ("stock.lot", "lots", ("read", "create")),
    ("mrp.workcenter", "work centers", ("read",)),
    ("product.product", "products", ("read",)),
    ("uom.uom", "units of measure", ("read",)),
    ("mrp.workcenter.productivity.loss", "loss reasons", ("read",)),
    ("mrp.workcenter.productivity", "downtime", ("read", "create", "write")),
    ("stock.picking", "transfers", ("read", "create", "write")),
    ("stock.move.line", "lines of transfers", ("read", "create")),
    ("stock.location", "stock locations", ("read",)),
    ("stock.quant", "stock", ("read",)),
)
NEEDED_FOR_MAINTENANCE = (
    ("maintenance.equipment", "equipment", ("read",)),
    ("maintenance.team", "maintenance teams", ("read",)),
    ("maintenance.request", "maintenance requests", ("read", "create", "write")),
    ("ir.attachment", "attachments", ("read", "create")),
    ("mail.message", "notes", ("read", "create")),
)
NEEDED_FOR_INSPECTIONS = (
    ("qc.test", "quality tests", ("read",)),
    ("qc.inspection", "inspections", ("read", "create", "write")),
)
SEES_EQUIPMENT = "maintenance.group_equipment_manager"

Needs = Sequence[tuple[str, str, Sequence[str]]]


class CheckStatus(StrEnum):
    """What a check found: all well, worth knowing, or in the way."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check's word. ``remedy`` is empty where nothing is to be done."""

    name: str
    status: CheckStatus
    message: str
    remedy: str = ""


async def check(
    connection: OdooConnection,
    key: str,
    work_center_codes: Sequence[str],
    equipment: Sequence[str] = (),
    *,
    transport: httpx.AsyncBaseTransport | None = None,
) -> list[CheckResult]:
    """Run every check that makes sense; never raises for what it finds.

    Args:
        work_center_codes: work centers of the plant file, by code or name.
        equipment: equipment of the plant file, by serial number or name.
        transport: the seam for tests.
    """
    try:
        client = OdooClient(connection, key, transport=transport)
    except OdooAuthentication as error:
        return [_failed("key", error)]
    async with client:
        results: list[CheckResult] = []
        try:
            await _check_all(client, work_center_codes, equipment, results)
        except OdooError as error:
            results.append(_failed("preflight", error))
        return results


async def _check_all(
    client: OdooClient, codes: Sequence[str], equipment: Sequence[str], results: list[CheckResult]
) -> None:
    """Fill in results as they come, so that an unexpected error loses none of them."""
    results += await _server(client)
    if _stopped(results):
        return
    results += _cloud(client.connection.url)
    results += await _account(client)
    if _stopped(results):
        return
    results.append(_clock(client.clock_offset_s))
    results.append(await _key_age(client, datetime.now(UTC)))
    results.append(await _administrator(client))
    results.append(await _manufacturing(client))
    results.append(await _maintenance(client))
    results.append(await _quality(client))
    if _stopped(results, "manufacturing"):
        return
    results.append(await _rights(client))
    if not _stopped(results, "rights"):
        results += await _work_centers(client, codes)
    if any(r.name == "maintenance" and r.status is CheckStatus.OK for r in results):
        results += await _equipment(client, equipment)


def _stopped(results: Sequence[CheckResult], name: str = "") -> bool:
    """Whether a check failed: the one of this name, or any."""
    return any(r.status is CheckStatus.FAIL and name in {"", r.name} for r in results)


def _failed(name: str, error: OdooError) -> CheckResult:
    return CheckResult(name, CheckStatus.FAIL, error.what, error.remedy)


async def _server(client: OdooClient) -> list[CheckResult]:
    url = client.connection.url
    try:
        version = await client.version()
    except OdooError as error:
        return [_failed("server", error)]
    reached = CheckResult("server", CheckStatus.OK, f"Odoo answers at {url}.")
    if version.major < OLDEST_MAJOR:
        words = f"This is Odoo {version.text}; the console needs Odoo {OLDEST_MAJOR} (its JSON-2 interface)."
        return [reached, CheckResult("version", CheckStatus.FAIL, words, "Upgrade Odoo.")]
    if version.major not in TRIED_MAJORS:
        words = f"This is Odoo {version.text}, with which the console was not tried."
        return [reached, CheckResult("version", CheckStatus.WARN, words, "Try it on a copy first.")]
    return [reached, CheckResult("version", CheckStatus.OK, f"It is Odoo {version.text}.")]


def _cloud(url: str) -> list[CheckResult]:
    host = urlsplit(url).hostname or ""
    if not host.endswith(".odoo.com"):
        return []
    words = "This Odoo runs on Odoo's own cloud, where programs may connect with the Custom plan only."
    return [CheckResult("cloud plan", CheckStatus.WARN, words, "Ask Odoo which plan this database has.")]


async def _account(client: OdooClient) -> list[CheckResult]:
    database = client.connection.database
    try:
        await client.call("res.users", "context_get", writes=False)
    except OdooAuthentication as error:
        return [
            CheckResult("database", CheckStatus.OK, f"The database {database} is there."),
            _failed("key", error),
        ]
    except OdooConfiguration:
        words = f"The server knows no database {database!r}, or does not offer it at this address."
        remedy = "Ask who runs Odoo for the database's exact name."
        return [CheckResult("database", CheckStatus.FAIL, words, remedy)]
    except OdooError as error:
        return [_failed("database", error)]
    return [
        CheckResult("database", CheckStatus.OK, f"The database {database} is there."),
        CheckResult("key", CheckStatus.OK, "Odoo accepts the API key."),
    ]


def _clock(offset_s: float | None) -> CheckResult:
    if offset_s is None:
        return CheckResult("clock", CheckStatus.WARN, "Odoo does not say what time it has.")
    apart = abs(offset_s)
    if apart <= CLOCK_WARN_S:
        return CheckResult("clock", CheckStatus.OK, "Odoo's clock and this computer's agree.")
    words = f"Odoo's clock is {apart:.0f} s {'ahead of' if offset_s > 0 else 'behind'} this computer's."
    status = CheckStatus.WARN if apart <= CLOCK_FAIL_S else CheckStatus.FAIL
    return CheckResult("clock", status, words, "Let both computers take their time from the same server.")


async def _key_age(client: OdooClient, now: datetime) -> CheckResult:
    """The account's keys: Odoo does not say which of them we use, so the next to expire counts."""
    name = "key age"
    try:
        rows = await client.search_read("res.users.apikeys", [], ["name", "create_date", "expiration_date"])
    except OdooDenied:
        return CheckResult(name, CheckStatus.WARN, "Odoo does not show when the API key expires.")
    keys = [Record("res.users.apikeys", row) for row in rows]
    ends = [(end, key.text("name")) for key in keys if (end := key.moment("expiration_date"))]
    if not ends:
        return CheckResult(name, CheckStatus.OK, "The API key does not expire.")
    end, title = min(ends)
    days = max((end - now).days, 0)
    several = f" (the first of the account's {len(keys)} keys)" if len(keys) > 1 else ""
    words = f"The API key {title!r}{several} expires on {end:%Y-%m-%d}, in {days} days."
    if end - now > KEY_WARN:
        return CheckResult(name, CheckStatus.OK, words)
    remedy = "Make a new key now and store it under the same secret name; then delete the old one in Odoo."
    return CheckResult(name, CheckStatus.WARN, words, remedy)


async def _has_group(client: OdooClient, group: str) -> bool:
    context = await client.call("res.users", "context_get", writes=False)
    uid = Record("res.users", context if isinstance(context, dict) else {}).integer("uid")
    return bool(await client.call("res.users", "has_group", writes=False, ids=[uid], group_ext_id=group))


async def _administrator(client: OdooClient) -> CheckResult:
    if await _has_group(client, "base.group_system"):
        words = "The account is an administrator of Odoo: a stolen key could do anything."
        remedy = f"Use an account with only the rights that it needs ({ACCOUNT_PAGE})."
        return CheckResult("account", CheckStatus.WARN, words, remedy)
    return CheckResult("account", CheckStatus.OK, "The account is no administrator, as it should be.")


async def _manufacturing(client: OdooClient) -> CheckResult:
    try:
        await client.fields_of("mrp.production")
    except OdooConfiguration:
        words = f"The database {client.connection.database} has no Manufacturing app."
        return CheckResult("manufacturing", CheckStatus.FAIL, words, "Install Manufacturing (mrp) in Odoo.")
    except OdooDenied:
        return CheckResult(
            "manufacturing",
            CheckStatus.FAIL,
            "The account may not see Manufacturing.",
            f"Give it the rights of {ACCOUNT_PAGE}.",
        )
    return CheckResult("manufacturing", CheckStatus.OK, "Manufacturing is installed.")


async def _maintenance(client: OdooClient) -> CheckResult:
    """Its absence is no fault; nor is a plant that has not entered its equipment yet."""
    name = "maintenance"
    try:
        await client.fields_of("maintenance.request")
    except OdooConfiguration:
        return _outside(name, "maintenance requests")
    except OdooDenied:
        return _unseen(name, "maintenance requests")
    lacking = await _lacking(client, NEEDED_FOR_MAINTENANCE)
    if lacking:
        return _may_not(name, lacking)
    if not await client.search_read("maintenance.equipment", [], ["name"], limit=1):
        if not await _has_group(client, SEES_EQUIPMENT):
            words = "The account sees no equipment: Odoo shows it to Equipment Managers and followers only."
            remedy = f"Give it the right Equipment Manager ({ACCOUNT_PAGE})."
            return CheckResult(name, CheckStatus.WARN, words, remedy)
        words = "Maintenance is installed; no equipment is entered in Odoo yet."
        return CheckResult(name, CheckStatus.OK, words)
    return CheckResult(name, CheckStatus.OK, "Maintenance is installed, and the account sees its equipment.")


async def _quality(client: OdooClient) -> CheckResult:
    """Its absence is no fault: holds need stock alone, only inspections go into it."""
    name = "quality"
    try:
        await client.fields_of("qc.inspection")
    except OdooConfiguration:
        if not await _there(client, "quality.check"):
            return _outside(name, "inspections")
        words = "Odoo's own Quality app is installed (quality.check): booking into it is UNTESTED."
        remedy = "Try one inspection and look at its check in Odoo, or install OCA's quality_control_oca."
        return CheckResult(name, CheckStatus.WARN, words, remedy)
    except OdooDenied:
        return _unseen(name, "inspections")
    lacking = await _lacking(client, NEEDED_FOR_INSPECTIONS)
    if lacking:
        return _may_not(name, lacking)
    return CheckResult(name, CheckStatus.OK, "A quality module is installed (qc.inspection).")


async def _there(client: OdooClient, model: str) -> bool:
    try:
        await client.fields_of(model)
    except OdooConfiguration:
        return False
    except OdooDenied:
        return True
    return True


def _outside(name: str, what: str) -> CheckResult:
    words = f"No {name} module is installed; {what} stay outside of Odoo."
    return CheckResult(name, CheckStatus.OK, words)


def _unseen(name: str, what: str) -> CheckResult:
    words = f"A {name} module is installed, but the account may not see {what}."
    return CheckResult(name, CheckStatus.WARN, words, f"Give it the rights of {ACCOUNT_PAGE}.")


def _may_not(name: str, lacking: Sequence[str], status: CheckStatus = CheckStatus.WARN) -> CheckResult:
    words = f"The account may not {', '.join(lacking)}."
    return CheckResult(name, status, words, f"Give it the rights of {ACCOUNT_PAGE}.")


async def _lacking(client: OdooClient, needs: Needs) -> list[str]:
    """What of it the account may not do, in words."""
    return [
        f"{operation} {title}"
        for model, title, operations in needs
        for operation in operations
        if not await client.call(model, "has_access", writes=False, operation=operation)
    ]


async def _rights(client: OdooClient) -> CheckResult:
    lacking = await _lacking(client, NEEDED)
    if not lacking:
        return CheckResult("rights", CheckStatus.OK, "The account may do what the console needs.")
    return _may_not("rights", lacking, CheckStatus.FAIL)


async def _equipment(client: OdooClient, names: Sequence[str]) -> list[CheckResult]:
    """Equipment that the plant file names."""
    if not names:
        return []
    try:
        rows = await client.search_read("maintenance.equipment", [], ["name", "serial_no"])
    except OdooConfiguration:
        words = "The plant file names equipment, and Odoo has no Maintenance app."
        remedy = "Install Maintenance in Odoo, or leave the equipment out of the plant file."
        return [CheckResult("equipment", CheckStatus.WARN, words, remedy)]
    seen = [Record("maintenance.equipment", row) for row in rows]
    known = {name for r in seen for name in (r.text("serial_no"), r.text("name")) if name}
    lacking = [name for name in dict.fromkeys(names) if name not in known]
    if not lacking:
        words = f"All equipment of the plant file ({len(set(names))}) is in Odoo."
        return [CheckResult("equipment", CheckStatus.OK, words)]
    return [
        CheckResult(
            "equipment",
            CheckStatus.WARN,
            f"Odoo has no equipment with the serial number or name {name!r}.{_near(name, known)}",
            "Correct the machine's equipment in the plant file, or enter it in Odoo.",
        )
        for name in lacking
    ]


async def _work_centers(client: OdooClient, codes: Sequence[str]) -> list[CheckResult]:
    rows = await client.search_read("mrp.workcenter", [], ["code", "name"])
    seen = [Record("mrp.workcenter", row) for row in rows]
    known = {name for r in seen for name in (r.text("code"), r.text("name")) if name}
    lacking = [code for code in dict.fromkeys(codes) if code not in known]
    if not lacking:
        words = f"All {len(set(codes))} work centers of the plant file are in Odoo."
        return [CheckResult("work centers", CheckStatus.OK, words)]
    return [_missing_work_center(code, known) for code in lacking]


def _missing_work_center(code: str, known: set[str]) -> CheckResult:
    words = f"Odoo has no work center with the code or name {code!r}.{_near(code, known)}"
    remedy = "Correct the machine's work center in the plant file, or make it in Odoo."
    return CheckResult("work centers", CheckStatus.FAIL, words, remedy)


def _near(name: str, known: set[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
