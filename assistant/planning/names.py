"""Markets and products as people name them on a command line or in an address."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from assistant.corpus.entries import Group, Market, Product, Vocabulary
from assistant.errors import NameNotKnown
from assistant.folding import fold

#: How alike a name must be to be suggested, 0 to 1, and how many are.
ALIKE, MOST = 0.5, 3


def _plain(said: str) -> str:
    return fold(said).replace("-", " ").strip()


def _names(entry: Group | Market | Product) -> Iterable[str]:
    more = entry.synonyms.all() if isinstance(entry, Product) else (*entry.aliases, *entry.codes)
    return (entry.id, entry.name.zh, entry.name.en, *more)


def _found(said: str, entries: Iterable[Group | Market | Product], what: str) -> str:
    """The id of the entry that bears this id or name. Raises NameNotKnown with the nearest ids."""
    owners: dict[str, str] = {}
    for entry in entries:
        if said == entry.id:
            return entry.id
        for name in _names(entry):
            owners.setdefault(_plain(name), entry.id)
    wanted = _plain(said)
    if wanted in owners:
        return owners[wanted]
    near = dict.fromkeys(owners[name] for name in difflib.get_close_matches(wanted, owners, 3 * MOST, ALIKE))
    raise NameNotKnown(f"The vocabulary holds no {what} «{said}».",
                       f"Did you mean {', '.join(list(near)[:MOST])}?" if near else
                       f"Write an id or a name that stands in corpus/vocabulary/{what}s.yml.")


def find_market(vocabulary: Vocabulary, said: str) -> str:
    """The id of a market or a group of markets by id, name or alias. Raises NameNotKnown."""
    return _found(said, vocabulary.places, "market")


def find_product(vocabulary: Vocabulary, said: str) -> str:
    """The id of a product by id, name or synonym; hyphens count as spaces. Raises NameNotKnown."""
    return _found(said, vocabulary.products, "product")
