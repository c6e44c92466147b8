"""Asking every gold question and tabulating what came back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from assistant.answering.answerer import Answerer
from assistant.evaluation.measures import Verdict, judge
from assistant.evaluation.questions import GoldQuestion
from assistant.types import Answer


@dataclass(frozen=True, slots=True)
class Judged:
    """A question, the answer it got, and the verdict."""

    gold: GoldQuestion
    answer: Answer
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Score:
    """Counts over a group of judged questions; rates are None when nothing of that sort was asked."""

    n: int
    right: int
    answerable: int
    answered_right: int
    source_right: int
    answered_wrong: int
    false_abstentions: int
    should_abstain: int
    abstained_right: int

    @property
    def rate(self) -> float:
        return self.right / self.n if self.n else 0.0

    @property
    def abstention_recall(self) -> float | None:
        return self.abstained_right / self.should_abstain if self.should_abstain else None


def evaluate(answerer: Answerer, questions: Iterable[GoldQuestion], as_of: str) -> list[Judged]:
    """Every question asked and judged, in order."""
    out = []
    for gold in questions:
        answer = answerer.answer(gold.question, gold.history, as_of, gold.id)
        out.append(Judged(gold, answer, judge(gold, answer)))
    return out


def score(rows: Sequence[Judged]) -> Score:
    answerable = [r for r in rows if not r.gold.abstain]
    rest = [r for r in rows if r.gold.abstain]
    return Score(
        n=len(rows), right=sum(r.verdict.right for r in rows), answerable=len(answerable),
        answered_right=sum(r.verdict.right for r in answerable),
        source_right=sum(bool(r.verdict.source) for r in answerable),
        answered_wrong=sum(not r.verdict.right and not r.verdict.abstained for r in rows),
        false_abstentions=sum(r.verdict.abstained for r in answerable), should_abstain=len(rest),
        abstained_right=sum(r.verdict.abstained for r in rest))


def grouped(rows: Sequence[Judged], keys: Callable[[GoldQuestion], Iterable[str]]) -> dict[str, list[Judged]]:
    """Rows by every key of their question, largest group first."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for row in rows:
        for key in keys(row.gold):
            groups[key].append(row)
    return dict(sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])))
