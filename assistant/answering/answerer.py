"""Question → answer: understand, retrieve, compose, number, check. One instance serves many threads."""

from __future__ import annotations

import logging
import math
import re
import secrets
import time
from collections import ChainMap
from collections.abc import Callable, Collection, Iterator, Sequence

from assistant.answering import phrases
from assistant.answering.abstaining import Abstention, abstain, hotline_notice
from assistant.answering.citations import basis_notices, number
from assistant.answering.drafts import Draft, Quoted, Said
from assistant.answering.focus import Focus, choose, named_records
from assistant.answering.invariants import breaches
from assistant.answering.pieces import Composed, Evidence
from assistant.answering.quoting import QuotingComposer
from assistant.answering.ranking import question_tokens
from assistant.answering.render import render
from assistant.answering.replies import ReplyShelf
from assistant.answering.view import LibraryView
from assistant.answering.worded import Progress, Worder
from assistant.figures import figures
from assistant.folding import has_han
from assistant.index.tokens import content_tokens
from assistant.retrieval.reranked import SKIPPED
from assistant.retrieval.retriever import Retriever
from assistant.settings import Hotline
from assistant.types import Answer, Citation, CuratedReply, Facets, Hit, Segment, Standing, Turn, Understood
from assistant.understanding.cues import words_of
from assistant.understanding.understand import Understanding, without

log = logging.getLogger(__name__)
_ABBREVIATION = re.compile(r"(?<![a-z0-9])[a-z][a-z0-9]{2,}(?![a-z0-9])")
_CAPITALS = re.compile(r"(?<![A-Za-z0-9])[A-Z][A-Z0-9]{2,}(?![A-Za-z0-9])")
RETRIEVE = 40
#: A question that names nothing we hold is answered only when something found is about it: alike in meaning (cosine of
#: the best passage), repeating this share of its content, or far up in the keyword leg. Measured on the gold questions.
ALIKE, COVERED, MANY_WORDS = 0.53, 0.12, 120.0
#: In how many of the best passages that is looked for.
LOOKED_AT = 8
#: A law in one of these states is not today's rule. What has ended is told, with a notice that it has.
NOT_IN_FORCE = frozenset({"superseded", "withdrawn"})


class Answerer:
    """Answers questions from one loaded library by quoting.

    replies: the curated replies in force now; while they stay the same it returns the same tuple.
    worder: a language model that words finished answers anew; None to quote only.
    """

    def __init__(self, view: LibraryView, understanding: Understanding, retriever: Retriever, composer: QuotingComposer,
                 library: str, hotline: Hotline, replies: Callable[[], tuple[CuratedReply, ...]] = tuple,
                 worder: Worder | None = None) -> None:
        self._view, self._understanding, self._retriever, self._composer = view, understanding, retriever, composer
        self._library, self._hotline, self._replies = library, hotline, replies
        self._shelf = ReplyShelf((), view, understanding)
        self._worder = worder

    @property
    def view(self) -> LibraryView:
        return self._view

    @property
    def retriever(self) -> Retriever:
        return self._retriever

    @property
    def shelf(self) -> ReplyShelf:
        """The curated replies in force, ready to be matched and quoted."""
        replies = self._replies()
        shelf = self._shelf
        if shelf.replies is not replies:
            shelf = self._shelf = ReplyShelf(replies, self._view, self._understanding)
        return shelf

    def version(self, record_id: str) -> str:
        """The digest of a record or reply as it is now, empty when it is not held."""
        record = self._view.records.get(record_id) or self._shelf.records.get(record_id)
        return record.digest if record else ""

    @property
    def library(self) -> str:
        """sha256 of the corpus the answers rest on."""
        return self._library

    @property
    def has_model(self) -> bool:
        """Whether a language model is set."""
        return self._worder is not None

    def stream(self, question: str, history: Sequence[Turn] = (), as_of: str = "", question_id: str | None = None,
               dropped: Collection[str] = ()) -> Iterator[Progress]:
        """The answer as it comes, in the words of the language model where one is set; the last progress is final.

        Raises QuestionRefused.
        """
        quoting = self.answer(question, history, as_of, question_id, dropped)
        if self._worder is None:
            yield Progress(quoting, final=True)
        else:
            yield from self._worder.word(quoting)

    def worded(self, question: str, history: Sequence[Turn] = (), as_of: str = "", question_id: str | None = None,
               dropped: Collection[str] = ()) -> Answer:
        """What `stream` ends with. Raises QuestionRefused."""
        for progress in self.stream(question, history, as_of, question_id, dropped):
            answer = progress.answer
        return answer

    def answer(self, question: str, history: Sequence[Turn] = (), as_of: str = "", question_id: str | None = None,
               dropped: Collection[str] = ()) -> Answer:
        """The quoting answer to `question` on the ISO date `as_of`, read without the ids in `dropped`.

        Raises QuestionRefused when it cannot be taken as it is.
        """
        began = time.perf_counter()
        u = self._understanding.read(question, history, as_of, dropped)
        understood = time.perf_counter()
        context = next((t.content for t in reversed(history) if t.role == "user"), "") if u.bare else ""
        hits = [] if u.refusal else self._retriever.retrieve(self._search_text(u, context), RETRIEVE, u.language)
        retrieved = time.perf_counter()
        shelf = self.shelf
        reply = shelf.match(u)
        drafts, standing = self._by_reply(u, reply) if reply else self._decide(u, hits, context)
        drafts = [*drafts, *self._as_read(u)]
        segments, citations = number(self._view, shelf, drafts, u.language, as_of)
        answer_id = secrets.token_urlsafe(12)

        def build(drafts_segments: tuple[Segment, ...], cited: tuple[Citation, ...], standing: Standing) -> Answer:
            return Answer(
                id=question_id or answer_id, answer_id=answer_id, question=u.question, language=u.language,
                standing=standing, answer=render(drafts_segments),
                abstained=standing in {"insufficient", "out-of-scope", "unavailable"}, segments=drafts_segments,
                citations=cited, facets=self._facets(u),
                notices=basis_notices(cited, u.language) or (hotline_notice(self._hotline, u.language) if not cited else ()),
                library=self._library,
                timings_ms={"understand": round((understood - began) * 1e3, 2),
                            "retrieve": round((retrieved - understood) * 1e3, 2),
                            "answer": round((time.perf_counter() - retrieved) * 1e3, 2)},
                unranked=any(leg == SKIPPED for hit in hits[:1] for leg, _ in hit.legs))

        answer = build(segments, citations, standing)
        broken = breaches(answer, ChainMap(shelf.passages, self._view.passages))
        if broken:
            log.error("answer withheld, invariants broken: %s", "; ".join(broken))
            segments, citations = number(self._view, shelf, abstain(self._view, u, "check-failed").drafts, u.language, as_of)
            answer = build(segments, citations, "unavailable")
        return answer

    def _by_reply(self, u: Understood, reply: CuratedReply) -> tuple[Sequence[Draft], Standing]:
        """A curated reply, whole, and below it the statements of the library that it rests on."""
        first, *others = reply.record.statements
        drafts: list[Draft] = [Quoted("conclusion", reply.record, first), *(Quoted("fact", reply.record, s) for s in others)]
        grounds = self._view.statements(reply.rests_on)
        said = {s.words.say(u.language) for s in reply.record.statements}
        below = [(r, s) for r, s in grounds if s.words.say(u.language) not in said]
        if below:
            drafts += [Said("heading", phrases.HEADINGS["library"].say(u.language)), *(Quoted("fact", r, s) for r, s in below)]
        bases = {record.basis(statement) for record, statement in ((reply.record, first), *grounds)}
        return drafts, "partly" if bases == {"general-knowledge"} else "grounded"

    def _as_read(self, u: Understood) -> list[Draft]:
        """What was mended in the question, and which product is meant where a code names several."""
        if u.refusal:
            return []
        out: list[Draft] = [Said("notice", phrases.READ_AS.say(u.language).format(typed=typed, read=read))
                            for typed, read in u.read_as if not figures(f"{typed} {read}") - figures(u.question)]
        names = [self._view.products[p].name.say(u.language) for p in u.products if p in self._view.products]
        if u.codes and len(names) > 1 and not any(figures(n) for n in names):
            out.append(Said("question", phrases.WHICH_PRODUCT.say(u.language).format(
                products=phrases.LIST_JOIN.say(u.language).join(names))))
        return out

    def _search_text(self, u: Understood, context: str) -> str:
        """The question plus the library's own names for the products it mentions, plus the turn it leans on."""
        names = [self._view.products[p].name.say(u.language) for p in u.products if p in self._view.products]
        if "record" in u.carried or "mark" in u.carried:
            names += [self._view.records[r].name.say(u.language) for r in list(named_records(self._view, u))[:2]]
        return " ".join([u.text, *names, *([context] if context else [])])

    def _decide(self, u: Understood, hits: Sequence[Hit], context: str) -> tuple[Sequence[Draft], Standing]:
        if u.refusal:
            return self._given_up(abstain(self._view, u, u.refusal, choose(self._view, u, ()) if u.refusal == "live" else ()))
        unheld = [p for p in u.places if not self._view.held(p)]
        focus = [f for f in choose(self._view, u, hits)]
        if unheld:
            composed = self._about_unheld(u, unheld)
            if composed is None and len(unheld) == len(u.places):
                return self._given_up(abstain(self._view, u, "market-not-held", places=unheld))
            if composed:
                return composed.drafts, "partly"
        current = [f for f in focus if f.record.status not in NOT_IN_FORCE]
        named = [f for f in focus if f.named]
        if (focus and not current) or (named and all(f.record.status in NOT_IN_FORCE for f in named)):
            return self._given_up(abstain(self._view, u, "only-superseded", focus))
        reason = self._out_of_reach(u, current, hits)
        if reason:
            return self._given_up(abstain(self._view, u, reason, names=self._unknown_names(u)))
        composed = self._composer.compose(Evidence(u, tuple(current), tuple(hits), context))
        if composed is None:
            reason = "product-not-held" if (u.products or u.categories) and u.places else "nothing-found"
            return self._given_up(abstain(self._view, u, reason, current if named_records(self._view, u) else ()))
        drafts = [*composed.drafts, *self._status_notices(u, composed)]
        grounded = composed.complete and self._first_basis(drafts) != "general-knowledge"
        return drafts, "grounded" if grounded else "partly"

    def _about_unheld(self, u: Understood, unheld: Sequence[str]) -> Composed | None:
        """What a held record that the question names says of a market that is not held (`EAC` and Ukraine)."""
        named = named_records(self._view, u)
        records = [self._view.records[i] for i in named]
        wanted = {("place", p) for p in unheld}
        if not {"recognition", "mistakes"} & set(u.intents):
            return None
        found = [(r, s) for r in records for s in r.statements
                 if wanted & self._view.facts(r, s, u.language).named]
        if not found:
            return None
        drafts: list[Draft] = [Quoted("conclusion" if i == 0 else "fact", r, s) for i, (r, s) in enumerate(found[:2])]
        return Composed(tuple(drafts), complete=False)

    def _out_of_reach(self, u: Understood, focus: Sequence[Focus], hits: Sequence[Hit]) -> str | None:
        """Whether the question lies outside what the library can answer: nothing named and too little alike."""
        if named_records(self._view, u):
            return "product-not-held" if self._beside_the_product(u, focus) else None
        if not any(c.isalpha() for c in u.folded):
            return "nothing-found"
        if self._unknown_names(u):
            return "name-not-held"
        if u.products or u.categories:
            return None
        covered, words = self._coverage(u, hits)
        legs = [dict(hit.legs) for hit in hits[:LOOKED_AT]]
        about = (max((leg.get("vectors", 0.0) for leg in legs), default=0.0) >= ALIKE
                 or max((leg.get("words", 0.0) for leg in legs), default=0.0) >= MANY_WORDS or covered >= COVERED)
        # One word in common with a question that names nothing is chance.
        if about and (words > 1 or u.places):
            return None
        return "product-not-recognised" if u.places else "nothing-found"

    def _beside_the_product(self, u: Understood, focus: Sequence[Focus]) -> bool:
        """Whether it is asked if a named regime is for a product that no record of that market says anything about."""
        if not (u.products and u.places) or set(u.intents) - {"scope", "comparison", "summary"}:
            return False
        here = [f for f in focus if f.in_place and f.record.markets and f.record.folder == "regimes"]
        return bool(here) and not any(f.covers for f in here) and not any(
            self._view.facts(f.record, s, u.language).names("product", u.products) for f in here for s in f.record.statements)

    def _unknown_names(self, u: Understood) -> tuple[str, ...]:
        """Abbreviations in the question that no record and no entry of the vocabulary knows (a law we do not hold).

        In a Chinese question every Latin word of three letters is taken for one, in an English one capitals only.
        """
        spans = {(m.start, m.end) for m in u.mentions}
        text = without(u.folded, spans)
        in_capitals = set(_CAPITALS.findall(u.text))
        trade_terms = words_of(self._view.vocabulary.cues, "trade-term", "commerce", "en")
        out = []
        for word in _ABBREVIATION.findall(text):
            if word in trade_terms or any(self._view.statistics.known(t) for t in content_tokens(word)):
                continue
            if u.language == "zh" or word.upper() in in_capitals:
                out.append(word.upper())
        return tuple(dict.fromkeys(out))

    def _coverage(self, u: Understood, hits: Sequence[Hit]) -> tuple[float, int]:
        """What the best passage and its title repeat of the question's content: its share, rare words counting more,
        and the number of tokens."""
        weight = {t: self._view.statistics.weight(t, u.language) for t in question_tokens(u)}
        total = math.fsum(weight.values())
        if not total:
            return 0.0, 0
        best = (0.0, 0)
        for hit in hits[:LOOKED_AT]:
            found = self._view.passage_tokens(hit.passage) & weight.keys()
            best = max(best, (math.fsum(weight[t] for t in found) / total, len(found)))
        return best

    @staticmethod
    def _given_up(abstention: Abstention) -> tuple[Sequence[Draft], Standing]:
        return abstention.drafts, abstention.standing

    @staticmethod
    def _first_basis(drafts: Sequence[Draft]) -> str:
        for draft in drafts:
            if not isinstance(draft, Said):
                return draft.record.basis(draft.statement)
        return "general-knowledge"

    def _status_notices(self, u: Understood, composed: Composed) -> list[Draft]:
        out: list[Draft] = []
        for record in {d.record.id: d.record for d in composed.drafts if not isinstance(d, Said)}.values():
            words = phrases.STATUS_NOTICE.get(record.status)
            if words:
                # A notice holds no digits; one of the record's other names does without them.
                names = (record.name.say(u.language), *(a for a in record.aliases if has_han(a) == (u.language == "zh")))
                name = next((n for n in names if not figures(n)), phrases.SOME_RECORD.say(u.language))
                out.append(Said("notice", words.say(u.language).format(name=name)))
        return out

    def _facets(self, u: Understood) -> Facets:
        instruments = tuple(dict.fromkeys((*u.marks, *u.papers, *u.instruments, *u.records)))
        return Facets(u.places, u.products, instruments, u.as_of, u.intent)
