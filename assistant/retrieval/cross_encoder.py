"""A sentence-transformers CrossEncoder as a reranker."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from assistant.errors import SettingsError
from assistant.index.model_files import find_model, first_line

VARIABLE, SORT = "ASSISTANT_RERANKER", "reranking model"


class CrossEncoderReranker:
    """Reads two texts together and says how well they go together. One instance serves many threads, one after the other.

    Raises SettingsError when the model cannot be had or loaded, or does not give one number for a pair.
    """

    def __init__(self, model: str, device: str = "cpu") -> None:
        # Looked for before the libraries below are imported, so that a missing model is said at once.
        folder = find_model(model, VARIABLE, SORT)
        remedy = f"Set {VARIABLE} to a cross-encoder that gives one score for a pair, or unset it."
        try:
            # torch and sentence-transformers take seconds and 400 MB: only who sets a reranker pays for them.
            from sentence_transformers import CrossEncoder

            # Half-precision weights are read as they are on a GPU; most processors compute far slower with them.
            precision = {"dtype": "float32"} if device == "cpu" else {}
            self._model: Any = CrossEncoder(str(folder), device=device, local_files_only=True, model_kwargs=precision)
            numbers = int(self._model.num_labels)
        except Exception as error:  # hub, file, format and device errors have no common type
            raise SettingsError(f"The {SORT} «{model}» cannot be loaded on {device} ({type(error).__name__}: "
                                f"{first_line(error)}).", remedy) from None
        if numbers != 1:
            raise SettingsError(f"The {SORT} «{model}» gives {numbers} numbers for a pair, not one.", remedy)
        self.name = model
        self._device = device
        # Tokenizers set their padding in place and refuse a second thread that does so at the same time.
        self._lock = threading.Lock()

    def score(self, question: str, texts: Sequence[str]) -> np.ndarray:
        """How well each text answers the question, float32 of shape (len(texts),), each in 0..1."""
        if not texts:
            return np.zeros(0, dtype=np.float32)
        try:
            with self._lock:
                # The bare number of the model: some squash it themselves and some do not.
                bare = self._model.predict([(question, text) for text in texts], activation_fn=_as_it_is,
                                           batch_size=len(texts), show_progress_bar=False)
        except RuntimeError as error:  # torch's own, above all a lack of memory
            raise SettingsError(f"The {SORT} «{self.name}» failed on {self._device} ({first_line(error)}).",
                                "Set ASSISTANT_RERANKER_DEVICE to cpu, or unset ASSISTANT_RERANKER.") from None
        return (1 / (1 + np.exp(-np.clip(np.asarray(bare, dtype=np.float64), -60, 60)))).astype(np.float32)


def _as_it_is(scores: Any) -> Any:
    return scores
