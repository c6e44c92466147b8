"""An index that fits the corpus, before the page is served: built when missing, built again when the corpus changed."""

from __future__ import annotations

import subprocess
import sys

from assistant.corpus.library import corpus_digest
from assistant.errors import IndexDamaged, IndexMissing
from assistant.index.manifest import read_manifest, verify
from assistant.settings import ROOT, Settings

_BUILD = "python -m assistant index"


def fits(settings: Settings) -> bool:
    """Whether the index in force was built from this corpus with this embedder. Raises IndexMissing, IndexDamaged."""
    manifest = read_manifest(settings.index)
    verify(settings.index, manifest)
    return (manifest.corpus == corpus_digest(settings.corpus)
            and manifest.embedder.made_with(settings.embedding, settings.embedding_options))


def make_ready(settings: Settings) -> str:
    """Build the index if it is needed; returns a warning, or nothing when all is well.

    Raises IndexMissing when there is none and it cannot be built, so that there is nothing to serve.
    """
    try:
        if fits(settings):
            return ""
        usable = True
    except (IndexMissing, IndexDamaged):
        usable = False
    # A process of its own: training the embedder loads torch, and 400 MB of it would stay in the server for good.
    built = subprocess.run([sys.executable, "-m", "assistant", "index"], cwd=ROOT, check=False)
    if built.returncode == 0:
        return ""
    if usable:
        return (f"The corpus changed but its index could not be built (the reason stands above); the older index keeps "
                f"serving. Mend the fault, then run «{_BUILD}»: the page takes the new index over by itself.")
    raise IndexMissing("There is no usable index and it could not be built; the reason stands above.",
                       f"Mend the fault, then run «{_BUILD}».")
