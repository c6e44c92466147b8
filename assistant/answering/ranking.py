"""How well a statement answers a question: shared content, the section asked for, and what it names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.answering.focus import Focus
from assistant.answering.view import Facts, LibraryView
from assistant.figures import figures
from assistant.index.tokens import content_tokens
from assistant.types import Hit, Record, Statement, Understood
from assistant.understanding.quantities import Quantity, quantities
from assistant.understanding.understand import without

#: Sections that also serve an aspect, less well than its own.
RELATED: dict[str, tuple[str, ...]] = {
    "route": ("requirements", "applicant", "inspection"),
    "applicant": ("route", "requirements"),
    "reports": ("recognition", "inspection"),
    "recognition": ("reports", "comparison", "mistakes", "validity", "scope"),
    "comparison": ("scope", "mistakes", "summary"),
    "scope": ("summary", "requirements"),
    "summary": ("scope", "comparison"),
    "dates": ("validity",),
    "validity": ("inspection", "dates"),
    "documents": ("requirements", "reports"),
    "marking": ("requirements",),
    "mistakes": ("comparison", "recognition", "scope", "dates"),
    "passport": ("dates", "requirements"),
    "carbon-footprint": ("dates", "requirements"),
    "due-diligence": ("dates", "requirements"),
    "trouble": ("mistakes",),
    "cost-and-time": ("gaps",),
    "support": ("eligibility", "dates"),
    "unit": ("method",), "boundary": ("method",), "data": ("method",), "verification": ("method",),
}
#: Aspects that a turn of phrase suggests (是不是, 要不要) rather than names.
WEAK = frozenset({"mistakes", "scope", "summary", "comparison", "recognition"})
_BY_SECTION = {"gaps": -0.25, "mistakes": -0.05, "trouble": -0.15, "comparison": -0.05, "documents": -0.05}
#: With at most this many tokens beside names and cue words, a question asks what there is rather than for a detail.
_OPEN = 4
_LEADS = frozenset({"summary", "scope"})


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each sign counts; tuned on the gold questions."""

    lexical: float = 1.6
    passage: float = 0.8
    vector: float = 0.4
    aspect: float = 0.7
    weak_aspect: float = 0.3
    lead: float = 0.15
    related: float = 0.15
    product: float = 0.4
    product_aside: float = 0.15
    other_product: float = -0.25
    paper: float = 0.6
    named: float = 0.2
    figure: float = 0.3
    quantity: float = 0.6
    focus: float = 0.3
    cue_tokens: float = 0.35
    context_tokens: float = 0.15


@dataclass(frozen=True, slots=True)
class Ranked:
    """A statement with its score and the share of the question's content that it repeats."""

    record: Record
    statement: Statement
    score: float
    lexical: float
    facts: Facts


def residual_tokens(u: Understood) -> frozenset[str]:
    """What the question says beyond the places, products and names it mentions: the thing asked about them."""
    return content_tokens(without(u.folded, {(m.start, m.end) for m in u.mentions}))


def question_tokens(u: Understood) -> frozenset[str]:
    """Content of the question without the places it names: a market is a filter, not a topic."""
    return content_tokens(without(u.folded, {(m.start, m.end) for m in u.mentions if m.kind == "place"}))


class Ranker:
    """Scores the statements of chosen records against one question after another."""

    def __init__(self, view: LibraryView, weights: Weights = Weights()) -> None:
        self._view, self._weights = view, weights

    def _token_weights(self, u: Understood, context: str) -> dict[str, float]:
        """Weight of each token of the question; cue words (怎么办, 什么时候) and earlier turns count less."""
        w, statistics = self._weights, self._view.statistics
        cues = content_tokens(" ".join(u.cue_words))
        residual = residual_tokens(u)
        out = {}
        for token in residual | (question_tokens(u) - residual):
            weight = statistics.weight(token, u.language)
            if not statistics.known(token):
                weight *= 0.5
            out[token] = weight * (w.cue_tokens if token in cues else 1.0 if token in residual else 0.5)
        for token in content_tokens(context) - out.keys():
            out[token] = w.context_tokens * statistics.weight(token, u.language)
        return out

    def rank(self, u: Understood, focus: Sequence[Focus], hits: Iterable[Hit], context: str = "") -> list[Ranked]:
        """Every statement of the focus records in the question's language, best first. context: earlier questions."""
        w, view = self._weights, self._view
        tokens = self._token_weights(u, context)
        total = sum(tokens.values()) or 1.0
        asked_figures = figures(without(u.folded, {(m.start, m.end) for m in u.mentions}))
        asked_quantities = quantities(u.folded)
        passage_score = {h.passage: h.score for h in hits}
        top_weight = max((f.weight for f in focus), default=1.0)
        aspects = [a for a in u.intents if a != "comparison" or len({*u.marks, *u.records, *u.papers}) > 1]
        related = {section for aspect in u.intents for section in RELATED.get(aspect, ())}
        access = not set(u.intents) - {"scope", "comparison", "summary"}
        open_question = access and len(residual_tokens(u) - content_tokens(" ".join(u.cue_words))) <= _OPEN
        product = w.product if access and "product" not in u.carried else w.product_aside
        query = view.embed(u.question)
        out = []
        for f in focus:
            vectors = view.vectors(f.record, u.language)
            for s, vector in zip(f.record.statements, vectors, strict=True):
                facts = view.facts(f.record, s, u.language)
                lexical = sum(tokens[t] for t in facts.tokens & tokens.keys()) / total
                score = w.lexical * lexical + w.focus * f.weight / top_weight + w.vector * max(0.0, float(vector @ query))
                score += w.passage * passage_score.get(view.place(f.record, s, u.language).passage, 0.0)
                if s.section in aspects:
                    score += w.weak_aspect if s.section in WEAK else w.aspect
                else:
                    score += _BY_SECTION.get(s.section, 0.0) + (w.related if s.section in related else 0.0)
                if open_question and s.section in _LEADS:
                    score += w.lead
                if u.products:
                    if facts.names("product", u.products):
                        score += product
                    elif facts.names_any("product"):
                        score += w.other_product
                elif facts.names("category", u.categories):
                    score += product
                if s.paper and s.paper in u.papers:
                    score += w.paper
                if facts.names("mark", u.marks) or facts.names("instrument", u.instruments):
                    score += w.named
                if asked_figures & facts.figures:
                    score += w.figure
                score += w.quantity * self._fits(asked_quantities, facts)
                out.append(Ranked(f.record, s, score, lexical, facts))
        return sorted(out, key=lambda r: (-r.score, r.record.id, r.statement.id))

    @staticmethod
    def _fits(asked: Sequence[Quantity], facts: Facts) -> float:
        """1 when a quantity asked about lies in a range the statement states, -1 when it lies outside all of them."""
        pairs = [(q, s) for q in asked for s in facts.quantities if q.dimension == s.dimension]
        if not pairs:
            return 0.0
        if any(q.inside(s) for q, s in pairs):
            return 1.0
        return -1.0 if all(q.apart(s) for q, s in pairs) else 0.0


def distinct(ranked: Iterable[Ranked], limit: int, taken: Sequence[Ranked] = (), likeness: float = 0.65) -> list[Ranked]:
    """The best `limit` that do not repeat what is `taken` or each other."""
    chosen: list[Ranked] = []
    for r in ranked:
        if len(chosen) == limit:
            break
        if not any(_alike(r, other) >= likeness for other in (*taken, *chosen)):
            chosen.append(r)
    return chosen


def _alike(a: Ranked, b: Ranked) -> float:
    if a.statement.id == b.statement.id:
        return 1.0
    union = len(a.facts.tokens | b.facts.tokens)
    return len(a.facts.tokens & b.facts.tokens) / union if union else 0.0
