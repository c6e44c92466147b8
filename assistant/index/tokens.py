"""Tokens of Chinese and English text for the keyword leg.

Chinese: every character and every pair of neighbours (measured better than dictionary words on lay questions).
Latin and digits: words, stemmed; compounds such as `2023/1542` or `en18031-1` whole and in parts; a standard number
in any spelling (`GB/T 24067`, `GBT24067`, `gb-t 24067`) also as one token `gbt24067`.
"""

from __future__ import annotations

import re
import sys
from operator import add

import Stemmer

from assistant.folding import fold

_RUN = re.compile(r"[\u3400-\u9fff]+|[a-z0-9]+(?:[./:+-][a-z0-9]+)*")
_PART = re.compile(r"[a-z]+|\d+")
_STANDARD = re.compile(
    r"(?<![a-z0-9])(gb ?[/-]? ?t|gb|iso/iec|iso|iec|en iec|en iso|en|ul|is|jis|sj/?t|sb/?t|astm|ansi|bs|cispr|pas|tr cu|tr eaeu|saso|"
    r"as/nzs|kc|nom|sni|tcvn|un) ?[-]?(\d{2,}(?:-\d{1,3}(?!\d))?)")
_STOP = frozenset("a an and are as at be by do does for from how i if in is it its my of on or our that the this to we "
                  "what when which who with you your 的 了 吗 呢 啊 吧 么 我 们 是 要 在 有 和 就 都 也 还 请 问".split())
_stems = Stemmer.Stemmer("english").stemWords


def standard_numbers(folded: str) -> tuple[str, ...]:
    """Standard numbers named in folded text, as compact tokens (`gbt24067`, `en18031-1`)."""
    return tuple(dict.fromkeys(re.sub(r"[ /-]", "", m[1]) + m[2] for m in _STANDARD.finditer(folded)))


def tokens(text: str) -> list[str]:
    """Tokens of any text, in order of appearance; repeated tokens stay repeated (they are term frequency)."""
    folded = fold(text)
    out: list[str] = list(standard_numbers(folded))
    for match in _RUN.finditer(folded):
        run = match[0]
        if "\u3400" <= run[0] <= "\u9fff":
            out.extend(c for c in run if c not in _STOP)
            out.extend(run[i : i + 2] for i in range(len(run) - 1))
        else:
            if not run.isalpha() and not run.isdigit():
                out.append(run)
            out.extend(_latin(run))
    return out


def content_tokens(text: str) -> frozenset[str]:
    """Tokens that carry meaning: Latin words, numbers and pairs of Chinese characters (single ones say too little)."""
    folded = fold(text)
    out = set(standard_numbers(folded))
    for run in _RUN.findall(folded):
        if "\u3400" <= run[0] <= "\u9fff":
            out.update(map(add, run, run[1:]))
        else:
            if not run.isalpha() and not run.isdigit():
                out.add(run)
            out.update(t for t in _latin(run) if len(t) > 1 or t.isdigit())
    # Interned: the sets of thousands of statements are kept, and share their tokens.
    return frozenset(map(sys.intern, out))


def _latin(run: str) -> list[str]:
    """Stems of the words and numbers of a Latin run."""
    return _stems([part for part in _PART.findall(run) if part not in _STOP])
