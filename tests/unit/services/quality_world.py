"""A shop with limits, stock in quarantine's reach, and everybody who decides about quality."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from console.domain.detect import detect
from console.domain.equipment import LimitSpec, Machine, QualityPlan
from console.domain.master_data import (
    Location,
    Lot,
    LotLink,
    LotStock,
    QualityQuestion,
    QualityTest,
)
from console.domain.people import Person, Role
from console.domain.postings import PostingState
from console.domain.records import RecordSeen
from console.domain.tags import Quality as SampleQuality
from console.domain.tags import Sample
from console.services.follow_quality import FollowQuality
from console.services.ingest import Detected
from console.services.posting_book import PostingBook
from console.services.quality import Quality, Signature
from console.services.tend_quality import TendBatches, TendHolds
from console.services.views import Decided
from console.services.views.quality import HoldDetail
from console.store import holds, master, outbox
from console.store.engine import open_telemetry, read, write
from console.store.holds import HoldRow
from console.store.outbox import PostingRow
from console.store.telemetry import Heartbeat, Telemetry
from tests.rigs.floor import PIN, Floor, plant_of
from tests.unit.services.shop import MACHINES, ODOO, PASTE, open_shop, synced

STOCK, QUARANTINE, CUSTOMERS, SCRAP, SHELF, CAGE = 8, 20, 5, 30, 9, 21
PLACES = (
    Location(STOCK, "WH/Stock", "internal"),
    Location(SHELF, "WH/Stock/Shelf 2", "internal"),
    Location(QUARANTINE, "WH/Quarantine", "internal"),
    Location(CAGE, "WH/Quarantine/Cage", "internal"),
    Location(CUSTOMERS, "Partners/Customers", "customer"),
    Location(SCRAP, "Virtual Locations/Scrap", "inventory"),
)
L1, CHILD, GRANDCHILD = 5, 6, 7
TEMPERATURE = LimitSpec(
    "temperature",
    "mixer.temperature",
    "Paste temperature",
    "degC",
    action_high=8.0,
    warning_high=6.0,
    severity=2,
)
HALL = LimitSpec("hall", "mixer.hall", "Hall temperature", "degC", warning_high=23.0, environmental=True)
VISCOSITY = LimitSpec("viscosity", "", "Viscosity", "Pa.s", action_low=2.0, action_high=4.0, severity=3)
LEVEL = LimitSpec("level", "mixer.level", "Level", "%", action_low=10.0, scope="window")
SEAL = LimitSpec("seal", "mixer.seal", "Seal force", "N", action_low=5.0, scope="output", severity=1)
LIMITS = (TEMPERATURE, HALL, VISCOSITY, LEVEL, SEAL)
TEST = QualityTest(
    3,
    "Paste release",
    (
        QualityQuestion(31, "Density", "quantitative", 1.0, 1.2, "kg/l"),
        QualityQuestion(
            32, "Colour", "qualitative", 0.0, 0.0, "", ((321, "right", True), (322, "off", False))
        ),
    ),
)
BATCH_TEST = QualityTest(
    4,
    "Batch surroundings",
    (
        QualityQuestion(41, "Hall temperature max", "quantitative", 0.0, 25.0, "degC"),
        QualityQuestion(42, "hall minutes outside", "quantitative", 0.0, 0.0, "min"),
        QualityQuestion(
            43, "All within limits", "qualitative", 0, 0, "", ((431, "yes", True), (432, "no", False))
        ),
    ),
)
MEANING = "I reviewed the evidence and release the material"
SCRAPPED = "I reviewed the evidence and reject the material"
REWORKED = "I reviewed the evidence and send the material to rework"


@cache
def _ledger_with_inspectors() -> Path:
    """Made once: hashing PINs is slow on purpose."""
    folder = Path(tempfile.mkdtemp(prefix="plant-console-quality-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    floor = open_shop(folder)
    for name in ("Ines", "Ivo"):
        floor.people.create(floor.lead, name, frozenset({Role.INSPECTOR}), PIN)
    floor.ledger.dispose()
    return folder / "ledger.db"


class QualityWorld:
    """The mixer makes PASTE into lot L-1."""

    def __init__(
        self, folder: Path, *, two_people_from: int = 1, limits: Sequence[LimitSpec] = LIMITS
    ) -> None:
        machines: tuple[Machine, ...] = tuple(
            replace(m, limits=tuple(limits)) if m.name == "mixer" else m for m in MACHINES
        )
        folder.mkdir()
        shutil.copyfile(_ledger_with_inspectors(), folder / "ledger.db")
        self.floor = Floor(folder, plant_of(machines, ODOO))
        self.plant = replace(
            self.floor.plant, quality=QualityPlan("WH/Quarantine", "Batch surroundings", two_people_from)
        )
        self.floor.plant = self.plant
        self.ledger, self.clock = self.floor.ledger, self.floor.clock
        self.telemetry = Telemetry(open_telemetry(folder / "telemetry.db"))
        self.quality = Quality(self.ledger, self.telemetry, self.plant, self.floor.people, "test", self.clock)
        self.floor.ingest._plant = self.plant
        self.floor.ingest._followers = (FollowQuality(self.plant),)
        self.memories = self.floor.ingest.load()
        by_name = {p.name: p for p in self.floor.people.everybody()}
        self.inspector, self.other = by_name["Ines"], by_name["Ivo"]
        self.supervisor = self.floor.second
        self.stock({STOCK: 240.0})
        self.odoo_up()

    # --- surroundings -------------------------------------------------------------------------------------

    def person(self, name: str, role: Role) -> Person:
        return self.floor.people.create(self.floor.lead, name, frozenset({role}), PIN)

    def stock(self, of_l1: dict[int, float], of_child: dict[int, float] | None = None) -> None:
        """Odoo is read: where L-1 and the lot that was made of it lie."""
        self.clock.turn(1)
        rows = [LotStock(L1, 8, place, quantity) for place, quantity in of_l1.items()]
        rows += [LotStock(CHILD, 7, place, quantity) for place, quantity in (of_child or {}).items()]
        synced(
            self.floor,
            lots=(Lot(L1, "L-1", 8), Lot(CHILD, "C-1", 7), Lot(GRANDCHILD, "C-2", 7)),
            locations=PLACES,
            lot_stock=tuple(rows),
            lot_links=(LotLink(L1, CHILD, "WH/MO/00001"), LotLink(CHILD, GRANDCHILD, "WH/MO/00002")),
            quality_tests=(TEST, BATCH_TEST),
            stock_fetched=True,
        )

    def odoo_up(self) -> None:
        """The edge lives and reaches Odoo."""
        self.telemetry.beat(Heartbeat("edge", 1, self.clock(), {}))
        with write(self.ledger) as tx:
            master.set_link(tx, "up", "", "", self.clock())

    def odoo_down(self) -> None:
        self.telemetry.beat(Heartbeat("edge", 1, self.clock(), {}))
        with write(self.ledger) as tx:
            master.set_link(tx, "down", "no answer", "Wait.", self.clock())

    # --- machines -----------------------------------------------------------------------------------------

    def runs(self, order: str = PASTE, lot: str = "L-1") -> None:
        self.value("mixer.order", order)
        self.value("mixer.lot", lot)

    def value(self, tag: str, value: float | str, later_s: float = 1.0) -> None:
        """A value comes, through detection and the edge's commit."""
        self.clock.turn(later_s)
        now = self.clock()
        sample = Sample(tag, value, SampleQuality.GOOD, now, now)
        self.telemetry.append([sample])
        self.detected([sample])

    def wait(self, seconds: float) -> None:
        """Nothing comes."""
        self.clock.turn(seconds)
        self.detected([])

    def detected(self, samples: Sequence[Sample]) -> None:
        mixer = self.plant.machine("mixer")
        assert mixer is not None
        memory = self.memories["mixer"]
        events = detect(mixer, memory, samples, self.clock())
        self.floor.ingest.store([Detected(mixer, memory, events)], self.clock())

    def restart(self) -> None:
        """The edge died and is there again."""
        self.memories = self.floor.ingest.load()

    def makes(self, count: int) -> None:
        """The mixer counts, past the detector's patience."""
        self.floor.makes("mixer", count)

    # --- holds --------------------------------------------------------------------------------------------

    def held(self) -> list[HoldRow]:
        with read(self.ledger) as tx:
            return holds.not_over(tx)

    def hold(self, hold_id: int = 1) -> HoldRow:
        with read(self.ledger) as tx:
            found = holds.get(tx, hold_id)
        assert found is not None
        return found

    def shown(self, hold_id: int = 1) -> HoldDetail:
        return self.quality.hold(hold_id)

    def breach(self) -> HoldRow:
        """The paste is too warm while L-1 is made."""
        self.runs()
        self.value("mixer.temperature", 5.0)
        self.value("mixer.temperature", 9.5)
        return self.held()[-1]

    def keep(self, hold_id: int = 1, children: Sequence[int] = (), who: Person | None = None) -> Decided:
        version = self.hold(hold_id).version
        return self.quality.keep(who or self.inspector, hold_id, version, "too warm", children)

    def kept(self) -> HoldRow:
        """A breach, kept, and lying in quarantine as Odoo was read back."""
        hold = self.breach()
        self.keep(hold.id)
        self.land()
        self.stock({QUARANTINE: 240.0})
        self.odoo_up()
        return self.hold(hold.id)

    def postings(self) -> list[PostingRow]:
        return self.floor.postings()

    def land(self, seen_state: str = "done") -> PostingRow:
        """The newest posting is seen in Odoo, as the poster stores it."""
        row = self.postings()[-1]
        self.clock.turn(1)
        book = PostingBook(self.ledger, self.clock, lambda tx: None, 150.0)
        book.record_verified((row,), RecordSeen(True, "stock.picking:77", seen_state, self.clock()))
        return row

    def reject(self) -> PostingRow:
        """Odoo refuses the newest posting."""
        row = self.postings()[-1]
        book = PostingBook(self.ledger, self.clock, lambda tx: None, 150.0)
        book.refused((row,), "The stock is gone.", "Look in Odoo.")
        return row

    def states(self) -> list[tuple[str, PostingState]]:
        return [(p.kind, p.state) for p in self.postings()]

    def take_back(self) -> None:
        """A person gives the refused posting up."""
        (item,) = [i for i in self.floor.open_reviews() if i.posting_id is not None]
        self.floor.reviews.resolve(self.supervisor, item.id, item.version, "take-back", "not needed")

    def tend(self) -> None:
        TendHolds(self.ledger, self.plant).tend(self.clock(), lambda tx: None)

    def tend_batches(self) -> None:
        TendBatches(self.ledger, self.telemetry, self.plant).tend(self.clock(), lambda tx: None)

    def posting(self, posting_id: int) -> PostingRow:
        with read(self.ledger) as tx:
            row = outbox.get(tx, posting_id)
        assert row is not None
        return row


def signed(reason: str = "within the deviation", **values: str) -> Signature:
    """As the inspector gives it."""
    return replace(Signature(PIN, MEANING, reason), **values)


def ago(world: QualityWorld, minutes: float) -> datetime:
    return world.clock() - timedelta(minutes=minutes)
