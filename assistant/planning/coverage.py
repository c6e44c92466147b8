"""How much the library holds, how deep, how recent its dates are, and what its statements rest on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.corpus.entries import Vocabulary
from assistant.corpus.review import depth
from assistant.corpus.schema import FULL
from assistant.planning.timeline import certainty, dated, is_past
from assistant.types import Record

#: Digits kept of a share.
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Count:
    """Records and their statements, milestones and recognition edges included."""

    records: int
    statements: int


@dataclass(frozen=True, slots=True)
class CategoryCover:
    """Products of a category, how many of them some record covers, and how many records cover one of them."""

    products: int
    covered: int
    records: int


@dataclass(frozen=True, slots=True)
class Edges:
    """Recognition edges. papers: different papers that firms may already hold."""

    total: int
    records: int
    papers: int
    by_relation: dict[str, int]


@dataclass(frozen=True, slots=True)
class Dates:
    """Milestones. upcoming: dated ones that are not over on the day asked; undated: described in words only."""

    dated: int
    undated: int
    upcoming: int
    records: int
    by_certainty: dict[str, int]
    upcoming_by_certainty: dict[str, int]


@dataclass(frozen=True, slots=True)
class Depth:
    """Records with every section that their kind needs, and the others."""

    full: int
    short: int


@dataclass(frozen=True, slots=True)
class BasisShares:
    """What statements rest on. Shares from 0 to 1; sourced_share: official or secondary."""

    statements: int
    official: int
    secondary: int
    general_knowledge: int
    official_share: float
    sourced_share: float


@dataclass(frozen=True, slots=True)
class Gaps:
    """What records say they did not find: records with a section on it, and its statements."""

    records: int
    statements: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """The whole account. markets: records by ISO code; folders in the order of the schema; ids in id order."""

    as_of: str
    library: str
    total: Count
    international: int
    folders: dict[str, Count]
    status: dict[str, int]
    markets: dict[str, int]
    products: int
    products_covered: int
    categories: dict[str, CategoryCover]
    edges: Edges
    milestones: Dates
    depth: Depth
    depth_by_folder: dict[str, Depth]
    basis: BasisShares
    basis_by_folder: dict[str, BasisShares]
    gaps: Gaps
    without_official_source: tuple[str, ...]


def _count(records: Sequence[Record]) -> Count:
    return Count(len(records), sum(len(r.statements) for r in records))


def _ranked(values: Iterable[str]) -> dict[str, int]:
    """How often each value occurs, the most frequent first."""
    return dict(sorted(Counter(values).items(), key=lambda item: (-item[1], item[0])))


def _categories(records: Sequence[Record], vocabulary: Vocabulary) -> dict[str, CategoryCover]:
    covered = {product for r in records for product in r.covers}
    out = {}
    for category in vocabulary.categories:
        products = {p.id for p in vocabulary.products if p.category == category.id}
        out[category.id] = CategoryCover(len(products), len(products & covered),
                                         sum(1 for r in records if not products.isdisjoint(r.covers)))
    return out


def _edges(records: Sequence[Record]) -> Edges:
    found = [(r.id, s) for r in records for s in r.statements if s.relation]
    return Edges(len(found), len({record for record, _ in found}), len({s.paper for _, s in found}),
                 _ranked(s.relation or "" for _, s in found))


def _dates(records: Sequence[Record], as_of: str) -> Dates:
    found = [(r.id, certainty(r, s), s.date or "") for r in records for s in dated(r)]
    undated = sum(1 for r in records for s in r.statements if s.section == "dates" and not s.date)
    upcoming = [(record, sure) for record, sure, date in found if not is_past(date, as_of)]
    return Dates(len(found), undated, len(upcoming), len({record for record, _, _ in found}),
                 _ranked(sure for _, sure, _ in found), _ranked(sure for _, sure in upcoming))


def _depth(records: Sequence[Record]) -> Depth:
    full = sum(1 for r in records if depth(r.folder, {s.section for s in r.statements}) == "full")
    return Depth(full, len(records) - full)


def _basis(records: Sequence[Record]) -> BasisShares:
    found = Counter(r.basis(s) for r in records for s in r.statements)
    total = found.total()
    official, secondary = found["official"], found["secondary"]

    def share(part: int) -> float:
        return round(part / total, _DIGITS) if total else 0.0

    return BasisShares(total, official, secondary, found["general-knowledge"], share(official), share(official + secondary))


def coverage(records: Sequence[Record], vocabulary: Vocabulary, library: str, as_of: str) -> Coverage:
    """The account of these records. library: their digest; as_of: the ISO day against which dates are upcoming."""
    folders = {folder: [r for r in records if r.folder == folder] for folder in FULL}
    gaps = Counter(r.id for r in records for s in r.statements if s.section == "gaps")
    categories = _categories(records, vocabulary)
    return Coverage(
        as_of=as_of, library=library, total=_count(records), international=sum(r.scope == "international" for r in records),
        folders={folder: _count(held) for folder, held in folders.items()}, status=_ranked(r.status for r in records),
        markets=dict(sorted(Counter(m for r in records for m in r.markets).items())), products=len(vocabulary.products),
        products_covered=sum(c.covered for c in categories.values()), categories=categories, edges=_edges(records),
        milestones=_dates(records, as_of), depth=_depth(records),
        depth_by_folder={folder: _depth(held) for folder, held in folders.items()}, basis=_basis(records),
        basis_by_folder={folder: _basis(held) for folder, held in folders.items()}, gaps=Gaps(len(gaps), gaps.total()),
        without_official_source=tuple(sorted(r.id for r in records if not any(s.tier == "official" for s in r.sources))))
