"""What is written down when a question is answered: the answer, a gap when there was none, the use of a curated reply."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from assistant.answering.answerer import Answerer
from assistant.assemble import Desk
from assistant.errors import AssistantError
from assistant.types import Answer, Turn

log = logging.getLogger(__name__)
#: Nobody is to fill these: what was refused for its intent, and what was taken for no certification question at all.
NO_GAP = frozenset({"out-of-scope"})


def rows(answerer: Answerer, texts: Sequence[str]) -> np.ndarray:
    """Unit vectors of the texts, shape (texts, dimensions)."""
    return np.stack([answerer.view.embed(text) for text in texts])


class Recorder:
    """Keeps answers for the desk. A database that fails costs the record, never the answer."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def keep(self, answerer: Answerer, answer: Answer, channel: str, history: Sequence[Turn] = (),
             dropped: Sequence[str] = (), account: str | None = None) -> bool:
        """Whether it was kept. channel: page · api · desk."""
        versions = {c.record: answerer.version(c.record) for c in answer.citations}
        try:
            self._desk.journal.keep(answer, channel, versions, history, dropped, account)
            if answer.abstained and answer.standing not in NO_GAP:
                self.gap(answerer, answer, "abstained")
            for reply in sorted({c.record for c in answer.citations if c.origin == "reply"}):
                self._desk.replies.used(reply.removeprefix("reply:"))
        except AssistantError as error:
            log.error("an answer could not be kept: %s", error.problem)
            return False
        except Exception:
            log.exception("an answer could not be kept")
            return False
        return True

    def gap(self, answerer: Answerer, answer: Answer, reason: str, note: str = "") -> None:
        """Count the question among the gaps it is like."""
        self._desk.gaps.seen(answer.question, answer.language, answer.facets.markets, answer.facets.products, reason,
                             lambda texts: rows(answerer, texts), answer.answer_id, note)
