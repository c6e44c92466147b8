"""llama-index's own retrievers over our passages, as its defaults make them: what `bench` compares with.

Only how many hits they return is set (their default is 2), because quality is measured at 10.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llama_index.core import VectorStoreIndex
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import TextNode

from assistant.index.build import embedding_text
from assistant.index.embedder import Embedder
from assistant.index.llama_embedding import LibraryEmbedding
from assistant.types import Passage

#: Question → the best passage ids with scores, best first.
Search = Callable[[str], list[tuple[str, float]]]


def _nodes(passages: Sequence[Passage]) -> list[TextNode]:
    """The text that is embedded, so that both sides see the same words and have the same vectors."""
    return [TextNode(id_=p.id, text=embedding_text(p)) for p in passages]


def _search(retriever: BaseRetriever) -> Search:
    return lambda question: [(hit.node.node_id, float(hit.score or 0.0)) for hit in retriever.retrieve(question)]


def vector_store_index(passages: Sequence[Passage], embedder: Embedder, k: int) -> Search:
    """`VectorStoreIndex` with its default store and our vectors; k hits a question."""
    index = VectorStoreIndex(_nodes(passages), embed_model=LibraryEmbedding(embedder))
    return _search(index.as_retriever(similarity_top_k=k))


def bm25_retriever(passages: Sequence[Passage], k: int) -> Search:
    """`BM25Retriever` with its default tokens and parameters; k hits a question. Raises ImportError without the package."""
    # Only bench compares with it: an installation that serves has no need of the package.
    from llama_index.retrievers.bm25 import BM25Retriever

    return _search(BM25Retriever.from_defaults(nodes=_nodes(passages), similarity_top_k=k))
