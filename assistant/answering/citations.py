"""Drafts → numbered segments and citations. The one place that numbers, so marks and citations cannot drift apart."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answering import phrases
from assistant.answering.drafts import Draft, Quoted
from assistant.answering.replies import ReplyShelf
from assistant.answering.view import LibraryView
from assistant.types import Citation, CitedSource, Language, Record, Segment, Source, Statement


def reference(view: LibraryView, record: Record, source: Source | None, locator: str | None, language: Language) -> str:
    """The official reference of a quote: the law the source is the text of with its locator, else the legal basis."""
    def named(instrument_id: str) -> str:
        instrument = view.instruments.get(instrument_id)
        if instrument:
            return instrument.reference.say(language)
        other = view.records.get(instrument_id)
        return other.name.say(language) if other else instrument_id

    if source and source.instrument:
        return f"{named(source.instrument)}, {locator}" if locator else named(source.instrument)
    if record.legal_basis:
        return "; ".join(named(i) for i in record.legal_basis[:2])
    return record.name.say(language)


def _cite(view: LibraryView, shelf: ReplyShelf, n: int, record: Record, statement: Statement, language: Language,
          as_of: str) -> Citation:
    holder = shelf if record.id in shelf.records else view
    place = holder.place(record, statement, language)
    source = record.source(statement.source)
    passage = holder.passages[place.passage]
    return Citation(
        n=n, record=record.id, section=f"{passage.section}.{passage.language}", language=language, origin=passage.origin,
        basis=record.basis(statement), title=record.name.say(language),
        reference=reference(view, record, source, statement.locator, language),
        source=CitedSource(source.title.say(language), statement.locator, source.tier, source.read) if source else None,
        url=source.url if source else "", quote=passage.text[place.start : place.end], start=place.start, end=place.end,
        status=record.status, as_of=as_of, checked=source.read if source else None)


def number(view: LibraryView, shelf: ReplyShelf, drafts: Sequence[Draft], language: Language, as_of: str
           ) -> tuple[tuple[Segment, ...], tuple[Citation, ...]]:
    """Segments with citation numbers 1..n in order of first use; the same statement keeps its number."""
    numbers: dict[tuple[str, str], int] = {}
    citations: list[Citation] = []
    segments: list[Segment] = []
    stop = "。" if language == "zh" else ". "
    for draft in drafts:
        if not isinstance(draft, Quoted):
            segments.append(Segment(draft.role, draft.text))
            continue
        key = (draft.record.id, draft.statement.id)
        if key not in numbers:
            numbers[key] = len(citations) + 1
            citations.append(_cite(view, shelf, numbers[key], draft.record, draft.statement, language, as_of))
        words = draft.statement.words.say(language)
        text = f"{draft.label}{stop}{words}" if draft.label else words
        segments.append(Segment(draft.role, text, (numbers[key],)))
    return tuple(segments), tuple(citations)


def basis_notices(citations: Sequence[Citation], language: Language) -> tuple[str, ...]:
    """Which quotes are not official, by their numbers, in one sentence; nothing when all are."""
    by_basis = {basis: [str(c.n) for c in citations if c.basis == basis] for basis in ("secondary", "general-knowledge")}
    join = phrases.LIST_JOIN.say(language)
    parts = [phrases.BASIS_NOTICE[b].say(language).format(marks=join.join(ns)) for b, ns in by_basis.items() if ns]
    if not parts:
        return ()
    tail = phrases.BASIS_NOTICE["tail"].say(language).format(whom=phrases.BASIS_NOTICE["whom"].say(language))
    comma, semicolon = (",", ";") if language == "zh" else ("; ", "; ")
    return (comma.join(parts) + semicolon + tail,)
