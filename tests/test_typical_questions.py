"""Typical questions by section: what is read, what is complained of, and what they are for."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.corpus.frontmatter import Complaint
from assistant.corpus.library import Library, examine
from assistant.index.load import LoadedIndex

FILE = "jp-pse-diamond.yml"


def _complaints(corpus: Path, content: bytes, name: str = FILE) -> list[Complaint]:
    (corpus / "questions" / name).write_bytes(content)
    return [c for c in examine(corpus).complaints if Path(c.file).name == name]


def test_questions_belong_to_their_record_section_and_language(small_library: Library) -> None:
    asked = {r.id: [(a.section, a.language, a.text) for a in r.asked] for r in small_library.records}
    assert asked["jp-pse-diamond"] == [
        ("scope", "zh", "充电头去日本贴哪个标"), ("scope", "en", "my charger goes to Japan, which sign goes on it"),
        ("validity", "zh", "那个证能用几年")]
    assert asked["jp-pse-circle"] == []


@pytest.mark.parametrize(("content", "line", "what"), [
    ("nowhere:\n  zh:\n    - 问\n", 1, "is not a section"),
    ("scope:\n  zh:\n    - 问\ninspection:\n  zh:\n    - 几年\n", 4, "is not a section with statements"),
    ("scope:\n  - 问\n", 1, "is not divided"),
    ("scope:\n  zh:\n    - 问\n  fr:\n    - quoi\n", 1, "is not divided"),
    ("scope:\n  zh: 充电头贴哪个标\n", 1, "is not divided"),
    ("scope:\n  zh:\n    - 问一问\n    - 问一问\n", 4, "stands twice"),
    ("scope:\n  zh:\n    - 问一问\nvalidity:\n  zh:\n    - 问一问\n", 6, "stands twice"),
    ("scope:\n  zh:\n    - 问\n    - \"  \"\n", 4, "empty"),
    ("- 问\n", 1, "holds no sections"),
    ("scope: [\n", 2, "."),
    ("scope:\n  zh:\n    - a\nscope:\n  zh:\n    - b\n", 4, "stands twice"),
])
def test_a_fault_is_a_complaint_with_line_and_remedy(corpus_copy: Path, content: str, line: int, what: str) -> None:
    found = _complaints(corpus_copy, content.encode())
    assert len(found) == 1, [str(c) for c in found]
    assert (found[0].line, found[0].remedy.endswith(".")) == (line, True) and what in found[0].problem


def test_a_file_for_no_record_and_a_file_that_is_not_text_are_complaints(corpus_copy: Path) -> None:
    assert "no record" in _complaints(corpus_copy, b"scope:\n", "jp-nowhere.yml")[0].problem
    assert "cannot be read" in _complaints(corpus_copy, "scope:\n  zh:\n    - 充电头\n".encode("gbk"))[0].problem


def test_they_lead_to_the_section_and_are_never_quoted(small: LoadedIndex) -> None:
    found = [i for i, _ in small.words.search("充电头去日本贴哪个标", 3, ("zh",))]
    assert found[0] == "jp-pse-diamond#scope.zh"
    assert not any("充电头" in p.text or "which sign" in p.text for p in small.passages.values())
