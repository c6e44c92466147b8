"""The one place where parts are chosen and joined, by plain constructor arguments."""

from __future__ import annotations

import datetime
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from assistant.answering.answerer import Answerer
from assistant.answering.quoting import QuotingComposer
from assistant.answering.ranking import Ranker
from assistant.answering.view import LibraryView
from assistant.answering.worded import Worder
from assistant.desk.accounts import Accounts
from assistant.desk.audit import Audit
from assistant.desk.cases import Cases
from assistant.desk.database import Database, database_exists
from assistant.desk.gaps import Gaps
from assistant.desk.journal import Journal
from assistant.desk.migrating import upgrade
from assistant.desk.moments import Clock, utc_now
from assistant.desk.replies import Replies
from assistant.desk.report import Report
from assistant.errors import SettingsError
from assistant.folding import fold
from assistant.index.build import embedding_text
from assistant.index.load import Live, LoadedIndex, load_index
from assistant.retrieval.cross_encoder import CrossEncoderReranker
from assistant.retrieval.reranked import RerankedRetriever, Reranker, RerankerStatus
from assistant.retrieval.retriever import VECTOR_WEIGHT, FusedRetriever, Retriever, VectorRetriever, WordsRetriever
from assistant.settings import Hotline, JudgeSettings, ModelSettings, RerankerSettings, Settings
from assistant.types import CuratedReply
from assistant.understanding.mending import Mender
from assistant.understanding.mentions import MentionFinder
from assistant.understanding.understand import Understanding
from assistant.wording.breaker import Breaker, DayBudget, Slots
from assistant.wording.checking import Checker
from assistant.wording.endpoint import Endpoint
from assistant.wording.judge import CrossEncoderJudge, Judge, Opinion
from assistant.wording.language_model import LanguageModel
from assistant.wording.worder import Limits, VerifiedWorder

#: A pair of characters in this many statements or typical questions is taken for a word.
FREQUENT = 8
_HAN = re.compile(r"[\u3400-\u9fff]{2,}")
_LATIN_WORD = re.compile(r"[a-z]+")


def make_legs(index: LoadedIndex) -> dict[str, Retriever]:
    """The keyword leg, the vector leg and their fusion over one index, by name."""
    words = WordsRetriever(index.words)
    vectors = VectorRetriever(index.vectors, index.embedder, index.passages)
    weight = index.manifest.fusion.weight if index.manifest.fusion else VECTOR_WEIGHT
    return {"words": words, "vectors": vectors, "fused": FusedRetriever(words, vectors, weight)}


def make_mender(index: LoadedIndex, finder: MentionFinder) -> Mender:
    """A mender towards the names, cue words and frequent words of the library."""
    cues = [word for cue in index.library.vocabulary.cues for word in cue.zh]
    frequent = sorted(index.statistics.frequency.get("zh", {}).items(), key=lambda item: (-item[1], item[0]))
    pairs = [token for token, count in frequent if count >= FREQUENT and len(token) == 2]
    words = {word for r in index.library.records for text in (*(s.words.en for s in r.statements), *(q.text for q in r.asked))
             for word in _LATIN_WORD.findall(text.lower())}
    asked = Counter(text[i : i + 2] for r in index.library.records for q in r.asked if q.language == "zh"
                    for text in _HAN.findall(fold(q.text)) for i in range(len(text) - 1))
    common = dict.fromkeys((*pairs, *(pair for pair, count in asked.most_common() if count >= FREQUENT)))
    seen = {*asked, *(token for token in index.statistics.frequency.get("zh", {}) if len(token) == 2)}
    return Mender(finder.names, cues, words, list(common), seen)


class Reranking:
    """The reranker of a server: one model and its counts, whichever index is in force."""

    def __init__(self, reranker: Reranker, settings: RerankerSettings) -> None:
        self.reranker, self.status, self._settings = reranker, RerankerStatus(), settings

    def over(self, retriever: Retriever, index: LoadedIndex) -> Retriever:
        """`retriever` with its first hits reread."""
        passages = index.passages
        return RerankedRetriever(retriever, self.reranker, lambda passage: embedding_text(passages[passage]),
                                 self._settings.top, self._settings.seconds, self.status)


def make_reranking(settings: RerankerSettings) -> Reranking | None:
    """The reranker that is set, loaded, or None. Raises SettingsError."""
    return Reranking(CrossEncoderReranker(settings.model, settings.device), settings) if settings else None


class Wording:
    """The language model of a server: one endpoint, one breaker, whichever index is in force.

    clock: seconds that only go forward, for the breaker. opinion: on sentences that use other words than their quotes.
    """

    def __init__(self, model: LanguageModel, settings: ModelSettings, clock: Callable[[], float] = time.monotonic,
                 opinion: Opinion | None = None) -> None:
        self.model, self.breaker, self._opinion = model, Breaker(clock), opinion
        self._limits = Limits(settings.seconds, settings.first, settings.longest)
        self._slots = Slots(settings.concurrency)
        self._budget = DayBudget(settings.daily, lambda: datetime.date.today().isoformat())

    def over(self, view: LibraryView) -> Worder:
        """A worder over one library view."""
        return VerifiedWorder(self.model, Checker(view, self._opinion), view.passages, view.entry_name, self._limits, self._slots,
                              self.breaker, self._budget)


def make_judge(settings: JudgeSettings) -> Judge | None:
    """The judging model that is set, loaded, or None. Raises SettingsError."""
    return CrossEncoderJudge(settings.model, settings.device) if settings else None


def make_wording(settings: ModelSettings) -> Wording | None:
    """The language model that is set, with its judge, or None. Nothing is sent yet. Raises SettingsError."""
    if not settings:
        return None
    if settings.judge and not settings.judge.line:
        raise SettingsError("ASSISTANT_LLM_JUDGE is set without the line from which on it is believed.",
                            "Run «python -m assistant evaluate --wording» and set ASSISTANT_LLM_JUDGE_LINE as it says.")
    judge = make_judge(settings.judge)
    # A reply may be slow as a whole; a single piece of it never takes longer than the whole may.
    endpoint = Endpoint(settings.base_url, settings.model, settings.api_key, settings.seconds, settings.fields())
    return Wording(endpoint, settings, opinion=Opinion(judge, settings.judge.line) if judge else None)


def make_answerer(index: LoadedIndex, hotline: Hotline | None = None, replies: Callable[[], tuple[CuratedReply, ...]] = tuple,
                  wording: Wording | None = None, reranking: Reranking | None = None) -> Answerer:
    """An answerer over one loaded index.

    hotline: whom it names when it abstains; replies: those in force; wording: the language model, None to quote only;
    reranking: the reranker, None to keep the fused order.
    """
    library = index.library
    finder = MentionFinder(library.vocabulary, library.records)
    view = LibraryView(library.records, library.vocabulary, index.passages, finder, index.statistics,
                       index.embedder)
    understanding = Understanding(library.vocabulary, finder, make_mender(index, finder))
    fused = make_legs(index)["fused"]
    retriever = reranking.over(fused, index) if reranking else fused
    return Answerer(view, understanding, retriever, QuotingComposer(view, Ranker(view)), library.digest,
                    hotline or Hotline(), replies, wording.over(view) if wording else None)


def open_answerer(settings: Settings) -> Answerer:
    """An answerer over the index in force, with the curated replies of the deployment where there is one.

    Raises IndexMissing, IndexDamaged, DatabaseUnavailable, SettingsError.
    """
    index, wording = load_index(settings.index, settings.embedding_options), make_wording(settings.llm)
    reranking = make_reranking(settings.reranker)
    if not database_exists(settings.database):
        return make_answerer(index, settings.hotline, wording=wording, reranking=reranking)
    database = open_database(settings)
    replies = Replies(database, Audit(database, utc_now), utc_now)
    return make_answerer(index, settings.hotline, replies.in_force, wording, reranking)


@dataclass(frozen=True, slots=True)
class Desk:
    """The hotline's parts and the library they ask."""

    settings: Settings
    live: Live[Answerer]
    database: Database
    clock: Clock
    audit: Audit
    accounts: Accounts
    journal: Journal
    cases: Cases
    gaps: Gaps
    replies: Replies
    report: Report


def open_database(settings: Settings) -> Database:
    """The database in its newest form. Raises SettingsError, DatabaseUnavailable."""
    database = Database(settings.database)
    upgrade(database)
    return database


def make_desk(settings: Settings, clock: Clock = utc_now) -> Desk:
    """The whole desk over the index in force and the database. Raises what opening either raises."""
    database = open_database(settings)
    audit = Audit(database, clock)
    replies = Replies(database, audit, clock)
    wording, reranking = make_wording(settings.llm), make_reranking(settings.reranker)
    live = Live(settings.index, lambda index: make_answerer(index, settings.hotline, replies.in_force, wording, reranking),
                settings.embedding_options)
    return Desk(settings, live, database, clock, audit, Accounts(database, audit, clock), Journal(database, audit, clock),
                Cases(database, audit, clock), Gaps(database, audit, clock), replies, Report(database, clock))
