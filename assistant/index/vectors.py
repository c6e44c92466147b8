"""Vectors in FAISS behind llama-index's store interface.

llama-index's own FAISS stores neither filter nor delete; this one keeps a table of ids and facets beside an
`IndexIDMap2(IndexFlatIP)`, turns filters into an id mask and deletes for real. Row numbers are never identity: a
passage is known by its id, and a count mismatch on load is an error.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.schema import BaseNode
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore, FilterCondition, FilterOperator, MetadataFilter, MetadataFilters, VectorStoreQuery,
    VectorStoreQueryResult,
)

from assistant.errors import IndexDamaged

INDEX_FILE, TABLE_FILE = "vectors.faiss", "vectors.json"
#: Facets kept per vector; the rest of a node's metadata lives with the passage.
Facet = dict[str, str | list[str]]


class FaissPassageStore(BasePydanticVectorStore):
    """Cosine similarity over unit vectors. Each node needs an embedding; metadata values are strings or lists of them."""

    stores_text: bool = False
    is_embedding_query: bool = True

    _index: Any = PrivateAttr()
    _rows: dict[str, int] = PrivateAttr(default_factory=dict)
    _ids: dict[int, str] = PrivateAttr(default_factory=dict)
    _facets: dict[str, Facet] = PrivateAttr(default_factory=dict)
    _references: dict[str, str] = PrivateAttr(default_factory=dict)
    _next: int = PrivateAttr(default=0)

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self._index = faiss.IndexIDMap2(faiss.IndexFlatIP(dimensions))

    @classmethod
    def class_name(cls) -> str:
        return "FaissPassageStore"

    @property
    def client(self) -> Any:
        return self._index

    @property
    def count(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimensions(self) -> int:
        return int(self._index.d)

    # --- writing ---

    def add(self, nodes: Sequence[BaseNode], **_: Any) -> list[str]:
        """Add nodes, replacing those whose id is already there. Returns the ids. Raises ValueError without embedding."""
        if not nodes:
            return []
        self.delete_nodes([n.node_id for n in nodes])
        matrix = np.asarray([n.get_embedding() for n in nodes], dtype=np.float32)
        rows = np.arange(self._next, self._next + len(nodes), dtype=np.int64)
        self._index.add_with_ids(matrix, rows)
        self._next += len(nodes)
        for row, node in zip(rows.tolist(), nodes, strict=True):
            self._rows[node.node_id], self._ids[row] = row, node.node_id
            self._facets[node.node_id] = dict(node.metadata)
            self._references[node.node_id] = node.ref_doc_id or node.node_id
        return [n.node_id for n in nodes]

    def delete(self, ref_doc_id: str, **_: Any) -> None:
        """Delete every passage of one record."""
        self.delete_nodes([i for i, reference in self._references.items() if reference == ref_doc_id])

    def delete_nodes(self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None, **_: Any) -> None:
        """Delete by id, by filter, or by both together; unknown ids are ignored."""
        doomed = [i for i in (self._rows if node_ids is None else node_ids) if i in self._rows
                  and (filters is None or matches(self._facets[i], filters))]
        if node_ids is None and filters is None:
            return
        if doomed:
            self._index.remove_ids(np.asarray([self._rows[i] for i in doomed], dtype=np.int64))
        for i in doomed:
            self._ids.pop(self._rows.pop(i))
            self._facets.pop(i)
            self._references.pop(i)

    # --- reading ---

    def rows(self, ids: Collection[str]) -> np.ndarray:
        """The rows of these passages, int64: a mask for `nearest` that can be kept while the store is unchanged."""
        known = self._rows  # pydantic looks private attributes up slowly: once is enough
        return np.asarray([known[i] for i in ids if i in known], dtype=np.int64)

    def nearest(self, vector: np.ndarray, k: int, within: Collection[str] | np.ndarray | None = None
                ) -> list[tuple[str, float]]:
        """The k ids nearest to a unit vector of shape (dimensions,), best first; `within` (ids or rows) limits them."""
        if within is None:
            parameters = None
            k = min(k, self.count)
        else:
            rows = within if isinstance(within, np.ndarray) else self.rows(within)
            k = min(k, len(rows))
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBatch(rows)) if k else None
        if k <= 0:
            return []
        scores, found = self._index.search(vector.reshape(1, -1).astype(np.float32), k, params=parameters)
        ids = self._ids
        return [(ids[int(row)], float(score)) for row, score in zip(found[0], scores[0], strict=True) if row >= 0]

    def query(self, query: VectorStoreQuery, **_: Any) -> VectorStoreQueryResult:
        if query.query_embedding is None:
            raise ValueError("FaissPassageStore needs a query embedding.")
        within: list[str] | None = None
        if query.node_ids is not None or query.doc_ids is not None or query.filters is not None:
            within = [i for i in self._rows
                      if (query.node_ids is None or i in query.node_ids)
                      and (query.doc_ids is None or self._references[i] in query.doc_ids)
                      and (query.filters is None or matches(self._facets[i], query.filters))]
        found = self.nearest(np.asarray(query.query_embedding, dtype=np.float32), query.similarity_top_k, within)
        # Texts are not stored here: without nodes llama-index takes them from its document store by id.
        return VectorStoreQueryResult(nodes=None, ids=[i for i, _ in found], similarities=[s for _, s in found])

    def vector(self, node_id: str) -> np.ndarray | None:
        """The stored vector of one passage, or None."""
        row = self._rows.get(node_id)
        return None if row is None else np.asarray(self._index.reconstruct(row), dtype=np.float32)

    # --- files ---

    def persist(self, persist_path: str, fs: Any = None) -> None:
        """Write the index and its table into the folder `persist_path`."""
        folder = Path(persist_path)
        faiss.write_index(self._index, str(folder / INDEX_FILE))
        table = [[row, i, self._references[i], self._facets[i]] for i, row in sorted(self._rows.items())]
        (folder / TABLE_FILE).write_text(json.dumps(table, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> FaissPassageStore:
        """Read what `persist` wrote. Raises IndexDamaged when index and table do not belong together."""
        remedy = "Run «python -m assistant index» to build it again."
        try:
            index = faiss.read_index(str(folder / INDEX_FILE))
            table = json.loads((folder / TABLE_FILE).read_text(encoding="utf-8"))
        except (RuntimeError, OSError, ValueError):
            raise IndexDamaged("The vectors of the index cannot be read.", remedy) from None
        if index.ntotal != len(table):
            raise IndexDamaged(f"The index holds {index.ntotal} vectors but lists {len(table)} passages.", remedy)
        if set(faiss.vector_to_array(index.id_map).tolist()) != {entry[0] for entry in table}:
            raise IndexDamaged("The vectors of the index and their table do not belong together.", remedy)
        store = cls(index.d)
        store._index = index
        for row, node_id, reference, facets in table:
            store._rows[node_id], store._ids[row] = row, node_id
            store._references[node_id], store._facets[node_id] = reference, facets
        store._next = max(store._ids, default=-1) + 1
        return store


def _holds(facet: str | list[str] | None, operator: FilterOperator, wanted: Any) -> bool:
    have = facet if isinstance(facet, list) else [] if facet is None else [facet]
    want = wanted if isinstance(wanted, list) else [wanted]
    if operator in (FilterOperator.EQ, FilterOperator.IN, FilterOperator.ANY, FilterOperator.CONTAINS):
        return any(w in have for w in want)
    if operator in (FilterOperator.NE, FilterOperator.NIN):
        return not any(w in have for w in want)
    if operator == FilterOperator.ALL:
        return all(w in have for w in want)
    if operator == FilterOperator.IS_EMPTY:
        return not have
    raise NotImplementedError(f"The filter operator {operator.value} is not supported.")


def matches(facets: Facet, filters: MetadataFilters) -> bool:
    """Whether a passage's facets satisfy llama-index filters (EQ, NE, IN, NIN, ANY, ALL, CONTAINS, IS_EMPTY)."""
    results = [matches(facets, f) if isinstance(f, MetadataFilters) else _holds(facets.get(f.key), f.operator, f.value)
               for f in filters.filters if isinstance(f, MetadataFilters | MetadataFilter)]
    if filters.condition == FilterCondition.OR:
        return any(results)
    if filters.condition == FilterCondition.NOT:
        return not any(results)
    return all(results)
