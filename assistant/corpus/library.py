"""The whole corpus: every record expanded, the vocabulary, and every complaint about either."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from assistant.corpus.entries import Vocabulary
from assistant.corpus.frontmatter import Complaint
from assistant.corpus.reader import RawRecord, expand, read_raw
from assistant.corpus.review import Known, pairs, review
from assistant.corpus.schema import FULL
from assistant.corpus.typical_questions import FOLDER, read_typical_questions
from assistant.corpus.vocabulary import read_vocabulary
from assistant.errors import CorpusError
from assistant.types import Asked, Record


@dataclass(frozen=True, slots=True)
class Library:
    """Records in id order with the vocabulary they use. digest: sha256 over all files."""

    records: tuple[Record, ...]
    vocabulary: Vocabulary
    digest: str


def corpus_digest(root: Path) -> str:
    """sha256 over the names and bytes of every file that makes up the library."""
    digest = hashlib.sha256()
    for path in sorted(p for pattern in ("*.md", "*.yml") for p in root.rglob(pattern)):
        relative = path.relative_to(root).as_posix()
        if relative.split("/")[0] in (*FULL, "vocabulary", FOLDER):
            digest.update(relative.encode() + b"\0" + path.read_bytes() + b"\0")
    return "sha256:" + digest.hexdigest()


def record_files(root: Path) -> list[Path]:
    """Every record file, in id order."""
    return sorted((p for folder in FULL for p in (root / folder).rglob("*.md")), key=lambda p: p.stem)


@dataclass(frozen=True, slots=True)
class Examined:
    """A corpus as read, with everything wrong in it. asked: typical questions by record id."""

    raws: list[RawRecord]
    vocabulary: Vocabulary
    asked: dict[str, tuple[Asked, ...]]
    complaints: list[Complaint]


def examine(root: Path) -> Examined:
    """Read everything under `root` and review it. Raises CorpusError when there is no corpus at all."""
    if not (root / "vocabulary").is_dir():
        raise CorpusError(f"There is no corpus at {root}.", "Start the program in the folder that holds corpus/, "
                          "or set ASSISTANT_CORPUS to it.")
    vocabulary, complaints = read_vocabulary(root / "vocabulary")
    raws: list[RawRecord] = []
    places: dict[str, Path] = {}
    for path in record_files(root):
        if path.stem in places:
            complaints.append(Complaint(str(path), 1, "id", f"stands twice (also {places[path.stem]}).", "Rename one."))
            continue
        places[path.stem] = path
        raw, found = read_raw(path, root)
        complaints.extend(found)
        if raw is not None:
            raws.append(raw)
    known = Known(vocabulary, frozenset(places))
    for raw in raws:
        complaints.extend(review(raw, known))
    asked, found = read_typical_questions(root, {raw.id: {p.section for p in pairs(raw)} for raw in raws})
    complaints.extend(found)
    return Examined(raws, vocabulary, asked, sorted(complaints, key=lambda c: (c.file, c.line)))


def load_library(root: Path) -> Library:
    """The library, or CorpusError with the first complaint and the command that lists them all."""
    found = examine(root)
    if found.complaints:
        more = f" (and {len(found.complaints) - 1} more)" if len(found.complaints) > 1 else ""
        raise CorpusError(f"The corpus has a fault: {found.complaints[0]}{more}",
                          "Run «python -m assistant check» to see all of them; the index in use is unchanged.")
    records = tuple(expand(raw, found.vocabulary, found.asked.get(raw.id, ())) for raw in found.raws)
    return Library(records, found.vocabulary, corpus_digest(root))
