"""The index as the server holds it: verified on load, and loaded again when another one is put in force."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from assistant.corpus.library import Library
from assistant.errors import AssistantError, IndexDamaged
from assistant.index.build import EMBEDDER_FOLDER, LIBRARY_FILE, PASSAGES_FILE, STATISTICS_FILE, VECTORS_FOLDER, WORDS_FOLDER
from assistant.index.embedder import Embedder, StaticEmbedder, TransformerEmbedder
from assistant.index.manifest import NAME, REBUILD, Manifest, read_manifest, verify
from assistant.index.statistics import TokenStatistics
from assistant.index.vectors import FaissPassageStore
from assistant.index.words import TantivyWords
from assistant.settings import CORPUS_EMBEDDER
from assistant.types import Passage

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class LoadedIndex:
    """Everything that answering reads; passages by id."""

    manifest: Manifest
    library: Library
    passages: dict[str, Passage]
    words: TantivyWords
    vectors: FaissPassageStore
    embedder: Embedder
    statistics: TokenStatistics


def load_index(root: Path) -> LoadedIndex:
    """Read and verify the index in force. Raises IndexMissing or IndexDamaged."""
    manifest = read_manifest(root)
    folder = verify(root, manifest)
    try:
        library = msgspec.json.decode((folder / LIBRARY_FILE).read_bytes(), type=Library)
        passages = msgspec.json.decode((folder / PASSAGES_FILE).read_bytes(), type=list[Passage])
        statistics = msgspec.json.decode((folder / STATISTICS_FILE).read_bytes(), type=TokenStatistics)
    except (msgspec.MsgspecError, OSError):
        raise IndexDamaged("The library inside the index cannot be read.", REBUILD) from None
    words, vectors = TantivyWords(folder / WORDS_FOLDER), FaissPassageStore.load(folder / VECTORS_FOLDER)
    if not len(passages) == manifest.passages == words.count == vectors.count:
        raise IndexDamaged(f"The index should hold {manifest.passages} passages but has {len(passages)} texts, "
                           f"{words.count} word entries and {vectors.count} vectors.", REBUILD)
    note = manifest.embedder
    embedder: Embedder = (StaticEmbedder(folder / EMBEDDER_FOLDER) if note.name == CORPUS_EMBEDDER
                          else TransformerEmbedder(note.name))
    if embedder.revision != note.revision or embedder.dimensions != vectors.dimensions:
        raise IndexDamaged("The embedding model is not the one the index was built with.", REBUILD)
    return LoadedIndex(manifest, library, {p.id: p for p in passages}, words, vectors, embedder, statistics)


class Live(Generic[Made]):
    """Holds what `make` builds from the index in force and builds it again when the manifest changes.

    A new index that cannot be loaded leaves the old one serving; `problem` then says why.
    """

    def __init__(self, root: Path, make: Callable[[LoadedIndex], Made]) -> None:
        self._root, self._make = root, make
        self._lock = threading.Lock()
        self._stamp = self._read_stamp()
        self._made = make(load_index(root))
        self.problem: AssistantError | None = None

    def _read_stamp(self) -> tuple[int, int] | None:
        try:
            status = (self._root / NAME).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino

    def current(self) -> Made:
        """What answers now; checks the manifest's time stamp, which costs microseconds."""
        stamp = self._read_stamp()
        if stamp != self._stamp:
            with self._lock:
                if stamp != self._stamp:
                    self._stamp = stamp
                    try:
                        self._made, self.problem = self._make(load_index(self._root)), None
                    except AssistantError as error:
                        self.problem = error
        return self._made
