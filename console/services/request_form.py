"""A maintenance request prefilled with what the ledger knows: two taps send it."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from sqlalchemy import Connection

from console.domain.alarms import Occurrence
from console.domain.master_data import Equipment
from console.domain.policies import Flow, Mode
from console.domain.wording import unit_words
from console.services.request_files import count_samples
from console.services.request_rows import RequestRows, named
from console.services.request_sources import Source, source_of, value_label
from console.services.screens.common import Stores
from console.services.views.alarms import RequestForm, RequestRow
from console.store import alarms, floor_master, machines, policies, requests
from console.store.requests import Request, RequestState

VALUES = 8
LINE_POINTS = 400


def form(stores: Stores, tx: Connection, key: str, now: datetime) -> RequestForm:
    """The form of "alarm:5", "condition:2" or "request:7". Raises NotFound."""
    source = source_of(stores, tx, key, now)
    chosen, why_not = machine_equipment(stores, tx, source.machine)
    rows = RequestRows(stores, tx, now)
    request = source.request
    proposed = request if request is not None and request.state is RequestState.PROPOSED else None
    if chosen is None and proposed is not None and proposed.equipment_id is not None and not why_not:
        chosen = _usable(tx, proposed.equipment_id)
    listed = [e for e in floor_master.equipments(tx) if e.active]
    if chosen is not None:
        listed = [chosen, *(e for e in listed if e.id != chosen.id)]
    if not listed and not why_not:
        why_not = "Odoo has shown no equipment yet. Wait for the next synchronisation."
    waiting = rows.of_equipment(chosen.id, source.machine) if chosen is not None else ()
    why_not = obstacle(stores, tx, source, now) or why_not
    description = proposed.description if proposed is not None and proposed.description else ""
    return RequestForm(
        source=source.key,
        version=source.version,
        machine=source.machine,
        equipment_id=chosen.id if chosen is not None else None,
        equipments=tuple((e.id, e.name) for e in listed),
        title=proposed.title if proposed is not None else source.title,
        description=description or description_of(stores, tx, source, now),
        kind=source.kind,
        priority=proposed.priority if proposed is not None else source.priority,
        open_requests=waiting,
        evidence=_evidence(stores, source),
        effect=_effect(source, chosen, waiting),
        why_not=why_not,
    )


def machine_equipment(stores: Stores, tx: Connection, name: str) -> tuple[Equipment | None, str]:
    """(the machine's equipment, why it cannot be used). (None, "") where the plant file names none: a person
    chooses then."""
    machine = stores.plant.machine(name)
    if machine is None or not machine.equipment:
        return None, ""
    found = floor_master.equipment_named(tx, machine.equipment)
    about = f'Equipment "{machine.equipment}" of {machine.title}'
    if found is None:
        return None, (
            f"{about} is not known in Odoo. Make it there, or mend `equipment` of machines.{name} in the "
            "plant file; it shows after the next synchronisation."
        )
    if not found.active:
        return None, (
            f"{about} is archived in Odoo. Take it out of the archive there, or name another as `equipment` "
            f"of machines.{name} in the plant file."
        )
    alike = [e for e in floor_master.equipments(tx) if e.active and e.name == machine.equipment]
    if found.serial != machine.equipment and len(alike) > 1:
        return None, (
            f"{about} is there {len(alike)} times in Odoo. Name it by its serial number in the plant file."
        )
    return found, ""


def _usable(tx: Connection, equipment_id: int) -> Equipment | None:
    found = floor_master.equipment(tx, equipment_id)
    return found if found is not None and found.active else None


def obstacle(stores: Stores, tx: Connection, source: Source, now: datetime) -> str:
    """Why no request may be made of this source now; empty where it may."""
    first = standing_request(tx, source)
    if first is not None:
        return first_words(stores, first, now)
    if stores.plant.odoo is None:
        return "The plant file names no Odoo, so nothing can be booked."
    missing = requests.maintenance_missing(tx)
    if missing:
        return missing
    if policies.policy(tx, source.machine, Flow.MAINTENANCE).mode is Mode.SHADOW:
        return (
            f"Maintenance of {stores.title(source.machine)} runs in shadow: it is shown, nothing is booked. "
            "Set its policy to confirm."
        )
    return ""


def standing_request(tx: Connection, source: Source) -> Request | None:
    """The request that stands in the way of a second one: sent, and not done in Odoo yet."""
    request = source.request
    if request is None or request.state is RequestState.PROPOSED:
        return None
    if request.state is RequestState.REJECTED:
        return request if source.key.startswith("request:") else None
    if source.key.startswith("request:"):
        return request
    return None if requests.over_in_odoo(tx, request) else request


def first_words(stores: Stores, request: Request, now: datetime) -> str:
    """Names the request that there is already."""
    at = stores.near(request.decided_at or request.opened_at, now)
    ticket = f", number {request.ticket_id} in Odoo" if request.ticket_id is not None else ""
    what = {
        RequestState.JOINED: "added it to an open request",
        RequestState.REJECTED: "rejected it",
    }.get(request.state, "requested it")
    return f'{request.decided_by} {what} at {at}: "{request.title}"{ticket}.'


# --- words -------------------------------------------------------------------------------------------------


def description_of(stores: Stores, tx: Connection, source: Source, now: datetime) -> str:
    """What a person in the workshop wants to know, one fact a line."""
    if source.occurrence is not None:
        return "\n".join(_alarm_facts(stores, tx, source, source.occurrence, now))
    if source.condition is not None:
        c = source.condition
        lasted = f"until {_whole(stores, c.ended_at)}" if c.ended_at is not None else "still so"
        return "\n".join([c.text, f"Found at {_whole(stores, c.started_at)}, {lasted}."])
    return source.request.description if source.request is not None else ""


def _alarm_facts(stores: Stores, tx: Connection, source: Source, o: Occurrence, now: datetime) -> list[str]:
    over = f"cleared at {_whole(stores, o.cleared_at)}" if o.cleared_at is not None else "still standing"
    times = len(alarms.times_raised(tx, o.machine, o.tag, alarms.day_before(now)))
    often = f"Raised {_times(times)} in the last 24 hours." if times else ""
    along = [x.text for x in alarms.brought_along(tx, o.id)]
    cause = alarms.get(tx, o.cause_id) if o.cause_id is not None else None
    status = machines.statuses(tx).get(o.machine)
    order = f"Running {status.order_reference} {status.lot}".rstrip() + "." if status else ""
    facts = [
        f"Alarm of priority {o.priority} on {stores.title(o.machine)}: {o.text}.",
        f"Raised at {_whole(stores, o.raised_at)}, {over}.",
        often,
        f"It came with: {cause.text}." if cause is not None else "",
        f"It brought along: {', '.join(dict.fromkeys(along))}." if along else "",
        order if status is not None and status.order_reference else "",
        *_value_facts(stores, source, o.raised_at),
    ]
    return [f for f in facts if f]


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _value_facts(stores: Stores, source: Source, raised_at: datetime) -> list[str]:
    """``Fill weight: 251.3 g when it was raised, 249.8 to 250.4 g in the 10 minutes before.``"""
    units = {t.name: t.unit for t in stores.plant.tags}
    told = []
    for tag in source.tags[:VALUES]:
        times, values, _ = stores.telemetry.series(
            tag, raised_at - timedelta(minutes=10), raised_at, LINE_POINTS
        )
        good = [v for v in values if math.isfinite(v)]
        if times and good:
            unit = f" {unit_words(units[tag])}" if units.get(tag) else ""
            told.append(
                f"{value_label(tag)}: {good[-1]:.5g}{unit} when it was raised, {min(good):.5g} to "
                f"{max(good):.5g}{unit} in the 10 minutes before."
            )
    return told


def _whole(stores: Stores, at: datetime) -> str:
    """With the date, plant time: it is read days later, in Odoo."""
    return f"{at.astimezone(stores.zone):%Y-%m-%d %H:%M:%S}"


def _evidence(stores: Stores, source: Source) -> tuple[str, ...]:
    if source.span is None:
        return ()
    told = ["The trend as shown, as a picture"]
    number = count_samples(stores.telemetry, source.tags, source.span)
    if number:
        told.append(f"{number:,} samples from {stores.span(*source.span)}, as a table (CSV)")
    return tuple(told)


def _effect(source: Source, equipment: Equipment | None, waiting: tuple[RequestRow, ...]) -> str:
    about = f"for {equipment.name}" if equipment is not None else "for the equipment that you choose"
    made = f"Odoo gets a {source.kind} maintenance request {about}, with the evidence."
    if not waiting:
        return made
    there = f"{named(waiting)} {'is' if len(waiting) == 1 else 'are'} open there"
    return f"{there}: joining adds the evidence and makes no second one. {made}"
