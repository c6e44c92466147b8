"""One aspect of one or two records: validity, applicant, dates, the difference between two."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from assistant.answering import phrases
from assistant.answering.access import ACCESS
from assistant.answering.drafts import Said
from assistant.answering.focus import Focus
from assistant.answering.pieces import FOLLOWERS, Composed, Evidence, Pieces
from assistant.answering.ranking import Ranked, distinct
from assistant.types import Understood

#: A record counts when its weight is at least this share of the first one's.
NEAR = 0.45
#: A passage with this fused score is about the question, also when it stands this far behind another.
ABOUT, BEHIND = 0.6, 0.02
#: A statement of a record that is not named leads only when it scores this much more than the best of a named one.
CLEARLY = 0.2
#: A passage with this fused score is among the very best of both legs.
FOUND = 0.84
#: Statements in an answer, and in one to several questions at once; regimes that one question can call by name.
MOST, MOST_IN_PARTS, MOST_NAMED = 7, 8, 4
#: How far down, and how close to the best statement, one of another market is told when no market was said.
FURTHER, CLOSE = 10, 0.8
#: What leads is dated: a milestone of the same record is told when it scores this share of the best statement.
DATED = 0.35
#: Milestones still to come that are told of a law that does not apply yet.
MOST_TO_COME = 2
#: Milestones later than those told that are told as well.
MOST_LATER = 2
_TELLS_APART = frozenset({"comparison", "summary", "scope"})


class Aspect:
    """Answers from the statements that fit the question best."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces

    def compose(self, e: Evidence) -> Composed | None:
        """The best statement, what else answers, the other side of a comparison, and what was not found."""
        u, p = e.u, self._pieces
        named = self._named(e)
        candidates = self._candidates(e, named)
        ranked = p.rank(e, candidates)
        if not ranked:
            return None
        best = self._lead(u, ranked, named)
        taken = [best]
        drafts = p.quote(u, best, "conclusion")
        if "comparison" in u.intents and len(named) > 1:
            # The sides are what the question names itself, before records that share a mark with them.
            sides = [f for f in named if f.record.id in u.records] or named
            for f in [f for f in sides if f.record is not best.record][:2]:
                own = [r for r in ranked if r.record is f.record and r.statement.section in _TELLS_APART]
                taken += (found := distinct(own, 1, taken))
                for r in found:
                    drafts += p.quote(u, r, "fact")
            about = [r for r in ranked if r.statement.section == "summary" and r.record in [f.record for f in sides]]
            taken += (summaries := distinct(about, 2, taken))
            for r in summaries:
                drafts += p.quote(u, r, "fact")
        others = self._in_other_markets(e, best, ranked)
        taken += others
        for r in others:
            drafts += p.quote(u, r, "fact")
        for r in p.asked_beside(e, candidates, taken):
            drafts += p.quote(u, r)
        for r in p.telling(u, ranked, taken):
            drafts += p.quote(u, r)
        for r in self._each_named(e, named, ranked, taken):
            drafts += p.quote(u, r, "fact")
        for r in self._dated(best, ranked, taken):
            drafts += p.quote(u, r)
        spent = sum(len(r.statement.words.say(u.language)) for r in taken)
        followers = [r for r in ranked if r.statement.section != "gaps"]
        for r in p.fill(u, followers, taken, (MOST_IN_PARTS if u.parts else MOST) - len(taken), FOLLOWERS * best.score, spent):
            drafts += p.quote(u, r)
        for r in self._to_come(u, best, ranked, taken) or self._latest(best, ranked, taken):
            drafts += p.quote(u, r)
        for r in self._since(u, best, ranked, taken):
            drafts += p.quote(u, r)
        gaps = [r for r in ranked if r.statement.section == "gaps" and r.particulars >= max(0.5 * best.particulars, 0.15)]
        for r in distinct(gaps, 1, taken):
            drafts += p.quote(u, r, "gap")
        if "cost-and-time" in u.intents:
            drafts.append(Said("notice", phrases.LIVE_FEES.say(u.language)))
        if others:
            drafts.append(Said("next-step", phrases.ASK_MARKET.say(u.language)))
        if not u.intents or "scope" in u.intents:
            drafts += p.ask_back(u, [best.record])
        return Composed(tuple(drafts))

    def _named(self, e: Evidence) -> list[Focus]:
        """The records that the question names, for the market asked about where it has them."""
        u = e.u
        named = [f for f in e.focus if f.named and f.in_place]
        # A named record that leaves the product to another brings that one in (power tools: not LVD but machinery).
        sent_to = {x.see for f in named for x in f.record.excludes if x.product in u.products and x.see}
        named += [f for f in e.focus if f.record.id in sent_to and f not in named]
        if not named:
            # A paper of one market asked about in another: its own record and those that cover the product there.
            # Where the market has a record of its own that is about the question, the foreign name was said in passing.
            local = {f.record.id for f in e.focus if f.in_place and f.record.markets}
            abroad = {f.record.id for f in e.focus if f.named}
            here = self._found(e, local) >= max(ABOUT, self._found(e, abroad) - BEHIND)
            foreign = bool(abroad) and not (u.places and here)
            named = [f for f in e.focus if f.named or (f.covers and f.in_place)] if foreign else []
        return named

    def _candidates(self, e: Evidence, named: Sequence[Focus]) -> list[Focus]:
        """The records that may answer: named ones, else those of the market, and what retrieval finds far better."""
        p = self._pieces
        candidates = named or [f for f in e.focus if f.in_place] or list(e.focus)
        candidates = [f for f in candidates if f.weight >= NEAR * candidates[0].weight][:5]
        # What retrieval finds far better than anything named is heard too: a name may be said in passing.
        chosen = {f.record.id for f in candidates}
        found_best = {p.view.passages[h.passage].record for h in e.hits[:3] if h.score >= FOUND}
        return candidates + [f for f in e.focus if f.record.id in found_best - chosen and f.in_place]

    def _lead(self, u: Understood, ranked: Sequence[Ranked], named: Sequence[Focus]) -> Ranked:
        """The best statement: of a named record, and about the product, unless another is clearly better."""
        ours = {f.record.id for f in named}
        first = next((r for r in ranked if r.record.id in ours), None)
        best = first if first and first.score >= ranked[0].score - CLEARLY else ranked[0]
        products = self._pieces.view.products
        kinds = tuple({products[p].category for p in u.products if p in products})

        def about(r: Ranked) -> bool:
            return r.facts.names("product", u.products) or r.facts.names("category", kinds)

        if set(u.intents) <= ACCESS and u.products and not about(best):
            best = next((r for r in ranked if r.record is best.record and about(r)
                         and r.score >= best.score - CLEARLY), best)
        return best

    def _found(self, e: Evidence, records: Collection[str]) -> float:
        """Fused score of the best passage of these records."""
        return max((h.score for h in e.hits if self._pieces.view.passages[h.passage].record in records), default=0.0)

    @staticmethod
    def _each_named(e: Evidence, named: Sequence[Focus], ranked: Sequence[Ranked], taken: list[Ranked]) -> list[Ranked]:
        """For each regime the question calls by name (SRRC、入网证、3C) that nothing tells of yet, its best statement."""
        asked = [f for f in named if f.record.id in e.u.records]
        out: list[Ranked] = []
        if len(asked) > 1:
            for f in asked[:MOST_NAMED]:
                if not any(r.record is f.record for r in taken):
                    out += (found := distinct([r for r in ranked if r.record is f.record], 1, taken))
                    taken += found
        return out

    @staticmethod
    def _dated(best: Ranked, ranked: Sequence[Ranked], taken: list[Ranked]) -> list[Ranked]:
        """The milestone of the leading record that bears most on the question, where nothing taken has a date."""
        if any(r.statement.date for r in taken):
            return []
        own = [r for r in ranked if r.record is best.record and r.statement.date and r.score >= DATED * best.score]
        found = distinct(own, 1, taken)
        taken.extend(found)
        return found

    @staticmethod
    def _to_come(u: Understood, best: Ranked, ranked: Sequence[Ranked], taken: list[Ranked]) -> list[Ranked]:
        """When a law that is adopted but does not apply yet begins: its next milestones, in order."""
        if best.record.status != "adopted":
            return []
        coming = sorted((r for r in ranked if r.record is best.record and r.statement.certainty == "law"
                         and (r.statement.date or "") > u.as_of), key=lambda r: r.statement.date or "")
        found = distinct(coming[:MOST_TO_COME], MOST_TO_COME, taken)
        taken.extend(found)
        return found

    @staticmethod
    def _latest(best: Ranked, ranked: Sequence[Ranked], taken: list[Ranked]) -> list[Ranked]:
        """Where dates are told, the best milestones of the leading record that are later than they: the newer rule."""
        told = [r.statement.date for r in taken if r.statement.date and r.record is best.record]
        if not told:
            return []
        later = [r for r in ranked if r.record is best.record and (r.statement.date or "") > max(told)
                 and r.score >= DATED * best.score]
        found = distinct(later, MOST_LATER, taken)
        taken.extend(found)
        return found

    @staticmethod
    def _since(u: Understood, best: Ranked, ranked: Sequence[Ranked], taken: list[Ranked]) -> list[Ranked]:
        """Where only dates to come are told, since when the leading record's rule applies."""
        told = [r.statement.date for r in taken if r.statement.date and r.record is best.record]
        if not told or min(told) <= u.as_of:
            return []
        past = [r for r in ranked if r.record is best.record and r.statement.certainty == "law"
                and r.statement.date and r.statement.date <= u.as_of and r.score >= DATED * best.score]
        found = distinct(past, 1, taken)
        taken.extend(found)
        return found

    def _in_other_markets(self, e: Evidence, best: Ranked, ranked: Sequence[Ranked]) -> list[Ranked]:
        """Without a market said: what other markets answer nearly as well, one statement each."""
        if e.u.places or not best.record.markets or any(f.named and f.record is best.record for f in e.focus):
            return []
        out: list[Ranked] = []
        for r in ranked[:FURTHER]:
            seen = [best, *out]
            if (r.record.markets and r.score >= CLOSE * best.score and r.statement.section == best.statement.section
                    and not any(set(r.record.markets) & set(other.record.markets) for other in seen)):
                out += distinct([r], 1, seen)
        return out[:2]
