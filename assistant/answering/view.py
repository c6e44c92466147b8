"""The library as answering needs it: statements with their places, and what each statement names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from assistant.corpus.entries import Mark, Vocabulary
from assistant.figures import figures
from assistant.folding import fold, squeeze
from assistant.index.embedder import Embedder
from assistant.index.statistics import LANGUAGES, TokenStatistics
from assistant.index.tokens import content_tokens
from assistant.types import Language, Mention, Passage, Record, Statement
from assistant.understanding.mentions import MentionFinder
from assistant.understanding.quantities import Quantity, quantities


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement stands in one language: passage id and code points."""

    passage: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What one statement says in one language, for ranking: content tokens, ids it names by kind, figures, quantities."""

    tokens: frozenset[str]
    named: frozenset[tuple[str, str]]
    figures: frozenset[str]
    quantities: tuple[Quantity, ...]

    def names(self, kind: str, ids: tuple[str, ...]) -> bool:
        return any((kind, i) in self.named for i in ids)

    def names_any(self, kind: str) -> bool:
        return any(k == kind for k, _ in self.named)


@dataclass(frozen=True, slots=True)
class Sets:
    """What a record lists, as sets: they are compared with each question. papers: of its edges. wanted: attribute → yes or no."""

    markets: frozenset[str]
    covers: frozenset[str]
    named_products: frozenset[str]
    marks: frozenset[str]
    papers: frozenset[str]
    wanted: Mapping[str, str]

    @staticmethod
    def of(record: Record) -> Sets:
        return Sets(frozenset(record.markets), frozenset(record.covers), frozenset(record.named_products), frozenset(record.marks),
                    frozenset(s.paper for s in record.statements if s.paper),
                    {w.attribute: w.is_ for w in record.applies_when if w.is_ in {"yes", "no"}})


class LibraryView:
    """Records, vocabulary and passages of one loaded index; facts about statements are worked out once and kept."""

    def __init__(self, records: tuple[Record, ...], vocabulary: Vocabulary, passages: dict[str, Passage],
                 finder: MentionFinder, statistics: TokenStatistics, embedder: Embedder) -> None:
        self.records: dict[str, Record] = {r.id: r for r in records}
        self.vocabulary = vocabulary
        self.passages = passages
        self.marks: dict[str, Mark] = {m.id: m for m in vocabulary.marks}
        self.products = {p.id: p for p in vocabulary.products}
        self.papers = {p.id: p for p in vocabulary.papers}
        self.instruments = {i.id: i for i in vocabulary.instruments}
        self.attributes = {a.id: a for a in vocabulary.attributes}
        self.authorities = {a.id: a for a in vocabulary.authorities}
        self.places = {p.id: p for p in vocabulary.places}
        self._finder = finder
        self._at: dict[tuple[str, str, str], Place] = {
            (p.record, s.statement, p.language): Place(p.id, s.start, s.end) for p in passages.values() for s in p.spans}
        self._facts: dict[tuple[str, str, str], Facts] = {}
        self.statistics = statistics
        self._embedder = embedder
        self._vectors: dict[tuple[str, str], np.ndarray] = {}
        self._passage_tokens: dict[str, frozenset[str]] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        self._asked: dict[tuple[str, str], tuple[tuple[str, ...], tuple[frozenset[str], ...], np.ndarray]] = {}
        self._sets = {r.id: Sets.of(r) for r in records}
        self._members = {g.id: frozenset(g.members) for g in vocabulary.groups}
        self._marked: dict[str, set[str]] = {}
        for r in records:
            # A mark is its regime's; a guide that tells of it is not what the mark names.
            for mark in r.marks if r.folder != "guides" else ():
                self._marked.setdefault(mark, set()).add(r.id)
        self.held_markets = frozenset(m for r in records for m in r.markets)

    def sets(self, record: Record) -> Sets:
        """The record's lists as sets; a record that is not of this library, such as a curated reply, has its own."""
        known = self._sets.get(record.id)
        return known if known and self.records[record.id] is record else Sets.of(record)

    def members(self, place: str) -> frozenset[str]:
        """The markets of a group, or the market itself."""
        return self._members.get(place) or frozenset((place,))

    def regimes_with(self, marks: Iterable[str]) -> set[str]:
        """Ids of the records, guides left aside, that bear one of the marks."""
        return set().union(*(self._marked.get(mark, set()) for mark in marks))

    def place(self, record: Record, statement: Statement, language: Language) -> Place:
        return self._at[record.id, statement.id, language]

    def statements(self, places: Iterable[tuple[str, str]]) -> list[tuple[Record, Statement]]:
        """The statements with these (record, statement) ids that the library still holds."""
        found = [(self.records[r], s) for r, s in places if r in self.records]
        return [(r, s) for r, wanted in found for s in r.statements if s.id == wanted]

    def facts(self, record: Record, statement: Statement, language: Language) -> Facts:
        key = (record.id, statement.id, language)
        if key not in self._facts:
            words = statement.words.say(language)
            named = frozenset((m.kind, m.id) for m in self._finder.find(words))
            self._facts[key] = Facts(content_tokens(words), named, figures(words), quantities(fold(words)))
        return self._facts[key]

    def embed(self, text: str) -> np.ndarray:
        """The unit vector of a question, shape (dimensions,)."""
        return np.asarray(self._embedder.encode_queries([text])[0])

    def vectors(self, record: Record, language: Language) -> np.ndarray:
        """Unit vectors of the record's statements in order, shape (statements, dimensions); worked out once and kept."""
        key = (record.id, language)
        if key not in self._vectors:
            self._vectors[key] = self._embedder.encode([s.words.say(language) for s in record.statements])
        return self._vectors[key]

    def asked(self, record: Record, language: Language) -> tuple[tuple[str, ...], tuple[frozenset[str], ...], np.ndarray]:
        """Sections, content tokens and unit vectors of the record's typical questions; worked out once and kept."""
        key = (record.id, language)
        if key not in self._asked:
            questions = [q for q in record.asked if q.language == language]
            vectors = (self._embedder.encode_queries([q.text for q in questions]) if questions
                       else np.zeros((0, self._embedder.dimensions), dtype=np.float32))
            self._asked[key] = (tuple(q.section for q in questions), tuple(content_tokens(q.text) for q in questions), vectors)
        return self._asked[key]

    def warm(self) -> None:
        """Work out what answering would otherwise work out with the first question about each record."""
        for record in self.records.values():
            for language in LANGUAGES:
                for statement in record.statements:
                    self.facts(record, statement, language)
                self.vectors(record, language)
                self.asked(record, language)

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """What a text names of the vocabulary and the records."""
        return tuple(self._finder.find(text))

    def record_names(self) -> dict[str, tuple[str, ...]]:
        """Every name of every record in the spelling in which names are compared; worked out once and kept."""
        if not self._names:
            self._names = {r.id: tuple(squeeze(n) for n in (r.id, r.name.zh, r.name.en, *r.aliases)) for r in self.records.values()}
        return self._names

    def passage_tokens(self, passage_id: str) -> frozenset[str]:
        """Content tokens of a passage with its title and its record's aliases; worked out once and kept."""
        if passage_id not in self._passage_tokens:
            passage = self.passages[passage_id]
            aliases = " ".join(self.records[passage.record].aliases)
            self._passage_tokens[passage_id] = content_tokens(f"{passage.text} {passage.title} {aliases}")
        return self._passage_tokens[passage_id]

    def held(self, place: str) -> bool:
        """Whether some record is for this market or for a member of this group."""
        return any(m in self.held_markets for m in self.vocabulary.expand_places((place,)))

    def product_names(self, products: tuple[str, ...], categories: tuple[str, ...], language: Language) -> str:
        """What the question sells, by name: its products, else its categories."""
        names = [self.products[p].name.say(language) for p in products if p in self.products]
        names = names or [c.name.say(language) for c in self.vocabulary.categories if c.id in categories]
        return ("、" if language == "zh" else ", ").join(names)

    def entry_name(self, entry_id: str, language: Language) -> str:
        """What an entry of the vocabulary or a record is called; the id itself when nothing bears it."""
        if entry_id in self.marks:
            return self.marks[entry_id].label.say(language)
        for entries in (self.places, self.products, self.papers, self.instruments, self.records):
            entry = entries.get(entry_id)
            if entry is not None:
                return entry.name.say(language)
        return entry_id

    def place_name(self, place: str, language: Language) -> str:
        entry = self.places.get(place)
        return entry.name.say(language) if entry else place
