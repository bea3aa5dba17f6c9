"""Tables of the way from machine event to Odoo and back: events, proposals, decisions, outbox."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from console.store.schema.metadata import ledger_metadata as _m
from console.store.types import JsonText, UtcDateTime

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
