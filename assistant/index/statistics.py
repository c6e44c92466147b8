"""What is counted over the library: how rare a token is among its statements, and how well a name tells its record.

People write `CoC`, `FCC` or `CE` for many records; the typical questions show for which.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field

import ahocorasick

from assistant.folding import has_han, spellings, squeeze
from assistant.index.tokens import content_tokens
from assistant.types import Language, Record

LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class TokenStatistics:
    """Number of statements and, by language, how many of them hold each content token.

    asked: name or alias of a record, folded → record → how many of its typical questions hold that name.
    """

    statements: int
    frequency: dict[str, dict[str, int]]
    asked: dict[str, dict[str, int]] = field(default_factory=dict)

    def share(self, name: str, bearers: Container[str], among: Container[str]) -> float:
        """How often `name` is said of the records that bear it, of all times it is said of records `among`; 0..1."""
        counts = self.asked.get(name, {})
        own = sum(n for record, n in counts.items() if record in bearers)
        rest = sum(n for record, n in counts.items() if record in among and record not in bearers)
        return (own + 1) / (own + rest + 1)

    def weight(self, token: str, language: Language) -> float:
        """Inverse statement frequency; a token that occurs nowhere weighs most."""
        return math.log(1 + self.statements / (1 + self.frequency.get(language, {}).get(token, 0)))

    def known(self, token: str) -> bool:
        """Whether any statement in either language holds the token."""
        return any(token in counts for counts in self.frequency.values())


def count_tokens(records: Iterable[Record]) -> TokenStatistics:
    """Statistics over every statement and typical question of the records."""
    kept = tuple(records)
    frequency: dict[str, Counter[str]] = {language: Counter() for language in LANGUAGES}
    statements = 0
    for record in kept:
        for statement in record.statements:
            statements += 1
            for language in LANGUAGES:
                frequency[language].update(content_tokens(statement.words.say(language)))
    return TokenStatistics(statements, {language: dict(counts) for language, counts in frequency.items()},
                           _count_names(kept))


def _count_names(records: Sequence[Record]) -> dict[str, dict[str, int]]:
    """Name → record → number of the record's typical questions that hold the name (within a longer word it counts not)."""
    automaton = ahocorasick.Automaton()
    for record in records:
        for alias in (record.name.zh, record.name.en, *record.aliases):
            for name in spellings(alias):
                automaton.add_word(name, name)
    if not len(automaton):
        return {}
    automaton.make_automaton()
    out: dict[str, Counter[str]] = {}
    for record in records:
        for text in (*record.questions_zh, *record.questions_en, *(q.text for q in record.asked)):
            folded = squeeze(text)
            for name in {name for end, name in automaton.iter(folded) if _whole(folded, end - len(name) + 1, end + 1)}:
                out.setdefault(name, Counter())[record.id] += 1
    return {name: dict(counts) for name, counts in out.items()}


def _whole(text: str, start: int, end: int) -> bool:
    """Whether no Latin letter or digit continues the Latin word at start:end."""
    def latin(at: int) -> bool:
        return 0 <= at < len(text) and text[at].isascii() and text[at].isalnum()

    return has_han(text[start:end]) or not (latin(start - 1) and latin(start) or latin(end) and latin(end - 1))
