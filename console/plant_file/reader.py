"""Reads a parsed plant file section by section into the domain's ``Plant``."""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from console.domain.equipment import (
    Connection,
    ModbusConnection,
    OdooConnection,
    OpcuaConnection,
    Plant,
)
from console.plant_file.day import DayReader
from console.plant_file.lines import KeyPath
from console.plant_file.machines import MachineReader
from console.plant_file.models import (
    CONNECTION_TABLES,
    SECTIONS,
    LimitsTable,
    ModbusTable,
    OdooTable,
    OpcuaTable,
    PlantTable,
    TelemetryTable,
)
from console.plant_file.problems import NAME, NAME_RULE, Problems, kind_of, suggest

_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+|keyring:[^/]+/.+")
_SITE_PREFIX = re.compile(r"[a-z][a-z0-9_]*")
# external ids under a module's name would be swept away with the module's next update
_ODOO_MODULES = frozenset(
    {"account", "base", "maintenance", "mail", "mrp", "product", "purchase", "quality", "quality_control"}
    | {"sale", "stock", "uom", "web"}
)
_POLICIES = ("Basic256Sha256", "Aes128Sha256RsaOaep", "Aes256Sha256RsaPss")
_MODES = ("Sign", "SignAndEncrypt")
_FILES = {
    "certificate": "the file of this console's certificate",
    "private_key": "the file of its private key",
    "server_certificate": "the file of the one server certificate to trust",
}


class PlantReader:
    """Reads one file. ``read`` gives a plant only where ``problems`` stays empty."""

    def __init__(self, raw: Mapping[str, Any], problems: Problems, folder: Path) -> None:
        """``folder``: where relative file names start."""
        self._raw = raw
        self._problems = problems
        self._folder = folder

    def read(self, version: str) -> Plant | None:
        """The plant; None where anything is wrong, and then everything wrong is among the problems."""
        for key in self._raw:
            if key not in SECTIONS:
                self._problems.add((key,), f"is not a known table{suggest(key, SECTIONS)}")
        plant = self._plant()
        connections = self._connections()
        day = DayReader(self._raw, self._problems)
        machines = MachineReader(self._problems, connections, day.reason_names())
        read = [machines.read(name, raw) for name, raw in self._tables("machines").items()]
        usable = tuple(machine for machine in read if machine is not None)
        odoo = self._odoo()
        shifts, stop_reasons = day.shifts(), day.stop_reasons(read)
        quality, alarms = day.quality(), day.alarms()
        telemetry = self._problems.table(TelemetryTable, self._raw.get("telemetry", {}), ("telemetry",))
        limits = self._limits()
        if self._problems or plant is None or telemetry is None or limits is None:
            return None
        return Plant(
            name=plant.name,
            version=version,
            timezone=plant.timezone,
            connections=tuple(c for c in connections.values() if c is not None),
            tags=tuple(machines.tags),
            machines=usable,
            odoo=odoo,
            shifts=shifts,
            clock_skew_warn_s=limits.clock_skew_warn_s,
            clock_skew_fail_s=limits.clock_skew_fail_s,
            telemetry_keep=timedelta(days=telemetry.keep_days),
            telemetry_max_mb=telemetry.max_mb,
            stop_reasons=stop_reasons,
            quality=quality,
            alarm_plan=alarms,
        )

    # --- sections ----------------------------------------------------------------------------------------

    def _tables(self, key: str) -> Mapping[str, Any]:
        """A section of named tables."""
        raw = self._raw.get(key, {})
        if isinstance(raw, Mapping):
            return raw
        self._problems.add((key,), f"must be named tables, [{key}.<name>], not {kind_of(raw)}")
        return {}

    def _plant(self) -> PlantTable | None:
        if "plant" not in self._raw:
            self._problems.add(("plant",), "is required: a table [plant] with name and timezone")
            return None
        table = self._problems.table(PlantTable, self._raw["plant"], ("plant",))
        if table is not None:
            self._check_timezone(table.timezone)
        return table

    def _check_timezone(self, name: str) -> None:
        try:
            ZoneInfo(name)
        except (KeyError, OSError, ValueError):  # not there, a folder of zones, a path out of them
            pass
        else:
            return
        zones = available_timezones()
        near = difflib.get_close_matches(name, zones, n=1, cutoff=0.6) or [
            zone for zone in sorted(zones) if zone.rsplit("/", 1)[-1].casefold() == name.strip().casefold()
        ]
        hint = f'; did you mean "{near[0]}"?' if near else '; write it as "Europe/Berlin"'
        self._problems.add(("plant", "timezone"), f'there is no time zone "{name}"{hint}')

    def _limits(self) -> LimitsTable | None:
        limits = self._problems.table(LimitsTable, self._raw.get("limits", {}), ("limits",))
        if limits is not None and limits.clock_skew_warn_s >= limits.clock_skew_fail_s:
            self._problems.add(
                ("limits", "clock_skew_warn_s"),
                f"must be less than clock_skew_fail_s ({limits.clock_skew_fail_s:g}), not "
                f"{limits.clock_skew_warn_s:g}",
            )
        return limits

    # --- Odoo --------------------------------------------------------------------------------------------

    def _odoo(self) -> OdooConnection | None:
        if "odoo" not in self._raw:
            return None
        path: KeyPath = ("odoo",)
        table = self._problems.table(OdooTable, self._raw["odoo"], path)
        raw = self._raw["odoo"]
        if isinstance(raw, Mapping):
            self._check_secret(raw.get("api_key"), (*path, "api_key"))
        if table is None:
            return None
        self._check_odoo_url(table)
        if not _SITE_PREFIX.fullmatch(table.site_prefix):
            self._problems.add(
                (*path, "site_prefix"),
                f'"{table.site_prefix}" cannot start external ids; use a small letter first, then small '
                "letters, digits and _",
            )
        elif table.site_prefix in _ODOO_MODULES:
            self._problems.add(
                (*path, "site_prefix"),
                f'"{table.site_prefix}" is the name of an Odoo module; use one of your own, such as "hall2"',
            )
        settings = table.model_dump(exclude={"allow_plain_http", "url"})
        return OdooConnection(url=table.url.rstrip("/"), **settings)

    def _check_odoo_url(self, table: OdooTable) -> None:
        path: KeyPath = ("odoo", "url")
        url = _split(table.url)
        if url is None or url.scheme not in ("http", "https") or not url.hostname:
            self._problems.add(path, 'is no web address; write it as "https://erp.example.com"')
        elif url.username is not None or url.password is not None:
            self._problems.add(path, "must not hold a name or password; the API key is in api_key")
        elif url.query or url.fragment or url.path.rstrip("/"):
            self._problems.add(path, f'must end after the host: "{url.scheme}://{url.netloc}"')
        elif url.scheme == "http" and not table.allow_plain_http and not _is_loopback(url.hostname):
            self._problems.add(
                path,
                "http sends the API key readable through the network; use https, or, where the way is "
                "protected otherwise, add allow_plain_http = true",
            )

    # --- connections ---------------------------------------------------------------------------------------

    def _connections(self) -> dict[str, Connection | None]:
        """Every connection by name; None for one in fault, so that its name is known all the same."""
        return {name: self._connection(name, raw) for name, raw in self._tables("connections").items()}

    def _connection(self, name: str, raw: Any) -> Connection | None:
        path: KeyPath = ("connections", name)
        if not NAME.fullmatch(name):
            self._problems.add(path, f"is no usable name for a connection: {NAME_RULE}")
        if not isinstance(raw, Mapping):
            self._problems.add(path, f"must be a table with keys inside, not {kind_of(raw)}")
            return None
        if "type" not in raw:
            self._problems.add((*path, "type"), 'is required: "opcua" or "modbus"')
            return None
        kind = raw["type"]
        model = CONNECTION_TABLES.get(kind) if isinstance(kind, str) else None
        if model is None:
            self._problems.add(
                (*path, "type"),
                f'must be "opcua" or "modbus", not {kind!r}{suggest(kind, CONNECTION_TABLES)}',
            )
            return None
        if model is OpcuaTable:
            self._check_secret(raw.get("password"), (*path, "password"))
        table = self._problems.table(model, raw, path)
        if isinstance(table, OpcuaTable):
            self._check_opcua(table, path)
            files = {key: str(self._folder / getattr(table, key)) for key in _FILES if getattr(table, key)}
            return OpcuaConnection(name=name, **(table.model_dump(exclude={"type"}) | files))
        if isinstance(table, ModbusTable):
            self._check_host(table.host, path)
            return ModbusConnection(name=name, **table.model_dump(exclude={"type"}))
        return None

    def _check_host(self, host: str, path: KeyPath) -> None:
        if "/" in host or "@" in host or " " in host:
            self._problems.add(
                (*path, "host"), "must be a host name or address alone; the port has its own key"
            )

    def _check_opcua(self, table: OpcuaTable, path: KeyPath) -> None:
        url = _split(table.url)
        if url is None or url.scheme != "opc.tcp" or not url.hostname:
            self._problems.add(
                (*path, "url"), 'is no OPC UA endpoint; write it as "opc.tcp://192.0.2.10:4840"'
            )
        elif url.username is not None:
            self._problems.add((*path, "url"), "must not hold a name or password; use username and password")
        if table.password and not table.username:
            self._problems.add((*path, "username"), "is required where there is a password")
        if table.security == "none":
            if table.password:
                self._problems.add(
                    (*path, "security"),
                    "is none, and the password would go readable through the network; use "
                    '"Basic256Sha256,SignAndEncrypt"',
                )
            return
        policy, _, mode = table.security.partition(",")
        if policy not in _POLICIES or mode not in _MODES:
            near = suggest(table.security, ["none", *(f"{p},{m}" for p in _POLICIES for m in _MODES)])
            self._problems.add((*path, "security"), f'"{table.security}" is not known{near}')
        for key, meaning in _FILES.items():
            if not getattr(table, key):
                self._problems.add((*path, key), f"is required with security: {meaning}")

    def _check_secret(self, value: Any, path: KeyPath) -> None:
        """A reference, never the secret. The value is not repeated: it may well be the secret."""
        if isinstance(value, str) and value and not _REFERENCE.fullmatch(value):
            self._problems.add(
                path,
                'must say where the secret is kept, not what it is: "keyring:<service>/<name>", '
                '"env:<VARIABLE>" or "file:<path>". If a real secret stood here, replace it: '
                "this file is kept and copied",
            )


def _split(url: str) -> Any:
    """The parts of a URL; None where it is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # read to have it checked
    except ValueError:
        return None
    return parts


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
