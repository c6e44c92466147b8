"""Cutting a stream into sentences with their marks."""

from __future__ import annotations

import pytest

from assistant.wording.sentences import Sentence, Sentences, read


def cut(text: str, piece: int) -> list[Sentence]:
    sentences, out = Sentences(), []
    for i in range(0, len(text), piece):
        out += sentences.feed(text[i : i + piece])
    return out + list(sentences.finish())


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(("text", "expected"), [
    ("充电宝标圆形PSE。[1][2]\n要申报[3]。再说一句 [4]。 没有编号\n",
     [("充电宝标圆形PSE。", (1, 2)), ("要申报。", (3,)), ("再说一句。", (4,)), ("没有编号。", ())]),
    ("The mark is needed [1]. It lasts 3.5 years [2, 3].\nNo. 5 applies. More [1]",
     [("The mark is needed.", (1,)), ("It lasts 3.5 years.", (2, 3)), ("No. 5 applies. More.", (1,))]),
    ("- **一** 要办证【1】\n2. 第二条[2]\n", [("一 要办证。", (1,)), ("第二条。", (2,))]),
    ("<think>我想想 [1]\n先说结论</think>要办证。[1]", [("要办证。", (1,))]),
    ("<think>永远想不完 [1]\n", []),
    ("", []), ("\n\n\n", []), ("[1]\n[2]", []),
])
def test_sentences_whatever_the_pieces(text: str, expected: list[tuple[str, tuple[int, ...]]], piece: int) -> None:
    assert cut(text, piece) == [Sentence(*e) for e in expected]


def test_a_reply_without_an_end_is_cut() -> None:
    assert len(cut("字" * 5000, 50)) > 1


def test_what_cannot_be_seen_is_removed() -> None:
    assert read("要\u200b办\u202e证\x00。[1]") == Sentence("要办证。", (1,))


def test_what_is_coming_has_no_marks_and_no_thoughts() -> None:
    sentences = Sentences()
    list(sentences.feed("充电宝标圆形PSE [1"))
    assert sentences.coming == "充电宝标圆形PSE"
    sentences = Sentences()
    list(sentences.feed("<think>秘密的想法"))
    assert sentences.coming == ""
