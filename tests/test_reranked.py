"""The first hits reread by a cross-encoder: in its order, on the fused scale, and never beyond the time it has."""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from assistant.assemble import Reranking, make_answerer, make_legs, make_reranking
from assistant.errors import SettingsError
from assistant.index.build import embedding_text
from assistant.index.load import LoadedIndex
from assistant.retrieval.cross_encoder import CrossEncoderReranker
from assistant.retrieval.reranked import BATCH, LATE_IN_A_ROW, LEG, REST, SKIPPED, RerankedRetriever, RerankerStatus
from assistant.retrieval.retriever import Retriever
from assistant.settings import RerankerSettings, read_settings
from assistant.types import Hit
from tests.tiny_models import cross_encoder

QUESTION = "充电宝出口日本PSE是菱形还是圆形?"
TODAY = "2026-11-22"
PAIRS = ["圆形PSE适用于移动电源。", "A power bank needs the circle PSE mark.", "ISO 14067 碳足迹", "", "🙂"]


@pytest.fixture(scope="module")
def reranker(tiny_reranker: Path) -> CrossEncoderReranker:
    return CrossEncoderReranker(str(tiny_reranker))


@pytest.fixture(scope="module")
def fused(small: LoadedIndex) -> Retriever:
    return make_legs(small)["fused"]


@pytest.fixture(scope="module")
def texts(small: LoadedIndex) -> Callable[[str], str]:
    return lambda passage: embedding_text(small.passages[passage])


class Slow:
    """The cross-encoder on a machine that takes `seconds` for each batch, until `hurry` is set."""

    def __init__(self, inner: CrossEncoderReranker, seconds: float) -> None:
        self.name, self.hurry, self.batches = inner.name, threading.Event(), 0
        self._inner, self._seconds = inner, seconds

    def score(self, question: str, texts: Sequence[str]) -> np.ndarray:
        self.batches += 1
        self.hurry.wait(self._seconds)
        return self._inner.score(question, texts)


# --- the cross-encoder ---


def test_scores_lie_between_nought_and_one(reranker: CrossEncoderReranker) -> None:
    scores = reranker.score(QUESTION, PAIRS)
    assert scores.shape == (len(PAIRS),) and scores.dtype == np.float32
    assert ((scores >= 0) & (scores <= 1)).all() and len(set(scores.tolist())) == len(PAIRS)
    assert len(reranker.score(QUESTION, [])) == 0
    np.testing.assert_array_equal(scores, reranker.score(QUESTION, PAIRS))


def test_a_score_does_not_depend_on_its_neighbours(reranker: CrossEncoderReranker) -> None:
    alone = np.concatenate([reranker.score(QUESTION, [text]) for text in PAIRS])
    np.testing.assert_allclose(reranker.score(QUESTION, PAIRS), alone, atol=1e-4)


def test_scores_are_those_of_the_library(reranker: CrossEncoderReranker, tiny_reranker: Path) -> None:
    from sentence_transformers import CrossEncoder

    theirs = CrossEncoder(str(tiny_reranker), device="cpu").predict([(QUESTION, text) for text in PAIRS])
    np.testing.assert_allclose(reranker.score(QUESTION, PAIRS), theirs, atol=1e-4)


def test_many_threads_get_the_scores_of_one(reranker: CrossEncoderReranker) -> None:
    expected = [reranker.score(text, PAIRS) for text in PAIRS[:3]]
    with ThreadPoolExecutor(6) as pool:
        for _ in range(4):
            for found, wanted in zip(pool.map(lambda t: reranker.score(t, PAIRS), PAIRS[:3]), expected, strict=True):
                np.testing.assert_array_equal(found, wanted)


def test_a_model_that_is_not_here_is_said_at_once() -> None:
    began = time.perf_counter()
    with pytest.raises(SettingsError, match="reranking model «BAAI/bge-reranker-nobody-has» is not on this machine") as caught:
        make_reranking(RerankerSettings("BAAI/bge-reranker-nobody-has"))
    assert "ASSISTANT_RERANKER" in caught.value.remedy and time.perf_counter() - began < 3


def test_a_model_with_several_numbers_for_a_pair_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="gives 3 numbers for a pair") as caught:
        CrossEncoderReranker(str(cross_encoder(tmp_path / "entailment", numbers=3)))
    assert "ASSISTANT_RERANKER" in caught.value.remedy


def test_a_lack_of_memory_is_an_error_with_the_remedy(tiny_reranker: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reranker = CrossEncoderReranker(str(tiny_reranker))

    def full(*_: object, **__: object) -> None:
        raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr(reranker._pairs._model, "predict", full)
    with pytest.raises(SettingsError, match="failed on cpu") as caught:
        reranker.score(QUESTION, PAIRS)
    assert "ASSISTANT_RERANKER_DEVICE" in caught.value.remedy


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="holds no reranking model"):
        CrossEncoderReranker(str(tmp_path))


# --- the order ---


@pytest.mark.parametrize("top", [2, 5, 24])
def test_the_first_hits_stand_in_the_order_of_the_reranker(
        top: int, fused: Retriever, reranker: CrossEncoderReranker, texts: Callable[[str], str]) -> None:
    before = fused.retrieve(QUESTION, 24, "zh")
    retriever = RerankedRetriever(fused, reranker, texts, top, 30.0)
    after = retriever.retrieve(QUESTION, 24, "zh")
    given = {h.passage: reranker.score(QUESTION, [texts(h.passage)])[0] for h in before[:top]}
    found = [given[h.passage] for h in after[:top]]
    np.testing.assert_allclose(found, sorted(found, reverse=True), atol=1e-4)
    # The fused scores stay where they were; what each leg gave goes with its hit.
    assert [h.score for h in after] == [h.score for h in before]
    assert after[top:] == before[top:]
    legs = {h.passage: h.legs for h in before}
    for hit in after[:top]:
        assert hit.legs[:-1] == legs[hit.passage] and hit.legs[-1][0] == LEG
        assert hit.legs[-1][1] == pytest.approx(given[hit.passage], abs=1e-4)
    assert retriever.status.asked == 1 and not retriever.status.late and 0 < retriever.status.longest < 30


def test_the_order_does_change(fused: Retriever, reranker: CrossEncoderReranker, texts: Callable[[str], str]) -> None:
    retriever = RerankedRetriever(fused, reranker, texts, 24, 30.0)
    before, after = (r.retrieve(QUESTION, 12, "zh") for r in (fused, retriever))
    assert [h.passage for h in before] != [h.passage for h in after]
    assert {h.passage for h in fused.retrieve(QUESTION, 24, "zh")} == {h.passage for h in retriever.retrieve(QUESTION, 24, "zh")}


def test_less_than_two_hits_are_not_reread(fused: Retriever, reranker: CrossEncoderReranker, texts: Callable[[str], str]) -> None:
    retriever = RerankedRetriever(fused, reranker, texts, 24, 30.0)
    within = {"jp-pse-circle#scope.zh"}
    assert retriever.retrieve(QUESTION, 8, "zh", within) == fused.retrieve(QUESTION, 8, "zh", within)
    assert retriever.retrieve("", 8, "zh") == [] and retriever.status.asked == 0


# --- the time ---


def unread(hits: list[Hit]) -> list[Hit]:
    """The fused order, each hit saying that the reranker was to read it."""
    return [dataclasses.replace(hit, legs=(*hit.legs, (SKIPPED, 0.0))) for hit in hits]


def test_who_takes_too_long_is_not_waited_for(
        fused: Retriever, reranker: CrossEncoderReranker, texts: Callable[[str], str], caplog: pytest.LogCaptureFixture) -> None:
    slow, status = Slow(reranker, 20.0), RerankerStatus(rest=0.0)
    retriever = RerankedRetriever(fused, slow, texts, 24, 0.2, status)
    wanted = unread(fused.retrieve(QUESTION, 8, "zh"))
    with caplog.at_level(logging.WARNING):
        for turn in range(1, 4):
            began = time.perf_counter()
            assert retriever.retrieve(QUESTION, 8, "zh") == wanted
            assert time.perf_counter() - began < 1.0
            assert (status.asked, status.late) == (turn, turn)
    assert [r.getMessage() for r in caplog.records if "fused order is kept" in r.getMessage()] == [
        f"the reranker {slow.name} takes longer than 0.2 s: the fused order is kept (counted from here on, not logged)"]
    # The batch under way comes to its end; nothing that was given up is begun again, and the next turn is heard.
    slow.hurry.set()
    after = RerankedRetriever(fused, reranker, texts, 24, 30.0).retrieve(QUESTION, 8, "zh")
    deadline = time.perf_counter() + 10
    while time.perf_counter() < deadline and retriever.retrieve(QUESTION, 8, "zh") != after:
        time.sleep(0.05)
    assert retriever.retrieve(QUESTION, 8, "zh") == after
    assert status.late < status.asked


def test_who_is_late_again_and_again_is_left_alone_for_a_while(
        fused: Retriever, reranker: CrossEncoderReranker, texts: Callable[[str], str]) -> None:
    slow, status, now = Slow(reranker, 20.0), RerankerStatus(), [100.0]
    retriever = RerankedRetriever(fused, slow, texts, 24, 0.05, status, lambda: now[0])
    for _ in range(LATE_IN_A_ROW + 4):
        assert retriever.retrieve(QUESTION, 8, "zh") == unread(fused.retrieve(QUESTION, 8, "zh"))
    assert (status.asked, status.late, status.rested) == (LATE_IN_A_ROW, LATE_IN_A_ROW, 4)
    slow.hurry.set()
    now[0] += REST - 1
    assert retriever.retrieve(QUESTION, 8, "zh") == unread(fused.retrieve(QUESTION, 8, "zh")) and status.rested == 5
    now[0] += 2
    eager = RerankedRetriever(fused, reranker, texts, 24, 30.0, status, lambda: now[0])
    assert eager.retrieve(QUESTION, 8, "zh") != fused.retrieve(QUESTION, 8, "zh")
    assert (status.asked, status.late) == (LATE_IN_A_ROW + 1, LATE_IN_A_ROW)


def test_work_that_nobody_waits_for_ends_with_its_batch(
        fused: Retriever, reranker: CrossEncoderReranker, texts: Callable[[str], str]) -> None:
    slow = Slow(reranker, 0.3)
    retriever = RerankedRetriever(fused, slow, texts, 24, 0.1)
    assert len(fused.retrieve(QUESTION, 24, "zh")) > 2 * BATCH
    retriever.retrieve(QUESTION, 8, "zh")
    time.sleep(1.0)
    assert slow.batches == 1


def test_a_reranker_that_fails_leaves_the_fused_order(
        fused: Retriever, texts: Callable[[str], str], caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        name = "broken"

        def score(self, question: str, texts: Sequence[str]) -> np.ndarray:
            raise SettingsError("The reranking model failed on cuda (out of memory).", "Set ASSISTANT_RERANKER_DEVICE to cpu.")

    retriever = RerankedRetriever(fused, Broken(), texts, 24, 5.0)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert retriever.retrieve(QUESTION, 8, "zh") == unread(fused.retrieve(QUESTION, 8, "zh"))
    assert retriever.status.failed == 2 and sum("out of memory" in r.getMessage() for r in caplog.records) == 1


# --- the whole ---


def test_answers_with_a_reranker_keep_their_lines(small: LoadedIndex, reranker: CrossEncoderReranker) -> None:
    reranking = Reranking(reranker, RerankerSettings("tiny", seconds=30.0))
    answerer = make_answerer(small, reranking=reranking)
    answer = answerer.answer(QUESTION, (), TODAY)
    assert answer.citations and not answer.abstained and reranking.status.asked == 1 and not answer.unranked
    # What has no answer has none with a reranker either: it moves hits, it does not raise them.
    for question in ("今天天气怎么样", "tell me a joke about cats"):
        assert answerer.answer(question, (), TODAY).abstained == make_answerer(small).answer(question, (), TODAY).abstained


def test_an_answer_says_that_its_hits_were_not_reread(small: LoadedIndex, reranker: CrossEncoderReranker) -> None:
    late = make_answerer(small, reranking=Reranking(Slow(reranker, 20.0), RerankerSettings("tiny", seconds=0.05)))
    answer = late.answer(QUESTION, (), TODAY)
    assert answer.unranked and answer.citations
    assert answer.answer == make_answerer(small).answer(QUESTION, (), TODAY).answer


def test_settings_of_the_reranker() -> None:
    assert not read_settings({}).reranker and make_reranking(RerankerSettings()) is None
    read = read_settings({"ASSISTANT_RERANKER": "BAAI/bge-reranker-v2-m3", "ASSISTANT_RERANKER_TOP": "12",
                          "ASSISTANT_RERANKER_SECONDS": "0.8", "ASSISTANT_RERANKER_DEVICE": "cuda"})
    assert read.reranker == RerankerSettings("BAAI/bge-reranker-v2-m3", 12, 0.8, "cuda")
    for name, value in (("TOP", "1"), ("TOP", "x"), ("SECONDS", "0"), ("SECONDS", "soon")):
        with pytest.raises(SettingsError, match=f"ASSISTANT_RERANKER_{name}"):
            read_settings({f"ASSISTANT_RERANKER_{name}": value})


def test_within_and_language_reach_the_legs(
        fused: Retriever, reranker: CrossEncoderReranker, texts: Callable[[str], str], small: LoadedIndex) -> None:
    wanted: Collection[str] = [p.id for p in small.passages.values() if p.record == "jp-pse-circle"]
    hits: list[Hit] = RerankedRetriever(fused, reranker, texts, 24, 30.0).retrieve("PSE mark", 30, "en", wanted)
    assert hits and {h.passage for h in hits} <= {p for p in wanted if p.endswith(".en")}
