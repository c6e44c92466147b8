"""The corpus as a whole: duplicates, digests, and what a fault does to loading."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant.answering.abstaining import whom_to_ask
from assistant.answering.answerer import Answerer
from assistant.corpus.library import Library, corpus_digest, examine, load_library, record_files
from assistant.errors import CorpusError
from assistant.passages import record_passages

CIRCLE = "regimes/asia/jp-pse-circle.md"


def test_records_come_in_id_order_whatever_their_folder(small_library: Library) -> None:
    assert [r.id for r in small_library.records] == ["eu-2006-66", "iso-14067", "jp-pse-circle", "jp-pse-diamond"]


def test_two_files_with_one_id_are_a_complaint(corpus_copy: Path) -> None:
    (corpus_copy / "regimes" / "europe").mkdir()
    shutil.copy(corpus_copy / CIRCLE, corpus_copy / "regimes" / "europe")
    complaints = examine(corpus_copy).complaints
    assert [(c.field, "stands twice" in c.problem) for c in complaints] == [("id", True)]


def test_a_folder_without_a_corpus_is_an_error_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(CorpusError) as caught:
        load_library(tmp_path)
    assert "ASSISTANT_CORPUS" in caught.value.remedy


def test_a_fault_stops_loading_and_names_the_command(corpus_copy: Path) -> None:
    path = corpus_copy / CIRCLE
    path.write_text(path.read_text(encoding="utf-8").replace("status: in-force", "status: in force"), encoding="utf-8")
    with pytest.raises(CorpusError) as caught:
        load_library(corpus_copy)
    assert "jp-pse-circle.md:9: status: " in caught.value.problem
    assert "python -m assistant check" in caught.value.remedy


def test_the_digest_changes_with_content_names_and_vocabulary_only(corpus_copy: Path) -> None:
    before = corpus_digest(corpus_copy)
    (corpus_copy / "README.txt").write_text("not a record", encoding="utf-8")
    (corpus_copy / "notes.md").write_text("not a record", encoding="utf-8")
    assert corpus_digest(corpus_copy) == before
    path = corpus_copy / CIRCLE
    original = path.read_bytes()
    path.write_bytes(original + b"\n")
    assert corpus_digest(corpus_copy) != before
    path.write_bytes(original)
    assert corpus_digest(corpus_copy) == before
    marks = corpus_copy / "vocabulary" / "marks.yml"
    marks.write_bytes(marks.read_bytes() + b"\n")
    changed = corpus_digest(corpus_copy)
    assert changed != before
    path.rename(path.with_name("jp-pse-round.md"))
    assert corpus_digest(corpus_copy) not in {before, changed}


def test_record_files_are_only_those_in_record_folders(corpus_copy: Path) -> None:
    (corpus_copy / "vocabulary" / "notes.md").write_text("x", encoding="utf-8")
    assert len(record_files(corpus_copy)) == 4


def test_each_span_is_its_statement_in_both_languages(small_library: Library) -> None:
    seen = 0
    for record in small_library.records:
        words = {s.id: s.words for s in record.statements}
        for passage in record_passages(record):
            assert passage.id == f"{record.id}#{passage.section}.{passage.language}"
            assert len(passage.spans) == len(passage.text.split("\n"))
            for span in passage.spans:
                assert passage.text[span.start : span.end] == words[span.statement].say(passage.language)
                seen += 1
    assert seen == 2 * sum(len(r.statements) for r in small_library.records)


def test_every_market_held_names_somebody_to_ask(answerer: Answerer) -> None:
    """An abstention always names an authority or inquiry point of the market it is about."""
    view = answerer.view
    assert len(view.held_markets) > 90
    assert [m for m in sorted(view.held_markets) if whom_to_ask(view, (m,), ()) is None] == []
