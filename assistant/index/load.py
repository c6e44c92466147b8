"""The index as the server holds it: verified on load, and loaded again when another one is put in force."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from assistant.corpus.library import Library
from assistant.errors import AssistantError, IndexDamaged, SettingsError
from assistant.index.build import (
    EMBEDDER_FOLDER, KEPT_FOLDER, LIBRARY_FILE, PASSAGES_FILE, STATISTICS_FILE, VECTORS_FOLDER, WORDS_FOLDER,
)
from assistant.index.centred import CentredEmbedder
from assistant.index.embedder import Embedder, StaticEmbedder
from assistant.index.kept import KeptEmbedder
from assistant.index.manifest import NAME, REBUILD, EmbedderNote, Manifest, read_manifest, verify
from assistant.index.statistics import TokenStatistics
from assistant.index.transformer_embedder import TransformerEmbedder
from assistant.index.vectors import FaissPassageStore
from assistant.index.words import TantivyWords
from assistant.settings import CORPUS_EMBEDDER, EmbeddingOptions
from assistant.types import Passage

log = logging.getLogger(__name__)
Made = TypeVar("Made")
#: Seconds that the first question after a change waits for the new index.
PATIENCE = 5.0


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


def load_index(root: Path, options: EmbeddingOptions = EmbeddingOptions(), held: Embedder | None = None) -> LoadedIndex:
    """Read and verify the index in force, with the embedder that it was built with, whatever is set now.

    options: batch and device of an embedding model. held: the embedder of the index loaded before, used again if it is
    the same. Raises IndexMissing, IndexDamaged, or SettingsError when the embedding model cannot be had.
    """
    manifest = read_manifest(root)
    return load_folder(verify(root, manifest), manifest, options, held)


def load_folder(folder: Path, manifest: Manifest, options: EmbeddingOptions = EmbeddingOptions(),
                held: Embedder | None = None) -> LoadedIndex:
    """The index in `folder`, whose files are known to be those of `manifest`; else as `load_index`."""
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
    embedder = _embedder(folder, manifest.embedder, options, held)
    if embedder.revision != manifest.embedder.revision or embedder.dimensions != vectors.dimensions:
        raise IndexDamaged("The embedding model is not the one the index was built with.", REBUILD)
    return LoadedIndex(manifest, library, {p.id: p for p in passages}, words, vectors, embedder, statistics)


def _embedder(folder: Path, note: EmbedderNote, options: EmbeddingOptions, held: Embedder | None) -> Embedder:
    """The embedder that the index was built with; a transformer only when `held` is not already that one."""
    if note.name == CORPUS_EMBEDDER:
        return StaticEmbedder(folder / EMBEDDER_FOLDER)
    model = held
    while isinstance(model, KeptEmbedder | CentredEmbedder):
        model = model.inner
    if model is None or (model.name, model.revision) != (note.name, note.revision):
        try:
            model = TransformerEmbedder(note.name, note.options(options))
        except SettingsError as error:
            raise SettingsError(f"The index needs the embedding model that it was built with. {error.problem}",
                                f"{error.remedy} With another model, run «python -m assistant index».") from None
    if model.revision != note.revision:
        raise IndexDamaged(f"The embedding model «{note.name}» is not the one the index was built with.", REBUILD)
    return KeptEmbedder.load(CentredEmbedder.load(model, folder / KEPT_FOLDER), folder / KEPT_FOLDER)


class Live(Generic[Made]):
    """Holds what `make` builds from the index in force and builds it again when the manifest changes.

    The new index is loaded beside the old one, which answers meanwhile: a question waits for it at most `patience`
    seconds, enough for all but a large embedding model. One that cannot be loaded leaves the old one serving; `problem`
    then says why. options: batch and device of an embedding model, which is loaded once and stays while the indexes are
    built with it.
    """

    def __init__(self, root: Path, make: Callable[[LoadedIndex], Made], options: EmbeddingOptions = EmbeddingOptions(),
                 patience: float = PATIENCE) -> None:
        self._root, self._make, self._options, self._patience = root, make, options, patience
        self._embedder: Embedder | None = None
        self._seen, self._loading, self._changes = threading.Lock(), threading.Lock(), 0
        self._stamp = self._read_stamp()
        self._made = self._load()
        self.problem: AssistantError | None = None

    def _load(self) -> Made:
        index = load_index(self._root, self._options, self._embedder)
        self._embedder = index.embedder
        return self._make(index)

    def _read_stamp(self) -> tuple[int, int] | None:
        try:
            status = (self._root / NAME).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino

    def _take_over(self, change: int) -> None:
        with self._loading:
            if change < self._changes:
                return  # a later change waits behind this one and loads what is in force then
            try:
                self._made, self.problem = self._load(), None
            except AssistantError as error:
                self.problem = error
            except Exception as error:  # nobody above this thread could hear of it
                log.exception("the new index cannot be loaded")
                self.problem = IndexDamaged(f"The new index cannot be loaded ({type(error).__name__}).", REBUILD)

    def current(self) -> Made:
        """What answers now; checks the manifest's time stamp, which costs microseconds."""
        if self._read_stamp() != self._stamp:
            with self._seen:
                stamp = self._read_stamp()
                changed, self._stamp = stamp != self._stamp, stamp
                self._changes += changed
                change = self._changes
            if changed:
                taking = threading.Thread(target=self._take_over, args=(change,), daemon=True, name="index")
                taking.start()
                taking.join(self._patience)
        return self._made
