"""How well a statement answers a question: shared content, the section asked for, and what it names."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.answering.focus import Focus
from assistant.answering.view import Facts, LibraryView, content_tokens
from assistant.figures import figures
from assistant.types import Hit, Record, Statement, Understood

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
_LEXICAL, _ASPECT, _RELATED, _PRODUCT, _OTHER_PRODUCT, _PAPER, _NAMED, _PASSAGE, _FIGURE, _FOCUS = (
    1.6, 0.55, 0.2, 0.45, -0.25, 0.7, 0.25, 0.35, 0.35, 0.25)
_BY_SECTION = {"gaps": -0.25, "mistakes": -0.08, "trouble": -0.2, "comparison": -0.05, "documents": -0.1}
_LEAD = {"summary": 0.12, "scope": 0.18}


@dataclass(frozen=True, slots=True)
class Ranked:
    """A statement with its score and the share of the question's content that it repeats."""

    record: Record
    statement: Statement
    score: float
    lexical: float
    facts: Facts


def question_tokens(u: Understood) -> frozenset[str]:
    """Content of the question without the places it names: a market is a filter, not a topic."""
    text = u.folded
    for mention in sorted(u.mentions, key=lambda m: -m.start):
        if mention.kind == "place":
            text = text[: mention.start] + " " + text[mention.end :]
    return content_tokens(text)


def rank(view: LibraryView, u: Understood, focus: Sequence[Focus], hits: Iterable[Hit],
         context: str = "") -> list[Ranked]:
    """Every statement of the focus records in the question's language, best first. context: earlier questions."""
    wanted = question_tokens(u)
    earlier = content_tokens(context) - wanted
    asked_figures = figures(u.question)
    passage_score = {h.passage: h.score for h in hits}
    rows = [(f, s, view.facts(f.record, s, u.language)) for f in focus for s in f.record.statements]
    frequency = Counter(t for _, _, facts in rows for t in facts.tokens & (wanted | earlier))
    idf = {t: math.log(1 + len(rows) / (1 + frequency[t])) for t in wanted | earlier}
    total = sum(idf[t] for t in wanted) + 0.4 * sum(idf[t] for t in earlier) or 1.0
    top_weight = max((f.weight for f in focus), default=1.0)
    related = {section for aspect in u.intents for section in RELATED.get(aspect, ())}
    out = []
    for f, s, facts in rows:
        lexical = (sum(idf[t] for t in wanted & facts.tokens) + 0.4 * sum(idf[t] for t in earlier & facts.tokens)) / total
        score = _LEXICAL * lexical + _FOCUS * f.weight / top_weight
        if s.section in u.intents:
            score += _ASPECT
        elif s.section in related:
            score += _RELATED
        score += _BY_SECTION.get(s.section, 0.0) if s.section not in u.intents else 0.0
        if not u.intents or "scope" in u.intents:
            score += _LEAD.get(s.section, 0.0)
        if u.products:
            if facts.names("product", u.products):
                score += _PRODUCT
            elif facts.names_any("product"):
                score += _OTHER_PRODUCT
        if u.papers and s.paper in u.papers:
            score += _PAPER
        if facts.names("mark", u.marks) or facts.names("instrument", u.instruments):
            score += _NAMED
        if asked_figures & figures(s.words.say(u.language)):
            score += _FIGURE
        score += _PASSAGE * passage_score.get(view.place(f.record, s, u.language).passage, 0.0)
        out.append(Ranked(f.record, s, score, lexical, facts))
    return sorted(out, key=lambda r: (-r.score, r.record.id, r.statement.id))


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
