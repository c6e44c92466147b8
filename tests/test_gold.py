"""Floors on the gold questions: what retrieval and answering must reach. The floors stand in evaluation/floors.json."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from assistant.answering.answerer import Answerer
from assistant.assemble import make_legs
from assistant.evaluation.measures import ranking
from assistant.evaluation.questions import GoldQuestion, read_questions
from assistant.evaluation.run import Judged, evaluate, score
from assistant.folding import fold
from assistant.index.load import LoadedIndex

FOLDER = Path(__file__).parent / "evaluation"
TODAY = "2026-11-22"
DEPTH = 20
#: What never gets an answer made of quotes.
NEVER = frozenset({"unsafe", "out-of-scope"})


class Floors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lowest values allowed, all between 0 and 1.

    retrieval: leg → measure → floor. answers: share of all questions answered right. abstention_recall: share of the
    questions without an answer that get none. kinds: kind of question → share answered right.
    """

    retrieval: dict[str, dict[str, float]]
    answers: float
    abstention_recall: float
    kinds: dict[str, float]


FLOORS = msgspec.json.decode((FOLDER / "floors.json").read_bytes(), type=Floors)


@pytest.fixture(scope="module")
def questions() -> list[GoldQuestion]:
    return read_questions(FOLDER / "questions")


@pytest.fixture(scope="module")
def judged(answerer: Answerer, questions: list[GoldQuestion]) -> list[Judged]:
    return evaluate(answerer, questions, TODAY)


@pytest.fixture(scope="module")
def measures(real: LoadedIndex, questions: list[GoldQuestion]) -> dict[str, dict[str, float]]:
    """Leg → measure → value over the questions that name the sections which answer them."""
    asked = [q for q in questions if q.relevant and not q.history]
    assert len(asked) >= 100
    return {name: ranking(asked, {q.id: [(h.passage, h.score) for h in leg.retrieve(q.question, DEPTH, q.lang)] for q in asked})
            for name, leg in make_legs(real).items()}


def test_the_questions_name_records_and_sections_that_exist(questions: list[GoldQuestion], real: LoadedIndex) -> None:
    records = {r.id for r in real.library.records}
    sections = {f"{p.record}#{p.section}" for p in real.passages.values()}
    unknown = {q.id: [x for x in (*(r for group in q.expect_records for r in group if r not in records),
                                  *(s for s in q.relevant if s not in sections))] for q in questions}
    assert {k: v for k, v in unknown.items() if v} == {}


def test_every_question_can_fail(questions: list[GoldQuestion]) -> None:
    toothless = [q.id for q in questions if not q.abstain and not q.expect_any and not q.expect_records]
    assert toothless == []
    assert len({q.question for q in questions if not q.history}) >= len([q for q in questions if not q.history]) - 2


def test_no_gold_question_stands_in_the_corpus(questions: list[GoldQuestion], real: LoadedIndex) -> None:
    """The corpus' typical questions teach retrieval; a gold question among them would be marked by its own key."""
    taught = {fold(text) for r in real.library.records for text in (*r.questions_zh, *r.questions_en, *(a.text for a in r.asked))}
    assert [q.id for q in questions if not q.history and fold(q.question) in taught] == []


def test_retrieval_reaches_its_floors(measures: dict[str, dict[str, float]]) -> None:
    below = {f"{leg} {measure}": (round(measures[leg][measure], 4), floor)
             for leg, floors in FLOORS.retrieval.items() for measure, floor in floors.items() if measures[leg][measure] < floor}
    assert below == {}


@pytest.mark.parametrize("measure", ["R@10", "nDCG@10"])
def test_fusion_is_no_worse_than_its_better_leg(measures: dict[str, dict[str, float]], measure: str) -> None:
    assert measures["fused"][measure] >= max(measures["words"][measure], measures["vectors"][measure])


def test_answers_reach_their_floor(judged: list[Judged]) -> None:
    total = score(judged)
    assert total.rate >= FLOORS.answers, f"{total.right} of {total.n} right"
    assert total.abstention_recall is not None and total.abstention_recall >= FLOORS.abstention_recall


def test_each_kind_of_question_reaches_its_floor(judged: list[Judged]) -> None:
    below = {}
    for kind, floor in FLOORS.kinds.items():
        rows = [r for r in judged if r.gold.kind == kind]
        assert rows, f"floors.json names the kind {kind}, which no question has"
        rate = score(rows).rate
        if rate < floor:
            below[kind] = (round(rate, 4), floor)
    assert below == {}
    assert {r.gold.kind for r in judged} == set(FLOORS.kinds)


def test_what_is_unsafe_or_out_of_scope_is_never_answered(judged: list[Judged]) -> None:
    rows = [r for r in judged if r.gold.kind in NEVER]
    assert len(rows) >= 15
    assert [(r.gold.id, r.answer.segments[0].text[:40]) for r in rows if not r.answer.abstained or r.answer.citations] == []


def test_no_answer_claims_what_its_question_forbids(judged: list[Judged]) -> None:
    assert {r.gold.id: r.verdict.why for r in judged if r.verdict.wrong_claim and r.gold.kind in NEVER} == {}


def test_no_composed_answer_had_to_be_withheld(judged: list[Judged]) -> None:
    said = {"这次没有得到能逐句核对的答案。", "No answer could be formed that can be checked sentence by sentence."}
    assert [r.gold.id for r in judged if any(s.text in said for s in r.answer.segments)] == []
