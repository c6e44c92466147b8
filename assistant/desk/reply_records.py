"""A curated reply as a record: for answering, and as a record file with typical questions that fits the library's corpus."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, cast

import yaml

from assistant.corpus.reader import statement_id
from assistant.desk.reply_content import Content, Ground, Sentence, digest, rests_on
from assistant.figures import FULL_DATE, figures
from assistant.types import CuratedReply, Record, Source, Statement, Tier, Words

FOLDER, SECTION = "replies", "summary"


def record_id_of(reply_id: str) -> str:
    return f"reply:{reply_id}"


def _page(ground: Ground | None) -> Ground | None:
    """The page alone, without what differs from sentence to sentence; None where there is no page."""
    if ground is None or not ground.url or ground.title is None:
        return None
    return Ground(title=ground.title, url=ground.url, publisher=ground.publisher, tier=ground.tier, read=ground.read,
                  instrument=ground.instrument)


def _sources(content: Content) -> dict[Ground, str]:
    """Pages in order of first use, with the id of each."""
    pages = dict.fromkeys(p for p in (_page(s.citation) for s in content.statements) if p)
    return {page: f"source-{n}" for n, page in enumerate(pages, 1)}


def curated_reply(reply_id: str, content: Content, approved: str) -> CuratedReply:
    """The reply as it answers. approved: ISO day of the approval."""
    record_id, ids = record_id_of(reply_id), _sources(content)
    statements = []
    for s in content.statements:
        page = _page(s.citation)
        statements.append(Statement(statement_id(record_id, SECTION, s.zh), SECTION, Words(s.zh, s.en),
                                    ids[page] if page else None, (s.citation.locator or None) if page and s.citation else None))
    sources = tuple(Source(i, p.title or Words("", ""), p.url, p.publisher, cast(Tier, p.tier), p.read, p.instrument or None)
                    for p, i in ids.items())
    record = Record(
        id=record_id, folder=FOLDER, name=content.title, aliases=(), status="in-force", kind=None,
        scope="national" if content.markets else "international", markets=content.markets, market_groups=(), marks=(),
        authority=(), legal_basis=(), covers=content.products, named_products=content.products, excludes=(), applies_when=(),
        asks=(), sources=sources, checked=approved, questions_zh=content.questions.zh, questions_en=content.questions.en,
        statements=tuple(statements), digest=digest(content))
    return CuratedReply(record, rests_on(content), content.valid_until)


# --- as files ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rendered:
    """A record file. body, dated: which sentences (from 0) stand in the section and which as milestones, in file order."""

    text: str
    body: tuple[int, ...]
    dated: tuple[int, ...]


class _Dumper(yaml.SafeDumper):
    """Lists indented under their key, as in the other records."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        return super().increase_indent(flow, False)


def _yaml(data: dict[str, Any]) -> str:
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=False, width=10**6)


def _days(line: str) -> Iterator[tuple[str, str]]:
    """(as written, ISO) for every full date of the line that the calendar has."""
    for match in FULL_DATE.finditer(line):
        for iso in figures(match[0]):
            try:
                datetime.date.fromisoformat(iso)
            except ValueError:
                continue
            yield match[0], iso


def _milestone(sentence: Sentence, n: int) -> dict[str, Any] | None:
    """The header's form of a sentence with a day, which must not stand in the body; None for any other sentence."""
    zh, en = dict((iso, text) for text, iso in _days(sentence.zh)), dict((iso, text) for text, iso in _days(sentence.en))
    day = next((iso for iso in zh if iso in en), None)
    if day is None or "{" in sentence.zh + sentence.en:
        return None
    certainty: Literal["law", "announced"] = "law" if sentence.citation and sentence.citation.instrument else "announced"
    return {"id": f"date-{n}", "date": day, "certainty": certainty, "zh": sentence.zh.replace(zh[day], "{date}", 1),
            "en": sentence.en.replace(en[day], "{date}", 1)}


def record_file(content: Content, checked: str | None = None) -> Rendered:
    """The reply as a guide (`corpus/guides/<id>.md`). checked: ISO day on which a second person approved it."""
    ids = _sources(content)
    milestones: list[dict[str, Any]] = []
    lines: list[str] = []
    body: list[int] = []
    dated: list[int] = []
    for i, sentence in enumerate(content.statements):
        page = _page(sentence.citation)
        mark = [ids[page], *([sentence.citation.locator] if sentence.citation and sentence.citation.locator else [])] if page else []
        milestone = _milestone(sentence, len(milestones) + 1)
        if milestone is not None:
            milestones.append({**milestone, **({"source": mark[0] if len(mark) == 1 else mark} if mark else {})})
            dated.append(i)
        else:
            lines += [f"- {sentence.zh}", f"  {sentence.en}", *([f"  [{', '.join(mark)}]"] if mark else [])]
            body.append(i)
    header: dict[str, Any] = {"name": _both(content.title), "status": "in-force"}
    header |= {"markets": list(content.markets)} if content.markets else {"scope": "international"}
    if content.products:
        header["covers"] = list(content.products)
    if milestones:
        header["milestones"] = milestones
    if ids:
        header["sources"] = [
            {"id": source_id, "title": _both(page.title or Words("", "")), "url": page.url, "publisher": page.publisher, "tier": page.tier,
             "read": page.read, **({"instrument": page.instrument} if page.instrument else {})} for page, source_id in ids.items()]
        if checked:
            header["checked"] = checked
    if content.questions.zh or content.questions.en:
        header["questions"] = _asked(content)
    text = f"---\n{_yaml(header)}---\n" + ("\n".join(["", f"## {SECTION}", *lines, ""]) if lines else "")
    return Rendered(text, tuple(body), tuple(dated))


def questions_file(content: Content) -> str:
    """The questions as `corpus/questions/<id>.yml`, under the section that holds the first sentences."""
    section = SECTION if record_file(content).body else "dates"
    return _yaml({section: _asked(content)})


def _both(words: Words) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}


def _asked(content: Content) -> dict[str, list[str]]:
    both = {"zh": list(content.questions.zh), "en": list(content.questions.en)}
    return {language: texts for language, texts in both.items() if texts}
