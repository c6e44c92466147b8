"""Finding cases: what is typed, what is filtered, and where the next page begins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from assistant.desk.case_rows import case_query, day, status
from assistant.desk.people import Actor
from assistant.desk.refusals import Unacceptable
from assistant.desk.tables import case_entries, cases
from assistant.types import Words

ME, NOBODY = "me", "none"
#: A number is written with and without these.
_BETWEEN_DIGITS = (" ", "-")
_CURSOR = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z)(?:~([0-9a-z]{1,32}))?")
BAD_PAGE = Words("翻页位置不对。", "This is not where a page begins.")
FROM_START = Words("请从第一页开始。", "Start again from the first page.")


@dataclass(frozen=True, slots=True)
class Filters:
    """Which cases; an empty field asks nothing.

    q: a part of the company, product, question or history, the contact, or the first characters of the case's id.
    owner: `me`, `none` or an account's id. market, product: an id (product also a part of its name as written down).
    due: ISO day; cases not closed that are to be followed up on it or earlier.
    """

    q: str = ""
    status: str = ""
    owner: str = ""
    market: str = ""
    product: str = ""
    due: str = ""


def _holds(column: Any, item: str) -> Any:
    """Whether a JSON list of ids holds this one. Both databases keep the list as the text that was written."""
    return sa.cast(column, sa.Text).contains(f'"{item}"', autoescape=True)


def _without_gaps(text: Any) -> Any:
    for character in _BETWEEN_DIGITS:
        text = sa.func.replace(text, character, "")
    return text


def _typed(actor: Actor, q: str) -> Any:
    bare = q
    for character in _BETWEEN_DIGITS:
        bare = bare.replace(character, "")
    contact = _without_gaps(cases.c.contact)
    # Whoever sees a contact with stars finds it by the whole of it only: parts would give it away digit by digit.
    reached = sa.func.lower(contact) == sa.func.lower(bare) if bare else sa.false()
    if bare:
        part = contact.icontains(bare, autoescape=True)
        reached = part if actor.may("any-case") else sa.or_(reached, sa.and_(cases.c.owner == actor.account, part))
    said = sa.select(case_entries.c.case).where(case_entries.c.text.icontains(q, autoescape=True))
    return sa.or_(
        *(column.icontains(q, autoescape=True) for column in (cases.c.company, cases.c.product, cases.c.question)),
        reached, cases.c.id.startswith(bare.lower(), autoescape=True) if bare else sa.false(), cases.c.id.in_(said))


def search(actor: Actor, filters: Filters, before: str = "") -> sa.Select[Any]:
    """The cases asked for, last changed first. Raises Unacceptable.

    before: `cursor` of the last one seen, or a moment.
    """
    query = case_query().order_by(cases.c.updated_at.desc(), cases.c.id.desc())
    if q := filters.q.strip():
        query = query.where(_typed(actor, q))
    if filters.status:
        query = query.where(cases.c.status == status(filters.status))
    if filters.owner == NOBODY:
        query = query.where(cases.c.owner.is_(None))
    elif filters.owner:
        query = query.where(cases.c.owner == (actor.account if filters.owner == ME else filters.owner))
    if filters.market:
        query = query.where(_holds(cases.c.markets, filters.market))
    if filters.product:
        query = query.where(sa.or_(_holds(cases.c.products, filters.product),
                                   cases.c.product.icontains(filters.product, autoescape=True)))
    if due := day(filters.due):
        query = query.where(cases.c.follow_up <= due, cases.c.status != "closed")
    if before:
        found = _CURSOR.fullmatch(before)
        if not found:
            raise Unacceptable(BAD_PAGE, FROM_START)
        moment, last = found.groups()
        older = cases.c.updated_at < moment
        query = query.where(sa.or_(older, sa.and_(cases.c.updated_at == moment, cases.c.id < last)) if last else older)
    return query


def cursor(updated_at: str, case_id: str) -> str:
    """Where the page after this case begins."""
    return f"{updated_at}~{case_id}"
