"""Record → passages: one section in one language, statements joined by a newline, each statement's place known."""

from __future__ import annotations

from assistant.corpus.schema import COMPUTED_SECTIONS, SECTIONS
from assistant.types import Language, Origin, Passage, Record, Span

LANGUAGES: tuple[Language, ...] = ("zh", "en")


def passage_id(record: str, section: str, language: str) -> str:
    return f"{record}#{section}.{language}"


def record_passages(record: Record, origin: Origin = "library") -> tuple[Passage, ...]:
    """Every section of the record that holds statements, Chinese and English in turn."""
    out: list[Passage] = []
    for section in (*SECTIONS, *COMPUTED_SECTIONS):
        statements = [s for s in record.statements if s.section == section]
        if not statements:
            continue
        for language in LANGUAGES:
            spans: list[Span] = []
            position = 0
            for statement in statements:
                words = statement.words.say(language)
                spans.append(Span(statement.id, position, position + len(words)))
                position += len(words) + 1
            out.append(Passage(
                id=passage_id(record.id, section, language), record=record.id, section=section, language=language,
                title=record.name.say(language), text="\n".join(s.words.say(language) for s in statements),
                spans=tuple(spans), origin=origin))
    return tuple(out)
