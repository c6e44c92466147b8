"""A second opinion on sentences that say what their quotes say in other words: a model that reads both."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

from assistant.retrieval.cross_encoder import PairModel, Use

log = logging.getLogger(__name__)
VARIABLE, SORT, COMMAND = "ASSISTANT_LLM_JUDGE", "judging model", "evaluate --wording"


class Judge(Protocol):
    """Says how surely a sentence follows from a statement."""

    name: str

    def follows(self, statement: str, sentence: str) -> float:
        """From 0 to 1. Raises SettingsError when it fails."""
        ...


class CrossEncoderJudge:
    """A cross-encoder with one number for a pair, or with a label for entailment. Raises SettingsError as `PairModel` does."""

    def __init__(self, model: str, device: str = "cpu") -> None:
        self._pairs = PairModel(model, device, Use(VARIABLE, SORT, entails=True, command=COMMAND))
        self.name = model

    def follows(self, statement: str, sentence: str) -> float:
        return float(self._pairs.score([(statement, sentence)])[0])


@dataclass(frozen=True, slots=True)
class Opinion:
    """A judge and the line from which on it is believed, as `evaluate --wording` found it."""

    judge: Judge
    line: float

    def holds(self, statement: str, sentence: str) -> bool:
        """Whether the sentence follows; a judge that fails has no opinion."""
        try:
            return self.judge.follows(statement, sentence) >= self.line
        except Exception as error:  # what a foreign model raises has no common type; without it the check stands alone
            log.warning("the judging model %s gave no opinion: %s", self.judge.name, error)
            return False
