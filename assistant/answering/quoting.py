"""Answering by quoting: which statements stand in the answer, in which role and order.

No word is invented. The conclusion comes first, then what it depends on, then dates, then the neighbours that people
confuse it with, then what was not found, then one question back.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.answering import phrases
from assistant.answering.drafts import Draft, Quoted, Said
from assistant.answering.focus import Focus, in_place
from assistant.answering.ranking import Ranked, Ranker, distinct
from assistant.answering.view import LibraryView
from assistant.figures import negations
from assistant.folding import fold
from assistant.types import Hit, Record, Role, Statement, Understood
from assistant.understanding.cues import words_of

#: Longest answer in characters of quoted text; an English sentence is about three times as long as its Chinese twin.
BUDGET = {"zh": 520, "en": 1500}
#: How weak a further statement may be beside the best one.
FOLLOWERS = 0.62
#: An acceptance edge answers although another statement scores this much better.
EDGE_MARGIN = 0.15
_REFUSED = frozenset({"not-accepted"})
_BOUND_ASPECTS = frozenset({"scope", "summary", "mistakes", "comparison", "standards", "reports"})


@dataclass(frozen=True, slots=True)
class Composed:
    """Drafts in order, and whether the conclusion answers the question in full."""

    drafts: tuple[Draft, ...]
    complete: bool = True


class QuotingComposer:
    """Composes answers over one library view."""

    def __init__(self, view: LibraryView, ranker: Ranker) -> None:
        self._view, self._ranker = view, ranker

    # --- entry ---

    def compose(self, u: Understood, focus: Sequence[Focus], hits: Sequence[Hit], context: str = "") -> Composed | None:
        """The answer's drafts, or None when nothing in the focus answers the question."""
        if not focus:
            return None
        if len(u.places) > 1 and not any(f.named for f in focus) and "recognition" not in u.intents:
            return self._by_place(u, focus, hits, context)
        winner = self._between(u, focus)
        if winner and not set(u.intents) - {"comparison", "scope", "summary", "mistakes"}:
            return self._choose_between(u, winner, focus, hits, context)
        if winner:
            focus = [winner]
        papers = self._papers(u)
        if papers and ({"recognition", "mistakes"} & set(u.intents) or not u.intents):
            edges = self._recognition(u, focus, hits, papers, context)
            if edges:
                return edges
        if self._is_access_question(u, focus):
            return self._market_access(u, focus, hits, context)
        return self._aspect(u, focus, hits, context)

    # --- shared pieces ---

    def _rank(self, u: Understood, focus: Sequence[Focus], hits: Sequence[Hit], context: str = "") -> list[Ranked]:
        return self._ranker.rank(u, focus, hits, context)

    def _cue(self, group: str, cue: str, u: Understood) -> tuple[str, ...]:
        return words_of(self._view.vocabulary.cues, group, cue, u.language)

    def _role(self, u: Understood, r: Ranked) -> Role:
        section, words = r.statement.section, fold(r.statement.words.say(u.language))
        if section == "gaps":
            return "gap"
        if section == "dates":
            return "date"
        if section in {"route", "documents"}:
            return "step"
        if section in {"scope", "mistakes"} and any(w in words for w in self._cue("role", "exception", u)):
            return "exception"
        if section in {"scope", "requirements"} and any(w in words for w in self._cue("role", "condition", u)):
            return "condition"
        return "fact"

    def _quote(self, u: Understood, r: Ranked, role: Role | None = None, label: str = "") -> list[Draft]:
        role = role or self._role(u, r)
        drafts: list[Draft] = [Quoted(role, r.record, r.statement, label)]
        if r.statement.date and len(r.statement.date) == 10 and ("dates" in u.intents or r.statement.date > u.as_of):
            drafts.extend(self._days(u, r.statement))
        return drafts

    @staticmethod
    def _days(u: Understood, statement: Statement) -> list[Draft]:
        assert statement.date
        left = (datetime.date.fromisoformat(statement.date) - datetime.date.fromisoformat(u.as_of)).days
        if left <= 0:
            return []
        return [Said("computed", phrases.COMPUTED["days-left"].say(u.language).format(days=left))]

    def _fill(self, u: Understood, ranked: Iterable[Ranked], taken: list[Ranked], limit: int, least: float,
              spent: int) -> list[Ranked]:
        """Further statements above `least` while the budget lasts."""
        out: list[Ranked] = []
        for r in ranked:
            if len(out) == limit or r.score < least:
                break
            size = len(r.statement.words.say(u.language))
            if spent + size > BUDGET[u.language]:
                continue
            if distinct([r], 1, [*taken, *out]):
                out.append(r)
                spent += size
        taken.extend(out)
        return out

    def _ask_back(self, u: Understood, records: Iterable[Record]) -> list[Draft]:
        """The deciding attributes that the question leaves open, as one question."""
        stated = {a for a, _ in u.attributes}
        asks = [a for a in dict.fromkeys(a for record in records for a in record.asks)
                if a in self._view.attributes and a not in stated][:2]
        if not asks:
            return []
        joined = "".join(self._view.attributes[a].question.say(u.language) + ("" if u.language == "zh" else " ")
                         for a in asks).strip()
        return [Said("next-step", phrases.ASK_BACK.say(u.language).format(questions=joined))]

    def _upcoming(self, u: Understood, ranked: Iterable[Ranked], taken: list[Ranked], limit: int) -> list[Ranked]:
        """Milestones still to come that bear on the question, nearest first."""
        coming = [r for r in ranked if r.statement.date and r.statement.date > u.as_of
                  and (not u.products or r.facts.names("product", u.products) or not r.facts.names_any("product"))]
        coming.sort(key=lambda r: (r.statement.date or "", -r.score))
        found = distinct(coming, limit, taken)
        taken.extend(found)
        return found

    def _heading(self, key: str, u: Understood) -> Draft:
        return Said("heading", phrases.HEADINGS[key].say(u.language))

    # --- which of two similar things ---

    def _between(self, u: Understood, focus: Sequence[Focus]) -> Focus | None:
        """The record that wins a choice between neighbours for one product: it covers it, the other does not."""
        if not u.products or not u.markets:
            return None
        rivals = [f for f in focus if f.named and f.in_place and f.record.markets]
        marks = {m for f in rivals for m in f.record.marks}
        if len(rivals) < 2 or len(marks) < 2:
            return None
        covering = [f for f in rivals if f.covers]
        losers = [f for f in rivals if not f.covers]
        if len(covering) != 1 or not any(e.product in u.products for f in losers for e in f.record.excludes) and not losers:
            return None
        return covering[0]

    def _choose_between(self, u: Understood, winner: Focus, focus: Sequence[Focus], hits: Sequence[Hit],
                        context: str) -> Composed | None:
        own = self._rank(u, [winner], hits, context)
        naming = [r for r in own if r.statement.section == "scope" and r.facts.names("product", u.products)]
        in_order = {s.id: i for i, s in enumerate(winner.record.statements)}
        naming.sort(key=lambda r: in_order[r.statement.id])
        lead = next((r for r in naming if r.facts.names("mark", winner.record.marks)), naming[0] if naming else None)
        if lead is None:
            return None
        taken = [lead]
        drafts = self._quote(u, lead, "conclusion", self._mark_label(u, winner.record, lead.statement))
        if not lead.facts.names("mark", winner.record.marks):
            for r in distinct([r for r in own if r.statement.section == "summary"], 1, taken):
                drafts += self._quote(u, r)
                taken.append(r)
        rest = [r for r in naming if r is not lead]
        exceptions = [r for r in rest if self._role(u, r) == "exception"]
        for r in distinct([r for r in rest if r not in exceptions], 2, taken):
            drafts += self._quote(u, r)
            taken.append(r)
        for section, limit in (("dates", 2), ("route", 1)):
            rows = [r for r in own if r.statement.section == section
                    and (r.facts.names("product", u.products) or not r.facts.names_any("product"))]
            if section == "dates":
                rows.sort(key=lambda r: (r.statement.date or "", r.statement.id))
            for r in distinct(rows, limit, taken):
                drafts += self._quote(u, r, None if section == "dates" else "fact")
                taken.append(r)
        for r in self._neighbours(u, winner, focus, hits, exceptions, taken):
            if not any(isinstance(d, Said) and d.role == "heading" for d in drafts):
                drafts.append(self._heading("exceptions", u))
            drafts += self._quote(u, r, "gap" if r.statement.section == "gaps" else "exception")
        drafts += self._ask_back(u, [winner.record])
        return Composed(tuple(drafts))

    def _neighbours(self, u: Understood, winner: Focus, focus: Sequence[Focus], hits: Sequence[Hit],
                    exceptions: Sequence[Ranked], taken: list[Ranked]) -> list[Ranked]:
        """What the losing records say about the product, then the winner's exceptions, then one gap."""
        rivals = [f for f in focus if f.named and f.in_place and f.record.markets and f is not winner]
        others = [r for r in self._rank(u, rivals, hits) if r.facts.names("product", u.products)]
        about = [r for r in others if r.statement.section == "scope" and r.facts.names("mark", r.record.marks)
                 and not negations(r.statement.words.say(u.language))]
        out = distinct(about, 1, taken)
        out += distinct(exceptions, 1, [*taken, *out])
        gaps = [r for r in others if r.statement.section == "gaps"]
        gaps += [r for r in self._rank(u, [winner], hits)
                 if r.statement.section == "gaps" and r.facts.names("product", u.products)]
        return out + distinct(gaps, 1, [*taken, *out])

    def _mark_label(self, u: Understood, record: Record, statement: Statement) -> str:
        words = statement.words.say(u.language)
        for mark_id in record.marks:
            label = self._view.marks[mark_id].label.say(u.language)
            if label.lower() in words.lower():
                return label[:1].upper() + label[1:]
        return ""

    # --- is my paper enough there ---

    def _papers(self, u: Understood) -> tuple[str, ...]:
        """Papers the question holds in hand: named ones, and those issued under marks or records it names."""
        named = set(u.papers)
        issuing = set(u.records) | {r.id for r in self._view.records.values() if set(r.marks) & set(u.marks)}
        named |= {p.id for p in self._view.papers.values() if p.record in issuing}
        if "ce" in u.marks:
            named.add("eu-ce-doc")
        return tuple(named)

    def _recognition(self, u: Understood, focus: Sequence[Focus], hits: Sequence[Hit], papers: tuple[str, ...],
                     context: str) -> Composed | None:
        issuers = {self._view.papers[p].record for p in papers if p in self._view.papers}
        by_record = {f.record.id: f for f in focus}
        targets: list[Focus] = []
        for record in self._view.records.values():
            edges = [s for s in record.statements if s.paper in papers]
            if not edges or not in_place(record, u.markets):
                continue
            f = by_record.get(record.id)
            if not u.markets and not (f and f.named):
                continue
            targets.append(f or Focus(record, 0.5, False, bool(set(record.covers) & set(u.products)), True))
        if u.markets:
            targets = [t for t in targets if t.record.markets] or targets
        named_targets = [t for t in targets if t.named and t.record.id not in issuers]
        targets = named_targets or [t for t in targets if t.record.id not in issuers or u.markets]
        if u.products and any(t.covers for t in targets):
            targets = [t for t in targets if t.covers or t.named]
        if not targets:
            return None
        ranked = [r for r in self._rank(u, targets, hits, context)]
        edges_ranked = [r for r in ranked if r.statement.paper in papers]
        if u.papers and any(r.statement.paper in u.papers for r in edges_ranked):
            edges_ranked = [r for r in edges_ranked if r.statement.paper in u.papers]
        chosen = distinct(edges_ranked, 3)
        if not chosen:
            return None
        best = self._rank(u, [f for f in focus if f.named] or focus, hits, context)[0]
        if best.score > chosen[0].score + EDGE_MARGIN and best.statement.section != "recognition":
            return None
        lead = chosen[0]
        taken = list(chosen)
        drafts = self._quote(u, lead, "conclusion", self._verdict(u, lead.statement))
        for r in chosen[1:]:
            drafts += self._quote(u, r, "fact")
        spent = sum(len(r.statement.words.say(u.language)) for r in taken)
        more = [r for r in ranked if r.record is lead.record and r.statement.section in
                {"reports", "comparison", "mistakes", "route", "scope", "summary", "validity"}]
        least = FOLLOWERS * (more[0].score if more else 0)
        for r in self._fill(u, more, taken, 3, least, spent):
            drafts += self._quote(u, r)
        drafts += self._ask_back(u, [lead.record])
        return Composed(tuple(drafts))

    def _verdict(self, u: Understood, statement: Statement) -> str:
        """A word such as 不能代替 that stands in the quote and says the relation; empty when none does."""
        words = fold(statement.words.say(u.language))
        verdict = "no" if statement.relation in _REFUSED else "yes"
        for word in self._cue("verdict", verdict, u):
            if word in words:
                return word[:1].upper() + word[1:]
        return ""

    # --- what do I need there ---

    def _is_access_question(self, u: Understood, focus: Sequence[Focus]) -> bool:
        named = [f for f in focus if f.named and f.in_place]
        if named or not (u.products or u.categories):
            return False
        if not u.places and not set(u.intents) & {"scope"}:
            return False
        return set(u.intents) <= {"scope", "recognition", "comparison"}

    def _lead_for(self, u: Understood, ranked: Sequence[Ranked], record: Record) -> Ranked | None:
        """The statement that says what the record asks of the product: scope first, summary else."""
        own = [r for r in ranked if r.record is record and r.statement.section in {"scope", "summary", "requirements"}]
        naming = [r for r in own if r.facts.names("product", u.products)]
        if naming:
            return naming[0]
        order = {s.id: i for i, s in enumerate(record.statements)}
        own.sort(key=lambda r: (r.statement.section != "summary", order[r.statement.id]))
        return own[0] if own else None

    def _market_access(self, u: Understood, focus: Sequence[Focus], hits: Sequence[Hit], context: str) -> Composed | None:
        covering = [f for f in focus if f.covers and f.in_place and f.record.markets]
        if not covering and u.categories and not u.products:
            products = {p.id for p in self._view.vocabulary.products if p.category in u.categories}
            covering = [f for f in focus if set(f.record.covers) & products and f.in_place and f.record.markets]
        if not covering:
            return self._not_covered(u, focus, hits, context)
        kinds = {"mandatory": 0, "conditional": 1, "voluntary": 2}
        covering = [f for f in covering if f.record.folder == "regimes"] or covering
        covering.sort(key=lambda f: (kinds.get(f.record.kind or "", 3), -f.weight, f.record.id))
        covering = covering[:6]
        ranked = self._rank(u, covering, hits, context)
        taken: list[Ranked] = []
        drafts: list[Draft] = []
        for f in covering:
            lead = self._lead_for(u, ranked, f.record)
            if lead and distinct([lead], 1, taken):
                taken.append(lead)
                drafts += self._quote(u, lead, "conclusion" if len(taken) == 1 else None,
                                      self._mark_label(u, f.record, lead.statement) if len(taken) == 1 else "")
        if not taken:
            return None
        spent = sum(len(r.statement.words.say(u.language)) for r in taken)
        if len(covering) <= 3:
            more = [r for r in ranked if r.statement.section in {"route", "requirements", "applicant", "scope", "reports"}
                    and (r.facts.names("product", u.products) or not r.facts.names_any("product"))]
            for r in self._fill(u, more, taken, 5 - len(covering), 0.0, spent):
                drafts += self._quote(u, r)
        for r in self._upcoming(u, ranked, taken, 2):
            drafts += self._quote(u, r, "date")
        exceptions = [r for r in ranked if r.facts.names("product", u.products) and self._role(u, r) in {"exception", "gap"}]
        found = distinct(exceptions, 2, taken)
        if found:
            drafts.append(self._heading("next", u))
            for r in found:
                drafts += self._quote(u, r)
        drafts += self._ask_back(u, [f.record for f in covering])
        if not u.places:
            drafts.append(Said("next-step", phrases.ASK_MARKET.say(u.language)))
        return Composed(tuple(drafts), complete=bool(u.places))

    def _not_covered(self, u: Understood, focus: Sequence[Focus], hits: Sequence[Hit], context: str) -> Composed | None:
        """No regime of that market covers the product: quote what a record there says about it, if any does."""
        here = [f for f in focus if f.in_place]
        naming = [r for r in self._rank(u, here, hits, context) if r.facts.names("product", u.products)
                  and r.statement.section != "dates"]
        if not naming or not u.products:
            return None
        taken = distinct(naming, 3)
        drafts = self._quote(u, taken[0], "conclusion")
        for r in taken[1:]:
            drafts += self._quote(u, r)
        return Composed(tuple(drafts), complete=False)

    # --- several markets ---

    def _by_place(self, u: Understood, focus: Sequence[Focus], hits: Sequence[Hit], context: str) -> Composed | None:
        groups = self._covering_by_place(u, focus)
        if len({tuple(f.record.id for f in covering) for covering in groups.values()}) == 1:
            return self._market_access(u, focus, hits, context) if u.products else self._aspect(u, focus, hits, context)
        drafts: list[Draft] = []
        taken: list[Ranked] = []
        missing = [place for place, covering in groups.items() if not covering]
        told: dict[tuple[str, ...], list[str]] = {}
        for place, covering in groups.items():
            if covering:
                told.setdefault(tuple(f.record.id for f in covering), []).append(place)
        for ids, places in told.items():
            covering = [f for f in focus if f.record.id in ids]
            found = self._leads(u, covering, self._rank(u, covering, hits, context), taken)
            names = phrases.LIST_JOIN.say(u.language).join(self._view.place_name(p, u.language) for p in places)
            if not found:
                missing += places
                continue
            drafts.append(Said("heading", names))
            for i, r in enumerate(found):
                drafts += self._quote(u, r, "conclusion" if i == 0 else None,
                                      self._mark_label(u, r.record, r.statement) if i == 0 else "")
        if not taken:
            return None
        if missing:
            names = phrases.LIST_JOIN.say(u.language).join(self._view.place_name(p, u.language) for p in missing)
            drafts.append(Said("notice", phrases.MISSING_MARKETS.say(u.language).format(places=names)))
        drafts += self._ask_back(u, [r.record for r in taken[:1]])
        return Composed(tuple(drafts), complete=not missing)

    def _covering_by_place(self, u: Understood, focus: Sequence[Focus]) -> dict[str, list[Focus]]:
        """For each place asked about, the records that answer for it, mandatory ones first."""
        out = {}
        for place in u.places:
            markets = set(self._view.vocabulary.expand_places((place,)))
            here = [f for f in focus if set(f.record.markets) & markets]
            covering = [f for f in here if f.covers] or ([] if u.products else here[:2])
            covering.sort(key=lambda f: (f.record.kind != "mandatory", -f.weight, f.record.id))
            out[place] = covering[: 3 if len(u.places) < 3 else 2]
        return out

    def _leads(self, u: Understood, covering: Sequence[Focus], ranked: Sequence[Ranked], taken: list[Ranked]) -> list[Ranked]:
        """One statement for each record: of the section asked for if there is one, else the one that leads."""
        found: list[Ranked] = []
        for f in covering:
            own = [r for r in ranked if r.record is f.record and r.statement.section in set(u.intents) - _BOUND_ASPECTS]
            lead = own[0] if own else self._lead_for(u, ranked, f.record)
            if lead and distinct([lead], 1, taken):
                found.append(lead)
                taken.append(lead)
        return found

    # --- one aspect of one or two records ---

    def _aspect(self, u: Understood, focus: Sequence[Focus], hits: Sequence[Hit], context: str) -> Composed | None:
        named = [f for f in focus if f.named and f.in_place]
        candidates = named or [f for f in focus if f.in_place] or list(focus)
        top = candidates[0].weight
        candidates = [f for f in candidates if f.weight >= 0.45 * top][:5]
        ranked = self._rank(u, candidates, hits, context)
        if not ranked:
            return None
        best = ranked[0]
        taken = [best]
        drafts = self._quote(u, best, "conclusion")
        compared = [f for f in candidates if f.record is not best.record] if "comparison" in u.intents and named else []
        for f in compared[:1]:
            own = [r for r in ranked if r.record is f.record and r.statement.section in {"comparison", "summary", "scope"}]
            for r in distinct(own, 1, taken):
                drafts += self._quote(u, r, "fact")
                taken.append(r)
        if compared:
            summaries = [r for r in ranked if r.statement.section == "summary"]
            for r in distinct(summaries, 2, taken):
                drafts += self._quote(u, r, "fact")
                taken.append(r)
        spent = sum(len(r.statement.words.say(u.language)) for r in taken)
        followers = [r for r in ranked if r.statement.section != "gaps"]
        for r in self._fill(u, followers, taken, 5 - len(taken), FOLLOWERS * best.score, spent):
            drafts += self._quote(u, r)
        gaps = [r for r in ranked if r.statement.section == "gaps" and r.lexical >= 0.5 * max(best.lexical, 0.2)]
        for r in distinct(gaps, 1, taken):
            drafts += self._quote(u, r, "gap")
            taken.append(r)
        if "cost-and-time" in u.intents:
            drafts.append(Said("notice", phrases.LIVE_FEES.say(u.language)))
        drafts += self._ask_back(u, [best.record]) if not u.intents or "scope" in u.intents else []
        return Composed(tuple(drafts))
