"""Segments → the Markdown in `answer`: the one function that adds list markers and marks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.types import Segment

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")
_LISTED = frozenset({"fact", "condition", "date", "exception", "gap", "step"})


def escape(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", text)


def lead(text: str) -> tuple[str, str]:
    """The first sentence of a conclusion and the rest: the part that stands out and the part that explains."""
    match = re.match(r"^(.{1,60}?[。!?!?](?=.)|.{1,80}?[.!?](?= ))\s*", text)
    return (match[1], text[match.end() :]) if match else (text, "")


def render(segments: Sequence[Segment]) -> str:
    """Markdown with marks `[n]`; conclusions lead, listed roles are list items, headings stand alone."""
    blocks: list[str] = []
    in_list = False
    for segment in segments:
        marks = "".join(f" [{n}]" for n in segment.citations)
        text = escape(segment.text)
        if segment.role in _LISTED:
            line = f"- {text}{marks}"
            if in_list:
                blocks[-1] += "\n" + line
            else:
                blocks.append(line)
            in_list = True
            continue
        if segment.role == "computed" and in_list:
            blocks[-1] += f" {text}"
            continue
        in_list = False
        if segment.role == "conclusion":
            first, rest = lead(segment.text)
            blocks.append(f"**{escape(first)}** {escape(rest)}{marks}" if rest else f"**{text}**{marks}")
        elif segment.role == "heading":
            blocks.append(f"**{text}**")
        elif segment.role == "computed" and blocks:
            blocks[-1] += f" {text}"
        else:
            blocks.append(text)
    return "\n\n".join(blocks)
