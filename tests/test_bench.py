"""What `bench` prints is measured, complete and comparable."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from assistant.answering.answerer import Answerer
from assistant.assemble import make_legs
from assistant.cli import build_parser
from assistant.commands import bench as command
from assistant.evaluation.bench import (
    BenchError,
    Milliseconds,
    Ratios,
    SearchFigures,
    measure_search,
    optional_package,
    parting_words,
    percentiles,
    ratios,
    searchable,
    time_answers,
    time_index_build,
)
from assistant.evaluation.bench_peers import Bm25sWords, llama_index_searches, our_search, words_engines
from assistant.evaluation.bench_server import PageClient, free_port, measure_server
from assistant.evaluation.questions import GoldQuestion
from assistant.index.llama_embedding import LibraryEmbedding
from assistant.index.load import LoadedIndex
from assistant.index.words import BOOSTS, WordsEntry
from assistant.settings import ROOT, Settings
from assistant.types import Turn

TODAY = "2026-11-22"
QUESTIONS = [
    GoldQuestion("q1", "zh", "lookup", "充电宝卖到日本是圆形还是菱形PSE", relevant=("jp-pse-circle#scope",)),
    GoldQuestion("q2", "en", "lookup", "Which PSE mark does a power bank need in Japan?", relevant=("jp-pse-circle#scope",)),
    GoldQuestion("q3", "zh", "lookup", "产品碳足迹按什么标准算", relevant=("iso-14067#summary",)),
    GoldQuestion("q4", "zh", "follow-up", "那怎么申请", history=(Turn("user", "圆形PSE"),), relevant=("jp-pse-circle#route",)),
    GoldQuestion("q5", "zh", "lookup", "今天天气怎么样", abstain=True),
]


@pytest.mark.parametrize(("seconds", "p50", "p95"), [
    ([0.010], 10.0, 10.0),
    ([0.001, 0.002, 0.003], 2.0, 2.9),
    ([i / 1000 for i in range(101)], 50.0, 95.0),
    ([0.004, 0.001], 2.5, 3.85),
])
def test_percentiles_are_milliseconds_between_nearest_ranks(seconds: list[float], p50: float, p95: float) -> None:
    assert percentiles(seconds) == Milliseconds(p50, p95)


def test_percentiles_of_nothing_are_refused() -> None:
    with pytest.raises(BenchError, match="nothing to measure"):
        percentiles([])


def test_ratios_divide_ours_by_theirs() -> None:
    ours, theirs = SearchFigures(0.9, 0.6, 4.0, {}), SearchFigures(0.45, 0.0, 8.0, {})
    assert ratios(ours, theirs) == Ratios(2.0, None, 0.5)


def test_retrieval_is_judged_on_questions_that_stand_alone() -> None:
    assert [q.id for q in searchable(QUESTIONS)] == ["q1", "q2", "q3"]


def test_measured_quality_tells_a_perfect_search_from_a_blind_one() -> None:
    asked = searchable(QUESTIONS)
    known = {q.question: [(f"{section}.{q.lang}", 1.0) for section in q.relevant] for q in asked}
    perfect = measure_search(lambda question, language: known[question], asked)
    assert (perfect.recall_at_10, perfect.ndcg_at_10) == (1.0, 1.0)
    assert perfect.recall_at_10_by_language == {"zh": 1.0, "en": 1.0}
    chinese_blind = measure_search(lambda question, language: known[question] if language == "en" else [], asked)
    assert chinese_blind.recall_at_10 == pytest.approx(1 / 3, abs=1e-4)
    assert chinese_blind.recall_at_10_by_language == {"zh": 0.0, "en": 1.0}


def test_warm_answers_are_timed(small_answerer: Answerer) -> None:
    times = time_answers(small_answerer, QUESTIONS, TODAY, passes=2)
    assert 0 < times.answer_ms.p50 <= times.answer_ms.p95
    assert 0 < times.answer_cpu_ms.p50 <= times.answer_cpu_ms.p95
    assert 1000 / times.answer_ms.p95 / 10 < times.answers_per_s


def test_llama_index_gets_our_vectors(small: LoadedIndex) -> None:
    wrapped = LibraryEmbedding(small.embedder)
    texts = ["圆形PSE", "circle PSE", ""]
    expected = small.embedder.encode(texts)
    assert np.allclose(wrapped.get_text_embedding_batch(texts[:2]), expected[:2])
    assert np.allclose(wrapped.get_query_embedding(texts[0]), expected[0])
    assert wrapped.get_text_embedding_batch(texts[2:] or [""])[0] == [0.0] * small.embedder.dimensions


def test_vector_store_index_finds_what_our_vector_leg_finds(small: LoadedIndex) -> None:
    theirs, ours = llama_index_searches(small)["VectorStoreIndex"], our_search(make_legs(small)["vectors"])
    for q in searchable(QUESTIONS):
        expected = [score for _, score in ours(q.question, q.lang)]
        found = theirs(q.question, q.lang)
        assert all(passage.endswith(f".{q.lang}") for passage, _ in found)
        assert [score for _, score in found][: len(expected)] == pytest.approx(expected, abs=1e-4)


def test_bm25_retriever_answers_in_the_questions_language(small: LoadedIndex) -> None:
    found = llama_index_searches(small)["BM25Retriever"]("Which PSE mark does a power bank need in Japan?", "en")
    assert found[0][0].startswith("jp-pse-") and all(passage.endswith(".en") for passage, _ in found)


def test_engines_are_compared_on_the_same_tokens(small: LoadedIndex, tmp_path: Path) -> None:
    asked = searchable(QUESTIONS)
    engines = words_engines(small, asked, tmp_path / "words")
    assert [(e.engine, e.fields, e.k1) for e in engines] == [
        ("tantivy", 4, 1.2), ("tantivy", 1, 1.2), ("bm25s", 4, 0.6), ("bm25s", 1, 0.6), ("bm25s", 4, 1.2), ("bm25s", 1, 1.2)]
    assert engines[0].figures.recall_at_10 == measure_search(our_search(make_legs(small)["words"]), asked).recall_at_10
    assert all(e.figures.recall_at_10 > 0 for e in engines)


def test_bm25s_ranks_by_our_tokens_and_finds_nothing_for_unknown_words() -> None:
    entries = [WordsEntry("a", "zh", "圆形PSE", "适用范围", "", "充电宝要圆形PSE"), WordsEntry("b", "zh", "碳足迹", "摘要", "", "产品碳足迹"),
               WordsEntry("c", "en", "circle PSE", "scope", "", "power bank")]
    words = Bm25sWords(entries, 0.6, 0.75, BOOSTS)
    assert [i for i, _ in words.search("充电寶", "zh")] == ["a"]
    assert words.search("xyzzy", "zh") == []
    assert [i for i, _ in words.search("power banks", "en")] == ["c"]


def test_a_failed_build_says_why(tmp_path: Path) -> None:
    (tmp_path / "assistant").mkdir()
    (tmp_path / "assistant" / "__main__.py").write_text(
        "import sys\nprint('The shelf is empty.', 'Fill it.', sep='\\n', file=sys.stderr)\nsys.exit(2)\n", encoding="utf-8")
    with pytest.raises(BenchError, match=r"could not be built: The shelf is empty\. Fill it\.") as caught:
        time_index_build(tmp_path, os.environ)
    assert "index --fresh" in caught.value.remedy


def test_a_progress_bar_is_no_message() -> None:
    text = "first\nrecords:  8%|#  |\rwords: 90%|## |\rThe corpus is empty.\nAdd records.\n\n  \n"
    assert parting_words(text, 1) == "Add records."
    assert parting_words(text, 2) == "The corpus is empty. Add records."
    assert parting_words("", 2) == "it said nothing"


def test_a_missing_package_is_one_sentence_with_the_remedy() -> None:
    with pytest.raises(BenchError, match="needs the package no-such-package") as caught, optional_package("no-such-package"):
        import no_such_package  # type: ignore[import-not-found]  # noqa: F401
    assert "[bench]" in caught.value.remedy


def test_bench_asks_for_its_packages_before_it_measures() -> None:
    without = "import sys; sys.modules['bm25s'] = None; from assistant.cli import main; sys.exit(main(['bench']))"
    done = subprocess.run([sys.executable, "-c", without], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.splitlines() == ["bench needs the package bm25s, which is not installed.",
                                        'Run «pip install -e ".[bench]"».']


def test_a_folder_without_a_server_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"no app\.py"):
        measure_server(tmp_path, os.environ, ["?"])


def test_a_server_that_stops_says_why(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import sys\nsys.exit('The cellar is flooded.')\n", encoding="utf-8")
    with pytest.raises(BenchError, match=r"The cellar is flooded\."):
        measure_server(tmp_path, os.environ, ["?"])


def test_nobody_at_the_address_is_one_sentence() -> None:
    with pytest.raises(BenchError, match="did not take a request"):
        PageClient(f"http://127.0.0.1:{free_port()}")


def test_the_whole_run_prints_what_it_promises(
        small_corpus: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_bytes(b"\n".join(msgspec.json.encode(q) for q in QUESTIONS))
    options = build_parser("bench").parse_args(["bench", "--questions", str(gold), "--passes", "1", "--json"])
    assert command.run(options, Settings(corpus=small_corpus, index=tmp_path / "never", today=TODAY)) == 0
    data = json.loads(capfdbinary.readouterr().out)
    assert {"passages", "index_build_s", "answer_ms", "answers_per_s", "start_to_first_answer_s", "rss_mb", "ratios",
            "machine", "questions", "quality", "words_engines"} <= data.keys()
    assert data["answer_ms"].keys() == {"p50", "p95"} and data["questions"] == len(QUESTIONS)
    assert 0 < data["start_to_page_s"] < data["start_to_first_answer_s"] and data["rss_mb"] > 50
    assert 0 < data["index_imports_s"] < data["index_build_s"]
    assert data["passages"] > 0 and data["answers_per_s"] > 0
    assert data["ratios"].keys() == {"words / BM25Retriever", "vectors / VectorStoreIndex", "fused / BM25Retriever",
                                     "fused / VectorStoreIndex"}
    assert not (tmp_path / "never").exists(), "bench measures an index of its own"
    shown = command.table(msgspec.json.decode(json.dumps(data), type=command.Report))
    assert "warm answer" in shown and "VectorStoreIndex" in shown
