"""One file → one record: header through the schema, body into statements, groups and traits expanded."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from assistant.corpus.entries import Vocabulary
from assistant.corpus.frontmatter import Complaint, Document, YamlProblem, read_yaml, split
from assistant.corpus.schema import SECTIONS, HeaderForm, TraitForm
from assistant.figures import say_date
from assistant.types import AppliesWhen, Asked, Exclusion, Record, Source, Statement, Words

_SOURCE_MARK = re.compile(r"^\[([a-z0-9][a-z0-9-]*)(?:,\s*([^\]]+))?\]$")
FORM = "See docs/writing-records.md for the form."


@dataclass(frozen=True, slots=True)
class RawStatement:
    """A statement as written, with the line on which it begins."""

    section: str
    zh: str
    en: str
    source: str | None
    locator: str | None
    line: int


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A file that parsed: header form, statements, and where everything stands."""

    id: str
    folder: str
    path: str
    header: HeaderForm
    document: Document
    statements: tuple[RawStatement, ...]
    digest: str


def statement_id(record: str, section: str, zh: str) -> str:
    """Sixteen hex digits that depend on what is said and not on where it stands."""
    return hashlib.sha256(f"{record}\n{section}\n{zh}".encode()).hexdigest()[:16]


def _body(text: str, first_line: int, file: str) -> tuple[list[RawStatement], list[Complaint]]:
    statements: list[RawStatement] = []
    complaints: list[Complaint] = []
    section = ""
    item: list[str] = []
    began = 0

    def finish() -> None:
        nonlocal item
        if not item:
            return
        mark = _SOURCE_MARK.match(item[-1]) if len(item) > 1 else None
        words = item[:-1] if mark else item
        if len(words) != 2:
            complaints.append(Complaint(file, began, section or "body",
                                        f"a statement has {len(words)} lines of words.",
                                        "Write the Chinese line, the English line, then the source mark if there is one."))
        else:
            statements.append(RawStatement(section, words[0], words[1], mark[1] if mark else None,
                                           mark[2].strip() if mark and mark[2] else None, began))
        item = []

    for number, line in enumerate(text.split("\n"), first_line):
        stripped = line.strip()
        if stripped.startswith("## "):
            finish()
            section = stripped[3:].strip()
            if section not in SECTIONS:
                complaints.append(Complaint(file, number, section, "is not a section name.",
                                            f"Use one of: {', '.join(SECTIONS)}."))
        elif line.startswith("- "):
            finish()
            item, began = [line[2:].strip()], number
            if not section:
                complaints.append(Complaint(file, number, "body", "a statement stands before any section.",
                                            "Begin with a line such as «## summary»."))
        elif stripped and line.startswith("  ") and item:
            item.append(stripped)
        elif stripped:
            complaints.append(Complaint(file, number, section or "body", "this line belongs to no statement.",
                                        "Begin statements with «- » and indent the lines that follow by two spaces."))
    finish()
    return statements, complaints


def read_raw(path: Path, root: Path) -> tuple[RawRecord | None, list[Complaint]]:
    """The record file at `path`, unexpanded, and everything wrong with its form. Never raises for content."""
    try:
        content = path.read_bytes()
    except OSError as error:
        return None, [_unreadable(path, error)]
    return read_content(content, path, root)


def _unreadable(path: Path, error: Exception) -> Complaint:
    return Complaint(str(path), 1, "file", f"cannot be read as UTF-8 text ({type(error).__name__}).", "Save it again as UTF-8.")


def read_content(content: bytes, path: Path, root: Path) -> tuple[RawRecord | None, list[Complaint]]:
    """The same for what a file at `path` would hold."""
    file = str(path)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        return None, [_unreadable(path, error)]
    try:
        header_text, header_line, body, body_line = split(text.replace("\r\n", "\n"))
        document = read_yaml(header_text, header_line)
    except YamlProblem as error:
        return None, [Complaint(file, error.line, "header", f"{error.problem}.", FORM)]
    statements, complaints = _body(body, body_line, file)
    try:
        header = HeaderForm.model_validate(document.data)
    except ValidationError as error:
        for detail in error.errors():
            where = tuple(x for x in detail["loc"] if isinstance(x, int) or (isinstance(x, str) and x != "TraitForm"))
            message = detail["msg"].removeprefix("Value error, ")
            complaints.append(Complaint(file, document.line(where), ".".join(map(str, where)) or "header",
                                        f"{message}.", FORM))
        return None, complaints
    folder = path.relative_to(root).parts[0]
    return RawRecord(path.stem, folder, file, header, document, tuple(statements),
                     hashlib.sha256(content).hexdigest()), complaints


def _dated(line: str, date: str | None, language: str) -> str:
    return line.replace("{date}", say_date(date, language)) if date else line


def header_statements(raw: RawRecord) -> list[Statement]:
    """Milestones and recognition edges as statements of the computed sections `dates` and `recognition`."""
    out = []
    for m in raw.header.milestones:
        words = Words(_dated(m.zh, m.date, "zh"), _dated(m.en, m.date, "en"))
        source = m.source or []
        out.append(Statement(statement_id(raw.id, "dates", words.zh), "dates", words, source[0] if source else None,
                             source[1] if len(source) > 1 else None, date=m.date or "", certainty=m.certainty))
    for edge in raw.header.accepts:
        source = edge.source or []
        out.append(Statement(statement_id(raw.id, "recognition", edge.zh), "recognition", Words(edge.zh, edge.en),
                             source[0] if source else None, source[1] if len(source) > 1 else None,
                             paper=edge.from_, relation=edge.relation))
    return out


def expand(raw: RawRecord, vocabulary: Vocabulary, asked: tuple[Asked, ...] = ()) -> Record:
    """The record as it travels: groups and traits replaced by their members."""
    h = raw.header
    named = tuple(c for c in h.covers if isinstance(c, str))
    by_trait = tuple(p for c in h.covers if isinstance(c, TraitForm) for p in vocabulary.products_with(c.trait))
    excluded = {e.product for e in h.excludes}
    body = [Statement(statement_id(raw.id, s.section, s.zh), s.section, Words(s.zh, s.en), s.source, s.locator)
            for s in raw.statements]
    groups = {g.id for g in vocabulary.groups}
    return Record(
        id=raw.id, folder=raw.folder, name=Words(h.name.zh, h.name.en), aliases=tuple(h.aliases), status=h.status,
        kind=h.kind, scope=h.scope, markets=vocabulary.expand_places(tuple(h.markets)),
        market_groups=tuple(m for m in h.markets if m in groups), marks=tuple(h.marks),
        authority=tuple(h.authority), legal_basis=tuple(h.legal_basis),
        covers=tuple(p for p in dict.fromkeys(named + by_trait) if p not in excluded), named_products=named,
        excludes=tuple(Exclusion(e.product, None if e.see == "none" else e.see) for e in h.excludes),
        applies_when=tuple(AppliesWhen(a.attribute, a.is_, a.min, a.max, a.unit) for a in h.applies_when),
        asks=tuple(h.asks),
        sources=tuple(Source(s.id, Words(s.title.zh, s.title.en), s.url, s.publisher, s.tier, s.read, s.instrument)
                      for s in h.sources),
        checked=h.checked, questions_zh=tuple(h.questions.zh), questions_en=tuple(h.questions.en),
        statements=tuple(body + header_statements(raw)), asked=asked,
        digest=hashlib.sha256(f"{raw.digest}{asked}".encode()).hexdigest(),
    )
