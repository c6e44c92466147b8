"""Accounts, audit log, answers, cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

#: The audit log only grows: the database itself refuses to change or remove a line.
_SQLITE = [
    f"CREATE TRIGGER audit_no_{verb} BEFORE {verb.upper()} ON audit BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
    for verb in ("update", "delete")]
_POSTGRESQL = [
    "CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "RAISE EXCEPTION 'the audit log only grows'; END $$",
    "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()"]


def upgrade() -> None:
    op.create_table("accounts",
    sa.Column("id", sa.String(length=32), nullable=False),
    sa.Column("name", sa.String(length=64), nullable=False),
    sa.Column("role", sa.String(length=16), nullable=False),
    sa.Column("status", sa.String(length=16), nullable=False),
    sa.Column("password_hash", sa.Text(), nullable=False),
    sa.Column("created_at", sa.String(length=27), nullable=False),
    sa.Column("version", sa.Integer(), server_default="1", nullable=False),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
    sa.UniqueConstraint("name", name=op.f("uq_accounts_name"))
    )
    op.create_table("answers",
    sa.Column("id", sa.String(length=32), nullable=False),
    sa.Column("at", sa.String(length=27), nullable=False),
    sa.Column("channel", sa.String(length=16), nullable=False),
    sa.Column("account", sa.String(length=32), nullable=True),
    sa.Column("question", sa.Text(), server_default="", nullable=False),
    sa.Column("history", sa.JSON(), nullable=False),
    sa.Column("dropped", sa.JSON(), nullable=False),
    sa.Column("language", sa.String(length=2), nullable=False),
    sa.Column("standing", sa.String(length=16), nullable=False),
    sa.Column("abstained", sa.Boolean(), nullable=False),
    sa.Column("as_of", sa.String(length=10), nullable=False),
    sa.Column("library", sa.String(length=80), nullable=False),
    sa.Column("markets", sa.JSON(), nullable=False),
    sa.Column("products", sa.JSON(), nullable=False),
    sa.Column("intent", sa.String(length=200), server_default="", nullable=False),
    sa.Column("evidence", sa.JSON(), nullable=False),
    sa.Column("answer", sa.JSON(), nullable=False),
    sa.Column("took_ms", sa.Float(), nullable=False),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_answers"))
    )
    op.create_index(op.f("ix_answers_at"), "answers", ["at"], unique=False)
    op.create_table("audit",
    sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
    sa.Column("at", sa.String(length=27), nullable=False),
    sa.Column("actor", sa.String(length=64), nullable=False),
    sa.Column("via", sa.String(length=16), nullable=False),
    sa.Column("action", sa.String(length=48), nullable=False),
    sa.Column("kind", sa.String(length=24), nullable=False),
    sa.Column("object", sa.String(length=64), nullable=False),
    sa.Column("detail", sa.JSON(), nullable=False),
    sa.Column("previous", sa.String(length=64), nullable=False),
    sa.Column("hash", sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit"))
    )
    op.create_index(op.f("ix_audit_object"), "audit", ["object"], unique=False)
    op.create_table("audit_head",
    sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
    sa.Column("seq", sa.Integer(), nullable=False),
    sa.Column("hash", sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head"))
    )
    op.create_table("api_keys",
    sa.Column("id", sa.String(length=32), nullable=False),
    sa.Column("account", sa.String(length=32), nullable=False),
    sa.Column("key_hash", sa.String(length=64), nullable=False),
    sa.Column("label", sa.String(length=200), server_default="", nullable=False),
    sa.Column("prefix", sa.String(length=200), server_default="", nullable=False),
    sa.Column("scopes", sa.JSON(), nullable=False),
    sa.Column("created_at", sa.String(length=27), nullable=False),
    sa.Column("expires_at", sa.String(length=27), nullable=False),
    sa.Column("used_at", sa.String(length=27), nullable=True),
    sa.Column("revoked_at", sa.String(length=27), nullable=True),
    sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_api_keys_account_accounts")),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
    sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash"))
    )
    op.create_index(op.f("ix_api_keys_account"), "api_keys", ["account"], unique=False)
    op.create_table("cases",
    sa.Column("id", sa.String(length=32), nullable=False),
    sa.Column("created_at", sa.String(length=27), nullable=False),
    sa.Column("updated_at", sa.String(length=27), nullable=False),
    sa.Column("version", sa.Integer(), server_default="1", nullable=False),
    sa.Column("status", sa.String(length=16), nullable=False),
    sa.Column("owner", sa.String(length=32), nullable=True),
    sa.Column("origin", sa.String(length=16), nullable=False),
    sa.Column("channel", sa.String(length=16), nullable=False),
    sa.Column("company", sa.String(length=200), server_default="", nullable=False),
    sa.Column("contact", sa.String(length=200), server_default="", nullable=False),
    sa.Column("product", sa.String(length=200), server_default="", nullable=False),
    sa.Column("products", sa.JSON(), nullable=False),
    sa.Column("markets", sa.JSON(), nullable=False),
    sa.Column("question", sa.Text(), server_default="", nullable=False),
    sa.Column("follow_up", sa.String(length=10), nullable=True),
    sa.Column("merged_into", sa.String(length=32), nullable=True),
    sa.Column("closed_at", sa.String(length=27), nullable=True),
    sa.Column("consent_at", sa.String(length=27), nullable=True),
    sa.Column("purged_at", sa.String(length=27), nullable=True),
    sa.ForeignKeyConstraint(["merged_into"], ["cases.id"], name=op.f("fk_cases_merged_into_cases")),
    sa.ForeignKeyConstraint(["owner"], ["accounts.id"], name=op.f("fk_cases_owner_accounts")),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_cases"))
    )
    op.create_index(op.f("ix_cases_owner"), "cases", ["owner"], unique=False)
    op.create_index(op.f("ix_cases_updated_at"), "cases", ["updated_at"], unique=False)
    op.create_table("feedback",
    sa.Column("id", sa.String(length=32), nullable=False),
    sa.Column("at", sa.String(length=27), nullable=False),
    sa.Column("answer", sa.String(length=32), nullable=False),
    sa.Column("verdict", sa.String(length=8), nullable=False),
    sa.Column("comment", sa.Text(), server_default="", nullable=False),
    sa.ForeignKeyConstraint(["answer"], ["answers.id"], name=op.f("fk_feedback_answer_answers")),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback"))
    )
    op.create_index(op.f("ix_feedback_answer"), "feedback", ["answer"], unique=False)
    op.create_table("sessions",
    sa.Column("id", sa.String(length=32), nullable=False),
    sa.Column("account", sa.String(length=32), nullable=False),
    sa.Column("token_hash", sa.String(length=64), nullable=False),
    sa.Column("created_at", sa.String(length=27), nullable=False),
    sa.Column("seen_at", sa.String(length=27), nullable=False),
    sa.Column("expires_at", sa.String(length=27), nullable=False),
    sa.Column("revoked_at", sa.String(length=27), nullable=True),
    sa.Column("agent", sa.String(length=200), server_default="", nullable=False),
    sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_sessions_account_accounts")),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash"))
    )
    op.create_index(op.f("ix_sessions_account"), "sessions", ["account"], unique=False)
    op.create_table("case_entries",
    sa.Column("id", sa.String(length=32), nullable=False),
    sa.Column("case", sa.String(length=32), nullable=False),
    sa.Column("at", sa.String(length=27), nullable=False),
    sa.Column("actor", sa.String(length=64), nullable=False),
    sa.Column("kind", sa.String(length=16), nullable=False),
    sa.Column("text", sa.Text(), server_default="", nullable=False),
    sa.Column("detail", sa.JSON(), nullable=False),
    sa.Column("answer", sa.JSON(), nullable=True),
    sa.Column("answer_id", sa.String(length=32), nullable=True),
    sa.ForeignKeyConstraint(["case"], ["cases.id"], name=op.f("fk_case_entries_case_cases")),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_case_entries"))
    )
    op.create_index(op.f("ix_case_entries_case"), "case_entries", ["case"], unique=False)
    op.execute("INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '')")
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_no_change ON audit")
        op.execute("DROP FUNCTION audit_only_grows")
    op.drop_table("case_entries")
    op.drop_table("sessions")
    op.drop_table("feedback")
    op.drop_table("cases")
    op.drop_table("api_keys")
    op.drop_table("audit_head")
    op.drop_table("audit")
    op.drop_table("answers")
    op.drop_table("accounts")
