"""How rare a token is among the library's statements: what makes a word of a question count."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from assistant.index.tokens import content_tokens
from assistant.types import Language, Record

LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class TokenStatistics:
    """Number of statements and, by language, how many of them hold each content token."""

    statements: int
    frequency: dict[str, dict[str, int]]

    def weight(self, token: str, language: Language) -> float:
        """Inverse statement frequency; a token that occurs nowhere weighs most."""
        return math.log(1 + self.statements / (1 + self.frequency.get(language, {}).get(token, 0)))

    def known(self, token: str) -> bool:
        """Whether any statement in either language holds the token."""
        return any(token in counts for counts in self.frequency.values())


def count_tokens(records: Iterable[Record]) -> TokenStatistics:
    """Statistics over every statement of the records."""
    frequency: dict[str, Counter[str]] = {language: Counter() for language in LANGUAGES}
    statements = 0
    for record in records:
        for statement in record.statements:
            statements += 1
            for language in LANGUAGES:
                frequency[language].update(content_tokens(statement.words.say(language)))
    return TokenStatistics(statements, {language: dict(counts) for language, counts in frequency.items()})
