"""What may stand in the plant file: every key with its type, default and meaning.

Each model is one table of the file. The descriptions are what a person reads when a required key is missing;
docs/plant-file.md tells the same at length.
"""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from console.domain.tags import DataType

Text = Annotated[str, Field(min_length=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]


class Table(BaseModel):
    """A table of the file: unknown keys are refused, and text is not taken for a number."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def _time(value: Any) -> Any:
    """``"06:00"`` beside TOML's own ``06:00:00``."""
    if isinstance(value, str):
        try:
            parsed = time.fromisoformat(value)
        except ValueError:
            raise ValueError(f'{value!r} is no time of day; write it as "06:00"') from None
        if parsed.tzinfo is not None:
            raise ValueError(f'{value!r} names a time zone; write local time as "06:00"')
        return parsed
    return value


def _raw_text(value: Any) -> Any:
    """A raw value as its text: true, 3 and "RUN" may all stand for one."""
    if isinstance(value, bool | int | str):
        return str(value)
    raise ValueError("must be raw values of the machine: text, whole numbers, true or false")


TimeOfDay = Annotated[time, BeforeValidator(_time)]
RawText = Annotated[str, BeforeValidator(_raw_text), Field(min_length=1)]


class PlantTable(Table):
    name: Text = Field(description="the plant's name as people know it")
    timezone: Text = Field(description='the time zone of screens and shifts, for example "Europe/Berlin"')


class OdooTable(Table):
    url: Text = Field(description='the address of Odoo, for example "https://erp.example.com"')
    database: Text = Field(description="the name of Odoo's database")
    api_key: Text = Field(description='where the API key is kept, for example "keyring:plant-console/odoo"')
    site_prefix: Text = Field(description='the prefix of external ids made here, for example "hall2"')
    allow_plain_http: bool = False
    timeout_s: Positive = 130.0
    settle_s: Positive = 150.0
    sync_interval_s: Annotated[float, Field(ge=5)] = 60.0
    stale_after_s: Positive = 24 * 3600.0


class OpcuaTable(Table):
    type: Literal["opcua"]
    url: Text = Field(description='the server\'s endpoint, for example "opc.tcp://192.0.2.10:4840"')
    security: str = "none"
    username: str = ""
    password: str = ""
    certificate: str = ""
    private_key: str = ""
    server_certificate: str = ""
    publishing_interval_ms: Annotated[int, Field(ge=10, le=60_000)] = 250
    sampling_interval_ms: Annotated[int, Field(ge=0, le=60_000)] = 100
    silence_s: Annotated[float, Field(ge=1)] = 10.0
    timeout_s: Positive = 5.0
    items_per_call: Annotated[int, Field(ge=1, le=10_000)] = 500


class ModbusTable(Table):
    type: Literal["modbus"]
    host: Text = Field(description='the device\'s address, for example "192.0.2.20"')
    port: Annotated[int, Field(ge=1, le=65535)] = 502
    device_id: Annotated[int, Field(ge=0, le=255)] = 1
    word_order: Literal["big", "little"] = "big"
    poll_interval_ms: Annotated[int, Field(ge=10, le=60_000)] = 500
    timeout_s: Positive = 1.0
    max_block: Annotated[int, Field(ge=1, le=125)] = 120
    max_gap: Annotated[int, Field(ge=0, le=124)] = 16


CONNECTION_TABLES: dict[str, type[OpcuaTable | ModbusTable]] = {"opcua": OpcuaTable, "modbus": ModbusTable}


class SignalTable(Table):
    """What every signal of a machine has; ``order`` and ``lot`` have nothing more."""

    address: Text = Field(
        description='an OPC UA node ("nsu=urn:example;s=Name") or a Modbus place ("holding:100")'
    )
    connection: str = ""
    data_type: Annotated[DataType | None, Field(strict=False)] = None


class StateTable(SignalTable):
    # these three are read by states.py, which knows each entry's line
    map: Any = None
    bits: Any = None
    reasons: Any = None


class BitsTable(Table):
    mask: Annotated[int, Field(ge=1, lt=2**64)] = Field(
        description="the bits of the status word to look at, for example 0x01"
    )
    value: Annotated[int, Field(ge=0, lt=2**64)] | None = None
    state: Text = Field(description='the PackML state that it means, for example "execute"')
    reason: str = ""


class CounterTable(SignalTable):
    kind: Literal["good", "scrap", "consumption"] | None = None
    component: str = ""
    modulus: Annotated[int, Field(ge=2)] | None = None
    max_rate_per_h: Positive = Field(
        description="the most counts an hour that the machine can make; a faster rise is doubted, not booked"
    )
    units_per_count: Positive = 1.0


class ValueTable(SignalTable):
    unit: str = ""
    scale: float = 1.0
    offset: float = 0.0


class ProgramTable(SignalTable):
    programs: dict[str, RawText] = Field(default_factory=dict)


class AlarmTable(SignalTable):
    text: Text = Field(description='what people read, for example "Jam at infeed"')
    priority: Annotated[int, Field(ge=1, le=4)] = 3
    guidance: str = ""
    caused_by: list[str] = Field(default_factory=list)
    latching: bool = False
    chatter_s: NotNegative = 60.0


class LimitTable(Table):
    value: str = ""
    title: str = ""
    unit: str = ""
    product: str = ""
    operation: str = ""
    warning_low: float | None = None
    warning_high: float | None = None
    action_low: float | None = None
    action_high: float | None = None
    target: float | None = None
    sigma: Positive | None = None
    run_rules: list[str] = Field(default_factory=list)
    every_s: Positive = 10.0
    environmental: bool = False
    severity: Annotated[int, Field(ge=1, le=3)] = 2
    scope: Literal["lot", "window", "output"] = "lot"
    return_s: NotNegative = 5.0


class UpkeepTable(Table):
    title: str = ""
    every_hours: Positive | None = None
    every_cycles: Annotated[int, Field(ge=1)] | None = None
    priority: Annotated[int, Field(ge=0, le=3)] = 1


class ConditionTable(Table):
    smoothing: Annotated[float, Field(gt=0, le=1)] = 0.2
    slack: NotNegative = 0.5
    threshold: Positive = 8.0
    most_change_per_s: NotNegative = 0.0
    missing_cycle_s: NotNegative = 0.0
    learn_s: Positive = 3600.0


class MachineTable(Table):
    """A machine. Its signals are validated one by one, so that one wrong key does not hide others."""

    title: str = ""
    area: str = ""
    work_center: Text = Field(description="the code, or without one the name, of the work center in Odoo")
    connection: str = ""
    unit: Text = "Units"
    ideal_rate_per_h: Annotated[float, Field(ge=0)] = 0.0
    confirmation_interval_s: Annotated[int, Field(ge=1, le=86_400)] = 3600
    tolerance_percent: Annotated[float, Field(ge=0, le=100)] = 0.0
    stale_after_s: Positive = 10.0
    micro_stop_s: NotNegative = 60.0
    equipment: str = ""
    consumption_tolerance_percent: Annotated[float, Field(ge=0, le=100)] = 5.0
    state: Any = None
    order: Any = None
    lot: Any = None
    program: Any = None
    counters: dict[str, Any] = Field(default_factory=dict)
    values: dict[str, Any] = Field(default_factory=dict)
    alarms: dict[str, Any] = Field(default_factory=dict)
    limits: dict[str, Any] = Field(default_factory=dict)
    upkeep: dict[str, Any] = Field(default_factory=dict)
    conditions: dict[str, Any] = Field(default_factory=dict)


class ShiftTable(Table):
    name: Text = Field(description='the shift\'s name, for example "Morning"')
    start: TimeOfDay = Field(description='local time of day, for example "06:00"')
    # read by day.py, which knows each break's line
    breaks: Any = None


class BreakTable(Table):
    name: Text = Field(description='the break\'s name, for example "Lunch"')
    start: TimeOfDay = Field(description='local time of day, for example "12:00"')
    end: TimeOfDay = Field(description='local time of day, for example "12:30"')


class StopReasonTable(Table):
    name: Text = Field(description='the reason as people choose it, for example "Jam at infeed"')
    loss: Text = Field(description='Odoo\'s loss reason to book it under, for example "Equipment Failure"')
    states: list[RawText] = Field(default_factory=list)


class QualityTable(Table):
    quarantine: Text = "WH/Quarantine"
    batch_test: str = ""
    two_people_from: Annotated[int, Field(ge=0, le=3)] = 1


class AlarmsTable(Table):
    shelve_most_min: Positive = 480.0
    shelve_most_times: Annotated[int, Field(ge=0)] = 3
    flood_from: Annotated[int, Field(ge=1)] = 10
    flood_until: Annotated[int, Field(ge=1)] = 5
    flood_min: Positive = 10.0
    group_s: NotNegative = 10.0


class TelemetryTable(Table):
    keep_days: Annotated[float, Field(gt=0, le=3650)] = 7.0
    max_mb: Annotated[int, Field(ge=16)] = 2048


class LimitsTable(Table):
    clock_skew_warn_s: Positive = 2.0
    clock_skew_fail_s: Positive = 30.0


# the file's first level; what is required has no default here but in the reader
SECTIONS = (
    *("plant", "odoo", "connections", "machines", "shifts", "stop_reasons", "quality", "alarms"),
    *("telemetry", "limits"),
)
