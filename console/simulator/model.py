"""The machines themselves: states, counters, temperatures. Pure: same seed and steps, same plant.

States are PackML numbers (OPC 30050). All durations inside are simulated seconds; ``Plant.step`` takes real
seconds and multiplies by the speed factor.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field

from console.simulator.catalog import HALL, MACHINES, MATERIAL_STEP, MachineSpec
from console.simulator.excursion import Excursion, Hall, gone_on, shown, some
from console.simulator.history import History

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
DOWNSTREAM_STARVES_AFTER_S = 60.0
STANDING_MM_S = 0.2
VIBRATION_EVERY_S = 9.0  # a mean of so long is told
OVER_USE = (0.99, 1.05)  # of material, from count to count
_UINT32 = 4294967296


@dataclass
class OrderTruth:
    """What was really made for one order, in counts."""

    good: int = 0
    scrap: int = 0
    material: int = 0


@dataclass
class Machine:
    """One simulated machine.

    Attributes:
        rng: decides what it makes and when it stops. aside: a generator of its own for what was added later,
            so that what it makes stays the same for a seed.
        good_raw, scrap_raw, material_raw: the counters as the machine shows them (start values, jumps and
            resets included).
        temperature_degc: by its own course; ``shown_temperature_degc`` has an excursion in it.
        wear_mm_s: vibration beyond that of the healthy machine; it grows by ``drift_mm_s_per_h`` of running.
        scrap_owed: so many of the next counts come out as scrap.
        forced: alarms that are raised whatever the machine does, with the simulated seconds left.
        made: what was really made, per order reference.
        history: what really happened, and when.
        glitch: a garbage value shown instead of a counter, by counter name, until `take_glitch`.
    """

    spec: MachineSpec
    rng: random.Random
    aside: random.Random = field(default_factory=lambda: random.Random(0))
    order: str = ""
    lot: str = ""
    state: int = EXECUTE
    good_raw: int = 0
    scrap_raw: int = 0
    material_raw: int = 0
    temperature_degc: float = 0.0
    vibration_mm_s: float = STANDING_MM_S
    program: str = ""
    wear_mm_s: float = 0.0
    drift_mm_s_per_h: float = 0.0
    scrap_owed: int = 0
    jam: bool = False
    downstream: bool = False
    excursion: Excursion | None = None
    forced: dict[str, float] = field(default_factory=dict)
    stop_asked: bool = False
    history: History = field(default_factory=History)
    made: dict[str, OrderTruth] = field(default_factory=dict)
    glitch: dict[str, int] = field(default_factory=dict)
    _path: list[tuple[int, float]] = field(default_factory=list)
    _left_s: float = 0.0
    _part: float = 0.0
    _next_part: float = 1.0
    _cause: str = ""
    _jammed_s: float = 0.0
    _slow_left_s: float = 0.0
    _sway: float = 0.0
    _material: float = 0.0
    _appetite: float = 1.0
    _fed: float = 0.0

    def __post_init__(self) -> None:
        self.good_raw = self.spec.good_start
        self.temperature_degc = self.spec.temperature_degc
        self.program = self.spec.program
        self.made.setdefault(self.order, OrderTruth())

    @property
    def speed_per_h(self) -> float:
        """Counts per simulated hour at which it runs now."""
        return self.spec.ideal_rate_per_h if self.state == EXECUTE else 0.0

    @property
    def hot(self) -> bool:
        """Whether the temperature alarm stands."""
        return self.shown_temperature_degc > self.spec.temperature_degc + TEMPERATURE_ALARM_ABOVE_K

    @property
    def shown_temperature_degc(self) -> float:
        """The temperature as a reader gets it."""
        return shown(self.temperature_degc, self.spec.temperature_degc, self.excursion)

    def alarm(self, signal: str) -> bool:
        """Whether this alarm is raised. Errors: KeyError for one that it does not have."""
        own = {"alarm_jam": self.jam, "alarm_temperature": self.hot, "alarm_downstream": self.downstream}
        return own[signal] or signal in self.forced

    def step(self, dt_s: float, acting_s: float) -> None:
        """Go on by `dt_s` simulated seconds; acting states last `acting_s`."""
        self._drift(dt_s)
        self._go_on_with_what_is_forced(dt_s)
        if self._path:
            self._walk(dt_s)
        elif self.state == EXECUTE:
            self._produce(dt_s)
            self._disturb(dt_s, acting_s)
        self._jammed_s = self._jammed_s + dt_s if self.jam else 0.0
        if self._jammed_s > DOWNSTREAM_STARVES_AFTER_S:
            self.downstream = True
        elif self.state == EXECUTE:
            self.downstream = False
        self._shake(dt_s)

    def note(self, at: float) -> None:
        """Keep in mind what is so at this time (epoch seconds), which is what a reader can see."""
        self.history.state(at, self.state, self._cause)
        self.history.raised(at, (signal for signal, _, _ in self.spec.alarms if self.alarm(signal)))
        shown, lasting = round(self.shown_temperature_degc, 1), self.excursion is not None
        self.history.excursion(at, "temperature", shown, lasting)

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
            self._feed(truth, 1.0)
            self._part -= self._next_part
            # parts do not come like a metronome; the mean stays a little under the ideal rate
            self._next_part = self.rng.uniform(0.8, 1.3)
            # drawn in any case, so that scrap on demand changes nothing of what comes later
            if (self.rng.random() < self.spec.scrap_share) | (self.scrap_owed > 0):
                self.scrap_owed = max(0, self.scrap_owed - 1)
                truth.scrap += 1
                self.scrap_raw = (self.scrap_raw + 1) % self.spec.scrap_modulus
            else:
                truth.good += 1
                self.good_raw = (self.good_raw + 1) % self.spec.good_modulus
        self._feed(truth, self._part / self._next_part)

    def _feed(self, truth: OrderTruth, share: float) -> None:
        """Material goes in while a part is made; ``share`` of this one is done.

        Good or not, it takes a little more than it should.
        """
        if not self.spec.material_per_count:
            return
        if self._fed == 0.0:
            self._appetite = self.aside.uniform(*OVER_USE)
        self._material += self.spec.material_per_count / MATERIAL_STEP * self._appetite * (share - self._fed)
        self._fed = share if share < 1.0 else 0.0
        counts = int(self._material)
        self._material -= counts
        truth.material += counts
        self.material_raw = (self.material_raw + counts) % _UINT32

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
        self._cause = "micro"
        self._go((SUSPENDED, self.rng.uniform(*MICRO_STOP_S)), (EXECUTE, 0.0))

    def _starve(self, acting_s: float) -> None:
        self._cause = "starved"
        starved_s = self.rng.uniform(*STARVED_S)
        self._go((SUSPENDING, acting_s), (SUSPENDED, starved_s), (UNSUSPENDING, acting_s), (EXECUTE, 0.0))

    def _hold(self, acting_s: float) -> None:
        self._cause = "held"
        held_s = self.rng.uniform(*HELD_S)
        self._go((HOLDING, acting_s), (HELD, held_s), (UNHOLDING, acting_s), (EXECUTE, 0.0))

    def _jam(self, acting_s: float) -> None:
        self._abort("jam", self.rng.uniform(*JAM_S), acting_s)

    def _abort(self, cause: str, aborted_s: float, acting_s: float) -> None:
        """Jammed and aborted for so long, then cleared and started up."""
        self._cause = cause
        self.jam = True
        self._go(
            (ABORTING, acting_s),
            (ABORTED, aborted_s),
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

    def _go_on_with_what_is_forced(self, dt_s: float) -> None:
        self.forced = {signal: left - dt_s for signal, left in self.forced.items() if left > dt_s}
        self.excursion = gone_on(self.excursion, dt_s)

    def _shake(self, dt_s: float) -> None:
        """Vibration: it wanders slowly while the machine runs, and grows with wear."""
        running = self.state == EXECUTE
        if running:
            self.wear_mm_s = max(0.0, self.wear_mm_s + self.drift_mm_s_per_h * dt_s / 3600)
        self._slow_left_s -= dt_s
        if self._slow_left_s <= 0:
            self._slow_left_s = VIBRATION_EVERY_S
            self._sway = 0.7 * self._sway + self.aside.gauss(0, 0.04)
        shown = self.spec.vibration_mm_s + self.wear_mm_s if running else STANDING_MM_S
        self.vibration_mm_s = round(max(0.0, shown + (self._sway if running else 0.0)), 2)

    def break_down(self, seconds: float, acting_s: float) -> None:
        """Aborts with a jam that lasts so many simulated seconds. Errors: ValueError where it is stopped."""
        if self.stop_asked:
            raise ValueError(f"{self.spec.name} is stopped; resume it first")
        self._abort("breakdown", some(seconds), acting_s)

    def make_excursion(self, by: float, seconds: float) -> None:
        """The temperature goes `by` kelvin off its middle and back, in so many simulated seconds."""
        self.excursion = Excursion(by, some(seconds))

    def raise_alarm(self, name: str, seconds: float) -> str:
        """An alarm without its cause, for so many simulated seconds; by its signal or the rest of it after
        "alarm_". Errors: KeyError for one that it does not have."""
        signal = name if name.startswith("alarm_") else f"alarm_{name}"
        self.alarm(signal)
        self.forced[signal] = some(seconds)
        return signal

    def make_scrap(self, n: int) -> None:
        """The next `n` counts come out as scrap. Errors: ValueError for less than one."""
        self.scrap_owed += int(some(n))

    def stop(self, acting_s: float) -> None:
        """To Stopped, at once as seen by the counters: they do not move any more."""
        self._cause = "asked"
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
        return {"good": self.good_raw, "scrap": self.scrap_raw, "material": self.material_raw}[counter]

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
            "orders": {o: self._made(t) for o, t in self.made.items()},
            "raw": {"good": self.good_raw, "scrap": self.scrap_raw, "material": self.material_raw},
            "wear_mm_s": round(self.wear_mm_s, 3),
            **self.history.truth(),
        }

    def _made(self, truth: OrderTruth) -> dict[str, float]:
        """For one order, in counts; ``consumed`` in component units, where the machine counts material."""
        made: dict[str, float] = {"good": truth.good, "scrap": truth.scrap}
        if self.spec.material_per_count:
            made["consumed"] = round(truth.material * MATERIAL_STEP, 3)
        return made


def _start_up(acting_s: float) -> tuple[tuple[int, float], ...]:
    return (RESETTING, acting_s), (IDLE, acting_s), (STARTING, acting_s), (EXECUTE, 0.0)


class Plant:
    """All machines, the hall around them, and the simulated time.

    Attributes:
        at: the time of the last step, epoch seconds.
    """

    def __init__(self, seed: int, speed: float, specs: Iterable[MachineSpec] = MACHINES) -> None:
        """`speed`: simulated seconds in a real one."""
        self.speed = speed
        self.elapsed_s = 0.0
        self.at = 0.0
        # a generator of its own for each machine: a command to one does not change the others' fate
        self.machines = {
            spec.name: Machine(
                spec, random.Random(f"{seed}/{spec.name}"), random.Random(f"{seed}/{spec.name}/aside")
            )
            for spec in specs
        }
        self.hall = Hall(random.Random(f"{seed}/{HALL}"))

    @property
    def acting_s(self) -> float:
        """How long acting states last, simulated seconds."""
        return max(ACTING_S, ACTING_REAL_S * self.speed)

    def step(self, dt_s: float, at: float | None = None) -> None:
        """Go on by `dt_s` real seconds, to the time `at`; without it the time goes on by as much."""
        simulated_s = dt_s * self.speed
        self.elapsed_s += simulated_s
        for machine in self.machines.values():
            machine.step(simulated_s, self.acting_s)
        self.hall.step(simulated_s)
        self.note(self.at + dt_s if at is None else at)

    def note(self, at: float) -> None:
        """Keep in mind what is so at this time, epoch seconds; after each command, too."""
        self.at = at
        for machine in self.machines.values():
            machine.note(at)
        self.hall.note(at)

    def machine(self, name: str) -> Machine:
        """The machine of this name, however its case. Errors: KeyError."""
        for known, machine in self.machines.items():
            if known.lower() == name.lower():
                return machine
        raise KeyError(name)

    def truth(self) -> dict[str, object]:
        """What was really made by every machine."""
        return {name: machine.truth() for name, machine in self.machines.items()}
