"""Finding passages: the protocol, one retriever for each leg, and their fusion.

Equal-weight rank fusion with a weak vector leg lowers quality, so scores are fused: each leg's scores are scaled by
its best one and weighted. The weight is tuned on gold questions, and a test holds the fused list to be no worse than
its better leg.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

import numpy as np

from assistant.index.embedder import Embedder
from assistant.index.vectors import FaissPassageStore
from assistant.index.words import Words
from assistant.types import Hit, Passage

#: Weight of the vector leg beside 1 for the keyword leg: measured for the corpus embedder, and used where the index was
#: not weighed for its own (docs/decisions/0004-retrieval.md, 0014-embedding-and-reranking.md).
VECTOR_WEIGHT = 6.0
#: How many passages each leg contributes before fusion.
LEG_DEPTH = 60


class Retriever(Protocol):
    """Finds passages for a text."""

    def retrieve(self, text: str, k: int, language: str, within: Collection[str] | None = None) -> list[Hit]:
        """At most k hits, best first, in one language; `within` limits them to these passage ids."""
        ...


class WordsRetriever:
    """The keyword leg alone."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def retrieve(self, text: str, k: int, language: str, within: Collection[str] | None = None) -> list[Hit]:
        return [Hit(i, score, (("words", score),)) for i, score in self._words.search(text, k, (language,), within)]


class VectorRetriever:
    """The vector leg alone. passages: every passage, to mask by language."""

    def __init__(self, vectors: FaissPassageStore, embedder: Embedder, passages: dict[str, Passage]) -> None:
        self._vectors, self._embedder = vectors, embedder
        self._by_language: dict[str, frozenset[str]] = {
            language: frozenset(p.id for p in passages.values() if p.language == language)
            for language in {p.language for p in passages.values()}}
        self._rows = {language: vectors.rows(ids) for language, ids in self._by_language.items()}

    def retrieve(self, text: str, k: int, language: str, within: Collection[str] | None = None) -> list[Hit]:
        vector = self._embedder.encode_queries([text])[0]
        if not vector.any():
            return []
        if within is None:
            mask: Collection[str] | np.ndarray = self._rows.get(language, np.zeros(0, dtype=np.int64))
        else:
            mask = self._by_language.get(language, frozenset()) & set(within)
        return [Hit(i, score, (("vectors", score),)) for i, score in self._vectors.nearest(vector, k, mask) if score > 0]


class FusedRetriever:
    """Both legs, scores scaled to the best of each leg and added with a weight. Scores end in 0..1."""

    def __init__(self, words: Retriever, vectors: Retriever, vector_weight: float = VECTOR_WEIGHT,
                 depth: int = LEG_DEPTH) -> None:
        self._legs = ((words, 1.0, "words"), (vectors, vector_weight, "vectors"))
        self._total = 1.0 + vector_weight
        self._depth = depth

    def retrieve(self, text: str, k: int, language: str, within: Collection[str] | None = None) -> list[Hit]:
        fused: dict[str, float] = {}
        legs: dict[str, list[tuple[str, float]]] = {}
        for leg, weight, name in self._legs:
            if weight == 0:
                continue
            hits = leg.retrieve(text, max(k, self._depth), language, within)
            best = hits[0].score if hits else 1.0
            for hit in hits:
                fused[hit.passage] = fused.get(hit.passage, 0.0) + weight * hit.score / best / self._total
                legs.setdefault(hit.passage, []).append((name, hit.score))
        ranked = sorted(fused.items(), key=lambda item: (-item[1], item[0]))[:k]
        return [Hit(passage, score, tuple(legs[passage])) for passage, score in ranked]
