"""Sentences that stood the check and the quoting answer → one answer that leaves no citation out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assistant.answering import phrases
from assistant.answering.citations import basis_notices
from assistant.answering.render import render
from assistant.folding import squeeze
from assistant.types import CITED_ROLES, Answer, Role, Segment, Wording


@dataclass(frozen=True, slots=True)
class Kept:
    """A sentence of the answer's body: words of the model, or the quoted segment that took their place."""

    segment: Segment
    ai: bool


class Plan:
    """The quoting answer taken apart: which segment a citation belongs to, what stands beside it, what frames the whole."""

    def __init__(self, quoting: Answer) -> None:
        self.quoting = quoting
        self._of: dict[int, Segment] = {}
        self._beside: dict[int, list[Segment]] = {}
        self._frame: list[Segment] = []
        last = 0
        for segment in quoting.segments:
            if segment.citations:
                last = segment.citations[0]
                for n in segment.citations:
                    self._of.setdefault(n, segment)
            elif segment.role == "computed" and last:
                self._beside.setdefault(last, []).append(segment)
            elif segment.role != "heading":
                self._frame.append(segment)

    def holds(self, n: int) -> bool:
        return n in self._of

    def quoted(self, n: int) -> Segment:
        """The segment that quotes citation n in the quoting answer."""
        return self._of[n]

    def copied(self, text: str, marks: Sequence[int]) -> Segment | None:
        """The quoted segment that a sentence repeats word for word, None when it does not."""
        if len(marks) != 1 or marks[0] not in self._of:
            return None
        segment = self._of[marks[0]]
        quotes = {squeeze(c.quote) for c in self.quoting.citations if c.n == marks[0]}
        return segment if squeeze(text) in {squeeze(segment.text), *quotes} else None

    def role(self, n: int) -> Role:
        """What a sentence that leads with citation n does in the answer where it is not its conclusion."""
        role = self._of[n].role
        return "fact" if role == "conclusion" else role

    def answer(self, body: Sequence[Kept], wording: Wording, whole: bool = False,
               told_by: Callable[[int, list[str]], bool] | None = None) -> Answer:
        """The answer with this body. whole: with the framing, the AI notice and the statements that the body leaves out.

        told_by: whether the model's sentences that cite a statement tell it; one that they only touch is quoted as well.
        """
        language = self.quoting.language
        segments: list[Segment] = []
        body = self._led(body)
        met: set[int] = set()
        for kept in body:
            segments.append(kept.segment)
            for n in kept.segment.citations:
                if n not in met:
                    met.add(n)
                    segments += self._beside.get(n, [])
        if whole:
            worded: dict[int, list[str]] = {}
            for kept in body:
                if kept.ai:
                    for n in kept.segment.citations:
                        worded.setdefault(n, []).append(kept.segment.text)
            quoted = {n for kept in body if not kept.ai for n in kept.segment.citations}
            told = met - {n for n, said in worded.items() if n not in quoted and told_by and not told_by(n, said)}
            rest = [s for s in dict.fromkeys(self._of[c.n] for c in self.quoting.citations) if not set(s.citations) <= told]
            if rest and segments:
                segments.append(Segment("heading", phrases.HEADINGS["library"].say(language)))
            for segment in rest:
                role = "conclusion" if not segments else "fact" if segment.role == "conclusion" else segment.role
                segments.append(replace(segment, role=role))
                segments += [beside for n in segment.citations if n not in met for beside in self._beside.get(n, [])]
            segments += self._frame
            if any(kept.ai for kept in body):
                segments.append(Segment("notice", phrases.AI_WORDED.say(language)))
        return self._numbered(tuple(segments), wording, any(kept.ai for kept in body))

    def _led(self, body: Sequence[Kept]) -> Sequence[Kept]:
        """The body with what concludes the quoting answer in front: a model words the conclusion, it chooses no other."""
        if not body:
            return body
        lead = self.quoting.citations[0].n
        first = next((i for i, kept in enumerate(body) if lead in kept.segment.citations), None)
        front = Kept(self._of[lead], ai=False) if first is None else body[first]
        rest = [kept for i, kept in enumerate(body) if i != first]
        return [Kept(replace(front.segment, role="conclusion"), front.ai),
                *(Kept(replace(k.segment, role=self.role(k.segment.citations[0])), k.ai) for k in rest)]

    def _numbered(self, segments: tuple[Segment, ...], wording: Wording, ai: bool) -> Answer:
        """Citations numbered anew in the order in which the segments use them."""
        order = list(dict.fromkeys(n for s in segments if s.role in CITED_ROLES for n in s.citations))
        new = {old: i for i, old in enumerate(order, 1)}
        held = {c.n: c for c in self.quoting.citations}
        numbered = tuple(replace(s, citations=tuple(new[n] for n in s.citations)) for s in segments)
        citations = tuple(held[n] if new[n] == n else replace(held[n], n=new[n]) for n in order)
        return replace(self.quoting, segments=numbered, citations=citations, notices=basis_notices(citations, self.quoting.language),
                       answer=render(numbered), ai=ai, wording=wording)
