"""What every retriever must hold: one suite for the keyword leg, the vector leg, their fusion, and that reranked."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.assemble import Reranking, make_legs
from assistant.index.load import LoadedIndex
from assistant.retrieval.cross_encoder import CrossEncoderReranker
from assistant.retrieval.retriever import FusedRetriever, Retriever
from assistant.settings import RerankerSettings
from assistant.types import Hit

ZH, EN = "充电宝出口日本PSE是菱形还是圆形?", "Which PSE mark does a power bank need in Japan?"


@pytest.fixture(scope="session")
def legs(small: LoadedIndex, tiny: LoadedIndex, tiny_reranker: Path) -> dict[str, Retriever]:
    legs = make_legs(small)
    reranking = Reranking(CrossEncoderReranker(str(tiny_reranker)), RerankerSettings("tiny", seconds=60.0))
    return {**legs, "reranked": reranking.over(legs["fused"], small), "transformer": make_legs(tiny)["fused"]}


@pytest.fixture(params=["words", "vectors", "fused", "reranked", "transformer"])
def retriever(request: pytest.FixtureRequest, legs: dict[str, Retriever]) -> Retriever:
    return legs[request.param]


@pytest.mark.parametrize(("text", "language"), [(ZH, "zh"), (EN, "en")])
def test_hits_are_passages_of_the_language_best_first(
        retriever: Retriever, small: LoadedIndex, text: str, language: str) -> None:
    hits = retriever.retrieve(text, 8, language)
    assert hits and all(small.passages[h.passage].language == language for h in hits)
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    assert all(h.score > 0 for h in hits)
    assert len({h.passage for h in hits}) == len(hits)


def test_no_more_hits_than_asked_for_and_a_prefix_of_more(retriever: Retriever) -> None:
    many = [h.passage for h in retriever.retrieve(ZH, 8, "zh")]
    assert [h.passage for h in retriever.retrieve(ZH, 3, "zh")] == many[:3]
    assert len(retriever.retrieve(ZH, 1, "zh")) == 1


def test_within_limits_the_hits(retriever: Retriever) -> None:
    wanted = {"jp-pse-circle#scope.zh", "jp-pse-circle#scope.en", "nowhere#scope.zh"}
    assert [h.passage for h in retriever.retrieve(ZH, 8, "zh", wanted)] == ["jp-pse-circle#scope.zh"]
    assert retriever.retrieve(ZH, 8, "zh", ()) == []


# Not the reranked list and the transformer: the small models have random weights.
@pytest.mark.parametrize("leg", ["words", "vectors", "fused"])
def test_the_passage_that_answers_is_near_the_top(legs: dict[str, Retriever], leg: str) -> None:
    retriever = legs[leg]
    for text, language in ((ZH, "zh"), (EN, "en")):
        top = [h.passage for h in retriever.retrieve(text, 5, language)]
        assert f"jp-pse-circle#scope.{language}" in top


def test_every_hit_says_which_leg_found_it(retriever: Retriever) -> None:
    for hit in retriever.retrieve(ZH, 8, "zh"):
        assert hit.legs and {name for name, _ in hit.legs} <= {"words", "vectors", "reranker"}


def test_the_same_question_has_the_same_hits_each_time(retriever: Retriever) -> None:
    assert retriever.retrieve(ZH, 8, "zh") == retriever.retrieve(ZH, 8, "zh")


def test_a_language_that_is_not_held_has_no_hits(retriever: Retriever) -> None:
    assert retriever.retrieve(ZH, 8, "fr") == []


@pytest.mark.parametrize("text", ["", "   ", "🙂🙂"])
def test_a_text_without_words_has_no_hits(retriever: Retriever, text: str) -> None:
    assert retriever.retrieve(text, 8, "zh") == []


@given(st.text(max_size=120))
def test_any_text_has_hits_in_order_or_none(legs: dict[str, Retriever], text: str) -> None:
    for leg in legs.values():
        scores = [h.score for h in leg.retrieve(text, 5, "en")]
        assert scores == sorted(scores, reverse=True) and all(s > 0 for s in scores)


def test_fused_scores_lie_between_nought_and_one_and_add_up(legs: dict[str, Retriever]) -> None:
    hits = legs["fused"].retrieve(ZH, 20, "zh")
    assert all(0 < h.score <= 1 for h in hits)
    assert any(len(h.legs) == 2 for h in hits)
    raw = {name: {h.passage: h.score for h in legs[name].retrieve(ZH, 60, "zh")} for name in ("words", "vectors")}
    for hit in hits:
        for name, score in hit.legs:
            assert raw[name][hit.passage] == score


class Silent:
    """A leg that finds nothing, as the keyword leg does for a word that no passage holds."""

    def retrieve(self, text: str, k: int, language: str, within: Collection[str] | None = None) -> list[Hit]:
        return []


def test_fusion_is_not_empty_when_one_leg_is(legs: dict[str, Retriever]) -> None:
    for fused, whole in ((FusedRetriever(legs["words"], Silent()), "words"), (FusedRetriever(Silent(), legs["vectors"]), "vectors")):
        assert [h.passage for h in fused.retrieve(ZH, 5, "zh")] == [h.passage for h in legs[whole].retrieve(ZH, 5, "zh")]
    assert FusedRetriever(Silent(), Silent()).retrieve(ZH, 5, "zh") == []


def test_a_weight_of_nought_leaves_the_keyword_leg_alone(legs: dict[str, Retriever]) -> None:
    fused = FusedRetriever(legs["words"], legs["vectors"], vector_weight=0.0)
    assert [h.passage for h in fused.retrieve(EN, 8, "en")] == [h.passage for h in legs["words"].retrieve(EN, 8, "en")]


def test_more_weight_moves_the_list_towards_the_vectors(legs: dict[str, Retriever]) -> None:
    heavy = FusedRetriever(legs["words"], legs["vectors"], vector_weight=1000.0)
    top = [h.passage for h in legs["vectors"].retrieve(EN, 5, "en")]
    assert [h.passage for h in heavy.retrieve(EN, 5, "en")] == top
