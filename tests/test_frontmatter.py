"""YAML read as text, and the header cut from the body."""

from __future__ import annotations

import pytest

from assistant.corpus.frontmatter import YamlProblem, read_yaml, split


@pytest.mark.parametrize("scalar", ["NO", "1.10", "yes", "null", "2026-11-22", "0x1F", "1e3", "~"])
def test_scalars_stay_the_text_that_was_written(scalar: str) -> None:
    assert read_yaml(f"a: {scalar}").data == {"a": scalar}
    assert read_yaml(f"a: [{scalar}, {scalar}]").data == {"a": [scalar, scalar]}


def test_a_key_that_stands_twice_is_refused_with_its_line() -> None:
    with pytest.raises(YamlProblem, match="«b» stands twice") as caught:
        read_yaml("a: 1\nb: 2\nb: 3\n", first_line=2)
    assert caught.value.line == 4


def test_a_nested_key_that_stands_twice_is_refused() -> None:
    with pytest.raises(YamlProblem, match="«zh» stands twice") as caught:
        read_yaml("name:\n  zh: a\n  zh: b\n")
    assert caught.value.line == 3


def test_broken_yaml_says_where() -> None:
    with pytest.raises(YamlProblem) as caught:
        read_yaml("a: 1\nb: [1, 2\nc: 3\n")
    assert caught.value.line in {2, 3}


def test_a_control_character_is_a_problem_not_a_crash() -> None:
    with pytest.raises(YamlProblem):
        read_yaml("a: \x07")


def test_a_key_that_is_not_text_is_refused() -> None:
    with pytest.raises(YamlProblem, match="not plain text"):
        read_yaml("[1, 2]: a")


def test_each_value_knows_its_line_and_a_missing_one_that_of_its_parent() -> None:
    document = read_yaml("name:\n  zh: 甲\n  en: a\nlist:\n  - x\n  - y\n", first_line=10)
    assert document.line(("name", "en")) == 12
    assert document.line(("list", 1)) == 15
    assert document.line(("name", "fr")) == 10
    assert document.line(("nowhere",)) == 10


def test_header_and_body_are_cut_with_their_lines() -> None:
    assert split("---\na: 1\n---\nbody\n") == ("a: 1", 2, "body\n", 4)


@pytest.mark.parametrize(("text", "line", "what"), [
    ("a: 1\n---\n", 1, "does not begin"), ("", 1, "does not begin"), ("---\na: 1\nb: 2\n", 4, "not closed")])
def test_missing_fences_are_named(text: str, line: int, what: str) -> None:
    with pytest.raises(YamlProblem, match=what) as caught:
        split(text)
    assert caught.value.line == line


def test_an_empty_header_is_read_as_nothing() -> None:
    assert read_yaml("").data is None
