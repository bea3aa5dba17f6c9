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


class Table(BaseModel):
    """A table of the file: unknown keys are refused, and text is not taken for a number."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def _time(value: Any) -> Any:
    """``start = "06:00"`` beside TOML's own ``06:00:00``."""
    if isinstance(value, str):
        try:
            parsed = time.fromisoformat(value)
        except ValueError:
            raise ValueError(f'{value!r} is no time of day; write it as "06:00"') from None
        if parsed.tzinfo is not None:
            raise ValueError(f'{value!r} names a time zone; write local time as "06:00"')
        return parsed
    return value


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
    # "packml" or a table; read by checks.py, which knows each entry's line
    map: Any = Field(description='what the raw values mean: "packml", or a table such as { 0 = "stopped" }')


class CounterTable(SignalTable):
    kind: Literal["good", "scrap"] | None = None
    modulus: Annotated[int, Field(ge=2)] | None = None
    max_rate_per_h: Positive = Field(
        description="the most counts an hour that the machine can make; a faster rise is doubted, not booked"
    )
    units_per_count: Positive = 1.0


class ValueTable(SignalTable):
    unit: str = ""
    scale: float = 1.0
    offset: float = 0.0


class AlarmTable(SignalTable):
    text: Text = Field(description='what people read, for example "Jam at infeed"')
    priority: Annotated[int, Field(ge=1, le=4)] = 3


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
    state: Any = None
    order: Any = None
    lot: Any = None
    counters: dict[str, Any] = Field(default_factory=dict)
    values: dict[str, Any] = Field(default_factory=dict)
    alarms: dict[str, Any] = Field(default_factory=dict)


class ShiftTable(Table):
    name: Text = Field(description='the shift\'s name, for example "Morning"')
    start: Annotated[time, BeforeValidator(_time)] = Field(
        description='local time of day, for example "06:00"'
    )


class TelemetryTable(Table):
    keep_days: Annotated[float, Field(gt=0, le=3650)] = 7.0
    max_mb: Annotated[int, Field(ge=16)] = 2048


class LimitsTable(Table):
    clock_skew_warn_s: Positive = 2.0
    clock_skew_fail_s: Positive = 30.0


# the file's first level; what is required has no default here but in the reader
SECTIONS = ("plant", "odoo", "connections", "machines", "shifts", "telemetry", "limits")
