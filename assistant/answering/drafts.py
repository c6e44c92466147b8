"""What an answer is made of before it is numbered: whole statements with a role, or sentences of our own."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.types import Record, Role, Statement


@dataclass(frozen=True, slots=True)
class Quoted:
    """A whole statement, optionally led by a label that occurs in it."""

    role: Role
    record: Record
    statement: Statement
    label: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of our own; only `computed` may hold digits."""

    role: Role
    text: str


Draft = Quoted | Said
