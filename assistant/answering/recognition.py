"""Whether a paper that the firm holds is enough there: the edges of the recognition graph, yes or no first."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answering.focus import Focus, in_place
from assistant.answering.pieces import FOLLOWERS, Composed, Evidence, Pieces
from assistant.answering.ranking import Ranked, distinct
from assistant.folding import fold
from assistant.types import Statement, Understood

#: A paper that this many regimes of the market speak of is asked about in general when no product is named.
MANY = 3
#: An acceptance edge answers although another statement scores this much better.
EDGE_MARGIN = 0.15
#: The same where the question names the paper and asks whether it counts.
NAMED_MARGIN = 0.5
#: Aspects under which a paper in hand and a market ask whether the paper counts there.
ASKS_IT = frozenset({"recognition", "reports", "mistakes", "scope"})
_REFUSED = frozenset({"not-accepted"})
_BESIDE = frozenset({"reports", "comparison", "mistakes", "route", "scope", "summary", "validity"})


class Recognition:
    """Answers whether a report or certificate counts in a market or for a regime."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces

    def papers(self, u: Understood) -> tuple[str, ...]:
        """Papers the question holds in hand: named ones, and those issued under marks or records it names."""
        view = self._pieces.view
        # A record's first mark is the one it gives; others may stand beside it (CE in Great Britain beside UKCA).
        marks = set(u.marks) | {view.records[i].marks[0] for i in u.records if i in view.records and view.records[i].marks}
        issuing = set(u.records) | {r.id for r in view.records.values() if r.marks and r.marks[0] in marks}
        if "recognition" not in u.intents:
            issuing = set()  # a standard or mark that is merely named is no paper in hand
        papers = dict.fromkeys((*u.papers, *(p.id for p in view.papers.values() if p.record in issuing)))
        # Asked about CE and the Saudi PCoC for Saudi Arabia, CE is in hand and the PCoC is what it is held against.
        abroad = [p for p in papers if not self._issued_in(view.papers[p].record, u.markets)]
        if u.markets and not abroad and not u.papers and "recognition" not in u.intents:
            return ()  # the mark of the market asked about is what is wanted there, not a paper from elsewhere
        return tuple(abroad if u.markets and abroad else papers)

    def _issued_in(self, record_id: str | None, markets: tuple[str, ...]) -> bool:
        record = self._pieces.view.records.get(record_id or "")
        return bool(record and set(record.markets) & set(markets))

    def compose(self, e: Evidence) -> Composed | None:
        """The edges that answer, yes or no first. None when there is none, or another statement answers better."""
        u, p = e.u, self._pieces
        papers = self.papers(u)
        targets = self._targets(e, papers)
        if not papers or not targets:
            return None
        ranked = p.rank(e, targets)
        edges = [r for r in ranked if r.statement.paper in papers]
        # A certificate and its report come from one issuer: an edge of either answers for both.
        issuers = {p.view.papers[i].record for i in u.papers if i in p.view.papers} - {None}
        named = [r for r in edges if r.statement.paper in u.papers] or [
            r for r in edges if p.view.papers[r.statement.paper or ""].record in issuers]
        chosen = self._one_for_each(e, named or edges)
        if not chosen:
            return None
        rivals = {f.record.id: f for f in (*(f for f in e.focus if f.named and f.in_place), *targets)}
        best = p.rank(e, list(rivals.values()))[0]
        asked = (not set(u.intents) - ASKS_IT and bool(u.places)
                 and not any(f.named and f.in_place and f.record.markets for f in e.focus))
        margin = NAMED_MARGIN if named and "recognition" in u.intents else EDGE_MARGIN
        if asked and self._general(e, targets):
            return None
        if not asked and best.score > chosen[0].score + margin and best.statement.section != "recognition":
            return None
        lead, taken = chosen[0], list(chosen)
        drafts = p.quote(u, lead, "conclusion", self._verdict(u, lead.statement))
        for r in chosen[1:]:
            drafts += p.quote(u, r, "fact")
        for r in p.asked_beside(e, list(rivals.values()), taken):
            drafts += p.quote(u, r)
        for r in p.telling(u, ranked, taken):
            drafts += p.quote(u, r)
        more = [r for r in ranked if r.record is lead.record and r.statement.section in _BESIDE]
        spent = sum(len(r.statement.words.say(u.language)) for r in taken)
        for r in p.fill(u, more, taken, 2, FOLLOWERS * (more[0].score if more else 0.0), spent):
            drafts += p.quote(u, r)
        return Composed((*drafts, *p.ask_back(u, [lead.record])))

    def _general(self, e: Evidence, targets: Sequence[Focus]) -> bool:
        """Whether a paper is asked about in general and its own record says it best: no product, many regimes."""
        u = e.u
        if u.products or u.categories or len(targets) < MANY or not e.hits:
            return False
        best = self._pieces.view.passages[e.hits[0].passage].record
        return any(f.named and f.record.id == best for f in e.focus)

    def _targets(self, e: Evidence, papers: tuple[str, ...]) -> list[Focus]:
        """Records with an edge from one of the papers that the question is about: named ones first, else its markets'."""
        u, view = e.u, self._pieces.view
        issuers = {view.papers[i].record for i in papers if i in view.papers}
        in_focus = {f.record.id: f for f in e.focus}
        targets = []
        for record in view.records.values():
            if view.sets(record).papers.isdisjoint(papers) or not in_place(view, record, u):
                continue
            f = in_focus.get(record.id) or Focus(record, 0.5, False, bool(set(record.covers) & set(u.products)), True)
            if u.markets or f.named:
                targets.append(f)
        if u.markets:
            targets = [t for t in targets if t.record.markets] or targets
        named = [t for t in targets if t.named and t.record.id not in issuers]
        targets = named or [t for t in targets if t.record.id not in issuers or u.markets]
        if u.products and any(t.covers for t in targets):
            targets = [t for t in targets if t.covers or t.named]
        return targets

    @staticmethod
    def _one_for_each(e: Evidence, edges: Sequence[Ranked]) -> list[Ranked]:
        """The best three edges; with several markets, the best of each market before any second one."""
        if len(e.u.places) < 2:
            # Without a market both directions may be meant: the best edge of each record that is named, before others.
            heads = {edge.record.id: edge for edge in reversed(edges)}
            named = [heads[f.record.id] for f in e.focus if f.named and f.record.id in heads] if not e.u.places else []
            return distinct([*edges[:1], *sorted(named, key=lambda r: -r.score), *edges], 3)
        first: list[Ranked] = []
        for edge in edges:
            if not any(set(edge.record.markets) == set(other.record.markets) for other in first):
                first.append(edge)
        return distinct(first, 4)

    def _verdict(self, u: Understood, statement: Statement) -> str:
        """A word such as 不能代替 that stands in the quote and says the relation; empty when none does."""
        words = fold(statement.words.say(u.language))
        for word in self._pieces.cue("verdict", "no" if statement.relation in _REFUSED else "yes", u):
            if word in words:
                return word[:1].upper() + word[1:]
        return ""
