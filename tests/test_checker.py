"""The checker against golden files: one bad record for each rule, and the complaints it must draw.

`tests/checker/<case>.md` is put among the records of the small corpus; `<case>.expected` holds its complaints, one a
line, with the file's name only. A case of no complaint has an empty file.
"""

from __future__ import annotations

import dataclasses
import re
import shutil
from pathlib import Path

import pytest

from assistant.corpus.frontmatter import Complaint
from assistant.corpus.library import examine
from assistant.corpus.review import RULES, Known, depth, review
from assistant.settings import ROOT

CASES = sorted((Path(__file__).parent / "checker").glob("*.md"))
#: Where a case stands, if not with the other Japanese records.
PLACES = {"unknown-region": "regimes/atlantis"}


@pytest.fixture(scope="module")
def complaints(small_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Complaint]]:
    """Every complaint about the small corpus with all bad records in it, by file name, files named without folder."""
    root = shutil.copytree(small_corpus, tmp_path_factory.mktemp("checker") / "corpus")
    for case in CASES:
        folder = root / PLACES.get(case.stem, "regimes/asia")
        folder.mkdir(exist_ok=True)
        shutil.copy(case, folder)
    found: dict[str, list[Complaint]] = {}
    for complaint in examine(root).complaints:
        name = Path(complaint.file).name
        found.setdefault(name, []).append(dataclasses.replace(complaint, file=name))
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_complaints_are_those_of_the_golden_file(case: Path, complaints: dict[str, list[Complaint]]) -> None:
    said = "".join(f"{c}\n" for c in complaints.get(case.name, []))
    assert said == case.with_suffix(".expected").read_text(encoding="utf-8")


def test_only_the_sound_record_draws_no_complaint(complaints: dict[str, list[Complaint]]) -> None:
    assert {c.name for c in CASES} - set(complaints) == {"sound.md"}
    assert set(complaints) <= {c.name for c in CASES}


def test_every_complaint_has_a_line_of_its_file_and_a_remedy(complaints: dict[str, list[Complaint]]) -> None:
    for case in CASES:
        length = len(case.read_bytes().split(b"\n"))
        for complaint in complaints.get(case.name, []):
            assert 1 <= complaint.line <= length, str(complaint)
            assert complaint.field and complaint.problem.endswith("."), str(complaint)
            assert re.fullmatch(r"[A-Z].*\.", complaint.remedy), str(complaint)


def test_every_rule_is_hit_by_a_case(small_corpus: Path, tmp_path: Path) -> None:
    root = shutil.copytree(small_corpus, tmp_path / "corpus")
    for case in CASES:
        if case.stem not in PLACES:
            shutil.copy(case, root / "regimes" / "asia")
    examined = examine(root)
    raws = examined.raws
    known = Known(examined.vocabulary, frozenset(r.id for r in raws))
    silent = [rule.__name__ for rule in RULES if not any(list(rule(raw, known)) for raw in raws)]
    assert silent == []
    assert all(c in review(raw, known) for raw in raws for rule in RULES for c in rule(raw, known))


def test_the_real_corpus_draws_no_complaint() -> None:
    examined = examine(ROOT / "corpus")
    assert [str(c) for c in examined.complaints] == []
    assert len(examined.raws) >= 32


def test_depth_follows_from_the_sections_that_are_there() -> None:
    needed = {"summary", "scope", "requirements", "mistakes", "gaps"}
    assert depth("programmes", needed) == "full"
    assert depth("programmes", needed - {"gaps"}) == "short"
    assert depth("programmes", {*needed, "support"}) == "full"
