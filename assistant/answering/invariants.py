"""What must hold of every answer; checked in code before it leaves, whoever made it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from assistant.figures import covered, figures, negations
from assistant.types import CITED_ROLES, Answer, Passage

_MARK = re.compile(r"(?<!\\)\[(\d{1,3})\]")
_BRACKETED = re.compile(r"\[\d+\]")
_MARKUP = re.compile(r"<[a-zA-Z/!]|\]\(|!\[|`")


def breaches(answer: Answer, passages: Mapping[str, Passage]) -> list[str]:
    """Every invariant that `answer` breaks, in words; empty when it may leave."""
    out: list[str] = []
    numbers = [c.n for c in answer.citations]
    if numbers != list(range(1, len(numbers) + 1)):
        out.append(f"citation numbers are {numbers}")
    used = list(dict.fromkeys(int(n) for n in _MARK.findall(answer.answer)))
    if used != numbers:
        out.append(f"marks in the text are {used}, citations are {numbers}")
    if not answer.abstained and not answer.citations:
        out.append("an answer without a citation")
    quotes = {c.n: c.quote for c in answer.citations}
    for c in answer.citations:
        passage = passages.get(f"{c.record}#{c.section}")
        if passage is None:
            out.append(f"citation {c.n} names a section that is not there")
        elif passage.text[c.start : c.end] != c.quote or not c.quote:
            out.append(f"quote {c.n} does not stand at its place")
    asked = figures(answer.question)
    for segment in answer.segments:
        where = f"{segment.role} «{segment.text[:30]}»"
        said = figures(segment.text)
        if _BRACKETED.search(segment.text) or _MARKUP.search(segment.text):
            out.append(f"markup in {where}")
        if (segment.role in CITED_ROLES) != bool(segment.citations):
            out.append(f"citation missing or unexpected in {where}")
        if not segment.citations:
            if segment.role != "computed" and said - asked:
                out.append(f"figures without a quote in {where}")
            continue
        quoted = " ".join(quotes.get(n, "") for n in segment.citations)
        quoted_figures = figures(quoted) if said else frozenset()
        if not all(covered(figure, quoted_figures) for figure in said):
            out.append(f"figures beyond the quote in {where}")
        if negations(segment.text) and not negations(quoted):
            out.append(f"a denial that the quote does not make in {where}")
        if negations(segment.text) < negations(quoted) and len(segment.text) >= 0.8 * len(quoted):
            out.append(f"a denial of the quote lost in {where}")
    return out
