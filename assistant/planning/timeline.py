"""Every dated statement of the records in order: what applies when, and how certain that is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from assistant.corpus.entries import UNIONS, Vocabulary
from assistant.types import Basis, Record, Statement, Tier, Words

Precision = Literal["day", "month", "year"]
Certainty = Literal["law", "announced", "proposed"]

_PRECISIONS: dict[int, Precision] = {4: "year", 7: "month", 10: "day"}
_CERTAINTIES: dict[str, Certainty] = {"law": "law", "announced": "announced", "proposed": "proposed"}


@dataclass(frozen=True, slots=True)
class MilestoneSource:
    """The page or text behind a milestone. read: the ISO day on which somebody read it."""

    title: Words
    url: str
    locator: str | None
    tier: Tier
    read: str


@dataclass(frozen=True, slots=True)
class Milestone:
    """One dated statement of one record.

    date: YYYY, YYYY-MM or YYYY-MM-DD, as precisely as it is known. certainty: nothing of a proposed record counts as law.
    products: those that the record names itself. successors: of a superseded record, where its products belong now.
    """

    date: str
    precision: Precision
    certainty: Certainty
    record: str
    statement: str
    title: Words
    folder: str
    kind: str | None
    status: str
    scope: str
    markets: tuple[str, ...]
    market_groups: tuple[str, ...]
    products: tuple[str, ...]
    words: Words
    basis: Basis
    source: MilestoneSource | None
    successors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a timeline is asked for. market, product: ids; first, last: ISO days, both included. None: all."""

    market: str | None = None
    product: str | None = None
    first: str | None = None
    last: str | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """Milestones in order of their dates.

    general: how many records with dates hold in that market and are left out because they name no product at all.
    """

    as_of: str
    asked: Asked
    milestones: tuple[Milestone, ...]
    general: int = 0


def is_past(date: str, as_of: str) -> bool:
    """Whether the whole day, month or year lies before the day `as_of`."""
    return date < as_of[: len(date)]


def dated(record: Record) -> tuple[Statement, ...]:
    """The record's statements that bear a date of their own."""
    return tuple(s for s in record.statements if s.section == "dates" and s.date)


def certainty(record: Record, statement: Statement) -> Certainty:
    """How certain a date is; a date in a record that is itself only proposed is no law yet."""
    said = _CERTAINTIES.get(statement.certainty or "", "announced")
    return "proposed" if record.status == "proposed" and said == "law" else said


def milestones(record: Record) -> tuple[Milestone, ...]:
    """The record's milestones, in the order in which they are written."""
    successors = (tuple(dict.fromkeys(e.see for e in record.excludes if e.see))
                  if record.status == "superseded" else ())
    return tuple(_milestone(record, statement, statement.date or "", successors) for statement in dated(record))


def _milestone(record: Record, statement: Statement, date: str, successors: tuple[str, ...]) -> Milestone:
    source = record.source(statement.source)
    return Milestone(
        date=date, precision=_PRECISIONS[len(date)], certainty=certainty(record, statement), record=record.id,
        statement=statement.id, title=record.name, folder=record.folder, kind=record.kind, status=record.status,
        scope=record.scope, markets=record.markets, market_groups=record.market_groups, products=record.named_products,
        words=statement.words, basis=record.basis(statement),
        source=MilestoneSource(source.title, source.url, statement.locator, source.tier, source.read) if source else None,
        successors=successors)


def holds_in(record: Record, market: str, vocabulary: Vocabulary) -> bool:
    """Whether the record is for this market.

    A single market has its own rules and those of its unions; a union has what holds in all of it, never the rule of one
    member; any other group is a list of markets, each with its rules. An international record is for no market.
    """
    members = set(vocabulary.expand_places((market,)))
    if not members & set(record.markets):
        return False
    return market not in UNIONS or members <= set(record.markets) or bool(UNIONS & set(record.market_groups))


def timeline(records: Iterable[Record], vocabulary: Vocabulary, asked: Asked, as_of: str) -> Timeline:
    """What the records date, for a market and a product, within a period; sorted by date, then by record.

    A product is answered for by the records that cover it and by no others: a rule that names no product may or may not
    reach it. A month or a year counts when any day of it lies within the period. as_of: ISO day.
    """
    found: list[Milestone] = []
    general = 0
    for record in records:
        if asked.market is not None and not holds_in(record, asked.market, vocabulary):
            continue
        inside = [m for m in milestones(record) if _within(m.date, asked)]
        if asked.product is not None and asked.product not in record.covers:
            general += bool(inside) and not record.covers
            continue
        found += inside
    return Timeline(as_of, asked, tuple(sorted(found, key=lambda m: (m.date, m.record))), general)


def _within(date: str, asked: Asked) -> bool:
    size = len(date)
    return (asked.first is None or date >= asked.first[:size]) and (asked.last is None or date <= asked.last[:size])


def published(found: Timeline) -> dict[str, Any]:
    """The timeline as every face gives it to programs."""
    return {"as_of": found.as_of, "market": found.asked.market, "product": found.asked.product,
            "from": found.asked.first, "to": found.asked.last, "general": found.general, "milestones": found.milestones}
