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
        kind: "good", "scrap" or "consumption".
        component: of a consumption counter, the code of the product in Odoo that it counts;
            ``units_per_count`` then gives the component's own unit.
        modulus: value at which the counter starts again at 0 (65536 for 16 bits, 4294967296 for 32).
        max_rate_per_s: more than this the machine cannot make; a faster rise is a jump, not production.
        units_per_count: product units of one count (12 for a case counter of an order in units).
    """

    tag: str
    kind: str
    modulus: int
    max_rate_per_s: float
    units_per_count: float = 1.0
    component: str = ""


@dataclass(frozen=True, slots=True)
class AlarmTag:
    """A boolean tag that raises an alarm while true (ISA-18.2). Priority 1 is the most urgent.

    Attributes:
        guidance: what to do, shown with the alarm.
        caused_by: tags of alarms of the same machine that bring this one along; it is shown below them.
        latching: stays until it is acknowledged, even after it cleared.
        chatter_s: raised again within so long after it cleared, it is the same occurrence (counted up).
    """

    tag: str
    text: str
    priority: int = 3
    guidance: str = ""
    caused_by: tuple[str, ...] = ()
    latching: bool = False
    chatter_s: float = 60.0


@dataclass(frozen=True, slots=True)
class LimitSpec:
    """Limits of one process value, for one product or operation or for all.

    Attributes:
        name: names the limit in events, rules and on the command line; unique in the machine.
        tag: the value's tag; "" for one measured by hand only.
        product: code of the product that it holds for; "" for every one. operation: likewise, by name.
        warning_low, warning_high, action_low, action_high: None: no such limit. An action limit proposes a
            quality hold, a warning limit shows.
        target, sigma: centre line and standard deviation of the run rules; 0 sigma: no run rules.
        run_rules: of limits.RUN_RULES, those that are switched on.
        every_s: one point of the run rules is the mean of so many seconds.
        environmental: judged against the batch that runs (temperature, humidity of the hall), with a summary
            for each batch.
        severity: of the hold that a breach proposes: 1 critical, 2 major, 3 minor.
        scope: what it holds: "lot", "window" (the time of the breach) or "output" (all made since the last
            good check).
        return_s: back inside for so long, the breach is over.
    """

    name: str
    tag: str
    title: str
    unit: str = ""
    product: str = ""
    operation: str = ""
    warning_low: float | None = None
    warning_high: float | None = None
    action_low: float | None = None
    action_high: float | None = None
    target: float = 0.0
    sigma: float = 0.0
    run_rules: tuple[str, ...] = ()
    every_s: float = 10.0
    environmental: bool = False
    severity: int = 2
    scope: str = "lot"
    return_s: float = 5.0


@dataclass(frozen=True, slots=True)
class UpkeepSpec:
    """Preventive work that falls due by use.

    Attributes:
        every_hours: running hours (machine state execute); 0: not by hours.
        every_cycles: counts of the good and scrap counters; 0: not by cycles.
    """

    name: str
    title: str
    every_hours: float = 0.0
    every_cycles: int = 0
    priority: int = 1


@dataclass(frozen=True, slots=True)
class ConditionSpec:
    """Condition monitoring of one process value; see ``domain.condition``.

    Attributes:
        smoothing: weight of the newest sample in the moving average (EWMA), 0 to 1.
        slack, threshold: of the CUSUM, in robust standard deviations (usual: 0.5 and 8).
        most_change_per_s: a faster change is a finding by itself; 0: not watched.
        missing_cycle_s: no count for so long while executing is a finding; 0: not watched.
        learn_s: seconds of running that the baseline is learned from.
    """

    tag: str
    smoothing: float = 0.2
    slack: float = 0.5
    threshold: float = 8.0
    most_change_per_s: float = 0.0
    missing_cycle_s: float = 0.0
    learn_s: float = 3600.0


@dataclass(frozen=True, slots=True)
class StopReason:
    """A local reason below one of Odoo's loss reasons.

    Attributes:
        name: as people choose it. loss: name of the loss reason in Odoo under which it is booked.
        states: raw values of any machine's state tag that suggest it; what a machine says itself goes first.
    """

    name: str
    loss: str
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StateBits:
    """A bit pattern of a status word: ``word & mask == value`` means ``state``.

    Attributes:
        reason: name of the stop reason that it suggests, or "".
    """

    mask: int
    value: int
    state: MachineState
    reason: str = ""

    def fit(self, word: int) -> bool:
        """Whether the word shows this pattern. A negative word (a signed type) counts by its two's
        complement, so that its highest bit can be asked for."""
        return word & self.mask == self.value


def same_raw(one: Scalar, other: Scalar) -> bool:
    """Whether two raw values are one, however they were written: 6, 6.0, "6" and "6.0" are."""
    return one == other or str(one) == str(other) or (whole(one) is not None and whole(one) == whole(other))


def whole(raw: Scalar) -> int | None:
    """A raw value as a whole number; None where it is none, such as true and "RUN"."""
    text = str(raw)
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number.is_integer() else None


@dataclass(frozen=True, slots=True)
class Break:
    """A planned break of a shift, local time of day."""

    name: str
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Machine:
    """A work unit and what is known of it.

    Attributes:
        name: short name used in tag names and on the command line.
        title: as people call it.
        work_center: code (or, without one, name) of the work center that Odoo knows.
        state_tag / state_map: raw value -> PackML state; an unmapped raw value is UNDEFINED.
        state_bits: patterns of a status word, for raw values that the map does not have; the first that fits
            says the state.
        order_tag: tag with the reference of the order that the machine runs, where it knows it.
        lot_tag: tag with the lot that the machine produces into, where it knows it.
        unit: unit of what ``units_per_count`` gives, by its name in Odoo ("Units", "kg").
        ideal_rate_per_h: units per hour at which the machine should run.
        confirmation_interval_s: length of one row of counts to confirm; 3600 on a plant floor.
        tolerance_percent: over-production of an order accepted without a person's reason.
        process_tags: further tags shown on the machine's page.
        stale_after_s: age at which a value is shown as stale.
        micro_stop_s: a shorter stop is a micro-stop: counted, not asked about.
        state_reasons: raw value of the state tag -> name of the stop reason that it suggests.
        equipment: name or serial number of the equipment that Odoo knows the machine as.
        program_tag: tag with the program that runs; programs: product code -> program that makes it.
        consumption_tolerance_percent: difference to the bill of materials that needs no person.
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
    micro_stop_s: float = 60.0
    state_bits: tuple[StateBits, ...] = ()
    state_reasons: tuple[tuple[str, str], ...] = ()
    equipment: str = ""
    program_tag: str = ""
    programs: tuple[tuple[str, str], ...] = ()
    consumption_tolerance_percent: float = 5.0
    limits: tuple[LimitSpec, ...] = ()
    upkeep: tuple[UpkeepSpec, ...] = ()
    conditions: tuple[ConditionSpec, ...] = ()

    def counter_of(self, tag: str) -> Counter | None:
        """The counter fed by this tag."""
        return next((c for c in self.counters if c.tag == tag), None)

    def bits_of(self, raw: Scalar) -> StateBits | None:
        """The pattern that a status word shows; None where none fits or the raw value is no word."""
        word = whole(raw)
        return next((b for b in self.state_bits if word is not None and b.fit(word)), None)

    def maps(self, raw: Scalar) -> bool:
        """Whether the state map has this raw value itself."""
        return any(same_raw(key, raw) for key, _ in self.state_map)

    def reason_of(self, raw: Scalar) -> str:
        """Name of the stop reason that a raw value of the state tag suggests on this machine, or ""."""
        for key, name in self.state_reasons:
            if same_raw(key, raw):
                return name
        bits = None if self.maps(raw) else self.bits_of(raw)
        return bits.reason if bits is not None else ""

    def tag_names(self) -> tuple[str, ...]:
        """Every tag the machine uses, each once."""
        names = [c.tag for c in self.counters]
        names += [self.state_tag, self.order_tag, self.lot_tag, self.program_tag, *self.process_tags]
        names += [a.tag for a in self.alarms]
        return tuple(dict.fromkeys(n for n in names if n))


@dataclass(frozen=True, slots=True)
class ShiftPattern:
    """A template of shifts: it starts each day at local ``start`` and lasts until the next one's start."""

    name: str
    start: time
    breaks: tuple[Break, ...] = ()


@dataclass(frozen=True, slots=True)
class QualityPlan:
    """How quality is booked.

    Attributes:
        quarantine: full name of the quarantine location in Odoo, beside (not under) the stock location.
        batch_test: name of the test in Odoo under which a batch's summary is booked; "": none is made.
        two_people_from: releases of this severity and above (1 is the most severe) take two people; 0: never.
    """

    quarantine: str = "WH/Quarantine"
    batch_test: str = ""
    two_people_from: int = 1


@dataclass(frozen=True, slots=True)
class AlarmPlan:
    """The plant's alarm philosophy (ISA-18.2).

    Attributes:
        shelve_most_s, shelve_most_times: longest shelving, and how often an alarm may be shelved in a day.
        flood_from, flood_until, flood_s: more than ``flood_from`` alarms in ``flood_s`` is a flood; it ends
            below ``flood_until`` (ISA-18.2: 10, 5 and ten minutes).
        group_s: alarms of a machine that follow its first within so long are shown below it.
    """

    shelve_most_s: float = 8 * 3600.0
    shelve_most_times: int = 3
    flood_from: int = 10
    flood_until: int = 5
    flood_s: float = 600.0
    group_s: float = 10.0


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
    stop_reasons: tuple[StopReason, ...] = ()
    quality: QualityPlan = field(default_factory=QualityPlan)
    alarm_plan: AlarmPlan = field(default_factory=AlarmPlan)

    def machine(self, name: str) -> Machine | None:
        """The machine of this name."""
        return next((m for m in self.machines if m.name == name), None)

    def stop_reason_of(self, machine: Machine, raw: Scalar) -> StopReason | None:
        """The stop reason that a raw value of the machine's state tag suggests: what the machine says itself,
        else what holds for every machine; None where neither says any."""
        name = machine.reason_of(raw)
        for reason in self.stop_reasons:
            if reason.name == name if name else any(same_raw(s, raw) for s in reason.states):
                return reason
        return None

    def tags_of(self, connection: str) -> tuple[Tag, ...]:
        """The tags that one connection delivers."""
        return tuple(t for t in self.tags if t.connection == connection)
