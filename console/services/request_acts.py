"""Requests sent, joined and dismissed by people, and what Odoo's answer does to them (recipe D).

A request is never sent by the console itself, whatever the policy says: somebody has to do the work, so
somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from console.domain.people import Permission, Person
from console.domain.postings import FlowClass
from console.domain.records import GivenUp, PostingKind, RecordSeen
from console.errors import AlreadyDecided, InvalidDecision
from console.services.permit import must
from console.services.record_postings import ask_for, decided
from console.services.request_files import checked_picture, samples_csv
from console.services.request_form import description_of, obstacle
from console.services.request_sources import CORRECTIVE, Source, source_of
from console.services.screens.common import Stores
from console.services.trace_ids import new_trace_id
from console.services.views import Decided
from console.store import attachments, floor_master, outbox, requests, review
from console.store.engine import read, write
from console.store.outbox import PostingRow
from console.store.requests import Request, RequestState

LONGEST_TITLE = 200
STARS = range(4)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Files read before the decision's transaction begins: it is short that way."""

    picture: bytes | None = None
    table: bytes = b""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks for."""

    equipment_id: int
    team_id: int | None
    title: str
    description: str
    priority: int
    state: RequestState
    ticket_id: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


def gather(stores: Stores, key: str, picture: bytes | None, now: datetime) -> Evidence:
    """The evidence of a source. Raises NotFound, InvalidDecision."""
    shown = checked_picture(picture)
    with read(stores.ledger) as tx:
        source = source_of(stores, tx, key, now)
    if source.span is None:
        return Evidence(shown)
    table, _ = samples_csv(stores.telemetry, stores.plant, source.tags, source.span)
    return Evidence(shown, table)


class RequestActs:
    """Every act is one commit: decision, audit, request, evidence and posting."""

    def __init__(self, stores: Stores, console: str) -> None:
        self._stores = stores
        self._console = console

    def request(
        self,
        person: Person,
        key: str,
        version: int,
        equipment_id: int,
        title: str,
        description: str,
        priority: int,
        picture: bytes | None,
    ) -> Decided:
        """A new request in Odoo."""
        now = self._stores.clock()
        evidence = gather(self._stores, key, picture, now)
        with write(self._stores.ledger) as tx:
            must(tx, person, Permission.REQUEST_MAINTENANCE)
            source = self._seen(tx, key, version, now)
            equipment = floor_master.equipment(tx, equipment_id)
            if equipment is None:
                raise InvalidDecision(
                    f"Equipment {equipment_id} is not in Odoo.", "Choose one of those that Odoo shows."
                )
            if not equipment.active:
                raise InvalidDecision(
                    f'Equipment "{equipment.name}" is archived in Odoo.',
                    "Choose another one, or take it out of the archive there.",
                )
            if not title.strip() or len(title) > LONGEST_TITLE:
                raise InvalidDecision(
                    f"A title has 1 to {LONGEST_TITLE} characters.", "Say in a few words what is to be done."
                )
            if priority not in STARS:
                raise InvalidDecision("The priority is 0 to 3 stars.", "Choose one of them.")
            asked = Asked(
                equipment.id,
                equipment.team_id,
                title.strip(),
                description.strip(),
                priority,
                RequestState.REQUESTED,
            )
            self._send(tx, person, source, asked, evidence, now)
        return Decided(1, 1, f'Requested for {equipment.name}: "{title.strip()}".')

    def join(self, person: Person, key: str, version: int, ticket_id: int, picture: bytes | None) -> Decided:
        """The evidence goes to a request that is open in Odoo."""
        now = self._stores.clock()
        evidence = gather(self._stores, key, picture, now)
        with write(self._stores.ledger) as tx:
            must(tx, person, Permission.REQUEST_MAINTENANCE)
            source = self._seen(tx, key, version, now)
            ticket = floor_master.ticket(tx, ticket_id)
            if ticket is None or ticket.archived:
                raise InvalidDecision(
                    f"Request {ticket_id} is not in Odoo any more.", "Join another one, or make a new one."
                )
            if ticket.done:
                raise InvalidDecision(
                    f'Request {ticket_id} "{ticket.name}" was closed meanwhile ({ticket.stage}).',
                    "Join another one, or make a new one.",
                )
            if ticket.equipment_id is None:
                raise InvalidDecision(
                    f'Request {ticket_id} "{ticket.name}" names no equipment in Odoo.',
                    "Set its equipment there, or make a new one.",
                )
            equipment = floor_master.equipment(tx, ticket.equipment_id)
            asked = Asked(
                ticket.equipment_id,
                equipment.team_id if equipment is not None else None,
                source.title,
                description_of(self._stores, tx, source, now),
                source.priority,
                RequestState.JOINED,
                ticket.id,
                {"ticket": ticket.name},
            )
            self._send(tx, person, source, asked, evidence, now)
        return Decided(1, 1, f'Added to request {ticket_id} "{ticket.name}".')

    def dismiss(self, person: Person, request_id: int, version: int, reason: str) -> Decided:
        """A proposed one is not wanted."""
        if not reason.strip():
            raise InvalidDecision("The reason is missing.", "Say in a few words why it is not needed.")
        now = self._stores.clock()
        with write(self._stores.ledger) as tx:
            must(tx, person, Permission.REQUEST_MAINTENANCE)
            request = requests.get(tx, request_id)
            if request is None or request.version != version or request.state is not RequestState.PROPOSED:
                raise AlreadyDecided(
                    "This request was decided or changed since it was shown.",
                    "Look at it again and decide then.",
                )
            requests.change(
                tx,
                request,
                state=RequestState.REJECTED.value,
                decided_at=now,
                decided_by=person.name,
            )
            what, _, number = request.source.partition(":")
            if what == "alarm" and number.isdigit():  # who sees the alarm's form has to look again
                requests.link_alarm(tx, int(number), request.id)
            self._decided(tx, person, request.subject, "dismiss", reason, request.trace_id, {}, now)
            review.resolve_cause(tx, request.subject, person.name, "dismiss", reason, now)
        return Decided(1, 0, "Dismissed: nothing is requested.")

    # --- the commit ---------------------------------------------------------------------------------------

    def _seen(self, tx: Connection, key: str, version: int, now: datetime) -> Source:
        """The source as the person saw it, with nothing in the way."""
        source = source_of(self._stores, tx, key, now)
        why_not = obstacle(self._stores, tx, source, now)
        if source.version != version:
            raise AlreadyDecided(
                why_not or "This changed since it was shown.", "Look at it again and decide then."
            )
        if why_not:
            raise InvalidDecision(why_not, "")
        return source

    def _send(
        self,
        tx: Connection,
        person: Person,
        source: Source,
        asked: Asked,
        evidence: Evidence,
        now: datetime,
    ) -> None:
        request = self._stored(tx, person, source, asked, now)
        files = self._attached(tx, request, evidence, now)
        detail = {
            "source": source.own_source,
            "equipment_id": asked.equipment_id,
            "title": asked.title,
            "priority": asked.priority,
            "join": asked.ticket_id,
            "files": [f"{f['name']} {f['sha256']}" for f in files],
            **asked.detail,
        }
        kind = "join" if asked.state is RequestState.JOINED else "request"
        decision_id = self._decided(tx, person, request.subject, kind, "", request.trace_id, detail, now)
        self._ask(tx, request, asked, files, decision_id, now)
        if source.occurrence is not None:
            requests.link_alarm(tx, source.occurrence.id, request.id)
        if source.condition is not None:
            requests.link_condition(tx, source.condition.id, request.id)
        review.resolve_cause(tx, request.subject, person.name, kind, "", now)

    def _stored(self, tx: Connection, person: Person, source: Source, asked: Asked, now: datetime) -> Request:
        """The request's row: the one that was proposed, or a new one."""
        values = {
            "state": asked.state.value,
            "equipment_id": asked.equipment_id,
            "title": asked.title,
            "description": asked.description,
            "priority": asked.priority,
            "ticket_id": asked.ticket_id,
            "decided_at": now,
            "decided_by": person.name,
        }
        again = source.request
        if again is not None and again.state in (RequestState.PROPOSED, RequestState.REJECTED):
            requests.change(tx, again, **values)
            request_id = again.id
        else:
            # what was asked for before is done; its trace stays its own
            used = requests.trace_used(tx, source.trace_id)
            request_id = requests.add(
                tx,
                values
                | {
                    "trace_id": new_trace_id() if used else source.trace_id,
                    "source": source.own_source,
                    "machine": source.machine,
                    "kind": source.kind,
                    "evidence": {},
                    "opened_at": now,
                },
            )
        request = requests.get(tx, request_id)
        assert request is not None
        return request

    def _attached(
        self, tx: Connection, request: Request, evidence: Evidence, now: datetime
    ) -> list[dict[str, Any]]:
        files = []
        if evidence.picture is not None:
            files.append(attachments.add(tx, request.id, "trend.png", "image/png", evidence.picture, now))
        if evidence.table:
            files.append(attachments.add(tx, request.id, "samples.csv", "text/csv", evidence.table, now))
        return files

    def _decided(
        self,
        tx: Connection,
        person: Person,
        subject: str,
        kind: str,
        reason: str,
        trace_id: str,
        detail: Mapping[str, Any],
        now: datetime,
    ) -> int:
        return decided(
            tx,
            person=person,
            subject=subject,
            kind=kind,
            reason=reason,
            detail=detail,
            now=now,
            console=self._console,
            trace_id=trace_id,
        )

    def _ask(
        self,
        tx: Connection,
        request: Request,
        asked: Asked,
        files: list[dict[str, Any]],
        decision_id: int,
        now: datetime,
    ) -> None:
        """The posting. A request taken back and sent again is the same record in Odoo; joining is another."""
        joined = asked.ticket_id
        record_key = f"{request.trace_id}-{f'join{joined}' if joined is not None else 'request'}"
        before = [p for p in outbox.of_subject(tx, request.subject) if p.posting_key.startswith(record_key)]
        title = self._stores.title(request.machine)
        summary = f"{title}: {asked.title}" if title not in asked.title else asked.title
        ask_for(
            tx,
            kind=PostingKind.MAINTENANCE,
            subject=request.subject,
            trace_id=request.trace_id,
            record_key=record_key,
            revision=len(before) + 1,
            lane=f"equipment:{asked.equipment_id}",
            payload={
                "equipment_id": asked.equipment_id,
                "team_id": asked.team_id,
                "title": asked.title,
                "description": asked.description,
                "priority": str(asked.priority),
                "kind": request.kind,
                "requested_on": f"{now.astimezone(self._stores.zone):%Y-%m-%d}",
                "join": joined,
                "attachments": files,
            },
            summary=f"Added to request {joined}: {summary}" if joined is not None else summary,
            decision_id=decision_id,
            now=now,
            flow=FlowClass.REAL_TIME if request.kind == CORRECTIVE else FlowClass.NEAR_REAL_TIME,
            machine=request.machine,
            quantity=1.0,
        )


# --- what Odoo's answer does -------------------------------------------------------------------------------


def _request_of(tx: Connection, row: PostingRow) -> Request | None:
    what, _, number = row.subject.partition(":")
    return requests.get(tx, int(number)) if what == "request" and number.isdigit() else None


def landed(tx: Connection, row: PostingRow, seen: RecordSeen, now: datetime) -> None:
    """Odoo holds it: from now on its progress there is shown. See ``services.landed``."""
    request = _request_of(tx, row)
    model, _, number = seen.record.partition(":")
    if request is not None and request.sent and model == "maintenance.request" and number.isdigit():
        requests.set_ticket(tx, request.id, int(number))


def taken_back(tx: Connection, row: PostingRow, how: GivenUp, now: datetime) -> None:
    """A person took the posting back: it is proposed again, unless Odoo held it before, or holds it as
    somebody changed it there and a person let stand."""
    request = _request_of(tx, row)
    if request is None or not request.sent:
        return
    if how.accepted:
        ticket = how.held.get("ticket_id")
        if isinstance(ticket, int):
            requests.set_ticket(tx, request.id, ticket)
        return
    if outbox.last_verified(tx, row.target_key) is not None:
        return
    requests.change(
        tx, request, state=RequestState.PROPOSED.value, ticket_id=None, decided_at=None, decided_by=""
    )
