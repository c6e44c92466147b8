"""What a language model costs besides its own time: the check of its sentences, and a model that is dead."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.answering.answerer import Answerer
from assistant.assemble import Wording, make_answerer, make_wording
from assistant.evaluation.bench import BenchError, Milliseconds, percentiles
from assistant.evaluation.bench_server import free_port
from assistant.index.load import LoadedIndex
from assistant.settings import ModelSettings
from assistant.types import Answer
from assistant.wording.breaker import FAULTS
from assistant.wording.language_model import Message
from assistant.wording.prompt import evidence

#: Characters a model sends at a time.
PIECE = 6
_FIRST = re.compile(r"[,,;;]")


class Reciter:
    """A model without delay: each statement up to its first comma, or whole, with its mark."""

    name = "reciter"

    def reply(self, messages: Sequence[Message], longest: int) -> Iterator[str]:
        lines = []
        for n, statement in evidence(messages):
            first = _FIRST.split(statement)[0] if n % 2 else statement
            lines.append(f"{first.rstrip('。.')}{'。' if '。' in statement else '.'} [{n}]")
        text = "\n".join(lines)
        for i in range(0, len(text), PIECE):
            yield text[i : i + PIECE]


@dataclass(frozen=True, slots=True)
class WordingFigures:
    """answers: worded. word_ms: everything between the finished quoting answer and the finished worded one, with a model
    that takes no time. kept: share of its sentences that stood. quoting_ms, dead_ms: an answer without a model, and with a
    dead one once the breaker is open, asked in turn. ratio: of their p95.
    """

    answers: int
    word_ms: Milliseconds
    word_cpu_ms: Milliseconds
    kept: float
    quoting_ms: Milliseconds
    dead_ms: Milliseconds
    ratio: float


def measure_wording(index: LoadedIndex, questions: Sequence[str], as_of: str) -> WordingFigures:
    """Raises BenchError when no question is answered."""
    plain = make_answerer(index)
    answered = [a for a in (plain.answer(q, (), as_of) for q in questions) if a.citations]
    if not answered:
        raise BenchError("No question was answered, so there is nothing to word.", "Give gold questions that the library answers.")
    word, processor, kept, said = _checked(plain, answered)
    settings = ModelSettings(f"http://127.0.0.1:{free_port()}/v1", "none")
    dead = make_answerer(index, wording=make_wording(settings))
    # The breaker opens, and what each answerer works out but once is worked out.
    for question in (*questions, *questions[:FAULTS]):
        dead.worded(question, (), as_of)
    quoting: list[float] = []
    failing: list[float] = []
    for question in questions:
        for answerer, seconds in ((plain, quoting), (dead, failing)):
            began = time.perf_counter()
            answerer.worded(question, (), as_of)
            seconds.append(time.perf_counter() - began)
    ours, theirs = percentiles(quoting), percentiles(failing)
    return WordingFigures(len(answered), percentiles(word), percentiles(processor), round(kept / max(said, 1), 3), ours, theirs,
                          round(theirs.p95 / ours.p95, 3))


def _checked(answerer: Answerer, answered: Sequence[Answer]) -> tuple[list[float], list[float], int, int]:
    """Wall and processor seconds of wording each answer, and how many sentences stood of how many."""
    worder = Wording(Reciter(), ModelSettings("http://127.0.0.1/v1", "reciter")).over(answerer.view)
    word: list[float] = []
    processor: list[float] = []
    kept = said = 0
    for warm in (True, False):
        for quoting in answered:
            began, worked = time.perf_counter(), time.process_time()
            for progress in worder.word(quoting):
                last = progress.answer
            if not warm:
                word.append(time.perf_counter() - began)
                processor.append(time.process_time() - worked)
                if last.wording:
                    kept += last.wording.kept
                    said += last.wording.kept + last.wording.replaced + last.wording.struck
    return word, processor, kept, said


def wording_table(f: WordingFigures) -> str:
    """The figures for people."""
    return "\n".join([
        f"wording and checking  p50 {f.word_ms.p50:.1f} ms, p95 {f.word_ms.p95:.1f} ms over {f.answers} answers; "
        f"{f.kept:.0%} of the sentences stood",
        f"  of processor time   p50 {f.word_cpu_ms.p50:.1f} ms, p95 {f.word_cpu_ms.p95:.1f} ms",
        f"quoting answer        p50 {f.quoting_ms.p50:.1f} ms, p95 {f.quoting_ms.p95:.1f} ms",
        f"with a dead model     p50 {f.dead_ms.p50:.1f} ms, p95 {f.dead_ms.p95:.1f} ms: {f.ratio:.2f} times the p95"])
