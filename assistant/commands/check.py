"""`check`: every complaint about the corpus at once, as `file:line: field: what is wrong. What to do.`"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from assistant.corpus.library import examine
from assistant.corpus.review import depth, pairs
from assistant.errors import CorpusError
from assistant.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", type=Path, help="files or folders to report on (default: the whole corpus)")
    parser.add_argument("--depth", action="store_true", help="also list each record's depth and number of statements")


def _shown(path: str) -> str:
    try:
        return Path(path).resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path


def run(options: argparse.Namespace, settings: Settings) -> int:
    for path in options.paths:
        if not path.exists():
            raise CorpusError(f"There is no {path}.", "Name a file or folder of the corpus.")
    found = examine(settings.corpus)
    chosen = [p.resolve() for p in options.paths]

    def wanted(file: str) -> bool:
        path = Path(file).resolve()
        return not chosen or any(path == c or c in path.parents for c in chosen)

    complaints = [dataclasses.replace(c, file=_shown(c.file)) for c in found.complaints if wanted(c.file)]
    records = [r for r in found.raws if wanted(r.path)]
    for complaint in complaints:
        print(complaint)
    if options.depth:
        for raw in records:
            print(f"{raw.id}\t{depth(raw.folder, {s.section for s in raw.statements})}\t{len(pairs(raw))}")
    print(f"{len(records)} records, {sum(len(pairs(r)) for r in records)} statements, {len(complaints)} complaints")
    return 1 if complaints else 0
