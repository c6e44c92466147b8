"""What is wrong in a record beyond its form: pairs that differ, unknown ids, sentences that do not stand alone.

Every rule is one small function that yields complaints; `review` runs them all and reports everything at once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.corpus.entries import Vocabulary
from assistant.corpus.frontmatter import Complaint
from assistant.corpus.reader import RawRecord
from assistant.corpus.schema import COMPUTED_SECTIONS, FULL, REGIONS, SECTIONS, TraitForm
from assistant.figures import FULL_DATE, MONTHS, figures, say_date

LONGEST = {"zh": 130, "en": 400}
#: Sections in which a sentence may carry a day although it is no milestone.
DAY_ALLOWED = frozenset({"gaps", "cost-and-time"})

_POINTING_ZH = re.compile(r"(?<!应)该(?!当)|上述|前述|(?<![尤土极与使耳])其(?![他它余中次实间])")
_POINTING_EN = re.compile(r"^(It|This|They|These|Those|He|She)\b|\bthe above\b|\. (It|They|This) ")
_BARE_REGION = re.compile(r"(?<!中国)(?<!中国的)(香港|澳门|台湾)")
_OTHER_DATE = re.compile(
    r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)|(?<!\d)\d{4}/\d{1,2}/\d{1,2}(?!\d)|\b(?:%s) \d{1,2}, \d{4}|\b\d{1,2} (?:%s)\.? \d{4}" % (
        "|".join(MONTHS), "|".join(m[:3] for m in MONTHS if m != "May")))
#: Signs of markup or of an address, in a text that is to be plain.
MARKUP = re.compile(r"\*\*|`|\]\(|<[a-zA-Z/!]|&[a-z]+;|https?://")
_BRACKETED = re.compile(r"\[\d+\]")
_DOCUMENT_NUMBER = re.compile(r"[(（\[]\d{4}[)）\]]\s*第?\d+号")
_HAN = re.compile(r"[\u3400-\u9fff]")
_DENIAL_ZH = re.compile(r"不需要|无需|不适用|不能|不接受|不得|没有|不是|不在")
_TRACE_EN = re.compile(
    r"\b(not|no|never|cannot|without|neither|nor|none|nothing|nobody|outside|exempt\w*|instead|ban\w*|prohibit\w*|free|"
    r"unless|only|fail\w*|lack\w*|refus\w*|illegal|false|miss\w*|absent|un\w+|in\w+|impossible)\b|n't", re.I)
_DENIAL_EN = re.compile(r"\b(not|cannot|never)\b")
_TRACE_ZH = re.compile(r"[不没无非未勿免别禁缺仍只错假伪]|以外|除了|而已|代替|拒")


@dataclass(frozen=True, slots=True)
class Known:
    """What a record may refer to."""

    vocabulary: Vocabulary
    records: frozenset[str]


@dataclass(frozen=True, slots=True)
class Pair:
    """A statement of any origin with the place where it stands."""

    section: str
    zh: str
    en: str
    source: str | None
    line: int


def pairs(raw: RawRecord) -> list[Pair]:
    """Body statements, milestones and edges alike, dates filled in."""
    out = [Pair(s.section, s.zh, s.en, s.source, s.line) for s in raw.statements]
    for i, m in enumerate(raw.header.milestones):
        zh, en = ((line.replace("{date}", say_date(m.date, lang)) if m.date else line)
                  for line, lang in ((m.zh, "zh"), (m.en, "en")))
        out.append(Pair("dates", zh, en, m.source[0] if m.source else None, raw.document.line(("milestones", i))))
    for i, edge in enumerate(raw.header.accepts):
        out.append(Pair("recognition", edge.zh, edge.en, edge.source[0] if edge.source else None,
                        raw.document.line(("accepts", i))))
    return out


def _place(raw: RawRecord, known: Known) -> Iterator[Complaint]:
    parts = Path(raw.path).parts
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", raw.id):
        yield Complaint(raw.path, 1, "id", "the file name is not an id.", "Use lower-case words joined by hyphens.")
    if raw.folder not in FULL:
        yield Complaint(raw.path, 1, "folder", f"«{raw.folder}» is not a kind of record.", f"Use one of: {', '.join(FULL)}.")
    if raw.folder == "regimes":
        if parts[-2] not in REGIONS:
            yield Complaint(raw.path, 1, "folder", f"«{parts[-2]}» is not a region.", f"Use one of: {', '.join(REGIONS)}.")
        if raw.header.kind is None:
            yield Complaint(raw.path, 2, "kind", "is missing.", "Write mandatory, conditional or voluntary.")
    if raw.header.scope == "national" and not raw.header.markets:
        yield Complaint(raw.path, 2, "markets", "is empty.", "Name the markets, or set «scope: international».")
    if raw.header.scope == "international" and raw.header.markets:
        yield Complaint(raw.path, raw.document.line(("markets",)), "markets", "stands beside scope international.",
                        "Remove one of the two.")


def _references(raw: RawRecord, known: Known) -> Iterator[Complaint]:
    v, h = known.vocabulary, raw.header
    products = {p.id for p in v.products}
    sets: list[tuple[str, Iterable[tuple[tuple[str | int, ...], str]], set[str], str]] = [
        ("markets", [(("markets", i), m) for i, m in enumerate(h.markets)],
         {m.id for m in v.markets} | {g.id for g in v.groups}, "vocabulary/markets.yml"),
        ("marks", [(("marks", i), m) for i, m in enumerate(h.marks)], {m.id for m in v.marks}, "vocabulary/marks.yml"),
        ("authority", [(("authority", i), a) for i, a in enumerate(h.authority)], {a.id for a in v.authorities},
         "vocabulary/authorities/"),
        ("legal_basis", [(("legal_basis", i), a) for i, a in enumerate(h.legal_basis)],
         {x.id for x in v.instruments} | known.records, "vocabulary/instruments/ or a regulation record"),
        ("covers", [(("covers", i), c) for i, c in enumerate(h.covers) if isinstance(c, str)], products,
         "vocabulary/products.yml"),
        ("covers", [(("covers", i), c.trait) for i, c in enumerate(h.covers) if isinstance(c, TraitForm)],
         {t.id for t in v.traits}, "vocabulary/traits.yml"),
        ("excludes", [(("excludes", i), e.product) for i, e in enumerate(h.excludes)], products,
         "vocabulary/products.yml"),
        ("excludes.see", [(("excludes", i), e.see) for i, e in enumerate(h.excludes)], set(known.records) | {"none"},
         "a record, or none"),
        ("applies_when", [(("applies_when", i), a.attribute) for i, a in enumerate(h.applies_when)],
         {a.id for a in v.attributes}, "vocabulary/attributes.yml"),
        ("asks", [(("asks", i), a) for i, a in enumerate(h.asks)], {a.id for a in v.attributes},
         "vocabulary/attributes.yml"),
        ("accepts.from", [(("accepts", i), a.from_) for i, a in enumerate(h.accepts)], {p.id for p in v.papers},
         "vocabulary/papers.yml"),
        ("sources.instrument", [(("sources", i), s.instrument) for i, s in enumerate(h.sources) if s.instrument],
         {x.id for x in v.instruments} | known.records, "vocabulary/instruments/"),
    ]
    for field, items, allowed, where in sets:
        for path, value in items:
            if value not in allowed:
                yield Complaint(raw.path, raw.document.line(path), field, f"«{value}» is unknown.",
                                f"Use an id of {where}, or add it there.")


def _sources(raw: RawRecord, known: Known) -> Iterator[Complaint]:
    ids = [s.id for s in raw.header.sources]
    for i, source in enumerate(raw.header.sources):
        if ids.index(source.id) != i:
            yield Complaint(raw.path, raw.document.line(("sources", i)), "sources", f"the id «{source.id}» stands twice.",
                            "Give each source its own id.")
    used = {p.source for p in pairs(raw)} - {None}
    for p in pairs(raw):
        if p.source and p.source not in ids:
            yield Complaint(raw.path, p.line, p.section, f"the source «{p.source}» is not in the header.",
                            "Add it under sources, or mend the mark.")
    for i, source_id in enumerate(ids):
        if source_id not in used:
            yield Complaint(raw.path, raw.document.line(("sources", i)), "sources", f"«{source_id}» is cited by no statement.",
                            "Cite it or remove it.")
    if raw.header.checked and not ids:
        yield Complaint(raw.path, raw.document.line(("checked",)), "checked", "is given although no source was read.",
                        "Leave it out.")


def _pairs(raw: RawRecord, known: Known) -> Iterator[Complaint]:
    for p in pairs(raw):
        zh, en = figures(p.zh), figures(p.en)
        if zh != en:
            only = "; ".join(f"{lang} only: {', '.join(sorted(a - b))}" for lang, a, b in
                             (("zh", zh, en), ("en", en, zh)) if a - b)
            yield Complaint(raw.path, p.line, p.section, f"the two lines hold different figures ({only}).",
                            "Write the same numbers and dates in both.")
        if _denies(p.zh, _DENIAL_ZH, p.en, _TRACE_EN) or _denies(p.en, _DENIAL_EN, p.zh, _TRACE_ZH):
            yield Complaint(raw.path, p.line, p.section, "one line denies what the other does not.",
                            "Say the same thing in both languages.")
        if not _HAN.search(p.zh):
            yield Complaint(raw.path, p.line, p.section, "the first line is not Chinese.", "Chinese first, then English.")
        if _HAN.search(p.en):
            yield Complaint(raw.path, p.line, p.section, "the English line holds Chinese characters.",
                            "Write names in pinyin or translate them.")


def _denies(line: str, denial: re.Pattern[str], other: str, trace: re.Pattern[str]) -> bool:
    """Whether `line` clearly denies something and `other` shows no trace of a denial."""
    return bool(denial.search(line)) and not trace.search(other)


def _wording(raw: RawRecord, known: Known) -> Iterator[Complaint]:
    for p in pairs(raw):
        for lang, line in (("zh", p.zh), ("en", p.en)):
            where = f"{p.section}.{lang}"
            if len(line) > LONGEST[lang]:
                yield Complaint(raw.path, p.line, where, f"is {len(line)} characters long.",
                                f"Cut it into statements of at most {LONGEST[lang]}.")
            if _BRACKETED.search(line):
                yield Complaint(raw.path, p.line, where, "holds a number in square brackets.",
                                "Numbers in brackets are citation marks; use 〔〕 for document numbers.")
            if MARKUP.search(line):
                yield Complaint(raw.path, p.line, where, "holds markup or an address.",
                                "Write plain words; addresses belong to sources.")
            if _OTHER_DATE.search(line):
                yield Complaint(raw.path, p.line, where, "holds a date in another form.",
                                "Write 2025年12月25日 or 25 December 2025.")
            if any(unicodedata.category(c) in {"Cc", "Cf", "Co", "Cs"} for c in line):
                yield Complaint(raw.path, p.line, where, "holds an invisible character.", "Type the line anew.")
            if FULL_DATE.search(line) and p.section not in DAY_ALLOWED and p.section not in COMPUTED_SECTIONS:
                yield Complaint(raw.path, p.line, where, "holds a day.", "Move the sentence to milestones, with {date}.")
        if _DOCUMENT_NUMBER.search(p.zh):
            yield Complaint(raw.path, p.line, f"{p.section}.zh", "a document number does not stand in 〔〕.",
                            "Write 苏市监〔2024〕227号.")
        if match := _POINTING_ZH.search(p.zh):
            yield Complaint(raw.path, p.line, f"{p.section}.zh", f"«{match[0]}» points at another sentence.",
                            "Name the regime, market or product instead.")
        if match := _POINTING_EN.search(p.en):
            yield Complaint(raw.path, p.line, f"{p.section}.en", f"«{match[0]}» points at another sentence.",
                            "Name the regime, market or product instead.")
        if match := _BARE_REGION.search(p.zh):
            yield Complaint(raw.path, p.line, f"{p.section}.zh", f"«{match[0]}» stands without 中国.",
                            "Write 中国香港, 中国澳门, 中国台湾.")


def _milestones(raw: RawRecord, known: Known) -> Iterator[Complaint]:
    for i, m in enumerate(raw.header.milestones):
        if re.search(r"\{date\}[年月日]", m.zh):
            yield Complaint(raw.path, raw.document.line(("milestones", i)), "milestones", "«{date}» is followed by 年, 月 or 日.",
                            "Leave that out: {date} brings it along.")


def _repetition(raw: RawRecord, known: Known) -> Iterator[Complaint]:
    seen: dict[str, int] = {}
    for p in pairs(raw):
        for line in (p.zh, p.en):
            if line in seen:
                yield Complaint(raw.path, p.line, p.section, f"says the same as line {seen[line]}.", "Say it once.")
                break
            seen[line] = p.line


def _order(raw: RawRecord, known: Known) -> Iterator[Complaint]:
    last = -1
    for s in raw.statements:
        position = SECTIONS.index(s.section) if s.section in SECTIONS else last
        if position < last:
            yield Complaint(raw.path, s.line, s.section, "stands after a later section.",
                            f"Keep the order: {', '.join(SECTIONS)}.")
        last = max(last, position)


RULES: tuple[Callable[[RawRecord, Known], Iterator[Complaint]], ...] = (
    _place, _references, _sources, _pairs, _wording, _milestones, _repetition, _order)


def review(raw: RawRecord, known: Known) -> list[Complaint]:
    """Every complaint about one record, in file order."""
    return sorted((c for rule in RULES for c in rule(raw, known)), key=lambda c: c.line)


def depth(folder: str, sections: Iterable[str]) -> str:
    """`full` when every section that the kind of record needs is there, else `short`."""
    return "full" if set(FULL.get(folder, ())) <= set(sections) else "short"
