"""What a case holds and how its history reads; what may be written into one."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from assistant.desk.masking import masked_contact
from assistant.desk.people import Actor
from assistant.desk.refusals import Unacceptable, not_here
from assistant.desk.tables import accounts, case_entries, cases
from assistant.types import Words

STATUSES = ("open", "waiting", "answered", "closed")
CHANNELS = ("phone", "wechat", "mail", "visit", "chat", "other")
#: What PATCH may name.
CHANGEABLE = (
    "status", "owner", "channel", "follow_up", "company", "contact", "product", "products", "markets", "question")
#: Of these the history and the audit log keep the name only, so that a purge of the case removes them for good.
PERSONAL = frozenset({"company", "contact"})
#: Characters of one line (company, contact, product), of a question, and of a note or an answer as sent.
LONGEST_LINE, LONGEST_QUESTION, LONGEST_TEXT = 200, 4000, 20_000
MOST_IDS = 60
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")

USE_ONE_OF = Words("请用其中一个:{these}。", "Use one of these: {these}.")
NO_STATUS = Words("没有这种状态。", "There is no such status.")
NO_CHANNEL = Words("没有这种联系方式类型。", "There is no such channel.")
NO_DAY = Words("日期不对。", "This is not a date.")
DAY_HOW = Words("请写成 2026-11-30 这样的日期。", "Write it like 2026-11-30.")
NO_ID = Words("产品或市场的代码不对。", "This is not the code of a product or market.")
ID_HOW = Words("请从列表里选。", "Choose it from the list.")
TOO_LONG = Words("内容太长,没有保存。", "This is too long; nothing was saved.")
SHORTER = Words("请缩短到 {most} 个字以内再保存。", "Shorten it to {most} characters and save again.")
EMPTY = Words("内容是空的。", "There is nothing in it.")
WRITE = Words("请先写内容。", "Write something first.")
NO_FIELD = Words("没有这个字段。", "There is no such field.")
FIELD_HOW = Words("可以修改的是:{these}。", "What can be changed: {these}.")


@dataclass(frozen=True, slots=True)
class Case:
    """One matter of one caller. Moments are UTC stamps, follow_up an ISO day, owner an account's id.

    status: open · waiting · answered · closed. origin: call · chat. channel: how the caller is reached.
    contact_masked: the contact is shown with stars. consent_at: when a visitor agreed to hand the conversation over.
    """

    id: str
    created_at: str
    updated_at: str
    version: int
    status: str
    owner: str | None
    owner_name: str
    origin: str
    channel: str
    company: str
    contact: str
    contact_masked: bool
    product: str
    products: list[str]
    markets: list[str]
    question: str
    follow_up: str | None
    merged_into: str | None
    closed_at: str | None
    consent_at: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One step of a case's history. kind: note · answer · transcript · change · merge.

    detail: of a change {changes: [{field, old, new}]} (field alone for company and contact), of a merge {from, into},
    of a transcript {language, turns: [{answer_id, at, question, answer, standing, library, evidence}]}.
    answer: of an answer the journal's whole row (desk.journal.Kept) as it was when it was sent; text is what was sent.
    """

    id: str
    at: str
    actor: str
    actor_name: str
    kind: str
    text: str
    detail: dict[str, Any]
    answer: dict[str, Any] | None
    answer_id: str | None


def case_query() -> sa.Select[Any]:
    return sa.select(cases, accounts.c.name.label("owner_name")).join_from(
        cases, accounts, accounts.c.id == cases.c.owner, isouter=True)


def entry_query() -> sa.Select[Any]:
    return sa.select(case_entries, accounts.c.name.label("actor_name")).join_from(
        case_entries, accounts, accounts.c.id == case_entries.c.actor, isouter=True)


def case_of(row: sa.Row[Any], whole: bool) -> Case:
    """The case of a row of `case_query`. whole: with the contact as it is."""
    fields = {name: getattr(row, name) for name in Case.__slots__ if name not in {"owner_name", "contact_masked"}}
    hidden = bool(row.contact) and not whole
    fields["contact"] = masked_contact(row.contact) if hidden else row.contact
    return Case(**fields, owner_name=row.owner_name or "", contact_masked=hidden)


def entry_of(row: sa.Row[Any]) -> Entry:
    return Entry(row.id, row.at, row.actor, row.actor_name or row.actor, row.kind, row.text, row.detail, row.answer,
                 row.answer_id)


def looks_after(actor: Actor, owner: str | None) -> bool:
    """Whether this is the actor's own case, or one of any that a reviewer or administrator may handle."""
    return owner == actor.account or actor.may("any-case")


def known_form(case_id: str) -> str:
    """The id, if there can be such a one: PostgreSQL fails on NUL and the like. Raises NotHere."""
    if not _ID.fullmatch(case_id):
        raise not_here()
    return case_id


# --- what may be written --------------------------------------------------------------------------------------------


def line(text: str, longest: int = LONGEST_LINE) -> str:
    """Raises Unacceptable."""
    text = text.strip()
    if len(text) > longest:
        most = f"{longest:,}"
        raise Unacceptable(TOO_LONG, Words(SHORTER.zh.format(most=most), SHORTER.en.format(most=most)))
    return text


def written(text: str, longest: int = LONGEST_TEXT) -> str:
    """A text that must be there. Raises Unacceptable."""
    text = line(text, longest)
    if not text:
        raise Unacceptable(EMPTY, WRITE)
    return text


def _one_of(value: Any, these: Sequence[str], said: Words) -> str:
    if value not in these:
        raise Unacceptable(said, Words(USE_ONE_OF.zh.format(these="、".join(these)),
                                       USE_ONE_OF.en.format(these=", ".join(these))))
    return str(value)


def status(value: Any) -> str:
    """Raises Unacceptable."""
    return _one_of(value, STATUSES, NO_STATUS)


def channel(value: Any) -> str:
    """Raises Unacceptable."""
    return _one_of(value, CHANNELS, NO_CHANNEL)


def day(text: str | None) -> str | None:
    """An ISO day, None for none. Raises Unacceptable."""
    if not text:
        return None
    try:
        if not _DAY.fullmatch(text):
            raise ValueError
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise Unacceptable(NO_DAY, DAY_HOW) from None


def ids(values: Sequence[str]) -> list[str]:
    """Ids of the vocabulary, each once. Which ids there are is the library's to say. Raises Unacceptable."""
    kept = list(dict.fromkeys(values))
    if len(kept) > MOST_IDS or not all(_ID.fullmatch(v) for v in kept):
        raise Unacceptable(NO_ID, ID_HOW)
    return kept


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a case as they are kept; None empties one. `owner` is not looked up. Raises Unacceptable."""
    kept: dict[str, Any] = {}
    for name, value in values.items():
        if name == "owner":
            kept[name] = value or None
        elif name == "status":
            kept[name] = status(value)
        elif name == "channel":
            kept[name] = channel(value)
        elif name == "follow_up":
            kept[name] = day(value)
        elif name == "question":
            kept[name] = written(value or "", LONGEST_QUESTION)
        elif name in {"products", "markets"}:
            kept[name] = ids(value or ())
        elif name in CHANGEABLE:
            kept[name] = line(value or "")
        else:
            raise Unacceptable(NO_FIELD, Words(FIELD_HOW.zh.format(these="、".join(CHANGEABLE)),
                                               FIELD_HOW.en.format(these=", ".join(CHANGEABLE))))
    return kept
