"""The frozen values that travel, in the order they travel: record → passage → question → evidence → answer.

Nothing in here computes; every station takes these values and returns new ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Language = Literal["zh", "en"]
Tier = Literal["official", "secondary"]
Basis = Literal["official", "secondary", "general-knowledge"]
Origin = Literal["library", "document", "reply"]
Standing = Literal["grounded", "partly", "insufficient", "out-of-scope", "unavailable"]
Role = Literal[
    "conclusion", "fact", "condition", "date", "exception", "gap", "step",
    "heading", "notice", "question", "next-step", "computed",
]
CITED_ROLES: frozenset[str] = frozenset({"conclusion", "fact", "condition", "date", "exception", "gap", "step"})


@dataclass(frozen=True, slots=True)
class Words:
    """The same words in both languages of the library."""

    zh: str
    en: str

    def say(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


# --- records -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """A page or text that somebody read. `read` is an ISO date; `instrument` is set when it is that law's own text."""

    id: str
    title: Words
    url: str
    publisher: str
    tier: Tier
    read: str
    instrument: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence pair with at most one source mark.

    id: hash of record, section and Chinese text, so an insertion elsewhere never changes it.
    date, certainty: set for milestones (`date` as YYYY[-MM[-DD]], empty when only described in words).
    paper, relation: set for recognition edges.
    """

    id: str
    section: str
    words: Words
    source: str | None = None
    locator: str | None = None
    date: str | None = None
    certainty: str | None = None
    paper: str | None = None
    relation: str | None = None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A product that people look for here and that belongs to the record `see` (None: to no record held)."""

    product: str
    see: str | None


@dataclass(frozen=True, slots=True)
class AppliesWhen:
    """One deciding attribute: either `is_` a value, or a range with a unit."""

    attribute: str
    is_: str | None = None
    min: str | None = None
    max: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A typical question and the section of the record that answers it."""

    section: str
    language: Language
    text: str


@dataclass(frozen=True, slots=True)
class Record:
    """One instrument. `markets` and `covers` are expanded to single ISO codes and product ids."""

    id: str
    folder: str
    name: Words
    aliases: tuple[str, ...]
    status: str
    kind: str | None
    scope: str
    markets: tuple[str, ...]
    market_groups: tuple[str, ...]
    marks: tuple[str, ...]
    authority: tuple[str, ...]
    legal_basis: tuple[str, ...]
    covers: tuple[str, ...]
    named_products: tuple[str, ...]
    excludes: tuple[Exclusion, ...]
    applies_when: tuple[AppliesWhen, ...]
    asks: tuple[str, ...]
    sources: tuple[Source, ...]
    checked: str | None
    questions_zh: tuple[str, ...]
    questions_en: tuple[str, ...]
    statements: tuple[Statement, ...]
    digest: str
    asked: tuple[Asked, ...] = ()

    def source(self, source_id: str | None) -> Source | None:
        return next((s for s in self.sources if s.id == source_id), None)

    def basis(self, statement: Statement) -> Basis:
        source = self.source(statement.source)
        return source.tier if source else "general-knowledge"


@dataclass(frozen=True, slots=True)
class CuratedReply:
    """A reply that staff wrote and a second person approved, in the form of a record with the id `reply:…`.

    record: its statements stand in the section `summary`; questions_zh and questions_en are the questions it answers.
    rests_on: (record, statement) of the library that it was derived from; valid_until: last ISO day, None for no end.
    """

    record: Record
    rests_on: tuple[tuple[str, str], ...]
    valid_until: str | None


# --- passages ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Span:
    """Where a statement stands in a passage, in Unicode code points."""

    statement: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """One section of one record in one language: what is indexed, shown and quoted from. id = `record#section.lang`."""

    id: str
    record: str
    section: str
    language: Language
    title: str
    text: str
    spans: tuple[Span, ...]
    origin: Origin = "library"


# --- questions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier turn of the conversation."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A vocabulary entry found in the question. `start`, `end` are positions in the folded text."""

    kind: str
    id: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Understood:
    """A question as understood: ids of the vocabulary, never free text.

    places: market and group ids as said (`EU`, `DE`); markets: the same expanded to ISO codes.
    question: as typed; text: the same with slips mended; read_as: those changes as (typed, read as).
    codes: HS or CN codes as digits. periods: first and last ISO day of each period named. dropped: ids that the reader took away.
    parts: the questions that one text holds, each read on its own with the facets of the whole.
    names: (record, the name by which this turn or an earlier one calls it).
    carried: which facets come from earlier turns. bare: the turn adds nothing but a place or a product to them.
    """

    question: str
    text: str
    folded: str
    language: Language
    as_of: str
    intent: str
    intents: tuple[str, ...]
    places: tuple[str, ...] = ()
    markets: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    instruments: tuple[str, ...] = ()
    authorities: tuple[str, ...] = ()
    standards: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    periods: tuple[tuple[str, str], ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    read_as: tuple[tuple[str, str], ...] = ()
    dropped: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    mentions: tuple[Mention, ...] = ()
    cue_words: tuple[str, ...] = ()
    filler: tuple[str, ...] = ()
    bare: bool = False
    parts: tuple[Understood, ...] = ()
    refusal: str | None = None


# --- evidence ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found, with its fused score in 0..1 and the score of each leg."""

    passage: str
    score: float
    legs: tuple[tuple[str, float], ...] = ()


# --- answers -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CitedSource:
    """The page behind a quote, as shown to the reader."""

    title: str
    locator: str | None
    tier: Tier
    read: str


@dataclass(frozen=True, slots=True)
class Citation:
    """One numbered quote: `quote` stands verbatim at `start:end` of the section that `show` prints."""

    n: int
    record: str
    section: str
    language: Language
    origin: Origin
    basis: Basis
    title: str
    reference: str
    source: CitedSource | None
    url: str
    quote: str
    start: int
    end: int
    status: str
    as_of: str
    checked: str | None


@dataclass(frozen=True, slots=True)
class Segment:
    """One piece of the answer. Cited roles carry citation numbers; the others never do.

    ai: worded by a language model and checked against its quotes; False for quotes and the assistant's own sentences.
    """

    role: Role
    text: str
    citations: tuple[int, ...] = ()
    language: Language | None = None
    ai: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """What a language model did to the answer.

    model: its name. kept, replaced, struck: sentences of the model that stand, that gave way to the quoted form, that were
    removed. reasons: why, each once. fault: why the model gave nothing or stopped, empty when it did not.
    notice: one sentence for the reader, empty when all went well.
    """

    model: str
    kept: int = 0
    replaced: int = 0
    struck: int = 0
    reasons: tuple[str, ...] = ()
    fault: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Facets:
    """What was understood, as published with the answer."""

    markets: tuple[str, ...]
    products: tuple[str, ...]
    instruments: tuple[str, ...]
    as_of: str
    intent: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The one object that every face renders.

    ai: whether some sentence was worded by a language model. wording: None where no model is set.
    unranked: whether a reranker is set that did not finish in time or failed, so that the fused order stands.
    """

    id: str
    answer_id: str
    question: str
    language: Language
    standing: Standing
    answer: str
    abstained: bool
    segments: tuple[Segment, ...]
    citations: tuple[Citation, ...]
    facets: Facets
    notices: tuple[str, ...]
    library: str
    timings_ms: dict[str, float] = field(default_factory=dict)
    ai: bool = False
    wording: Wording | None = None
    unranked: bool = False
