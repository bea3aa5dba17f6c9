"""Values of the simulated plant that leave their course, and the hall's air."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from console.simulator.history import History

HUMIDITY_EVERY_S = 30.0  # a mean of so long is told
HUMIDITY_PERCENT = 48.0


@dataclass
class Excursion:
    """A value that leaves its course and comes back.

    Attributes:
        by: how far from its middle at the height. long_s, past_s: simulated seconds in all, and until now.
    """

    by: float
    long_s: float
    past_s: float = 0.0

    @property
    def share(self) -> float:
        """How much of it shows, 0 to 1: a tenth of the time each for going and for coming back."""
        ramp_s = self.long_s / 10
        return max(0.0, min(1.0, self.past_s / ramp_s, (self.long_s - self.past_s) / ramp_s))


def shown(value: float, middle: float, excursion: Excursion | None) -> float:
    """The value with its excursion, on whose height it wanders a quarter as much."""
    if excursion is None:
        return value
    share = excursion.share
    return middle + share * excursion.by + (1 - 0.75 * share) * (value - middle)


@dataclass
class Hall:
    """The hall around the machines.

    Attributes:
        humidity_percent: by its own course; ``shown_percent`` has an excursion in it.
    """

    rng: random.Random
    humidity_percent: float = HUMIDITY_PERCENT
    excursion: Excursion | None = None
    history: History = field(default_factory=History)
    _left_s: float = 0.0

    @property
    def shown_percent(self) -> float:
        """The humidity as a reader gets it."""
        return round(shown(self.humidity_percent, HUMIDITY_PERCENT, self.excursion), 1)

    def value(self, signal: str) -> float:
        """A value of the hall. Errors: KeyError."""
        return {"humidity": self.shown_percent}[signal]

    def step(self, dt_s: float) -> None:
        """Go on by `dt_s` simulated seconds."""
        self.excursion = gone_on(self.excursion, dt_s)
        self._left_s -= dt_s
        if self._left_s <= 0:
            self._left_s = HUMIDITY_EVERY_S
            self.humidity_percent += 0.1 * (HUMIDITY_PERCENT - self.humidity_percent)
            self.humidity_percent += self.rng.gauss(0, 0.4)

    def note(self, at: float) -> None:
        """Keep in mind what is so at this time, epoch seconds."""
        self.history.excursion(at, "humidity", self.shown_percent, self.excursion is not None)

    def make_excursion(self, by: float, seconds: float) -> None:
        """The humidity goes `by` percent off its middle and back, in so many simulated seconds."""
        self.excursion = Excursion(by, some(seconds))

    def truth(self) -> dict[str, object]:
        """What really happened."""
        return {"excursions": self.history.truth()["excursions"]}


def gone_on(excursion: Excursion | None, dt_s: float) -> Excursion | None:
    """The excursion `dt_s` simulated seconds later; None once it is over."""
    if excursion is None or excursion.past_s + dt_s >= excursion.long_s:
        return None
    excursion.past_s += dt_s
    return excursion


def some(number: float) -> float:
    """The number, if it is more than 0 and not without end. Errors: ValueError."""
    if not 0 < number < float("inf"):
        raise ValueError(f"{number} is not more than 0")
    return number
