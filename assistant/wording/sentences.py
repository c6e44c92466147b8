"""A stream of text cut into sentences with their marks, as soon as each is complete."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.folding import has_han

#: [1], [1][2], [1, 2], 【1】: how models write marks.
_MARKS = re.compile(r"(?:(?<!\s)\s*(?:\[\s*\d{1,3}(?:\s*[,,、]\s*\d{1,3})*\s*\]|【\s*\d{1,3}(?:\s*[,,、]\s*\d{1,3})*\s*】))+")
#: A group of marks with what may follow it inside the same sentence.
_END = re.compile(_MARKS.pattern + r"\s*[。.!?!?;;]*")
_OPEN_MARK = re.compile(r"[\[【][\d,,、\s]*$")
_LIST = re.compile(r"^\s*(?:[-*•·>#]+|\d{1,2}[.)、](?!\d)|[((]\d{1,2}[))])\s*")
_THINKING = re.compile(r"<think>.*?(?:</think>|\Z)", re.S)
#: What a sentence does not end in.
_TRAILING = "\uff1b;\uff0c,\uff1a:\u3001 "
#: A sentence without a mark and without an end is given up after so many characters.
LONGEST = 1200


@dataclass(frozen=True, slots=True)
class Sentence:
    """text: without marks and list signs. marks: the numbers it cites, each once."""

    text: str
    marks: tuple[int, ...]


def plain(text: str) -> str:
    """Without characters that cannot be seen; white space single."""
    if not text.isprintable():
        text = "".join(c for c in text if c.isprintable() or c.isspace())
    return " ".join(text.split())


def read(raw: str) -> Sentence:
    """One line or the part of it up to its marks."""
    marks: tuple[int, ...] = ()
    stop, body, end = "。.!?!?", raw, ""
    if _marked(raw):
        marks = tuple(dict.fromkeys(int(n) for group in _MARKS.findall(raw) for n in re.findall(r"\d+", group)))
        body = _MARKS.sub("", raw)
    body = plain(_LIST.sub("", body.strip())).replace("**", "").replace("__", "").strip()
    if body and body[-1] not in stop:
        end = "。" if has_han(body) else "."
        body = body.rstrip(_TRAILING)
    return Sentence(body + end if body else "", marks)


class Sentences:
    """Takes pieces of a reply, gives complete sentences. What models think aloud between <think> tags is left out."""

    def __init__(self) -> None:
        self._text = ""

    def feed(self, piece: str) -> Iterator[Sentence]:
        """The sentences that this piece completes."""
        self._text += piece
        self._text = _THINKING.sub(lambda m: "" if m[0].endswith("</think>") else m[0], self._text)
        if self._text.lstrip().startswith("<think>"):
            return
        while True:
            cut = self._cut()
            if cut is None:
                return
            raw, self._text = self._text[:cut], self._text[cut:].lstrip("\n")
            sentence = read(raw)
            if sentence.text:
                yield sentence

    def finish(self) -> Iterator[Sentence]:
        """What is left when the reply ends."""
        raw, self._text = _THINKING.sub("", self._text), ""
        sentence = read(raw)
        if sentence.text:
            yield sentence

    @property
    def waiting(self) -> int:
        """Characters of the sentence that is being written, with its marks."""
        return len(self._text)

    @property
    def coming(self) -> str:
        """The sentence that is being written, without marks; empty while the model thinks aloud."""
        if self._text.lstrip().startswith("<"):
            return ""
        return read(_OPEN_MARK.sub("", self._text)).text.rstrip("。.")

    def _cut(self) -> int | None:
        """Where the first complete sentence ends: at a line's end, or after its marks when more follows."""
        line = self._text.find("\n")
        match = _END.search(self._text) if _marked(self._text) else None
        while match and match.end() <= (line if line >= 0 else len(self._text)):
            rest = self._text[match.end() :].lstrip(" \t")
            if not rest:
                break  # more marks may follow
            if rest[0] not in "[【\n" and _wordy(self._text[: match.start()]):
                return match.end()
            match = _END.search(self._text, match.end())
        if 0 <= line <= LONGEST:
            return line + 1
        return LONGEST if len(self._text) > LONGEST else None


def _marked(text: str) -> bool:
    """Whether marks are worth looking for: the search costs far more than this."""
    return "[" in text or "【" in text


def _wordy(text: str) -> bool:
    return any(c.isalpha() for c in text)
