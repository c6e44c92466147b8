"""Text → unit vectors. The corpus embedder is read with tokenizers, safetensors and numpy alone.

`StaticEmbedder` reads a sentence-transformers StaticEmbedding model from a folder without importing torch or
sentence-transformers (0.03 s instead of 6 s, and 400 MB less); `TransformerEmbedder` loads any other model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from assistant.errors import IndexDamaged, SettingsError

_WEIGHTS = "embedding.weight"


class Embedder(Protocol):
    """Encodes texts as rows of unit length. revision: changes whenever vectors would."""

    name: str
    revision: str
    dimensions: int

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """float32 of shape (len(texts), dimensions); each row has length 1, or 0 when the text has no known token."""
        ...


def unit(matrix: np.ndarray) -> np.ndarray:
    """Rows scaled to length 1; zero rows stay zero."""
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.divide(matrix, norms, out=np.zeros_like(matrix, dtype=np.float32), where=norms > 0)


class StaticEmbedder:
    """Mean of token vectors, as sentence-transformers' StaticEmbedding computes it."""

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


class TransformerEmbedder:
    """Any sentence-transformers model, by folder or hub name. Raises SettingsError when it cannot be loaded."""

    def __init__(self, model: str) -> None:
        try:
            # torch and sentence-transformers take seconds and 400 MB: only who sets another model pays for them.
            from sentence_transformers import SentenceTransformer

            self._model: Any = SentenceTransformer(model, device="cpu")
        except Exception as error:  # hub, file and format errors have no common type
            raise SettingsError(f"The embedding model «{model}» cannot be loaded ({type(error).__name__}).",
                                "Set ASSISTANT_EMBEDDING to the folder of a sentence-transformers model, or unset it.") from None
        self.name = model
        self.dimensions = int(self._model.get_embedding_dimension())
        probe = self._model.encode(["certification 认证"], normalize_embeddings=True)
        self.revision = hashlib.sha256(np.round(probe, 4).tobytes()).hexdigest()

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return np.asarray(self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False),
                          dtype=np.float32)
