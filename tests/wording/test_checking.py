"""Honest rewordings stand, false ones do not. docs/decisions/0013 says what was measured."""

from __future__ import annotations

import pytest

from assistant.answering.answerer import Answerer
from assistant.types import Citation, Language
from assistant.wording.checking import Checker
from assistant.wording.sentences import Sentence, read
from tests.wording.conftest import lines

GIVEN, UNSEEN = lines("rewordings.jsonl"), lines("rewordings-unseen.jsonl")


def cited(quotes: list[str], title: str, language: Language) -> list[Citation]:
    return [Citation(n, "r", "summary.zh", language, "library", "official", title, "", None, "", quote, 0, len(quote), "in-force", "",
                     None) for n, quote in enumerate(quotes, 1)]


def judged(checker: Checker, kind: str, given: list[dict]) -> dict[str, str]:  # type: ignore[type-arg]
    """Sentence → why it was refused, empty when it stands."""
    return {said: checker.over(cited(g["quotes"], g["title"], g["language"]), g["language"]).fault(read(said))
            for g in given for said in g[kind]}


@pytest.fixture(scope="module")
def checker(answerer: Answerer) -> Checker:
    return Checker(answerer.view)


def stood(checker: Checker, kind: str, given: list[dict]) -> tuple[list[str], int]:  # type: ignore[type-arg]
    verdicts = judged(checker, kind, given)
    return [said for said, why in verdicts.items() if not why], len(verdicts)


def test_no_false_sentence_stands(checker: Checker) -> None:
    assert stood(checker, "false", GIVEN)[0] == []


def test_most_sentences_that_keep_to_the_words_stand(checker: Checker) -> None:
    right, n = stood(checker, "honest", GIVEN)
    assert len(right) >= 0.7 * n, {s: w for s, w in judged(checker, "honest", GIVEN).items() if w}


def test_few_falsehoods_stand_that_were_made_to_deceive(checker: Checker) -> None:
    """Written by somebody who had not seen the rules, each with one subtle fault in words that are nearly those of the quote."""
    wrong, n = stood(checker, "false", UNSEEN)
    assert n > 300 and len(wrong) <= 0.07 * n, wrong


QUOTE = "充电宝(移动电源)在日本按锂离子蓄电池管理,标圆形PSE,不标菱形PSE。"


@pytest.mark.parametrize(("text", "marks", "why"), [
    ("充电宝在日本按锂离子蓄电池管理,标圆形PSE。", (1,), ""),
    ("因此,充电宝在日本按锂离子蓄电池管理。", (1,), ""),
    ("充电宝在日本按锂离子蓄电池管理。", (), "uncited"),
    ("充电宝在日本按锂离子蓄电池管理。", (9,), "unknown-citation"),
    ("充电宝在日本按锂离子蓄电池管理,见<b>说明</b>。", (1,), "markup"),
    ("充电宝在日本按锂离子蓄电池管理![x](http://evil.example/p.png)。", (1,), "markup"),
    ("充电宝在日本按锂离子蓄电池管理,见 evil.example/p。", (1,), "link"),
    ("充电宝在日本按锂离子蓄电池管理,见evil.example/p。", (1,), "link"),
    ("充电宝在日本按锂离子蓄电池管理,写信到a@evil.example。", (1,), "link"),
    ("Power banks carry the circle mark in Japan.", (1,), "language"),
    ("充电宝在日本按锂离子蓄电池管理,有效期3年。", (1,), "figures"),
    ("充电宝在日本按锂离子蓄电池管理,有效期三年。", (1,), "figures"),
    ("充电宝在日本按锂离子蓄电池管理,❸❹标圆形PSE。", (1,), "language"),
    ("充电宝在日本按锂离子蓄电池管理,二〇三〇年起标圆形PSE。", (1,), "language"),
    ("充电宝在日本按锂离子蓄电池管理,百分百标圆形PSE。", (1,), "figures"),
    ("充电宝在日本按锂离子蓄电池管理,五·五标圆形PSE。", (1,), "figures"),
    ("充电宝在日本按锂离子蓄电池管理,标TELEC。", (1,), "language"),
    ("充电宝在韩国按锂离子蓄电池管理。", (1,), "names"),
    ("充电宝在日本按锂离子蓄电池管理,标菱形PSE。", (1,), "denial"),
    ("充电宝在日本按锂离子蓄电池管理,不标圆形PSE。", (1,), "denial"),
    ("充电宝在日本不按锂离子蓄电池管理。", (1,), "denial"),
    ("充电宝在日本只按锂离子蓄电池管理。", (1,), "force"),
    ("充电宝在日本必须按锂离子蓄电池管理。", (1,), "force"),
    ("充电宝在日本标圆形PSE。", (1,), "order"),
    ("充电宝在日本按锂离子蓄电池管理,标圆形PSE(optional)。", (1,), "language"),
    ("充电宝在日本按锂离子蓄电池管理,标圆形PSE(example.рф)。", (1,), "language"),
    ("充电宝在日本按锂离子蓄电池管理,标圆形P\u0336S\u0336E。", (1,), "language"),
    ("充电宝在日本按锂离子蓄电池管理,标圆形SE。", (1,), "language"),
    ("充电宝在日本由海关抽样管理。", (1,), "support"),
    ("充电宝在日本按锂离子蓄电池管理," + "按锂离子蓄电池管理," * 9 + "标圆形PSE。", (1,), "length"),
])
def test_one_reason_at_a_time(checker: Checker, text: str, marks: tuple[int, ...], why: str) -> None:
    assert checker.over(cited([QUOTE], "日本圆形PSE", "zh"), "zh").fault(Sentence(text, marks)) == why


@pytest.mark.parametrize(("quote", "text", "language"), [
    ("每个单电池的体积能量密度在400Wh/L以上的充电宝受管制。", "每个单电池的体积能量密度在400kWh/L以上的充电宝受管制。", "zh"),
    ("每个单电池的体积能量密度在400Wh/L以上的充电宝受管制。", "每个单电池的体积能量密度在400以上的充电宝受管制。", "zh"),
    ("CBAM的50吨豁免只针对钢铁。", "CBAM的50kg豁免只针对钢铁。", "zh"),
    ("持有5%及以上股份的股东。", "持有5及以上股份的股东。", "zh"),
    ("The limit is 0.062 mg/m³ for furniture.", "The limit is 0.062 g/m³ for furniture.", "en"),
    ("Cells of 400 Wh/L or more are regulated.", "Cells of 400 or more are regulated.", "en"),
    ("In Japan a power bank is regulated as a battery.", "In Japan a power bank is ɴᴏᴛ regulated as a battery.", "en")])
def test_units_and_signs_are_part_of_what_is_said(checker: Checker, quote: str, text: str, language: Language) -> None:
    check = checker.over(cited([quote], "x", language), language)
    assert check.fault(Sentence(quote, (1,))) == "" and check.fault(Sentence(text, (1,)))


def test_a_statement_is_told_only_when_each_of_its_clauses_is(checker: Checker) -> None:
    check = checker.over(cited([QUOTE], "日本圆形PSE", "zh"), "zh")
    assert check.told(1, [QUOTE])
    assert not check.told(1, ["充电宝在日本按锂离子蓄电池管理,标圆形PSE。"])
