"""Speed and retrieval quality of one index: warm answers, a build from nothing, our legs beside llama-index's defaults.

Every figure of one report comes from one run on the same passages and questions. Times are wall-clock times.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.answering.answerer import Answerer
from assistant.errors import AssistantError
from assistant.evaluation.measures import ranking
from assistant.evaluation.questions import GoldQuestion

#: Question and language → passage ids with scores, best first.
Search = Callable[[str, str], Sequence[tuple[str, float]]]
DEPTH = 10
_BUILD_LIMIT_S = 900
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|.*")


class BenchError(AssistantError):
    """Something could not be measured."""


@dataclass(frozen=True, slots=True)
class Milliseconds:
    """Percentiles of wall-clock times, in ms."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class AnswerTimes:
    """answers_per_s: one thread, all passes together. answer_cpu_ms: processor time, which a busy machine changes less."""

    answer_ms: Milliseconds
    answer_cpu_ms: Milliseconds
    answers_per_s: float


@dataclass(frozen=True, slots=True)
class BuildTimes:
    """A build in a process of its own, from its start to its end. imports_s: the part spent importing modules.

    cpu_s: its processor time, None where the system does not say.
    """

    index_build_s: float
    imports_s: float
    cpu_s: float | None


@dataclass(frozen=True, slots=True)
class SearchFigures:
    """Quality over questions with known relevant sections. cpu_ms: median processor time of one query.

    Processor time, because retrievers are measured one after the other and a busy machine would favour some of them.
    """

    recall_at_10: float
    ndcg_at_10: float
    cpu_ms: float
    recall_at_10_by_language: dict[str, float]


@dataclass(frozen=True, slots=True)
class Ratios:
    """Ours divided by theirs: above 1 is better for quality, below 1 is better for (processor) time. None: theirs is 0."""

    recall_at_10: float | None
    ndcg_at_10: float | None
    time: float | None


@contextmanager
def optional_package(name: str) -> Iterator[None]:
    """Turns the ImportError of a package that only bench needs into BenchError with the remedy."""
    try:
        yield
    except ImportError:
        raise BenchError(f"bench needs the package {name}, which is not installed.",
                         'Run «pip install -e ".[bench]"».') from None


def percentiles(seconds: Sequence[float]) -> Milliseconds:
    """p50 and p95 by linear interpolation between the nearest ranks. Raises BenchError without a value."""
    if not seconds:
        raise BenchError("There is nothing to measure.", "Give at least one gold question.")
    p50, p95 = np.percentile(np.asarray(seconds) * 1e3, [50, 95])
    return Milliseconds(round(float(p50), 3), round(float(p95), 3))


def time_answers(answerer: Answerer, questions: Sequence[GoldQuestion], as_of: str, passes: int = 2) -> AnswerTimes:
    """Every question, `passes` times, in one thread. Warm up first: `evaluate` asks each question once."""
    seconds: list[float] = []
    processor: list[float] = []
    for _ in range(passes):
        for gold in questions:
            began, worked = time.perf_counter(), time.process_time()
            answerer.answer(gold.question, gold.history, as_of, gold.id)
            seconds.append(time.perf_counter() - began)
            processor.append(time.process_time() - worked)
    return AnswerTimes(percentiles(seconds), percentiles(processor), round(len(seconds) / sum(seconds), 1) if seconds else 0.0)


def searchable(questions: Sequence[GoldQuestion]) -> list[GoldQuestion]:
    """Questions that retrieval alone can be judged on: relevant sections are known and no earlier turn is needed."""
    return [q for q in questions if q.relevant and not q.history]


def measure_search(search: Search, questions: Sequence[GoldQuestion]) -> SearchFigures:
    """Quality and median processor time of one retriever; the first of two passes only warms up. Questions: see `searchable`."""
    runs: dict[str, Sequence[tuple[str, float]]] = {}
    seconds: list[float] = []
    for q in questions:
        runs[q.id] = search(q.question, q.lang)
    for q in questions:
        began = time.process_time()
        search(q.question, q.lang)
        seconds.append(time.process_time() - began)
    total = ranking(questions, runs)
    by_language = {}
    for language in sorted({q.lang for q in questions}):
        chosen = [q for q in questions if q.lang == language]
        by_language[language] = round(ranking(chosen, {q.id: runs[q.id] for q in chosen})["R@10"], 4)
    return SearchFigures(round(total["R@10"], 4), round(total["nDCG@10"], 4), percentiles(seconds).p50, by_language)


def ratios(ours: SearchFigures, theirs: SearchFigures) -> Ratios:
    """Ours divided by theirs, to three decimals."""
    def divide(a: float, b: float) -> float | None:
        return round(a / b, 3) if b else None

    return Ratios(divide(ours.recall_at_10, theirs.recall_at_10), divide(ours.ndcg_at_10, theirs.ndcg_at_10),
                  divide(ours.cpu_ms, theirs.cpu_ms))


def time_index_build(program: Path, environment: Mapping[str, str]) -> BuildTimes:
    """Build an index from nothing in a process of its own, started in the folder `program`.

    environment: of that process; ASSISTANT_INDEX names the folder to build into. Raises BenchError when it fails.
    """
    command = [sys.executable, "-X", "importtime", "-m", "assistant", "index", "--fresh"]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        began, before = time.perf_counter(), _children_cpu_s()
        try:
            done = subprocess.run(command, cwd=program, env=dict(environment), stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=log, timeout=_BUILD_LIMIT_S, check=False)
        except subprocess.TimeoutExpired:
            raise BenchError(f"Building the index took more than {_BUILD_LIMIT_S} s.",
                             "Run «python -m assistant index --fresh» and see where it stops.") from None
        seconds, after = time.perf_counter() - began, _children_cpu_s()
        log.seek(0)
        text = log.read()
    if done.returncode:
        raise BenchError(f"The index could not be built: {parting_words(_IMPORT.sub('', text), done.returncode)}",
                         "Run «python -m assistant index --fresh» and mend what it says.")
    imports = sum(int(microseconds) for microseconds in _IMPORT.findall(text)) / 1e6
    cpu = None if before is None or after is None else round(after - before, 2)
    return BuildTimes(round(seconds, 2), round(imports, 2), cpu)


def _children_cpu_s() -> float | None:
    """Processor time of all children that have ended; Windows does not count it."""
    times = os.times()
    return times.children_user + times.children_system if os.name == "posix" else None


def parting_words(text: str, code: int) -> str:
    """What a process said last, without what a progress bar left on the line.

    Our own programs end with code 2 after one line for the problem and one for the remedy; others say it in the last.
    """
    lines = [line.rpartition("\r")[2].strip() for line in text.splitlines()]
    said = [line for line in lines if line]
    return " ".join(said[-2:] if code == 2 else said[-1:]) or "it said nothing"
