"""Vectors of the statements and typical questions, worked out when the index is built.

Ranking compares a question with every statement of the records in question. The corpus embedder encodes those as they
are needed; a transformer would let the first question about a record wait for seconds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from assistant.errors import IndexDamaged
from assistant.index.embedder import Embedder

FILE = "kept.safetensors"
#: Texts that are encoded between two reports of how far it is.
CHUNK = 256
SIDES = ("passages", "questions")

#: Called with the number of texts encoded so far and in all.
Counted = Callable[[int, int], None]


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def encoded(texts: Sequence[str], encode: Callable[[Sequence[str]], np.ndarray], dimensions: int,
            counted: Counted = lambda done, total: None) -> np.ndarray:
    """Rows of `texts`, shape (len(texts), dimensions), told by `counted` as they come."""
    # Texts of about one length stand together: a batch is as slow as its longest text.
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    out = np.zeros((len(texts), dimensions), dtype=np.float32)
    for begin in range(0, len(order), CHUNK):
        chosen = order[begin : begin + CHUNK]
        out[chosen] = encode([texts[i] for i in chosen])
        counted(min(begin + CHUNK, len(order)), len(order))
    return out


class KeptEmbedder:
    """An embedder that looks a text up before it encodes it. Answers as `inner` does, only sooner."""

    def __init__(self, inner: Embedder, rows: dict[str, dict[bytes, np.ndarray]] | None = None) -> None:
        self.inner = inner
        self.name, self.revision, self.dimensions = inner.name, inner.revision, inner.dimensions
        self._rows = rows or {side: {} for side in SIDES}

    @classmethod
    def load(cls, inner: Embedder, folder: Path) -> KeptEmbedder:
        """With what `save` wrote into `folder`. Raises IndexDamaged."""
        try:
            tensors = load_file(str(folder / FILE))
            rows = {side: {key.tobytes(): row for key, row in
                           zip(tensors[f"{side}.keys"], tensors[side], strict=True)} for side in SIDES}
            if any(tensors[side].shape[1:] != (inner.dimensions,) for side in SIDES):
                raise ValueError(FILE)
        except (OSError, KeyError, ValueError, SafetensorError):
            raise IndexDamaged("The kept vectors of the index cannot be read.",
                               "Run «python -m assistant index» to build it again.") from None
        return cls(inner, rows)

    def _look_up(self, side: str, texts: Sequence[str], encode: Callable[[Sequence[str]], np.ndarray]) -> np.ndarray:
        rows = self._rows[side]
        found = [rows.get(_key(text)) for text in texts] if rows else [None] * len(texts)
        late = [i for i, row in enumerate(found) if row is None]
        if len(late) == len(texts):
            return encode(texts)
        out = np.stack([np.zeros(self.dimensions, dtype=np.float32) if row is None else row for row in found])
        if late:
            out[late] = encode([texts[i] for i in late])
        return out

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return self._look_up("passages", texts, self.inner.encode)

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        return self._look_up("questions", texts, self.inner.encode_queries)

    def keep(self, passages: Iterable[str], questions: Iterable[str], counted: Counted) -> KeptEmbedder:
        """One that keeps exactly these texts; what this one holds of them is not encoded again."""
        sides = {"passages": (list(dict.fromkeys(passages)), self.encode),
                 "questions": (list(dict.fromkeys(questions)), self.encode_queries)}
        rows: dict[str, dict[bytes, np.ndarray]] = {}
        for side, (texts, encode) in sides.items():
            matrix = encoded(texts, encode, self.dimensions, counted)
            rows[side] = {_key(text): row for text, row in zip(texts, matrix, strict=True)}
        return KeptEmbedder(self.inner, rows)

    def save(self, folder: Path) -> None:
        """Write the rows into `folder`, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        tensors: dict[str, np.ndarray] = {}
        for side, rows in self._rows.items():
            keys = np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(len(rows), 32)
            tensors[f"{side}.keys"] = np.ascontiguousarray(keys)
            tensors[side] = (np.stack(list(rows.values())) if rows
                             else np.zeros((0, self.dimensions), dtype=np.float32))
        save_file(tensors, str(folder / FILE))
