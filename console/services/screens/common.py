"""What all pages share: the stores, a cached mirror, the edge's sign of life, and how times are told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from console.domain import units
from console.domain.equipment import Machine, Plant
from console.errors import DecisionError
from console.services.facts import Context, context_of, released_to
from console.services.views import OdooLink
from console.store import master
from console.store.master import Mirror, OdooLinkRow
from console.store.telemetry import Heartbeat, Telemetry

# The edge beats once a second; after this long nobody can say that it still reads and posts
EDGE_SILENCE_S = 5.0
EDGE_REMEDY = "Start it with `plant-console edge`, or start its service."


class NotFound(DecisionError):
    """What was asked for is not, or not any more, in the ledger or the plant file."""


@dataclass(frozen=True, slots=True)
class Known:
    """A mirror with look-ups that are asked again and again; lives as long as the mirror stays the same.

    Two threads may both compute an entry; they compute the same one.
    """

    mirror: Mirror
    _contexts: dict[tuple[str, str], Context] = field(default_factory=dict)
    _released: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def context(self, machine: Machine, order_reference: str) -> Context:
        """Order, operation, product and units; see ``facts.context_of``."""
        key = (machine.name, order_reference)
        if key not in self._contexts:
            self._contexts[key] = context_of(self.mirror, machine, order_reference)
        return self._contexts[key]

    def released(self, machine: Machine) -> tuple[str, ...]:
        """Orders that could run there."""
        if machine.name not in self._released:
            self._released[machine.name] = released_to(self.mirror, machine)
        return self._released[machine.name]


@dataclass(frozen=True, slots=True)
class EdgeLife:
    """Whether the background process lives.

    Attributes:
        at: its last sign of life.
        reason: empty while it lives.
        trouble: what one of its tasks fails with although it lives; Odoo's side is told by the link to Odoo.
    """

    alive: bool
    at: datetime | None
    reason: str
    trouble: str = ""


class Stores:
    """Where the pages read from.

    Attributes:
        zone: the plant's time zone, for times inside sentences.
    """

    def __init__(
        self,
        ledger: Engine,
        telemetry: Telemetry,
        plant: Plant,
        clock: Callable[[], datetime],
        odoo_web_url: str,
    ) -> None:
        self.ledger = ledger
        self.telemetry = telemetry
        self.plant = plant
        self.clock = clock
        self.odoo_web_url = odoo_web_url.rstrip("/")
        self.zone = ZoneInfo(plant.timezone)
        self._known: tuple[object, Known] | None = None

    def known(self, tx: Connection, link: OdooLinkRow | None = None) -> Known:
        """The mirror as of this transaction; read anew only after a synchronisation.

        Args:
            link: the row of ``master.link``, where the caller has it already.
        """
        link = link or master.link(tx)
        mark = (link.synced_at, link.whole_at, link.watermark) if link and link.synced_at else None
        if mark is not None and self._known is not None and self._known[0] == mark:
            return self._known[1]
        found = Known(master.mirror(tx))
        self._known = (mark, found)
        return found

    def machine(self, name: str) -> Machine:
        """A machine of the plant file. Raises NotFound."""
        machine = self.plant.machine(name)
        if machine is None:
            names = ", ".join(m.name for m in self.plant.machines) or "none"
            raise NotFound(f"There is no machine {name!r} in the plant file.", f"Its machines are: {names}.")
        return machine

    def title(self, name: str) -> str:
        """A machine as people call it, also where the plant file has lost it."""
        machine = self.plant.machine(name)
        return machine.title if machine else name

    def edge(self, now: datetime) -> EdgeLife:
        """Whether the edge lives, by its heartbeat."""
        beats = [b for name, b in self.telemetry.heartbeats().items() if name.split("@")[0] == "edge"]
        return edge_life(max(beats, key=lambda b: b.at, default=None), now)

    # --- times in words -----------------------------------------------------------------------------------

    def minute(self, at: datetime) -> str:
        """``09:34``, plant time."""
        return f"{at.astimezone(self.zone):%H:%M}"

    def second(self, at: datetime) -> str:
        """``09:34:12``, plant time."""
        return f"{at.astimezone(self.zone):%H:%M:%S}"

    def near(self, at: datetime, now: datetime) -> str:
        """``09:34:12``, with the date where it was another day."""
        here, there = at.astimezone(self.zone), now.astimezone(self.zone)
        return f"{here:%H:%M:%S}" if here.date() == there.date() else f"{here:%Y-%m-%d %H:%M:%S}"

    def span(self, start: datetime, end: datetime) -> str:
        """``09:00 to 10:00``, plant time; seconds only where there are some."""
        whole = not (start.second or end.second)
        tell = self.minute if whole else self.second
        return f"{tell(start)} to {tell(end)}"


def edge_life(beat: Heartbeat | None, now: datetime) -> EdgeLife:
    """What a heartbeat says."""
    if beat is None:
        return EdgeLife(False, None, f"The edge has not run yet: nothing is read or posted. {EDGE_REMEDY}")
    age = (now - beat.at).total_seconds()
    if age > EDGE_SILENCE_S:
        return EdgeLife(
            False,
            beat.at,
            f"The edge was last heard of {ago(age)} ago: nothing is read or posted. {EDGE_REMEDY}",
        )
    faults = {task: words for task, words in dict(beat.data.get("faults", {})).items() if task != "Odoo"}
    return EdgeLife(True, beat.at, "", " ".join(f"{task}: {words}" for task, words in faults.items()))


def odoo_link(plant: Plant, link: OdooLinkRow | None, edge: EdgeLife) -> tuple[OdooLink, str, str]:
    """(state, reason, remedy) of the link to Odoo; only a living edge knows it."""
    if plant.odoo is None:
        return OdooLink.NOT_CONFIGURED, "The plant file names no Odoo.", "Add [odoo] to the plant file."
    if not edge.alive:
        return OdooLink.UNKNOWN, edge.reason, ""
    if link is None or link.state not in (OdooLink.UP, OdooLink.DOWN, OdooLink.REFUSED):
        return OdooLink.UNKNOWN, "Odoo was not asked yet.", ""
    return OdooLink(link.state), link.reason, link.remedy


def ago(seconds: float) -> str:
    """An age in one or two words: ``9 s``, ``12 min``, ``3 h``, ``5 d``."""
    total = max(0, round(seconds))
    if total < 120:
        return f"{total} s"
    if total < 2 * 3600:
        return f"{total // 60} min"
    return f"{total // 3600} h" if total < 48 * 3600 else f"{total // 86400} d"


def factor_to_order(context: Context) -> float | None:
    """Order units in one machine unit; None where they do not convert or are not known."""
    one, other = context.machine_unit, context.order_unit
    if one is None or other is None or not units.convertible(one, other):
        return None
    return units.convert(1.0, one, other)


def ordered_quantity(context: Context) -> float | None:
    """What the order asks of this machine, in the order's unit."""
    if context.operation is not None:
        return context.operation.quantity
    return context.order.quantity if context.order is not None else None


def product_name(context: Context) -> str:
    """As people read it; empty where it is not known."""
    return context.product.name if context.product is not None else ""


def joined(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + f" and {words[-1]}" if words else ""


def around(start: datetime, end: datetime, share: float = 0.1) -> tuple[datetime, datetime]:
    """A span with some time before and after."""
    edge = timedelta(seconds=(end - start).total_seconds() * share)
    return start - edge, end + edge
