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
#: Spaces beside a Chinese character.
HAN_SPACE = re.compile(r"(?<=[\u3400-\u9fff]) | (?=[\u3400-\u9fff])")


@lru_cache(maxsize=1)
def _converter() -> tuple[OpenCC, frozenset[str]]:
    """OpenCC and the characters it changes; it reads its dictionaries once and is stateless after that."""
    converter = OpenCC("t2s")
    characters = [chr(code) for block in ((0x3400, 0xA000), (0xF900, 0xFB00)) for code in range(*block)]
    simplified = converter.convert("\n".join(characters)).split("\n")
    return converter, frozenset(a for a, b in zip(characters, simplified, strict=True) if a != b)


@lru_cache(maxsize=2048)
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


def squeeze(text: str) -> str:
    """Folded text without the spaces that people put between Chinese and Latin words."""
    return HAN_SPACE.sub("", fold(text))


def spellings(alias: str) -> set[str]:
    """The alias as it may be typed: with and without hyphens, slashes and inner spaces."""
    base = squeeze(alias)
    out = {base}
    if any(c in base for c in " -/") and not has_han(base) and len(base) >= 4:
        out |= {re.sub(r"[-/]", " ", base), re.sub(r"[ -]", "", base), re.sub(r"[ /-]", "", base)}
    elif "-" in base or "/" in base:
        out.add(re.sub(r"[-/]", "", base))
    return {s for s in out if len(s) > 1}
