"""Every answer given, kept as it was: question (numbers masked), library, evidence with hashes, the whole object."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import sqlalchemy as sa

from assistant.desk.audit import Audit
from assistant.desk.database import Database
from assistant.desk.masking import masked
from assistant.desk.moments import Clock, new_id, stamp
from assistant.desk.people import Actor
from assistant.desk.refusals import not_here
from assistant.desk.tables import answers, feedback
from assistant.types import Answer, Turn

#: Characters of a comment that are kept.
LONGEST_COMMENT = 1000


@dataclass(frozen=True, slots=True)
class Kept:
    """One answer as kept. answer: the published object; evidence: [{n, record, section, version, quote}], hashes in hex."""

    id: str
    at: str
    channel: str
    account: str | None
    question: str
    history: list[dict[str, str]]
    dropped: list[str]
    language: str
    standing: str
    abstained: bool
    as_of: str
    library: str
    markets: list[str]
    products: list[str]
    intent: str
    evidence: list[dict[str, Any]]
    answer: dict[str, Any]
    took_ms: float

    def turns(self) -> tuple[Turn, ...]:
        return tuple(Turn("assistant" if t["role"] == "assistant" else "user", t["content"]) for t in self.history)


def evidence_of(answer: Answer, versions: Mapping[str, str]) -> list[dict[str, Any]]:
    """What the answer stood on. versions: record id → digest of the record as it was."""
    return [{"n": c.n, "record": c.record, "section": c.section, "version": versions.get(c.record, ""),
             "quote": hashlib.sha256(c.quote.encode()).hexdigest()} for c in answer.citations]


class Journal:
    """Writes answers down and finds them again."""

    def __init__(self, database: Database, audit: Audit, clock: Clock) -> None:
        self._database, self._audit, self._clock = database, audit, clock

    def keep(self, answer: Answer, channel: str, versions: Mapping[str, str], history: Sequence[Turn] = (),
             dropped: Sequence[str] = (), account: str | None = None) -> None:
        """Write one answer down. channel: page · api · desk."""
        answer = replace(answer, question=masked(answer.question), id=answer.answer_id)
        with self._database.writing() as connection:
            connection.execute(answers.insert().values(
                id=answer.answer_id, at=stamp(self._clock()), channel=channel, account=account, question=answer.question,
                history=[{"role": t.role, "content": masked(t.content)} for t in history], dropped=list(dropped),
                language=answer.language, standing=answer.standing, abstained=answer.abstained, as_of=answer.facets.as_of,
                library=answer.library, markets=list(answer.facets.markets), products=list(answer.facets.products),
                intent=answer.facets.intent[:200], evidence=evidence_of(answer, versions),
                answer=msgspec.to_builtins(answer), took_ms=round(sum(answer.timings_ms.values()), 2)))

    def get(self, answer_id: str) -> Kept:
        """Raises NotHere."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(answers).where(answers.c.id == answer_id)).first()
        if row is None:
            raise not_here()
        return Kept(**row._mapping)

    def opened(self, actor: Actor, answer_id: str) -> Kept:
        """The same, with a line in the audit log that somebody looked. Raises NotHere."""
        kept = self.get(answer_id)
        with self._database.writing() as connection:
            self._audit.note(connection, actor, "answer.open", "answer", answer_id)
        return kept

    def several(self, ids: Sequence[str]) -> list[Kept]:
        """Those of the ids that are kept, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(answers).where(answers.c.id.in_(list(ids))).order_by(answers.c.at))
            return [Kept(**row._mapping) for row in rows]

    def recent(self, limit: int = 50, before: str = "", standing: str = "", text: str = "") -> list[Kept]:
        """The newest first. before: a moment; text: a part of the question."""
        query = sa.select(answers).order_by(answers.c.at.desc()).limit(min(limit, 200))
        if before:
            query = query.where(answers.c.at < before)
        if standing:
            query = query.where(answers.c.standing == standing)
        if text:
            query = query.where(answers.c.question.icontains(text, autoescape=True))
        with self._database.reading() as connection:
            return [Kept(**row._mapping) for row in connection.execute(query)]

    def judge(self, answer_id: str, verdict: str, comment: str = "") -> Kept:
        """A reader's thumb: `up` or `down`; the last one counts. Raises NotHere."""
        kept = self.get(answer_id)
        with self._database.writing() as connection:
            # Held, so that two thumbs at the same moment leave one row.
            if connection.execute(sa.select(answers.c.id).where(answers.c.id == answer_id).with_for_update()).first() is None:
                raise not_here()
            connection.execute(feedback.delete().where(feedback.c.answer == answer_id))
            connection.execute(feedback.insert().values(id=new_id(), at=stamp(self._clock()), answer=answer_id, verdict=verdict,
                                                        comment=masked(comment[:LONGEST_COMMENT])))
        return kept
