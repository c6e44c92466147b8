"""Any embedder of ours as llama-index knows one.

llama-index's `HuggingFaceEmbedding` cannot load a StaticEmbedding model and retries every failure for seconds, so its
indexes and retrievers get our vectors through this wrapper.
"""

from __future__ import annotations

from typing import Any

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr

from assistant.index.embedder import Embedder


class LibraryEmbedding(BaseEmbedding):
    """Texts and queries, each on its side, as unit vectors of `embedder.dimensions` numbers."""

    _embedder: Embedder = PrivateAttr()

    def __init__(self, embedder: Embedder, **options: Any) -> None:
        super().__init__(model_name=embedder.name, **options)
        self._embedder = embedder

    @classmethod
    def class_name(cls) -> str:
        return "LibraryEmbedding"

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [[float(x) for x in row] for row in self._embedder.encode(texts)]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return [float(x) for x in self._embedder.encode_queries([query])[0]]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)
