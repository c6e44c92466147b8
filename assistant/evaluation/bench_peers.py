"""Who is measured: our legs, llama-index's defaults, and the keyword engines that could carry our tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.evaluation.bench import DEPTH, Search, SearchFigures, measure_search, optional_package
from assistant.evaluation.questions import GoldQuestion
from assistant.index import llama_defaults
from assistant.index.build import words_entries
from assistant.index.load import LoadedIndex
from assistant.index.tokens import tokens
from assistant.index.words import BOOSTS, TantivyWords, WordsEntry
from assistant.passages import record_passages
from assistant.retrieval.retriever import Retriever
from assistant.types import Passage


@dataclass(frozen=True, slots=True)
class WordsEngine:
    """One way to run the keyword leg on our tokens. fields: one for all text, or four with the weights in use."""

    engine: str
    fields: int
    k1: float
    b: float
    figures: SearchFigures


def our_search(leg: Retriever) -> Search:
    """One of our legs, limited to the question's language."""
    return lambda question, language: [(h.passage, h.score) for h in leg.retrieve(question, DEPTH, language)]


def _per_language(passages: Iterable[Passage], make: Callable[[Sequence[Passage]], llama_defaults.Search]) -> Search:
    """A retriever for each language of the passages: llama-index's defaults filter nothing."""
    by_language: dict[str, list[Passage]] = {}
    for p in passages:
        by_language.setdefault(p.language, []).append(p)
    made = {language: make(chosen) for language, chosen in by_language.items()}
    return lambda question, language: made[language](question)


def llama_index_searches(index: LoadedIndex) -> dict[str, Search]:
    """llama-index's defaults over the same passages, by class name. Raises BenchError when a package is missing."""
    with optional_package("llama-index-retrievers-bm25"):
        words = _per_language(index.passages.values(), lambda chosen: llama_defaults.bm25_retriever(chosen, DEPTH))
    vectors = _per_language(index.passages.values(),
                            lambda chosen: llama_defaults.vector_store_index(chosen, index.embedder, DEPTH))
    return {"BM25Retriever": words, "VectorStoreIndex": vectors}


def _joined(entry: WordsEntry) -> WordsEntry:
    """The entry with all its text in one field."""
    return WordsEntry(entry.id, entry.language, "", "", "", " ".join(getattr(entry, field) for field in BOOSTS))


class Bm25sWords:
    """bm25s on our tokens: one index for each language and field, field scores added with our weights."""

    def __init__(self, entries: Sequence[WordsEntry], k1: float, b: float, boosts: dict[str, float]) -> None:
        with optional_package("bm25s"):
            import bm25s  # measured against, not used: it is no dependency of the program

        self._ids: dict[str, list[str]] = {}
        self._fields: dict[str, list[tuple[bm25s.BM25, float]]] = {}
        for language in sorted({e.language for e in entries}):
            chosen = [e for e in entries if e.language == language]
            self._ids[language] = [e.id for e in chosen]
            self._fields[language] = []
            for field, boost in boosts.items():
                texts = [tokens(getattr(e, field)) for e in chosen]
                if not any(texts):
                    continue
                bm25 = bm25s.BM25(k1=k1, b=b)
                bm25.index(texts, show_progress=False)
                self._fields[language].append((bm25, boost))

    def search(self, question: str, language: str) -> list[tuple[str, float]]:
        """The best passages of one language with scores > 0."""
        ids = self._ids[language]
        wanted = list(dict.fromkeys(tokens(question)))
        scores = np.zeros(len(ids), dtype=np.float32)
        for bm25, boost in self._fields[language]:
            known = [token for token in wanted if token in bm25.vocab_dict]
            if known:
                scores += boost * bm25.get_scores(known)
        best = np.argsort(-scores, kind="stable")[:DEPTH]
        return [(ids[i], float(scores[i])) for i in best if scores[i] > 0]


def _entries(index: LoadedIndex) -> list[WordsEntry]:
    records = index.library.records
    return list(words_entries(records, {r.id: list(record_passages(r)) for r in records}))


def words_engines(index: LoadedIndex, questions: Sequence[GoldQuestion], folder: Path) -> list[WordsEngine]:
    """tantivy and bm25s on the same tokens, in one field and in four. folder: empty, takes a tantivy index."""
    entries = _entries(index)
    joined = [_joined(e) for e in entries]
    TantivyWords.build(folder, joined)
    one = TantivyWords(folder)
    found = [
        WordsEngine("tantivy", len(BOOSTS), 1.2, 0.75, measure_search(
            lambda q, language: index.words.search(q, DEPTH, (language,)), questions)),
        WordsEngine("tantivy", 1, 1.2, 0.75, measure_search(
            lambda q, language: one.search(q, DEPTH, (language,)), questions))]
    for k1 in (0.6, 1.2):
        for boosts, source in ((BOOSTS, entries), ({"text": 1.0}, joined)):
            engine = Bm25sWords(source, k1, 0.75, boosts)
            found.append(WordsEngine("bm25s", len(boosts), k1, 0.75, measure_search(engine.search, questions)))
    return found


