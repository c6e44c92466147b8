"""What every form of answer is made from: ranking, roles, quoting, filling up, asking back."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from assistant.answering import phrases
from assistant.answering.drafts import Draft, Quoted, Said
from assistant.answering.focus import Focus
from assistant.answering.ranking import Ranked, Ranker, distinct, particular_tokens
from assistant.answering.view import LibraryView
from assistant.figures import negations
from assistant.folding import fold
from assistant.types import Hit, Record, Role, Statement, Understood
from assistant.understanding.cues import words_of

#: Longest answer in characters of quoted text; an English sentence is about three times as long as its Chinese twin.
BUDGET = {"zh": 600, "en": 1700}
#: Attributes that a trait of another name settles.
BY_TRAIT = {"age-group": {"toy", "childrens"}, "moving-parts": {"machine"}, "consumer-use": {"toy", "childrens"}}
#: A denial this many characters before a mark is a denial of it (不能代替PCoC).
DENIES = {"zh": 8, "en": 20}
#: How weak a further statement may be beside the best one.
FOLLOWERS = 0.62
#: A statement that repeats this share of the question's particulars is told whatever else is.
TELLING = 0.3
#: A statement already told answers a further question when it scores this share of the best one.
ENOUGH = 0.97
#: How far down the list a statement with a fitting limit is looked for.
MANY = 12
#: A date to come is told when its statement scores at least this share of the best one.
NEAR = 0.5


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an answer may rest on: the question, the records in focus, the passages found, the turn it leans on."""

    u: Understood
    focus: tuple[Focus, ...]
    hits: tuple[Hit, ...]
    context: str = ""


@dataclass(frozen=True, slots=True)
class Composed:
    """Drafts in order, and whether the conclusion answers the question in full."""

    drafts: tuple[Draft, ...]
    complete: bool = True


class Pieces:
    """The shared parts of all forms of answer over one library view."""

    def __init__(self, view: LibraryView, ranker: Ranker) -> None:
        self.view, self._ranker = view, ranker

    def rank(self, e: Evidence, focus: Sequence[Focus] | None = None) -> list[Ranked]:
        """Statements of `focus` (default: all records in focus), best first."""
        return self._ranker.rank(e.u, e.focus if focus is None else focus, e.hits, e.context)

    def cue(self, group: str, cue: str, u: Understood) -> tuple[str, ...]:
        """The words of one cue entry in the question's language, longest first."""
        return words_of(self.view.vocabulary.cues, group, cue, u.language)

    def role(self, u: Understood, r: Ranked) -> Role:
        """What the statement does in an answer, from its section and its wording."""
        section, words = r.statement.section, fold(r.statement.words.say(u.language))
        if section == "gaps":
            return "gap"
        if section == "dates":
            return "date"
        if section in {"route", "documents"}:
            return "step"
        if section in {"scope", "mistakes"} and any(w in words for w in self.cue("role", "exception", u)):
            return "exception"
        if section in {"scope", "requirements"} and any(w in words for w in self.cue("role", "condition", u)):
            return "condition"
        return "fact"

    def quote(self, u: Understood, r: Ranked, role: Role | None = None, label: str = "") -> list[Draft]:
        """The statement as a draft, with the days left when it is a date to come."""
        role = role or self.role(u, r)
        drafts: list[Draft] = [Quoted(role, r.record, r.statement, label)]
        if r.statement.date and len(r.statement.date) == 10 and ("dates" in u.intents or r.statement.date > u.as_of):
            drafts.extend(self.days(u, r.statement))
        return drafts

    @staticmethod
    def days(u: Understood, statement: Statement) -> list[Draft]:
        """How many days are left until a milestone still to come."""
        left = (datetime.date.fromisoformat(statement.date or u.as_of) - datetime.date.fromisoformat(u.as_of)).days
        return [Said("computed", phrases.COMPUTED["days-left"].say(u.language).format(days=left))] if left > 0 else []

    def fill(self, u: Understood, ranked: Iterable[Ranked], taken: list[Ranked], limit: int, least: float,
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

    def ask_back(self, u: Understood, records: Iterable[Record]) -> list[Draft]:
        """The deciding attributes that neither the question nor the nature of its products settles, as one question."""
        stated = {a for a, _ in u.attributes} | self._by_nature(u)
        asks = [a for a in dict.fromkeys(a for record in records for a in record.asks)
                if a in self.view.attributes and a not in stated][:2]
        if not asks:
            return []
        joined = "".join(self.view.attributes[a].question.say(u.language) + ("" if u.language == "zh" else " ")
                         for a in asks).strip()
        return [Said("next-step", phrases.ASK_BACK.say(u.language).format(questions=joined))]

    def _by_nature(self, u: Understood) -> set[str]:
        """Attributes that every product in question has by what it is: a washing machine is plugged in, a toy is a child's."""
        sold = [set(self.view.products[p].traits) for p in u.products if p in self.view.products]
        shared = set.intersection(*sold) if sold else set()
        return shared | {attribute for attribute, traits in BY_TRAIT.items() if shared & traits}

    def asked_beside(self, e: Evidence, candidates: Sequence[Focus], taken: list[Ranked], limit: int = 2) -> list[Ranked]:
        """For each further question of the text that nothing taken answers, the statement that answers it best."""
        out: list[Ranked] = []
        heard = {f.record.id for f in candidates}
        for part in e.u.parts:
            named = [f for f in e.focus if f.record.id in part.records and f.record.id not in heard]
            ranked = self.rank(replace(e, u=part), [*candidates, *named])
            if not ranked or len(out) == limit:
                continue
            best = ranked[0]
            # What is taken answers the part too when it stands among the first few and scores nearly as well.
            ids = {r.statement.id for r in taken}
            if any(r.statement.id in ids and r.score >= ENOUGH * best.score for r in ranked[:6]):
                continue
            for r in distinct([best], 1, taken):
                out.append(r)
                taken.append(r)
        return out

    def upcoming(self, u: Understood, ranked: Sequence[Ranked], taken: list[Ranked], limit: int) -> list[Ranked]:
        """Milestones still to come that bear on the question, best first."""
        coming = [r for r in ranked if r.statement.date and r.statement.date > u.as_of and r.score >= NEAR * ranked[0].score
                  and (not u.products or r.facts.names("product", u.products) or not r.facts.names_any("product"))]
        found = distinct(coming, limit, taken)
        taken.extend(found)
        return found

    def heading(self, key: str, u: Understood) -> Draft:
        return Said("heading", phrases.HEADINGS[key].say(u.language))

    def mark_label(self, u: Understood, record: Record, statement: Statement) -> str:
        """The label of the record's one mark when it stands in the statement; several marks lead nothing."""
        if len(record.marks) != 1:
            return ""
        label = self.view.marks[record.marks[0]].label.say(u.language)
        words = fold(statement.words.say(u.language))
        at = words.find(fold(label))
        # `能效标签不能代替PCoC` does not say that the PCoC is what is needed.
        denied = negations(words[max(0, at - DENIES[u.language]) : at])
        return label[:1].upper() + label[1:] if at >= 0 and not denied else ""

    def lead_for(self, u: Understood, ranked: Sequence[Ranked], record: Record) -> Ranked | None:
        """The statement that says what the record asks of the product: scope first, summary else."""
        own = [r for r in ranked if r.record is record and r.statement.section in {"scope", "summary", "requirements"}]
        naming = [r for r in own if r.facts.names("product", u.products)]
        if naming:
            return naming[0]
        order = {s.id: i for i, s in enumerate(record.statements)}
        own.sort(key=lambda r: (r.statement.section != "summary", order[r.statement.id]))
        return own[0] if own else None

    def telling(self, u: Understood, ranked: Sequence[Ranked], taken: list[Ranked]) -> list[Ranked]:
        """The statement whose limit a quantity of the question meets, else the one that best repeats its particulars."""
        limits = sorted((r for r in ranked[:MANY] if r.fits > 0), key=lambda r: -r.fits)
        if limits:
            found = distinct(limits[:1], 1, taken)
            taken.extend(found)
            return found
        best = max(ranked, key=lambda r: (r.particulars, r.score), default=None)
        if best is None or best.particulars < TELLING or len(best.facts.tokens & particular_tokens(u)) < 2:
            return []
        found = distinct([best], 1, taken)
        taken.extend(found)
        return found
