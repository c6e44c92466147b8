"""Text → unit vectors. The corpus embedder is read with tokenizers, safetensors and numpy alone.

`StaticEmbedder` reads a sentence-transformers StaticEmbedding model from a folder without importing torch or
sentence-transformers (0.03 s instead of 6 s, and 400 MB less); transformer_embedder.py loads any other model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from assistant.errors import IndexDamaged

_WEIGHTS = "embedding.weight"


class Embedder(Protocol):
    """Encodes texts as rows of unit length. revision: changes whenever vectors would.

    Many models are trained on two sides, what is searched and what is asked; questions are compared with questions on
    the side of questions, with passages across.
    """

    name: str
    revision: str
    dimensions: int

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Passages and statements as float32 of shape (len(texts), dimensions).

        Each row has length 1, or 0 when the text has no known token.
        """
        ...

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        """Questions, in the same shape."""
        ...


def unit(matrix: np.ndarray) -> np.ndarray:
    """Rows scaled to length 1; zero rows stay zero."""
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.divide(matrix, norms, out=np.zeros_like(matrix, dtype=np.float32), where=norms > 0)


class StaticEmbedder:
    """Mean of token vectors, as sentence-transformers' StaticEmbedding computes it. Both sides are alike."""

    def __init__(self, folder: Path, name: str = "corpus") -> None:
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._weights = load_file(str(folder / "model.safetensors"))[_WEIGHTS].astype(np.float32, copy=False)
            content = (folder / "tokenizer.json").read_bytes() + (folder / "model.safetensors").read_bytes()
        except Exception as error:  # tokenizers and safetensors raise their own bare types
            raise IndexDamaged(f"The embedding model in {folder} cannot be read ({type(error).__name__}).",
                               "Run «python -m assistant index --fresh» to make it again.") from None
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self.name = name
        self.revision = hashlib.sha256(content).hexdigest()
        self.dimensions = int(self._weights.shape[1])

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        out = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for i, encoding in enumerate(self._tokenizer.encode_batch(list(texts), add_special_tokens=False)):
            if encoding.ids:
                out[i] = self._weights[encoding.ids].mean(axis=0)
        return unit(out)

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        return self.encode(texts)
