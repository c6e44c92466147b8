"""The timeline for everybody: what applies when, as JSON and as a page with a chart."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Query, Response
from limits import RateLimitItemPerMinute

from assistant.assemble import Desk
from assistant.corpus.entries import Vocabulary
from assistant.planning.names import find_market, find_product
from assistant.planning.timeline import Asked, published, timeline
from assistant.service.bodies import shown
from assistant.service.gate import Gate
from assistant.service.pace import Pace
from assistant.service.statics import Statics
from assistant.settings import iso_date
from assistant.types import Record

#: Timelines from one address. A whole firm may sit behind one.
LOOKED_AT = RateLimitItemPerMinute(300)
_FOLDER = Path(__file__).resolve().parent / "timeline_page"
Name = Annotated[str, Query(max_length=100)]
From = Annotated[str, Query(alias="from", max_length=10)]
To = Annotated[str, Query(alias="to", max_length=10)]


def said_in(value: Any, language: str) -> Any:
    """Built-in values with each pair of words replaced by the words of one language."""
    if isinstance(value, dict):
        if value.keys() == {"zh", "en"}:
            return value[language]
        return {key: said_in(held, language) for key, held in value.items()}
    return [said_in(held, language) for held in value] if isinstance(value, list | tuple) else value


def choices(vocabulary: Vocabulary, records: Iterable[Record], as_of: str) -> dict[str, Any]:
    """What can be asked for: markets and groups of which something is held, and all products, each with its other names.

    as_of: the ISO day that counts as today.
    """
    held = {market for record in records for market in record.markets}
    return {
        "as_of": as_of,
        "markets": [{"id": place.id, "name": place.name, "also": (*place.aliases, *place.codes)} for place in vocabulary.places
                    if not held.isdisjoint(vocabulary.expand_places((place.id,)))],
        "products": [{"id": p.id, "name": p.name, "also": p.synonyms.all()} for p in vocabulary.products]}


def router(desk: Desk, gate: Gate) -> APIRouter:
    routes, pace, statics = APIRouter(), Depends(Pace(LOOKED_AT)), Statics(_FOLDER)

    @routes.get("/api/timeline", dependencies=[pace])
    def timeline_(market: Name = "", product: Name = "", first: From = "", last: To = "",
                  language: Literal["", "zh", "en"] = "") -> Response:
        view = desk.live.current().view
        asked = Asked(find_market(view.vocabulary, market) if market else None,
                      find_product(view.vocabulary, product) if product else None,
                      iso_date(first, "from") if first else None, iso_date(last, "to") if last else None)
        found = published(timeline(view.records.values(), view.vocabulary, asked, desk.settings.as_of()))
        return shown(said_in(msgspec.to_builtins(found), language) if language else found)

    @routes.get("/api/timeline/choices", dependencies=[pace])
    def choices_() -> Response:
        view = desk.live.current().view
        return shown(choices(view.vocabulary, view.records.values(), desk.settings.as_of()))

    @routes.get("/timeline", include_in_schema=False)
    def page() -> Response:
        return statics.page("index.html")

    @routes.get("/timeline/static/{name}", include_in_schema=False)
    def file(name: str) -> Response:
        return statics.file(name)

    return routes
