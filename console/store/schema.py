"""The ledger's tables. The schema is the API between edge and desktop; only ``store`` knows it.

Invariants stand here, not in code: a posting key is unique, a proposal has one decision, an interval one
proposal a part, an open review item one row a cause.
"""

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
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from console.store.types import JsonText, UtcDateTime

ledger_metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_m = ledger_metadata

# --- the console itself -----------------------------------------------------------------------------------

plant_versions = Table(
    "plant_versions",
    _m,
    Column("version", String(64), primary_key=True),
    Column("source", Text, nullable=False),
    Column("activated_at", UtcDateTime, nullable=False),
    Column("activated_by", Text, nullable=False),
)

people = Table(
    "people",
    _m,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("pin_hash", Text, nullable=False),
    Column("roles", JsonText, nullable=False),
    Column("active", Boolean, nullable=False, default=True),
    Column("failed_attempts", Integer, nullable=False, default=0),
    Column("locked_until", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
)

audit = Table(
    "audit",
    _m,
    Column("seq", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False, index=True),
    Column("trace_id", Text, nullable=False, default=""),
    Column("detail", JsonText, nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
)

leases = Table(
    "leases",
    _m,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("token", Integer, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

# Nearly all machine events are counts. A query for others that says so finds them by an index of their own.
SELDOM = text("machine_events.kind <> 'CountAdvanced'")

# --- [2] machine events and what they were made from -------------------------------------------------------

checkpoints = Table(
    "checkpoints",
    _m,
    Column("tag", Text, primary_key=True),
    Column("machine", Text, nullable=False),
    Column("state", JsonText, nullable=False),  # the detector's memory for this tag
    Column("updated_at", UtcDateTime, nullable=False),
)

machine_status = Table(
    "machine_status",
    _m,
    Column("machine", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("order_reference", Text, nullable=False, default=""),  # as the machine reports it
    Column("lot", Text, nullable=False, default=""),
    Column("plant_version", Text, nullable=False),
)

machine_orders = Table(  # which order a person says that a machine runs, where the machine does not know it
    "machine_orders",
    _m,
    Column("machine", Text, primary_key=True),
    Column("order_reference", Text, nullable=False),
    Column("lot", Text, nullable=False, default=""),
    Column("assigned_by", Text, nullable=False),
    Column("assigned_at", UtcDateTime, nullable=False),
)

machine_events = Table(
    "machine_events",
    _m,
    Column("id", Integer, primary_key=True),
    Column("machine", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("detail", JsonText, nullable=False),
    Column("plant_version", Text, nullable=False),
    Column("proposal_id", Integer, ForeignKey("proposals.id")),
    Column("cleared_at", UtcDateTime),  # alarms: set once, when cleared
    Index("ix_machine_events_machine_at", "machine", "at"),
    Index("ix_machine_events_proposal_id", "proposal_id"),
    Index(
        "ix_machine_events_seldom",
        "machine",
        "kind",
        "at",
        sqlite_where=text("kind <> 'CountAdvanced'"),
        postgresql_where=text("kind <> 'CountAdvanced'"),
    ),
    Index(
        "ix_machine_events_open_alarms",
        "machine",
        sqlite_where=text("kind = 'AlarmRaised' AND cleared_at IS NULL"),
        postgresql_where=text("kind = 'AlarmRaised' AND cleared_at IS NULL"),
    ),
)

# --- [3] proposals and review items ------------------------------------------------------------------------

proposals = Table(
    "proposals",
    _m,
    Column("id", Integer, primary_key=True),
    Column("trace_id", Text, nullable=False, unique=True),
    Column("machine", Text, nullable=False),
    Column("order_reference", Text, nullable=False, default=""),
    Column("order_id", Integer),
    Column("target_key", Text, nullable=False, default=""),
    Column("lot", Text, nullable=False, default=""),
    Column("interval_start", UtcDateTime, nullable=False),
    Column("interval_end", UtcDateTime, nullable=False),
    Column("part", Integer, nullable=False, default=1),
    Column("good", Float, nullable=False, default=0.0),
    Column("scrap", Float, nullable=False, default=0.0),
    Column("good_counts", Integer, nullable=False, default=0),
    Column("scrap_counts", Integer, nullable=False, default=0),
    Column("jumps", Float, nullable=False, default=0.0),
    Column("jump_choices", JsonText, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("gap_s", Float, nullable=False, default=0.0),
    Column("order_changed_in_gap", Boolean, nullable=False, default=False),
    Column("max_skew_s", Float, nullable=False, default=0.0),
    Column("unit", Text, nullable=False),
    Column("expected", Float, nullable=False, default=0.0),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False, default=1),
    Column("verdicts", JsonText, nullable=False),
    Column("validated_at", UtcDateTime),
    Column("plant_version", Text, nullable=False),
    Column("program", Text, nullable=False, default=""),  # that ran when the interval was opened
    UniqueConstraint("machine", "interval_start", "order_reference", "lot", "part"),
    Index("ix_proposals_state", "state"),
    Index("ix_proposals_interval_end", "interval_end"),
    Index("ix_proposals_order_id", "order_id"),
    CheckConstraint("good >= 0 AND scrap >= 0", name="quantities"),
)

review_items = Table(
    "review_items",
    _m,
    Column("id", Integer, primary_key=True),
    Column(
        "cause", Text, nullable=False
    ),  # what it is about, once: "proposal:17", "posting:4/edited-in-odoo"
    Column("domain", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("explanation", Text, nullable=False),
    Column("evidence", JsonText, nullable=False),
    Column("choices", JsonText, nullable=False),
    Column("machine", Text, nullable=False, default=""),
    Column("order_reference", Text, nullable=False, default=""),
    Column("proposal_id", Integer, ForeignKey("proposals.id")),
    Column("posting_id", Integer, ForeignKey("postings.id")),
    Column("target_key", Text, nullable=False, default=""),
    Column("trace_id", Text, nullable=False, default=""),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False, default=1),
    Column("owner", Text, nullable=False, default=""),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime),
    Column("resolved_at", UtcDateTime),
    Column("resolved_by", Text, nullable=False, default=""),
    Column("resolution", Text, nullable=False, default=""),
    Column("reason", Text, nullable=False, default=""),
    Index(
        "uq_review_items_open_cause",
        "cause",
        unique=True,
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
)

# --- [4] decisions -----------------------------------------------------------------------------------------

decisions = Table(
    "decisions",
    _m,
    Column("id", Integer, primary_key=True),
    Column("proposal_id", Integer, ForeignKey("proposals.id"), unique=True),  # one decision a proposal
    Column("review_item_id", Integer, ForeignKey("review_items.id"), unique=True),
    Column("subject", Text, nullable=False, default="", index=True),  # else: "stop:12", "hold:3", "alarm:5"
    Column("kind", Text, nullable=False),
    Column("quantity", Float, nullable=False),
    Column("machine_quantity", Float, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("person", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("witness", Text, nullable=False, default=""),
    Column("console", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("verdicts", JsonText, nullable=False),
    Column("audit_seq", Integer, ForeignKey("audit.seq"), nullable=False),
    CheckConstraint(
        "(CASE WHEN proposal_id IS NULL THEN 0 ELSE 1 END)"
        " + (CASE WHEN review_item_id IS NULL THEN 0 ELSE 1 END)"
        " + (CASE WHEN subject = '' THEN 0 ELSE 1 END) = 1",
        name="one_subject",
    ),
)

# --- [5] outbox --------------------------------------------------------------------------------------------

postings = Table(
    "postings",
    _m,
    Column("id", Integer, primary_key=True),
    Column("posting_key", Text, nullable=False, unique=True),
    Column("trace_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("target_key", Text, nullable=False),
    Column("decision_id", Integer, ForeignKey("decisions.id"), nullable=False),
    Column("order_id", Integer, nullable=False, default=0),
    Column("order_reference", Text, nullable=False, default=""),
    Column("machine", Text, nullable=False, default=""),
    Column("product_id", Integer, nullable=False, default=0),
    Column("unit_id", Integer, nullable=False, default=0),
    Column("unit", Text, nullable=False, default=""),
    Column("lot", Text, nullable=False, default=""),
    Column("quantity", Float, nullable=False),
    Column("target_quantity", Float, nullable=False),  # of a record posting: the revision of its payload
    # record postings (every kind but production): what the Odoo record shall hold, and what was read of it
    Column("subject", Text, nullable=False, default=""),  # "stop:12", "hold:3", ...
    Column("summary", Text, nullable=False, default=""),
    Column("payload", JsonText, nullable=False, default=dict),
    Column("record", Text, nullable=False, default=""),  # "mrp.workcenter.productivity:17"
    Column("seen", JsonText, nullable=False, default=dict),
    Column("flow_class", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False, default=1),
    Column("created_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("not_before", UtcDateTime),
    Column("attempt_count", Integer, nullable=False, default=0),
    Column("error", Text, nullable=False, default=""),
    Column("remedy", Text, nullable=False, default=""),
    Column("sent_at", UtcDateTime),
    Column("posted_at", UtcDateTime),
    Column("verified_at", UtcDateTime),
    Column("coalesced_into", Integer, ForeignKey("postings.id")),
    Index("ix_postings_state", "state"),
    Index("ix_postings_lane", "lane", "id"),
    Index("ix_postings_target_key", "target_key"),
    Index("ix_postings_subject", "subject"),
)

attempts = Table(
    "attempts",
    _m,
    Column("id", Integer, primary_key=True),
    Column("posting_id", Integer, ForeignKey("postings.id"), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("step", Text, nullable=False),  # read-before | write | read-back | ask
    Column("outcome", Text, nullable=False, default=""),
    Column("sent_quantity", Float),
    Column("seen_quantity", Float),
    Column("detail", Text, nullable=False, default=""),
    Index("ix_attempts_posting_id", "posting_id"),
)

balances = Table(  # per target record: what Odoo should hold and was seen to hold
    "balances",
    _m,
    Column("target_key", Text, primary_key=True),
    Column("order_id", Integer, nullable=False),
    Column("baseline", Float, nullable=False),  # what it held when first seen, or when a person accepted it
    Column("decided", Float, nullable=False, default=0.0),  # sum of decided quantities since the baseline
    Column("verified", Float),  # last value read back as ours
    Column("verified_at", UtcDateTime),
    Column("seen", Float),  # last value read, whoever wrote it
    Column("seen_at", UtcDateTime),
    Column("seen_state", Text, nullable=False, default=""),
)

lanes = Table(
    "lanes",
    _m,
    Column("lane", Text, primary_key=True),
    # after an unknown outcome: only this very value may be sent to this target until then
    Column("unsettled_until", UtcDateTime),
    Column("unsettled_target", Text, nullable=False, default=""),
    Column("unsettled_quantity", Float),
)

# --- [6] what Odoo owns, mirrored --------------------------------------------------------------------------

work_centers = Table(
    "work_centers",
    _m,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("active", Boolean, nullable=False),
)
units = Table(
    "units",
    _m,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("root_id", Integer, nullable=False),
    Column("factor", Float, nullable=False),
    Column("rounding", Float, nullable=False),
    Column("active", Boolean, nullable=False),
)
products = Table(
    "products",
    _m,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("unit_id", Integer, nullable=False),
    Column("tracking", Text, nullable=False),
    Column("active", Boolean, nullable=False),
)
orders = Table(
    "orders",
    _m,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("reference", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("product_id", Integer, nullable=False),
    Column("unit_id", Integer, nullable=False),
    Column("quantity", Float, nullable=False),
    Column("producing", Float, nullable=False),
    Column("lot_ids", JsonText, nullable=False),
    Column("has_operations", Boolean, nullable=False),
    Column("start", UtcDateTime),
    Column("gone", Boolean, nullable=False, default=False),
    Index("ix_orders_reference", "reference"),
)
operations = Table(
    "operations",
    _m,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("order_id", Integer, nullable=False),
    Column("work_center_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("quantity", Float, nullable=False),
    Column("produced", Float, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("gone", Boolean, nullable=False, default=False),
    Index("ix_operations_order_id", "order_id"),
)
lots = Table(
    "lots",
    _m,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("product_id", Integer, nullable=False),
    Index("ix_lots_name", "name"),
)
bom_uses = Table(
    "bom_uses",
    _m,
    Column("order_id", Integer, primary_key=True, autoincrement=False),
    Column("product_id", Integer, primary_key=True, autoincrement=False),
    Column("product_name", Text, nullable=False),
    Column("unit_name", Text, nullable=False),
    Column("per_unit", Float, nullable=False),
    Column("unit_id", Integer, nullable=False, default=0),
    Column("location_id", Integer, nullable=False, default=0),
    Column("tracked", Boolean, nullable=False, default=False),
    Column("code", Text, nullable=False, default=""),
)
loss_reasons = Table(
    "loss_reasons",
    _m,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("loss_type", Text, nullable=False),
    Column("manual", Boolean, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("gone", Boolean, nullable=False, default=False),
)
equipments = Table(
    "equipments",
    _m,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("serial", Text, nullable=False),
    Column("team_id", Integer),
    Column("active", Boolean, nullable=False),
    Column("gone", Boolean, nullable=False, default=False),
)
maintenance_teams = Table(
    "maintenance_teams",
    _m,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("gone", Boolean, nullable=False, default=False),
)
maintenance_tickets = Table(
    "maintenance_tickets",
    _m,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("equipment_id", Integer),
    Column("stage", Text, nullable=False),
    Column("done", Boolean, nullable=False),
    Column("priority", Text, nullable=False),
    Column("requested_on", Text, nullable=False),
    Column("archived", Boolean, nullable=False),
    Column("gone", Boolean, nullable=False, default=False),
)
quality_tests = Table(
    "quality_tests",
    _m,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("questions", JsonText, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("gone", Boolean, nullable=False, default=False),
)
locations = Table(
    "locations",
    _m,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("usage", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("gone", Boolean, nullable=False, default=False),
)
lot_stock = Table(
    "lot_stock",
    _m,
    Column("lot_id", Integer, primary_key=True, autoincrement=False),
    Column("location_id", Integer, primary_key=True, autoincrement=False),
    Column("product_id", Integer, nullable=False),
    Column("quantity", Float, nullable=False),
    Column("reserved", Float, nullable=False),
)
lot_links = Table(
    "lot_links",
    _m,
    Column("parent_lot_id", Integer, primary_key=True, autoincrement=False),
    Column("child_lot_id", Integer, primary_key=True, autoincrement=False),
    Column("order_reference", Text, nullable=False),
)
odoo_link = Table(  # one row: what the edge last knew of Odoo
    "odoo_link",
    _m,
    Column("id", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("remedy", Text, nullable=False, default=""),
    Column("synced_at", UtcDateTime),
    Column("whole_at", UtcDateTime),
    Column("stock_at", UtcDateTime),  # where lots lie is not read each time
    Column("watermark", UtcDateTime),
    Column("clock_offset_s", Float),
    Column("parts_missing", JsonText, nullable=False, default=list),
    CheckConstraint("id = 1", name="one_row"),
)

# --- [7] reconciliation ------------------------------------------------------------------------------------

reconciliations = Table(
    "reconciliations",
    _m,
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("target_key", Text, nullable=False),
    Column("order_reference", Text, nullable=False),
    Column("machine_total", Float, nullable=False),
    Column("confirmed", Float, nullable=False),
    Column("expected", Float, nullable=False),
    Column("odoo", Float),
    Column("agrees", Boolean, nullable=False),
    Column("detail", JsonText, nullable=False),
)

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
    Column("record_hash", String(64), nullable=False),  # of what was signed, as it stood
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
