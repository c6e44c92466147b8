"""Figures normalised so that both languages and both spellings can be compared."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.figures import covered, figures, negations, normalise, say_date


@pytest.mark.parametrize(("one", "other"), [
    ("2025年12月25日起", "from 25 December 2025"),
    ("2025年12月", "December 2025"),
    ("2025 年 1 月 5 日", "5 January 2025"),
    ("2025年01月05日", "5 January 2025"),
    ("2025年", "2025"),
    ("罚款300,000日元", "a fine of JPY 300000"),
    ("1 000 000件", "1,000,000 pieces"),
    ("1.5万家", "15,000 firms"),
    ("3亿元", "CNY 300 million"),
    ("2.5亿", "250 million"),
    ("20亿", "2 billion"),
    ("GB/T 24067—2024", "GB/T 24067-2024"),
    ("50\u2013100台", "50-100 units"),
    ("(EU) 2023/1542", "Regulation (EU) 2023/1542"),
    ("第12条", "Article 12"),
])
def test_the_same_figures_in_any_spelling(one: str, other: str) -> None:
    assert figures(one) == figures(other) != frozenset()


@pytest.mark.parametrize(("one", "other"), [
    ("2025年12月25日", "24 December 2025"), ("2025年12月", "2025年11月"), ("3年", "5 years"), ("400Wh", "40Wh"),
    ("1.5万", "1.5亿"), ("1,000", "1,00"), ("2023/1542", "2023/1543"), ("10%", "1.0%")])
def test_other_figures_stay_other(one: str, other: str) -> None:
    assert figures(one) != figures(other)


def test_a_text_holds_each_of_its_figures() -> None:
    assert figures("2027年2月18日前1,000台按EN 62133-2:2017测试3次") == {"2027-02-18", "1000", "62133-2:2017", "3"}
    assert figures("没有数字") == frozenset()


@pytest.mark.parametrize(("figure", "by", "yes"), [
    ("24067", ["24067-2024"], True), ("14067", ["14067:2018"], True), ("2027-02", ["2027-02-18"], True),
    ("2027", ["2027-02-18"], True), ("24067-2024", ["24067"], False), ("2406", ["24067-2024"], False),
    ("400", ["4000"], False), ("400", ["40", "400"], True), ("1", [], False), ("2027-0", ["2027-02"], False)])
def test_a_figure_is_covered_by_itself_or_by_what_says_more(figure: str, by: list[str], yes: bool) -> None:
    assert covered(figure, by) is yes


@given(st.dates(datetime.date(1000, 1, 1), datetime.date(2999, 12, 31)))
@example(datetime.date(2024, 2, 29))
def test_a_date_said_in_either_language_reads_back_as_itself(day: datetime.date) -> None:
    iso = day.isoformat()
    for said in (iso, iso[:7], iso[:4]):
        zh, en = say_date(said, "zh"), say_date(said, "en")
        assert figures(zh) == figures(en) == {said}
        assert figures(f"自{zh}起施行") == figures(f"It applies from {en}, as law.") == {said}


def test_dates_are_said_as_people_write_them() -> None:
    assert say_date("2025-12-05", "zh") == "2025年12月5日"
    assert say_date("2025-12-05", "en") == "5 December 2025"
    assert (say_date("2025-12", "zh"), say_date("2025-12", "en")) == ("2025年12月", "December 2025")
    assert (say_date("2025", "zh"), say_date("2025", "en")) == ("2025年", "2025")


@given(st.integers(0, 10**15))
def test_thousands_separators_change_nothing(number: int) -> None:
    plain = {str(number)}
    assert figures(f"{number:,}") == figures(f"{number:,}".replace(",", " ")) == figures(f"共{number:,}件") == plain


@given(st.integers(1, 99_999))
def test_wan_and_million_are_the_same_number(hundredths: int) -> None:
    amount = f"{hundredths // 100}.{hundredths % 100:02d}"
    assert figures(f"{amount}万") == figures(f"{hundredths * 100}")
    assert figures(f"{amount}亿") == figures(f"{hundredths * 10**6:,}")
    assert figures(f"{amount} million") == figures(f"{hundredths * 10**4}")


@given(st.text())
def test_any_text_can_be_normalised_and_its_figures_hold_digits(text: str) -> None:
    assert isinstance(normalise(text), str)
    assert all(any(c.isdigit() for c in f) for f in figures(text))


@pytest.mark.parametrize(("text", "count"), [
    ("不需要证书,也没有有效期", 2), ("未收录", 1), ("It is not required and cannot be used.", 2), ("Don't apply without it.", 2),
    ("需要证书", 0), ("A notified body", 0), ("north", 0), ("无线", 1)])
def test_negations_are_counted(text: str, count: int) -> None:
    assert negations(text) == count
