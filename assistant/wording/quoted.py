"""What the quotes of an answer say, and which signs, links and figures a sentence may not hold without them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TypeVar

from assistant.answering.view import LibraryView
from assistant.figures import covered, figures
from assistant.folding import fold
from assistant.index.tokens import content_tokens
from assistant.types import Citation, Language
from assistant.wording.clauses import WORD_NUMBER, Clause, capitals, characters, clauses, joined

_T = TypeVar("_T")
#: Longest run of clauses that one clause may come from.
RUN = 6
LINK = re.compile(r"https?:|www\.|(?<![a-z0-9@])(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24}(?![a-z0-9])(?:/[!-~]{0,200})?|"
                  r"[a-z0-9_.+-]{1,64}@[a-z0-9-]{1,63}\.[a-z]{1,24}", re.I)
MARKUP = re.compile(r"<[a-zA-Z/!]|\]\(|!\[|`|\[\d+\]|[|]{1}.*[|]|\\|\{\{|&[a-z]+;|&#")


def other_figures(text: str, said: frozenset[str], folded: str, language: Language) -> bool:
    """Whether `text` holds a figure that is not `said`, or a number in words that folded text does not hold."""
    return (not all(covered(figure, said) for figure in figures(text))
            or not all(fold(m[0]) in folded for m in WORD_NUMBER[language].finditer(text)))


class Quote:
    """What one quote says, worked out once: with its title for names, without for the rest."""

    def __init__(self, citation: Citation, language: Language, view: LibraryView) -> None:
        self.text, self.title = citation.quote, citation.title
        self._language, self._view = language, view

    @cached_property
    def folded(self) -> str:
        return fold(self.text)

    @cached_property
    def titled(self) -> str:
        return f"{self.folded} {fold(self.title)}"

    @cached_property
    def figures(self) -> frozenset[str]:
        return figures(self.text)

    @cached_property
    def titled_figures(self) -> frozenset[str]:
        return self.figures | figures(self.title)

    @cached_property
    def tokens(self) -> frozenset[str]:
        return content_tokens(self.text)

    @cached_property
    def titled_tokens(self) -> frozenset[str]:
        return self.tokens | content_tokens(self.title)

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(capitals(f"{self.text} {self.title}")) | frozenset(self.titled.split())

    @cached_property
    def characters(self) -> frozenset[str]:
        return characters(self.titled)

    @cached_property
    def named(self) -> frozenset[tuple[str, str]]:
        return frozenset((m.kind, m.id) for m in self._view.mentions(f"{self.text} {self.title}"))

    @cached_property
    def clauses(self) -> list[Clause]:
        return clauses(self.text, self._language)


class Quoted:
    """What some quotes say together."""

    def __init__(self, quotes: Sequence[Quote]) -> None:
        self.quotes = quotes
        self.text = " ".join(q.text for q in quotes)

    @cached_property
    def folded(self) -> str:
        return " ".join(q.folded for q in self.quotes)

    @cached_property
    def titled(self) -> str:
        return " ".join(q.titled for q in self.quotes)

    @cached_property
    def figures(self) -> frozenset[str]:
        return _union(q.figures for q in self.quotes)

    @cached_property
    def titled_figures(self) -> frozenset[str]:
        return _union(q.titled_figures for q in self.quotes)

    @cached_property
    def tokens(self) -> frozenset[str]:
        return _union(q.tokens for q in self.quotes)

    @cached_property
    def titled_tokens(self) -> frozenset[str]:
        return _union(q.titled_tokens for q in self.quotes)

    @cached_property
    def words(self) -> frozenset[str]:
        return _union(q.words for q in self.quotes)

    @cached_property
    def characters(self) -> frozenset[str]:
        return _union(q.characters for q in self.quotes)

    @cached_property
    def named(self) -> frozenset[tuple[str, str]]:
        return _union(q.named for q in self.quotes)

    @cached_property
    def clauses(self) -> list[Clause]:
        return [clause for q in self.quotes for clause in q.clauses]

    @cached_property
    def conditional(self) -> bool:
        return any("if" in clause.forces for clause in self.clauses)

    @cached_property
    def runs(self) -> list[tuple[Clause, int]]:
        """Every run of up to `RUN` neighbouring clauses, and how many it holds; the first and shorter ones first."""
        return [(joined(self.clauses[i:j]), j - i) for i in range(len(self.clauses))
                for j in range(i + 1, min(i + RUN, len(self.clauses)) + 1)]


def _union(parts: Iterable[frozenset[_T]]) -> frozenset[_T]:
    return frozenset().union(*parts)
