"""What a product needs in a market, or in several: one statement for each regime, then what it depends on."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answering import phrases
from assistant.answering.drafts import Draft, Quoted, Said
from assistant.answering.focus import Focus
from assistant.answering.pieces import Composed, Evidence, Pieces
from assistant.answering.ranking import Ranked, distinct, particular_tokens
from assistant.corpus.entries import UNIONS
from assistant.types import Record, Understood

_KINDS = {"mandatory": 0, "conditional": 1, "voluntary": 2}
#: Aspects under which a question that names no regime asks what is needed.
ACCESS = frozenset({"scope", "recognition", "comparison", "summary", "requirements"})
#: A question without a turn of phrase that asks is open up to this many particulars.
OPEN = 8
#: And without a market up to this many: what else is said asks for something of its own.
OPEN_ANYWHERE = 3
#: More products than this are a category, not a list of what is sold.
MOST_PRODUCTS = 4
#: At most so many regimes are told of one market.
MOST_REGIMES = 9
#: A record for more products than this is about trade in general (packaging, chemicals, advertising).
BROAD = 250
#: With this many regimes of its own, a product is told so many general ones.
ENOUGH_OWN, MOST_GENERAL = 4, 1
_DUTIES = frozenset({"route", "requirements", "applicant", "scope", "reports"})
#: Aspects that the leading statement serves as well as any other.
_BOUND_ASPECTS = frozenset({"scope", "summary", "mistakes", "comparison", "standards", "reports"})


class MarketAccess:
    """Answers what is needed to sell a product in one market or several."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces

    @staticmethod
    def asked(e: Evidence) -> bool:
        """Whether the question asks what is needed at all, naming no regime."""
        u = e.u
        if any(f.named for f in e.focus) or not (u.products or u.categories):
            return False
        if not u.places and len(particular_tokens(u)) > OPEN_ANYWHERE:
            return False
        if not u.intents and len(particular_tokens(u)) > OPEN:
            return False  # so much is said of the case that something particular is asked
        if (bool(u.places) or "scope" in u.intents) and set(u.intents) <= ACCESS:
            return True
        return any("scope" in part.intents and set(part.intents) <= ACCESS for part in u.parts)

    @staticmethod
    def only_foreign_papers(e: Evidence) -> bool:
        """Whether all that the question names is of other markets while a record here covers its product."""
        named = [f for f in e.focus if f.named]
        if not (e.u.papers or {"recognition", "mistakes"} & set(e.u.intents)):
            return False
        return (bool(e.u.places and named) and not any(f.in_place and f.record.markets for f in named)
                and any(f.covers and f.in_place and f.record.markets for f in e.focus))

    def compose(self, e: Evidence) -> Composed | None:
        """What the markets in question ask of the product; None when nothing held says so."""
        groups = self._covering_by_place(e)
        differ = len({tuple(f.record.id for f in covering) for covering in groups.values()}) > 1
        return self._by_place(e, groups) if differ else self._one_market(e)

    def completed(self, e: Evidence, composed: Composed) -> Composed:
        """The answer with what it leaves out of several markets or products asked about: one statement for each."""
        u, p = e.u, self._pieces
        quoted = [d for d in composed.drafts if isinstance(d, Quoted)]
        told = {d.statement.id for d in quoted}
        cited = {d.record.id for d in quoted}
        missing: list[tuple[str, list[Focus]]] = []
        if len(u.places) > 1:
            for place, covering in self._covering_by_place(e).items():
                if covering and not self._told(place, covering, quoted):
                    missing.append((p.view.place_name(place, u.language), covering[:2]))
        if 1 < len(u.products) <= MOST_PRODUCTS and u.places and not u.codes:
            for product in u.products:
                covering = [f for f in self._covering(e) if product in f.record.covers]
                if covering and covering[0].record.id not in cited:
                    missing.append((p.view.product_names((product,), (), u.language), covering[:1]))
        drafts: list[Draft] = []
        for heading, covering in missing:
            ranked = p.rank(e, covering)
            if not self.asked(e):  # something particular is asked: of this market too
                leads = [next(r for r in ranked if r.record is f.record) for f in covering]
            else:
                leads = self._leads(u, covering, ranked, [])
            leads = [lead for lead in leads if lead.statement.id not in told]
            if leads:
                drafts.append(Said("heading", heading))
            for lead in leads:
                drafts += p.quote(u, lead, "fact")
                told.add(lead.statement.id)
        if not drafts:
            return composed
        # Before what follows the quotes: questions back and notices stay last.
        at = max(i for i, d in enumerate(composed.drafts) if isinstance(d, Quoted) or d.role == "computed") + 1
        return Composed((*composed.drafts[:at], *drafts, *composed.drafts[at:]), composed.complete)

    def _told(self, place: str, covering: Sequence[Focus], quoted: Sequence[Quoted]) -> bool:
        """Whether a quote speaks for the place: of its own rules where it has some, else of its union's."""
        members = set(self._pieces.view.vocabulary.expand_places((place,)))

        def own(record: Record) -> bool:
            return set(record.markets) <= members or bool(UNIONS & set(record.market_groups))

        here = [d.record for d in quoted if set(d.record.markets) & members]
        return any(own(r) for r in here) or (bool(here) and not any(own(f.record) for f in covering))

    def _covering(self, e: Evidence) -> list[Focus]:
        """Records of the markets in question that cover the product (or, lacking one, the category), mandatory first."""
        u = e.u
        covering = [f for f in e.focus if f.covers and f.in_place and f.record.markets]
        if not covering and u.categories and not u.products:
            products = {p.id for p in self._pieces.view.vocabulary.products if p.category in u.categories}
            covering = [f for f in e.focus if set(f.record.covers) & products and f.in_place and f.record.markets]
        covering = [f for f in covering if f.record.folder == "regimes"] or covering
        covering.sort(key=lambda f: self._order(u, f))
        own = [f for f in covering if f.record.marks or len(f.record.covers) <= BROAD]
        # Rules for trade in general fill up the list; where the product has regimes of its own they would only bury them.
        if len(own) >= ENOUGH_OWN:
            covering = own + [f for f in covering if f not in own][:MOST_GENERAL]
        return covering[:MOST_REGIMES]

    @staticmethod
    def _order(u: Understood, f: Focus) -> tuple[int, bool, bool, bool, float, str]:
        """Mandatory before voluntary, rules for everything last, the product's name before a trait, marks first."""
        return (_KINDS.get(f.record.kind or "", 3), not f.record.marks and len(f.record.covers) > BROAD,
                not set(f.record.named_products) & set(u.products), not f.record.marks, -f.weight, f.record.id)

    def _one_market(self, e: Evidence) -> Composed | None:
        u, p = e.u, self._pieces
        covering = self._covering(e)
        if not covering:
            return self._not_covered(e)
        ranked = p.rank(e, covering)
        taken: list[Ranked] = []
        drafts = self._by_kind(u, covering, ranked, taken)
        if not taken:
            return None
        further: list[Draft] = []
        for r in (*p.asked_beside(e, covering, taken), *p.telling(u, ranked, taken)):
            further += p.quote(u, r)
        spent = sum(len(r.statement.words.say(u.language)) for r in taken)
        if len(covering) <= 3:
            more = [r for r in ranked if r.statement.section in _DUTIES
                    and (r.facts.names("product", u.products) or not r.facts.names_any("product"))]
            for r in p.fill(u, more, taken, 5 - len(covering), 0.0, spent):
                further += p.quote(u, r)
        for r in p.upcoming(u, ranked, taken, 2):
            further += p.quote(u, r, "date")
        also = distinct([r for r in ranked if r.facts.names("product", u.products)
                         and p.role(u, r) in {"exception", "gap"}], 2, taken)
        # Under the heading of one kind, what follows would seem to belong to that kind.
        headed = any(isinstance(d, Said) and d.role == "heading" for d in drafts)
        if further and headed:
            drafts.append(p.heading("next", u))
        drafts += further
        if also and not (further and headed):
            drafts.append(p.heading("next", u))
        for r in also:
            drafts += p.quote(u, r)
        drafts += p.ask_back(u, [f.record for f in covering])
        if not u.places:
            drafts.append(Said("next-step", phrases.ASK_MARKET.say(u.language)))
        return Composed(tuple(drafts), complete=bool(u.places))

    def _by_kind(self, u: Understood, covering: Sequence[Focus], ranked: Sequence[Ranked], taken: list[Ranked]) -> list[Draft]:
        """One statement for each regime, the first as the conclusion; a heading where the kind changes."""
        p = self._pieces
        drafts: list[Draft] = []
        kind = covering[0].record.kind
        for f in covering:
            lead = p.lead_for(u, ranked, f.record)
            if lead is None or not distinct([lead], 1, taken):
                continue
            if taken and f.record.kind != kind and f.record.kind in phrases.KINDS:
                drafts.append(Said("heading", phrases.KINDS[f.record.kind].say(u.language)))
            kind = f.record.kind if taken else kind
            taken.append(lead)
            first = len(taken) == 1
            drafts += p.quote(u, lead, "conclusion" if first else None,
                              p.mark_label(u, lead.record, lead.statement) if first else "")
        return drafts

    def _not_covered(self, e: Evidence) -> Composed | None:
        """No regime of that market covers the product: quote what a record there says about it, if any does."""
        u, p = e.u, self._pieces
        naming = [r for r in p.rank(e, [f for f in e.focus if f.in_place])
                  if r.facts.names("product", u.products) and r.statement.section != "dates"]
        if not naming or not u.products:
            return None
        taken = distinct(naming, 3)
        drafts = p.quote(u, taken[0], "conclusion")
        for r in taken[1:]:
            drafts += p.quote(u, r)
        return Composed(tuple(drafts), complete=False)

    def _covering_by_place(self, e: Evidence) -> dict[str, list[Focus]]:
        """For each place asked about, the records that answer for it, mandatory ones first."""
        out = {}
        for place in e.u.places:
            markets = set(self._pieces.view.vocabulary.expand_places((place,)))
            here = [f for f in e.focus if set(f.record.markets) & markets]
            covering = [f for f in here if f.covers] or ([] if e.u.products else self._in_categories(e, here) or here[:2])
            covering.sort(key=lambda f: self._order(e.u, f))
            out[place] = covering[: 4 if len(e.u.places) < 3 else 3]
        return out

    def _in_categories(self, e: Evidence, here: Sequence[Focus]) -> list[Focus]:
        """Records that cover a product of the categories in question, those that name one of their products first."""
        products = {p.id for p in self._pieces.view.vocabulary.products if p.category in e.u.categories}
        named = [f for f in here if set(f.record.named_products) & products]
        return named + [f for f in here if set(f.record.covers) & products and f not in named]

    def _by_place(self, e: Evidence, groups: dict[str, list[Focus]]) -> Composed | None:
        """One heading for each group of places that share their records."""
        u, p = e.u, self._pieces
        drafts: list[Draft] = []
        taken: list[Ranked] = []
        missing = [place for place, covering in groups.items() if not covering]
        told: dict[tuple[str, ...], list[str]] = {}
        for place, covering in groups.items():
            if covering:
                told.setdefault(tuple(f.record.id for f in covering), []).append(place)
        join = phrases.LIST_JOIN.say(u.language).join
        for ids, places in told.items():
            covering = [f for f in e.focus if f.record.id in ids]
            found = self._leads(u, covering, p.rank(e, covering), taken)
            if not found:
                missing += places
                continue
            drafts.append(Said("heading", join(p.view.place_name(place, u.language) for place in places)))
            for i, r in enumerate(found):
                drafts += p.quote(u, r, "conclusion" if i == 0 else None,
                                  p.mark_label(u, r.record, r.statement) if i == 0 else "")
            for r in p.asked_beside(e, covering, taken, 1):
                drafts += p.quote(u, r)
        if not taken:
            return None
        for held, words in ((False, phrases.MISSING_MARKETS), (True, phrases.MISSING_REGIMES)):
            places = [place for place in missing if p.view.held(place) == held]
            if places:
                drafts.append(Said("notice", words.say(u.language).format(
                    places=join(p.view.place_name(place, u.language) for place in places),
                    products=p.view.product_names(u.products, u.categories, u.language))))
        drafts += p.ask_back(u, [taken[0].record])
        return Composed(tuple(drafts), complete=not missing)

    def _leads(self, u: Understood, covering: Sequence[Focus], ranked: Sequence[Ranked], taken: list[Ranked]) -> list[Ranked]:
        """One statement for each record: of the section asked for if there is one, else the one that leads."""
        found: list[Ranked] = []
        for f in covering:
            own = [r for r in ranked if r.record is f.record and r.statement.section in set(u.intents) - _BOUND_ASPECTS]
            lead = own[0] if own else self._pieces.lead_for(u, ranked, f.record)
            if not own and not u.products and not u.categories:
                lead = next((r for r in ranked if r.record is f.record), lead)
            if lead and distinct([lead], 1, taken):
                found.append(lead)
                taken.append(lead)
        return found
