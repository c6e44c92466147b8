"""Library → index, built in a folder of its own and put in force by one rename.

Passages whose text did not change keep their vectors, and the corpus embedder is kept while most passages are the
same: correcting one record takes seconds. `fresh` makes everything anew, with the same bytes for the same corpus.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode

from assistant.corpus.library import Library
from assistant.corpus.section_names import SECTION_NAMES
from assistant.errors import AssistantError, IndexDamaged
from assistant.index.centred import CentredEmbedder
from assistant.index.corpus_embedder import make_corpus_embedder
from assistant.index.embedder import Embedder, StaticEmbedder
from assistant.index.kept import Counted, KeptEmbedder, encoded
from assistant.index.manifest import (
    FORMAT, EmbedderNote, FusionNote, Manifest, file_digest, read_manifest, sync, verify, write_manifest,
)
from assistant.index.statistics import LANGUAGES, count_tokens
from assistant.index.transformer_embedder import TransformerEmbedder
from assistant.index.vectors import FaissPassageStore
from assistant.index.words import TOKENIZER, TantivyWords, WordsEntry
from assistant.passages import record_passages
from assistant.settings import CORPUS_EMBEDDER, EmbeddingOptions
from assistant.types import Passage, Record

LIBRARY_FILE, PASSAGES_FILE, STATISTICS_FILE, EMBEDDER_FOLDER, WORDS_FOLDER, VECTORS_FOLDER, KEPT_FOLDER = (
    "library.json", "passages.json", "statistics.json", "embedder", "words", "vectors", "kept")
#: The corpus embedder is made anew when more than this share of passages is new to it.
RETRAIN_ABOVE = 0.1

Progress = Callable[[str], None]
#: Weighs the legs of a new index (its folder, its manifest, its embedder) before it is put in force.
Weigh = Callable[[Path, Manifest, Embedder], FusionNote | None]


@dataclass(frozen=True, slots=True)
class Previous:
    """What can be taken over from the index in use."""

    manifest: Manifest
    folder: Path
    passages: dict[str, Passage]


def embedding_text(passage: Passage) -> str:
    """What is embedded for a passage: its title and heading give a short section its subject."""
    return f"{passage.title} {SECTION_NAMES[passage.section].say(passage.language)} {passage.text}"


def training_pairs(records: Iterable[Record]) -> list[tuple[str, str]]:
    """Pairs that mean the same, as the corpus states them."""
    pairs: list[tuple[str, str]] = []
    for record in records:
        passages = {(p.section, p.language): p for p in record_passages(record)}
        lead = passages.get(("summary", "zh")) or next(iter(passages.values()), None)
        if lead is None:
            continue
        pairs += [(alias, lead.text) for alias in record.aliases]
        pairs.append((record.name.zh, record.name.en))
        pairs += [(s.words.zh, s.words.en) for s in record.statements]
        pairs += [(f"{record.name.say(p.language)} {SECTION_NAMES[p.section].say(p.language)}", p.text)
                  for p in passages.values()]
        scope = {language: passages.get(("scope", language), lead).text for language in ("zh", "en")}
        pairs += [(q, scope["zh"]) for q in record.questions_zh] + [(q, scope["en"]) for q in record.questions_en]
        pairs += [(q.text, passages[q.section, q.language].text) for q in record.asked]
    return pairs


def words_entries(records: Sequence[Record], passages: dict[str, list[Passage]]) -> Iterable[WordsEntry]:
    for record in records:
        general = {"zh": record.questions_zh, "en": record.questions_en}
        for p in passages[record.id]:
            asked = [q.text for q in record.asked if q.section == p.section and q.language == p.language]
            questions = [*asked, *(general[p.language] if p.section in {"summary", "scope"} else ())]
            yield WordsEntry(p.id, p.language, f"{p.title} {' '.join(record.aliases)}",
                             SECTION_NAMES[p.section].say(p.language), " ".join(questions), p.text)


def _facets(record: Record, passage: Passage) -> dict[str, str | list[str]]:
    return {"record": record.id, "section": passage.section, "language": passage.language, "status": record.status,
            "folder": record.folder, "markets": list(record.markets), "products": list(record.covers)}


def _previous(root: Path) -> Previous | None:
    try:
        manifest = read_manifest(root)
        folder = verify(root, manifest)
        passages = msgspec.json.decode((folder / PASSAGES_FILE).read_bytes(), type=list[Passage])
    except (AssistantError, OSError, msgspec.MsgspecError):
        return None
    return Previous(manifest, folder, {p.id: p for p in passages})


def _prepare_embedder(setting: str, options: EmbeddingOptions, library: Library, passages: Sequence[Passage],
                      previous: Previous | None, folder: Path, progress: Progress) -> tuple[Embedder, str]:
    """The embedder and the digest of the corpus it was trained on; the corpus embedder is copied or made."""
    if setting != CORPUS_EMBEDDER:
        progress(f"loading the embedding model {setting}")
        return _centred(TransformerEmbedder(setting, options), library, passages, previous, folder / KEPT_FOLDER, progress), ""
    target = folder / EMBEDDER_FOLDER
    if previous and previous.manifest.embedder.name == CORPUS_EMBEDDER:
        new = sum(1 for p in passages if p.id not in previous.passages or previous.passages[p.id].text != p.text)
        if new <= RETRAIN_ABOVE * len(passages):
            shutil.copytree(previous.folder / EMBEDDER_FOLDER, target)
            return StaticEmbedder(target), previous.manifest.embedder.trained_on
    make_corpus_embedder([embedding_text(p) for p in passages], training_pairs(library.records), target,
                         progress=lambda step: progress(f"embedding model: {step}"))
    return StaticEmbedder(target), library.digest


def _centred(model: Embedder, library: Library, passages: Sequence[Passage], previous: Previous | None, folder: Path,
             progress: Progress) -> CentredEmbedder:
    """The model seen from the middle of the library; the middle stays where it was, as vectors made before rest on it."""
    if previous and previous.manifest.embedder.revision == model.revision:
        centred = CentredEmbedder.load(model, previous.folder / KEPT_FOLDER)
    else:
        progress("the middle of the vectors")
        centred = CentredEmbedder.measured(model, [embedding_text(p) for p in passages],
                                           [q.text for r in library.records for q in r.asked])
    centred.save(folder)
    return centred


def _vectors(passages: Sequence[Passage], embedder: Embedder, previous: Previous | None, counted: Counted) -> np.ndarray:
    """One row per passage; rows of unchanged passages are taken over."""
    kept: dict[str, np.ndarray] = {}
    if previous and previous.manifest.embedder.revision == embedder.revision:
        store = FaissPassageStore.load(previous.folder / VECTORS_FOLDER)
        for p in passages:
            old = previous.passages.get(p.id)
            if old is not None and old.text == p.text and old.title == p.title:
                vector = store.vector(p.id)
                if vector is not None:
                    kept[p.id] = vector
    new = [p for p in passages if p.id not in kept]
    if new:
        rows = encoded([embedding_text(p) for p in new], embedder.encode, embedder.dimensions, counted)
        kept.update(zip((p.id for p in new), rows, strict=True))
    return np.stack([kept[p.id] for p in passages])


def _kept(records: Sequence[Record], embedder: Embedder, previous: Previous | None, counted: Counted) -> KeptEmbedder:
    """The embedder with the vectors of every statement and typical question; those of before are taken over."""
    known = KeptEmbedder(embedder)
    if previous and previous.manifest.embedder.revision == embedder.revision:
        known = KeptEmbedder.load(embedder, previous.folder / KEPT_FOLDER)
    return known.keep((s.words.say(language) for r in records for s in r.statements for language in LANGUAGES),
                      (q.text for r in records for q in r.asked), counted)


def _write_vectors(folder: Path, records: Sequence[Record], passages: dict[str, list[Passage]], matrix: np.ndarray) -> None:
    store = FaissPassageStore(int(matrix.shape[1]))
    flat = [(record, p) for record in records for p in passages[record.id]]
    store.add([TextNode(id_=p.id, embedding=row.tolist(), metadata=_facets(record, p), relationships={
        NodeRelationship.SOURCE: RelatedNodeInfo(node_id=record.id)})
        for (record, p), row in zip(flat, matrix, strict=True)])
    folder.mkdir()
    store.persist(str(folder))


def _in_place(root: Path, manifest: Manifest) -> bool:
    """Whether the same index already stands there whole: then it may be serving and is left untouched."""
    try:
        verify(root, manifest)
    except AssistantError:
        return False
    return True


def _clean(root: Path, keep: str) -> None:
    """Remove folders no longer in use; a build of another live process is left alone."""
    for path in root.iterdir():
        if not path.is_dir() or path.name == keep:
            continue
        if path.name.startswith(".building-"):
            pid = path.name.removeprefix(".building-").split("-")[0]
            if pid.isdigit() and int(pid) != os.getpid() and Path(f"/proc/{pid}").exists():
                continue
        elif not path.name.startswith("index-"):
            continue
        shutil.rmtree(path, ignore_errors=True)


def build_index(library: Library, root: Path, embedding: str = CORPUS_EMBEDDER, fresh: bool = False,
                progress: Progress = lambda step: None, options: EmbeddingOptions = EmbeddingOptions(),
                counted: Counted = lambda done, total: None, weigh: Weigh | None = None) -> Manifest:
    """Build the index of `library` under `root` and put it in force.

    progress: told each step; counted: told how many texts of a step are encoded. weigh: asked for the weight of the
    vector leg; without it the weight found before stays as long as the embedder does.
    Raises IndexDamaged when the library is empty, SettingsError when the embedding model cannot be had.
    """
    if not library.records:
        raise IndexDamaged("The corpus holds no record, so there is nothing to index.",
                           "Add records, or set ASSISTANT_CORPUS to the folder that holds them.")
    root.mkdir(parents=True, exist_ok=True)
    building = root / f".building-{os.getpid()}"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    try:
        previous = None if fresh else _previous(root)
        manifest, embedder = _build(library, previous, building, embedding, options, progress, counted)
        if weigh:
            progress("weighing the legs")
            manifest = dataclasses.replace(manifest, fusion=weigh(building, manifest, embedder))
        elif previous and previous.manifest.embedder.revision == manifest.embedder.revision:
            manifest = dataclasses.replace(manifest, fusion=previous.manifest.fusion)
        progress("putting the index in force")
        if not _in_place(root, manifest):
            shutil.rmtree(root / manifest.folder, ignore_errors=True)
            building.rename(root / manifest.folder)
        write_manifest(root, manifest)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    _clean(root, manifest.folder)
    return manifest


def _build(library: Library, previous: Previous | None, building: Path, embedding: str, options: EmbeddingOptions,
           progress: Progress, counted: Counted) -> tuple[Manifest, Embedder]:
    progress("passages")
    by_record = {r.id: list(record_passages(r)) for r in library.records}
    passages = list(itertools.chain.from_iterable(by_record[r.id] for r in library.records))
    embedder, trained_on = _prepare_embedder(embedding, options, library, passages, previous, building, progress)
    note = EmbedderNote(embedder.name, embedder.revision, embedder.dimensions, trained_on)
    progress("vectors")
    _write_vectors(building / VECTORS_FOLDER, library.records, by_record, _vectors(passages, embedder, previous, counted))
    if embedding != CORPUS_EMBEDDER:
        note = dataclasses.replace(note, query_prompt=options.query_prompt, document_prompt=options.document_prompt,
                                   shortened_to=options.dimensions, onnx=options.onnx)
        progress("vectors of statements")
        embedder = _kept(library.records, embedder, previous, counted)
        embedder.save(building / KEPT_FOLDER)
    progress("words")
    TantivyWords.build(building / WORDS_FOLDER, words_entries(library.records, by_record))
    progress("library")
    (building / LIBRARY_FILE).write_bytes(msgspec.json.encode(library))
    (building / PASSAGES_FILE).write_bytes(msgspec.json.encode(passages))
    (building / STATISTICS_FILE).write_bytes(msgspec.json.encode(count_tokens(library.records), order="sorted"))
    files = sorted(p for p in building.rglob("*") if p.is_file() and not p.name.endswith(".lock"))
    for path in files:
        sync(path)
    digests = {p.relative_to(building).as_posix(): file_digest(p) for p in files}
    identity = hashlib.sha256(msgspec.json.encode(digests, order="sorted")).hexdigest()[:12]
    manifest = Manifest(
        format=FORMAT, folder=f"index-{identity}", corpus=library.digest,
        records={r.id: r.digest for r in library.records}, passages=len(passages),
        embedder=note, tokenizer=TOKENIZER, files=digests)
    return manifest, embedder
