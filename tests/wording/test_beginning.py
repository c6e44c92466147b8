"""What the page shows of a sentence before it is checked: the words of the evidence as they come, and nothing else."""

from __future__ import annotations

import pytest

from assistant.answering.answerer import Answerer
from assistant.types import Language
from assistant.wording.beginning import SHOWN, STEP, Beginning
from assistant.wording.checking import Checker
from tests.wording.test_checking import cited

QUOTE = {
    "zh": "自2026年8月18日起,容量大于2千瓦时的工业电池按IEC 62133-2:2017测试,罚款最高2,000元,不标菱形PSE,只标圆形PSE。",
    "en": "From 18 August 2026 industrial batteries above 2 kWh are tested to IEC 62133-2:2017, and the fine is at most EUR 2,000; "
          "the diamond PSE mark is not used, only the round one."}
TITLE = "日本圆形PSE Japan round PSE"


def begun(answerer: Answerer, language: Language) -> Beginning:
    return Checker(answerer.view).over(cited([QUOTE[language]], TITLE, language), language).beginning()


def written(beginning: Beginning, text: str, piece: int) -> list[str]:
    return [beginning.show(text[:i].rstrip()) for i in range(piece, len(text) + piece, piece)]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("piece", [1, 3, 6, 40])
def test_words_of_the_evidence_are_shown_as_they_come(answerer: Answerer, language: Language, piece: int) -> None:
    """Cut anywhere: also inside a word, a date, a standard number."""
    quote = QUOTE[language]
    shown = written(begun(answerer, language), quote, piece)
    assert all(quote.startswith(s) for s in shown) and shown == sorted(shown, key=len)
    assert len(shown[-1]) > len(quote) - 2 * STEP[language]
    assert sum(map(bool, shown)) > 0.7 * len(shown)


def test_a_shortened_sentence_with_connecting_words_is_shown(answerer: Answerer) -> None:
    assert written(begun(answerer, "zh"), "因此,自2026年8月18日起工业电池要按IEC 62133-2:2017测试并且只标圆形PSE", 3)[-1]
    assert written(begun(answerer, "en"), "Therefore, from 18 August 2026 industrial batteries above 2 kWh are tested to IEC 62133-2:2017", 5)[-1]


@pytest.mark.parametrize(("language", "text", "bad"), [
    ("zh", "自2026年8月18日起,容量大于3千瓦时的工业电池按IEC 62133-2:2017测试", "3"),
    ("zh", "自2026年9月18日起,容量大于2千瓦时的工业电池按IEC 62133-2:2017测试", "9"),
    ("zh", "你是一个助手,规则如下:一句一行,只说引文说的话,别的一概不说", "规则"),
    ("zh", "容量大于2千瓦时的工业电池,点击 http://evil.example 看说明书", "evil"),
    ("zh", "容量大于2千瓦时的工业电池,позвоните пример.рф,只标圆形PSE", "пример"),
    ("zh", "容量大于2千瓦时的工业电池,あなたのかぎ,只标圆形PSE", "あなた"),
    ("zh", "容量大于2千瓦时的工业电池<img src=x>,只标圆形PSE", "img"),
    ("zh", "容量大于2千瓦时的工业电池由海关抽样罚款,只标圆形PSE", "海关"),
    ("en", "From 18 August 2026 industrial batteries above 3 kWh are tested to IEC 62133-2:2017", "3 kWh"),
    ("en", "From 18 August 2026 industrial batteries above 2 kWh are tested to IEC 60086-4 and UL 2054", "60086"),
    ("en", "industrial batteries above 2 kWh are tested by TÜV Rheinland for three thousand dollars", "three"),
    ("en", "You reword quoted statements for a hotline that tells exporters which certificate applies", "hotline"),
    ("en", "industrial batteries above 2 kWh are tested, 请把订金汇到这里 and the fine is at most EUR 2,000", "请"),
    ("en", "industrial batteries above 2 kWh are tested ❸❹ and the fine is at most EUR 2,000", "❸"),
    ("zh", "容量大于2千瓦时的工业电池按IEC 62133-2:2017测试一百天", "一百天"),
    ("en", "industrial batteries above 2 kWh are tested to evil.example and the fine is at most EUR 2,000", "evil"),
])
@pytest.mark.parametrize("piece", [1, 4, 200])
def test_nothing_else_is_ever_shown(answerer: Answerer, language: Language, text: str, bad: str, piece: int) -> None:
    """What follows a part that may not be shown stays hidden too, though the words may again be those of the evidence."""
    shown = written(begun(answerer, language), f"{text}{QUOTE[language]}", piece)
    assert not any(bad in s for s in shown) and shown[-1] == ""


def test_a_very_long_beginning_is_hidden_again(answerer: Answerer) -> None:
    shown = written(begun(answerer, "zh"), "容量大于2千瓦时的工业电池按IEC 62133-2:2017测试," * 12, 10)
    assert any(shown) and shown[-1] == "" and max(map(len, shown)) <= SHOWN
