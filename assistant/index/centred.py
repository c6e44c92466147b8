"""An embedder whose vectors are measured from the middle of the library instead of from nought.

The vectors of many models point into one narrow cone: with multilingual-e5 two texts that have nothing to do with each
other have a cosine of 0.7 and more. Every line that is drawn on likeness here (what is about a question, which gap a
question belongs to, which statement leads) was measured with the corpus embedder, where such texts have one near 0.
Taking away the mean vector and scaling again opens the cone (docs/decisions/0014-embedding-and-reranking.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from assistant.errors import IndexDamaged
from assistant.index.embedder import Embedder, unit

FILE = "means.safetensors"
#: Texts of each side whose mean is taken, spread evenly; fewer than the least say nothing about a middle.
MOST, LEAST = 1000, 20

Encode = Callable[[Sequence[str]], np.ndarray]


class CentredEmbedder:
    """`inner` with a mean taken from each side's rows. passages, questions: the means, shape (dimensions,)."""

    def __init__(self, inner: Embedder, passages: np.ndarray, questions: np.ndarray) -> None:
        self.inner = inner
        self.name, self.revision, self.dimensions = inner.name, inner.revision, inner.dimensions
        self._passages, self._questions = passages, questions

    @classmethod
    def measured(cls, inner: Embedder, passages: Sequence[str], questions: Sequence[str]) -> CentredEmbedder:
        """With the means of a library. Without questions the passages are taken as such."""
        return cls(inner, _mean(passages, inner.encode, inner.dimensions),
                   _mean(questions if len(questions) >= LEAST else passages, inner.encode_queries, inner.dimensions))

    @classmethod
    def load(cls, inner: Embedder, folder: Path) -> CentredEmbedder:
        """With what `save` wrote into `folder`. Raises IndexDamaged."""
        try:
            means = load_file(str(folder / FILE))
            if any(means[side].shape != (inner.dimensions,) for side in ("passages", "questions")):
                raise ValueError(FILE)
        except (OSError, KeyError, ValueError, SafetensorError):
            raise IndexDamaged("The mean vectors of the index cannot be read.",
                               "Run «python -m assistant index» to build it again.") from None
        return cls(inner, means["passages"], means["questions"])

    def save(self, folder: Path) -> None:
        """Write the means into `folder`, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        save_file({"passages": self._passages, "questions": self._questions}, str(folder / FILE))

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return _centred(self.inner.encode(texts), self._passages)

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        return _centred(self.inner.encode_queries(texts), self._questions)


def _mean(texts: Sequence[str], encode: Encode, dimensions: int) -> np.ndarray:
    """The mean row of a sample, shape (dimensions,); nought where there are too few."""
    if len(texts) < LEAST:
        return np.zeros(dimensions, dtype=np.float32)
    step = -(-len(texts) // MOST)
    return np.ascontiguousarray(encode(texts[::step]).mean(axis=0), dtype=np.float32)


def _centred(rows: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Rows seen from the mean, of length 1; a row of zeros has no direction and stays."""
    return unit(np.where(rows.any(axis=1, keepdims=True), rows - mean, rows))
