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
def _converter() -> OpenCC:
    """OpenCC reads its dictionaries once; the object is stateless after that."""
    return OpenCC("t2s")


def fold(text: str) -> str:
    """NFKC, lower case, simplified characters, control characters dropped, white space single."""
    text = unicodedata.normalize("NFKC", text)
    text = "".join(" " if c in "\n\t\r" else c for c in text
                   if c in "\n\t\r" or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    text = text.lower()
    if _HAN.search(text):
        text = _converter().convert(text)
    return _SPACE.sub(" ", text).strip()


def is_han(character: str) -> bool:
    return bool(_HAN.match(character))


def has_han(text: str) -> bool:
    return bool(_HAN.search(text))
