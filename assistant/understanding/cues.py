"""Cue words in a question: what aspect is asked for, whether it leans on earlier turns, what is not answered."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from assistant.corpus.entries import Cue
from assistant.folding import fold, has_han, squeeze


@dataclass(frozen=True, slots=True)
class CueHit:
    """A cue found: group and id of the entry, the words, and where."""

    group: str
    id: str
    words: str
    start: int


def _any_of(words: Iterable[str]) -> re.Pattern[str] | None:
    """A pattern of the words, the longest first; Latin ones only as whole words. None when there are none."""
    alternatives = []
    for word in sorted(words, key=len, reverse=True):
        folded = squeeze(word)
        escaped = re.escape(folded)
        if not has_han(folded):
            left = r"(?<![a-z0-9])" if folded[0].isalnum() else ""
            right = r"(?![a-z0-9])" if folded[-1].isalnum() else ""
            escaped = f"{left}{escaped}{right}"
        alternatives.append(escaped)
    return re.compile("|".join(alternatives)) if alternatives else None


class CueFinder:
    """Finds cue words of the chosen groups."""

    def __init__(self, cues: Iterable[Cue], groups: Iterable[str]) -> None:
        wanted = set(groups)
        self._patterns: list[tuple[str, str, re.Pattern[str], re.Pattern[str] | None]] = []
        for cue in cues:
            if cue.group not in wanted:
                continue
            pattern, beside = _any_of((*cue.zh, *cue.en)), _any_of(cue.beside.all())
            if pattern:
                self._patterns.append((cue.group, cue.id.split("/")[0], pattern, beside))

    def find(self, text: str) -> tuple[CueHit, ...]:
        """Every cue in `text`, in order of the vocabulary; one hit for each entry (its first words)."""
        folded = squeeze(text)
        hits = []
        for group, cue_id, pattern, beside in self._patterns:
            match = pattern.search(folded)
            if match and (beside is None or beside.search(folded)):
                hits.append(CueHit(group, cue_id, match[0], match.start()))
        return tuple(hits)

    def words(self, text: str) -> tuple[str, ...]:
        """Every cue word that stands in `text`, each as often as it does."""
        folded = squeeze(text)
        return tuple(m[0] for _, _, pattern, _ in self._patterns for m in pattern.finditer(folded))


def words_of(cues: Iterable[Cue], group: str, cue_id: str, language: str) -> tuple[str, ...]:
    """The words of one cue entry in one language, longest first, folded."""
    for cue in cues:
        if cue.group == group and cue.id == cue_id:
            return tuple(sorted((fold(w) for w in (cue.zh if language == "zh" else cue.en)), key=len, reverse=True))
    return ()
