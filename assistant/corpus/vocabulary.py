"""Reading `corpus/vocabulary/` into entries; standard market names come from CLDR (Babel), ours add to them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from babel import Locale
from pydantic import TypeAdapter, ValidationError

from assistant.corpus.entries import (
    Attribute,
    Authority,
    Category,
    Cue,
    Group,
    Instrument,
    Mark,
    Market,
    Paper,
    Product,
    Trait,
    Vocabulary,
)
from assistant.corpus.frontmatter import Complaint, Document, YamlProblem, read_yaml
from assistant.types import Words

Entry = TypeVar("Entry")

# Listed by CLDR but not places that goods are exported to under a regime of their own.
_NOT_MARKETS = frozenset({"EU", "EZ", "UN", "QO", "ZZ", "XA", "XB", "AC", "CP", "DG", "EA", "IC", "TA", "CQ", "001"})
FILES: tuple[tuple[str, str, type], ...] = (
    ("products", "products.yml", Product),
    ("categories", "categories.yml", Category),
    ("traits", "traits.yml", Trait),
    ("marks", "marks.yml", Mark),
    ("papers", "papers.yml", Paper),
    ("attributes", "attributes.yml", Attribute),
    ("authorities", "authorities", Authority),
    ("instruments", "instruments", Instrument),
    ("cues", "cues.yml", Cue),
)


def _validate(kind: type[Entry], document: Document, data: Any, path: tuple[str | int, ...], file: str,
              complaints: list[Complaint]) -> list[Entry]:
    """Entries that fit; what does not is complained of, entry by entry."""
    if data is None:
        return []
    if not isinstance(data, list):
        complaints.append(Complaint(file, document.line(path), "file", "is not a list.", "Write entries as «- id: …»."))
        return []
    adapter = TypeAdapter(kind)
    known = set(getattr(kind, "__dataclass_fields__", {}))
    out: list[Entry] = []
    for i, item in enumerate(data):
        at = (*path, i)
        if isinstance(item, dict):
            for key in sorted(set(item) - known):
                complaints.append(Complaint(file, document.line((*at, key)), key, "is not a field of this list.",
                                            f"Use one of: {', '.join(sorted(known))}."))
            item = {k: v for k, v in item.items() if k in known and v not in (None, "")}
        try:
            out.append(adapter.validate_python(item))
        except ValidationError as error:
            for detail in error.errors():
                where = tuple(x for x in detail["loc"] if isinstance(x, str | int))
                complaints.append(Complaint(file, document.line(at + where), ".".join(map(str, where)) or "entry",
                                            f"{detail['msg']}.", "See docs/writing-records.md for the form."))
    return out


def _files(root: Path, name: str) -> Iterable[Path]:
    path = root / name
    return sorted(path.glob("*.yml")) if path.is_dir() else [path]


def _standard_markets(own: dict[str, Market]) -> tuple[Market, ...]:
    """Every ISO 3166-1 territory (and XK) with its CLDR names, overlaid with our names and aliases."""
    zh, en = Locale("zh").territories, Locale("en").territories
    codes = [c for c in sorted(en) if len(c) == 2 and c.isalpha() and c not in _NOT_MARKETS]
    out = []
    for code in codes:
        mine = own.get(code)
        standard = Words(zh[code], en[code])
        name = mine.name if mine and mine.name.zh else standard
        aliases = (standard.zh, standard.en, *(mine.aliases if mine else ()))
        out.append(Market(code, name, tuple(dict.fromkeys(aliases)), mine.codes if mine else ()))
    return tuple(out)


def read_vocabulary(root: Path) -> tuple[Vocabulary, list[Complaint]]:
    """The vocabulary under `root` and everything wrong with it. Never raises for content."""
    complaints: list[Complaint] = []
    found: dict[str, list[Any]] = {}
    lines: dict[tuple[str, str], tuple[str, int]] = {}

    def load(path: Path) -> Document | None:
        file = str(path)
        try:
            return read_yaml(path.read_text(encoding="utf-8"))
        except YamlProblem as error:
            complaints.append(Complaint(file, error.line, "yaml", f"{error.problem}.", "Mend the YAML."))
        except (OSError, UnicodeDecodeError) as error:
            complaints.append(Complaint(file, 1, "file", f"cannot be read ({type(error).__name__}).",
                                        "Restore the file from the repository."))
        return None

    def take(kind: str, entries: list[Any], file: str, document: Document) -> None:
        for entry in entries:
            if (kind, entry.id) in lines:
                complaints.append(Complaint(file, 1, entry.id, "this id stands twice.", f"See {lines[kind, entry.id][0]}."))
                continue
            lines[kind, entry.id] = (file, 1)
            found.setdefault(kind, []).append(entry)

    for kind, name, entry_type in FILES:
        for path in _files(root, name):
            document = load(path)
            if document is not None:
                take(kind, _validate(entry_type, document, document.data, (), str(path), complaints), str(path), document)

    places = load(root / "markets.yml")
    groups: list[Group] = []
    own: dict[str, Market] = {}
    if places is not None and isinstance(places.data, dict):
        file = str(root / "markets.yml")
        groups = _validate(Group, places, places.data.get("groups"), ("groups",), file, complaints)
        for item in places.data.get("markets") or []:
            if isinstance(item, dict):
                item.setdefault("name", {"zh": "", "en": ""})
        own = {m.id: m for m in _validate(Market, places, places.data.get("markets"), ("markets",), file, complaints)}
    vocabulary = Vocabulary(
        products=tuple(found.get("products", ())),
        categories=tuple(found.get("categories", ())),
        traits=tuple(found.get("traits", ())),
        marks=tuple(found.get("marks", ())),
        papers=tuple(found.get("papers", ())),
        attributes=tuple(found.get("attributes", ())),
        groups=tuple(groups),
        markets=_standard_markets(own),
        authorities=tuple(found.get("authorities", ())),
        instruments=tuple(found.get("instruments", ())),
        cues=tuple(found.get("cues", ())),
    )
    complaints.extend(_cross_check(vocabulary, str(root)))
    return vocabulary, complaints


def _cross_check(vocabulary: Vocabulary, root: str) -> Iterable[Complaint]:
    """Ids that point nowhere, and a synonym claimed by two products."""
    categories = {c.id for c in vocabulary.categories}
    traits = {t.id for t in vocabulary.traits}
    owner: dict[str, str] = {}
    file = f"{root}/products.yml"
    for product in vocabulary.products:
        if product.category not in categories:
            yield Complaint(file, 1, product.id, f"the category «{product.category}» is unknown.", "Use an id of categories.yml.")
        for trait in product.traits:
            if trait not in traits:
                yield Complaint(file, 1, product.id, f"the trait «{trait}» is unknown.", "Use an id of traits.yml.")
        for word in (product.name.zh, product.name.en, *product.synonyms.all()):
            other = owner.setdefault(word.lower(), product.id)
            if other != product.id:
                yield Complaint(file, 1, product.id, f"the synonym «{word}» also belongs to {other}.", "Keep it at one product.")
