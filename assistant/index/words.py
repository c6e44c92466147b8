"""The keyword leg: passages in a tantivy index, with our own tokens in fields of their own weight."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import tantivy

from assistant.index.tokens import tokens

#: How much a match counts by field; tuned on the gold questions (docs/decisions/0004-retrieval.md).
BOOSTS = {"title": 1.5, "heading": 1.0, "questions": 1.0, "text": 1.0}
TOKENIZER = "characters+bigrams, english snowball, standards joined; 1"
_HEAP = 64_000_000


@dataclass(frozen=True, slots=True)
class WordsEntry:
    """What the keyword leg holds of one passage; every text is tokenised here."""

    id: str
    language: str
    title: str
    heading: str
    questions: str
    text: str


@lru_cache(maxsize=1024)
def _joined(text: str) -> str:
    """Tokens of a field; titles and headings come back with every section of a record."""
    return " ".join(tokens(text))


class Words(Protocol):
    """Keyword search over passages."""

    def search(self, text: str, k: int, languages: Collection[str] = (), within: Collection[str] | None = None
               ) -> list[tuple[str, float]]:
        """The best k passage ids with scores > 0, best first; `within` limits them to these passages."""
        ...


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    builder.add_text_field("language", stored=False, tokenizer_name="raw")
    for field in BOOSTS:
        builder.add_text_field(field, stored=False, tokenizer_name="whitespace")
    return builder.build()


def _register(index: tantivy.Index) -> tantivy.Index:
    index.register_tokenizer("whitespace", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    return index


class TantivyWords:
    """A tantivy index in a folder; built once, then only read."""

    def __init__(self, folder: Path) -> None:
        self._schema = _schema()
        self._index = _register(tantivy.Index(self._schema, path=str(folder)))
        self._index.reload()
        self._searcher = self._index.searcher()

    @property
    def count(self) -> int:
        return int(self._searcher.num_docs)

    @staticmethod
    def build(folder: Path, entries: Iterable[WordsEntry]) -> None:
        """Write a new index into the empty `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        index = _register(tantivy.Index(_schema(), path=str(folder)))
        writer = index.writer(heap_size=_HEAP, num_threads=1)
        for entry in entries:
            document = tantivy.Document()
            document.add_text("id", entry.id)
            document.add_text("language", entry.language)
            for field in BOOSTS:
                document.add_text(field, _joined(getattr(entry, field)))
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()

    def _query(self, wanted: Sequence[str], languages: Collection[str], within: Collection[str] | None) -> tantivy.Query:
        term = tantivy.Query.term_query
        should = [(tantivy.Occur.Should, tantivy.Query.boost_query(term(self._schema, field, token), boost))
                  for token in dict.fromkeys(wanted) for field, boost in BOOSTS.items()]
        query = tantivy.Query.boolean_query(should)
        filters = []
        if languages:
            filters.append(tantivy.Query.term_set_query(self._schema, "language", list(languages)))
        if within is not None:
            filters.append(tantivy.Query.term_set_query(self._schema, "id", list(within)))
        if not filters:
            return query
        free = [(tantivy.Occur.Must, tantivy.Query.const_score_query(f, 0.0)) for f in filters]
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, query), *free])

    def search(self, text: str, k: int, languages: Collection[str] = (), within: Collection[str] | None = None
               ) -> list[tuple[str, float]]:
        wanted = tokens(text)
        if not wanted or k <= 0 or (within is not None and not within):
            return []
        found = self._searcher.search(self._query(wanted, languages, within), k).hits
        return [(str(self._searcher.doc(address)["id"][0]), float(score)) for score, address in found if score > 0]
