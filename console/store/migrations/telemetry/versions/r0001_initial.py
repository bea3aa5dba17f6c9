"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from console.store import types

revision = "0001_96c08219"
down_revision: str | None = None


def upgrade() -> None:
    op.create_table(
        "fresh",
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.Column("source_us", sa.Integer(), nullable=False),
        sa.Column("delay_us", sa.Integer(), nullable=False),
        sa.Column("flags", sa.Integer(), nullable=False),
        sa.Column("value", types.AnyValue(), nullable=True),
    )
    op.create_table(
        "heartbeats",
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("at_us", sa.Integer(), nullable=False),
        sa.Column("data", types.JsonText(), nullable=False),
        sa.PrimaryKeyConstraint("process", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "link_status",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since_us", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("remedy", sa.String(), nullable=False),
        sa.Column("missing_tags", types.JsonText(), nullable=False),
        sa.Column("dropped", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("connection", name=op.f("pk_link_status")),
    )
    op.create_table(
        "partitions",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("opened_us", sa.Integer(), nullable=False),
        sa.Column("closed_us", sa.Integer(), nullable=False),
        sa.Column("first_us", sa.Integer(), nullable=False),
        sa.Column("last_us", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_partitions")),
    )
    op.create_table(
        "tags",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
        sa.UniqueConstraint("name", name=op.f("uq_tags_name")),
    )
    op.create_table(
        "latest",
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.Column("source_us", sa.Integer(), nullable=False),
        sa.Column("delay_us", sa.Integer(), nullable=False),
        sa.Column("flags", sa.Integer(), nullable=False),
        sa.Column("value", types.AnyValue(), nullable=True),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_latest_tag_id_tags")),
        sa.PrimaryKeyConstraint("tag_id", name=op.f("pk_latest")),
    )
