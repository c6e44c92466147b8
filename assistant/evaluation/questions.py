"""Gold questions: one JSON object a line under tests/evaluation/questions/."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from assistant.errors import BatchError
from assistant.types import Turn


@dataclass(frozen=True)
class GoldQuestion:
    """A question with what a right answer must hold.

    expect_records: of each inner list one record must be cited. relevant: `record#section` that answer it.
    expect_any: of each inner list one token must stand in the answer or in a citation's title or reference.
    must_not: claims that make the answer wrong. abstain: the right answer is that there is none.
    """

    id: str
    lang: str
    kind: str
    question: str
    history: tuple[Turn, ...] = ()
    market: tuple[str, ...] = ()
    product: str = ""
    expect_records: tuple[tuple[str, ...], ...] = ()
    relevant: tuple[str, ...] = ()
    expect_any: tuple[tuple[str, ...], ...] = ()
    must_not: tuple[str, ...] = ()
    abstain: bool = False


def read_questions(folder: Path) -> list[GoldQuestion]:
    """Every question under `folder` (or in one file), ids unique. Raises BatchError naming file and line."""
    files = sorted(folder.glob("*.jsonl")) if folder.is_dir() else [folder]
    out: list[GoldQuestion] = []
    seen: set[str] = set()
    for file in files:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise BatchError(f"{file} cannot be read ({error.strerror}).", "Name a folder or file of gold questions.") from None
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                question = msgspec.json.decode(line, type=GoldQuestion)
            except msgspec.MsgspecError as error:
                raise BatchError(f"{file}:{number}: {error}.", "See CONTRIBUTING.md for the form of a gold question.") from None
            if question.id in seen:
                raise BatchError(f"{file}:{number}: the id {question.id} stands twice.", "Give each question its own id.")
            seen.add(question.id)
            out.append(question)
    if not out:
        raise BatchError(f"There are no gold questions in {folder}.", "Name a folder with *.jsonl files.")
    return out
