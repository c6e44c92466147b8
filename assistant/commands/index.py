"""`index`: build the index from the corpus, with progress on the terminal."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from assistant.assemble import make_legs
from assistant.commands.evaluate import QUESTIONS
from assistant.corpus.library import load_library
from assistant.errors import AssistantError, BatchError
from assistant.evaluation.calibration import calibrate, usable
from assistant.evaluation.questions import read_questions
from assistant.index.build import Weigh, build_index
from assistant.index.embedder import Embedder
from assistant.index.load import load_folder
from assistant.index.manifest import FusionNote, Manifest, read_manifest
from assistant.index.model_files import find_model
from assistant.retrieval import cross_encoder
from assistant.retrieval.retriever import VECTOR_WEIGHT
from assistant.settings import CORPUS_EMBEDDER, Settings

#: passages, tokenizer, analysis, 4 contrastive passes, saving, vectors, words, library, swap.
_STEPS = 12
#: Seconds that a step takes before a bar of its own shows how far it is.
_SOON = 1.0


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fresh", action="store_true", help="make everything anew, also the embedding model")
    parser.add_argument("--calibrate", action="store_true",
                        help="weigh the vectors against the words on the gold questions, also where that was done before")


class Counting:
    """A second bar with the time left, for a step that takes long; drawn anew when another step begins to count."""

    def __init__(self) -> None:
        self._bar: tqdm | None = None

    def __call__(self, done: int, total: int) -> None:
        if self._bar is None or self._bar.total != total or self._bar.n > done:
            self.close()
            self._bar = tqdm(total=total, file=sys.stderr, unit="text", delay=_SOON, leave=False, position=1)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def weighing(settings: Settings, always: bool, counted: Callable[[int, int], None],
             questions: Path = QUESTIONS) -> Weigh | None:
    """What weighs the legs of a new index, or None where the weight stays: with the corpus embedder unless `always`.

    Nothing is weighed where the gold questions are missing or belong to another library. Raises BatchError when they
    cannot be read and `always` asks for them; now, because encoding may take hours.
    """
    if settings.embedding == CORPUS_EMBEDDER and not always:
        return None
    try:
        gold = read_questions(questions)
    except BatchError:
        if always:
            raise
        gold = []

    def weigh(folder: Path, manifest: Manifest, embedder: Embedder) -> FusionNote | None:
        try:
            before = read_manifest(settings.index)
        except AssistantError:
            before = None
        if not always and before and before.embedder.revision == manifest.embedder.revision:
            return before.fusion
        if not gold:
            return None
        index = load_folder(folder, manifest, settings.embedding_options, embedder)
        asked = usable(gold, index.passages)
        legs = make_legs(index)
        return calibrate(legs["words"], legs["vectors"], asked, counted) if asked else None

    return weigh


@contextmanager
def _bars() -> Iterator[tuple[Callable[[str], None], Counting]]:
    counting = Counting()
    with tqdm(total=_STEPS, file=sys.stderr, bar_format="{l_bar}{bar:20}| {desc}", desc="records") as bar:
        def step(name: str) -> None:
            counting.close()
            bar.set_description_str(name, refresh=False)
            bar.update(1)

        try:
            yield step, counting
        finally:
            counting.close()
        bar.set_description_str("done", refresh=False)
        bar.update(bar.total - bar.n)


def _weight(manifest: Manifest) -> str:
    """How the legs are weighed, in words."""
    found = manifest.fusion
    if found is None:
        return f"vectors weigh {VECTOR_WEIGHT:g}, as the program brings it along"
    return (f"vectors weigh {found.weight:g}, found on {found.questions} gold questions: nDCG@10 {found.fused:.3f} "
            f"(words {found.words:.3f}, vectors {found.vectors:.3f})")


def build_with_progress(settings: Settings, fresh: bool = False, again: bool = False) -> str:
    """Build the index, drawing bars on standard error; returns what was built, in words. again: weigh the legs anew."""
    began = time.perf_counter()
    if settings.reranker:  # not needed here, but this is the command that may download
        find_model(settings.reranker.model, cross_encoder.VARIABLE, cross_encoder.SORT)
    with _bars() as (step, counted):
        manifest = build_index(load_library(settings.corpus), settings.index, settings.embedding, fresh, step,
                               settings.embedding_options, counted, weighing(settings, again, counted))
    said = (f"{len(manifest.records)} records, {manifest.passages} passages, embedder {manifest.embedder.name} "
            f"({manifest.embedder.dimensions} dimensions), {time.perf_counter() - began:.1f} s")
    plain = settings.embedding == CORPUS_EMBEDDER and manifest.fusion is None
    return said if plain else f"{said}\n{_weight(manifest)}"


def run(options: argparse.Namespace, settings: Settings) -> int:
    print(build_with_progress(settings, options.fresh, options.calibrate))
    return 0
