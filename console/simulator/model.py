"""The machines themselves: states, counters, temperatures. Pure: same seed and steps, same plant.

States are PackML numbers (OPC 30050). All durations inside are simulated seconds; ``Plant.step`` takes real
seconds and multiplies by the speed factor.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field

from console.simulator.catalog import MACHINES, MachineSpec

CLEARING, STOPPED, STARTING, IDLE, SUSPENDED, EXECUTE = 1, 2, 3, 4, 5, 6
STOPPING, ABORTING, ABORTED, HOLDING, HELD, UNHOLDING = 7, 8, 9, 10, 11, 12
SUSPENDING, UNSUSPENDING, RESETTING = 13, 14, 15

# how often a running machine leaves Execute (mean simulated seconds between), for how long (from, to)
MICRO_STOP_EVERY_S, MICRO_STOP_S = 1500.0, (10.0, 40.0)
STARVED_EVERY_S, STARVED_S = 5000.0, (30.0, 120.0)
HELD_EVERY_S, HELD_S = 9000.0, (60.0, 200.0)
JAM_EVERY_S, JAM_S = 12000.0, (150.0, 500.0)
ACTING_S = 3.0  # an acting state (…ing) lasts this long, but never less than ACTING_REAL_S of real time
ACTING_REAL_S = 0.3
TEMPERATURE_ALARM_ABOVE_K = 4.0


@dataclass
class OrderTruth:
    """What was really made for one order, in counts."""

    good: int = 0
    scrap: int = 0


@dataclass
class Machine:
    """One simulated machine.

    Attributes:
        good_raw, scrap_raw: the counters as the machine shows them (start values, jumps and resets included).
        made: what was really made, per order reference.
        glitch: a garbage value shown instead of a counter, by counter name, until `take_glitch`.
    """

    spec: MachineSpec
    rng: random.Random
    order: str = ""
    lot: str = ""
    state: int = EXECUTE
    good_raw: int = 0
    scrap_raw: int = 0
    temperature_degc: float = 0.0
    jam: bool = False
    stop_asked: bool = False
    made: dict[str, OrderTruth] = field(default_factory=dict)
    glitch: dict[str, int] = field(default_factory=dict)
    _path: list[tuple[int, float]] = field(default_factory=list)
    _left_s: float = 0.0
    _part: float = 0.0
    _next_part: float = 1.0

    def __post_init__(self) -> None:
        self.good_raw = self.spec.good_start
        self.temperature_degc = self.spec.temperature_degc
        self.made.setdefault(self.order, OrderTruth())

    @property
    def speed_per_h(self) -> float:
        """Counts per simulated hour at which it runs now."""
        return self.spec.ideal_rate_per_h if self.state == EXECUTE else 0.0

    @property
    def hot(self) -> bool:
        """Whether the temperature alarm stands."""
        return self.temperature_degc > self.spec.temperature_degc + TEMPERATURE_ALARM_ABOVE_K

    def step(self, dt_s: float, acting_s: float) -> None:
        """Go on by `dt_s` simulated seconds; acting states last `acting_s`."""
        self._drift(dt_s)
        if self._path:
            self._walk(dt_s)
        elif self.state == EXECUTE:
            self._produce(dt_s)
            self._disturb(dt_s, acting_s)

    def _walk(self, dt_s: float) -> None:
        """Through the states of `_path`; Execute at its end produces again from the next step on."""
        self._left_s -= dt_s
        while self._path and self._left_s <= 0:
            self._path.pop(0)
            if self._path:
                self.state, duration_s = self._path[0]
                self._left_s += duration_s
            if self.state in (CLEARING, EXECUTE):
                self.jam = False
        if not self._path:
            self._left_s = 0.0

    def _go(self, *path: tuple[int, float]) -> None:
        self._path = list(path)
        self.state, self._left_s = self._path[0]

    def _produce(self, dt_s: float) -> None:
        self._part += dt_s * self.spec.ideal_rate_per_h / 3600
        truth = self.made.setdefault(self.order, OrderTruth())
        while self._part >= self._next_part:
            self._part -= self._next_part
            # parts do not come like a metronome; the mean stays a little under the ideal rate
            self._next_part = self.rng.uniform(0.8, 1.3)
            if self.rng.random() < self.spec.scrap_share:
                truth.scrap += 1
                self.scrap_raw = (self.scrap_raw + 1) % self.spec.scrap_modulus
            else:
                truth.good += 1
                self.good_raw = (self.good_raw + 1) % self.spec.good_modulus

    def _disturb(self, dt_s: float, acting_s: float) -> None:
        for every_s, fall in (
            (MICRO_STOP_EVERY_S, self._micro_stop),
            (STARVED_EVERY_S, self._starve),
            (HELD_EVERY_S, self._hold),
            (JAM_EVERY_S, self._jam),
        ):
            if self.rng.random() < dt_s / every_s:
                fall(acting_s)
                return

    def _micro_stop(self, acting_s: float) -> None:
        self._go((SUSPENDED, self.rng.uniform(*MICRO_STOP_S)), (EXECUTE, 0.0))

    def _starve(self, acting_s: float) -> None:
        starved_s = self.rng.uniform(*STARVED_S)
        self._go((SUSPENDING, acting_s), (SUSPENDED, starved_s), (UNSUSPENDING, acting_s), (EXECUTE, 0.0))

    def _hold(self, acting_s: float) -> None:
        held_s = self.rng.uniform(*HELD_S)
        self._go((HOLDING, acting_s), (HELD, held_s), (UNHOLDING, acting_s), (EXECUTE, 0.0))

    def _jam(self, acting_s: float) -> None:
        self.jam = True
        self._go(
            (ABORTING, acting_s),
            (ABORTED, self.rng.uniform(*JAM_S)),
            (CLEARING, acting_s),
            (STOPPED, acting_s),
            *_start_up(acting_s),
        )

    def _drift(self, dt_s: float) -> None:
        """A random walk that is drawn back to its middle within some simulated minutes."""
        middle = self.spec.temperature_degc if self.state == EXECUTE else self.spec.temperature_degc - 3
        pull = min(1.0, dt_s / 600)
        self.temperature_degc += (middle - self.temperature_degc) * pull
        self.temperature_degc += self.rng.gauss(0, 0.08) * min(4.0, dt_s**0.5)

    def stop(self, acting_s: float) -> None:
        """To Stopped, at once as seen by the counters: they do not move any more."""
        self.stop_asked = True
        self.jam = False
        self._go((STOPPED, float("inf")))

    def resume(self, acting_s: float) -> None:
        """From Stopped through the start-up to Execute."""
        if self.stop_asked:
            self.stop_asked = False
            self._go(*_start_up(acting_s))

    def jump(self, counter: str, by: int) -> None:
        """The counter moves by what was never made."""
        self._set(counter, self._get(counter) + by)

    def reset(self, counter: str) -> None:
        """The counter starts again at 0."""
        self._set(counter, 0)

    def put_glitch(self, counter: str) -> int:
        """The counter will show a garbage value, far from the true one; returned."""
        modulus = self._modulus(counter)
        value = (self._get(counter) + modulus // 2 + self.rng.randrange(modulus // 8)) % modulus
        self.glitch[counter] = value
        return value

    def shown(self, counter: str) -> int:
        """The counter's value as a reader gets it now."""
        return self.glitch.get(counter, self._get(counter))

    def take_glitch(self, counter: str) -> None:
        """The garbage value has been seen; the true one returns."""
        self.glitch.pop(counter, None)

    def set_order(self, order: str, lot: str) -> None:
        """What is made from now on is made for this order, into this lot."""
        self.order, self.lot = order, lot
        self.made.setdefault(order, OrderTruth())

    def _get(self, counter: str) -> int:
        return self.good_raw if counter == "good" else self.scrap_raw

    def _set(self, counter: str, value: int) -> None:
        if counter == "good":
            self.good_raw = value % self._modulus(counter)
        else:
            self.scrap_raw = value % self._modulus(counter)

    def _modulus(self, counter: str) -> int:
        return self.spec.good_modulus if counter == "good" else self.spec.scrap_modulus

    def truth(self) -> dict[str, object]:
        """What was really made, and what the counters show."""
        return {
            "order": self.order,
            "lot": self.lot,
            "state": self.state,
            "units_per_count": self.spec.units_per_count,
            "good": sum(t.good for t in self.made.values()),
            "scrap": sum(t.scrap for t in self.made.values()),
            "orders": {o: {"good": t.good, "scrap": t.scrap} for o, t in self.made.items()},
            "raw": {"good": self.good_raw, "scrap": self.scrap_raw},
        }


def _start_up(acting_s: float) -> tuple[tuple[int, float], ...]:
    return (RESETTING, acting_s), (IDLE, acting_s), (STARTING, acting_s), (EXECUTE, 0.0)


class Plant:
    """All machines, and the simulated time."""

    def __init__(self, seed: int, speed: float, specs: Iterable[MachineSpec] = MACHINES) -> None:
        """`speed`: simulated seconds in a real one."""
        self.speed = speed
        self.elapsed_s = 0.0
        # a generator of its own for each machine: a command to one does not change the others' fate
        self.machines = {spec.name: Machine(spec, random.Random(f"{seed}/{spec.name}")) for spec in specs}

    @property
    def acting_s(self) -> float:
        """How long acting states last, simulated seconds."""
        return max(ACTING_S, ACTING_REAL_S * self.speed)

    def step(self, dt_s: float) -> None:
        """Go on by `dt_s` real seconds."""
        simulated_s = dt_s * self.speed
        self.elapsed_s += simulated_s
        for machine in self.machines.values():
            machine.step(simulated_s, self.acting_s)

    def machine(self, name: str) -> Machine:
        """The machine of this name, however its case. Errors: KeyError."""
        for known, machine in self.machines.items():
            if known.lower() == name.lower():
                return machine
        raise KeyError(name)

    def truth(self) -> dict[str, object]:
        """What was really made by every machine."""
        return {name: machine.truth() for name, machine in self.machines.items()}
