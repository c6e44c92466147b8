"""How well a statement answers a question: shared content, the section asked for, and what it names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

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
    "requirements": ("route", "scope", "summary"),
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
_BY_SECTION = ("gaps", "mistakes", "trouble", "comparison", "documents", "scope", "dates", "recognition")
#: With at most this many tokens beside names and cue words, a question asks what there is rather than for a detail.
_OPEN = 4
_LEADS = frozenset({"summary", "scope"})
#: What a scope statement is worth whose limit the quantity asked about does not meet.
OUT_OF_SCOPE = 0.6
#: What naming a product's category is worth beside naming the product.
IN_GENERAL = 0.6
#: And one that states the very range or value asked about, beside 1 for one that only includes it.
SAME = 1.5


#: What is measured of each statement, in the order of the feature matrix.
FEATURES = (
    "particulars", "cue_words", "names", "context", "passage", "vector", "aspect", "weak_aspect", "related",
    "lead", "product", "product_aside", "paper", "named", "figure", "quantity", "focus", "gaps",
    "mistakes", "trouble", "comparison", "documents", "scope", "dates", "recognition", "asked_vector", "asked_words",
    "both", "definition",
)
#: Weight of each feature: half way from the first, hand-set ones to a fit on the gold questions, rounded; the fit alone
#: gains nothing on questions it has not seen (docs/decisions/0004-retrieval.md). `quantity` and `definition` are by hand.
WEIGHTS = {
    "particulars": 0.6, "cue_words": 0.23, "names": 0.15, "context": 0.32, "passage": 0.62, "vector": 0.99,
    "aspect": 0.43, "weak_aspect": 0.05, "related": 0.1, "lead": 0.17, "product": 0.13, "product_aside": 0.14,
    "paper": 0.23, "named": 0.12, "figure": 0.12, "quantity": 0.4, "focus": 0.74, "gaps": -0.19,
    "mistakes": -0.07, "trouble": -0.07, "comparison": -0.07, "documents": -0.06, "scope": -0.2, "dates": 0.16,
    "recognition": -0.08, "asked_vector": 0.2, "asked_words": 0.9, "both": 0.27, "definition": 0.5,
}


@dataclass(frozen=True, slots=True)
class Ranked:
    """A statement with its score. particulars: the share it repeats of what the question says beyond names,
    turns of phrase and filler. fits: how the quantities asked about lie in the statement's (see Ranker)."""

    record: Record
    statement: Statement
    score: float
    particulars: float
    fits: float
    facts: Facts


def particular_tokens(u: Understood) -> frozenset[str]:
    """What is left of the question without names, cue words and filler: its particulars."""
    return residual_tokens(u) - content_tokens(" ".join((*u.cue_words, *u.filler)))


def residual_tokens(u: Understood) -> frozenset[str]:
    """What the question says beyond the places, products and names it mentions: the thing asked about them."""
    return content_tokens(without(u.folded, {(m.start, m.end) for m in u.mentions}))


def question_tokens(u: Understood) -> frozenset[str]:
    """Content of the question without the places it names: a market is a filter, not a topic."""
    return content_tokens(without(u.folded, {(m.start, m.end) for m in u.mentions if m.kind == "place"}))


_COLUMN = {name: i for i, name in enumerate(FEATURES)}


def _falls_in(date: str | None, periods: Sequence[tuple[str, str]]) -> bool:
    """Whether a milestone's date (year, month or day) lies in a period that the question names."""
    return date is not None and bool(date) and any(first[: len(date)] <= date <= last for first, last in periods)


class Ranker:
    """Scores the statements of chosen records against one question after another: features times weights."""

    def __init__(self, view: LibraryView, weights: Mapping[str, float] = MappingProxyType(WEIGHTS)) -> None:
        self._view = view
        self._weights = np.array([weights[name] for name in FEATURES])

    def _token_weights(self, u: Understood, context: str) -> dict[str, dict[str, float]]:
        """Rarity of the question's tokens by what they are: particulars, cue words, names, words of earlier turns."""
        statistics = self._view.statistics
        particular, residual, everything = particular_tokens(u), residual_tokens(u), question_tokens(u)
        cues = content_tokens(" ".join(u.cue_words)) & residual
        # A token no statement holds cannot be matched; at full weight it would only mute the others.
        def rarity(tokens: Iterable[str]) -> dict[str, float]:
            # In order: sums of the same numbers in another order differ in the last digit, and with it the answer may.
            return {t: statistics.weight(t, u.language) * (1.0 if statistics.known(t) else 0.5) for t in sorted(tokens)}

        return {"particulars": rarity(particular), "cue_words": rarity(cues - particular),
                "names": rarity(everything - residual), "context": rarity(content_tokens(context) - everything)}

    def features(self, u: Understood, focus: Sequence[Focus], hits: Sequence[Hit], context: str = ""
                 ) -> tuple[list[tuple[Focus, Statement, Facts]], np.ndarray]:
        """Statements of the focus records and their features, shape (statements, len(FEATURES))."""
        view = self._view
        tokens = self._token_weights(u, context)
        group_of = {token: (_COLUMN[name], weight / (sum(weights.values()) or 1.0))
                    for name, weights in tokens.items() for token, weight in weights.items()}
        asked_figures = figures(without(u.folded, {(m.start, m.end) for m in u.mentions}))
        asked_quantities = quantities(u.folded)
        passage_score = {h.passage: h.score for h in hits}
        top_weight = max((f.weight for f in focus), default=1.0)
        aspects = {a for a in u.intents if a != "comparison" or len({*u.marks, *u.records, *u.papers}) > 1}
        related = {section for aspect in u.intents for section in RELATED.get(aspect, ())}
        defines = bool(u.intents) and not set(u.intents) - {"summary", "mistakes", "recognition"} and "summary" in u.intents
        access = not set(u.intents) - {"scope", "comparison", "summary"}
        open_question = access and len(tokens["particulars"]) <= _OPEN
        product = "product" if access and "product" not in u.carried else "product_aside"
        query = view.embed(u.text)
        kinds = tuple({view.products[p].category for p in u.products if p in view.products})
        rows: list[tuple[Focus, Statement, Facts]] = []
        matrix = np.zeros((sum(len(f.record.statements) for f in focus), len(FEATURES)))
        for f in focus:
            similar = np.maximum(view.vectors(f.record, u.language) @ query, 0.0)
            asked = self._asked(u, f.record, query)
            for s, vector in zip(f.record.statements, similar, strict=True):
                facts = view.facts(f.record, s, u.language)
                row = matrix[len(rows)]
                for token, (column, weight) in group_of.items():
                    if token in facts.tokens:
                        row[column] += weight
                row[_COLUMN["vector"]], row[_COLUMN["focus"]] = vector, f.weight / top_weight
                row[_COLUMN["passage"]] = passage_score.get(view.place(f.record, s, u.language).passage, 0.0)
                if s.section in asked:
                    row[_COLUMN["asked_vector"]], row[_COLUMN["asked_words"]] = asked[s.section]
                if s.section in aspects:
                    row[_COLUMN["weak_aspect" if s.section in WEAK else "aspect"]] = 1.0
                else:
                    row[_COLUMN["related"]] = s.section in related
                    if s.section in _BY_SECTION:
                        row[_COLUMN[s.section]] = 1.0
                row[_COLUMN["lead"]] = open_question and s.section in _LEADS
                if u.products:
                    # 钢管 is meant where a statement speaks of 钢材 in general, though less surely.
                    row[_COLUMN[product]] = 1.0 if facts.names("product", u.products) else (
                        IN_GENERAL * facts.names("category", kinds))
                elif u.categories:
                    row[_COLUMN[product]] = facts.names("category", u.categories)
                row[_COLUMN["paper"]] = bool(s.paper) and s.paper in u.papers
                row[_COLUMN["named"]] = facts.names("mark", u.marks) or facts.names("instrument", u.instruments)
                row[_COLUMN["both"]] = row[_COLUMN["named"]] and facts.names("product", u.products)
                row[_COLUMN["definition"]] = defines and f.named and s.section == "summary"
                row[_COLUMN["figure"]] = bool(asked_figures & facts.figures) or _falls_in(s.date, u.periods)
                row[_COLUMN["quantity"]] = self._fits(asked_quantities, facts, s.section in _LEADS)
                rows.append((f, s, facts))
        return rows, matrix

    def _asked(self, u: Understood, record: Record, query: np.ndarray) -> dict[str, tuple[float, float]]:
        """Section → likeness of its most alike typical question: cosine, and share of rare tokens in common."""
        view = self._view
        sections, token_sets, vectors = view.asked(record, u.language)
        if not sections:
            return {}
        wanted = question_tokens(u) - content_tokens(" ".join(u.filler))
        rarity = {t: view.statistics.weight(t, u.language) for t in sorted(wanted)}
        total = sum(rarity.values()) or 1.0
        out: dict[str, tuple[float, float]] = {}
        for section, tokens, cosine in zip(sections, token_sets, vectors @ query, strict=True):
            words = sum(weight for t, weight in rarity.items() if t in tokens) / total
            best = out.get(section, (0.0, 0.0))
            out[section] = (max(best[0], float(cosine)), max(best[1], words))
        return out

    def rank(self, u: Understood, focus: Sequence[Focus], hits: Sequence[Hit], context: str = "") -> list[Ranked]:
        """Every statement of the focus records in the question's language, best first. context: earlier questions."""
        rows, matrix = self.features(u, focus, hits, context)
        scores = matrix @ self._weights
        ranked = [Ranked(f.record, s, float(score), float(values[_COLUMN["particulars"]]),
                         float(values[_COLUMN["quantity"]]), facts)
                  for (f, s, facts), score, values in zip(rows, scores, matrix, strict=True)]
        return sorted(ranked, key=lambda r: (-r.score, r.record.id, r.statement.id))

    @staticmethod
    def _fits(asked: Sequence[Quantity], facts: Facts, sets_limits: bool) -> float:
        """More than 1 when a statement's range is the very one asked about, 1 when the quantity lies in it, -1 when it lies
        outside all of them; outside a limit of what is in scope at all is an answer too."""
        pairs = [(q, s) for q in asked for s in facts.quantities if q.dimension == s.dimension]
        if not pairs:
            return 0.0
        if any(q == s for q, s in pairs):
            return SAME
        if any(q.inside(s) for q, s in pairs):
            return 1.0
        return (OUT_OF_SCOPE if sets_limits else -1.0) if all(q.apart(s) for q, s in pairs) else 0.0


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
