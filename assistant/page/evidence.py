"""What one mark opens: the whole passage with the quote highlighted, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from assistant.answering.phrases import STATUS_NAMES
from assistant.corpus.section_names import SECTION_NAMES
from assistant.page import words
from assistant.page.escaping import esc
from assistant.types import Citation, Language, Passage


def section_name(c: Citation, language: Language) -> str:
    """The heading of the section a citation stands in; the plain section for documents, which have their own."""
    key = c.section.rsplit(".", 1)[0]
    return SECTION_NAMES[key].say(language) if key in SECTION_NAMES else key


def highlighted(text: str, start: int, end: int) -> str:
    """`text` as one paragraph per line with the code points `start:end` in <mark>, once per line they touch."""
    out, at = [], 0
    for line in text.split("\n"):
        first, last = max(start - at, 0), min(end - at, len(line))
        if first < last:
            out.append(f"<p>{esc(line[:first])}<mark>{esc(line[first:last])}</mark>{esc(line[last:])}</p>")
        else:
            out.append(f"<p>{esc(line)}</p>")
        at += len(line) + 1
    return "".join(out)


def web_address(url: str) -> str:
    """`url` if it is an ordinary web address, else empty: a record must not smuggle in another scheme."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and parts.netloc else ""


def _row(name: str, value: str) -> str:
    return f"<div><dt>{esc(name)}</dt><dd>{value}</dd></div>"


def evidence(answer_id: str, c: Citation, passages: Mapping[str, Passage], language: Language) -> str:
    """The hidden section `e-<answer_id>-<n>` that the script copies into the panel."""
    passage = passages.get(f"{c.record}#{c.section}")
    # The index may have been replaced since the answer was made; the quote itself travels with the answer.
    text, start, end = (passage.text, c.start, c.end) if passage and passage.text[c.start : c.end] == c.quote else (
        c.quote, 0, len(c.quote))
    basis = f'<span class="basis {esc(c.basis)}">{esc(words.BASIS[c.basis].say(language))}</span>'
    if c.source:
        locator = f", {esc(c.source.locator)}" if c.source.locator else ""
        source = f"{esc(c.source.title)}{locator} {basis}"
    else:
        source = f"{basis} {esc(words.NO_SOURCE.say(language))}"
    rows = [_row(words.REFERENCE.say(language), esc(c.reference)), _row(words.SOURCE.say(language), source)]
    status = STATUS_NAMES.get(c.status)
    rows.append(_row(words.STATUS.say(language), esc(status.say(language) if status else c.status)))
    if c.source:
        rows.append(_row(words.READ.say(language), esc(c.source.read)))
    rows.append(_row(words.CHECKED.say(language), esc(c.checked or words.NEVER.say(language))))
    rows.append(_row(words.AS_OF_DAY.say(language), esc(c.as_of)))
    address = web_address(c.url)
    link = (f'<p><a class="out" href="{esc(address)}" target="_blank" rel="noopener noreferrer">'
            f"{esc(words.OPEN.say(language))}</a></p>" if address else "")
    return (
        f'<section id="e-{esc(answer_id)}-{c.n}" lang="{esc(language)}">'
        f'<p class="kicker"><span class="number">{esc(words.EVIDENCE.say(language))} [{c.n}]</span>'
        f'<span class="origin {esc(c.origin)}">{esc(words.ORIGIN[c.origin].say(language))}</span></p>'
        f"<h2>{esc(c.title)}</h2>"
        f'<p class="muted">{esc(section_name(c, language))} · {esc(words.ORIGIN_NOTE[c.origin].say(language))}</p>'
        f'<div class="passage" tabindex="0" lang="{esc(c.language)}">{highlighted(text, start, end)}</div>'
        f"<dl>{''.join(rows)}</dl>{link}</section>")
