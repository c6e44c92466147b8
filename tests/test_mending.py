"""Slips of the keyboard: what is mended, what is left alone, and that nothing right is ever changed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.assemble import make_mender
from assistant.index.load import LoadedIndex
from assistant.understanding.codes import codes, products_of
from assistant.understanding.mending import Mender, is_pinyin
from assistant.understanding.mentions import MentionFinder


@pytest.fixture(scope="module")
def mender(real: LoadedIndex) -> Mender:
    return make_mender(real, MentionFinder(real.library.vocabulary, real.library.records))


@pytest.mark.parametrize(("typed", "read"), [
    ("电池护招啥时候要", "电池护照啥时候要"),
    ("充电饱卖日本", "充电宝卖日本"),
    ("光复组件出口巴西", "光伏组件出口巴西"),
    ("inmetero certification for inverters", "inmetro certification for inverters"),
    ("SOMCAP怎么办", "SONCAP怎么办"),
    ("eletric bike germany", "electric bike germany"),
])
def test_slips_are_mended(mender: Mender, typed: str, read: str) -> None:
    mended = mender.mend(typed)
    assert mended.text == read
    assert len(mended.changes) == 1


@pytest.mark.parametrize("text", [
    "CB转KC行不行", "那英国呢?", "我们只卖电芯给Pack厂要不要电池护照", "how about an umbrella to Kenya",
    "Can we sell CE marked kettles in Great Britain in 2026?", "She can send men to the factory", "我司在常州做储能",
    "FCC SDoC还是FCC ID", "see www.exampel.com or a_b@cee.com",
])
def test_what_is_right_stays(mender: Mender, text: str) -> None:
    assert mender.mend(text).text == text


@pytest.mark.parametrize(("typed", "parts"), [
    ("chongdianbao chukou riben yao shenme renzheng", ("充电宝", "日本", "认证")),
    ("dian chi hu zhao shen me shi hou yao", ("电池护照",)),
    ("gb24067 shi sha biaozhun", ("gb24067", "标准")),
    ("ce ren zheng you xiao qi duo jiu", ("ce", "认证", "有效期")),
])
def test_pinyin_is_read_as_chinese(mender: Mender, typed: str, parts: tuple[str, ...]) -> None:
    read = mender.mend(typed).text
    assert all(part in read for part in parts), read


def test_an_english_question_is_never_taken_for_pinyin(mender: Mender, real: LoadedIndex) -> None:
    questions = [q for r in real.library.records for q in r.questions_en]
    assert len(questions) > 50
    assert [q for q in questions if any("\u3400" <= c <= "\u9fff" for c in mender.mend(q).text)] == []


def test_the_librarys_own_questions_are_not_changed(mender: Mender, real: LoadedIndex) -> None:
    questions = [q for r in real.library.records for q in (*r.questions_zh, *r.questions_en)]
    changed = [(q, mender.mend(q).text) for q in questions if mender.mend(q).text != q]
    assert len(changed) <= len(questions) * 0.005, changed[:10]


@given(st.text(max_size=80))
@settings(max_examples=150, deadline=None)
def test_any_text_can_be_mended(mender: Mender, text: str) -> None:
    mended = mender.mend(text)
    assert all(typed != read for typed, read in mended.changes)
    assert bool(mended.changes) == (mended.text != text)


@pytest.mark.parametrize(("letters", "is_one"), [("biaozhun", True), ("shisha", True), ("kettle", False), ("", True), ("fcc", False)])
def test_syllables(letters: str, is_one: bool) -> None:
    assert is_pinyin(letters) is is_one


@pytest.mark.parametrize(("text", "found"), [
    ("8507.60出口越南", ["850760"]), ("hs 850760 to japan", ["850760"]), ("税号85167910卖德国", ["85167910"]),
    ("hs code 9503 usa", ["9503"]), ("cn code 7318 15 cbam", ["731815"]), ("2026.08.12生效", []), ("gb 4706.19", []),
    ("en 60335-2-15", []), ("(eu) 2023/1542", []), ("8507.60和9503.00", ["850760", "950300"]), ("我的编号8888", []),
    ("9999.99", []), ("电话13812345678", []),
])
def test_codes_are_found(text: str, found: list[str]) -> None:
    assert [digits for digits, _, _ in codes(text)] == found


def test_a_code_means_its_products(real: LoadedIndex) -> None:
    products = real.library.vocabulary.products
    assert "power-bank" in products_of("850760", products)
    assert "kettle" in products_of("85167910", products)
    assert "power-bank" not in products_of("85167910", products)
    assert products_of("0101", products) == ()
