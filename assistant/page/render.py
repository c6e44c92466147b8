"""Answer → the HTML of one turn. Everything is escaped here; nothing of a record, question or model is trusted.

The evidence of a turn is part of that turn's own HTML, so a mark can only ever open what was quoted with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.answering.render import lead
from assistant.errors import AssistantError
from assistant.page import words
from assistant.page.escaping import both, esc
from assistant.page.evidence import evidence, section_name
from assistant.page.staff import hotline_box, person_box, person_button, thumbs
from assistant.settings import Hotline
from assistant.types import Answer, Citation, Language, Passage, Segment

_LISTED = frozenset({"fact", "condition", "date", "exception", "gap", "step"})


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph or a list. kind: conclusion · heading · list · text; an item is a segment and its computed remarks."""

    kind: str
    items: tuple[tuple[Segment, ...], ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What a turn needs beside the answer. updated: ISO date of the newest check in the library, or empty.

    understood: (id, name) of what the question was taken to be about; dropped: the same for what the reader took away.
    """

    passages: Mapping[str, Passage]
    hotline: Hotline
    updated: str
    understood: tuple[tuple[str, str], ...] = ()
    dropped: tuple[tuple[str, str], ...] = ()


def blocks(segments: Sequence[Segment]) -> tuple[Block, ...]:
    """Segments as they are laid out: neighbours that are listed form one list, `computed` joins what precedes it."""
    out: list[tuple[str, list[list[Segment]]]] = []
    for segment in segments:
        if segment.role == "computed" and out:
            out[-1][1][-1].append(segment)
        elif segment.role in _LISTED:
            if out and out[-1][0] == "list":
                out[-1][1].append([segment])
            else:
                out.append(("list", [[segment]]))
        else:
            kind = segment.role if segment.role in {"conclusion", "heading"} else "text"
            out.append((kind, [[segment]]))
    return tuple(Block(kind, tuple(tuple(item) for item in items)) for kind, items in out)


def _mark(answer: Answer, citation: Citation) -> str:
    label = words.MARK.say(answer.language).format(
        n=citation.n, title=citation.title, section=section_name(citation, answer.language))
    return (f'<button type="button" class="cite" data-evidence="e-{esc(answer.answer_id)}-{citation.n}" '
            f'aria-haspopup="dialog" aria-expanded="false" aria-controls="evidence" '
            f'aria-label="{esc(label)}">[{citation.n}]</button>')


def _words(segment: Segment, language: Language) -> str:
    text = esc(segment.text)
    if segment.role == "conclusion":
        first, rest = lead(segment.text)
        text = f"<strong>{esc(first)}</strong>{' ' if language == 'en' and rest else ''}{esc(rest)}"
    if segment.language and segment.language != language:
        text = f'<span lang="{esc(segment.language)}">{text}</span>'
    return text


def _item(answer: Answer, item: Sequence[Segment]) -> str:
    cited = {c.n: c for c in answer.citations}
    parts = []
    for segment in item:
        marks = "".join(_mark(answer, cited[n]) for n in segment.citations if n in cited)
        text = _words(segment, answer.language)
        if segment.role == "computed":
            text = f'<span class="computed">{text}</span>'
        parts.append(f"{text}{marks}")
    return " ".join(parts)


def _block(answer: Answer, block: Block) -> str:
    inner = [_item(answer, item) for item in block.items]
    if block.kind == "list":
        rows = "".join(f'<li class="{esc(item[0].role)}">{text}</li>' for item, text in zip(block.items, inner, strict=True))
        return f"<ul>{rows}</ul>"
    if block.kind == "heading":
        return f"<h3>{inner[0]}</h3>"
    return f'<p class="{esc(block.items[0][0].role)}">{inner[0]}</p>'


def footnote(answer: Answer, updated: str) -> str:
    """As-of date, state of the library and the standing caution, in one line of plain text."""
    language = answer.language
    digest = answer.library.removeprefix("sha256:")[:8]
    parts = [words.AS_OF.say(language).format(date=answer.facets.as_of)]
    if updated:
        parts.append(words.UPDATED.say(language).format(date=updated))
    parts += [words.LIBRARY.say(language).format(digest=digest), words.NOT_ADVICE.say(language)]
    return " · ".join(parts)


def plain_text(answer: Answer, updated: str = "") -> str:
    """Question, answer with its marks, references, notices: text that can be pasted anywhere."""
    language = answer.language
    lines = [words.PLAIN_QUESTION.say(language).format(text=answer.question), ""]
    for block in blocks(answer.segments):
        for item in block.items:
            text = " ".join(s.text + "".join(f" [{n}]" for n in s.citations) for s in item)
            lines.append(f"· {text}" if block.kind == "list" else text)
        lines.append("")
    if answer.citations:
        lines.append(words.EVIDENCE.say(language))
        lines += [_reference(c, language) for c in answer.citations]
        lines.append("")
    lines += [words.PLAIN_NOTE.say(language).format(text=n) for n in answer.notices]
    lines += [footnote(answer, updated), words.NAME.say(language)]
    return "\n".join(lines)


def _reference(c: Citation, language: Language) -> str:
    basis = words.BASIS[c.basis].say(language)
    parts = [c.title, c.reference]
    if c.source:
        title = f"{c.source.title}, {c.source.locator}" if c.source.locator else c.source.title
        parts.append(f"{title} ({words.PLAIN_READ.say(language).format(tier=basis, date=c.source.read)})")
    else:
        parts.append(basis)
    if c.url:
        parts.append(c.url)
    return f"[{c.n}] " + " · ".join(parts)


def _tools(answer: Answer, updated: str) -> str:
    """What can be done with a finished answer: copy it, ask a person, say whether it was useful."""
    language = answer.language
    text = plain_text(answer, updated)
    buttons, comment = thumbs(language)
    # An abstention offers the person in a box of its own.
    person = "" if answer.abstained else person_button(language)
    return (f'<div class="tools"><button type="button" class="quiet" data-action="copy" aria-expanded="false">'
            f"{esc(words.COPY.say(language))}</button>{person}{buttons}</div>{comment}"
            f'<div class="copy" hidden><textarea readonly rows="8" spellcheck="false" '
            f'aria-label="{esc(words.COPY_LABEL.say(language))}">\n{esc(text)}</textarea>'
            f'<p role="status" data-copied="{esc(words.COPIED.say(language))}" '
            f'data-hint="{esc(words.COPY_HINT.say(language))}"></p></div>')


def _turn(turn_id: str, lang: str, question: str, kind: str, busy: bool, inner: str, after: str = "",
          answer_id: str = "") -> str:
    asked = (f'<div class="asked"><span class="sr-only">{both(words.YOU)}</span><p>{esc(question)}</p></div>'
             if question.strip() else "")
    named = (f' data-answer="{esc(answer_id)}"' if answer_id else "") + (f" lang={lang}" if lang else "")
    return (f'<article class="turn" data-turn="{esc(turn_id)}"{named}>{asked}'
            f'<div class="answer {kind}" aria-busy="{"true" if busy else "false"}">{inner}</div>{after}</article>')


def _chips(answer: Answer, frame: Frame) -> str:
    """What the question was taken to be about, each with a button that asks again without it, or with it again."""
    language = answer.language
    rows = []
    for gone, entries in ((False, frame.understood), (True, frame.dropped)):
        for entry_id, name in entries:
            label = (words.PUT_BACK if gone else words.TAKE_AWAY).say(language).format(name=name)
            rows.append(f'<li class="{"gone" if gone else "kept"}"><button type="button" data-action="facet" data-id="{esc(entry_id)}" '
                        f'aria-label="{esc(label)}" title="{esc(label)}">{esc(name)}<span aria-hidden="true">'
                        f'{"+" if gone else "×"}</span></button></li>')
    if not rows:
        return ""
    dropped = " ".join(entry_id for entry_id, _ in frame.dropped)
    return (f'<ul class="chips" data-dropped="{esc(dropped)}" data-question="{esc(answer.question)}" '
            f'aria-label="{esc(words.UNDERSTOOD.say(language))}">{"".join(rows)}</ul>')


def pending(turn_id: str, question: str) -> str:
    """The turn while the answer is being looked up."""
    return _turn(turn_id, "", question, "pending", True, f'<p class="searching">{both(words.SEARCHING)}</p>')


def turn(turn_id: str, answer: Answer, frame: Frame, shown: int | None = None, coming: str = "") -> str:
    """The turn with the first `shown` segments (None: finished, with notices, hotline, tools and the foot line).

    coming: a sentence that the language model is writing, shown as not checked yet.

    Only a finished turn names its answer (`data-answer`): that is what a conversation passed on to staff is made of.
    """
    language = answer.language
    done = shown is None
    segments = answer.segments if shown is None else answer.segments[:shown]
    used = {n for s in segments for n in s.citations}
    badge = words.STANDING[answer.standing].say(language)
    ai = f'<span class="badge ai">{esc(words.AI.say(language))}</span>' if answer.ai or coming else ""
    inner = [f'<p class="standing"><span class="badge">{esc(badge)}</span>{ai}</p>',
             _chips(answer, frame) if done else "",
             '<div class="body">', *(_block(answer, b) for b in blocks(segments)),
             f'<p class="coming" aria-hidden="true">{esc(coming)} <small>{esc(words.COMING.say(language))}</small></p>' if coming else "",
             "</div>"]
    if done:
        # An abstention's notice is the hotline, which has a box of its own with a number to tap.
        notices = () if answer.abstained else answer.notices
        inner += [f'<p class="notice" role="note">{esc(n)}</p>' for n in notices]
        if answer.wording and answer.wording.notice:
            inner.append(f'<p class="model" role="note">{esc(answer.wording.notice)}</p>')
        if answer.abstained:
            inner.append(person_box(frame.hotline, language))
        inner.append(_tools(answer, frame.updated))
        inner.append(f'<p class="foot">{esc(footnote(answer, frame.updated))}</p>')
    held = "".join(evidence(answer.answer_id, c, frame.passages, language) for c in answer.citations if c.n in used)
    kind = f"{answer.standing}{' abstained' if answer.abstained else ''}"
    return _turn(turn_id, language, answer.question, kind, not done, "".join(inner), f"<div hidden>{held}</div>",
                 answer.answer_id if done else "")


def not_answered(turn_id: str, question: str, error: AssistantError | None, hotline: Hotline) -> str:
    """A question that could not be taken (the error says why), or a failure of ours (None)."""
    said = ((f"<strong>{esc(error.problem)}</strong>", esc(error.remedy)) if error
            else (f"<strong>{both(words.FAILED)}</strong>", both(words.FAILED_REMEDY)))
    badge = both(words.REFUSED) if error else both(words.STANDING["unavailable"])
    inner = (f'<p class="standing"><span class="badge">{badge}</span></p>'
             f'<div class="body" role="alert"><p>{said[0]}</p><p>{said[1]}</p></div>'
             + ("" if error else hotline_box(hotline, "zh")))
    shown = question if len(question) <= 300 else question[:300] + "…"
    return _turn(turn_id, "", shown, "refused abstained", False, inner)

