"""The entries of the vocabulary: products, marks, papers, markets, instruments and the words people use for them."""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant.types import Words

#: Groups of markets whose law is the same in every member.
UNIONS = frozenset({"EU", "EEA", "EAEU"})


@dataclass(frozen=True, slots=True)
class WordLists:
    """Synonyms as people type them."""

    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()

    def all(self) -> tuple[str, ...]:
        return self.zh + self.en


@dataclass(frozen=True, slots=True)
class YesNo:
    """Phrases by which a question already states that an attribute holds, or does not."""

    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Product:
    """A thing a firm sells, finer than a category. hs: HS headings as hints; traits: ids of traits.yml."""

    id: str
    category: str
    name: Words
    synonyms: WordLists = field(default_factory=WordLists)
    hs: tuple[str, ...] = ()
    traits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Category:
    """A group of products. It never makes a regime mandatory by itself."""

    id: str
    name: Words
    synonyms: WordLists = field(default_factory=WordLists)


@dataclass(frozen=True, slots=True)
class Trait:
    """A physical fact that many products share (mains-powered, contains a radio …)."""

    id: str
    name: Words
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark, number or certificate by its common name. label: the short form that may lead an answer."""

    id: str
    name: Words
    label: Words
    aliases: tuple[str, ...] = ()
    markets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """A document that a firm already holds. record: the record that issues it."""

    id: str
    name: Words
    aliases: tuple[str, ...] = ()
    record: str | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """What may decide whether a regime applies, with the question that asks for it."""

    id: str
    name: Words
    question: Words
    phrases: YesNo = field(default_factory=YesNo)


@dataclass(frozen=True, slots=True)
class Group:
    """Several markets under one name. members: ISO 3166-1 alpha-2 codes or XK."""

    id: str
    name: Words
    members: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Market:
    """A country or region. codes: abbreviations that count only in capital letters (US, UK)."""

    id: str
    name: Words
    aliases: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Authority:
    """Whom to ask. market: ISO code, EU, EAEU or INT; topics: what to ask them."""

    id: str
    kind: str
    market: str
    name: Words
    topics: Words | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Instrument:
    """A law or other official text. reference: as it stands in a citation; numbers: how people write its number."""

    id: str
    name: Words
    reference: Words
    numbers: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    jurisdiction: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Cue:
    """Words by which people show what they want. group: aspect, follow-up, refusal, role, verdict, filler, origin or trade-term.

    beside: words of which one must stand in the question too (寄的样 … 哪天能出). id: a second entry for the same thing
    bears its name before a slash (live/case).
    """

    id: str
    group: str
    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()
    beside: WordLists = field(default_factory=WordLists)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All entries, in file order; `find` looks one up by kind and id."""

    products: tuple[Product, ...]
    categories: tuple[Category, ...]
    traits: tuple[Trait, ...]
    marks: tuple[Mark, ...]
    papers: tuple[Paper, ...]
    attributes: tuple[Attribute, ...]
    groups: tuple[Group, ...]
    markets: tuple[Market, ...]
    authorities: tuple[Authority, ...]
    instruments: tuple[Instrument, ...]
    cues: tuple[Cue, ...]

    @property
    def places(self) -> tuple[Group | Market, ...]:
        """Groups and single markets alike: both have id, name, aliases and codes."""
        return (*self.groups, *self.markets)

    def expand_places(self, places: tuple[str, ...]) -> tuple[str, ...]:
        """Groups replaced by their members, each code once, in order."""
        groups = {g.id: g.members for g in self.groups}
        return tuple(dict.fromkeys(code for place in places for code in groups.get(place, (place,))))

    def products_with(self, trait: str) -> tuple[str, ...]:
        return tuple(p.id for p in self.products if trait in p.traits)
