"""Saying that there is no answer: the reason, and whom to ask instead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answering import phrases
from assistant.answering.drafts import Draft, Said
from assistant.answering.focus import Focus
from assistant.answering.view import LibraryView
from assistant.corpus.entries import Authority, Group, Market
from assistant.settings import Hotline
from assistant.types import Language, Standing, Understood

#: Markets named when the one asked about is not held.
MOST_MARKETS = 14
STANDING: dict[str, Standing] = {
    "outside": "out-of-scope", "forgery": "out-of-scope", "intrusion": "out-of-scope", "live": "unavailable",
    "check-failed": "unavailable",
}


@dataclass(frozen=True, slots=True)
class Abstention:
    """Why there is no answer, and the sentences that say so."""

    reason: str
    standing: Standing
    drafts: tuple[Draft, ...]


def hotline_notice(hotline: Hotline, language: Language) -> tuple[str, ...]:
    """Whom to call, as a notice of an answer that abstains; nothing when no hotline is set."""
    parts = " · ".join(part for part in (hotline.name, hotline.phone, hotline.hours) if part)
    return (phrases.HOTLINE.say(language).format(hotline=parts),) if hotline else ()


def whom_to_ask(view: LibraryView, places: Sequence[str], focus: Sequence[Focus]) -> Authority | None:
    """The authority of the record at hand, else an authority or inquiry point of the first market asked for."""
    for f in focus[:1]:
        for authority_id in f.record.authority:
            if authority_id in view.authorities:
                return view.authorities[authority_id]
    for place in places:
        wanted = {place, *view.vocabulary.expand_places((place,))}
        wanted |= {g.id for g in view.vocabulary.groups if place in g.members and g.id in {"EU", "EAEU"}}
        for kind in ("inquiry-point", "authority"):
            for authority in view.vocabulary.authorities:
                if authority.kind == kind and authority.market in wanted:
                    return authority
    return None


def abstain(view: LibraryView, u: Understood, reason: str, focus: Sequence[Focus] = (),
            places: Sequence[str] = (), names: Sequence[str] = ()) -> Abstention:
    """The abstention for `reason` (a key of phrases.REASONS). names: what the question calls by a name we do not hold."""
    language = u.language
    join = phrases.LIST_JOIN.say(language)
    named = join.join(view.place_name(p, language) for p in (places or u.places))
    products = view.product_names(u.products, u.categories, language)
    drafts: list[Draft] = [Said("notice", phrases.REASONS[reason].say(language).format(
        places=named, products=products, names=join.join(names)))]
    standing = STANDING.get(reason, "insufficient")
    if reason == "forgery":
        drafts.append(Said("next-step", phrases.NEXT_GENUINE.say(language)))
    if standing in {"insufficient", "unavailable"}:
        authority = whom_to_ask(view, tuple(places) or u.places, focus)
        if authority:
            topics = (phrases.NEXT_TOPICS.say(language).format(topics=authority.topics.say(language))
                      if authority.topics else "")
            drafts.append(Said("next-step", phrases.NEXT_AUTHORITY.say(language).format(
                name=authority.name.say(language), topics=topics)))
    if reason in {"nothing-found", "product-not-recognised"}:
        drafts.append(Said("next-step", phrases.NEXT_REPHRASE.say(language)))
    if reason == "market-not-held":
        groups = [g for g in view.vocabulary.groups if g.id in {"EU", "EAEU"} and view.held(g.id)]
        inside = {m for g in groups for m in g.members} | set(view.vocabulary.expand_places(("EEA",)))
        single = [m for m in view.vocabulary.markets if m.id in view.held_markets and m.id not in inside]
        records = Counter(m for r in view.records.values() for m in r.markets)
        # A hundred names help nobody on a telephone: those about which the library holds most.
        single = sorted(single, key=lambda m: -records[m.id])[:MOST_MARKETS]
        places_held: tuple[Group | Market, ...] = (*groups, *single)
        names = join.join(p.name.say(language) for p in places_held)
        drafts.append(Said("next-step", phrases.NEXT_HELD.say(language).format(places=names)))
    return Abstention(reason, standing, tuple(drafts))
