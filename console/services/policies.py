"""Policies per flow and machine: shadow, confirm, automatic within tolerance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, Engine

from console.domain.equipment import Plant
from console.domain.people import Permission, Person
from console.domain.policies import Flow, Mode, Policy
from console.errors import AlreadyDecided, InvalidDecision
from console.services.permit import must
from console.services.views import Decided
from console.services.views.order_life import PolicyRow
from console.store import audit, policies
from console.store.engine import read, write

# a person sends every maintenance request: a ticket calls people out
AUTOMATIC = frozenset({Flow.PRODUCTION, Flow.DOWNTIME, Flow.HOLD})


class Policies:
    """Reads and sets policies."""

    def __init__(self, ledger: Engine, plant: Plant, console: str, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._plant = plant
        self._console = console
        self._clock = clock

    def policies(self) -> tuple[PolicyRow, ...]:
        """Every machine and flow."""
        with read(self._ledger) as tx:
            known = policies.all_policies(tx)
        rows = []
        for machine in self._plant.machines:
            for flow in Flow:
                held = known.get((machine.name, flow), Policy(machine.name, flow))
                rows.append(
                    PolicyRow(
                        machine=machine.name,
                        title=machine.title,
                        flow=flow,
                        mode=held.mode,
                        tolerance_percent=held.tolerance_percent,
                        set_by=held.by,
                        reason=held.reason,
                        at=held.at,
                    )
                )
        return tuple(rows)

    def set(
        self, person: Person, machine: str, flow: Flow, mode: Mode, tolerance_percent: float, reason: str
    ) -> Decided:
        """Sets one; with a reason, audited.

        Raises:
            NotAllowed, AlreadyDecided (it is so already), InvalidDecision.
        """
        if self._plant.machine(machine) is None:
            raise InvalidDecision(f"There is no machine {machine!r}.", "Choose one of the plant file.")
        if not reason.strip():
            raise InvalidDecision("The reason is missing.", "Say in a few words why.")
        if not 0 <= tolerance_percent <= 100:
            raise InvalidDecision("The tolerance is no percentage.", "Enter a number from 0 to 100.")
        if mode is Mode.AUTOMATIC and flow not in AUTOMATIC:
            raise InvalidDecision(
                "A maintenance request is always sent by a person.", "Choose confirm or shadow."
            )
        # where nobody looks at it, it is not kept: two policies that do the same are the same
        tolerance = tolerance_percent if mode is Mode.AUTOMATIC and flow is Flow.PRODUCTION else 0.0
        now = self._clock()
        wanted = Policy(machine, flow, mode, tolerance, person.name, reason.strip(), now)
        with write(self._ledger) as tx:
            must(tx, person, Permission.SET_POLICIES)
            before = policies.policy(tx, machine, flow)
            if (before.mode, before.tolerance_percent) == (mode, tolerance):
                raise AlreadyDecided("This policy holds already.", "Choose another one.")
            policies.add(tx, wanted)
            detail = {
                "flow": flow.value,
                "before": [before.mode.value, before.tolerance_percent],
                "after": [mode.value, tolerance],
                "reason": reason.strip(),
                "console": self._console,
            }
            audit.append(tx, now, person.name, "policy set", f"machine:{machine}", detail)
        title = next(m.title for m in self._plant.machines if m.name == machine)
        return Decided(1, 0, f"{title}: {flow.value} is now {words(wanted)}.")


def words(policy: Policy) -> str:
    """As people read it: "automatic within 2 %"."""
    if policy.mode is Mode.AUTOMATIC and policy.flow is Flow.PRODUCTION:
        return f"automatic within {policy.tolerance_percent:g} %"
    return policy.mode.value


def automatic_production(tx: Connection) -> dict[str, Policy]:
    """The machines whose counts are confirmed by their policy."""
    return {
        machine: policy
        for (machine, flow), policy in policies.all_policies(tx).items()
        if flow is Flow.PRODUCTION and policy.mode is Mode.AUTOMATIC
    }


def must_book(tx: Connection, machine: str, title: str, flow: Flow) -> None:
    """Passes where the policy lets something be booked.

    Raises:
        InvalidDecision: the flow of this machine is in shadow.
    """
    held = policies.policy(tx, machine, flow)
    if held.mode is Mode.SHADOW:
        raise in_shadow(title, flow)


def in_shadow(title: str, flow: Flow) -> InvalidDecision:
    """Why nothing is booked, and the way out."""
    return InvalidDecision(
        f"{flow.value.capitalize()} of {title} is in shadow: it is shown, nothing is booked.",
        "A supervisor or an administrator can set its policy to confirm, with a reason.",
    )


def shadowed(tx: Connection, flow: Flow) -> frozenset[str]:
    """The machines whose flow is in shadow."""
    held = policies.all_policies(tx)
    return frozenset(m for (m, f), p in held.items() if f is flow and p.mode is Mode.SHADOW)
