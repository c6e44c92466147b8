"""Grounds for curated replies in the tests: a library as replies look into it, and its statements by a part of their words."""

from __future__ import annotations

from assistant.corpus.library import Library
from assistant.corpus.review import Known
from assistant.desk.reply_checks import Held
from assistant.desk.reply_content import Ground
from assistant.types import Record, Statement


def held_by(library: Library) -> Held:
    """What replies need to know of this library."""
    records = {r.id: r for r in library.records}

    def find(record: str, statement: str) -> tuple[Record, Statement] | None:
        held = records.get(record)
        return next(((held, s) for s in held.statements if s.id == statement), None) if held else None

    return Held(find, Known(library.vocabulary, frozenset(records)))


def statement(library: Library, record: str, part: str) -> Ground:
    """The ground that cites the statement of that record which holds `part`."""
    held = next(r for r in library.records if r.id == record)
    return Ground(record, next(s.id for s in held.statements if part in s.words.zh))
