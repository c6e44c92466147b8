"""What the vector store must hold, through its own methods and through llama-index."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores.types import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
)

from assistant.errors import IndexDamaged
from assistant.index.vectors import INDEX_FILE, TABLE_FILE, FaissPassageStore

#: id → record, language, markets, vector. `d1` is nearest to the first axis, then `d2`, `c1`, `c2`.
ROWS: dict[str, tuple[str, str, list[str], tuple[float, float, float]]] = {
    "d1": ("diamond", "zh", ["JP"], (1.0, 0.0, 0.0)),
    "d2": ("diamond", "en", ["JP"], (0.8, 0.6, 0.0)),
    "c1": ("circle", "zh", ["JP", "DE"], (0.6, 0.8, 0.0)),
    "c2": ("circle", "en", [], (0.0, 0.0, 1.0)),
}
FIRST = [1.0, 0.0, 0.0]


def _node(node_id: str, vector: tuple[float, float, float] | None = None) -> TextNode:
    record, language, markets, own = ROWS[node_id]
    return TextNode(id_=node_id, text=f"text of {node_id}", embedding=list(vector or own),
                    metadata={"record": record, "language": language, "markets": markets},
                    relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=record)})


@pytest.fixture
def store() -> FaissPassageStore:
    store = FaissPassageStore(3)
    assert store.add([_node(i) for i in ROWS]) == list(ROWS)
    return store


def _ids(store: FaissPassageStore, **query: Any) -> list[str]:
    result = store.query(VectorStoreQuery(query_embedding=FIRST, **{"similarity_top_k": 10, **query}))
    assert result.ids is not None and result.similarities is not None and len(result.ids) == len(result.similarities)
    assert result.similarities == sorted(result.similarities, reverse=True)
    return result.ids


def _where(*filters: MetadataFilter | MetadataFilters, condition: FilterCondition = FilterCondition.AND) -> MetadataFilters:
    return MetadataFilters(filters=list(filters), condition=condition)


def test_the_nearest_come_first_with_their_cosine(store: FaissPassageStore) -> None:
    assert store.count == 4 and store.dimensions == 3
    found = store.nearest(np.array(FIRST, dtype=np.float32), 3)
    assert [i for i, _ in found] == ["d1", "d2", "c1"]
    assert [score for _, score in found] == pytest.approx([1.0, 0.8, 0.6])


def test_a_query_asks_for_no_more_than_there_is(store: FaissPassageStore) -> None:
    assert _ids(store, similarity_top_k=100) == ["d1", "d2", "c1", "c2"]
    assert _ids(store, similarity_top_k=2) == ["d1", "d2"]
    assert store.nearest(np.array(FIRST, dtype=np.float32), 0) == []
    assert FaissPassageStore(3).nearest(np.array(FIRST, dtype=np.float32), 5) == []


def test_adding_an_id_again_replaces_it(store: FaissPassageStore) -> None:
    store.add([_node("d1", (0.0, 1.0, 0.0))])
    assert store.count == 4
    np.testing.assert_array_equal(store.vector("d1"), np.array([0, 1, 0], dtype=np.float32))
    assert _ids(store)[0] == "d2"


def test_adding_nothing_or_without_an_embedding(store: FaissPassageStore) -> None:
    assert store.add([]) == []
    with pytest.raises(ValueError, match="embedding"):
        store.add([TextNode(id_="x", text="x")])
    assert store.count == 4


def test_a_record_is_deleted_with_all_its_passages(store: FaissPassageStore) -> None:
    store.delete("diamond")
    assert store.count == 2 and _ids(store) == ["c1", "c2"]
    assert store.vector("d1") is None
    store.delete("diamond")
    store.delete("nowhere")
    assert store.count == 2


def test_a_deleted_passage_can_come_back(store: FaissPassageStore) -> None:
    store.delete("diamond")
    store.add([_node("d1")])
    assert _ids(store, similarity_top_k=1) == ["d1"] and store.count == 3


def test_deleting_by_ids_and_by_filters(store: FaissPassageStore) -> None:
    store.delete_nodes(["d1", "nowhere"])
    assert _ids(store) == ["d2", "c1", "c2"]
    store.delete_nodes(filters=_where(MetadataFilter(key="language", value="zh")))
    assert _ids(store) == ["d2", "c2"]
    store.delete_nodes(["d2", "c2"], filters=_where(MetadataFilter(key="record", value="circle")))
    assert _ids(store) == ["d2"]
    store.delete_nodes()
    assert store.count == 1


@pytest.mark.parametrize(("key", "operator", "value", "ids"), [
    ("language", FilterOperator.EQ, "zh", ["d1", "c1"]),
    ("language", FilterOperator.NE, "zh", ["d2", "c2"]),
    ("language", FilterOperator.IN, ["zh", "fr"], ["d1", "c1"]),
    ("language", FilterOperator.NIN, ["zh", "fr"], ["d2", "c2"]),
    ("markets", FilterOperator.EQ, "DE", ["c1"]),
    ("markets", FilterOperator.ANY, ["DE", "US"], ["c1"]),
    ("markets", FilterOperator.ALL, ["JP", "DE"], ["c1"]),
    ("markets", FilterOperator.ALL, ["JP"], ["d1", "d2", "c1"]),
    ("markets", FilterOperator.CONTAINS, "JP", ["d1", "d2", "c1"]),
    ("markets", FilterOperator.IS_EMPTY, None, ["c2"]),
    ("nowhere", FilterOperator.EQ, "x", []),
    ("nowhere", FilterOperator.IS_EMPTY, None, ["d1", "d2", "c1", "c2"]),
])
def test_every_filter_operator(store: FaissPassageStore, key: str, operator: FilterOperator, value: Any, ids: list[str]) -> None:
    assert _ids(store, filters=_where(MetadataFilter(key=key, operator=operator, value=value))) == ids


@pytest.mark.parametrize("operator", [FilterOperator.GT, FilterOperator.LT, FilterOperator.GTE, FilterOperator.LTE,
                                      FilterOperator.TEXT_MATCH])
def test_an_operator_that_is_not_supported_is_refused_and_never_ignored(
        store: FaissPassageStore, operator: FilterOperator) -> None:
    with pytest.raises(NotImplementedError, match="not supported"):
        _ids(store, filters=_where(MetadataFilter(key="language", operator=operator, value="zh")))


def test_filters_join_by_and_or_not_and_nest(store: FaissPassageStore) -> None:
    zh, circle = MetadataFilter(key="language", value="zh"), MetadataFilter(key="record", value="circle")
    german = MetadataFilter(key="markets", operator=FilterOperator.ANY, value=["DE"])
    assert _ids(store, filters=_where(zh, circle)) == ["c1"]
    assert _ids(store, filters=_where(zh, circle, condition=FilterCondition.OR)) == ["d1", "c1", "c2"]
    assert _ids(store, filters=_where(zh, circle, condition=FilterCondition.NOT)) == ["d2"]
    nested = _where(circle, _where(german, condition=FilterCondition.NOT))
    assert _ids(store, filters=nested) == ["c2"]


def test_queries_limited_to_ids_records_and_masks(store: FaissPassageStore) -> None:
    assert _ids(store, node_ids=["c1", "d2", "nowhere"]) == ["d2", "c1"]
    assert _ids(store, doc_ids=["circle"]) == ["c1", "c2"]
    assert _ids(store, node_ids=[]) == []
    zh = _where(MetadataFilter(key="language", value="zh"))
    assert _ids(store, node_ids=["d2", "c1"], filters=zh) == ["c1"]
    vector = np.array(FIRST, dtype=np.float32)
    assert [i for i, _ in store.nearest(vector, 5, within={"c2", "c1"})] == ["c1", "c2"]
    assert store.nearest(vector, 5, within=()) == store.nearest(vector, 5, within=["nowhere"]) == []


def test_a_query_without_a_vector_is_refused(store: FaissPassageStore) -> None:
    with pytest.raises(ValueError, match="query embedding"):
        store.query(VectorStoreQuery(query_str="x"))


def test_what_is_written_is_read_back_and_can_grow(store: FaissPassageStore, tmp_path: Path) -> None:
    store.delete_nodes(["d2"])
    store.persist(str(tmp_path))
    loaded = FaissPassageStore.load(tmp_path)
    assert loaded.count == 3 and _ids(loaded) == ["d1", "c1", "c2"]
    assert _ids(loaded, doc_ids=["circle"], filters=_where(MetadataFilter(key="markets", value="DE"))) == ["c1"]
    loaded.add([_node("d2")])
    assert _ids(loaded) == ["d1", "d2", "c1", "c2"]
    loaded.delete("circle")
    assert _ids(loaded) == ["d1", "d2"]


def test_a_table_that_lost_a_line_is_an_error(store: FaissPassageStore, tmp_path: Path) -> None:
    store.persist(str(tmp_path))
    table = json.loads((tmp_path / TABLE_FILE).read_text(encoding="utf-8"))
    (tmp_path / TABLE_FILE).write_text(json.dumps(table[1:]), encoding="utf-8")
    with pytest.raises(IndexDamaged, match="4 vectors but lists 3"):
        FaissPassageStore.load(tmp_path)


def test_a_table_whose_rows_are_not_those_of_the_index_is_an_error(store: FaissPassageStore, tmp_path: Path) -> None:
    store.persist(str(tmp_path))
    table = json.loads((tmp_path / TABLE_FILE).read_text(encoding="utf-8"))
    for row in table:
        row[0] += 100
    (tmp_path / TABLE_FILE).write_text(json.dumps(table), encoding="utf-8")
    with pytest.raises(IndexDamaged):
        FaissPassageStore.load(tmp_path)


@pytest.mark.parametrize("name", [INDEX_FILE, TABLE_FILE])
@pytest.mark.parametrize("content", [b"", b"garbage", b"[1]", None])
def test_a_damaged_or_missing_file_is_an_error_with_the_remedy(
        store: FaissPassageStore, tmp_path: Path, name: str, content: bytes | None) -> None:
    store.persist(str(tmp_path))
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(IndexDamaged) as caught:
        FaissPassageStore.load(tmp_path)
    assert "python -m assistant index" in caught.value.remedy


class AxisEmbedding(BaseEmbedding):
    """Points along the axis that the text names: enough to see which store llama-index asked."""

    def _get_query_embedding(self, query: str) -> list[float]:
        return [float(query == axis) for axis in "xyz"]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_query_embedding(text)


def test_llama_index_adds_filters_and_deletes_through_it() -> None:
    store = FaissPassageStore(3)
    nodes = [TextNode(id_=f"{axis}-{language}", text=axis, metadata={"language": language},
                      excluded_embed_metadata_keys=["language"],
                      relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=axis)})
             for axis in "xyz" for language in ("zh", "en")]
    index = VectorStoreIndex(nodes, storage_context=StorageContext.from_defaults(vector_store=store),
                             embed_model=AxisEmbedding(model_name="axis"))
    assert store.count == 6
    found = index.as_retriever(similarity_top_k=2).retrieve("y")
    assert {n.node.node_id for n in found} == {"y-zh", "y-en"} and all(n.score == pytest.approx(1.0) for n in found)
    assert {n.node.get_content() for n in found} == {"y"}
    filtered = index.as_retriever(similarity_top_k=3, filters=_where(MetadataFilter(key="language", value="en")))
    assert [n.node.node_id for n in filtered.retrieve("z")][0] == "z-en"
    assert all(n.node.node_id.endswith("en") for n in filtered.retrieve("z"))
    index.delete_ref_doc("z", delete_from_docstore=True)
    assert store.count == 4
    assert {n.node.node_id for n in index.as_retriever(similarity_top_k=6).retrieve("z")} == {"x-zh", "x-en", "y-zh", "y-en"}
