"""`bench`: speed, memory and quality in one run; a table for people, --json for programs."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import platform
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
from threadpoolctl import threadpool_limits

from assistant.assemble import make_answerer, make_legs
from assistant.evaluation.bench import (
    BenchError,
    BuildTimes,
    Milliseconds,
    Ratios,
    SearchFigures,
    measure_search,
    optional_package,
    ratios,
    searchable,
    time_answers,
    time_index_build,
)
from assistant.evaluation.bench_load import load_table, measure_load
from assistant.evaluation.bench_peers import WordsEngine, llama_index_searches, our_search, words_engines
from assistant.evaluation.bench_server import ServerFigures, measure_server
from assistant.evaluation.bench_wording import measure_wording, wording_table
from assistant.evaluation.questions import GoldQuestion, read_questions
from assistant.evaluation.run import evaluate, score
from assistant.index.load import LoadedIndex, load_index
from assistant.settings import ROOT, Settings, iso_date

QUESTIONS = ROOT / "tests" / "evaluation" / "questions"
#: Memory is read after this many questions.
ASKED = 20
#: What bench imports and serving does not: module, and the package that brings it.
NEEDED = (("psutil", "psutil"), ("bm25s", "bm25s"), ("llama_index.retrievers.bm25", "llama-index-retrievers-bm25"))
#: Our leg and the llama-index class it is compared with.
PAIRS = (("words", "BM25Retriever"), ("vectors", "VectorStoreIndex"), ("fused", "BM25Retriever"),
         ("fused", "VectorStoreIndex"))


@dataclass(frozen=True, slots=True)
class Machine:
    """Where it ran. load: runnable processes over the last minute before and after, None where it is not known."""

    cores: int | None
    python: str
    system: str
    load: tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Quality:
    """answers_right: share of all gold questions. retrieval: by leg or llama-index class."""

    answers_right: float
    retrieval: dict[str, SearchFigures]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything one run measured; the fields of its parts say the units."""

    passages: int
    questions: int
    searched: int
    index_build_s: float
    index_imports_s: float
    index_cpu_s: float | None
    answer_ms: Milliseconds
    answer_cpu_ms: Milliseconds
    answers_per_s: float
    start_to_page_s: float
    start_to_first_answer_s: float
    start_cpu_s: float
    rss_mb: float
    ratios: dict[str, Ratios]
    quality: Quality
    words_engines: tuple[WordsEngine, ...]
    machine: Machine


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--questions", type=Path, default=QUESTIONS, help="folder or file of gold questions")
    parser.add_argument("--passes", type=int, default=2, choices=range(1, 21), metavar="1..20",
                        help="how often each question is answered after the warm-up")
    parser.add_argument("--as-of", metavar="YYYY-MM-DD", help="answer as of this day")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--load", action="store_true", help="instead: many visitors and staff at once on the index in force")
    parser.add_argument("--wording", action="store_true", help="instead: what a language model costs besides its own time")
    parser.add_argument("--persons", type=int, default=200, choices=range(1, 2001), metavar="1..2000",
                        help="how many at once with --load (default: 200)")
    parser.add_argument("--seconds", type=int, default=120, choices=range(10, 3601), metavar="10..3600",
                        help="how long with --load (default: 120)")


def _say(step: str) -> None:
    print(step, file=sys.stderr, flush=True)


def _load() -> float | None:
    """Runnable processes over the last minute; Windows does not count them."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def child_environment(settings: Settings, base: Mapping[str, str], index: Path) -> dict[str, str]:
    """The environment of a build or server with these settings, another index folder, one thread and no look-ups."""
    fixed = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "GRADIO_ANALYTICS_ENABLED": "False",
             "ASSISTANT_CORPUS": str(settings.corpus.absolute()), "ASSISTANT_INDEX": str(index.absolute()),
             "ASSISTANT_EMBEDDING": settings.embedding, "ASSISTANT_TODAY": settings.as_of(),
             "DATABASE_URL": f"sqlite:///{index.absolute().parent / 'desk.sqlite'}"}
    return {**base, **fixed}


def report(index: LoadedIndex, questions: list[GoldQuestion], as_of: str, passes: int, build: BuildTimes,
           server: ServerFigures, folder: Path, load_before: float | None) -> Report:
    """Measure answering and retrieval on `index` and join them with the build and the server. folder: for scratch."""
    answerer = make_answerer(index)
    asked = searchable(questions)
    # One thread, as the server runs: faiss is thirty times slower on a small index with two.
    with threadpool_limits(limits=1):
        _say(f"answers: {len(questions)} questions, one warm-up pass and {passes} more")
        total = score(evaluate(answerer, questions, as_of))
        times = time_answers(answerer, questions, as_of, passes)
        _say(f"retrieval: {len(asked)} questions, our legs and llama-index's defaults")
        searches = {name: our_search(leg) for name, leg in make_legs(index).items()}
        searches.update(llama_index_searches(index))
        retrieval = {name: measure_search(search, asked) for name, search in searches.items()}
        _say("keyword engines on the same tokens")
        engines = words_engines(index, asked, folder / "words")
    return Report(
        passages=len(index.passages), questions=len(questions), searched=len(asked),
        index_build_s=build.index_build_s, index_imports_s=build.imports_s, index_cpu_s=build.cpu_s,
        answer_ms=times.answer_ms, answer_cpu_ms=times.answer_cpu_ms, answers_per_s=times.answers_per_s,
        start_to_page_s=server.start_to_page_s, start_to_first_answer_s=server.start_to_first_answer_s,
        start_cpu_s=server.cpu_s, rss_mb=server.rss_mb,
        ratios={f"{ours} / {theirs}": ratios(retrieval[ours], retrieval[theirs]) for ours, theirs in PAIRS},
        quality=Quality(round(total.rate, 4), retrieval), words_engines=tuple(engines),
        machine=Machine(os.cpu_count(), platform.python_version(), f"{platform.system()} {platform.machine()}",
                        (load_before, _load())))


def _figure(value: float | None, decimals: int = 3) -> str:
    return "-" if value is None else f"{value:.{decimals}f}"


def table(r: Report) -> str:
    """The report for people."""
    lines = [f"{r.passages} passages, {r.questions} questions, {r.machine.cores} cores, Python {r.machine.python}, "
             f"load {_figure(r.machine.load[0], 1)} before, {_figure(r.machine.load[1], 1)} after",
             f"warm answer           p50 {r.answer_ms.p50:.1f} ms, p95 {r.answer_ms.p95:.1f} ms, {r.answers_per_s:.1f} answers/s",
             f"  of processor time   p50 {r.answer_cpu_ms.p50:.1f} ms, p95 {r.answer_cpu_ms.p95:.1f} ms",
             f"index from nothing    {r.index_build_s:.1f} s, of which imports {r.index_imports_s:.1f} s; "
             f"processor time {_figure(r.index_cpu_s, 1)} s",
             f"start to first answer {r.start_to_first_answer_s:.1f} s (page after {r.start_to_page_s:.1f} s); "
             f"processor time {r.start_cpu_s:.1f} s",
             f"server memory         {r.rss_mb:.0f} MB after {min(ASKED, r.questions)} questions",
             f"answers right         {r.quality.answers_right:.1%}",
             "", f"{'retrieval':<28}{'Recall@10':>10}{'nDCG@10':>9}{'CPU ms':>8}   Recall@10 by language"]
    rows = [(name, f) for name, f in r.quality.retrieval.items()]
    rows += [(f"{e.engine}, {e.fields} field{'s' * (e.fields > 1)}, k1 {e.k1:g}", e.figures) for e in r.words_engines]
    for name, f in rows:
        languages = ", ".join(f"{language} {value:.3f}" for language, value in f.recall_at_10_by_language.items())
        lines.append(f"{name:<28}{f.recall_at_10:>10.3f}{f.ndcg_at_10:>9.3f}{f.cpu_ms:>8.2f}   {languages}")
    lines += ["", f"{'ours / llama-index':<28}{'Recall@10':>10}{'nDCG@10':>9}{'CPU':>8}"]
    lines += [f"{name:<28}{_figure(x.recall_at_10):>10}{_figure(x.ndcg_at_10):>9}{_figure(x.time):>8}"
              for name, x in r.ratios.items()]
    return "\n".join(lines)


def _load_run(options: argparse.Namespace, settings: Settings) -> int:
    questions = [q.question for q in read_questions(options.questions) if not q.history]
    # Looked for, not imported: importing locust replaces the standard library's sockets in this process.
    if importlib.util.find_spec("locust") is None:
        raise BenchError("The package «locust» is not installed.", "Run «make setup», or «pip install locust».")
    with tempfile.TemporaryDirectory(prefix="assistant-bench-") as name:
        environment = {**child_environment(settings, os.environ, Path(name) / "index"), "ASSISTANT_INDEX": str(settings.index.absolute())}
        _say(f"load: {options.persons} persons for {options.seconds} s")
        figures = measure_load(ROOT, environment, replace(settings, database=environment["DATABASE_URL"]), questions,
                               options.persons, options.seconds)
    if options.json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(figures), indent=1) + b"\n")
    else:
        print(load_table(figures))
    return int(bool(figures.failed))


def _wording_run(options: argparse.Namespace, settings: Settings, as_of: str) -> int:
    questions = [q.question for q in read_questions(options.questions) if not q.history]
    with threadpool_limits(limits=1):
        figures = measure_wording(load_index(settings.index), questions, as_of)
    if options.json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(figures), indent=1) + b"\n")
    else:
        print(wording_table(figures))
    return 0


def run(options: argparse.Namespace, settings: Settings) -> int:
    if options.load:
        return _load_run(options, settings)
    as_of = iso_date(options.as_of, "--as-of") if options.as_of else settings.as_of()
    if options.wording:
        return _wording_run(options, settings, as_of)
    questions = read_questions(options.questions)
    for module, package in NEEDED:  # now rather than after minutes of measuring
        with optional_package(package):
            importlib.import_module(module)
    before = _load()
    with tempfile.TemporaryDirectory(prefix="assistant-bench-") as name:
        folder = Path(name)
        environment = child_environment(settings, os.environ, folder / "index")
        _say("index: from nothing, in a process of its own")
        build = time_index_build(ROOT, environment)
        _say("server: start, first answer, memory")
        server = measure_server(ROOT, environment, [q.question for q in questions if not q.history][:ASKED])
        measured = report(load_index(folder / "index"), questions, as_of, options.passes, build, server, folder, before)
    if options.json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(measured), indent=1) + b"\n")
    else:
        print(table(measured))
    return 0
