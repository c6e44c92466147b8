"""Text and earlier turns → Understood. Everything comes from the vocabulary and the records; nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from assistant.corpus.entries import Vocabulary
from assistant.folding import has_han, squeeze
from assistant.index.tokens import content_tokens, standard_numbers
from assistant.types import Mention, Turn, Understood
from assistant.understanding.codes import codes, narrowed, products_of
from assistant.understanding.cues import CueFinder
from assistant.understanding.language import clean, question_language
from assistant.understanding.mending import Mender
from assistant.understanding.mentions import MentionFinder
from assistant.understanding.periods import periods

_KINDS = ("place", "product", "category", "mark", "paper", "record", "instrument", "authority")
#: A question this short (in characters) with earlier turns leans on them even without a cue.
_SHORT = 14
#: A follow-up with at most this many content tokens of its own says nothing new but its place or product.
_BARE = 2
#: Aspect → the intent published with the answer, by priority.
_INTENTS = (("trouble", "symptom"), ("cost-and-time", "fees"), ("comparison", "comparison"),
            ("recognition", "is-it-enough"), ("dates", "since-when"), ("validity", "validity"),
            ("applicant", "who-applies"), ("route", "procedure"), ("documents", "procedure"),
            ("carbon-footprint", "carbon"), ("summary", "definition"))


#: What asks although no aspect is named (几项物质, how many).
_ASKS = re.compile(r"几|多少|哪|什么|啥|吗|\b(?:how|what|which|who|when)\b")
#: A group with this many members named beside it only introduces them.
SPELT_OUT = 2
#: Where one question ends and another may begin.
_CLAUSE = re.compile(r"[?？!！;；。,，]+|(?<=[a-z]) and (?=(?:what|who|how|when|does|do|is|are|can|which|must|where)\b)", re.I)


def _intent(aspects: Collection[str]) -> str:
    """The intent published for the aspects asked for."""
    return next((intent for aspect, intent in _INTENTS if aspect in aspects), "market-access")


def without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """`text` with the spans blanked out; positions stay the same."""
    kept = list(text)
    for start, end in spans:
        kept[start:end] = " " * (end - start)
    return "".join(kept)


def _without_materials(mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
    """Mentions without a product that only says what the next one is made of (不锈钢 in 不锈钢保温杯)."""
    heads = {m.start for m in mentions if m.kind == "product"}
    return tuple(m for m in mentions if not (m.kind == "product" and m.end in heads and has_han(m.text)))


def _ids(mentions: Iterable[Mention], kind: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(m.id for m in mentions if m.kind == kind))


class Understanding:
    """Reads questions against one vocabulary."""

    def __init__(self, vocabulary: Vocabulary, mentions: MentionFinder, mender: Mender) -> None:
        self._vocabulary = vocabulary
        self._mentions, self._mender = mentions, mender
        self._cues = CueFinder(vocabulary.cues, ("aspect", "refusal", "follow-up"))
        self._headings = frozenset(hs.replace(".", "")[:4] for p in vocabulary.products for hs in p.hs)
        self._filler = CueFinder(vocabulary.cues, ("filler",))
        self._attributes = [(a.id, value, tuple(sorted((squeeze(p) for p in phrases), key=len, reverse=True)))
                            for a in vocabulary.attributes
                            for value, phrases in (("no", a.phrases.no), ("yes", a.phrases.yes))]

    def read(self, question: str, history: Sequence[Turn], as_of: str,
             dropped: Collection[str] = ()) -> Understood:
        """What `question` asks on the day `as_of`. dropped: ids of entries that the reader took away again.

        Raises QuestionRefused when it cannot be taken as it is.
        """
        typed = clean(question)
        question_language(typed)
        mended = self._mender.mend(typed)
        text, language = mended.text, question_language(mended.text)
        hits = self._cues.find(text)
        stated, within = self._stated(text)
        mentions = tuple(m for m in self._mentions.find(text) if m.id not in dropped and not (
            m.kind == "product" and any(a <= m.start and m.end <= b for a, b in within)))
        mentions = _without_materials(mentions)
        names = [(m.id, m.text) for m in mentions if m.kind == "record"]
        facets = {kind: _ids(mentions, kind) for kind in _KINDS}
        found = codes(squeeze(text), self._headings)
        for digits, _, _ in found:
            named = (*facets["product"], *(p for t in history if t.role == "user"
                                           for p in _ids(self._mentions.find(t.content[:2000]), "product")))
            meant = narrowed(products_of(digits, self._vocabulary.products), named)
            facets["product"] = tuple(dict.fromkeys((*facets["product"], *(p for p in meant if p not in dropped))))
        aspects = tuple(h.id for h in hits if h.group == "aspect")
        refusal = self._refusal([h.id for h in hits if h.group == "refusal"], facets)
        carried: list[str] = []
        earlier = [t for t in history if t.content.strip()]
        spans = {(m.start, m.end) for m in mentions}
        named = facets["record"] or facets["mark"] or facets["instrument"]
        if earlier:
            leans = any(h.group == "follow-up" for h in hits) or len(squeeze(text)) <= _SHORT
            if leans or not (facets["place"] and (facets["product"] or named)):
                names += self._carry(facets, carried, earlier, bool(named), dropped)
        bare = bool(carried) and len(content_tokens(without(squeeze(text), spans))) <= _BARE
        if bare and not aspects:
            aspects = self._earlier_aspects(earlier)
        places = self._single(facets["place"]) or self._places_of_marks(facets["mark"])
        whole = Understood(
            question=typed, text=text, folded=squeeze(text), language=language, as_of=as_of,
            intent=_intent(aspects), intents=aspects, places=places,
            markets=self._vocabulary.expand_places(places), products=facets["product"], categories=facets["category"],
            marks=facets["mark"], papers=facets["paper"], records=facets["record"], names=tuple(names),
            instruments=facets["instrument"],
            authorities=facets["authority"],
            standards=standard_numbers(squeeze(text)), codes=tuple(digits for digits, _, _ in found), read_as=mended.changes,
            dropped=tuple(dropped), periods=periods(squeeze(text), as_of), attributes=stated, carried=tuple(carried),
            mentions=mentions, refusal=refusal,
            cue_words=tuple(h.words for h in hits), filler=self._filler.words(text), bare=bare)
        return replace(whole, parts=self._parts(whole)) if not refusal else whole

    @staticmethod
    def _refusal(found: Sequence[str], facets: dict[str, tuple[str, ...]]) -> str | None:
        """Why the question is not answered, if it is not.

        A product of ours stands against goods that are not covered, and a real question inside a role play is answered:
        quotes cannot be talked into anything.
        """
        named = facets["record"] or facets["mark"] or facets["instrument"] or facets["paper"]
        for refusal in found:
            if refusal == "goods" and facets["product"]:
                continue
            if refusal == "outside" and named:
                continue  # 客户没注册商标,SNI能先办吗: the trade mark is said in passing
            if refusal == "intrusion" and named and (facets["place"] or facets["product"]):
                continue
            return refusal
        return None

    def _parts(self, whole: Understood) -> tuple[Understood, ...]:
        """The questions that `whole` holds, each with what it says itself and the facets of the whole where it says none.

        Empty unless there are two or more: a clause asks when it holds a turn of phrase that asks.
        """
        clauses = [c.strip() for c in _CLAUSE.split(whole.text) if c and c.strip()]
        if len(clauses) < 2:
            return ()
        out = []
        for clause in clauses:
            hits = self._cues.find(clause)
            aspects = tuple(h.id for h in hits if h.group == "aspect")
            if not aspects and not _ASKS.search(squeeze(clause)):
                continue
            mentions = tuple(m for m in self._mentions.find(clause) if m.id not in whole.dropped)
            own = {kind: _ids(mentions, kind) for kind in _KINDS}
            named = bool(own["record"] or own["mark"] or own["instrument"] or own["paper"])
            places = self._single(own["place"]) or whole.places
            out.append(replace(
                whole, text=clause, folded=squeeze(clause), intent=_intent(aspects), intents=aspects, places=places,
                markets=self._vocabulary.expand_places(places), products=own["product"] or whole.products,
                categories=own["category"] or whole.categories,
                marks=own["mark"] if named else whole.marks, papers=own["paper"] if named else whole.papers,
                records=own["record"] if named else whole.records,
                names=tuple((m.id, m.text) for m in mentions if m.kind == "record") if named else whole.names,
                instruments=own["instrument"] if named else whole.instruments,
                standards=standard_numbers(squeeze(clause)), mentions=mentions,
                cue_words=tuple(h.words for h in hits), filler=self._filler.words(clause)))
        return tuple(out) if len(out) > 1 else ()

    def _carry(self, facets: dict[str, tuple[str, ...]], carried: list[str], earlier: Sequence[Turn], named: bool,
               dropped: Collection[str]) -> list[tuple[str, str]]:
        """Fill what this turn leaves open from earlier turns: the newest that says it wins, users before assistants.

        Returns the records carried over, each with the name it was called by.
        """
        names: list[tuple[str, str]] = []
        new_place = bool(facets["place"])
        turns = [t for t in reversed(earlier) if t.role == "user"] + [t for t in reversed(earlier) if t.role != "user"]
        found = [self._mentions.find(t.content[:2000]) for t in turns]
        for kinds in (("place",), ("product", "category"), ("record", "mark", "instrument", "paper")):
            if any(facets[k] for k in kinds) and not (kinds[0] == "record" and new_place):
                continue
            # Marks of the old market mean nothing in a new one, and a newly named mark replaces the old; a report in
            # hand stays in hand.
            if kinds[0] == "record" and (new_place or named):
                kinds = ("paper",)
                if facets["paper"]:
                    continue
            for mentions in found:
                if any(m.kind in kinds for m in mentions):
                    for kind in kinds:
                        facets[kind] = tuple(i for i in _ids(mentions, kind) if i not in dropped)
                    carried.extend(k for k in kinds if facets[k])
                    names += [(m.id, m.text) for m in mentions if m.kind == "record" and "record" in kinds]
                    break
        return names

    def _earlier_aspects(self, earlier: Sequence[Turn]) -> tuple[str, ...]:
        last = next((t for t in reversed(earlier) if t.role == "user"), None)
        return tuple(h.id for h in self._cues.find(last.content) if h.group == "aspect") if last else ()

    def _single(self, places: tuple[str, ...]) -> tuple[str, ...]:
        """Places without the groups that several of their members spell out (东南亚:马来、泰国).

        Europe is kept: `欧洲和英国` means the Union and the kingdom.
        """
        members = {g.id: set(g.members) for g in self._vocabulary.groups if g.id != "EUROPE"}
        return tuple(p for p in places if len(members.get(p, set()) & set(places)) < SPELT_OUT)

    def _places_of_marks(self, marks: Sequence[str]) -> tuple[str, ...]:
        """The market of a mark that belongs to one market only (TISI is Thai)."""
        markets = {m.id: m.markets for m in self._vocabulary.marks}
        return tuple(dict.fromkeys(markets[m][0] for m in marks if len(markets.get(m, ())) == 1))

    def _stated(self, text: str) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[int, int], ...]]:
        """Attributes the question itself settles (`带蓝牙` → radio: yes), and where in the folded text it does.

        A denial wins over its own substring.
        """
        folded = squeeze(text)
        out: dict[str, str] = {}
        spans = []
        for attribute, value, phrases in self._attributes:
            said = next((p for p in phrases if p in folded), None)
            if attribute not in out and said:
                out[attribute] = value
                spans.append((folded.index(said), folded.index(said) + len(said)))
        return tuple(out.items()), tuple(spans)
