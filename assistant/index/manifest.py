"""What an index was made from, and which folder holds it.

`index/manifest.json` is both: it names the folder of the index in use and the sha256 of every file in it, and
replacing it by one rename is the swap. A build that dies before that rename leaves the old index serving.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from assistant.errors import IndexDamaged, IndexMissing
from assistant.settings import CORPUS_EMBEDDER, EmbeddingOptions

FORMAT = 3
NAME = "manifest.json"
REBUILD = "Run «python -m assistant index» to build it again."


@dataclass(frozen=True, slots=True)
class EmbedderNote:
    """The embedder in use. trained_on: digest of the corpus it was made from, empty for other models.

    query_prompt, document_prompt, shortened_to, onnx: what was set beside the model (see EmbeddingOptions), so that a server
    set otherwise still asks this index as it was built.
    """

    name: str
    revision: str
    dimensions: int
    trained_on: str = ""
    query_prompt: str | None = None
    document_prompt: str | None = None
    shortened_to: int = 0
    onnx: str = ""

    def made_with(self, embedding: str, options: EmbeddingOptions) -> bool:
        """Whether these settings would make this embedder; the corpus embedder knows no options."""
        return self.name == embedding and (embedding == CORPUS_EMBEDDER or (
            (self.query_prompt, self.document_prompt, self.shortened_to, self.onnx)
            == (options.query_prompt, options.document_prompt, options.dimensions, options.onnx)))

    def options(self, here: EmbeddingOptions) -> EmbeddingOptions:
        """How the model is loaded for this index: its vectors as they were made, batch and device as set `here`."""
        return EmbeddingOptions(self.query_prompt, self.document_prompt, self.shortened_to, here.batch, here.device, self.onnx,
                                here.threads)


@dataclass(frozen=True, slots=True)
class FusionNote:
    """The weight of the vector leg found on gold questions for one embedder.

    questions: how many were asked. words, vectors, fused: nDCG@10 of each leg and of the list fused with `weight`.
    """

    weight: float
    questions: int
    words: float
    vectors: float
    fused: float


@dataclass(frozen=True, slots=True)
class Manifest:
    """folder: inside the index root. corpus: digest over all files. records: id → digest of its file.

    fusion: None where the weight that the program brings along is used.
    """

    format: int
    folder: str
    corpus: str
    records: dict[str, str]
    passages: int
    embedder: EmbedderNote
    tokenizer: str
    files: dict[str, str]
    fusion: FusionNote | None = None


def file_digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Force a file or folder to the disk (folders cannot be synced on Windows, where rename is enough)."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_manifest(root: Path) -> Manifest:
    """Raises IndexMissing when there is none, IndexDamaged when it cannot be understood."""
    path = root / NAME
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise IndexMissing(f"There is no index in {root} yet.", "Run «python -m assistant index» to build it.") from None
    except (msgspec.MsgspecError, OSError, UnicodeDecodeError):
        raise IndexDamaged(f"The manifest of the index in {root} cannot be read.", REBUILD) from None
    if manifest.format != FORMAT:
        raise IndexDamaged(f"The index has format {manifest.format}, this program reads format {FORMAT}.", REBUILD)
    return manifest


def write_manifest(root: Path, manifest: Manifest) -> None:
    """Put `manifest` in force by one atomic rename."""
    temporary = root / f".{NAME}.{os.getpid()}"
    temporary.write_bytes(msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=1) + b"\n")
    sync(temporary)
    os.replace(temporary, root / NAME)
    sync(root)


def verify(root: Path, manifest: Manifest) -> Path:
    """The folder in use, every file checked against its sha256. Raises IndexDamaged."""
    folder = root / manifest.folder
    for name, digest in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise IndexDamaged(f"The index lacks its file {name}.", REBUILD)
        if file_digest(path) != digest:
            raise IndexDamaged(f"The file {name} of the index was changed after the build.", REBUILD)
    return folder
