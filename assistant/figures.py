"""Figures in a text: numbers, dates, standard numbers, and negations, normalised so that they can be compared.

Two texts say the same figures when `figures(a) == figures(b)`, whatever the language or spelling: `2025年12月25日`
equals `25 December 2025`, `1,000` equals `1000`, `1.5万` equals `15000`. This one module serves the record checker
(both lines of a pair) and the answer's invariants (a segment against its quotes).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")
_MONTH_NUMBER = {name.lower(): i for i, name in enumerate(MONTHS, 1)}
_ZH_DATE = re.compile(r"(\d{4})\s*年(?:\s*0?(\d{1,2})\s*月)?(?:\s*0?(\d{1,2})\s*日)?")
_EN_DATE = re.compile(r"\b(?:(\d{1,2}) )?(%s) (\d{4})\b" % "|".join(_MONTH_NUMBER))
_THOUSANDS = re.compile(r"(?<=\d)[, ](?=\d{3}(?!\d))")
_ZH_UNIT = re.compile(r"(\d+(?:\.\d+)?)\s*([万亿])")
_EN_UNIT = re.compile(r"(\d+(?:\.\d+)?) (million|billion)\b")
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"\d+(?:[./:-]\d+)*")
_NEGATION = re.compile(r"不|未|无|非|没|勿|\bnot\b|\bno\b|\bnever\b|\bcannot\b|n't|\bwithout\b|\bneither\b|\bnor\b")
_UNIT = {"万": Decimal(10**4), "亿": Decimal(10**8), "million": Decimal(10**6), "billion": Decimal(10**9)}
FULL_DATE = re.compile(
    r"\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日|\b\d{1,2} (?:%s) \d{4}\b" % "|".join(MONTHS))


def _scaled(match: re.Match[str]) -> str:
    value = Decimal(match[1]) * _UNIT[match[2]]
    return str(int(value)) if value == int(value) else str(value.normalize())


def _iso(*parts: str | None) -> str:
    return "-".join(f"{int(p):02d}" if i else p for i, p in enumerate(p for p in parts if p))


def normalise(text: str) -> str:
    """Width-folded lower case with dates as YYYY[-MM[-DD]] and plain numbers."""
    text = unicodedata.normalize("NFKC", text).lower()
    text = text.replace("–", "-").replace("—", "-").replace("‑", "-").replace("\u00a0", " ").replace("\u202f", " ")
    text = _ZH_DATE.sub(lambda m: f" {_iso(m[1], m[2], m[3])} ", text)
    text = _EN_DATE.sub(lambda m: f" {_iso(m[3], str(_MONTH_NUMBER[m[2]]), m[1])} ", text)
    text = _THOUSANDS.sub("", text)
    text = _ZH_UNIT.sub(_scaled, text)
    return _EN_UNIT.sub(_scaled, text)


def figures(text: str) -> frozenset[str]:
    """Every number, date and standard number of `text`, normalised."""
    # Most texts hold no digit, and normalising them costs more than looking.
    if not _DIGIT.search(text) and not _DIGIT.search(unicodedata.normalize("NFKC", text)):
        return frozenset()
    return frozenset(_NUMBER.findall(normalise(text)))


def covered(figure: str, by: Iterable[str]) -> bool:
    """Whether `figure` is said by one of `by`: 24067 is covered by 24067-2024, 2027-02 by 2027-02-18."""
    return any(other == figure or other.startswith((figure + "-", figure + ":")) for other in by)


def negations(text: str) -> int:
    """How many words of negation stand in `text`, in either language."""
    return len(_NEGATION.findall(unicodedata.normalize("NFKC", text).lower()))


def denied(text: str) -> str:
    """What follows the first word of negation in `text`; empty when nothing is denied."""
    folded = unicodedata.normalize("NFKC", text).lower()
    match = _NEGATION.search(folded)
    return folded[match.end() :] if match else ""


def say_date(iso: str, language: str) -> str:
    """`2025-12-25` as `2025年12月25日` or `25 December 2025`; months and years likewise."""
    parts = [int(p) for p in iso.split("-")]
    if language == "zh":
        return "".join(f"{n}{unit}" for n, unit in zip(parts, "年月日", strict=False))
    words = [str(parts[0])]
    if len(parts) > 1:
        words.insert(0, MONTHS[parts[1] - 1])
    if len(parts) > 2:
        words.insert(0, str(parts[2]))
    return " ".join(words)
