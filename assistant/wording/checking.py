"""Whether a sentence of a model says what the quotes it cites say, and nothing else.

Clause is held against clause: a sentence may shorten, join and reorder, but every figure, name, capital letter and
number in words must stand in the quotes, and the clause it comes from must deny, demand, allow and limit as it does.
What the check cannot see (two names changed about within one clause) is listed in docs/models.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property

from assistant.answering.view import LibraryView
from assistant.figures import covered, denied, figures, negations
from assistant.folding import fold, has_han
from assistant.index.tokens import content_tokens
from assistant.types import Citation, Language
from assistant.wording.clauses import (
    CLAUSE,
    KEPT,
    WORD_NUMBER,
    Clause,
    capitals,
    characters,
    clauses,
    codes,
    forces,
    foreign,
    in_order,
    joined,
    new_words,
    other_units,
    said_whole,
)
from assistant.wording.sentences import LONGEST, Sentence

#: Share of a sentence's content (rare words counting more) that must stand in the quotes it cites, and of a clause's.
#: Calibrated on rewordings by hand, docs/decisions/0013-verified-wording.md.
SUPPORT, CLAUSE_SUPPORT = 0.62, 0.5
#: A sentence longer than this share of its quotes says more than they do.
GROWTH, SHORT = 1.3, 40
#: A sentence as long as this share of its quotes tells all of them, so also what they deny.
WHOLE = 0.8
#: Longest run of clauses one clause may come from, what each further one costs, and how alike a clause beside it may be.
RUN, LONGER, NEAR = 6, 0.03, 0.3
#: Share of a clause's words that stand in the order of its source, and of a source of several clauses that it must repeat:
#: less is one thing's date or duty told of another.
ORDER, JOINED = 0.8, 0.5
#: Share of each clause of a statement that sentences citing it must repeat, for the statement to count as told.
TOLD = 0.6
#: Clauses with fewer content tokens say nothing that could be wrong.
TELLING = 2
#: Characters of code and addresses, and the end of a beginning that must be supported of itself.
_CODE, TAIL = frozenset("{}[]<>@\\=|~^$#_"), 24
_LINK = re.compile(r"https?:|www\.|(?<![a-z0-9@])(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24}(?![a-z0-9])(?:/[!-~]{0,200})?|"
                   r"[a-z0-9_.+-]{1,64}@[a-z0-9-]{1,63}\.[a-z]{1,24}", re.I)
_MARKUP = re.compile(r"<[a-zA-Z/!]|\]\(|!\[|`|\[\d+\]|[|]{1}.*[|]|\\|\{\{|&[a-z]+;|&#")
class _Quoted:
    """What some quotes say, worked out once: with their titles for names, without for the rest."""

    def __init__(self, cited: Sequence[Citation], language: Language, view: LibraryView) -> None:
        self.cited, self._language, self._view = cited, language, view
        self.text = " ".join(c.quote for c in cited)
        self._titled = f"{self.text} {' '.join(c.title for c in cited)}"

    @cached_property
    def folded(self) -> str:
        return fold(self.text)

    @cached_property
    def titled(self) -> str:
        return fold(self._titled)

    @cached_property
    def figures(self) -> frozenset[str]:
        return figures(self.text)

    @cached_property
    def tokens(self) -> frozenset[str]:
        return content_tokens(self.text)

    @cached_property
    def titled_tokens(self) -> frozenset[str]:
        return content_tokens(self._titled)

    @cached_property
    def titled_figures(self) -> frozenset[str]:
        return figures(self._titled)

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(capitals(self._titled)) | frozenset(self.titled.split())

    @cached_property
    def named(self) -> frozenset[tuple[str, str]]:
        return frozenset((m.kind, m.id) for m in self._view.mentions(self._titled))

    @cached_property
    def clauses(self) -> list[Clause]:
        return clauses(self.text, self._language)

    @cached_property
    def conditional(self) -> bool:
        return any("if" in clause.forces for clause in self.clauses)

    @cached_property
    def runs(self) -> list[tuple[Clause, int]]:
        """Every run of up to `RUN` neighbouring clauses, and how many it holds; the first and shorter ones first."""
        return [(joined(self.clauses[i:j]), j - i) for i in range(len(self.clauses))
                for j in range(i + 1, min(i + RUN, len(self.clauses)) + 1)]

    @cached_property
    def characters(self) -> frozenset[str]:
        return characters(self.titled)

    @cached_property
    def each(self) -> list[tuple[frozenset[str], frozenset[str]]]:
        """Figures and tokens of each quote."""
        return [(figures(c.quote), content_tokens(f"{c.quote} {c.title}")) for c in self.cited]


class Checker:
    """Checks sentences against quotes of one library view."""

    def __init__(self, view: LibraryView) -> None:
        self._view = view

    def over(self, citations: Sequence[Citation], language: Language) -> Check:
        """The check of one answer's sentences, in `language`, against its citations."""
        return Check(self._view, citations, language)


class Check:
    """The check of one answer; what its quotes say is worked out once."""

    def __init__(self, view: LibraryView, citations: Sequence[Citation], language: Language) -> None:
        self._view, self._language = view, language
        self._quotes = {c.n: c for c in citations}
        self._every = _Quoted(tuple(citations), language, view)
        self._sets: dict[tuple[int, ...], _Quoted] = {}

    def fault(self, sentence: Sentence) -> str:
        """Why the sentence cannot stand, in one word; empty when it can."""
        text = sentence.text
        if len(text) > LONGEST:
            return "length"
        if _MARKUP.search(text):
            return "markup"
        if not sentence.marks:
            return "uncited"
        if not set(sentence.marks) <= self._quotes.keys():
            return "unknown-citation"
        if sentence.marks not in self._sets:
            self._sets[sentence.marks] = _Quoted([self._quotes[n] for n in sentence.marks], self._language, self._view)
        quoted = self._sets[sentence.marks]
        if any(fold(link[0]) not in quoted.folded for link in _LINK.finditer(text)):
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
        if other_units(text, quoted.text):
            return "figures"
        return (self._figures(text, quoted.figures, quoted.folded) or self._names(text, quoted) or self._mixed(text, quoted)
                or self._sense(text, quoted))

    def told(self, n: int, sentences: Iterable[str]) -> bool:
        """Whether these sentences, which cite statement n, say all of it, clause by clause; else it is quoted beside them."""
        said = frozenset().union(*(content_tokens(s) for s in sentences))
        return all(self._support(clause.tokens, said) >= TOLD for clause in clauses(self._quotes[n].quote, self._language)
                   if len(clause.tokens) >= TELLING or clause.denies)

    def speakable(self, text: str) -> bool:
        """Whether the beginning of a sentence may be shown while it is being written: it speaks of nothing but the evidence."""
        every = self._every
        if _MARKUP.search(text) or any(c in _CODE and c not in every.text for c in text):
            return False
        if any(fold(link[0]) not in every.titled for link in _LINK.finditer(text)) or foreign(text, every.titled, self._language):
            return False
        if self._figures(text, every.titled_figures, every.titled) or not capitals(text) <= every.words:
            return False
        return all(self._support(content_tokens(part), every.titled_tokens) >= SUPPORT for part in (text, text[-TAIL:]))

    def _figures(self, text: str, said: frozenset[str], folded: str) -> str:
        if not all(covered(figure, said) for figure in figures(text)):
            return "figures"
        return "" if all(fold(m[0]) in folded for m in WORD_NUMBER[self._language].finditer(text)) else "figures"

    def _names(self, text: str, quoted: _Quoted) -> str:
        """Every id of the vocabulary and every capitalised or numbered Latin word must be in the quotes or their titles."""
        starts = fold(text).split(" ", 1)[0]
        for word in capitals(text):
            if word not in quoted.words and not (word == starts and word.isalpha() and word not in codes(text)):
                return "names"
        known = all((m.kind, m.id) in quoted.named or said_whole(fold(m.text), quoted.titled)
                    or (m.kind == "product" and content_tokens(m.text) <= quoted.titled_tokens) for m in self._view.mentions(text))
        return "" if known else "names"

    @staticmethod
    def _mixed(text: str, quoted: _Quoted) -> str:
        """A figure must stand with the words of one quote: not the date of one beside the firms of another."""
        if len(quoted.cited) < 2:
            return ""
        groups: list[str] = []
        for part in (p for p in CLAUSE.split(text) if p and p.strip()):
            if not groups or figures(part):
                groups.append(part)
            else:
                groups[-1] = f"{groups[-1]},{part}"
        others = frozenset().union(*(own for _, own in quoted.each))
        for group in groups:
            said, tokens = figures(group), content_tokens(group)
            holding = [own for numbers, own in quoted.each if all(covered(f, numbers) for f in said)]
            if said and not any(not (tokens - own) & others for own in holding):
                return "mixed"
        return ""

    def _support(self, tokens: frozenset[str], by: frozenset[str]) -> float:
        """The share of the tokens that stand in `by`, rare ones counting more."""
        weight = {t: self._view.statistics.weight(t, self._language) for t in tokens}
        total = sum(weight.values())
        return sum(w for t, w in weight.items() if t in by) / total if total else 1.0

    def _sense(self, text: str, quoted: _Quoted) -> str:
        if (self._support(content_tokens(text), quoted.tokens) < SUPPORT
                or new_words(text, quoted.characters, self._language)):
            return "support"
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
                return "support"
            if (in_order(clause.order, source.order) < ORDER
                    or (size > 1 and self._support(source.tokens, clause.tokens) < JOINED)):
                return "order"
            if clause.denies != source.denies or (clause.denies and self._denies_other(clause, source)):
                return "denial"
            near = [s.forces for s in quoted.clauses if self._support(clause.tokens, s.tokens) >= NEAR]
            if clause.forces - source.forces.union(*near) or any(f in source.forces and f not in clause.forces for f in KEPT):
                return "force"
        return ""

    def _denies_other(self, clause: Clause, source: Clause) -> bool:
        """Whether what the clause denies stands rather in what its source affirms (标圆形,不标菱形 → 不标圆形)."""
        what = content_tokens(denied(clause.text))
        return self._support(what, source.affirmed) > self._support(what, source.refused)

    def _source(self, clause: Clause, quoted: _Quoted) -> tuple[Clause | None, int]:
        """The run of neighbouring clauses that the clause comes from and how many they are, the shortest of the best."""
        best, best_size, score = None, 0, 0.0
        for run, size in quoted.runs:
            found = self._support(clause.tokens, run.tokens) - LONGER * (size - 1)
            if found > score:
                best, best_size, score = run, size, found
        return (best, best_size) if score >= CLAUSE_SUPPORT else (None, 0)
