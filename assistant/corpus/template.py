"""What is made from the schema, so that it can never lag behind it: an empty record, the field table, the editor schema.

`python -m assistant.corpus.template` (or `make docs`) writes the table and the editor schema; a test compares them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.corpus.schema import FULL, SECTIONS, HeaderForm
from assistant.corpus.section_names import SECTION_NAMES
from assistant.settings import ROOT

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


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """A property without the «or null» that only says that it may be left out."""
    options = [o for o in schema.get("anyOf", []) if o != {"type": "null"}]
    if len(options) != 1:
        return {**schema, "anyOf": options} if options else schema
    return {**{key: value for key, value in schema.items() if key != "anyOf"}, **options[0]}


def _form(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    """What a property may hold, in words."""
    schema = _plain(schema)
    if "anyOf" in schema:
        return " or ".join(_form(option, definitions) for option in schema["anyOf"])
    if "$ref" in schema:
        properties = definitions[schema["$ref"].rsplit("/", 1)[1]]["properties"]
        return "{" + ", ".join(properties) + "}"
    if "enum" in schema:
        return " · ".join(schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_form(schema['items'], definitions)}"
    pattern = schema.get("pattern", "")
    if pattern.startswith(r"^\d{4}"):
        return "YYYY[-MM[-DD]]" if "?" in pattern else "YYYY-MM-DD"
    return "address" if pattern.startswith("^http") else "text"


def _rows(name: str, schema: dict[str, Any], needed: bool, definitions: dict[str, Any]) -> Iterator[str]:
    meaning = schema.get("description", "").replace("|", "\\|")
    yield f"| `{name}` | {_form(schema, definitions)} | {'yes' if needed else ''} | {meaning} |"
    schema = _plain(schema)
    items = schema.get("items", schema)
    for option in items.get("anyOf", [items]):
        if "$ref" in option:
            definition = definitions[option["$ref"].rsplit("/", 1)[1]]
            for child, child_schema in definition["properties"].items():
                yield from _rows(f"{name}.{child}", child_schema, child in definition.get("required", ()), definitions)


def field_table() -> str:
    """docs/record-fields.md: every header field and every section, as Markdown."""
    schema = HeaderForm.model_json_schema()
    lines = ["# The fields of a record", "",
             "Made from `assistant/corpus/schema.py` by `make docs`; do not edit. How to write a record: "
             "[writing-records.md](writing-records.md).", "",
             "## Header", "", "| field | holds | needed | meaning |", "| --- | --- | --- | --- |"]
    for name, property_schema in schema["properties"].items():
        lines += _rows(name, property_schema, name in schema["required"], schema["$defs"])
    lines += ["", "## Sections", "",
              "In this order. A record with every section marked here for its folder counts as `full`, any other as `short`.",
              "", "| section | 名称 | name | " + " | ".join(FULL) + " |", "| --- | --- | --- |" + " --- |" * len(FULL)]
    for section in SECTIONS:
        words = SECTION_NAMES[section]
        marks = " | ".join("×" if section in needed else "" for needed in FULL.values())
        lines.append(f"| `{section}` | {words.zh} | {words.en} | {marks} |")
    return "\n".join(lines) + "\n"


def _as_typed(schema: Any) -> Any:
    """The schema with words loosened: every scalar is read as text, so `1.10`, `NO` and `2025` need no quotes."""
    if isinstance(schema, list):
        return [_as_typed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: _as_typed(value) for key, value in schema.items()}
    if out.get("type") == "string" and "enum" not in out:
        out["type"] = ["string", "number", "boolean"]
    return out


def editor_schema() -> str:
    """corpus/record.schema.json: a JSON schema of the header, for editors that check YAML while it is typed."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **_as_typed(HeaderForm.model_json_schema())}
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def reference_files(root: Path) -> dict[Path, str]:
    """Every file that is made from the schema, with its text."""
    return {root / "docs" / "record-fields.md": field_table(), root / "corpus" / "record.schema.json": editor_schema()}


if __name__ == "__main__":
    for path, text in reference_files(ROOT).items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))
