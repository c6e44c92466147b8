"""Typical questions by section: `corpus/questions/<record>.yml`, the bridge between people's words and ours.

They are indexed with the section that answers them and teach the corpus embedder; they are never quoted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from assistant.corpus.frontmatter import Complaint, YamlProblem, read_yaml
from assistant.corpus.schema import COMPUTED_SECTIONS, SECTIONS
from assistant.types import Asked, Language

FOLDER = "questions"
_LANGUAGES: tuple[Language, ...] = ("zh", "en")
_FORM = "Write «section:», under it «zh:» or «en:», under that one question a line."


def read_typical_questions(root: Path, sections: Mapping[str, Iterable[str]]
                           ) -> tuple[dict[str, tuple[Asked, ...]], list[Complaint]]:
    """Questions by record id, and everything wrong with the files.

    root: the corpus folder. sections: record id → names of the sections that hold statements.
    """
    found: dict[str, tuple[Asked, ...]] = {}
    complaints: list[Complaint] = []
    for path in sorted((root / FOLDER).glob("*.yml")):
        file = str(path)
        try:
            document = read_yaml(path.read_text(encoding="utf-8"))
        except YamlProblem as error:
            complaints.append(Complaint(file, error.line, "yaml", f"{error.problem}.", "Mend the YAML."))
            continue
        except (OSError, UnicodeDecodeError) as error:
            complaints.append(Complaint(file, 1, "file", f"cannot be read ({type(error).__name__}).", "Save it as UTF-8."))
            continue
        if path.stem not in sections:
            complaints.append(Complaint(file, 1, "file", f"there is no record «{path.stem}».", "Name the file after its record."))
            continue
        if not isinstance(document.data, dict):
            complaints.append(Complaint(file, 1, "file", "holds no sections.", _FORM))
            continue
        asked: dict[str, Asked] = {}
        for section, by_language in document.data.items():
            line = document.line((section,))
            if section not in (*SECTIONS, *COMPUTED_SECTIONS) or section not in set(sections[path.stem]):
                complaints.append(Complaint(file, line, section, "is not a section with statements of that record.",
                                            "Move the questions to a section that the record has."))
                continue
            if (not isinstance(by_language, dict) or set(by_language) - set(_LANGUAGES)
                    or not all(isinstance(questions, list) for questions in by_language.values())):
                complaints.append(Complaint(file, line, section, "is not divided into lists under zh and en.", _FORM))
                continue
            for language in _LANGUAGES:
                for i, text in enumerate(by_language.get(language) or []):
                    where = document.line((section, language, i))
                    if not isinstance(text, str) or not text.strip():
                        complaints.append(Complaint(file, where, section, "holds an empty question.", "Remove it."))
                    elif text in asked:
                        complaints.append(Complaint(file, where, section, f"the question «{text}» stands twice.",
                                                    "Keep it at the section that answers it best."))
                    else:
                        asked[text] = Asked(section, language, text)
        found[path.stem] = tuple(asked.values())
    return found, complaints
