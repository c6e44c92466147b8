"""The account of what the library holds, exact on the small corpus."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from assistant.cli import main
from assistant.corpus.library import Library
from assistant.corpus.schema import FULL
from assistant.planning.coverage import (
    BasisShares,
    CategoryCover,
    Count,
    Coverage,
    Dates,
    Depth,
    Edges,
    Gaps,
    coverage,
)

TODAY = "2026-11-22"


@pytest.fixture(scope="module")
def account(small_library: Library) -> Coverage:
    return coverage(small_library.records, small_library.vocabulary, small_library.digest, TODAY)


def test_records_and_statements_by_folder(account: Coverage, small_library: Library) -> None:
    assert account.total == Count(4, sum(len(r.statements) for r in small_library.records))
    assert {folder: held.records for folder, held in account.folders.items()} == {
        "regimes": 2, "regulations": 1, "standards": 1, "programmes": 0, "guides": 0}
    assert sum(held.statements for held in account.folders.values()) == account.total.statements
    assert account.folders["regulations"] == Count(1, 2) and account.folders["standards"] == Count(1, 3)
    assert account.status == {"in-force": 3, "superseded": 1} and account.library == small_library.digest


def test_markets_and_categories(account: Coverage) -> None:
    assert len(account.markets) == 28 and account.markets["JP"] == 2 and account.markets["DE"] == 1
    assert account.international == 1
    assert account.categories == {"batteries": CategoryCover(3, 2, 2), "power-supplies": CategoryCover(2, 2, 1)}
    assert (account.products_covered, account.products) == (4, 5)


def test_edges_and_milestones(account: Coverage, small_library: Library) -> None:
    assert account.edges == Edges(2, 2, 2, {"accepted": 1, "not-accepted": 1})
    assert account.milestones == Dates(3, 0, 0, 3, {"law": 3}, {})
    earlier = coverage(small_library.records, small_library.vocabulary, small_library.digest, "2025-12-01")
    assert earlier.milestones == Dates(3, 0, 1, 3, {"law": 3}, {"law": 1})


def test_depth_is_the_checkers(account: Coverage, small_library: Library) -> None:
    assert account.depth == Depth(0, 4)
    record = next(r for r in small_library.records if r.folder == "standards")
    statement = record.statements[0]
    whole = dataclasses.replace(record, statements=tuple(
        dataclasses.replace(statement, section=section) for section in FULL["standards"]))
    found = coverage((whole,), small_library.vocabulary, "", TODAY)
    assert found.depth == Depth(1, 0) and found.depth_by_folder["standards"] == Depth(1, 0)
    assert found.depth_by_folder["guides"] == Depth(0, 0) and found.gaps == Gaps(1, 1)


def test_basis_of_statements(account: Coverage, small_library: Library) -> None:
    counted = [r.basis(s) for r in small_library.records for s in r.statements]
    assert account.basis.statements == len(counted) == account.total.statements
    assert (account.basis.official, account.basis.secondary, account.basis.general_knowledge) == (
        counted.count("official"), counted.count("secondary"), counted.count("general-knowledge"))
    assert account.basis.official_share == round(account.basis.official / len(counted), 4)
    assert account.basis.sourced_share == round((account.basis.official + account.basis.secondary) / len(counted), 4)
    assert account.basis_by_folder["regulations"] == BasisShares(2, 0, 0, 2, 0.0, 0.0)
    assert account.basis_by_folder["guides"] == BasisShares(0, 0, 0, 0, 0.0, 0.0)
    assert account.without_official_source == ("eu-2006-66", "iso-14067")


def test_command(small_root: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes],
                 account: Coverage) -> None:
    monkeypatch.setenv("ASSISTANT_INDEX", str(small_root))
    monkeypatch.setenv("ASSISTANT_TODAY", TODAY)
    assert main(["coverage", "--json"]) == 0
    data = json.loads(capfdbinary.readouterr().out)
    assert set(data) == {f.name for f in dataclasses.fields(Coverage)}
    assert data["basis"] == dataclasses.asdict(account.basis) and data["milestones"]["dated"] == 3
    assert main(["coverage"]) == 0
    lines = capfdbinary.readouterr().out.decode().splitlines()
    assert lines[1] == "records             4: 2 regimes, 1 regulations, 1 standards, 0 programmes, 0 guides"
    assert lines[-1] == "no official source  2 records (eu-2006-66, iso-14067)"
