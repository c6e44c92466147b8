"""What the keyword leg must hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.index.load import LoadedIndex
from assistant.index.words import TantivyWords, Words, WordsEntry

ENTRIES = [
    WordsEntry("circle.zh", "zh", "日本圆形PSE", "适用范围", "移动电源卖日本要第三方证书吗", "充电宝标圆形PSE,不标菱形PSE。"),
    WordsEntry("circle.en", "en", "Japan circle PSE", "Scope", "Is a certificate needed?", "A power bank carries the circle PSE."),
    WordsEntry("gb.zh", "zh", "国家标准 GB/T 24067-2024", "概要", "", "GB/T 24067-2024规定产品碳足迹的量化要求。"),
    WordsEntry("gb.en", "en", "GB/T 24067-2024", "Summary", "", "GB/T 24067-2024 sets out how a carbon footprint is quantified."),
    WordsEntry("radio.en", "en", "EU radio equipment", "Standards", "", "Cybersecurity of radio equipment follows EN 18031-1."),
    WordsEntry("battery.en", "en", "EU Batteries Regulation (EU) 2023/1542", "Summary", "", "Batteries need a due diligence policy."),
]


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Words:
    folder = tmp_path_factory.mktemp("words") / "words"
    TantivyWords.build(folder, ENTRIES)
    return TantivyWords(folder)


def _first(words: Words, text: str, **limits: object) -> str:
    found = words.search(text, 10, **limits)  # type: ignore[arg-type]
    return found[0][0] if found else ""


def test_every_entry_is_held(words: Words) -> None:
    assert isinstance(words, TantivyWords) and words.count == len(ENTRIES)


@pytest.mark.parametrize("text", ["圆形", "充电宝", "充電寶", "圓形", "日本", "碳足跡", "移动电源", "要不要菱形的"])
def test_two_character_words_and_traditional_characters_find_chinese(words: Words, text: str) -> None:
    assert _first(words, text).endswith(".zh")


@pytest.mark.parametrize("text", ["GB/T 24067", "gbt24067", "GBT 24067", "gb-t 24067", "24067", "GB/T 24067-2024"])
def test_a_standard_is_found_in_any_spelling(words: Words, text: str) -> None:
    assert {i for i, _ in words.search(text, 2)} == {"gb.zh", "gb.en"}


@pytest.mark.parametrize(("text", "first"), [
    ("EN18031-1", "radio.en"), ("en 18031-1", "radio.en"), ("EN 18031", "radio.en"), ("2023/1542", "battery.en"),
    ("power banks", "circle.en"), ("BATTERY", "battery.en"), ("certificates", "circle.en")])
def test_the_entry_that_says_it_comes_first(words: Words, text: str, first: str) -> None:
    assert _first(words, text) == first


def test_scores_are_positive_and_fall(words: Words) -> None:
    scores = [score for _, score in words.search("PSE power bank batteries", 10)]
    assert len(scores) > 1 and scores == sorted(scores, reverse=True) and scores[-1] > 0


def test_the_language_limits_the_hits_and_not_the_scores(words: Words) -> None:
    everything = dict(words.search("PSE carbon 碳足迹", 10))
    english = dict(words.search("PSE carbon 碳足迹", 10, ("en",)))
    assert english and set(english) == {i for i in everything if i.endswith(".en")}
    assert english == pytest.approx({i: everything[i] for i in english})


def test_within_limits_the_hits_and_not_the_scores(words: Words) -> None:
    everything = dict(words.search("PSE", 10))
    within = dict(words.search("PSE", 10, within={"circle.zh", "gb.zh", "nowhere"}))
    assert within == pytest.approx({"circle.zh": everything["circle.zh"]})
    assert words.search("PSE", 10, within=()) == words.search("PSE", 10, within=["nowhere"]) == []
    assert words.search("PSE", 10, ("en",), {"circle.zh"}) == []


def test_no_more_than_asked_for(words: Words) -> None:
    assert len(words.search("PSE", 1)) == 1
    assert words.search("PSE", 0) == []


@pytest.mark.parametrize("text", ["", "   ", "qwertyuiop zxcvbnm", "的了吗", "🙂", "of the and", "!!!"])
def test_unknown_or_empty_words_find_nothing(words: Words, text: str) -> None:
    assert words.search(text, 10) == []


@pytest.mark.parametrize("text", [
    '"title:(" AND * ~', "title:圆形", "(((", 'PSE" OR "1"="1', "id:[* TO *]", "PSE~99", "PSE^1e309", "\\", "NOT PSE", "+-&&||!{}"])
def test_query_syntax_is_plain_text(words: Words, text: str) -> None:
    found = words.search(text, 10)
    assert len(found) <= len(ENTRIES)
    assert all(score > 0 for _, score in found)


def test_operators_do_not_operate(words: Words) -> None:
    plain = words.search("circle PSE", 10)
    assert [i for i, _ in words.search('"circle" AND (PSE) NOT', 10)] == [i for i, _ in plain]


@given(st.text(max_size=200))
def test_any_text_can_be_searched(words: Words, text: str) -> None:
    for _, score in words.search(text, 3, ("zh",)):
        assert score > 0


def test_an_index_is_read_by_many_readers(tmp_path: Path) -> None:
    TantivyWords.build(tmp_path / "w", ENTRIES)
    one, two = TantivyWords(tmp_path / "w"), TantivyWords(tmp_path / "w")
    assert one.search("PSE", 5) == two.search("PSE", 5) != []


def test_every_passage_of_the_real_library_is_found_by_its_own_words(real: LoadedIndex) -> None:
    lost = [p.id for p in list(real.passages.values())[::7]
            if p.id not in {i for i, _ in real.words.search(f"{p.title} {p.text}"[:600], 10, (p.language,))}]
    assert lost == []
