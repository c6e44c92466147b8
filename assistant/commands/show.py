"""`show`: a record's sections exactly as they are quoted, or with --json for programs."""

from __future__ import annotations

import argparse
import difflib
import sys

import msgspec

from assistant.assemble import open_answerer
from assistant.errors import RecordNotFound
from assistant.index.load import load_index
from assistant.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("record", help="the id of a record, such as jp-pse-circle, or of a curated reply in force (reply:…)")
    parser.add_argument("--json", action="store_true", help='print {"id", "title", "sections"}')


def run(options: argparse.Namespace, settings: Settings) -> int:
    if options.record.startswith("reply:"):
        shelf = open_answerer(settings).shelf
        records, passages = shelf.records, shelf.passages
    else:  # without joining an answerer, which takes longer than reading the index
        index = load_index(settings.index)
        records, passages = {r.id: r for r in index.library.records}, index.passages
    record = records.get(options.record)
    if record is None:
        near = difflib.get_close_matches(options.record, list(records), 3, 0.4)
        raise RecordNotFound(f"The library holds no record «{options.record}».",
                             f"Did you mean {', '.join(near)}?" if near else "«python -m assistant check --depth» lists all ids.")
    sections = [{"section": f"{p.section}.{p.language}", "language": p.language, "text": p.text}
                for p in passages.values() if p.record == record.id]
    if options.json:
        data = {"id": record.id, "title": {"zh": record.name.zh, "en": record.name.en}, "sections": sections}
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(data), indent=1) + b"\n")
        return 0
    print(f"{record.name.zh}\n{record.name.en}\n{record.status} · {record.kind or record.folder} · checked {record.checked or '-'}")
    for section in sections:
        print(f"\n[{section['section']}]\n{section['text']}")
    return 0
