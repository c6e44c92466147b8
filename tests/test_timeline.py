"""What applies when: dates of the records by market, product and period, never a proposal as law."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import msgspec
import pytest

from assistant.cli import main
from assistant.corpus.entries import Vocabulary
from assistant.corpus.library import Library
from assistant.errors import NameNotKnown
from assistant.planning.names import find_market, find_product
from assistant.planning.timeline import Asked, holds_in, is_past, milestones, published, timeline
from assistant.types import Exclusion, Record, Statement, Words

TODAY = "2026-11-22"
MEMBERS = ("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
           "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK")


def held(library: Library, record: str) -> Record:
    return next(r for r in library.records if r.id == record)


def told(library: Library, asked: Asked | None = None, more: tuple[Record, ...] = ()) -> list[tuple[str, str]]:
    found = timeline((*library.records, *more), library.vocabulary, asked or Asked(), TODAY)
    return [(m.date, m.record) for m in found.milestones]


def dates(record: Record, *said: tuple[str, str]) -> Record:
    """The record with these dates and certainties in place of its own."""
    statements = tuple(Statement(f"s{i}", "dates", Words(f"{date}起", f"from {date}"), date=date, certainty=sure)
                       for i, (date, sure) in enumerate(said))
    return dataclasses.replace(record, statements=statements)


@pytest.fixture
def german(small_library: Library) -> Record:
    """A rule of one member of the union, for a power bank."""
    record = dataclasses.replace(held(small_library, "jp-pse-circle"), id="de-own", markets=("DE",))
    return dates(record, ("2027", "law"))


@pytest.fixture
def general(small_library: Library) -> Record:
    """A rule of the union that names no product."""
    record = dataclasses.replace(held(small_library, "eu-2006-66"), id="eu-general", covers=(), named_products=())
    return dates(record, ("2027-01", "announced"))


@pytest.fixture
def international(small_library: Library) -> Record:
    return dates(dataclasses.replace(held(small_library, "iso-14067")), ("2027-05-01", "announced"))


def test_all_dates_in_order(small_library: Library) -> None:
    assert told(small_library) == [
        ("2019-02-01", "jp-pse-circle"), ("2025-08-18", "eu-2006-66"), ("2025-12-25", "jp-pse-diamond")]


def test_a_milestone_says_all_that_is_known_of_it(small_library: Library) -> None:
    (m,) = milestones(held(small_library, "jp-pse-diamond"))
    assert (m.date, m.precision, m.certainty, m.kind, m.status, m.folder) == (
        "2025-12-25", "day", "law", "mandatory", "in-force", "regimes")
    assert (m.markets, m.market_groups, m.products) == (("JP",), (), ("external-power-supply", "fuse"))
    assert m.words.zh == "2025年12月25日起,从海外直接向日本消费者销售菱形PSE产品的企业要指定日本国内管理人。"
    assert m.words.en.startswith("Since 25 December 2025, a firm")
    assert m.basis == "official" and m.source is not None
    assert (m.source.locator, m.source.read, m.source.tier) == ("p. 1", "2026-11-22", "official")
    assert m.source.url == "https://www.meti.go.jp/english/policy/economy/consumer/pse/index.html"
    (repealed,) = milestones(held(small_library, "eu-2006-66"))
    assert repealed.basis == "general-knowledge" and repealed.source is None
    assert repealed.market_groups == ("EU",) and repealed.markets == MEMBERS


def test_precision_is_that_of_the_date(small_library: Library) -> None:
    record = dates(held(small_library, "jp-pse-circle"), ("2027", "law"), ("2027-03", "law"), ("2027-03-01", "law"))
    assert [m.precision for m in milestones(record)] == ["year", "month", "day"]


def test_what_is_described_in_words_only_has_no_place(small_library: Library) -> None:
    assert milestones(dates(held(small_library, "jp-pse-circle"), ("", "announced"))) == ()


@pytest.mark.parametrize(("status", "certainties"), [
    ("in-force", ["law", "announced", "proposed"]), ("proposed", ["proposed", "announced", "proposed"])])
def test_nothing_of_a_proposed_record_is_law(small_library: Library, status: str, certainties: list[str]) -> None:
    record = dates(dataclasses.replace(held(small_library, "jp-pse-circle"), status=status),
                   ("2027", "law"), ("2028", "announced"), ("2029", "proposed"))
    assert [m.certainty for m in milestones(record)] == certainties


def test_a_superseded_record_names_where_its_products_belong(small_library: Library) -> None:
    record = held(small_library, "eu-2006-66")
    excludes = (Exclusion("power-bank", "jp-pse-circle"), Exclusion("fuse", None), Exclusion("lithium-ion-battery", "jp-pse-circle"))
    assert [m.successors for m in milestones(dataclasses.replace(record, excludes=excludes))] == [("jp-pse-circle",)]
    assert [m.successors for m in milestones(held(small_library, "jp-pse-diamond"))] == [()]


@pytest.mark.parametrize(("market", "records"), [
    (None, ["jp-pse-circle", "eu-2006-66", "jp-pse-diamond", "de-own", "iso-14067"]),
    ("JP", ["jp-pse-circle", "jp-pse-diamond"]), ("EU", ["eu-2006-66"]), ("DE", ["eu-2006-66", "de-own"]),
    ("FR", ["eu-2006-66"]), ("US", [])])
def test_markets(small_library: Library, german: Record, international: Record, market: str | None, records: list[str]) -> None:
    """The union's own rules for the union and each member; a member's rule for that member; international ones for none."""
    library = dataclasses.replace(small_library, records=tuple(r for r in small_library.records if r.id != "iso-14067"))
    assert [record for _, record in told(library, Asked(market=market), (german, international))] == records


def test_a_rule_of_a_union_holds_in_a_wider_one_and_a_list_of_markets_has_the_rules_of_each(
        small_library: Library, german: Record) -> None:
    v = small_library.vocabulary
    groups = (*v.groups, dataclasses.replace(v.groups[0], id="EEA", members=(*MEMBERS, "IS", "LI", "NO")),
              dataclasses.replace(v.groups[0], id="EUROPE", members=(*MEMBERS, "GB")))
    wide: Vocabulary = dataclasses.replace(v, groups=groups)
    directive = held(small_library, "eu-2006-66")
    assert holds_in(directive, "EEA", wide) and not holds_in(german, "EEA", wide)
    assert holds_in(directive, "EUROPE", wide) and holds_in(german, "EUROPE", wide)


def test_a_product_is_answered_for_by_what_covers_it(small_library: Library, german: Record, general: Record) -> None:
    more = (german, general)
    assert told(small_library, Asked(product="fuse"), more) == [("2025-12-25", "jp-pse-diamond")]
    assert told(small_library, Asked(product="power-bank"), more) == [("2019-02-01", "jp-pse-circle"), ("2027", "de-own")]
    assert told(small_library, Asked(market="EU", product="lithium-ion-battery"), more) == [("2025-08-18", "eu-2006-66")]
    # Sent elsewhere by its own record, covered through a trait only: not claimed.
    assert told(small_library, Asked(product="portable-power-station")) == []


def test_rules_that_name_no_product_are_counted_and_not_claimed(small_library: Library, general: Record) -> None:
    records = (*small_library.records, general)
    found = timeline(records, small_library.vocabulary, Asked("EU", "lithium-ion-battery"), TODAY)
    assert [m.record for m in found.milestones] == ["eu-2006-66"] and found.general == 1
    assert timeline(records, small_library.vocabulary, Asked("JP", "power-bank"), TODAY).general == 0
    assert timeline(records, small_library.vocabulary, Asked("EU"), TODAY).general == 0


@pytest.mark.parametrize(("first", "last", "kept"), [
    (None, None, ["2026", "2026-11", "2026-11-21", "2026-11-22", "2027-01-01"]),
    (TODAY, None, ["2026", "2026-11", "2026-11-22", "2027-01-01"]),
    ("2026-12-01", None, ["2026", "2027-01-01"]), ("2027-01-01", None, ["2027-01-01"]),
    (None, TODAY, ["2026", "2026-11", "2026-11-21", "2026-11-22"]), (TODAY, TODAY, ["2026", "2026-11", "2026-11-22"]),
    ("2028-01-01", None, [])])
def test_a_month_or_year_counts_when_any_day_of_it_is_within(
        small_library: Library, first: str | None, last: str | None, kept: list[str]) -> None:
    record = dates(held(small_library, "jp-pse-circle"), *((d, "law") for d in (
        "2027-01-01", "2026-11-22", "2026-11-21", "2026-11", "2026")))
    found = timeline((record,), small_library.vocabulary, Asked(first=first, last=last), TODAY)
    assert [m.date for m in found.milestones] == kept


def test_a_day_is_past_when_it_is_wholly_over() -> None:
    assert [d for d in ("2025", "2026", "2026-10", "2026-11", "2026-11-21", TODAY) if is_past(d, TODAY)] == [
        "2025", "2026-10", "2026-11-21"]


def test_markets_and_products_are_found_by_id_or_name(small_library: Library) -> None:
    v = small_library.vocabulary
    assert [find_market(v, said) for said in ("EU", "eu", "欧盟", "European Union", "UK", "英国", "日本", "japan")] == [
        "EU", "EU", "EU", "EU", "GB", "GB", "JP", "JP"]
    assert [find_product(v, said) for said in ("power-bank", "Power bank", "移动电源", "portable-charger")] == ["power-bank"] * 4


def test_an_unknown_name_is_refused_with_near_ones(small_library: Library) -> None:
    with pytest.raises(NameNotKnown) as error:
        find_product(small_library.vocabulary, "powerbnk")
    assert error.value.remedy == "Did you mean power-bank?"
    with pytest.raises(NameNotKnown) as error:
        find_market(small_library.vocabulary, "@@")
    assert error.value.remedy.startswith("Write an id or a name")


def test_published_form(small_library: Library) -> None:
    found = timeline(small_library.records, small_library.vocabulary, Asked("JP", "fuse", "2020-01-01"), TODAY)
    data = json.loads(msgspec.json.encode(published(found)))
    assert {k: v for k, v in data.items() if k != "milestones"} == {
        "as_of": TODAY, "market": "JP", "product": "fuse", "from": "2020-01-01", "to": None, "general": 0}
    assert [(m["date"], m["words"]["zh"][:11], m["source"]["locator"]) for m in data["milestones"]] == [
        ("2025-12-25", "2025年12月25日", "p. 1")]


@pytest.fixture
def small_settings(small_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_INDEX", str(small_root))
    monkeypatch.setenv("ASSISTANT_TODAY", TODAY)


@pytest.mark.usefixtures("small_settings")
def test_command_prints_aligned_lines_with_today_marked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["timeline", "--market", "日本", "--language", "en", "--from", "2019-01-01"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Japan · all products · 2 dates"
    assert lines[2].startswith("2019-02-01  law                jp-pse-circle                   Since 1 February 2019,")
    assert lines[3].startswith("2025-12-25  law                jp-pse-diamond                  Since 25 December 2025,")
    assert lines[4] == "2026-11-22  ── today ──"


@pytest.mark.usefixtures("small_settings")
def test_command_as_json(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["timeline", "--market", "EU", "--json"]) == 0
    data = json.loads(capfdbinary.readouterr().out)
    assert (data["as_of"], data["market"], len(data["milestones"])) == (TODAY, "EU", 1)


@pytest.mark.usefixtures("small_settings")
@pytest.mark.parametrize("argv", [["--market", "Jappan"], ["--product", "powerbnk"], ["--from", "soon"], ["--to", "2026-13-01"]])
def test_command_refuses_with_sentence_and_remedy(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["timeline", *argv]) == 2
    said = capsys.readouterr()
    assert said.out == "" and len(said.err.splitlines()) == 2 and argv[1] in said.err


@pytest.mark.usefixtures("small_settings")
def test_command_says_when_there_is_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["timeline", "--market", "US"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "没有符合条件的日期。"
