"""Shifts: OEE by ISO 22400, and the hand-over that both people sign."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from console.domain.equipment import Plant
from console.domain.people import Permission, Person
from console.domain.shifts import Shift, shift_at, shift_of_key, shifts_between
from console.errors import AlreadyDecided, InvalidDecision
from console.services.people import People
from console.services.permit import must
from console.services.screens.common import NotFound
from console.services.shift_oee import OeeReader
from console.services.shift_report import (
    Reporter,
    differences,
    hash_of,
    ref_of,
    report_of,
    view_of,
)
from console.services.stop_views import StopReader
from console.services.views import Decided
from console.services.views.shift import OeeView, ShiftRef, ShiftView
from console.store import audit, machines, shifts
from console.store.engine import read, write
from console.store.shifts import Seal

LONGEST_NOTE = 2000
SIGNED = "signed off a shift"


class Shifts:
    """Reads shifts and seals them."""

    def __init__(
        self, ledger: Engine, plant: Plant, people: People, console: str, clock: Callable[[], datetime]
    ) -> None:
        self._ledger = ledger
        self._plant = plant
        self._people = people
        self._console = console
        self._clock = clock
        self._zone = ZoneInfo(plant.timezone)

    # --- reads --------------------------------------------------------------------------------------------

    def shifts(self, limit: int = 30) -> tuple[ShiftRef, ...]:
        """The running shift first, then older ones, back to the first machine event."""
        now = self._clock()
        with read(self._ledger) as tx:
            first = machines.first_event_at(tx) or now
            running = shift_at(self._plant.shifts, self._zone, now)
            since = max(first, now - timedelta(days=max(limit, 1)))  # a day has one shift at least
            older = shifts_between(self._plant.shifts, self._zone, since, running.start)
            found = [running, *reversed([s for s in older if s.start < running.start])][: max(limit, 1)]
            sealed = shifts.sealed_keys(tx, [s.key for s in found])
            return tuple(ref_of(s, now, s.key in sealed) for s in found)

    def shift(self, key: str) -> ShiftView:
        """One shift; a sealed one as it was sealed, with what changed since. Raises NotFound."""
        with read(self._ledger) as tx:
            reader = StopReader(tx, self._plant, self._clock)
            known = shift_of_key(self._plant.shifts, self._zone, key)
            seal = shifts.seal(tx, key)
            if seal is not None:
                return self._sealed(reader, known, seal)
            if known is None:
                raise NotFound(f"There is no shift {key!r}.", "Choose one of the list.")
            ref = ref_of(known, reader.now, False)
            return Reporter(reader).view(ref, self._why_not(known, reader.now))

    def oee(self, machine: str, start: datetime, end: datetime, order_reference: str = "") -> OeeView:
        """OEE of a machine over a span, or of one order in it. Raises NotFound."""
        found = self._plant.machine(machine)
        if found is None:
            names = ", ".join(m.name for m in self._plant.machines) or "none"
            raise NotFound(f"There is no machine {machine!r}.", f"Its machines are: {names}.")
        with read(self._ledger) as tx:
            reader = StopReader(tx, self._plant, self._clock)
            return OeeReader(reader).view(found, start, end, order_reference)

    def _sealed(self, reader: StopReader, known: Shift | None, seal: Seal) -> ShiftView:
        """As it was, also where the plant file has other shifts by now."""
        at = seal.sealed_at.astimezone(self._zone)
        words = f"{seal.handed_over_by} handed over to {seal.taken_over_by}, {at:%Y-%m-%d %H:%M}"
        start, end = (datetime.fromisoformat(seal.report["ref"][k]) for k in ("start", "end"))
        ref = ShiftRef(seal.key, seal.report["ref"]["title"], start, end, running=False, sealed=True)
        before = view_of(seal.report, ref, words, ())
        changes = differences(before, Reporter(reader).view(ref, words))
        whole = hash_of(seal.report) == seal.hash == seal.signed_hash
        if not whole or not audit.fits(reader.tx, seal.audit_seq):
            changes = ("The sealed report itself was changed: it does not fit its hash.", *changes)
        return view_of(seal.report, ref, words, changes)

    def _why_not(self, shift: Shift, now: datetime) -> str:
        if now < shift.end:
            return (
                f"The shift runs until {shift.end.astimezone(self._zone):%H:%M}; it is signed off after that."
            )
        return ""

    # --- actions ------------------------------------------------------------------------------------------

    def add_note(self, person: Person, key: str, text: str) -> Decided:
        """A note for the next shift. Raises InvalidDecision where it is sealed or empty."""
        text = text.strip()
        if not text:
            raise InvalidDecision("The note is empty.", "Write what the next shift must know.")
        if len(text) > LONGEST_NOTE:
            raise InvalidDecision(f"The note has {len(text)} characters.", f"Use {LONGEST_NOTE} at most.")
        now = self._clock()
        with write(self._ledger) as tx:
            must(tx, person, Permission.SIGN_SHIFT)
            shift = self._open(tx, key)
            if shift.start > now:
                raise InvalidDecision("This shift has not begun.", "Write it in the one that runs.")
            shifts.add_note(tx, key, now, person.name, text)
            detail = {"text": text, "console": self._console}
            audit.append(tx, now, person.name, "shift note", f"shift:{key}", detail)
        return Decided(0, 0, "Noted for the next shift.")

    def sign_off(self, person: Person, pin: str, other: str, other_pin: str, key: str) -> Decided:
        """Seals a shift that is over: ``person`` hands over, ``other`` (by name) takes over; both PINs are
        checked now. Raises SignInFailed, NotAllowed, AlreadyDecided, InvalidDecision."""
        if other.strip().casefold() == person.name.casefold():
            raise InvalidDecision("Both sides are the same person.", "The one who takes over signs too.")
        with read(self._ledger) as tx:  # before anybody types a PIN for nothing
            self._signable(tx, key, self._clock())
        hands = self._people.sign_in(person.name, pin, what=SIGNED)
        takes = self._people.sign_in(other, other_pin, what=SIGNED)
        if hands.id == takes.id:
            raise InvalidDecision("Both sides are the same person.", "The one who takes over signs too.")
        now = self._clock()
        with write(self._ledger) as tx:
            must(tx, hands, Permission.SIGN_SHIFT)
            must(tx, takes, Permission.SIGN_SHIFT)
            shift = self._signable(tx, key, now)
            reader = StopReader(tx, self._plant, lambda: now)
            report = report_of(Reporter(reader).view(ref_of(shift, now, True), ""))
            digest = hash_of(report)
            detail = {"taken_over_by": takes.name, "sha256": digest, "console": self._console}
            seq = audit.append(tx, now, hands.name, "shift signed off", f"shift:{key}", detail)
            shifts.add_seal(tx, Seal(key, now, hands.name, takes.name, report, digest, seq))
        return Decided(1, 0, f"Signed off: {hands.name} handed over to {takes.name}.")

    def _open(self, tx: Connection, key: str) -> Shift:
        """A shift that is not sealed."""
        if shifts.seal(tx, key) is not None:
            raise AlreadyDecided("This shift was signed off already.", "Look at it again.")
        shift = shift_of_key(self._plant.shifts, self._zone, key)
        if shift is None:
            raise InvalidDecision(f"There is no shift {key!r}.", "Choose one of the list.")
        return shift

    def _signable(self, tx: Connection, key: str, now: datetime) -> Shift:
        shift = self._open(tx, key)
        why_not = self._why_not(shift, now)
        if why_not:
            raise InvalidDecision(why_not, "Sign it off when it is over.")
        return shift
