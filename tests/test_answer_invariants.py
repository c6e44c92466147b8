"""Every answer keeps the invariants: as the program checks them, and as an independent second check sees them."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import io
import json
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.answering.answerer import Answerer
from assistant.answering.invariants import breaches
from assistant.answering.render import render
from assistant.assemble import make_answerer
from assistant.commands import show
from assistant.errors import QuestionRefused
from assistant.index.load import LoadedIndex
from assistant.settings import Settings
from assistant.types import Answer, Citation, CitedSource, Facets, Language, Passage, Segment, Span

TODAY = "2026-11-22"
CITED = {"conclusion", "fact", "condition", "date", "exception", "gap", "step"}
UNCITED = {"heading", "notice", "question", "next-step", "computed"}
TEMPLATES_ZH = ("{product}出口{market}要什么认证?", "{product}卖到{market},{mark}怎么办?", "{market}的{mark}有效期几年", "{mark}什么时候开始,{product}要吗",
                "{product}有CB报告,{market}能不能直接用?", "{market}{product}货被海关扣了怎么办", "{mark}和CE有什么区别", "{product}{mark}谁来申请 费用多少")
TEMPLATES_EN = ("Which certificate does a {product} need in {market}?", "Is {mark} mandatory for {product} in {market}?",
                "How long is {mark} valid?", "since when does {mark} apply to {product}?", "Is a CB report accepted in {market} for {product}?",
                "Our {product} is held at customs in {market}, what now?", "{mark} or CE for {product}?", "Who may apply for {mark} in {market}?")
NOISE = ("", "", "", " [1]", " <b>", " 2027-08-18", " 12,000", " **", " GB/T 24067", " 〔2024〕")


# --- the second check: written without the program's own helpers, except that it reads what `show` prints ----------


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).lower()
    months = "january february march april may june july august september october november december".split()
    text = re.sub(r"(\d{4})年(?:(\d{1,2})月)?(?:(\d{1,2})日)?",
                  lambda m: " " + "-".join([m[1], *(f"{int(x):02d}" for x in (m[2], m[3]) if x)]) + " ", text)
    text = re.sub(rf"\b(?:(\d{{1,2}}) )?({'|'.join(months)}) (\d{{4}})\b", lambda m: "-".join(
        [m[3], f"{months.index(m[2]) + 1:02d}", *([f"{int(m[1]):02d}"] if m[1] else [])]), text)
    return re.sub(r"(?<=\d)[, ](?=\d{3}\b)", "", text)


def _numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:[./:-]\d+)*", _plain(text)))


def faults(answer: Answer, sections: Callable[[str], dict[str, str]]) -> list[str]:
    """Everything wrong with `answer`; sections: record → section → text, as `show` prints it."""
    out = []
    used: list[int] = []
    quotes = {c.n: c for c in answer.citations}
    for segment in answer.segments:
        used += [n for n in segment.citations if n not in used]
        if segment.role not in CITED | UNCITED:
            out.append(f"role {segment.role}")
        if (segment.role in CITED) != bool(segment.citations):
            out.append(f"{segment.role} with citations {segment.citations}")
        if re.search(r"\[\d+\]|<[a-zA-Z/!]|`|\]\(|\*\*|https?://", segment.text):
            out.append(f"markup in {segment.text}")
        if not segment.citations and segment.role != "computed" and re.search(r"\d", segment.text):
            if _numbers(segment.text) - _numbers(answer.question):
                out.append(f"digits in {segment.role}: {segment.text}")
        if segment.citations:
            quoted = " ".join(quotes[n].quote for n in segment.citations if n in quotes)
            beyond = [n for n in _numbers(segment.text) if not any(
                q == n or q.startswith((n + "-", n + ":")) for q in _numbers(quoted))]
            if beyond:
                out.append(f"{beyond} not in the quotes of {segment.text}")
            if not segment.text.endswith(quoted):  # a label may lead; what follows it is the whole quote
                out.append(f"not a quote: {segment.text}")
            elif segment.text != quoted:
                label = re.sub(r"[。. ]+$", "", segment.text[: -len(quoted)])
                if label.casefold() not in quoted.casefold():
                    out.append(f"the label {label} is not in its quote")
    if used != list(range(1, len(answer.citations) + 1)) or [c.n for c in answer.citations] != used:
        out.append(f"numbers {used}")
    marks = list(dict.fromkeys(int(n) for n in re.findall(r"(?<!\\)\[(\d+)\]", answer.answer)))
    if marks != used:
        out.append(f"marks {marks} for {used}")
    for c in answer.citations:
        text = sections(c.record).get(c.section)
        if text is None or text[c.start : c.end] != c.quote or not c.quote.strip():
            out.append(f"quote {c.n} is not at {c.record}#{c.section}[{c.start}:{c.end}]")
        if c.language != answer.language or not c.section.endswith(f".{answer.language}"):
            out.append(f"quote {c.n} is in {c.language}")
        if (c.source is None) != (c.basis == "general-knowledge") or (c.checked is None) != (c.source is None):
            out.append(f"quote {c.n} has basis {c.basis} and source {c.source}")
    if answer.abstained == bool(answer.citations):
        out.append(f"abstained {answer.abstained} with {len(answer.citations)} citations")
    if answer.abstained != (answer.standing in {"insufficient", "out-of-scope", "unavailable"}):
        out.append(f"standing {answer.standing}")
    if any(c.basis != "official" for c in answer.citations) and not answer.notices:
        out.append("no notice although a quote is not official")
    return out


@pytest.fixture(scope="module")
def sections(real: LoadedIndex) -> Callable[[str], dict[str, str]]:
    """Record → section → text; that `show` prints exactly this is tested below."""
    texts: dict[str, dict[str, str]] = {}
    for passage in real.passages.values():
        texts.setdefault(passage.record, {})[f"{passage.section}.{passage.language}"] = passage.text
    return lambda record: texts.get(record, {})


@pytest.mark.parametrize("record", ["jp-pse-circle", "iso-14067", "js-2024-219"])
def test_show_prints_the_sections_that_are_quoted(
        record: str, real_root: Path, sections: Callable[[str], dict[str, str]]) -> None:
    with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding="utf-8")) as printed:
        show.run(argparse.Namespace(record=record, json=True), Settings(index=real_root))
        printed.flush()
        data = json.loads(printed.buffer.getvalue())  # type: ignore[attr-defined]
    assert data["id"] == record and data["title"]["zh"] and data["title"]["en"]
    assert {s["section"]: s["text"] for s in data["sections"]} == sections(record)
    assert all(s["section"].endswith("." + s["language"]) for s in data["sections"])


@dataclasses.dataclass(frozen=True)
class Asked:
    """What questions are made of, in one language: product names, place names, mark names, templates."""

    products: tuple[str, ...]
    places: tuple[str, ...]
    marks: tuple[str, ...]
    templates: tuple[str, ...]


@pytest.fixture(scope="module")
def asked(real: LoadedIndex) -> dict[Language, Asked]:
    """Every product by every name, the markets held and three that are not, every mark."""
    vocabulary, records = real.library.vocabulary, real.library.records
    held = {m for r in records for m in (*r.market_groups, *r.markets)} | {"VN", "CA", "TR"}
    places = [p for p in (*vocabulary.groups, *vocabulary.markets) if p.id in held]
    languages: tuple[Language, ...] = ("zh", "en")
    return {language: Asked(
        tuple(w for p in vocabulary.products for w in (p.name.say(language), *getattr(p.synonyms, language))),
        tuple(p.name.say(language) for p in places), tuple(m.name.say(language) for m in vocabulary.marks),
        TEMPLATES_ZH if language == "zh" else TEMPLATES_EN) for language in languages}


def _question(draw: Callable[[st.SearchStrategy[Any]], Any], asked: dict[Language, Asked]) -> str:
    words = asked[draw(st.sampled_from(("zh", "en")))]
    question = draw(st.sampled_from(words.templates)).format(
        product=draw(st.sampled_from(words.products)), market=draw(st.sampled_from(words.places)),
        mark=draw(st.sampled_from(words.marks)))
    return question + draw(st.sampled_from(NOISE))


@settings(max_examples=80)
@given(data=st.data())
def test_answers_to_questions_from_the_vocabulary_keep_every_invariant(
        data: st.DataObject, answerer: Answerer, real: LoadedIndex, asked: dict[Language, Asked],
        sections: Callable[[str], dict[str, str]]) -> None:
    answer = answerer.answer(_question(data.draw, asked), (), TODAY)
    assert breaches(answer, real.passages) == []
    assert faults(answer, sections) == []
    assert not any(s.text in {"这次没有得到能逐句核对的答案。", "No answer could be formed that can be checked sentence by sentence."}
                   for s in answer.segments), "the answerer had to withhold what it composed"


@given(text=st.text(max_size=120), head=st.sampled_from(("", "PSE ", "充电宝 ", "CE or UKCA? ", "日本 ")))
def test_answers_to_any_text_keep_every_invariant(
        text: str, head: str, answerer: Answerer, real: LoadedIndex, sections: Callable[[str], dict[str, str]]) -> None:
    try:
        answer = answerer.answer(head + text, (), TODAY)
    except QuestionRefused:
        return
    assert breaches(answer, real.passages) == []
    assert faults(answer, sections) == []


def test_typical_questions_of_every_record_keep_every_invariant(
        answerer: Answerer, real: LoadedIndex, sections: Callable[[str], dict[str, str]]) -> None:
    wrong = {}
    for record in real.library.records:
        for question in (*record.questions_zh[:1], *record.questions_en[:1]):
            answer = answerer.answer(question, (), TODAY)
            found = breaches(answer, real.passages) + faults(answer, sections)
            if found:
                wrong[question] = found
    assert wrong == {}


# --- the checks themselves: each invariant broken once must be caught by both ---------------------------------------

_TEXT = "圆形PSE的自主检查记录从检查日起保存3年。\n充电宝不标菱形PSE。"
_PASSAGE = Passage("r#scope.zh", "r", "scope", "zh", "题名", _TEXT, (Span("a", 0, 22), Span("b", 23, 34)))


def _citation(n: int, quote: str) -> Citation:
    start = _TEXT.index(quote)
    return Citation(n, "r", "scope.zh", "zh", "library", "official", "题名", "依据", CitedSource("源", None, "official", TODAY),
                    "https://example.com/", quote, start, start + len(quote), "in-force", TODAY, TODAY)


def _answer(**changes: object) -> Answer:
    first, second = _TEXT.split("\n")
    segments = (Segment("conclusion", first, (1,)), Segment("heading", "区别"), Segment("fact", second, (2,)),
                Segment("computed", "距今还有88天。"), Segment("next-step", "请告诉我产品。"))
    whole = Answer("q", "q", "圆形PSE记录保存几年", "zh", "grounded", "", False, segments,
                   (_citation(1, first), _citation(2, second)), Facets((), (), (), TODAY, "definition"), (), "sha256:0", {})
    whole = dataclasses.replace(whole, **changes)  # type: ignore[arg-type]
    return whole if "answer" in changes else dataclasses.replace(whole, answer=render(whole.segments))


def _with(index: int, segment: Segment) -> Answer:
    segments = list(_answer().segments)
    segments[index] = segment
    return _answer(segments=tuple(segments))


FIRST, SECOND = _TEXT.split("\n")
BROKEN: dict[str, Callable[[], Answer]] = {
    "a number skipped": lambda: _answer(citations=(_citation(1, FIRST), _citation(3, SECOND))),
    "numbers out of order": lambda: _answer(segments=(Segment("fact", SECOND, (2,)), Segment("fact", FIRST, (1,)))),
    "a citation nobody uses": lambda: _answer(segments=_answer().segments[:2]),
    "a mark lost from the text": lambda: _answer(answer=render(_answer().segments).replace(" [2]", "")),
    "a mark too many in the text": lambda: _answer(answer=render(_answer().segments) + " [3]"),
    "a quote moved": lambda: _answer(citations=(dataclasses.replace(_citation(1, FIRST), start=1), _citation(2, SECOND))),
    "a quote altered": lambda: _answer(citations=(dataclasses.replace(_citation(1, FIRST), quote=FIRST.replace("3", "5")), _citation(2, SECOND))),
    "a quote of nothing": lambda: _answer(citations=(dataclasses.replace(_citation(1, FIRST), quote="", start=0, end=0), _citation(2, SECOND))),
    "a section that is not there": lambda: _answer(citations=(dataclasses.replace(_citation(1, FIRST), section="route.zh"), _citation(2, SECOND))),
    "a figure beyond the quote": lambda: _with(0, Segment("conclusion", FIRST.replace("3年", "3年或5年"), (1,))),
    "a date beyond the quote": lambda: _with(0, Segment("conclusion", "2027年2月18日起。" + FIRST, (1,))),
    "a fact without a citation": lambda: _with(2, Segment("fact", SECOND)),
    "a heading with a citation": lambda: _with(1, Segment("heading", "区别", (1,))),
    "digits in a next step": lambda: _with(4, Segment("next-step", "请拨打12345。")),
    "digits in a heading": lambda: _with(1, Segment("heading", "2种")),
    "a mark inside a text": lambda: _with(0, Segment("conclusion", FIRST + "[1]", (1,))),
    "html in a text": lambda: _with(4, Segment("next-step", "<img src=x>")),
    "an image in a text": lambda: _with(4, Segment("next-step", "![x](y)")),
    "a denial lost": lambda: _with(2, Segment("fact", "充电宝标菱形PSE。", (2,))),
    "a denial added": lambda: _with(0, Segment("conclusion", FIRST.replace("保存", "不保存"), (1,))),
    "an answer without a citation": lambda: _answer(segments=(Segment("notice", "好的。"),), citations=()),
    "half of a quote": lambda: _with(2, Segment("fact", "充电宝不标菱形", (2,))),
    "words beyond the quote": lambda: _with(2, Segment("fact", SECOND + "还要做工厂审查和全项检测。", (2,))),
    "a role that is not ours": lambda: _with(2, Segment("opinion", SECOND, (2,))),  # type: ignore[arg-type]
}


def _own_sections(record: str) -> dict[str, str]:
    return {"scope.zh": _TEXT} if record == "r" else {}


def test_the_sound_answer_passes_both_checks() -> None:
    assert breaches(_answer(), {_PASSAGE.id: _PASSAGE}) == []
    assert faults(_answer(), _own_sections) == []


@pytest.mark.parametrize("what", [w for w in BROKEN if w not in {"half of a quote", "words beyond the quote"}])
def test_a_seeded_breach_is_caught(what: str) -> None:
    assert breaches(BROKEN[what](), {_PASSAGE.id: _PASSAGE}) != []


@pytest.mark.parametrize("what", BROKEN)
def test_the_second_check_catches_a_seeded_breach_too(what: str) -> None:
    assert faults(BROKEN[what](), _own_sections) != []


def test_an_answer_that_fails_the_check_is_withheld(small: LoadedIndex) -> None:
    """An answerer whose passages no longer say what its statements say must not let them out."""
    question = "充电宝出口日本PSE是菱形还是圆形?"
    assert not make_answerer(small).answer(question, (), TODAY).abstained
    broken = {i: dataclasses.replace(p, text=p.text.replace("400", "401")) for i, p in small.passages.items()}
    answer = make_answerer(dataclasses.replace(small, passages=broken)).answer(question, (), TODAY)
    assert answer.standing == "unavailable" and answer.abstained and answer.citations == ()
    assert breaches(answer, broken) == []


def test_the_published_object_has_the_promised_keys(answerer: Answerer) -> None:
    answer = json.loads(msgspec.json.encode(answerer.answer("充电宝出口日本PSE是菱形还是圆形?", (), TODAY)))
    assert set(answer) == {"id", "answer_id", "question", "language", "standing", "answer", "abstained", "segments", "citations",
                           "facets", "notices", "library", "timings_ms", "ai", "wording", "unranked"}
    assert set(answer["citations"][0]) == {"n", "record", "section", "language", "origin", "basis", "title", "reference", "source",
                                           "url", "quote", "start", "end", "status", "as_of", "checked"}
    assert set(answer["citations"][0]["source"]) == {"title", "locator", "tier", "read"}
    assert set(answer["facets"]) == {"markets", "products", "instruments", "as_of", "intent"}
    assert answer["library"].startswith("sha256:") and set(answer["timings_ms"]) == {"understand", "retrieve", "answer"}
