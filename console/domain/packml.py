"""Machine states: PackML (ISA TR88.00.02)."""

from __future__ import annotations

from enum import StrEnum


class MachineState(StrEnum):
    """PackML states; the values are the names in the standard's state model."""

    UNDEFINED = "undefined"
    CLEARING = "clearing"
    STOPPED = "stopped"
    STARTING = "starting"
    IDLE = "idle"
    SUSPENDED = "suspended"
    EXECUTE = "execute"
    STOPPING = "stopping"
    ABORTING = "aborting"
    ABORTED = "aborted"
    HOLDING = "holding"
    HELD = "held"
    UNHOLDING = "unholding"
    SUSPENDING = "suspending"
    UNSUSPENDING = "unsuspending"
    RESETTING = "resetting"
    COMPLETING = "completing"
    COMPLETE = "complete"


# StateCurrent numbers of OPC UA for PackML (OPC 30050), a machine's usual raw values
PACKML_NUMBERS: dict[int, MachineState] = {
    0: MachineState.UNDEFINED,
    1: MachineState.CLEARING,
    2: MachineState.STOPPED,
    3: MachineState.STARTING,
    4: MachineState.IDLE,
    5: MachineState.SUSPENDED,
    6: MachineState.EXECUTE,
    7: MachineState.STOPPING,
    8: MachineState.ABORTING,
    9: MachineState.ABORTED,
    10: MachineState.HOLDING,
    11: MachineState.HELD,
    12: MachineState.UNHOLDING,
    13: MachineState.SUSPENDING,
    14: MachineState.UNSUSPENDING,
    15: MachineState.RESETTING,
    16: MachineState.COMPLETING,
    17: MachineState.COMPLETE,
}
