"""Days, months, quarters and years that a question names, as intervals of ISO dates (明年, Q3 2026, 2027年2月)."""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Iterator

from babel.dates import get_month_names

from assistant.folding import fold

_MONTHS = {fold(name).rstrip("."): number for width in ("wide", "abbreviated")
           for number, name in get_month_names(width, locale="en").items()}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_YEAR = r"(?P<year>20[1-5]\d)"
_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}
#: Words for a year or a month counted from the day of the question.
_RELATIVE = {
    "今年": 0, "本年": 0, "this year": 0, "明年": 1, "来年": 1, "next year": 1, "后年": 2, "去年": -1, "last year": -1}
_RELATIVE_MONTHS = {"这个月": 0, "本月": 0, "this month": 0, "下个月": 1, "下月": 1, "next month": 1, "上个月": -1, "last month": -1}
_PATTERNS = tuple(re.compile(p) for p in (
    rf"{_YEAR}(?:年|[-/.])(?P<month>1[0-2]|0?[1-9])(?:月|[-/.])(?P<day>[12]\d|3[01]|0?[1-9])(?!\d)",
    rf"(?P<day>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)? (?P<name>{_MONTH})\.?,? {_YEAR}",
    rf"(?P<name>{_MONTH})\.? (?P<day>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?,? {_YEAR}",
    rf"{_YEAR}年? ?(?:第?(?P<quarter>[一二三四1-4])季度|q(?P<q>[1-4]))",
    rf"q(?P<q>[1-4]) ?(?:of )?{_YEAR}",
    rf"{_YEAR}(?:年|[-/.])(?P<month>1[0-2]|0?[1-9])(?:月|(?![\d/.-]))",
    rf"(?P<name>{_MONTH})\.?,? {_YEAR}",
    rf"(?<![\d/:.-]){_YEAR}(?:年|(?![\d/年-]))",
))


def periods(folded: str, as_of: str) -> tuple[tuple[str, str], ...]:
    """First and last day of every period named in folded text, each stretch read once; relative ones when `as_of` is given."""
    out: list[tuple[str, str]] = []
    text = folded
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            out.extend(_interval(match.groupdict()))
        text = pattern.sub(" ", text)
    if not as_of:
        return tuple(dict.fromkeys(out))
    today = datetime.date.fromisoformat(as_of)
    for word, later in _RELATIVE.items():
        if word in text:
            out.append(_whole(today.year + later))
    for word, later in _RELATIVE_MONTHS.items():
        if word in text:
            months = today.year * 12 + today.month - 1 + later
            out.append(_whole(months // 12, months % 12 + 1))
    return tuple(dict.fromkeys(out))


def _interval(found: dict[str, str | None]) -> Iterator[tuple[str, str]]:
    year = int(found["year"] or 0)
    quarter = _QUARTERS.get(found.get("quarter") or found.get("q") or "", 0)
    month = int(found.get("month") or 0) or _MONTHS.get(found.get("name") or "", 0)
    day = int(found.get("day") or 0)
    if quarter:
        yield _whole(year, 3 * quarter - 2)[0], _whole(year, 3 * quarter)[1]
    elif day:
        if day <= calendar.monthrange(year, month)[1]:
            yield (f"{year}-{month:02}-{day:02}",) * 2
    else:
        yield _whole(year, month or None)


def _whole(year: int, month: int | None = None) -> tuple[str, str]:
    """A year, or one month of it."""
    first, last = month or 1, month or 12
    return f"{year}-{first:02}-01", f"{year}-{last:02}-{calendar.monthrange(year, last)[1]}"
