"""Text folded for comparison: width, case, and traditional to simplified Chinese.

Questions, aliases and indexed text all pass through here, so that they meet in one spelling.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from opencc import OpenCC

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_SPACE = re.compile(r"\s+")


@lru_cache(maxsize=1)
def _converter() -> tuple[OpenCC, frozenset[str]]:
    """OpenCC and the characters it changes; it reads its dictionaries once and is stateless after that."""
    converter = OpenCC("t2s")
    characters = [chr(code) for block in ((0x3400, 0xA000), (0xF900, 0xFB00)) for code in range(*block)]
    simplified = converter.convert("\n".join(characters)).split("\n")
    return converter, frozenset(a for a, b in zip(characters, simplified, strict=True) if a != b)


def fold(text: str) -> str:
    """NFKC, lower case, simplified characters, control characters dropped, white space single."""
    text = unicodedata.normalize("NFKC", text)
    if not text.isprintable():
        text = "".join(" " if c in "\n\t\r" else c for c in text
                       if c in "\n\t\r" or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    text = text.lower()
    if not text.isascii():
        converter, traditional = _converter()
        if not traditional.isdisjoint(text):
            text = converter.convert(text)
    return _SPACE.sub(" ", text).strip()


def has_han(text: str) -> bool:
    return bool(_HAN.search(text))
