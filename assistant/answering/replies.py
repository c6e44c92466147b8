"""Curated replies, ready to answer: which one a question is the same as, and where its sentences stand.

A reply answers only what it was approved for. The question must be about the same things (places, products, marks,
papers, records, standards), ask the same (aspects, figures, denials) and be alike in wording; or be typed the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assistant.answering.view import LibraryView, Place
from assistant.figures import figures, negations
from assistant.folding import squeeze
from assistant.passages import record_passages
from assistant.types import CuratedReply, Language, Passage, Record, Statement, Understood
from assistant.understanding.understand import Understanding

#: Least cosine between a question and one that a reply answers, where both are about the same things and ask the same.
#: Of 3,000 typical questions of 60 records, pairs from different sections passed 9 times of 822 at 0.85 (some of them ask
#: the same all the same), 72 times at 0.75. What names nothing we know must be typed the same: there, likeness was chance.
ALIKE = 0.85
#: Questions that nobody may have answered, whatever a reply says.
NEVER = frozenset({"intrusion", "forgery"})


@dataclass(frozen=True, slots=True)
class Variant:
    """A question that a reply answers, as understood."""

    reply: CuratedReply
    typed: str
    about: tuple[frozenset[str], ...]
    asks: tuple[frozenset[str], frozenset[str], bool]
    vector: np.ndarray


def _typed(text: str) -> str:
    """A question as typed, without what people put at its end."""
    return squeeze(text).rstrip("?!.。;；~ ")


def _about(u: Understood) -> tuple[frozenset[str], ...]:
    things = (u.places, u.products or u.categories, u.marks, u.papers, u.records, u.standards, u.codes)
    return tuple(frozenset(ids) for ids in things)


def _asks(u: Understood) -> tuple[frozenset[str], frozenset[str], bool]:
    return frozenset(u.intents), figures(u.text), negations(u.text) > 0


class ReplyShelf:
    """The replies in force over one library. A reply whose ground in the library is gone is not on it."""

    def __init__(self, replies: tuple[CuratedReply, ...], view: LibraryView, understanding: Understanding) -> None:
        self.replies = replies
        self._view = view
        sound = [r for r in replies if len(view.statements(r.rests_on)) == len(r.rests_on)]
        self.records: dict[str, Record] = {r.record.id: r.record for r in sound}
        self.passages: dict[str, Passage] = {p.id: p for r in sound for p in record_passages(r.record, "reply")}
        self._at = {(p.record, s.statement, p.language): Place(p.id, s.start, s.end)
                    for p in self.passages.values() for s in p.spans}
        self._variants: list[Variant] = []
        for reply in sound:
            for text in (*reply.record.questions_zh, *reply.record.questions_en):
                u = understanding.read(text, (), "")
                self._variants.append(Variant(reply, _typed(text), _about(u), _asks(u), view.embed(u.text)))

    def place(self, record: Record, statement: Statement, language: Language) -> Place:
        return self._at[record.id, statement.id, language]

    def match(self, u: Understood) -> CuratedReply | None:
        """The reply that answers this question on its day, the most alike one when there are several."""
        if not self._variants or u.bare or u.refusal in NEVER:
            return None
        same = _typed(u.question)
        vector: np.ndarray | None = None
        best: tuple[float, CuratedReply] | None = None
        for variant in self._variants:
            if variant.reply.valid_until and u.as_of > variant.reply.valid_until:
                continue
            if variant.typed == same:
                return variant.reply
            if u.refusal or not any(variant.about) or variant.about != _about(u) or variant.asks != _asks(u):
                continue
            vector = self._view.embed(u.text) if vector is None else vector
            alike = float(vector @ variant.vector)
            if alike >= ALIKE and (best is None or alike > best[0]):
                best = (alike, variant.reply)
        return best[1] if best else None
