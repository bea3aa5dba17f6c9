"""Tables of the three roles: stops and shifts, quality, alarms and maintenance, orders and policies."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from console.store.schema.metadata import ledger_metadata as _m
from console.store.types import JsonText, UtcDateTime

# --- stops -------------------------------------------------------------------------------------------------

stops = Table(  # made in the commit of the machine events that they follow from
    "stops",
    _m,
    Column("id", Integer, primary_key=True),
    Column("trace_id", Text, nullable=False, unique=True),
    Column("machine", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),  # empty: it still stands
    Column("state", Text, nullable=False),  # PackML state that it began with
    Column("raw", Text, nullable=False, default=""),  # the raw value that said so
    Column("category", Text, nullable=False),  # domain.stops.StopCategory
    Column("origin", Text, nullable=False, default="detected"),  # domain.stops.StopOrigin
    Column("order_reference", Text, nullable=False, default=""),
    Column("lot", Text, nullable=False, default=""),
    Column("suggested", Text, nullable=False, default=""),  # reason key that the machine's state suggests
    Column("reason_key", Text, nullable=False, default=""),  # "12" or "12/Jam at infeed"; empty: unexplained
    Column("loss_id", Integer),
    Column("note", Text, nullable=False, default=""),
    Column("explained_by", Text, nullable=False, default=""),
    Column("explained_at", UtcDateTime),
    Column("planned", Boolean, nullable=False, default=False),  # by its reason: not against availability
    Column("no_order_since", UtcDateTime),  # of a standing one: there is no order any more
    Column("odoo_minutes", Float),  # as Odoo reckons them, last read
    Column("merged_into", Integer, ForeignKey("stops.id")),
    Column("revision", Integer, nullable=False, default=0),  # of what was asked of Odoo
    Column("version", Integer, nullable=False, default=1),
    Column("plant_version", Text, nullable=False),
    Index("ix_stops_machine_started_at", "machine", "started_at"),
    Index("ix_stops_ended_at", "ended_at"),
    Index(
        "ix_stops_unexplained",
        "started_at",
        sqlite_where=text("reason_key = '' AND category = 'unplanned' AND merged_into IS NULL"),
        postgresql_where=text("reason_key = '' AND category = 'unplanned' AND merged_into IS NULL"),
    ),
    Index(
        "uq_stops_open_machine",
        "machine",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="order_of_times"),
)

# --- shifts ------------------------------------------------------------------------------------------------

shift_notes = Table(
    "shift_notes",
    _m,
    Column("id", Integer, primary_key=True),
    Column("shift_key", Text, nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("person", Text, nullable=False),
    Column("text", Text, nullable=False),
)
shift_seals = Table(  # signed off by both people: the report as it was then
    "shift_seals",
    _m,
    Column("shift_key", Text, primary_key=True),
    Column("sealed_at", UtcDateTime, nullable=False),
    Column("handed_over_by", Text, nullable=False),
    Column("taken_over_by", Text, nullable=False),
    Column("report", JsonText, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("audit_seq", Integer, ForeignKey("audit.seq"), nullable=False),
)

# --- quality -----------------------------------------------------------------------------------------------

holds = Table(
    "holds",
    _m,
    Column("id", Integer, primary_key=True),
    Column("trace_id", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),  # domain.holds.HoldState
    Column("severity", Integer, nullable=False),
    Column("scope", Text, nullable=False),  # lot | window | output
    Column("machine", Text, nullable=False, default=""),
    Column("product_id", Integer),
    Column("product", Text, nullable=False, default=""),
    Column("lot", Text, nullable=False, default=""),
    Column("lot_id", Integer),
    Column("order_reference", Text, nullable=False, default=""),
    Column("window_start", UtcDateTime),
    Column("window_end", UtcDateTime),
    Column("quantity", Float),
    Column("unit", Text, nullable=False, default=""),
    Column("cause", Text, nullable=False),  # what it is about, once: "limit:filler2/temperature@..."
    Column("title", Text, nullable=False),
    Column("evidence", JsonText, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("parent_id", Integer, ForeignKey("holds.id")),  # of a hold that it was cascaded from
    Column("disposition", Text, nullable=False, default=""),
    Column("decided_at", UtcDateTime),
    Column("decided_by", Text, nullable=False, default=""),
    Column("settled_at", UtcDateTime),  # when Odoo was read back
    Column("moves", JsonText, nullable=False, default=list),  # what was taken where, to be given back
    Column("shadow", Boolean, nullable=False, default=False),  # policy: shown, stops nothing
    Column("revision", Integer, nullable=False, default=0),
    Column("version", Integer, nullable=False, default=1),
    Index("ix_holds_state", "state"),
    Index("ix_holds_lot", "lot"),
    Index(
        "uq_holds_open_cause",
        "cause",
        unique=True,
        sqlite_where=text("state IN ('proposed', 'held')"),
        postgresql_where=text("state IN ('proposed', 'held')"),
    ),
)
signatures = Table(  # electronic signatures in the sense of 21 CFR Part 11: who, when, what it means, on what
    "signatures",
    _m,
    Column("id", Integer, primary_key=True),
    Column("decision_id", Integer, ForeignKey("decisions.id"), nullable=False),
    Column("person", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("meaning", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("record", Text, nullable=False),  # "hold:3"
    Column("content", Text, nullable=False),  # what was signed, as it stood: the canonical JSON of the record
    Column("record_hash", String(64), nullable=False),  # its sha256
    Column("audit_seq", Integer, ForeignKey("audit.seq"), nullable=False),
)
checks = Table(  # measurements and inspections, by hand or as the summary of a batch
    "checks",
    _m,
    Column("id", Integer, primary_key=True),
    Column("trace_id", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),  # inspection | measurement | batch_summary
    Column("state", Text, nullable=False),  # proposed | recorded | rejected
    Column("machine", Text, nullable=False, default=""),
    Column("product_id", Integer),
    Column("product", Text, nullable=False, default=""),
    Column("lot", Text, nullable=False, default=""),
    Column("order_reference", Text, nullable=False, default=""),
    Column("test_id", Integer),
    Column("title", Text, nullable=False),
    Column("result", Text, nullable=False),  # pass | fail
    Column("results", JsonText, nullable=False),  # the answers: question, value, unit, limits, pass
    Column("at", UtcDateTime, nullable=False),
    Column("person", Text, nullable=False, default=""),
    Column("hold_id", Integer, ForeignKey("holds.id")),
    Column("version", Integer, nullable=False, default=1),
    Index("ix_checks_lot", "lot"),
    Index("ix_checks_machine_at", "machine", "at"),
)
batches = Table(  # what ran on a machine for one lot or order, with its environmental values
    "batches",
    _m,
    Column("id", Integer, primary_key=True),
    Column("machine", Text, nullable=False),
    Column("order_reference", Text, nullable=False),
    Column("lot", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("check_id", Integer, ForeignKey("checks.id")),  # its summary
    Index("ix_batches_machine", "machine", "started_at"),
)

# --- alarms, maintenance, condition ------------------------------------------------------------------------

alarm_occurrences = Table(
    "alarm_occurrences",
    _m,
    Column("id", Integer, primary_key=True),
    Column("trace_id", Text, nullable=False, unique=True),
    Column("machine", Text, nullable=False),
    Column("tag", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("state", Text, nullable=False),  # domain.alarms.AlarmState
    Column("raised_at", UtcDateTime, nullable=False),
    Column("last_raised_at", UtcDateTime, nullable=False),
    Column("cleared_at", UtcDateTime),
    Column("acknowledged_at", UtcDateTime),
    Column("acknowledged_by", Text, nullable=False, default=""),
    Column("raises", Integer, nullable=False, default=1),  # chatter: raised again, not shown again
    Column("cause_id", Integer, ForeignKey("alarm_occurrences.id")),  # the alarm that brought it along
    Column("flood_id", Integer, ForeignKey("alarm_floods.id")),
    Column("request_id", Integer, ForeignKey("requests.id")),
    Column("version", Integer, nullable=False, default=1),
    Index("ix_alarm_occurrences_state", "state", "last_raised_at"),
    Index("ix_alarm_occurrences_machine_tag", "machine", "tag", "raised_at"),
    Index("ix_alarm_occurrences_raised_at", "raised_at"),
    Index(  # an alarm has one state, so one occurrence that is not over
        "uq_alarm_occurrences_live",
        "machine",
        "tag",
        unique=True,
        sqlite_where=text("state <> 'normal'"),
        postgresql_where=text("state <> 'normal'"),
    ),
)
alarm_shelves = Table(
    "alarm_shelves",
    _m,
    Column("id", Integer, primary_key=True),
    Column("machine", Text, nullable=False),
    Column("tag", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("ended_by", Text, nullable=False, default=""),
    Index("ix_alarm_shelves_machine_tag", "machine", "tag", "at"),
)
alarm_floods = Table(
    "alarm_floods",
    _m,
    Column("id", Integer, primary_key=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("alarms", Integer, nullable=False, default=0),
)
requests = Table(  # maintenance requests of ours: proposed, then booked or joined to one that is open
    "requests",
    _m,
    Column("id", Integer, primary_key=True),
    Column("trace_id", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),  # proposed | requested | joined | rejected
    Column("source", Text, nullable=False),  # "alarm:5", "condition:2", "upkeep:filler1/grease@3"
    Column("machine", Text, nullable=False),
    Column("equipment_id", Integer),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("kind", Text, nullable=False),  # corrective | preventive
    Column("priority", Integer, nullable=False),  # 0 to 3, as Odoo's stars
    Column("evidence", JsonText, nullable=False),
    Column("ticket_id", Integer),  # id of the maintenance.request in Odoo, once it is known
    Column("opened_at", UtcDateTime, nullable=False),
    Column("decided_at", UtcDateTime),
    Column("decided_by", Text, nullable=False, default=""),
    Column("version", Integer, nullable=False, default=1),
    Index("ix_requests_source", "source"),
)
attachments = Table(  # evidence that goes along to Odoo
    "attachments",
    _m,
    Column("id", Integer, primary_key=True),
    Column("request_id", Integer, ForeignKey("requests.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("mime", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
usage_meters = Table(  # running hours and cycles, for preventive work
    "usage_meters",
    _m,
    Column("machine", Text, primary_key=True),
    Column("seconds", Float, nullable=False, default=0.0),
    Column("cycles", Integer, nullable=False, default=0),
    Column("running_since", UtcDateTime),
    Column("triggered", JsonText, nullable=False, default=dict),  # upkeep name -> how often it fell due
)
condition_settings = Table(  # parameters of condition monitoring as people set them; the newest row holds
    "condition_settings",
    _m,
    Column("id", Integer, primary_key=True),
    Column("machine", Text, nullable=False),
    Column("tag", Text, nullable=False),
    Column("parameters", JsonText, nullable=False),
    Column("live", Boolean, nullable=False),
    Column("person", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
condition_models = Table(  # what was learned, and where the statistics stand
    "condition_models",
    _m,
    Column("machine", Text, primary_key=True),
    Column("tag", Text, primary_key=True),
    Column("model", JsonText, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)
conditions = Table(
    "conditions",
    _m,
    Column("id", Integer, primary_key=True),
    Column("trace_id", Text, nullable=False, unique=True),
    Column("machine", Text, nullable=False),
    Column("tag", Text, nullable=False),
    Column("finding", Text, nullable=False),  # domain.condition.Finding
    Column("score", Float, nullable=False),
    Column("text", Text, nullable=False),
    Column("evidence", JsonText, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("request_id", Integer, ForeignKey("requests.id")),
    Index("ix_conditions_machine", "machine", "started_at"),
    Index(
        "uq_conditions_open",
        "machine",
        "tag",
        "finding",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
)

# --- orders: scrap, consumption, policies ------------------------------------------------------------------

scraps = Table(  # scrap as a person gave it a reason; what the machine counted stands in the proposals
    "scraps",
    _m,
    Column("id", Integer, primary_key=True),
    Column("trace_id", Text, nullable=False, unique=True),
    Column("machine", Text, nullable=False),
    Column("order_id", Integer, nullable=False),
    Column("order_reference", Text, nullable=False),
    Column("quantity", Float, nullable=False),  # in the machine's unit
    Column("unit", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("kind", Text, nullable=False),  # scrap | rework
    Column("person", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_scraps_machine_order_id", "machine", "order_id"),
)
consumptions = Table(  # what machines counted of components, by order; grows in the commit of the events
    "consumptions",
    _m,
    Column("id", Integer, primary_key=True),
    Column("machine", Text, nullable=False),
    Column("order_reference", Text, nullable=False),
    Column("component", Text, nullable=False),  # product code
    Column("counted", Float, nullable=False, default=0.0),
    Column("confirmed", Float),  # absolute, as last decided
    Column("counted_then", Float),  # what was counted when that was decided
    Column("trace_id", Text, nullable=False, unique=True),
    Column("version", Integer, nullable=False, default=1),
    Column("revision", Integer, nullable=False, default=0),
    UniqueConstraint("machine", "order_reference", "component"),
)
policies = Table(  # the newest row of a flow and machine holds
    "policies",
    _m,
    Column("id", Integer, primary_key=True),
    Column("machine", Text, nullable=False),
    Column("flow", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("tolerance_percent", Float, nullable=False),
    Column("person", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_policies_machine_flow", "machine", "flow"),
)
