"""The weight of the vector leg for an embedder, found on the gold questions of the library."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from assistant.evaluation.measures import ranking
from assistant.evaluation.questions import GoldQuestion
from assistant.index.manifest import FusionNote
from assistant.retrieval.retriever import LEG_DEPTH, FusedRetriever, Retriever
from assistant.types import Hit

#: The weights that are tried; 0 leaves the keyword leg alone.
WEIGHTS = (0.0, 0.5, 1.0, 1.6, 2.5, 4.0, 6.0, 10.0)
#: With this weight the vector leg decides and the keyword leg only fills up: taken where it is better than every mixture.
ALONE = 1e6
MEASURE = "nDCG@10"
DEPTH = 20
#: Fewer questions say nothing, and when fewer than this share asks for sections held here they belong to another library.
FEWEST, SHARE = 50, 0.8

Counted = Callable[[int, int], None]


class _Remembered:
    """A leg that is asked once for each question, however many weights are tried."""

    def __init__(self, leg: Retriever) -> None:
        self._leg = leg
        self._hits: dict[tuple[str, str], list[Hit]] = {}

    def retrieve(self, text: str, k: int, language: str, within: Collection[str] | None = None) -> list[Hit]:
        key = (text, language)
        if key not in self._hits:
            self._hits[key] = self._leg.retrieve(text, LEG_DEPTH, language)
        return self._hits[key][:k]


def usable(questions: Sequence[GoldQuestion], passages: Collection[str]) -> list[GoldQuestion]:
    """The questions whose sections are held here, or none where they were written for another library."""
    asked = [q for q in questions if q.relevant and not q.history]
    known = [q for q in asked if any(f"{section}.{q.lang}" in passages for section in q.relevant)]
    return known if len(known) >= FEWEST and len(known) >= SHARE * len(asked) else []


def calibrate(words: Retriever, vectors: Retriever, questions: Sequence[GoldQuestion],
              counted: Counted = lambda done, total: None) -> FusionNote:
    """The best weight by nDCG@10, no worse than the better leg; of equals the smallest.

    questions: what `usable` left, at least one. counted: told how many questions have been asked.
    """
    legs = _Remembered(words), _Remembered(vectors)
    first = FusedRetriever(*legs)
    for done, question in enumerate(questions, 1):
        first.retrieve(question.question, DEPTH, question.lang)
        counted(done, len(questions))

    def measured(retriever: Retriever) -> float:
        return ranking(questions, {q.id: [(h.passage, h.score) for h in retriever.retrieve(q.question, DEPTH, q.lang)]
                                   for q in questions})[MEASURE]

    alone = [measured(leg) for leg in legs]
    tried = {weight: measured(FusedRetriever(*legs, vector_weight=weight)) for weight in WEIGHTS}
    if max(tried.values()) < alone[1]:
        tried[ALONE] = measured(FusedRetriever(*legs, vector_weight=ALONE))
    best = max(tried, key=lambda weight: (tried[weight], -weight))
    return FusionNote(best, len(questions), *(round(value, 4) for value in (*alone, tried[best])))
