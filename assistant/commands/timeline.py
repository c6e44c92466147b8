"""`timeline`: what applies when, in a market and for a product, or with --json for programs."""

from __future__ import annotations

import argparse
import sys
import unicodedata
from collections.abc import Iterator

import msgspec

from assistant.corpus.entries import Vocabulary
from assistant.index.load import load_index
from assistant.planning.names import find_market, find_product
from assistant.planning.timeline import Asked, Milestone, Timeline, is_past, published, timeline
from assistant.settings import Settings, iso_date
from assistant.types import Language, Words

CERTAINTIES = {
    "law": Words("法定", "law"),
    "announced": Words("已宣布", "announced"),
    "proposed": Words("提案,不是法律", "proposed, not law"),
}
TODAY = Words("今天", "today")
ALL_MARKETS, ALL_PRODUCTS = Words("全部市场", "all markets"), Words("全部产品", "all products")
NOTHING = Words("没有符合条件的日期。", "No date matches.")
COUNT = Words("{n}个日期", "{n} dates")
GENERAL = Words("另有{n}条资料没有写明产品,未列出;是否适用要另看。",
                "{n} more records name no product and are not listed; whether they apply must be checked.")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--market", help="a market or a group of markets: DE, EU, 日本")
    parser.add_argument("--product", help="a product by id or name: power-bank, 动力电池")
    parser.add_argument("--from", dest="first", metavar="DATE", help="only what is on this day or later, YYYY-MM-DD")
    parser.add_argument("--to", dest="last", metavar="DATE", help="only what is on this day or earlier, YYYY-MM-DD")
    parser.add_argument("--language", choices=("zh", "en"), default="zh", help="of what is printed for people")
    parser.add_argument("--json", action="store_true", help='print {"as_of", "market", "product", "from", …, "milestones"}')


def _wide(text: str, width: int) -> str:
    """`text` filled up to so many columns; Chinese characters count as two."""
    return text + " " * (width - sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text))


def _line(m: Milestone, language: Language) -> str:
    return f"{m.date:<10}  {_wide(CERTAINTIES[m.certainty].say(language), 17)}  {m.record:<30}  {m.words.say(language)}"


def _lines(found: Timeline, vocabulary: Vocabulary, language: Language) -> Iterator[str]:
    places = {p.id: p.name for p in vocabulary.places}
    products = {p.id: p.name for p in vocabulary.products}
    asked = found.asked
    yield " · ".join((places.get(asked.market or "", ALL_MARKETS).say(language),
                      products.get(asked.product or "", ALL_PRODUCTS).say(language),
                      COUNT.say(language).format(n=len(found.milestones))))
    yield ""
    today = f"{found.as_of}  ── {TODAY.say(language)} ──"
    marked = False
    for m in found.milestones:
        if not marked and not is_past(m.date, found.as_of):
            yield today
            marked = True
        yield _line(m, language)
    if not found.milestones:
        yield NOTHING.say(language)
    elif not marked:
        yield today
    if found.general:
        yield "\n" + GENERAL.say(language).format(n=found.general)


def run(options: argparse.Namespace, settings: Settings) -> int:
    first, last = (iso_date(value, option) if value else None
                   for value, option in ((options.first, "--from"), (options.last, "--to")))
    library = load_index(settings.index).library
    asked = Asked(find_market(library.vocabulary, options.market) if options.market else None,
                  find_product(library.vocabulary, options.product) if options.product else None, first, last)
    found = timeline(library.records, library.vocabulary, asked, settings.as_of())
    if options.json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(published(found)), indent=1) + b"\n")
        return 0
    for line in _lines(found, library.vocabulary, options.language):
        print(line)
    return 0
