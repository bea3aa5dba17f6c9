"""Tables of what Odoo owns, mirrored."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    Table,
    Text,
)

from console.store.schema.metadata import ledger_metadata as _m
from console.store.types import JsonText, UtcDateTime

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
