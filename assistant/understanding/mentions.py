"""Finding vocabulary entries in a question: every alias at once, longest first, with word boundaries for Latin text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

import ahocorasick

from assistant.corpus.entries import Vocabulary
from assistant.folding import HAN_SPACE, has_han, spellings, squeeze
from assistant.types import Mention, Record

#: A shorter Latin alias is too likely to be a word of its own.
_SHORTEST_LATIN = 2
#: A Latin market name inside another name counts from this length on (GB in GB/T does not).
_LONG_NAME = 5
#: Abbreviations that are also English words; they count in capital letters only.
ENGLISH_WORDS = frozenset({"red", "is", "it", "in", "on", "us", "air", "son", "set", "can", "gap", "met", "all", "or", "each", "rep", "act",
                           "doe", "as", "at", "be", "no", "so", "we", "do"})
#: A shorter name has no plural (`does` is not the DOE, `its` not IT).
_PLURAL_FROM = 4


class MentionFinder:
    """Finds entries of one vocabulary and one set of records in folded text."""

    def __init__(self, vocabulary: Vocabulary, records: Sequence[Record]) -> None:
        owners: dict[str, set[tuple[str, str]]] = {}
        names: set[str] = set()

        def learn(kind: str, entry_id: str, words: Iterable[str]) -> None:
            for word in words:
                names.add(word)
                for spelling in spellings(word):
                    if has_han(spelling) or len(spelling) >= _SHORTEST_LATIN:
                        owners.setdefault(spelling, set()).add((kind, entry_id))

        for product in vocabulary.products:
            learn("product", product.id, (product.name.zh, product.name.en, *product.synonyms.all()))
        for category in vocabulary.categories:
            learn("category", category.id, (category.name.zh, category.name.en, *category.synonyms.all()))
        for mark in vocabulary.marks:
            learn("mark", mark.id, (mark.name.zh, mark.name.en, mark.label.zh, mark.label.en, *mark.aliases))
        for paper in vocabulary.papers:
            learn("paper", paper.id, (paper.name.zh, paper.name.en, *paper.aliases))
        for instrument in vocabulary.instruments:
            learn("instrument", instrument.id, (instrument.name.zh, instrument.name.en, instrument.reference.zh,
                                                instrument.reference.en, *instrument.numbers, *instrument.aliases))
        for record in records:
            learn("record", record.id, (record.name.zh, record.name.en, *record.aliases))
        for place in vocabulary.places:
            learn("place", place.id, (place.name.zh, place.name.en, *place.aliases))
        for authority in vocabulary.authorities:
            learn("authority", authority.id, (authority.name.zh, authority.name.en))
        for cue in vocabulary.cues:
            if cue.group == "origin":  # 中国工厂 says where the firm is, not where it sells
                learn("origin", cue.id, (*cue.zh, *cue.en))
        #: Every name and alias as the vocabulary and the records write it.
        self.names = frozenset(names)
        for word in ENGLISH_WORDS & owners.keys():
            del owners[word]
        self._automaton = ahocorasick.Automaton()
        for spelling, entries in owners.items():
            self._automaton.add_word(spelling, (spelling, tuple(sorted(entries))))
        self._automaton.make_automaton()
        codes: dict[str, set[tuple[str, str]]] = {}
        for place in vocabulary.places:
            for code in place.codes:
                codes.setdefault(code, set()).add(("place", place.id))
        for record in records:
            for alias in record.aliases:
                if alias.lower() in ENGLISH_WORDS and alias.isupper():
                    codes.setdefault(alias, set()).add(("record", record.id))
        self._codes = {code: tuple(sorted(entries)) for code, entries in codes.items()}
        self._code_pattern = re.compile(
            r"(?<![A-Za-z0-9])(%s)(?![A-Za-z0-9])(?! ?[/.-]?[0-9T])" % "|".join(sorted(map(re.escape, codes), key=len, reverse=True))
            if codes else r"(?!)")

    def find(self, question: str) -> tuple[Mention, ...]:
        """Mentions in order of appearance; where two overlap the longer one stays, same span keeps every meaning."""
        text = squeeze(question)
        found: list[tuple[int, int, tuple[tuple[str, str], ...]]] = []
        # A hyphen people put where we write a space (power-bank); same length, so positions stay.
        for variant in {text, text.replace("-", " ")}:
            for end, (spelling, entries) in self._automaton.iter(variant):
                start = end - len(spelling) + 1
                if self._bounded(text, start, end + 1):
                    found.append((start, end + 1, entries))
        plain = HAN_SPACE.sub("", " ".join(unicodedata.normalize("NFKC", question).split()))
        if len(plain) == len(text):
            for match in self._code_pattern.finditer(plain):
                found.append((match.start(), match.end(), self._codes[match[1]]))
        found.sort(key=lambda f: (f[0] - f[1], f[0]))
        nested = [(start, end, tuple(e for e in entries if e[0] == "place")) for start, end, entries in found
                  if has_han(text[start:end]) or end - start >= _LONG_NAME]
        taken: list[tuple[int, int]] = []
        kept: dict[tuple[int, int], set[tuple[str, str]]] = {}
        for start, end, entries in found:
            if (start, end) in kept:
                kept[start, end].update(entries)
            elif all(end <= a or start >= b for a, b in taken):
                taken.append((start, end))
                kept[start, end] = set(entries)
        # 沙特PC证书 names a certificate and, inside it, a market.
        for start, end, places in nested:
            if places and not any(k in {"place", "origin"} for a, b in taken if a <= start and end <= b
                                  for k, _ in kept[a, b]):
                kept.setdefault((start, end), set()).update(places)
        return tuple(Mention(kind, entry_id, text[start:end], start, end)
                     for (start, end), entries in sorted(kept.items()) for kind, entry_id in sorted(entries))

    @staticmethod
    def _bounded(text: str, start: int, end: int) -> bool:
        def latin(character: str) -> bool:
            return character.isascii() and character.isalnum()

        if start > 0 and latin(text[start]) and latin(text[start - 1]):
            return False
        if end < len(text) and latin(text[end - 1]) and latin(text[end]):
            rest = re.match(r"[a-z0-9]+", text[end:])
            return bool(rest and rest[0] in {"s", "es"} and text[end - 1].isalpha() and end - start >= _PLURAL_FROM)
        return True
