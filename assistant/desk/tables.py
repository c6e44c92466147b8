"""The desk's tables. Moments are UTC text (`moments.stamp`), so both databases sort and compare them alike.

Every row that people edit carries `version`: a change names the version it was made from, and the last writer is told.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(naming_convention={
    "ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s", "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s"})


def _id(name: str = "id") -> sa.Column[str]:
    return sa.Column(name, sa.String(32), primary_key=True)


def _moment(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(27), nullable=nullable)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def _short(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(200), nullable=False, server_default="")


def _version() -> sa.Column[int]:
    return sa.Column("version", sa.Integer, nullable=False, server_default="1")


# --- who ------------------------------------------------------------------------------------------------------------

accounts = sa.Table(
    "accounts", metadata, _id(), sa.Column("name", sa.String(64), nullable=False, unique=True),
    sa.Column("role", sa.String(16), nullable=False), sa.Column("status", sa.String(16), nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False), _moment("created_at"), _version())

#: token_hash: sha256 of the cookie; the cookie itself is nowhere stored.
sessions = sa.Table(
    "sessions", metadata, _id(), sa.Column("account", sa.ForeignKey("accounts.id"), nullable=False, index=True),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True), _moment("created_at"), _moment("seen_at"),
    _moment("expires_at"), _moment("revoked_at", nullable=True), _short("agent"))

api_keys = sa.Table(
    "api_keys", metadata, _id(), sa.Column("account", sa.ForeignKey("accounts.id"), nullable=False, index=True),
    sa.Column("key_hash", sa.String(64), nullable=False, unique=True), _short("label"), _short("prefix"),
    sa.Column("scopes", sa.JSON, nullable=False), _moment("created_at"), _moment("expires_at"),
    _moment("used_at", nullable=True), _moment("revoked_at", nullable=True))

#: Append-only (triggers refuse UPDATE and DELETE); hash = sha256 over the row and the hash before it.
audit = sa.Table(
    "audit", metadata, sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False), _moment("at"),
    sa.Column("actor", sa.String(64), nullable=False), sa.Column("via", sa.String(16), nullable=False),
    sa.Column("action", sa.String(48), nullable=False), sa.Column("kind", sa.String(24), nullable=False),
    sa.Column("object", sa.String(64), nullable=False, index=True), sa.Column("detail", sa.JSON, nullable=False),
    sa.Column("previous", sa.String(64), nullable=False), sa.Column("hash", sa.String(64), nullable=False))

#: One row: the end of the chain. It is locked while a line is added, so that lines form one chain.
audit_head = sa.Table(
    "audit_head", metadata, sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.Integer, nullable=False), sa.Column("hash", sa.String(64), nullable=False))

# --- what was asked -------------------------------------------------------------------------------------------------

#: Every answer given, with what it stood on. question, history: phone and ID numbers masked.
#: evidence: [{n, record, section, version (record digest), quote (sha256)}]. answer: the whole object, frozen.
answers = sa.Table(
    "answers", metadata, _id(), _moment("at"), sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("account", sa.String(32), nullable=True), _text("question"), sa.Column("history", sa.JSON, nullable=False),
    sa.Column("dropped", sa.JSON, nullable=False), sa.Column("language", sa.String(2), nullable=False),
    sa.Column("standing", sa.String(16), nullable=False), sa.Column("abstained", sa.Boolean, nullable=False),
    sa.Column("as_of", sa.String(10), nullable=False), sa.Column("library", sa.String(80), nullable=False),
    sa.Column("markets", sa.JSON, nullable=False), sa.Column("products", sa.JSON, nullable=False), _short("intent"),
    sa.Column("evidence", sa.JSON, nullable=False), sa.Column("answer", sa.JSON, nullable=False),
    sa.Column("took_ms", sa.Float, nullable=False), sa.Index(None, "at"))

feedback = sa.Table(
    "feedback", metadata, _id(), _moment("at"), sa.Column("answer", sa.ForeignKey("answers.id"), nullable=False, index=True),
    sa.Column("verdict", sa.String(8), nullable=False), _text("comment"))

# --- cases ----------------------------------------------------------------------------------------------------------

cases = sa.Table(
    "cases", metadata, _id(), _moment("created_at"), _moment("updated_at"), _version(),
    sa.Column("status", sa.String(16), nullable=False), sa.Column("owner", sa.ForeignKey("accounts.id"), nullable=True, index=True),
    sa.Column("origin", sa.String(16), nullable=False), sa.Column("channel", sa.String(16), nullable=False),
    _short("company"), _short("contact"), _short("product"), sa.Column("products", sa.JSON, nullable=False),
    sa.Column("markets", sa.JSON, nullable=False), _text("question"), sa.Column("follow_up", sa.String(10), nullable=True),
    sa.Column("merged_into", sa.ForeignKey("cases.id"), nullable=True), _moment("closed_at", nullable=True),
    _moment("consent_at", nullable=True), _moment("purged_at", nullable=True), sa.Index(None, "updated_at"))

#: The history of a case, oldest first. kind: note · answer · transcript · change · merge. answer: frozen object and evidence.
case_entries = sa.Table(
    "case_entries", metadata, _id(), sa.Column("case", sa.ForeignKey("cases.id"), nullable=False, index=True), _moment("at"),
    sa.Column("actor", sa.String(64), nullable=False), sa.Column("kind", sa.String(16), nullable=False), _text("text"),
    sa.Column("detail", sa.JSON, nullable=False), sa.Column("answer", sa.JSON, nullable=True),
    sa.Column("answer_id", sa.String(32), nullable=True))

# --- gaps -----------------------------------------------------------------------------------------------------------

gaps = sa.Table(
    "gaps", metadata, _id(), _moment("created_at"), _moment("updated_at"), _version(),
    sa.Column("status", sa.String(16), nullable=False), _text("question"), sa.Column("language", sa.String(2), nullable=False),
    sa.Column("place", sa.String(400), nullable=False, index=True), sa.Column("markets", sa.JSON, nullable=False),
    sa.Column("products", sa.JSON, nullable=False), sa.Column("times", sa.Integer, nullable=False), _moment("last_at"),
    sa.Column("assignee", sa.ForeignKey("accounts.id"), nullable=True), _short("record"), _text("resolution"),
    _short("closed_library"), _moment("closed_at", nullable=True), _short("asked_library"), _short("asked_standing"),
    sa.Column("asked_answer", sa.JSON, nullable=True))

#: Each time the gap showed. reason: abstained · thumbs-down · flag.
gap_questions = sa.Table(
    "gap_questions", metadata, _id(), sa.Column("gap", sa.ForeignKey("gaps.id"), nullable=False, index=True), _moment("at"),
    sa.Column("reason", sa.String(16), nullable=False), _text("question"), sa.Column("answer", sa.String(32), nullable=True),
    _text("note"))

# --- curated replies ------------------------------------------------------------------------------------------------

#: current: number of the version that answers now, 0 when none does.
replies = sa.Table(
    "replies", metadata, _id(), _moment("created_at"), _moment("updated_at"), _version(),
    sa.Column("current", sa.Integer, nullable=False), sa.Column("author", sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("gap", sa.ForeignKey("gaps.id"), nullable=True), sa.Column("case", sa.ForeignKey("cases.id"), nullable=True))

#: state: draft · submitted · approved · rejected · withdrawn. content: desk.replies.Content as JSON.
reply_versions = sa.Table(
    "reply_versions", metadata, sa.Column("reply", sa.ForeignKey("replies.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False), _moment("at"),
    sa.Column("author", sa.String(32), nullable=False), sa.Column("state", sa.String(16), nullable=False),
    sa.Column("content", sa.JSON, nullable=False), sa.Column("decided_by", sa.String(32), nullable=True),
    _moment("decided_at", nullable=True), _text("note"))

#: Small facts about the whole, such as the revision of the replies in force.
state = sa.Table(
    "state", metadata, sa.Column("key", sa.String(48), primary_key=True), sa.Column("value", sa.Text, nullable=False))
