"""Quantities with a unit in a text, as intervals, so that `110千瓦` can be held against `75 kW及以下`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

#: spelling → (dimension, factor to the dimension's unit)
UNITS: dict[str, tuple[str, float]] = {
    "kw": ("W", 1e3), "千瓦": ("W", 1e3), "w": ("W", 1.0), "瓦": ("W", 1.0), "mw": ("W", 1e6),
    "kwh": ("Wh", 1e3), "千瓦时": ("Wh", 1e3), "度电": ("Wh", 1e3), "wh": ("Wh", 1.0), "瓦时": ("Wh", 1.0),
    "v": ("V", 1.0), "伏": ("V", 1.0), "kv": ("V", 1e3), "volt": ("V", 1.0), "volts": ("V", 1.0),
    "kg": ("kg", 1.0), "公斤": ("kg", 1.0), "千克": ("kg", 1.0), "吨": ("kg", 1e3), "t": ("kg", 1e3),
    "tonnes": ("kg", 1e3), "tonne": ("kg", 1e3), "tons": ("kg", 1e3), "g": ("kg", 1e-3), "克": ("kg", 1e-3),
    "岁": ("years of age", 1.0), "years old": ("years of age", 1.0),
}
_UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
_NUMBER = r"(\d+(?:\.\d+)?)"
_PATTERN = re.compile(
    rf"(?P<before>不超过|不高于|不大于|不足|小于|低于|少于|最多|最大|不低于|不少于|不小于|超过|大于|高于|至少|"
    rf"up to|below|under|less than|not exceeding|no more than|at most|above|over|more than|at least|exceeding)? ?"
    rf"{_NUMBER}(?: ?(?:至|到|-|~|to) ?{_NUMBER})? ?(?P<unit>{_UNIT})(?![a-z])"
    rf"(?P<after> ?(?:及以上|及以下|\(含\)以上|或以上|以上|以下|以内|"
    r"or more|or above|and above|or higher|or less|or below|and below|or lower))?")
_LOW = frozenset({"不低于", "不少于", "不小于", "超过", "大于", "高于", "至少", "above", "over", "more than", "at least",
                  "exceeding", "及以上", "(含)以上", "或以上", "以上", "or more", "or above", "and above", "or higher"})


@dataclass(frozen=True, slots=True)
class Quantity:
    """An interval in the unit of its dimension; a plain value has low == high."""

    dimension: str
    low: float
    high: float

    def inside(self, other: Quantity) -> bool:
        """Whether this quantity lies wholly within `other`."""
        return self.dimension == other.dimension and self.low >= other.low and self.high <= other.high

    def apart(self, other: Quantity) -> bool:
        """Whether the two share a dimension but no value (touching ends do not count as shared)."""
        return self.dimension == other.dimension and not self.inside(other) and (
            self.low >= other.high or self.high <= other.low)


def quantities(folded: str) -> tuple[Quantity, ...]:
    """Every quantity of folded text, in order."""
    out = []
    for m in _PATTERN.finditer(re.sub(r"(?<=\d),(?=\d{3})", "", folded)):
        dimension, factor = UNITS[m["unit"]]
        low = float(m[2]) * factor
        high = float(m[3]) * factor if m[3] else low
        bound = m["before"] or (m["after"] or "").strip()
        if bound and not m[3]:
            low, high = (low, math.inf) if bound in _LOW else (0.0, low)
        out.append(Quantity(dimension, low, high))
    return tuple(out)
