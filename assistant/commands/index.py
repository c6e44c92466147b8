"""`index`: build the index from the corpus, with progress on the terminal."""

from __future__ import annotations

import argparse
import sys
import time

from tqdm import tqdm

from assistant.corpus.library import load_library
from assistant.index.build import build_index
from assistant.settings import Settings

#: passages, tokenizer, analysis, 4 contrastive passes, saving, vectors, words, library, swap.
_STEPS = 12


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fresh", action="store_true", help="make everything anew, also the embedding model")


def build_with_progress(settings: Settings, fresh: bool = False) -> str:
    """Build the index, drawing a bar on standard error; returns one line that says what was built."""
    began = time.perf_counter()
    with tqdm(total=_STEPS, file=sys.stderr, bar_format="{l_bar}{bar:20}| {desc}", desc="records") as bar:
        def step(name: str) -> None:
            bar.set_description_str(name, refresh=False)
            bar.update(1)

        manifest = build_index(load_library(settings.corpus), settings.index, settings.embedding, fresh, step)
        bar.set_description_str("done", refresh=False)
        bar.update(bar.total - bar.n)
    return (f"{len(manifest.records)} records, {manifest.passages} passages, embedder {manifest.embedder.name} "
            f"({manifest.embedder.dimensions} dimensions), {time.perf_counter() - began:.1f} s")


def run(options: argparse.Namespace, settings: Settings) -> int:
    print(build_with_progress(settings, options.fresh))
    return 0
