"""Knowledge gaps and curated replies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("state",
    sa.Column("key", sa.String(length=48), nullable=False),
    sa.Column("value", sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint("key", name=op.f("pk_state"))
    )
    op.create_table("gaps",
    sa.Column("id", sa.String(length=32), nullable=False),
    sa.Column("created_at", sa.String(length=27), nullable=False),
    sa.Column("updated_at", sa.String(length=27), nullable=False),
    sa.Column("version", sa.Integer(), server_default="1", nullable=False),
    sa.Column("status", sa.String(length=16), nullable=False),
    sa.Column("question", sa.Text(), server_default="", nullable=False),
    sa.Column("language", sa.String(length=2), nullable=False),
    sa.Column("place", sa.String(length=400), nullable=False),
    sa.Column("markets", sa.JSON(), nullable=False),
    sa.Column("products", sa.JSON(), nullable=False),
    sa.Column("times", sa.Integer(), nullable=False),
    sa.Column("last_at", sa.String(length=27), nullable=False),
    sa.Column("assignee", sa.String(length=32), nullable=True),
    sa.Column("record", sa.String(length=200), server_default="", nullable=False),
    sa.Column("resolution", sa.Text(), server_default="", nullable=False),
    sa.Column("closed_library", sa.String(length=200), server_default="", nullable=False),
    sa.Column("closed_at", sa.String(length=27), nullable=True),
    sa.Column("asked_library", sa.String(length=200), server_default="", nullable=False),
    sa.Column("asked_standing", sa.String(length=200), server_default="", nullable=False),
    sa.Column("asked_answer", sa.JSON(), nullable=True),
    sa.ForeignKeyConstraint(["assignee"], ["accounts.id"], name=op.f("fk_gaps_assignee_accounts")),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_gaps"))
    )
    op.create_index(op.f("ix_gaps_place"), "gaps", ["place"], unique=False)
    op.create_table("gap_questions",
    sa.Column("id", sa.String(length=32), nullable=False),
    sa.Column("gap", sa.String(length=32), nullable=False),
    sa.Column("at", sa.String(length=27), nullable=False),
    sa.Column("reason", sa.String(length=16), nullable=False),
    sa.Column("question", sa.Text(), server_default="", nullable=False),
    sa.Column("answer", sa.String(length=32), nullable=True),
    sa.Column("note", sa.Text(), server_default="", nullable=False),
    sa.ForeignKeyConstraint(["gap"], ["gaps.id"], name=op.f("fk_gap_questions_gap_gaps")),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_gap_questions"))
    )
    op.create_index(op.f("ix_gap_questions_gap"), "gap_questions", ["gap"], unique=False)
    op.create_table("replies",
    sa.Column("id", sa.String(length=32), nullable=False),
    sa.Column("created_at", sa.String(length=27), nullable=False),
    sa.Column("updated_at", sa.String(length=27), nullable=False),
    sa.Column("version", sa.Integer(), server_default="1", nullable=False),
    sa.Column("current", sa.Integer(), nullable=False),
    sa.Column("author", sa.String(length=32), nullable=False),
    sa.Column("gap", sa.String(length=32), nullable=True),
    sa.Column("case", sa.String(length=32), nullable=True),
    sa.ForeignKeyConstraint(["author"], ["accounts.id"], name=op.f("fk_replies_author_accounts")),
    sa.ForeignKeyConstraint(["case"], ["cases.id"], name=op.f("fk_replies_case_cases")),
    sa.ForeignKeyConstraint(["gap"], ["gaps.id"], name=op.f("fk_replies_gap_gaps")),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_replies"))
    )
    op.create_table("reply_versions",
    sa.Column("reply", sa.String(length=32), nullable=False),
    sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
    sa.Column("at", sa.String(length=27), nullable=False),
    sa.Column("author", sa.String(length=32), nullable=False),
    sa.Column("state", sa.String(length=16), nullable=False),
    sa.Column("content", sa.JSON(), nullable=False),
    sa.Column("decided_by", sa.String(length=32), nullable=True),
    sa.Column("decided_at", sa.String(length=27), nullable=True),
    sa.Column("note", sa.Text(), server_default="", nullable=False),
    sa.ForeignKeyConstraint(["reply"], ["replies.id"], name=op.f("fk_reply_versions_reply_replies")),
    sa.PrimaryKeyConstraint("reply", "number", name=op.f("pk_reply_versions"))
    )


def downgrade() -> None:
    op.drop_table("reply_versions")
    op.drop_table("replies")
    op.drop_table("gap_questions")
    op.drop_table("gaps")
    op.drop_table("state")
