"""The beginning of a sentence while it is being written: how much of it may be shown before the sentence is checked."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable

from assistant.folding import fold, has_han
from assistant.index.tokens import content_tokens
from assistant.types import Language
from assistant.wording.clauses import foreign, new_names, new_words, telling
from assistant.wording.quoted import LINK, MARKUP, Quoted, other_figures

#: Where a text may be cut without cutting a word, a figure, a date or a name.
_CUT = re.compile(r"(?<=[\u3400-\u9fff])(?<![年月日万亿一二两三四五六七八九十百千半])(?=[\u3400-\u9fff])|(?<=[a-z] )(?=[a-z])|"
                  r"(?<=[\uff0c\u3002\uff1b\uff1a\u3001])|(?<=[,;:] )")
#: Longest beginning that is shown, how much of it is read again with what is new, and by how much it grows at a time.
SHOWN = 300
AGAIN: dict[Language, int] = {"zh": 24, "en": 60}
STEP: dict[Language, int] = {"zh": 12, "en": 30}
#: Characters of code and addresses.
_CODE = frozenset("{}[]<>@\\=|~^$#_")


class Beginning:
    """One sentence that grows. What is shown of it speaks of nothing but the evidence, up to its last whole word."""

    def __init__(self, every: Quoted, support: Callable[[frozenset[str], frozenset[str]], float], least: float, language: Language) -> None:
        self._every, self._support, self._least, self._language = every, support, least, language
        self._read, self._cuts = "", [0]
        self._over = False

    @property
    def due(self) -> int:
        """How long the text has to be for more of it to be looked at; nothing more ever, once it may not be shown."""
        return sys.maxsize if self._over else len(self._read) + STEP[self._language]

    def show(self, text: str) -> str:
        """What may be shown of `text`. One that may not be shown has no continuation that may."""
        if self._over or not text:
            return ""
        if not text.startswith(self._read):
            self._read, self._cuts = "", [0]
        self._cuts += [m.end() for m in _CUT.finditer(text, self._cuts[-1]) if m.end() > self._cuts[-1]]
        head = text[: self._cuts[-1]]
        if len(head) >= self.due:
            start = max(cut for cut in self._cuts if cut <= max(0, len(self._read) - AGAIN[self._language]))
            self._over = len(head) > SHOWN or not self._speaks(head[start:])
            self._read = head
        return "" if self._over else self._read.rstrip()

    def _speaks(self, part: str) -> bool:
        """Whether this part of the beginning holds nothing but words, figures and names of the evidence."""
        every, language = self._every, self._language
        if language == "en" and has_han(part):
            return False
        if (MARKUP.search(part) or any(c in _CODE and c not in every.text for c in part)
                or any(fold(link[0]) not in every.titled for link in LINK.finditer(part)) or foreign(part, every.titled, language)
                or new_words(part, every.characters, language) or other_figures(part, every.titled_figures, every.titled, language)
                or new_names(part, every.words)):
            return False
        return self._support(telling(content_tokens(part)), every.titled_tokens) >= self._least
