"""Tokens of the keyword leg."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.folding import fold
from assistant.index.tokens import standard_numbers, tokens


def test_chinese_gives_characters_and_pairs() -> None:
    assert tokens("充电宝") == ["充", "电", "宝", "充电", "电宝"]


def test_traditional_and_full_width_meet_simplified_and_half_width() -> None:
    assert tokens("電氣用品") == tokens("电气用品")
    assert tokens("PSE認證") == tokens("PSE认证") == tokens("pse认证")


def test_english_words_meet_in_one_stem_and_stop_words_are_dropped() -> None:
    assert tokens("batteries") == tokens("battery") != []
    assert tokens("the of and") == []
    assert tokens("Certificates for the batteries") == tokens("certificate battery")


def test_repeated_words_stay_repeated() -> None:
    assert tokens("battery battery").count(tokens("battery")[0]) == 2


@pytest.mark.parametrize("text", ["GB/T 24067", "GBT24067", "gb-t 24067", "GB/T24067-2024", "gb/t 24067", "GBT 24067"])
def test_a_standard_is_one_token_in_any_spelling(text: str) -> None:
    assert "gbt24067" in tokens(text)


@pytest.mark.parametrize(("text", "number"), [
    ("EN 18031-1", "en18031-1"), ("en18031-1", "en18031-1"), ("ISO 14067:2018", "iso14067"), ("IEC 62133-2", "iec62133-2"),
    ("按ISO14067算", "iso14067"), ("IS 13252", "is13252"), ("UL 1973", "ul1973")])
def test_standard_numbers_are_found_in_a_sentence(text: str, number: str) -> None:
    assert number in standard_numbers(fold(text))


def test_what_is_no_standard_is_none() -> None:
    assert standard_numbers(fold("open 24067 times, 我们有12个")) == ()


def test_a_law_number_is_found_whole_and_in_parts() -> None:
    found = tokens("Regulation (EU) 2023/1542")
    assert {"2023/1542", "2023", "1542"} <= set(found)


@given(st.text(max_size=200))
def test_any_text_has_tokens_without_white_space(text: str) -> None:
    for token in tokens(text):
        assert token and not any(c.isspace() for c in token)


@given(st.text(max_size=100))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
