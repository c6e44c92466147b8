"""A curated reply's content: what the checker says about it, and the files made of it in a copy of the corpus."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assistant.corpus.library import Library, examine, load_library
from assistant.corpus.reader import read_content
from assistant.desk.refusals import Unacceptable
from assistant.desk.reply_checks import Held, check_content, complaints
from assistant.desk.reply_content import Content, Ground, Questions, Sentence, digest, is_stale, kept_form, rests_on
from assistant.desk.reply_records import curated_reply, questions_file, record_file
from assistant.types import Words
from tests.desk.grounds import held_by, statement

TODAY = datetime.date(2026, 11, 22)
PAGE = Ground(title=Words("海关总署 问答", "GACC: questions and answers"), url="https://www.customs.gov.cn/qa", publisher="GACC",
              tier="official", read="2026-11-20", locator="第3问")


@pytest.fixture(scope="module")
def held(small_library: Library) -> Held:
    return held_by(small_library)


@pytest.fixture
def content(small_library: Library) -> Content:
    """One sentence on the library, one on an unmarked statement, one with a day on a page that staff read."""
    return Content(
        Words("充电宝去日本", "Power banks to Japan"),
        Questions(("充电宝去日本贴哪个标",), ("Which mark does a power bank need in Japan?",)),
        (Sentence("充电宝去日本标圆形PSE。", "A power bank carries the circle PSE in Japan.",
                  statement(small_library, "jp-pse-circle", "不标菱形")),
         Sentence("圆形PSE由申报者自己确认。", "The circle PSE is confirmed by the notifying supplier.",
                  statement(small_library, "jp-pse-circle", "登录检查机构")),
         Sentence("2027年1月1日起,充电宝报关要写单电池容量。",
                  "From 1 January 2027, the customs declaration of a power bank states the capacity of each cell.", PAGE)),
        ("JP",), ("power-bank",), "2027-06-30")


def _said(content: Content, held: Held) -> list[str]:
    return [w.zh for w in complaints(kept_form(content, held.find), held, TODAY)]


def _with(content: Content, **changes: Any) -> Content:
    """The content with its first sentence changed."""
    first, *others = content.statements
    return replace(content, statements=(replace(first, **changes), *others))


def test_sound_content_draws_no_complaint(content: Content, held: Held) -> None:
    assert _said(content, held) == []
    check_content(kept_form(content, held.find), held, TODAY)


def test_a_citation_is_frozen_from_the_library_and_what_was_sent_is_not_believed(content: Content, held: Held) -> None:
    forged = replace(content.statements[0].citation or Ground(), url="https://evil.example/", publisher="METI", tier="official",
                     title=Words("假", "forged"), read="2026-01-01")
    kept = kept_form(_with(content, citation=forged), held.find)
    first, second, third = (s.citation for s in kept.statements)
    assert first and first.tier == "secondary" and first.publisher == "UL" and "evil" not in first.url
    assert first.quote and "圆形PSE" in first.quote.zh
    assert second and second.url == "" and second.title is None and second.quote
    assert third == PAGE
    assert msgspec.convert(msgspec.to_builtins(kept), Content) == kept and digest(kept) != digest(content)


def test_the_reply_keeps_the_basis_of_its_ground(content: Content, held: Held) -> None:
    kept = kept_form(content, held.find)
    reply = curated_reply("abc", kept, "2026-11-22")
    record = reply.record
    assert record.id == "reply:abc" and record.folder == "replies" and record.status == "in-force" and record.checked == "2026-11-22"
    assert [record.basis(s) for s in record.statements] == ["secondary", "general-knowledge", "official"]
    assert {s.section for s in record.statements} == {"summary"} and len({s.id for s in record.statements}) == 3
    assert record.statements[2].locator == "第3问" and record.digest == digest(kept)
    assert reply.rests_on == rests_on(content) and len(reply.rests_on) == 2 and reply.valid_until == "2027-06-30"
    assert not is_stale(kept, held.find) and is_stale(kept, lambda record, statement: None)


@pytest.mark.parametrize(("zh", "en", "said"), [
    ("充电宝要测3项。", "A power bank needs 4 tests.", "第1句:中英文的数字不一致(只有中文有 3; 只有英文有 4)。请两边写同样的数字和日期。"),
    ("水壶不需要圆形PSE。", "A kettle needs the circle PSE.", "第1句:中英文一边是否定"),
    ("充电宝<b>要</b>圆形PSE。", "A power bank needs the circle PSE.", "第1句中文:有网址或排版符号。"),
    ("充电宝看www.evil.example。", "A power bank needs the circle PSE.", "第1句中文里有网址。"),
    ("充电宝要圆形PSE。", "A power bank needs ![x](http://evil.example/?q=1).", "第1句英文:有网址或排版符号。"),
    ("充电宝要圆形PSE[1]。", "A power bank needs the circle PSE[1].", "第1句中文:有方括号里的数字"),
    ("该产品要圆形PSE。", "This product needs the circle PSE.", "第1句中文:“该”指的是别的句子。"),
    ("充电宝在香港不用PSE。", "A power bank needs no PSE in Hong Kong.", "第1句中文:“香港”前面要写“中国”。"),
    ("充电宝\u200b要圆形PSE。", "A power bank needs the circle PSE.", "第1句中文:有看不见的字符。"),
    ("A power bank", "A power bank needs the circle PSE.", "第1句:中文栏里没有汉字。"),
    ("充电宝要圆形PSE。", "充电宝 needs the circle PSE.", "第1句:英文里有汉字。"),
    ("充电宝要圆形PSE。", "", "第1句缺英文。"),
    ("充电宝从2027-01-01起要圆形PSE。", "From 2027-01-01 a power bank needs the circle PSE.", "第1句中文:日期写法不对。"),
    ("2027年3月1日起充电宝要圆形PSE。", "From 2 March 2027 a power bank needs the circle PSE.", "第1句:中英文的数字不一致"),
    ("## 概要", "A power bank needs the circle PSE.", "第1句中文里有排版符号。"),
    ("充电宝要圆形PSE。", "## gaps", "第1句英文里有排版符号。"),
    ("充电宝要圆形PSE。", "[source-1] needs the circle PSE", "第1句英文里有排版符号。"),
])
def test_a_faulty_sentence_is_named_with_what_to_do(content: Content, held: Held, zh: str, en: str, said: str) -> None:
    found = _said(_with(content, zh=zh, en=en), held)
    assert any(f.startswith(said) for f in found), found
    assert all("第1句" in f for f in found), found


def test_line_ends_do_not_survive_so_nothing_is_smuggled_into_the_file(content: Content, held: Held) -> None:
    kept = kept_form(_with(content, zh="充电宝要圆形PSE。\n- 另一句", en="A power bank\u2028\r\n## gaps"), held.find)
    assert (kept.statements[0].zh, kept.statements[0].en) == ("充电宝要圆形PSE。 - 另一句", "A power bank ## gaps")
    assert "\n## gaps" not in record_file(kept).text and record_file(kept).text.count("\n- ") == 2


@pytest.mark.parametrize(("ground", "said"), [
    (None, "第1句没有出处。"),
    (Ground("jp-pse-circle", "0" * 16), "第1句引用的那句资料库里已经没有了。"),
    (Ground("none-such", "0" * 16), "第1句引用的那句资料库里已经没有了。"),
    (replace(PAGE, url="javascript:alert(1)"), "第1句的出处网址要以"),
    (replace(PAGE, url="https://x.example/\"><script>"), "第1句的出处网址要以"),
    (replace(PAGE, title=None), "第1句的出处要有中英文标题"),
    (replace(PAGE, title=Words("<b>海关</b>", "GACC")), "第1句的出处要有中英文标题"),
    (replace(PAGE, publisher=""), "第1句的出处没有写发布单位。"),
    (replace(PAGE, tier="best"), "第1句的出处要选官方或非官方。"),
    (replace(PAGE, read="2026-11-23"), "第1句的出处要写查看日期"),
    (replace(PAGE, read="昨天"), "第1句的出处要写查看日期"),
    (replace(PAGE, locator="1] [x"), "第1句的出处位置里不能有方括号"),
])
def test_a_faulty_citation_is_named(content: Content, held: Held, ground: Ground | None, said: str) -> None:
    found = _said(_with(content, citation=ground), held)
    assert len(found) == 1 and found[0].startswith(said), found


def test_everything_that_is_wrong_is_said_at_once_in_both_languages(content: Content, held: Held) -> None:
    bad = replace(content, title=Words("", "<i>x</i>"), questions=Questions(), markets=("XX",), products=("none-such",),
                  valid_until="2026-11-21", statements=(
                      *content.statements, Sentence("充电宝去日本标圆形PSE。", "Another line says 5.", None)))
    with pytest.raises(Unacceptable) as refused:
        check_content(kept_form(bad, held.find), held, TODAY)
    lines = refused.value.said.zh.split("\n")
    assert lines[0] == "还不能提交,有9处要改:" and len(lines) == 10
    for said in ("缺中文标题。", "英文标题里有网址或排版符号。", "还没有写客户怎么问。", "第4句没有出处。", "第4句:中英文的数字不一致(只有英文有 5)。",
                 "第4句:和前面的一句重复。", "市场:资料库里没有“XX”。", "产品:资料库里没有“none-such”。", "有效期已经过了。"):
        assert any(line.startswith(said) for line in lines), (said, lines)
    assert len(refused.value.said.en.split("\n")) == 10 and not any("一" <= c <= "鿿" for c in refused.value.said.en)


def test_a_draft_may_be_empty_but_not_endless(content: Content, held: Held) -> None:
    assert kept_form(Content(), held.find) == Content()
    long = (_with(content, zh="充" * 131), _with(content, en="x" * 401), replace(content, statements=tuple(
        Sentence(f"第{i}句。", f"Statement {i}.") for i in range(13))), replace(content, title=Words("长" * 200, "x")),
            replace(content, questions=Questions(tuple(f"问{i}" for i in range(21)))),
            replace(content, questions=Questions((), tuple(f"q{i}" for i in range(21)))),
            _with(content, citation=replace(PAGE, url="https://x.example/" + "a" * 2000)), replace(content, markets=("X" * 200,)))
    for draft in long:
        with pytest.raises(Unacceptable) as refused:
            kept_form(draft, held.find)
        assert "页面上的内容还在" in refused.value.how.zh
    assert len(kept_form(_with(content, zh="充" * 130, en="x" * 400), held.find).statements) == 3


def test_the_files_pass_the_checker_among_the_other_records(content: Content, held: Held, corpus_copy: Path) -> None:
    kept = kept_form(replace(content, title=Words("NO: 充电宝 # '\"", "- yes: {power} & banks"),
                             questions=Questions(("- PSE: 贴哪个?", "null"), ("1.10",))), held.find)
    check_content(kept, held, TODAY)
    for folder in ("guides", "questions"):
        (corpus_copy / folder).mkdir(exist_ok=True)
    (corpus_copy / "guides" / "reply-abc.md").write_text(record_file(kept, "2026-11-22").text, encoding="utf-8")
    (corpus_copy / "questions" / "reply-abc.yml").write_text(questions_file(kept), encoding="utf-8")
    assert [str(c) for c in examine(corpus_copy).complaints] == []
    record = next(r for r in load_library(corpus_copy).records if r.id == "reply-abc")
    assert record.name == kept.title and record.questions_zh == kept.questions.zh and record.checked == "2026-11-22"
    assert [(s.section, s.words) for s in record.statements] == [
        *(("summary", Words(s.zh, s.en)) for s in kept.statements[:2]), ("dates", Words(kept.statements[2].zh, kept.statements[2].en))]
    assert [record.basis(s) for s in record.statements] == ["secondary", "general-knowledge", "official"]
    assert {a.text for a in record.asked} == {*kept.questions.zh, *kept.questions.en}


def test_a_reply_of_dated_sentences_alone_passes_the_checker_too(content: Content, held: Held, corpus_copy: Path) -> None:
    kept = kept_form(replace(content, statements=content.statements[2:], markets=(), products=()), held.find)
    check_content(kept, held, TODAY)
    (corpus_copy / "guides").mkdir()
    (corpus_copy / "guides" / "reply-abc.md").write_text(record_file(kept).text, encoding="utf-8")
    (corpus_copy / "questions" / "reply-abc.yml").write_text(questions_file(kept), encoding="utf-8")
    assert [str(c) for c in examine(corpus_copy).complaints] == []


@pytest.mark.parametrize("hostile", [
    "---\nstatus: withdrawn", "\n## gaps\n- x", "{date}", "[source-1, x]", "'\"\\", "<img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0",
    "\u202e\u2066", "\ud800\0", "&amp;", "!!python/object:os.system", "*alias &anchor", "😀" * 3, "%s %(x)s {0}"])
def test_hostile_text_never_changes_the_form_of_the_file(content: Content, held: Held, hostile: str) -> None:
    bad = replace(content, title=Words(hostile, hostile), questions=Questions((hostile,), (hostile,)),
                  statements=(Sentence("充电宝" + hostile, "Power bank" + hostile, replace(PAGE, publisher="p" + hostile)),
                              *content.statements[1:]))
    kept = kept_form(bad, held.find)
    raw, _ = read_content(record_file(kept).text.encode(), Path("guides/x.md"), Path("."))
    assert raw is None or (len(raw.statements) + len(raw.header.milestones) <= 3 and raw.header.status == "in-force")
    list(complaints(kept, held, TODAY))  # says what it says, without failing
