"""The simulated machines as data: what they are, and where each value stands on the wire.

Rates are per hour of the simulated plant's own clock. At speed factor 60 an hour passes in a minute, so a
filler of 120 units per hour makes 2 a second, and a 20-second "hour" of counts holds some tens.
"""

from __future__ import annotations

from dataclasses import dataclass

NAMESPACE_URI = "urn:plant-console:simulator"
AREA = "Packaging"
MODBUS_UNIT = 1

UINT16 = 65536
UINT32 = 4294967296


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a machine as served.

    Attributes:
        signal: last part of the tag name: state, good, scrap, order, lot, temperature, speed, alarm_jam, ...
        address: as a plant file writes it (OPC UA node or Modbus place).
        data_type: as the wire has it; of use for Modbus only, OPC UA nodes carry their own.
        scale: engineering value = raw * scale.
        unit: engineering unit.
    """

    signal: str
    address: str
    data_type: str
    scale: float = 1.0
    unit: str = ""


@dataclass(frozen=True, slots=True)
class MachineSpec:
    """A simulated machine.

    Attributes:
        name: as used in node names and on the control channel.
        protocol: "opcua" or "modbus".
        ideal_rate_per_h: counts per simulated hour at which it should run.
        good_modulus, scrap_modulus: values at which the counters start again at 0.
        good_start: first raw value of the good counter.
        units_per_count: product units of one count (12 for a case of 12).
        unit: Odoo's name of the product unit.
        scrap_share: share of counts that are scrap.
        temperature_degc: what the temperature drifts around.
        vibration_mm_s: what the vibration of the running machine drifts around.
        material_per_count: component units (kg) that one count should take; 0: it counts no material.
        program: what its program signal shows at first; "": it has no such signal.
        alarms: (signal, text, priority) of each alarm.
        base: Modbus only: first address of the machine's registers and coils.
    """

    name: str
    title: str
    protocol: str
    work_center: str
    ideal_rate_per_h: float
    good_modulus: int = UINT32
    scrap_modulus: int = UINT32
    good_start: int = 0
    units_per_count: float = 1.0
    unit: str = "Units"
    scrap_share: float = 0.03
    temperature_degc: float = 60.0
    vibration_mm_s: float = 2.0
    material_per_count: float = 0.0
    program: str = ""
    alarms: tuple[tuple[str, str, int], ...] = (
        ("alarm_jam", "Jam in the infeed", 1),
        ("alarm_temperature", "Temperature high", 2),
        ("alarm_downstream", "Downstream starved", 3),
    )
    base: int = 0
    area: str = AREA

    def max_rate_per_s(self, speed: float) -> float:
        """The most counts a second that it makes: half above its ideal rate, and never less than 1."""
        return max(1.0, self.ideal_rate_per_h * speed / 3600 * 1.5)

    def served_points(self) -> tuple[Point, ...]:
        """Every value and where it stands."""
        return _opcua_points(self) if self.protocol == "opcua" else _modbus_points(self)


def _opcua_points(spec: MachineSpec) -> tuple[Point, ...]:
    def node(signal: str, name: str, data_type: str, unit: str = "") -> Point:
        return Point(signal, f"nsu={NAMESPACE_URI};s={spec.name}.{name}", data_type, 1.0, unit)

    counter = {UINT16: "uint16", UINT32: "uint32"}
    own = [node("program", "Program", "string")] if spec.program else []
    own += [node("material", "Material", "uint32")] if spec.material_per_count else []
    return (
        node("state", "State", "int32"),
        node("good", "Good", counter[spec.good_modulus]),
        node("scrap", "Scrap", counter[spec.scrap_modulus]),
        node("order", "Order", "string"),
        node("lot", "Lot", "string"),
        node("temperature", "Temperature", "double", "degC"),
        node("speed", "Speed", "double", "1/h"),
        node("alarm_jam", "AlarmJam", "bool"),
        node("alarm_temperature", "AlarmTemperature", "bool"),
        node("alarm_downstream", "AlarmDownstream", "bool"),
        node("vibration", "Vibration", "double", "mm/s"),
        *own,
    )


# offsets of a Modbus machine's holding registers from its base
STATE, GOOD_16, GOOD_32, SCRAP_32, TEMPERATURE, SPEED, VIBRATION, ORDER, LOT = 0, 1, 2, 4, 6, 7, 8, 10, 20
MATERIAL_32 = 28
TEXT_REGISTERS = 8
REGISTERS = 30
# alarms as coils, in this order from the base
COILS = ("alarm_jam", "alarm_temperature", "alarm_downstream")


def _modbus_points(spec: MachineSpec) -> tuple[Point, ...]:
    def holding(signal: str, offset: int, data_type: str, scale: float = 1.0, unit: str = "") -> Point:
        length = f":{TEXT_REGISTERS}" if data_type == "string" else ""
        return Point(signal, f"holding:{spec.base + offset}{length}", data_type, scale, unit)

    good = (
        holding("good", GOOD_16, "uint16")
        if spec.good_modulus == UINT16
        else holding("good", GOOD_32, "uint32")
    )
    return (
        holding("state", STATE, "uint16"),
        good,
        holding("scrap", SCRAP_32, "uint32"),
        holding("order", ORDER, "string"),
        holding("lot", LOT, "string"),
        holding("temperature", TEMPERATURE, "int16", 0.1, "degC"),
        holding("speed", SPEED, "uint16", 1.0, "1/h"),
        *(Point(signal, f"coil:{spec.base + n}", "bool") for n, signal in enumerate(COILS)),
        holding("vibration", VIBRATION, "uint16", 0.01, "mm/s"),
        *([holding("material", MATERIAL_32, "uint32")] if spec.material_per_count else []),
    )


# one for the whole hall, at the OPC UA server
HALL = "Hall"
HALL_POINTS = (Point("humidity", f"nsu={NAMESPACE_URI};s={HALL}.Humidity", "double", 1.0, "%"),)
# component units of one count of a material counter
MATERIAL_STEP = 0.1


MACHINES: tuple[MachineSpec, ...] = (
    MachineSpec("Filler1", "Filler 1", "opcua", "FILL1", 120, good_start=104_210, temperature_degc=72.0),
    MachineSpec(
        *("Filler2", "Filler 2", "opcua", "FILL2", 120),
        good_start=4_294_960_000,
        temperature_degc=71.0,
        program="P-400",
    ),
    MachineSpec(
        "Capper1", "Capper 1", "opcua", "CAP1", 150, good_modulus=UINT16, good_start=31_000, scrap_share=0.02
    ),
    MachineSpec("Labeller1", "Labeller 1", "opcua", "LABEL1", 180, good_start=880_000, temperature_degc=45.0),
    # its 16-bit counter rolls over soon after the start
    MachineSpec(
        "Cartoner",
        "Cartoner",
        "modbus",
        "CART1",
        60,
        good_modulus=UINT16,
        good_start=UINT16 - 25,
        units_per_count=12,
        temperature_degc=38.0,
        material_per_count=6.0,
        base=100,
    ),
    MachineSpec(
        "Palletiser",
        "Palletiser",
        "modbus",
        "PAL1",
        60,
        good_start=70_000,
        units_per_count=12,
        scrap_share=0.01,
        temperature_degc=35.0,
        base=200,
    ),
)


def machine_spec(name: str) -> MachineSpec:
    """The machine of this name, however its case. Errors: KeyError."""
    for spec in MACHINES:
        if spec.name.lower() == name.lower():
            return spec
    raise KeyError(name)
