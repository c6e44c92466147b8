"""One file → one record."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.corpus.library import Library, load_library
from assistant.corpus.reader import read_raw, statement_id
from assistant.types import Record

CIRCLE = "regimes/asia/jp-pse-circle.md"


@pytest.fixture(scope="session")
def records(small_library: Library) -> dict[str, Record]:
    return {r.id: r for r in small_library.records}


def test_crlf_reads_like_lf(corpus_copy: Path) -> None:
    path = corpus_copy / CIRCLE
    before, _ = read_raw(path, corpus_copy)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    after, complaints = read_raw(path, corpus_copy)
    assert complaints == []
    assert before is not None and after is not None
    assert after.statements == before.statements
    assert after.header == before.header


def test_text_that_is_not_utf8_is_a_complaint(corpus_copy: Path) -> None:
    path = corpus_copy / CIRCLE
    path.write_bytes(path.read_text(encoding="utf-8").encode("gbk", errors="replace"))
    raw, complaints = read_raw(path, corpus_copy)
    assert raw is None
    assert [(c.line, c.remedy) for c in complaints] == [(1, "Save it again as UTF-8.")]


def test_a_file_that_is_gone_is_a_complaint(corpus_copy: Path) -> None:
    raw, complaints = read_raw(corpus_copy / "regimes/asia/nowhere.md", corpus_copy)
    assert raw is None and len(complaints) == 1


def test_an_unclosed_header_is_a_complaint_with_its_line(corpus_copy: Path) -> None:
    path = corpus_copy / CIRCLE
    text = path.read_text(encoding="utf-8").replace("\n---\n", "\n", 1)
    path.write_text(text, encoding="utf-8")
    raw, complaints = read_raw(path, corpus_copy)
    assert raw is None
    assert "not closed" in complaints[0].problem and complaints[0].line == len(text.split("\n"))


def test_a_trait_stands_for_its_products_without_the_excluded(records: dict[str, Record]) -> None:
    circle = records["jp-pse-circle"]
    assert circle.covers == ("power-bank", "lithium-ion-battery")
    assert circle.named_products == ("power-bank",)
    assert [(e.product, e.see) for e in circle.excludes] == [
        ("external-power-supply", "jp-pse-diamond"), ("portable-power-station", None)]


def test_a_group_stands_for_its_members_and_stays_known_as_a_group(records: dict[str, Record]) -> None:
    batteries = records["eu-2006-66"]
    assert len(batteries.markets) == 27 and "DE" in batteries.markets and "EU" not in batteries.markets
    assert batteries.market_groups == ("EU",)
    assert records["iso-14067"].markets == () and records["iso-14067"].scope == "international"


def test_a_milestone_says_its_date_in_both_languages(records: dict[str, Record]) -> None:
    milestone = next(s for s in records["jp-pse-circle"].statements if s.section == "dates")
    assert milestone.words.zh.startswith("2019年2月1日起")
    assert milestone.words.en.startswith("Since 1 February 2019,")
    assert (milestone.date, milestone.certainty, milestone.source) == ("2019-02-01", "law", "ul")


def test_a_recognition_edge_knows_paper_relation_and_locator(records: dict[str, Record]) -> None:
    edge = next(s for s in records["jp-pse-diamond"].statements if s.section == "recognition")
    assert (edge.paper, edge.relation, edge.source) == ("eu-ce-doc", "not-accepted", None)
    dated = next(s for s in records["jp-pse-diamond"].statements if s.section == "dates")
    assert (dated.source, dated.locator) == ("meti-outline", "p. 1")


def test_basis_follows_the_tier_of_the_source(records: dict[str, Record]) -> None:
    circle = records["jp-pse-circle"]
    found = {s.words.en.split(" ")[0] + s.section: circle.basis(s) for s in circle.statements}
    assert found["Inscope"] == "secondary"
    assert found["Ascope"] == "official"
    assert found["Theroute"] == "general-knowledge"


def test_a_statement_is_known_by_what_it_says_not_by_its_place(corpus_copy: Path, records: dict[str, Record]) -> None:
    path = corpus_copy / CIRCLE
    text = path.read_text(encoding="utf-8").replace(
        "## scope\n", "## scope\n- 充电宝要贴标志才能在日本销售。\n  Power banks sold in Japan bear the mark.\n\n", 1)
    path.write_text(text, encoding="utf-8")
    changed = next(r for r in load_library(corpus_copy).records if r.id == "jp-pse-circle")
    before = {s.id for s in records["jp-pse-circle"].statements}
    after = {s.id for s in changed.statements}
    assert before < after and len(after - before) == 1


def test_statement_ids_differ_by_record_section_and_text() -> None:
    ids = {statement_id(r, s, t) for r in ("a", "b") for s in ("scope", "route") for t in ("甲", "乙")}
    assert len(ids) == 8 and all(len(i) == 16 for i in ids)


def test_every_source_and_locator_is_kept(records: dict[str, Record]) -> None:
    circle = records["jp-pse-circle"]
    assert [s.locator for s in circle.statements if s.source == "meti-faq"] == ["A.1"]
    assert circle.source("meti-faq").instrument == "jp-denan"  # type: ignore[union-attr]
    assert circle.source("nowhere") is None and circle.source(None) is None
