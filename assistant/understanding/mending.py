"""Slips of the keyboard mended before a question is read: misspelt names, homophones, questions typed in pinyin.

Only towards words the library knows, only where one reading is closest, and never over a word that is one already.
What was changed is kept, so that the page can show it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import ahocorasick
from pypinyin import Style, lazy_pinyin
from rapidfuzz import process
from rapidfuzz.distance import OSA
from spellchecker import SpellChecker

from assistant.folding import fold, has_han

#: A homophone is read for a name of at least this many characters, of which at least this share was typed right.
_LEAST_SYLLABLES, _LEAST_RIGHT = 3, 0.5
#: Shortest misspelt Latin word that is mended, and from which length two slips may stand in it.
_SHORTEST, _TWO_SLIPS = 5, 8
#: Length of an abbreviation in which two letters may have changed places (CBMA).
_ABBREVIATED = 4
#: A question without Chinese characters is pinyin when this share of its unknown letters spells syllables.
_LEAST_PINYIN = 0.6
_LATIN = re.compile(r"[A-Za-z]+")
_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")
#: In letters.
_LONGEST_SYLLABLE, _LONGEST_PHRASE = 6, 40


@dataclass(frozen=True, slots=True)
class Mended:
    """The text as it is read, and each change as (typed, read as)."""

    text: str
    changes: tuple[tuple[str, str], ...] = ()


@lru_cache(maxsize=8192)
def syllable(character: str) -> str:
    """The usual reading of one Chinese character without tone; empty for anything else."""
    return "".join(lazy_pinyin(character, style=Style.NORMAL, errors="ignore"))


@lru_cache(maxsize=1)
def _english() -> SpellChecker:
    """Ordinary English words: a real word is no slip, even where the library does not use it."""
    return SpellChecker(language="en")


class Mender:
    """Mends questions towards the names and turns of phrase of one library.

    names: what vocabulary entries and records are called; phrases: turns of phrase and other Chinese words, the
    likeliest first; words: English words that the records use, lower case;
    pairs: common pairs of Chinese characters, the commonest first; seen: every pair that the library writes.
    """

    def __init__(self, names: Iterable[str], phrases: Iterable[str], words: Collection[str],
                 pairs: Collection[str], seen: Collection[str]) -> None:
        self._seen = frozenset(seen)
        folded = {fold(name) for name in names}
        han = {name for name in folded if all(has_han(c) for c in name) and name}
        in_names = {w for name in folded for w in _LATIN.findall(name)}
        #: ce, kc: marks that are syllables too.
        self._short_names = {name for name in folded if name.isascii() and len(name) <= 4}
        self._known_words = in_names | set(words)
        self._name_words = sorted(w for w in in_names if len(w) >= _SHORTEST)
        self._abbreviations = sorted(name for name in folded if name.isascii() and name.isalpha() and len(name) == _ABBREVIATED)
        self._words = sorted({w for w in words if len(w) >= _SHORTEST} - in_names)
        self._sounds: dict[str, str] = {}
        self._by_sound: dict[str, list[str]] = {}
        for name in sorted(han):
            if len(name) >= _LEAST_SYLLABLES:
                self._by_sound.setdefault(self._code(name), []).append(name)
        self._names_han = han
        self._automaton = ahocorasick.Automaton()
        for code, alike in self._by_sound.items():
            self._automaton.add_word(code, alike)
        self._spelt = self._lexicon((*sorted(han), *(fold(p) for p in phrases), *pairs))
        if self._by_sound:
            self._automaton.make_automaton()

    def mend(self, text: str) -> Mended:
        """`text` with its slips mended; the text itself where there are none."""
        if not has_han(text):
            spelt = self._from_pinyin(text)
            if spelt is not None:
                return Mended(spelt, ((text, spelt),))
        changes: list[tuple[str, str]] = []
        text = self._homophones(text, changes)
        return Mended(self._misspelt(text, changes), tuple(changes))

    # --- homophones ------------------------------------------------------------------------------------------------

    def _code(self, han: str) -> str:
        """One private character for each sound, so that sounds can be searched for like letters."""
        return "".join(self._sounds.setdefault(syllable(c), chr(0xE000 + len(self._sounds))) for c in han)

    def _homophones(self, text: str, changes: list[tuple[str, str]]) -> str:
        if not self._by_sound:
            return text
        out, at = [], 0
        for run in _HAN_RUN.finditer(text):
            mended = self._mend_run(run[0], changes)
            out += [text[at : run.start()], mended]
            at = run.end()
        return "".join((*out, text[at:]))

    def _mend_run(self, run: str, changes: list[tuple[str, str]]) -> str:
        code = "".join(self._sounds.get(syllable(c), " ") for c in run)
        found: list[tuple[int, str]] = []
        for end, alike in self._automaton.iter(code):
            length = len(alike[0])
            typed = run[end - length + 1 : end + 1]
            if len(typed) < length or fold(typed) in self._names_han:
                continue
            right = {name: sum(a == b for a, b in zip(typed, name, strict=True)) for name in alike}
            best = max(right.values())
            nearest = [name for name, count in right.items() if count == best]
            if len(nearest) == 1 and best / length >= _LEAST_RIGHT:
                found.append((end - length + 1, nearest[0]))
        for start, name in sorted(found, key=lambda f: (-len(f[1]), f[0])):
            typed = run[start : start + len(name)]
            slips = {start + i for i, (a, b) in enumerate(zip(typed, name, strict=True)) if a != b}
            # A character that the library, too, writes beside its neighbour, or in a name typed right, is no slip.
            if slips and not any(slips & set(range(a, b)) for a, b in self._typed_right(run)):
                changes.append((typed, name))
                run = run[:start] + name + run[start + len(name) :]
        return run

    def _typed_right(self, run: str) -> list[tuple[int, int]]:
        return [(a, a + n) for a in range(len(run)) for n in range(2, 9) if a + n <= len(run) and (
            run[a : a + n] in self._names_han or run[a : a + n] in self._seen)]

    # --- misspelt Latin words --------------------------------------------------------------------------------------

    def _misspelt(self, text: str, changes: list[tuple[str, str]]) -> str:
        chinese = has_han(text)

        def put(match: re.Match[str]) -> str:
            typed = match[0]
            word = typed.lower()
            named = chinese or typed.isupper()
            if len(word) < (_SHORTEST if not named else _SHORTEST - 1) or self._means_something(word):
                return typed
            if len(word) == _ABBREVIATED:
                swapped = [n for n in self._abbreviations if sorted(n) == sorted(word) and OSA.distance(n, word) == 1]
                if len(swapped) == 1:
                    read = swapped[0].upper() if typed.isupper() else swapped[0]
                    changes.append((typed, read))
                    return read
            # In English an ordinary word may be misspelt as well as a name.
            for lexicon in ((self._name_words,) if named else (self._name_words, self._words)):
                right = self._nearest(word, lexicon)
                if right:
                    read = right.upper() if typed.isupper() else right
                    changes.append((typed, read))
                    return read
            return typed

        return re.sub(r"(?<![A-Za-z0-9@./_-])[A-Za-z]+(?![A-Za-z0-9@/_])", put, text)

    @staticmethod
    def _nearest(word: str, lexicon: list[str]) -> str | None:
        slips = 2 if len(word) >= _TWO_SLIPS else 1
        close = process.extract(word, lexicon, scorer=OSA.distance, score_cutoff=slips, limit=2)
        close = [c for c in close if c[0][0] == word[0]]
        if not close or (len(close) > 1 and close[0][1] == close[1][1]):
            return None
        return str(close[0][0])

    # --- pinyin ----------------------------------------------------------------------------------------------------

    @staticmethod
    def _lexicon(phrases: Iterable[str]) -> dict[str, str]:
        """Pinyin without tones and spaces → the phrase, the first one where several sound alike."""
        out: dict[str, str] = {}
        for phrase in phrases:
            if len(phrase) >= 2 and all(has_han(c) for c in phrase):
                out.setdefault("".join(syllable(c) for c in phrase), phrase)
        return out

    def _from_pinyin(self, text: str) -> str | None:
        """The text with its syllables written as Chinese words; None when it is not pinyin."""
        words = list(re.finditer(r"(?<![A-Za-z])[a-z]+(?![A-Za-z])", text))
        spelt = [w for w in words if w[0] not in self._short_names and is_pinyin(w[0])]
        # `can`, `men`, `she` are syllables and English words: they count for neither side.
        plain = [w for w in words if w not in spelt and self._means_something(w[0])]
        clear = [w for w in spelt if not _english().known([w[0]]) or len(w[0]) > 5]
        letters = sum(len(w[0]) for w in clear)
        if letters < 4 or letters < _LEAST_PINYIN * (letters + sum(len(w[0]) for w in plain)):
            return None
        out, at, changed = [], 0, False
        groups: list[list[re.Match[str]]] = []
        for w in spelt:
            if groups and not text[groups[-1][-1].end() : w.start()].strip():
                groups[-1].append(w)
            else:
                groups.append([w])
        for group in groups:
            read = self._spell([w[0] for w in group])
            out.append(text[at : group[0].start()])
            out.append(read or text[group[0].start() : group[-1].end()])
            changed = changed or bool(read)
            at = group[-1].end()
        return "".join((*out, text[at:])) if changed else None

    def _means_something(self, word: str) -> bool:
        stems = {word, word.removesuffix("s"), word.removesuffix("es")}
        return bool(stems & self._known_words) or bool(_english().known([word]))

    def _spell(self, words: Sequence[str]) -> str:
        """The longest known phrases from left to right; letters that belong to none are dropped with their syllable.

        A phrase may span words as typed, but not end in the middle of a further one.
        """
        letters = "".join(words)
        breaks = set(itertools.accumulate(len(word) for word in words))
        out, at, ends = [], 0, _endings(letters)
        while at < len(letters):
            for end in range(min(len(letters), at + _LONGEST_PHRASE), at + 2, -1):
                phrase = self._spelt.get(letters[at:end])
                if phrase and ends[end] and (end in breaks or not any(at < b < end for b in breaks)):
                    out.append(phrase)
                    at = end
                    break
            else:
                at = next((at + n for n in range(_LONGEST_SYLLABLE, 0, -1) if letters[at : at + n] in _syllables()
                           and ends[min(at + n, len(letters))]), at + 1)
        return " ".join(out)


@lru_cache(maxsize=1)
def _syllables() -> frozenset[str]:
    """Every syllable of the common characters (the first level of GB 2312), `lv` beside `lü`."""
    common = bytes(b for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF) for b in (high, low)).decode("gb2312", "ignore")
    return frozenset(syllable(c).replace("ü", "v") for c in common)


def _endings(letters: str) -> list[bool]:
    """For every position whether the letters from there on can be cut into syllables; shape (len(letters) + 1,)."""
    syllables, out = _syllables(), [False] * len(letters) + [True]
    for at in range(len(letters) - 1, -1, -1):
        out[at] = any(out[at + n] and letters[at : at + n] in syllables
                      for n in range(1, min(_LONGEST_SYLLABLE, len(letters) - at) + 1))
    return out


@lru_cache(maxsize=2048)
def is_pinyin(letters: str) -> bool:
    """Whether the letters can be cut into syllables; the empty string can."""
    return _endings(letters)[0]
