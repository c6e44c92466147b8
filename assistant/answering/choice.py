"""Which of two similar papers it is: the record that covers the product wins, the neighbour is told apart."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answering.drafts import Draft
from assistant.answering.focus import Focus
from assistant.answering.pieces import Composed, Evidence, Pieces
from assistant.answering.ranking import Ranked, distinct
from assistant.figures import negations
from assistant.types import Role

#: Aspects under which a question between two neighbours asks just that.
CHOICE = frozenset({"comparison", "scope", "summary", "mistakes"})


class Choice:
    """Answers a choice between neighbouring records for one product."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces

    @staticmethod
    def winner(e: Evidence) -> Focus | None:
        """The record that wins a choice between neighbours for one product: it covers it, the others do not.

        A guide that compares them is no rival.
        """
        if not e.u.products or not e.u.markets:
            return None
        rivals = [f for f in e.focus if f.named and f.in_place and f.record.markets and f.record.folder != "guides"]
        if len(rivals) < 2 or len({m for f in rivals for m in f.record.marks}) < 2:
            return None
        covering = [f for f in rivals if f.covers]
        return covering[0] if len(covering) == 1 else None

    def compose(self, e: Evidence, winner: Focus) -> Composed | None:
        """The choice and what was asked beside it. None when no statement of the winner names the product."""
        return self._choose(e, winner) if set(e.u.intents) <= CHOICE else self._choose_then_tell(e, winner)

    def _choose(self, e: Evidence, winner: Focus) -> Composed | None:
        """Conclusion, conditions, dates, route; then the neighbour's cases, what was not found, one question back."""
        u, p = e.u, self._pieces
        own = p.rank(e, [winner])
        in_order = {s.id: i for i, s in enumerate(winner.record.statements)}
        naming = sorted((r for r in own if r.statement.section == "scope" and r.facts.names("product", u.products)),
                        key=lambda r: in_order[r.statement.id])
        lead = next((r for r in naming if p.mark_label(u, winner.record, r.statement)), None)
        lead = lead or (naming[0] if naming else p.lead_for(u, own, winner.record))
        if lead is None:
            return None
        taken = [lead]
        drafts: list[Draft] = []
        summary = next((r for r in own if r.statement.section == "summary"
                        and p.mark_label(u, winner.record, r.statement)), None)
        if summary and not p.mark_label(u, winner.record, lead.statement):
            # The statement that names the product does not say the mark: the mark's own sentence leads.
            taken.insert(0, summary)
            drafts += p.quote(u, summary, "conclusion", p.mark_label(u, winner.record, summary.statement))
            drafts += p.quote(u, lead, "fact")
        else:
            drafts += p.quote(u, lead, "conclusion", p.mark_label(u, winner.record, lead.statement))

        def tell(rows: Sequence[Ranked], limit: int, role: Role | None = None) -> None:
            for r in distinct(rows, limit, taken):
                drafts.extend(p.quote(u, r, role))
                taken.append(r)

        exceptions = [r for r in naming if r is not lead and p.role(u, r) == "exception"]
        tell([r for r in naming if r is not lead and r not in exceptions], 2)
        for r in p.telling(u, own, taken):
            drafts += p.quote(u, r)
        fitting = [r for r in own if r.facts.names("product", u.products) or not r.facts.names_any("product")]
        tell(sorted((r for r in fitting if r.statement.section == "dates"), key=lambda r: (r.statement.date or "", in_order[
            r.statement.id])), 2)
        tell([r for r in fitting if r.statement.section == "route"], 1, "fact")
        others = self._neighbours(e, winner, exceptions, taken)
        if others:
            drafts.append(p.heading("exceptions", u))
        for r in others:
            drafts += p.quote(u, r, "gap" if r.statement.section == "gaps" else "exception")
        drafts += p.ask_back(u, [winner.record])
        return Composed(tuple(drafts))

    def _choose_then_tell(self, e: Evidence, winner: Focus) -> Composed | None:
        """Which of the neighbours it is, then what was asked about it (its route, its applicant …)."""
        u, p = e.u, self._pieces
        ranked = p.rank(e, [winner])
        lead = p.lead_for(u, ranked, winner.record)
        if lead is None:
            return None
        taken = [lead]
        drafts = p.quote(u, lead, "conclusion", p.mark_label(u, winner.record, lead.statement))
        asked = [r for r in ranked if r.statement.section in set(u.intents) - CHOICE]
        for r in p.fill(u, [*asked[:2], *ranked], taken, 4, 0.0, len(lead.statement.words.say(u.language))):
            drafts += p.quote(u, r)
        return Composed((*drafts, *p.ask_back(u, [winner.record])))

    def _neighbours(self, e: Evidence, winner: Focus, exceptions: Sequence[Ranked], taken: list[Ranked]) -> list[Ranked]:
        """What the losing records say about the product, then the winner's exceptions, then one gap."""
        u, p = e.u, self._pieces
        rivals = [f for f in e.focus if f.named and f.in_place and f.record.markets and f is not winner
                  and f.record.folder != "guides"]
        others = [r for r in p.rank(e, rivals) if r.facts.names("product", u.products)]
        # What the neighbour is for, not that it is not for this: the conclusion has said that.
        about = [r for r in others if r.statement.section == "scope" and r.facts.names("mark", r.record.marks)
                 and not negations(r.statement.words.say(u.language))]
        out = distinct(about, 1, taken)
        out += distinct(exceptions, 1, [*taken, *out])
        gaps = [r for r in (*others, *p.rank(e, [winner])) if r.statement.section == "gaps"
                and r.facts.names("product", u.products)]
        return out + distinct(gaps, 1, [*taken, *out])
