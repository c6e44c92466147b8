"""Which records an answer rests on, and why each was chosen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from assistant.answering.view import LibraryView
from assistant.types import Hit, Record, Understood

NAMED, COVERS, COVERS_BY_TRAIT, SEE, CATEGORY, RETRIEVED = 3.0, 2.2, 1.8, 1.6, 0.5, 2.0


@dataclass(frozen=True, slots=True)
class Focus:
    """A record with its weight. named: the question names it; covers: it is for the product in question."""

    record: Record
    weight: float
    named: bool
    covers: bool
    in_place: bool


ELSEWHERE = 0.5
#: A name that means its bearers in half of the cases is taken to mean them.
SURE = 2.0
#: A union of this many markets has rules of its own: one member's national rule does not speak for it.
_UNION, _SPEAKS_FOR = 20, 0.25


def in_place(view: LibraryView, record: Record, u: Understood) -> bool:
    """Whether the record holds in a place that is asked about (a national rule does not answer for the whole EU)."""
    if not u.places or not record.markets:
        return True
    markets = view.sets(record).markets
    for place in u.places:
        members = view.members(place)
        shared = len(members & markets)
        if shared and (len(members) < _UNION or shared >= _SPEAKS_FOR * len(members) or record.id in u.records):
            return True
    return False


def covers(view: LibraryView, record: Record, u: Understood) -> bool:
    """Whether the record is for a product in question, given what the question says of it (with Wi-Fi, for children)."""
    own = view.sets(record)
    listed = not own.covers.isdisjoint(u.products)
    if not own.wanted:
        return listed
    stated = dict(u.attributes)
    sold = [view.products[p] for p in u.products if p in view.products]
    if any(stated.get(attribute, value) != value for attribute, value in own.wanted.items()):
        return False
    # A fact that all products in question share by their nature counts like one that is said: a speaker with Bluetooth
    # is radio equipment unless the record names the product itself.
    if sold and own.wanted.get("radio") == "no" and "radio" not in stated and own.named_products.isdisjoint(u.products) and all(
            "radio" in p.traits for p in sold):
        return False
    if listed:
        return True
    excluded = {e.product for e in record.excludes}
    return bool(sold or u.categories) and bool(record.markets) and any(
        value == "yes" and stated.get(attribute) == "yes" for attribute, value in own.wanted.items()
    ) and excluded.isdisjoint(u.products)


def _certainty(view: LibraryView, u: Understood, record_id: str, among: frozenset[str]) -> float:
    """How sure it is that a name in the question means the records that bear it: CoC alone may be any of a dozen.

    among: the records that hold where it is asked about.
    """
    said = [name for i, name in u.names if i == record_id]
    if not said:
        return 1.0
    shares = (view.statistics.share(name, {i for i, other in u.names if other == name}, among)
              for name in said)
    return min(1.0, SURE * max(shares))


def named_records(view: LibraryView, u: Understood) -> dict[str, float]:
    """Records that the question names: by alias, mark, paper or instrument."""
    out: dict[str, float] = {}

    def add(record_id: str, weight: float) -> None:
        if record_id in view.records:
            out[record_id] = max(out.get(record_id, 0.0), weight)

    among = frozenset(r.id for r in view.records.values() if in_place(view, r, u)) if u.records else frozenset()
    for record_id in u.records:
        add(record_id, NAMED * _certainty(view, u, record_id, among))
    marks, instruments, authorities = set(u.marks), set(u.instruments), set(u.authorities)
    for record in view.records.values():
        shared = view.sets(record).marks & marks
        if shared:
            # A mark that many records share (CE) names none of them in particular.
            add(record.id, NAMED if len(view.regimes_with(shared)) <= 2 and record.folder != "guides" else NAMED / 3)
        if instruments:
            for position, instrument in enumerate(record.legal_basis):
                if instrument in instruments:
                    add(record.id, NAMED if position == 0 else NAMED / 2)
    for instrument in u.instruments:
        add(instrument, NAMED)
    # After them: who asks for the first names gets what is named most directly.
    for record in view.records.values() if authorities else ():
        if not authorities.isdisjoint(record.authority):
            add(record.id, NAMED / 2)
    sold = set(u.products) | {p.id for p in view.vocabulary.products if p.category in u.categories} if u.papers else set()
    for paper in u.papers:
        issuer = view.records.get(view.papers[paper].record or "")
        if issuer is None:
            continue
        # A CE declaration is issued under many acts: those that cover the product are meant, else the usual one.
        issued = view.sets(issuer).marks
        kin = [r for r in view.records.values() if view.sets(r).marks & issued and view.sets(r).covers & sold]
        for record in kin or [issuer]:
            add(record.id, NAMED / 2)
    return out


def choose(view: LibraryView, u: Understood, hits: Iterable[Hit]) -> list[Focus]:
    """Records by weight, best first. Records that only retrieval suggests come last."""
    named = named_records(view, u)
    best_hit: dict[str, float] = {}
    for hit in hits:
        record_id = view.passages[hit.passage].record
        best_hit[record_id] = max(best_hit.get(record_id, 0.0), hit.score)
    holds = {r.id for r in view.records.values() if in_place(view, r, u)}
    see: set[str] = set()
    if u.products and u.markets:
        for record in view.records.values():
            if record.excludes and record.id in holds:
                see |= {e.see for e in record.excludes if e.product in u.products and e.see}
    category_products = {p.id for p in view.vocabulary.products if p.category in u.categories}
    out = []
    for record in view.records.values():
        weight = named.get(record.id, 0.0)
        own, here = view.sets(record), record.id in holds
        covered = covers(view, record, u)
        if covered and here and (record.markets or record.id in named):
            weight += COVERS_BY_TRAIT if own.named_products.isdisjoint(u.products) else COVERS
        if record.id in see:
            weight += SEE
        if here and category_products and not category_products.isdisjoint(own.covers) and record.markets:
            weight += CATEGORY
        if u.markets and not here:
            weight *= ELSEWHERE  # what is named belongs to another market: it stands behind what answers for this one
        weight += RETRIEVED * best_hit.get(record.id, 0.0)
        if weight and u.markets and not here and named.get(record.id, 0.0) < NAMED / 2:
            continue
        if weight:
            out.append(Focus(record, weight, named.get(record.id, 0.0) >= NAMED / 2, covered, here))
    return sorted(out, key=lambda f: (-f.weight, f.record.id))
