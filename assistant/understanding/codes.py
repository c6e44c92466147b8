"""HS and CN codes in a question: what they look like, and which products of the vocabulary they mean."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence

from assistant.corpus.entries import Product

#: A code that names more products than this names a heading, and the question back is which product it is.
MOST_PRODUCTS = 8
_DOTTED = re.compile(r"(?<![a-z0-9./-])(\d{4})\.(\d{2})(?:\.?(\d{2,4}))?(?![a-z0-9/]|\.\d|-\d)")
_SAID = re.compile(
    r"(?:hts(?:us)?|hs|cn|taric|ncm|税则号列?|税则|税号|海关编码|海关编号|商品编码|商品编号|商品码|编码|品目|归类(?:到|在|为)?)"
    r" ?(?:code|编码|编号|号|为|是|[:：#])* ?(\d{4}(?:[. ]?\d{1,2}){0,3})(?![a-z0-9/])")
_BARE = re.compile(r"(?<![a-z0-9./#:-])(?<![号no] )(\d{4}|\d{6}|\d{8}|\d{10})(?![\d./:-]|[a-z])")
#: What follows a heading that is said for the goods themselves.
_LIKE_GOODS = re.compile(r" ?(?:的|这|那|出|发|货|去|卖|进|做|要|from|to |into |for )")
#: What stands before a number that is a standard's (GB 4706.19), not a code.
_STANDARD = re.compile(r"(?:gb ?/? ?t?|iec|en|iso|ul|is|jis|nom|as/nzs|saso|sni|tis|cns|std|no\.?) ?-?$")


def codes(folded: str, headings: Container[str] = ()) -> tuple[tuple[str, int, int], ...]:
    """Codes in folded text as (digits, start, end), in order; 4 to 10 digits each.

    headings: four-digit headings that are known; a bare number counts when it stands under one of them and is said like
    goods (`851679出沙特`, `8806的新款`).
    """
    found: dict[tuple[int, int], str] = {}
    for m in _DOTTED.finditer(folded):
        if not _STANDARD.search(folded[: m.start()]) and _is_chapter(m[1]) and not _is_date(m):
            found[m.start(), m.end()] = "".join(part for part in m.groups() if part)
    for m in _SAID.finditer(folded):
        digits = re.sub(r"\D", "", m[1])
        if len(digits) >= 4 and _is_chapter(digits):
            span = (m.start(1), m.start(1) + len(m[1].rstrip()))
            if not any(a < span[1] and span[0] < b for a, b in found):
                found[span] = digits[:10]
    for m in _BARE.finditer(folded):
        if (m[1][:4] in headings and not _STANDARD.search(folded[: m.start()])
                and not any(a < m.end(1) and m.start(1) < b for a, b in found)
                and (len(m[1]) > 4 or (not m[1].startswith(("19", "20")) and _LIKE_GOODS.match(folded[m.end(1) :])))):
            found[m.start(1), m.end(1)] = m[1]
    return tuple((digits, a, b) for (a, b), digits in sorted(found.items()))


def _is_chapter(digits: str) -> bool:
    return 1 <= int(digits[:2]) <= 97 and digits[:2] != "77"


def _is_date(m: re.Match[str]) -> bool:
    """`2026.08` and `2026.08.12` are days, although 20.26 is a heading too."""
    return m[1].startswith(("19", "20")) and 1 <= int(m[2]) <= 12


def products_of(code: str, products: Iterable[Product]) -> tuple[str, ...]:
    """Products whose HS codes share the longest part with `code`: six digits, else the heading of four."""
    level: dict[int, list[str]] = {}
    for product in products:
        shared = max((_shared(code, re.sub(r"\D", "", hs)) for hs in product.hs), default=0)
        if shared:
            level.setdefault(shared, []).append(product.id)
    return tuple(level[max(level)]) if level else ()


def _shared(code: str, hs: str) -> int:
    """6 or 4: how many digits both give and agree on. A heading of four covers every code below it."""
    for digits in (6, 4):
        if len(code) >= digits and len(hs) >= digits and code[:digits] == hs[:digits]:
            return digits
    return 0


def narrowed(code_products: Sequence[str], named: Sequence[str]) -> tuple[str, ...]:
    """Products of a code, limited to those the question names where it does."""
    both = tuple(p for p in code_products if p in set(named))
    return both or tuple(code_products[:MOST_PRODUCTS])
