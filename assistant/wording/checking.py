"""Whether a sentence of a model says what the quotes it cites say, and nothing else.

Clause is held against clause: a sentence may shorten, join and reorder, but every figure, name, capital letter and
number in words must stand in the quotes, and the clause it comes from must deny, demand, allow and limit as it does.
What the check cannot see (two names changed about within one clause) is listed in docs/models.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from assistant.answering.view import LibraryView
from assistant.figures import covered, denied, figures, negations
from assistant.folding import fold, has_han
from assistant.index.tokens import content_tokens
from assistant.types import Citation, Language
from assistant.wording.beginning import Beginning
from assistant.wording.clauses import (
    CLAUSE,
    KEPT,
    Clause,
    clauses,
    forces,
    foreign,
    in_order,
    new_names,
    new_words,
    other_units,
    said_whole,
)
from assistant.wording.judge import Opinion
from assistant.wording.quoted import LINK, MARKUP, Quote, Quoted, other_figures
from assistant.wording.sentences import LONGEST, Sentence

#: Share of a sentence's content (rare words counting more) that must stand in the quotes it cites, and of a clause's.
#: Calibrated on rewordings by hand, docs/decisions/0013-verified-wording.md.
SUPPORT, CLAUSE_SUPPORT = 0.62, 0.5
#: A sentence longer than this share of its quotes says more than they do.
GROWTH, SHORT = 1.3, 40
#: A sentence as long as this share of its quotes tells all of them, so also what they deny.
WHOLE = 0.8
#: What each further clause costs that one clause comes from, and how alike a clause beside it may be.
LONGER, NEAR = 0.03, 0.3
#: Share of a clause's words that stand in the order of its source, and of a source of several clauses that it must repeat:
#: less is one thing's date or duty told of another.
ORDER, JOINED = 0.8, 0.5
#: Share of each clause of a statement that sentences citing it must repeat, for the statement to count as told.
TOLD = 0.6
#: Faults of a sentence that says it in its own words; a judge may let it stand all the same.
REWORDED = frozenset({"support", "order"})
#: Clauses with fewer content tokens say nothing that could be wrong.
TELLING = 2


class Checker:
    """Checks sentences against quotes of one library view."""

    def __init__(self, view: LibraryView, opinion: Opinion | None = None) -> None:
        self._view, self._opinion = view, opinion

    def over(self, citations: Sequence[Citation], language: Language) -> Check:
        """The check of one answer's sentences, in `language`, against its citations."""
        return Check(self._view, citations, language, self._opinion)


class Check:
    """The check of one answer; what its quotes say is worked out once.

    opinion: asked about a sentence whose only fault is that it uses other words than its quotes, or another order.
    """

    def __init__(self, view: LibraryView, citations: Sequence[Citation], language: Language, opinion: Opinion | None = None) -> None:
        self._view, self._language, self._opinion = view, language, opinion
        self._quotes = {c.n: Quote(c, language, view) for c in citations}
        self._every = Quoted(tuple(self._quotes.values()))
        self._sets: dict[tuple[int, ...], Quoted] = {}
        self._weights: dict[str, float] = {}

    def fault(self, sentence: Sentence) -> str:
        """Why the sentence cannot stand, in one word; empty when it can."""
        reason = self._fault(sentence)
        believed = reason in REWORDED and self._opinion and self.rewords(sentence)
        return "" if believed and self._opinion and self._opinion.holds(self.statement(sentence), sentence.text) else reason

    def rewords(self, sentence: Sentence) -> bool:
        """Whether a sentence in other words denies, demands, allows and limits as its quotes do, so that it may be judged."""
        quoted, own = self._sets[sentence.marks], forces(fold(sentence.text), self._language)
        theirs = forces(quoted.folded, self._language)
        return (bool(negations(sentence.text)) == bool(negations(quoted.text)) and own <= theirs
                and all(force in own for force in (*KEPT, "if") if force in theirs))

    def statement(self, sentence: Sentence) -> str:
        """What the sentence has to follow from: the quotes that it cites, with their titles."""
        return " ".join(f"{q.title}: {q.text}" for q in self._sets[sentence.marks].quotes)

    def _fault(self, sentence: Sentence) -> str:
        text = sentence.text
        if len(text) > LONGEST:
            return "length"
        if MARKUP.search(text):
            return "markup"
        if not sentence.marks:
            return "uncited"
        if not set(sentence.marks) <= self._quotes.keys():
            return "unknown-citation"
        if sentence.marks not in self._sets:
            self._sets[sentence.marks] = Quoted([self._quotes[n] for n in sentence.marks])
        quoted = self._sets[sentence.marks]
        if any(fold(link[0]) not in quoted.folded for link in LINK.finditer(text)):
            return "link"
        if foreign(text, quoted.titled, self._language):
            return "language"
        if has_han(text) != (self._language == "zh"):
            return "language"
        if len(text) > max(GROWTH * len(quoted.text), len(quoted.text) + SHORT):
            return "length"
        denials = negations(text), negations(quoted.text)
        if denials[0] > 0 == denials[1] or (denials[0] < denials[1] and len(text) >= WHOLE * len(quoted.text)):
            return "denial"
        if other_units(text, quoted.text) or other_figures(text, quoted.figures, quoted.folded, self._language):
            return "figures"
        return self._names(text, quoted) or self._mixed(text, quoted) or self._sense(text, quoted)

    def told(self, n: int, sentences: Iterable[str]) -> bool:
        """Whether these sentences, which cite statement n, say all of it, clause by clause; else it is quoted beside them."""
        said = frozenset().union(*(content_tokens(s) for s in sentences))
        return all(self._support(clause.tokens, said) >= TOLD for clause in self._quotes[n].clauses
                   if len(clause.tokens) >= TELLING or clause.denies)

    def beginning(self) -> Beginning:
        """A sentence that is about to be written."""
        return Beginning(self._every, self._support, SUPPORT, self._language)

    def _names(self, text: str, quoted: Quoted) -> str:
        """Every id of the vocabulary and every capitalised or numbered Latin word must be in the quotes or their titles."""
        if new_names(text, quoted.words):
            return "names"
        known = all((m.kind, m.id) in quoted.named or said_whole(fold(m.text), quoted.titled)
                    or (m.kind == "product" and content_tokens(m.text) <= quoted.titled_tokens) for m in self._view.mentions(text))
        return "" if known else "names"

    @staticmethod
    def _mixed(text: str, quoted: Quoted) -> str:
        """A figure must stand with the words of one quote: not the date of one beside the firms of another."""
        if len(quoted.quotes) < 2:
            return ""
        groups: list[str] = []
        for part in (p for p in CLAUSE.split(text) if p and p.strip()):
            if not groups or figures(part):
                groups.append(part)
            else:
                groups[-1] = f"{groups[-1]},{part}"
        for group in groups:
            said, tokens = figures(group), content_tokens(group)
            holding = [q.titled_tokens for q in quoted.quotes if all(covered(f, q.figures) for f in said)]
            if said and not any(not (tokens - own) & quoted.titled_tokens for own in holding):
                return "mixed"
        return ""

    def _support(self, tokens: frozenset[str], by: frozenset[str]) -> float:
        """The share of the tokens that stand in `by`, rare ones counting more."""
        for token in tokens - self._weights.keys():
            self._weights[token] = self._view.statistics.weight(token, self._language)
        # fsum, so that a verdict at the line does not hang on the order of a set.
        total = math.fsum(map(self._weights.__getitem__, tokens))
        return math.fsum(map(self._weights.__getitem__, tokens & by)) / total if total else 1.0

    def _sense(self, text: str, quoted: Quoted) -> str:
        """What a sentence gets wrong of the sense; other words or another order only where nothing graver is found."""
        reworded = ""
        if (self._support(content_tokens(text), quoted.tokens) < SUPPORT
                or new_words(text, quoted.characters, self._language)):
            reworded = "support"
        # A condition belongs to the whole statement: 如果有射频,要办SRRC is not 要办SRRC.
        if quoted.conditional and "if" not in forces(fold(text), self._language):
            return "force"
        for clause in clauses(text, self._language):
            if len(clause.tokens) < TELLING:
                # A bare 不行 or “No” denies whatever stands beside it.
                if clause.denies and clause.text not in {s.text for s in quoted.clauses}:
                    return "denial"
                continue
            source, size = self._source(clause, quoted)
            if source is None:
                reworded = reworded or "support"
                continue
            if (in_order(clause.order, source.order) < ORDER
                    or (size > 1 and self._support(source.tokens, clause.tokens) < JOINED)):
                reworded = reworded or "order"
            if clause.denies != source.denies or (clause.denies and self._denies_other(clause, source)):
                return "denial"
            near = [s.forces for s in quoted.clauses if self._support(clause.tokens, s.tokens) >= NEAR]
            if clause.forces - source.forces.union(*near) or any(f in source.forces and f not in clause.forces for f in KEPT):
                return "force"
        return reworded

    def _denies_other(self, clause: Clause, source: Clause) -> bool:
        """Whether what the clause denies stands rather in what its source affirms (标圆形,不标菱形 → 不标圆形)."""
        what = content_tokens(denied(clause.text))
        return self._support(what, source.affirmed) > self._support(what, source.refused)

    def _source(self, clause: Clause, quoted: Quoted) -> tuple[Clause | None, int]:
        """The run of neighbouring clauses that the clause comes from and how many they are, the shortest of the best."""
        best, best_size, score = None, 0, 0.0
        for run, size in quoted.runs:
            found = self._support(clause.tokens, run.tokens) - LONGER * (size - 1)
            if found > score:
                best, best_size, score = run, size, found
        return (best, best_size) if score >= CLAUSE_SUPPORT else (None, 0)
