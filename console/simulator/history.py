"""What really happened to a simulated machine: its stops, alarms and excursions, with their times.

Times are epoch seconds, as given to ``note``; the newest entries are kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

KEPT = 500
# of the states of one stop, the one that names it: the first of these that it went through
_NAMING = (9, 2, 11, 5)  # aborted, stopped, held, suspended
_EXECUTE = 6


@dataclass
class Stop:
    """A time in which the machine did not execute.

    Attributes:
        cause: what the simulator did: "micro", "starved", "held", "jam", "breakdown" or "asked".
        states: each PackML number it went through, with when it began.
        ended: None while it stands.
    """

    cause: str
    started: float
    ended: float | None = None
    states: list[tuple[int, float]] = field(default_factory=list)

    @property
    def state(self) -> int:
        """The PackML number that names the stop."""
        seen = [state for state, _ in self.states]
        return next((state for state in _NAMING if state in seen), seen[0])

    def truth(self) -> dict[str, object]:
        """As told on the control channel."""
        return {
            "state": self.state,
            "cause": self.cause,
            "started": self.started,
            "ended": self.ended,
            "states": [list(entry) for entry in self.states],
        }


@dataclass
class Span:
    """An alarm that was raised, or an excursion. ``most``: the most extreme value that was shown."""

    name: str
    started: float
    ended: float | None = None
    most: float | None = None

    def truth(self) -> dict[str, object]:
        """As told on the control channel."""
        told: dict[str, object] = {"name": self.name, "started": self.started, "ended": self.ended}
        return told if self.most is None else {**told, "most": self.most}


@dataclass
class History:
    """What happened so far."""

    stops: deque[Stop] = field(default_factory=lambda: deque(maxlen=KEPT))
    alarms: deque[Span] = field(default_factory=lambda: deque(maxlen=KEPT))
    excursions: deque[Span] = field(default_factory=lambda: deque(maxlen=KEPT))

    def state(self, at: float, state: int, cause: str) -> None:
        """The machine is in this state now, because of this."""
        stop = self.stops[-1] if self.stops and self.stops[-1].ended is None else None
        if state == _EXECUTE:
            if stop is not None:
                stop.ended = at
            return
        if stop is None:
            stop = Stop(cause, at)
            self.stops.append(stop)
        stop.cause = cause
        if not stop.states or stop.states[-1][0] != state:
            stop.states.append((state, at))

    def raised(self, at: float, names: Iterable[str]) -> None:
        """These alarms are raised now, and no others."""
        left = set(names)
        for span in self.alarms:
            if span.ended is None:
                if span.name in left:
                    left.discard(span.name)
                else:
                    span.ended = at
        self.alarms.extend(Span(name, at) for name in sorted(left))

    def excursion(self, at: float, name: str, shown: float, lasting: bool) -> None:
        """The value is ``shown`` now; ``lasting``: it is on an excursion."""
        span = self.excursions[-1] if self.excursions and self.excursions[-1].ended is None else None
        if not lasting:
            if span is not None:
                span.ended = at
            return
        if span is None:
            span = Span(name, at, most=shown)
            self.excursions.append(span)
        span.most = max(span.most or shown, shown)

    def truth(self) -> dict[str, object]:
        """As told on the control channel."""
        return {
            "stops": [stop.truth() for stop in self.stops],
            "alarms": [span.truth() for span in self.alarms],
            "excursions": [span.truth() for span in self.excursions],
        }
