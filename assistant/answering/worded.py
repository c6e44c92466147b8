"""Where a language model may take part: it is given a finished quoting answer and gives one back that says the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from assistant.types import Answer


@dataclass(frozen=True, slots=True)
class Progress:
    """An answer on its way. answer: what is checked so far. coming: the sentence being written, not checked yet."""

    answer: Answer
    coming: str = ""
    final: bool = False


class Worder(Protocol):
    """Words a quoting answer anew."""

    def word(self, quoting: Answer) -> Iterator[Progress]:
        """Progress as it comes; the last one is final and holds a whole answer. Raises nothing."""
        ...
