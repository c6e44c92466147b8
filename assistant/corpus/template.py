"""A new record file to fill in, made from the schema so that it can never lag behind it."""

from __future__ import annotations

from assistant.corpus.schema import FULL, SECTIONS, HeaderForm

_EXAMPLE = {
    "name": "\n  zh: \n  en: ",
    "aliases": "\n  - ",
    "status": " in-force",
    "kind": " mandatory",
    "scope": " national",
    "markets": " []",
    "marks": " []",
    "authority": " []",
    "legal_basis": " []",
    "covers": "\n  - ",
    "excludes": " []        # - {product: id, see: record}",
    "applies_when": " []    # - {attribute: id, is: \"yes\"}",
    "asks": " []",
    "accepts": " []         # - from, relation, zh, en, source",
    "milestones": " []      # - id, date, certainty, zh, en, source",
    "sources": " []         # - id, title, url, publisher, tier, read",
    "checked": None,
    "questions": "\n  zh:\n    - \n  en:\n    - ",
}


def record_template(folder: str) -> str:
    """The text of an empty record of that folder: every header field with its meaning, every section it needs."""
    lines = ["---"]
    for name, field in HeaderForm.model_fields.items():
        example = _EXAMPLE[name]
        if field.description:
            lines.append(f"# {name}: {field.description}")
        lines.append(f"# {name}: YYYY-MM-DD" if example is None else f"{name}:{example}")
    lines.append("---")
    needed = FULL[folder]
    for section in SECTIONS:
        if section in needed:
            lines += ["", f"## {section}", "- ", "  ", "  [source-id, locator]"]
    return "\n".join(lines) + "\n"
