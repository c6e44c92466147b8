"""The worked example, its English twin, and what changes with the day and what never does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.answering.answerer import Answerer
from assistant.assemble import make_answerer
from assistant.corpus.library import load_library
from assistant.index.build import build_index
from assistant.index.load import LoadedIndex, load_index
from assistant.settings import ROOT
from assistant.types import Answer

QUESTION = "充电宝出口日本PSE是菱形还是圆形?"
TODAY = "2026-11-22"
LEAD = "充电宝(移动电源)在日本按锂离子蓄电池管理,属于特定电气用品以外的电气用品,标圆形PSE,不标菱形PSE。"
#: What the worked example cites: record, role, quote.
CITED = {
    ("jp-pse-circle", "conclusion", LEAD),
    ("jp-pse-circle", "condition", "每个单电池的体积能量密度在400Wh/L以上的充电宝受管制。"),
    ("jp-pse-circle", "date", "2019年2月1日起,没有PSE标志的充电宝不得在日本制造、进口或销售。"),
    ("jp-pse-circle", "fact", "圆形PSE不需要登录检查机构的证书,由申报者自己确认符合技术基准、做自主检查并保存记录。"),
    ("jp-pse-circle", "date", "2025年12月25日起,从海外直接向日本消费者销售圆形PSE产品的企业要向经济产业省申报,并指定日本国内管理人。"),
    ("jp-pse-diamond", "exception", "随充电宝或便携电源一起销售的AC适配器属于直流电源装置,是特定电气用品,要标菱形PSE。"),
    ("jp-pse-circle", "exception", "能输出交流电的便携电源不按充电宝管理,不在圆形PSE范围内。"),
    ("jp-pse-diamond", "gap", "自带交流插头的充电宝整机如何归类,没有读到经济产业省的书面解释,请向登录检查机构确认。"),
}


def _cited(answer: Answer) -> set[tuple[str, str, str]]:
    return {(answer.citations[n - 1].record, s.role, answer.citations[n - 1].quote) for s in answer.segments for n in s.citations}


@pytest.fixture(scope="module")
def answer(answerer: Answerer) -> Answer:
    return answerer.answer(QUESTION, (), TODAY)


def test_the_worked_example_gets_its_answer(answer: Answer) -> None:
    assert answer.segments[0].role == "conclusion" and answer.segments[0].text == f"圆形PSE。{LEAD}"
    assert answer.answer.startswith("**圆形PSE。** 充电宝(移动电源)")
    assert _cited(answer) == CITED
    assert len(answer.citations) == 8


def test_the_worked_example_stands_in_its_order(answer: Answer) -> None:
    roles = [s.role for s in answer.segments]
    assert roles[0] == "conclusion"
    heading = roles.index("heading")
    assert answer.segments[heading].text == "容易混淆的情况"
    assert set(roles[1:heading]) <= {"condition", "date", "fact", "computed"}
    assert [r for r in roles[heading + 1 :] if r != "computed"] == ["exception", "exception", "gap", "next-step"]


def test_the_worked_example_says_what_it_rests_on(answer: Answer) -> None:
    assert (answer.standing, answer.abstained, answer.language) == ("grounded", False, "zh")
    assert (answer.facets.markets, answer.facets.products, answer.facets.intent) == (("JP",), ("power-bank",), "comparison")
    by_quote = {c.quote: c for c in answer.citations}
    assert by_quote[LEAD].basis == "official" and by_quote[LEAD].source is not None
    assert by_quote[LEAD].source.locator == "Annex 2-12"
    density = by_quote["每个单电池的体积能量密度在400Wh/L以上的充电宝受管制。"]
    assert density.basis == "official" and density.source is not None and density.source.locator == "A.1"
    assert density.reference.startswith("日本《电气用品安全法》(1961年法律第234号)")
    gap = next(c for c in answer.citations if c.section == "gaps.zh")
    assert (gap.basis, gap.source, gap.checked, gap.url) == ("general-knowledge", None, None, "")
    assert all(c.as_of == TODAY and c.status == "in-force" and c.origin == "library" for c in answer.citations)
    unofficial = [str(c.n) for c in answer.citations if c.basis != "official"]
    assert len(answer.notices) == 1 and all(n in answer.notices[0] for n in unofficial)


def test_the_worked_example_asks_back(answer: Answer) -> None:
    last = answer.segments[-1]
    assert last.role == "next-step" and "交流插头" in last.text and "进口商" in last.text


@pytest.mark.parametrize("question", [
    "Does a power bank need the circle or the diamond PSE in Japan?", "power bank to Japan: diamond PSE or circle PSE?"])
def test_the_english_question_gets_the_same_statements(answerer: Answerer, answer: Answer, real: LoadedIndex, question: str) -> None:
    english = answerer.answer(question, (), TODAY)
    assert english.language == "en"
    assert english.segments[0].text.startswith("Circle PSE. ")
    assert english.citations[0].quote == (
        "In Japan a power bank is regulated as a lithium-ion battery, not a Specified item: it carries the circle PSE, not the diamond PSE.")

    def statements(of: Answer) -> set[tuple[str, str]]:
        spans = {(p.record, f"{p.section}.{p.language}", s.start): s.statement for p in real.passages.values() for s in p.spans}
        return {(c.record, spans[c.record, c.section, c.start]) for c in of.citations}

    assert statements(english) == statements(answer)


@pytest.mark.parametrize("question", [
    "充電寶出口日本PSE是菱形還是圓形?", "移动电源卖到日本,PSE要圆形的还是菱形的", "充电宝出口日本 PSE 是圆形还是菱形?"])
def test_other_words_for_the_same_question_lead_with_the_same_conclusion(answerer: Answerer, question: str) -> None:
    other = answerer.answer(question, (), TODAY)
    assert other.segments[0].text == f"圆形PSE。{LEAD}"


def test_the_adapter_gets_the_other_shape(answerer: Answerer) -> None:
    other = answerer.answer("电源适配器出口日本PSE是菱形还是圆形?", (), TODAY)
    assert other.segments[0].text.startswith("菱形PSE。") and other.citations[0].record == "jp-pse-diamond"


def test_the_day_changes_what_is_computed_and_nothing_that_is_quoted(answerer: Answerer) -> None:
    question = "CBAM证书什么时候开始可以购买?"
    one, other = (answerer.answer(question, (), day) for day in ("2026-11-22", "2026-11-23"))
    computed = [[s.text for s in a.segments if s.role == "computed"] for a in (one, other)]
    assert computed[0] and len(computed[0]) == len(computed[1]) and computed[0] != computed[1]
    assert [c.quote for c in one.citations] == [c.quote for c in other.citations]
    assert {c.as_of for c in one.citations} == {"2026-11-22"} and {c.as_of for c in other.citations} == {"2026-11-23"}


def test_days_are_counted_from_the_day_asked_for(answerer: Answerer, real: LoadedIndex) -> None:
    """CBAM certificates are on sale from 2027-02-01: 71 days after 2026-11-22, and a day like any other afterwards."""
    record = next(r for r in real.library.records if r.id == "eu-cbam")
    assert any(s.date == "2027-02-01" for s in record.statements)

    def computed(day: str) -> set[str]:
        answer = answerer.answer("CBAM证书什么时候开始可以购买?", (), day)
        return {s.text for s in answer.segments if s.role == "computed"}

    assert "距今还有71天。" in computed("2026-11-22")
    assert "距今还有1天。" in computed("2027-01-31")
    assert not any(text.startswith("距今还有-") for text in computed("2027-03-01"))


def test_ids_are_unguessable_and_new_each_time(answerer: Answerer) -> None:
    ids = {answerer.answer(QUESTION, (), TODAY).answer_id for _ in range(20)}
    assert len(ids) == 20 and all(len(i) >= 16 for i in ids)
    named = answerer.answer(QUESTION, (), TODAY, "q-1")
    assert named.id == "q-1" and named.answer_id != "q-1"
    unnamed = answerer.answer(QUESTION, (), TODAY)
    assert unnamed.id == unnamed.answer_id


def test_the_same_question_gets_the_same_answer(answerer: Answerer, answer: Answer) -> None:
    again = answerer.answer(QUESTION, (), TODAY)
    assert (again.answer, again.segments, again.citations) == (answer.answer, answer.segments, answer.citations)


def test_a_statement_inserted_above_changes_no_quote(corpus_copy: Path, small_answerer: Answerer, tmp_path: Path) -> None:
    before = small_answerer.answer(QUESTION, (), TODAY)
    path = corpus_copy / "regimes/asia/jp-pse-circle.md"
    path.write_text(path.read_text(encoding="utf-8").replace(
        "## scope\n", "## scope\n- 熔断器不在圆形PSE范围内。\n  Fuses are outside the circle PSE.\n\n", 1), encoding="utf-8")
    build_index(load_library(corpus_copy), tmp_path / "index")
    after = make_answerer(load_index(tmp_path / "index")).answer(QUESTION, (), TODAY)
    assert before.segments[0].text.startswith("圆形PSE。充电宝(移动电源)")
    assert [c.quote for c in after.citations] == [c.quote for c in before.citations]
    assert [c.start for c in after.citations] != [c.start for c in before.citations]


@pytest.mark.parametrize("question", ["欧盟电池指令2006/66/EC 还能用吗", "Is Directive 2006/66/EC still the law for lithium-ion batteries?"])
def test_a_law_that_is_superseded_is_never_given_as_todays_rule(small_answerer: Answerer, question: str) -> None:
    answer = small_answerer.answer(question, (), TODAY)
    assert answer.standing != "grounded"
    said = " ".join(s.text for s in answer.segments if s.role == "notice")
    assert "失效" in said or "取代" in said or "no longer in force" in said or "superseded" in said
    assert "日本" not in answer.answer and "Japan" not in answer.answer


def test_a_market_that_is_not_held_is_said_so_with_whom_to_ask(answerer: Answerer) -> None:
    for question, word in (("空气炸锅出口秘鲁要办什么认证", "秘鲁"), ("Which certificate does a toaster need in Nepal?", "Nepal")):
        answer = answerer.answer(question, (), TODAY)
        assert answer.standing == "insufficient" and answer.abstained and answer.citations == ()
        assert word in answer.segments[0].text and any(s.role == "next-step" for s in answer.segments)


_RANK = """
import hashlib, sys
from pathlib import Path
from assistant.answering.focus import choose
from assistant.answering.ranking import Ranker
from assistant.assemble import make_answerer
from assistant.index.load import load_index
answerer = make_answerer(load_index(Path(sys.argv[1])))
view, ranker = answerer.view, Ranker(answerer.view)
for record in view.records.values():
    for text in (text for s in record.statements for text in (s.words.zh, s.words.en)):
        u = answerer._understanding.read(text, (), "2026-11-22", ())
        hits = answerer._retriever.retrieve(text, 30, u.language)
        _, numbers = ranker.features(u, choose(view, u, hits), hits)
        print(text, hashlib.sha256(numbers.tobytes()).hexdigest())
"""


def test_statements_get_the_same_numbers_in_every_process(small_root: Path) -> None:
    """Sets come in another order in each process; where sums hung on it, one question in two thousand was answered otherwise."""
    said = [subprocess.run([sys.executable, "-c", _RANK, str(small_root)], cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, check=True,
                           capture_output=True, text=True).stdout.splitlines() for seed in ("1", "77")]
    assert len(said[0]) > 30
    assert [b for a, b in zip(*said, strict=True) if a != b] == []
