"""The first hits read again by a reranker, within a time that an answer may take."""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import numpy as np

from assistant.retrieval.retriever import Retriever
from assistant.types import Hit

log = logging.getLogger(__name__)
#: Pairs scored between two looks at the clock.
BATCH = 4
#: After so many turns in a row that took too long it is not asked for so many seconds: what nobody waits for still
#: keeps the processor busy.
LATE_IN_A_ROW, REST = 3, 60.0
#: The leg under which a hit keeps what the reranker gave it.
LEG = "reranker"
#: The leg that says that the reranker was to read these hits and did not.
SKIPPED = "reranker skipped"


class Reranker(Protocol):
    """Reads two texts together; slower and finer than comparing vectors."""

    name: str

    def score(self, question: str, texts: Sequence[str]) -> np.ndarray:
        """How well each text answers the question, float32 of shape (len(texts),), each in 0..1."""
        ...


class RerankerStatus:
    """What became of the reranker's turns since the program began; shared by all threads.

    asked: turns; late: those given up because they took too long; failed: those that ended in an error; longest: seconds
    of the longest turn that was used; rested: questions that came while it was not asked. rest: seconds of that.
    """

    def __init__(self, rest: float = REST) -> None:
        self._lock, self._rest = threading.Lock(), rest
        self.asked, self.late, self.failed, self.rested, self.longest = 0, 0, 0, 0, 0.0
        self._late_in_a_row, self._until = 0, 0.0

    def may_be_asked(self, now: float) -> bool:
        """Whether it is not resting at this moment of the clock; counts where it is."""
        with self._lock:
            if now >= self._until:
                return True
            self.rested += 1
            return False

    def used(self, seconds: float) -> None:
        """Count a turn that was in time."""
        with self._lock:
            self.asked += 1
            self.longest, self._late_in_a_row = max(self.longest, seconds), 0

    def given_up(self, name: str, seconds: float, now: float) -> None:
        """Count a turn that took too long; the first is written to the log."""
        with self._lock:
            self.asked, self.late, self._late_in_a_row = self.asked + 1, self.late + 1, self._late_in_a_row + 1
            first = self.late == 1
            if self._late_in_a_row >= LATE_IN_A_ROW:
                self._until, self._late_in_a_row = now + self._rest, 0
        if first:
            log.warning("the reranker %s takes longer than %.1f s: the fused order is kept (counted from here on, not logged)",
                        name, seconds)

    def broken(self, error: Exception) -> None:
        """Count a turn that ended in an error; the first is written to the log."""
        with self._lock:
            self.asked, self.failed = self.asked + 1, self.failed + 1
            first = self.failed == 1
        if first:
            log.warning("the fused order is kept: %s", error)


class RerankedRetriever:
    """A retriever whose first hits stand in the order of a reranker.

    Answering has lines drawn on fused scores (what is about a question, what is clearly found), so the scores stay and
    only change hands: the hit that the reranker puts first gets the best fused score of those reread, and so on. What
    each leg gave stays with the hit, and the reranker's own number joins it.

    texts: passage id → what is read. top: how many hits are reread. seconds: after which the fused order is kept.
    """

    def __init__(self, inner: Retriever, reranker: Reranker, texts: Callable[[str], str], top: int, seconds: float,
                 status: RerankerStatus | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._inner, self._reranker, self._texts = inner, reranker, texts
        self._top, self._seconds, self._clock = top, seconds, clock
        self.status = status or RerankerStatus()
        # One at a time: the model takes every core as it is. A thread of its own, because a batch cannot be interrupted;
        # the answer goes on without it, and who comes meanwhile waits no longer than anybody.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="reranker")

    def retrieve(self, text: str, k: int, language: str, within: Collection[str] | None = None) -> list[Hit]:
        hits = self._inner.retrieve(text, max(k, self._top), language, within)
        head = hits[: self._top]
        if len(head) < 2:
            return hits[:k]
        scores = self._scores(text, [self._texts(hit.passage) for hit in head])
        if scores is None:
            return [dataclasses.replace(hit, legs=(*hit.legs, (SKIPPED, 0.0))) for hit in hits[:k]]
        order = sorted(range(len(head)), key=lambda i: (-scores[i], i))
        reread = [dataclasses.replace(head[i], score=head[place].score, legs=(*head[i].legs, (LEG, float(scores[i]))))
                  for place, i in enumerate(order)]
        return [*reread, *hits[self._top :]][:k]

    def _scores(self, question: str, texts: Sequence[str]) -> np.ndarray | None:
        """The reranker's numbers, or None when it did not come to an end in time."""
        began = self._clock()
        if not self.status.may_be_asked(began):
            return None
        enough = threading.Event()
        turn: Future[np.ndarray | None] = self._thread.submit(self._score, question, texts, enough)
        try:
            scores = turn.result(timeout=self._seconds)
        except TimeoutError:
            scores = None
        except Exception as error:  # what a foreign model raises has no common type; its order is worth no answer
            self.status.broken(error)
            return None
        if scores is not None and not np.isfinite(scores).all():
            self.status.broken(ValueError("scores that are no numbers"))
            return None
        taken = self._clock() - began
        if scores is None or taken > self._seconds:
            enough.set()
            turn.cancel()
            self.status.given_up(self._reranker.name, self._seconds, self._clock())
            return None
        self.status.used(taken)
        return scores

    def _score(self, question: str, texts: Sequence[str], enough: threading.Event) -> np.ndarray | None:
        # One alone at first: where it is far too slow, no more than that is done in vain.
        out = [self._reranker.score(question, texts[:1])]
        for begin in range(1, len(texts), BATCH):
            if enough.is_set():
                return None
            out.append(self._reranker.score(question, texts[begin : begin + BATCH]))
        return np.concatenate(out)
