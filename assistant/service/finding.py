"""Finding while typing: statements for half a question, in milliseconds."""

from __future__ import annotations

import time
from dataclasses import dataclass

from assistant.answering.answerer import Answerer
from assistant.corpus.section_names import SECTION_NAMES
from assistant.folding import squeeze
from assistant.index.tokens import content_tokens
from assistant.types import Basis, Language, Origin, Record

#: Passages looked at, and the share of the score that likeness in meaning and shared words have in a statement's.
LOOKED_AT, MEANING, SHARED = 16, 0.6, 0.4
#: Records found by their name stand first; so many of them.
BY_NAME = 3
#: A statement of a record for the market or product that was typed counts more, one for another market less, and what the
#: library does not know stands last.
HERE, COVERED, ELSEWHERE, GAP = 1.5, 1.3, 0.5, 0.4


@dataclass(frozen=True, slots=True)
class Found:
    """One statement, quoted in the language asked for and given in both.

    score: 0..1 within this search; markets: names; basis as in a citation.
    """

    record: str
    title: str
    section: str
    section_name: str
    statement: str
    quote: str
    zh: str
    en: str
    basis: Basis
    status: str
    markets: tuple[str, ...]
    origin: Origin
    score: float


@dataclass(frozen=True, slots=True)
class Finding:
    """took_ms: what the search itself took."""

    took_ms: float
    results: tuple[Found, ...]


def _named(answerer: Answerer, text: str) -> list[Record]:
    """Records whose name, id or other name begins with or holds what was typed, the closest first."""
    typed = squeeze(text)
    if len(typed) < 2:
        return []
    ranked = []
    names_of = answerer.view.record_names()
    for record in answerer.view.records.values():
        names = names_of[record.id]
        fits = [(not n.startswith(typed), len(n)) for n in names if typed in n]
        if fits:
            ranked.append((min(fits), record.id, record))
    return [record for _, _, record in sorted(ranked)[:BY_NAME]]


def find(answerer: Answerer, text: str, language: Language, limit: int) -> Finding:
    """At most `limit` statements for what has been typed so far; curated replies and records by name first."""
    began = time.perf_counter()
    view, out, seen = answerer.view, list[Found](), set[tuple[str, str]]()
    tokens = content_tokens(text)
    vector = view.embed(text) if text.strip() else None

    def add(record: Record, place: int, score: float, origin: Origin = "library") -> None:
        statement = record.statements[place]
        if (record.id, statement.id) in seen:
            return
        seen.add((record.id, statement.id))
        name = SECTION_NAMES.get(statement.section)
        out.append(Found(
            record.id, record.name.say(language), statement.section, name.say(language) if name else statement.section,
            statement.id, statement.words.say(language), statement.words.zh, statement.words.en, record.basis(statement), record.status,
            tuple(view.place_name(m, language) for m in (record.market_groups or record.markets)[:6]), origin, round(min(score, 1.0), 3)))

    typed = squeeze(text)
    if len(typed) >= 2:
        for reply in answerer.shelf.records.values():
            if any(typed in squeeze(q) for q in (*reply.questions_zh, *reply.questions_en)):
                add(reply, 0, 1.0, "reply")
    for record in _named(answerer, text):
        if record.statements:
            add(record, 0, 1.0)
    if vector is not None and tokens:
        scored = []
        mentions = view.mentions(text)
        markets = set(view.vocabulary.expand_places(tuple(m.id for m in mentions if m.kind == "place")))
        products = {m.id for m in mentions if m.kind == "product"}
        for hit in answerer.retriever.retrieve(text, LOOKED_AT, language):
            passage = view.passages[hit.passage]
            record = view.records[passage.record]
            vectors = view.vectors(record, language)
            weight = hit.score * (COVERED if products & set(record.covers) else 1.0) * (GAP if passage.section == "gaps" else 1.0)
            if markets and record.markets:
                weight *= HERE if markets & set(record.markets) else ELSEWHERE
            for place, statement in enumerate(record.statements):
                if statement.section != passage.section:
                    continue
                shared = len(tokens & view.facts(record, statement, language).tokens) / len(tokens)
                score = weight * (MEANING * max(0.0, float(vectors[place] @ vector)) + SHARED * shared)
                scored.append((score, record, place))
        for score, record, place in sorted(scored, key=lambda item: -item[0])[: 2 * limit]:
            add(record, place, score)
    return Finding(round((time.perf_counter() - began) * 1e3, 2), tuple(out[:limit]))
