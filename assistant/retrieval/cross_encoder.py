"""Sentence-transformers' CrossEncoder: a model that reads two texts together and gives them one number."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assistant.errors import SettingsError
from assistant.index.model_files import find_model, first_line

VARIABLE, SORT = "ASSISTANT_RERANKER", "reranking model"
#: How models of natural language inference name the label that the second text follows from the first.
ENTAILS = "entail"


@dataclass(frozen=True, slots=True)
class Use:
    """What a model is for. variable: the setting that names it. sort: what it is called. entails: whether a model with
    several numbers for a pair will do, one of which says that the second text follows from the first. command: of ours,
    that loads it where it may be downloaded.
    """

    variable: str
    sort: str
    entails: bool = False
    command: str = "index"

    @property
    def remedy(self) -> str:
        wanted = "one score for a pair" + (", or a label for «entailment»" if self.entails else "")
        return f"Set {self.variable} to a cross-encoder that gives {wanted}, or unset it."


class PairModel:
    """A cross-encoder. One instance serves many threads, one after the other.

    Raises SettingsError when the model cannot be had or loaded, or gives numbers that its use has no use for.
    """

    def __init__(self, model: str, device: str, use: Use) -> None:
        # Looked for before the libraries below are imported, so that a missing model is said at once.
        folder = find_model(model, use.variable, use.sort, command=use.command)
        try:
            # torch and sentence-transformers take seconds and 400 MB: only who sets such a model pays for them.
            from sentence_transformers import CrossEncoder

            # Half-precision weights are read as they are on a GPU; most processors compute far slower with them.
            precision = {"dtype": "float32"} if device == "cpu" else {}
            self._model: Any = CrossEncoder(str(folder), device=device, local_files_only=True, model_kwargs=precision)
            numbers = int(self._model.num_labels)
            names = dict(self._model.config.id2label)
        except Exception as error:  # hub, file, format and device errors have no common type
            raise SettingsError(f"The {use.sort} «{model}» cannot be loaded on {device} ({type(error).__name__}: "
                                f"{first_line(error)}).", use.remedy) from None
        self._entails = next((int(n) for n, name in names.items() if str(name).lower().startswith(ENTAILS)), None)
        if numbers != 1 and (self._entails is None or not use.entails):
            raise SettingsError(f"The {use.sort} «{model}» gives {numbers} numbers for a pair, not one.", use.remedy)
        self.name = model
        self._device, self._use, self._numbers = device, use, numbers
        # Tokenizers set their padding in place and refuse a second thread that does so at the same time.
        self._lock = threading.Lock()

    def score(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """One number for each pair, float32 of shape (len(pairs),), each in 0..1. Raises SettingsError."""
        if not pairs:
            return np.zeros(0, dtype=np.float32)
        try:
            with self._lock:
                # The bare numbers of the model: some squash them themselves and some do not.
                bare = self._model.predict(list(pairs), activation_fn=_as_it_is, batch_size=len(pairs), show_progress_bar=False)
        except RuntimeError as error:  # torch's own, above all a lack of memory
            raise SettingsError(f"The {self._use.sort} «{self.name}» failed on {self._device} ({first_line(error)}).",
                                f"Set {self._use.variable}_DEVICE to cpu, or unset {self._use.variable}.") from None
        numbers = np.clip(np.asarray(bare, dtype=np.float64), -60, 60)
        if self._numbers == 1:
            return (1 / (1 + np.exp(-numbers.reshape(-1)))).astype(np.float32)
        shares = np.exp(numbers - numbers.max(axis=1, keepdims=True))
        return (shares[:, self._entails] / shares.sum(axis=1)).astype(np.float32)


class CrossEncoderReranker:
    """Reads a question and texts together. Raises SettingsError as `PairModel` does."""

    def __init__(self, model: str, device: str = "cpu") -> None:
        self._pairs = PairModel(model, device, Use(VARIABLE, SORT))
        self.name = model

    def score(self, question: str, texts: Sequence[str]) -> np.ndarray:
        """How well each text answers the question, float32 of shape (len(texts),), each in 0..1."""
        return self._pairs.score([(question, text) for text in texts])


def _as_it_is(scores: Any) -> Any:
    return scores
