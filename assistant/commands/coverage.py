"""`coverage`: how much the library in use holds and what it rests on, or with --json for programs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

import msgspec

from assistant.index.load import load_index
from assistant.planning.coverage import Coverage, coverage
from assistant.settings import Settings

#: Categories and records named in one line of the summary; --json has all.
MOST_NAMED = 8


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the whole account as one object")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f" ({', '.join(names[:MOST_NAMED])}{more})" if names else ""


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{n} {name}" for name, n in counts.items()) or "none"


def _lines(c: Coverage) -> Iterator[tuple[str, str]]:
    yield "as of", c.as_of
    yield "records", f"{c.total.records}: " + _counts({folder: held.records for folder, held in c.folders.items()})
    yield "status", _counts(c.status)
    yield "statements", str(c.total.statements)
    yield "markets", f"{len(c.markets)}, and {c.international} international records"
    bare = [category for category, cover in c.categories.items() if not cover.covered]
    yield "categories", f"{len(c.categories) - len(bare)} of {len(c.categories)}; not covered: {len(bare)}{_some(bare)}"
    yield "products", f"{c.products_covered} of {c.products}"
    yield "edges", f"{c.edges.total} for {c.edges.papers} papers: {_counts(c.edges.by_relation)}"
    m = c.milestones
    yield "milestones", f"{m.dated} dated in {m.records} records: {_counts(m.by_certainty)}; {m.undated} undated"
    yield "upcoming", f"{m.upcoming}: {_counts(m.upcoming_by_certainty)}"
    yield "depth", f"{c.depth.full} full, {c.depth.short} short"
    for folder, d in c.depth_by_folder.items():
        yield f"  {folder}", f"{d.full} full, {d.short} short"
    for name, b in (("basis", c.basis), *((f"  {folder}", b) for folder, b in c.basis_by_folder.items())):
        yield name, (f"{b.official_share:6.1%} official, {b.sourced_share:6.1%} official or secondary "
                     f"({b.official} official, {b.secondary} secondary, {b.general_knowledge} general knowledge)")
    yield "gaps", f"{c.gaps.statements} statements in {c.gaps.records} records"
    yield "no official source", f"{len(c.without_official_source)} records{_some(list(c.without_official_source))}"


def run(options: argparse.Namespace, settings: Settings) -> int:
    library = load_index(settings.index).library
    found = coverage(library.records, library.vocabulary, library.digest, settings.as_of())
    if options.json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
        return 0
    for name, said in _lines(found):
        print(f"{name:<20}{said}")
    return 0
