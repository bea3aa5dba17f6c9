"""The plant as configured: connections, machines, counters, shifts (ISA-95 words).

These are what the plant file becomes. They are immutable; ``Plant.version`` is the hash of the file that
made them, and every machine event names it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time, timedelta

from console.domain.packml import MachineState
from console.domain.tags import Scalar, Tag


@dataclass(frozen=True, slots=True)
class OpcuaConnection:
    """An OPC UA server.

    Attributes:
        security: "none" or "<policy>,<mode>" such as "Basic256Sha256,SignAndEncrypt".
        password: a secret reference (``env:NAME``, ``file:PATH`` or ``keyring:NAME``), never the secret.
        publishing_interval_ms, sampling_interval_ms: asked of the server, which may revise them.
        silence_s: with neither data nor keep-alive for this long the connection is made anew.
    """

    name: str
    url: str
    security: str = "none"
    username: str = ""
    password: str = ""
    certificate: str = ""
    private_key: str = ""
    server_certificate: str = ""
    publishing_interval_ms: int = 250
    sampling_interval_ms: int = 100
    silence_s: float = 10.0
    timeout_s: float = 5.0
    items_per_call: int = 500


@dataclass(frozen=True, slots=True)
class ModbusConnection:
    """A Modbus TCP device or gateway unit.

    Attributes:
        word_order: "big" (high word first) or "little".
        poll_interval_ms: from one round of reads to the next.
        max_block: registers in one read at most (the protocol allows 125).
        max_gap: unused registers read along rather than asking twice.
    """

    name: str
    host: str
    port: int = 502
    device_id: int = 1
    word_order: str = "big"
    poll_interval_ms: int = 500
    timeout_s: float = 1.0
    max_block: int = 120
    max_gap: int = 16


Connection = OpcuaConnection | ModbusConnection


@dataclass(frozen=True, slots=True)
class Counter:
    """A production counter of a machine.

    Attributes:
        tag: the counter's tag.
        kind: "good" or "scrap".
        modulus: value at which the counter starts again at 0 (65536 for 16 bits, 4294967296 for 32).
        max_rate_per_s: more than this the machine cannot make; a faster rise is a jump, not production.
        units_per_count: product units of one count (12 for a case counter of an order in units).
    """

    tag: str
    kind: str
    modulus: int
    max_rate_per_s: float
    units_per_count: float = 1.0


@dataclass(frozen=True, slots=True)
class AlarmTag:
    """A boolean tag that raises an alarm while true (ISA-18.2). Priority 1 is the most urgent."""

    tag: str
    text: str
    priority: int = 3


@dataclass(frozen=True, slots=True)
class Machine:
    """A work unit and what is known of it.

    Attributes:
        name: short name used in tag names and on the command line.
        title: as people call it.
        work_center: code (or, without one, name) of the work center that Odoo knows.
        state_tag / state_map: raw value -> PackML state; an unmapped raw value is UNDEFINED.
        order_tag: tag with the reference of the order that the machine runs, where it knows it.
        lot_tag: tag with the lot that the machine produces into, where it knows it.
        unit: unit of what ``units_per_count`` gives, by its name in Odoo ("Units", "kg").
        ideal_rate_per_h: units per hour at which the machine should run.
        confirmation_interval_s: length of one row of counts to confirm; 3600 on a plant floor.
        tolerance_percent: over-production of an order accepted without a person's reason.
        process_tags: further tags shown on the machine's page.
        stale_after_s: age at which a value is shown as stale.
    """

    name: str
    title: str
    area: str
    work_center: str
    counters: tuple[Counter, ...]
    state_tag: str = ""
    state_map: tuple[tuple[Scalar, MachineState], ...] = ()
    order_tag: str = ""
    lot_tag: str = ""
    unit: str = "Units"
    ideal_rate_per_h: float = 0.0
    confirmation_interval_s: int = 3600
    tolerance_percent: float = 0.0
    process_tags: tuple[str, ...] = ()
    alarms: tuple[AlarmTag, ...] = ()
    stale_after_s: float = 10.0

    def counter_of(self, tag: str) -> Counter | None:
        """The counter fed by this tag."""
        return next((c for c in self.counters if c.tag == tag), None)

    def tag_names(self) -> tuple[str, ...]:
        """Every tag the machine uses, each once."""
        names = [c.tag for c in self.counters]
        names += [self.state_tag, self.order_tag, self.lot_tag, *self.process_tags]
        names += [a.tag for a in self.alarms]
        return tuple(dict.fromkeys(n for n in names if n))


@dataclass(frozen=True, slots=True)
class ShiftPattern:
    """A template of shifts: it starts each day at local ``start`` and lasts until the next one's start."""

    name: str
    start: time


@dataclass(frozen=True, slots=True)
class OdooConnection:
    """Where postings go.

    Attributes:
        url: base address, for example ``https://erp.example.com``.
        database: name of the database.
        api_key: a secret reference, never the secret.
        site_prefix: prefix of the external ids that this console makes; unique per console site and not the
            name of an Odoo module.
        timeout_s: longest wait for an answer; above the server's own ``limit_time_real``.
        settle_s: after an unknown outcome no newer value is sent for this long (the server's limit_time_real
            and a margin).
        sync_interval_s: master data is refreshed this often.
        stale_after_s: master data older than this fails the rule ``master-data-fresh``.
    """

    url: str
    database: str
    api_key: str
    site_prefix: str
    timeout_s: float = 130.0
    settle_s: float = 150.0
    sync_interval_s: float = 60.0
    stale_after_s: float = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Plant:
    """Everything the plant file says.

    Attributes:
        version: sha256 of the file's text; events name its first 12 characters.
        timezone: IANA name; only screens and shifts use it.
        clock_skew_warn_s / clock_skew_fail_s: limits between source time and this computer's clock.
        telemetry_keep: samples are kept this long.
        telemetry_max_mb: and in at most this much room.
    """

    name: str
    version: str
    timezone: str
    connections: tuple[Connection, ...]
    tags: tuple[Tag, ...]
    machines: tuple[Machine, ...]
    odoo: OdooConnection | None
    shifts: tuple[ShiftPattern, ...] = ()
    clock_skew_warn_s: float = 2.0
    clock_skew_fail_s: float = 30.0
    telemetry_keep: timedelta = field(default=timedelta(days=7))
    telemetry_max_mb: int = 2048

    def machine(self, name: str) -> Machine | None:
        """The machine of this name."""
        return next((m for m in self.machines if m.name == name), None)

    def tags_of(self, connection: str) -> tuple[Tag, ...]:
        """The tags that one connection delivers."""
        return tuple(t for t in self.tags if t.connection == connection)
