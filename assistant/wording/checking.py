"""Whether a sentence of a model says what the quotes it cites say, and nothing else.

Clause is held against clause: a sentence may shorten, join and reorder, but every figure, name, capital letter and
number in words must stand in the quotes, and the clause it comes from must deny, demand, allow and limit as it does.
What the check cannot see (two names changed about within one clause) is listed in docs/models.md.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from assistant.answering.view import LibraryView
from assistant.figures import MONTHS, covered, figures, negations
from assistant.folding import fold, has_han
from assistant.index.tokens import content_tokens
from assistant.types import Citation, Language
from assistant.wording.sentences import Sentence

#: Share of a sentence's content (rare words counting more) that must stand in the quotes it cites, and of a clause's.
#: Calibrated on rewordings by hand, docs/decisions/0013-verified-wording.md.
SUPPORT, CLAUSE_SUPPORT = 0.62, 0.5
#: A sentence longer than this share of its quotes says more than they do.
GROWTH, SHORT = 1.3, 40
#: Longest run of clauses one clause may come from, what each further one costs, and how alike a clause beside it may be.
RUN, LONGER, NEAR = 6, 0.03, 0.3
#: Clauses with fewer content tokens say nothing that could be wrong.
TELLING = 2
_LINK = re.compile(r"https?:|www\.|(?<![\w@])(?:[a-z0-9-]+\.)+(?:[a-z]{2,})(?![\w.])(?:/\S*)?|[\w.+-]+@[\w-]+\.\w+", re.I)
_MARKUP = re.compile(r"<[a-zA-Z/!]|\]\(|!\[|`|\[\d+\]|[|]{1}.*[|]|\\|\{\{|&[a-z]+;|&#")
_CLAUSE = re.compile(r"[,,。;;::!?!?、()()]|(?<=[a-z0-9)]) ?[.](?= |$)|(?: (?:and|but|while|whereas) )")
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-/.][A-Za-z0-9]+)*")
_WORD_NUMBER = {
    "zh": re.compile(r"[一二两三四五六七八九十百千半]+(?:个|多|来|几)?"
                     r"(?:[年月天日周岁倍次种类份台件批级档步家国成折元万亿%个]|小时|分钟)"),
    "en": re.compile(r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|fifty|hundred|thousand|"
                     r"half|dozen|twice|double|triple|second|third|quarter|annual(?:ly)?|yearly|monthly|weekly|daily)\b", re.I)}
_MONTH = "|".join(MONTHS).lower()
#: Words that change what a clause demands or how far it reaches. Those of one group count as one.
_FORCES: dict[str, dict[str, re.Pattern[str]]] = {
    "zh": {
        "must": re.compile(r"必须|须|应当|强制|一律|务必|不得|禁止"),
        "may": re.compile(r"可以|自愿|可选|不强制|允许|任选|可(?=用|由|凭|按|在|先)"),
        "perhaps": re.compile(r"可能|或许|也许|大概|预计|计划|拟|提议|提案|草案|征求意见|建议"),
        "only": re.compile(r"只|仅|唯一"),
        "all": re.compile(r"所有|全部|一切|任何|都(?!灵)|各类|通用"),
        "least": re.compile(r"以上|至少|不低于|不少于|超过|大于|高于|起步|满(?=\d)|≥|>"),
        "most": re.compile(r"以下|至多|最多|不超过|不高于|不大于|低于|小于|以内|之内|不满|≤|<|最长"),
        "before": re.compile(r"之前|以前|前(?=要|必须|须|完成|申报|交|,|。|$)|截止|最迟|不晚于"),
        "since": re.compile(r"之后|以后|起(?=,|。|适用|执行|实施|生效|要|强制|必须|须|,|$)|自(?=\d)"),
        "free": re.compile(r"免|豁免|除外|例外|不适用|不属于|不归|不在"),
        "enough": re.compile(r"足够|就够|即可|就行|即行|直接(?=用|认|凭)"),
    },
    "en": {
        "must": re.compile(r"\b(?:must|shall|mandatory|compulsory|obligatory|required|requires?|has to|have to|prohibited|forbidden|"
                           r"banned)\b"),
        "may": re.compile(r"\b(?:may|can|optional|voluntary|allowed|permitted|free to)\b"),
        "perhaps": re.compile(r"\b(?:might|could|expected|planned|proposed|proposal|draft|probably|likely|recommended|should|advised)\b"),
        "only": re.compile(r"\b(?:only|solely|exclusively|sole)\b"),
        "all": re.compile(r"\b(?:all|every|any|always|each|everywhere)\b"),
        "least": re.compile(r"\b(?:at least|minimum|more than|over|above|exceed(?:s|ing)?|not less than|from)\b(?=[^a-z]*\d)|"
                            r"\bor more\b|≥|>"),
        "most": re.compile(r"\b(?:at most|maximum|or less|less than|under|below|up to|not more than|no more than|within|"
                           r"not exceed(?:ing)?)\b|≤|<"),
        "before": re.compile(r"\b(?:until|by|before|prior to|deadline)\b(?=[^a-z]*\d)|\bno later than\b"),
        "since": re.compile(r"\b(?:since|from|after|as of|starting|beginning)\b(?=[^a-z]*(?:\d|%s))|\bafter\b" % _MONTH),
        "free": re.compile(r"\b(?:exempt(?:ed|ion|ions)?|excluded?|exceptions?|except|outside|waived?|free of)\b"),
        "enough": re.compile(r"\b(?:enough|sufficient|suffices?|is all|directly)\b"),
    },
}
#: Forces that a clause may not lose either: without them it says more than its source.
_KEPT = ("only", "perhaps", "least", "most", "before", "free")


@dataclass(frozen=True, slots=True)
class _Clause:
    text: str
    tokens: frozenset[str]
    denies: bool
    forces: frozenset[str]


def _forces(text: str, language: Language) -> frozenset[str]:
    return frozenset(name for name, pattern in _FORCES[language].items() if pattern.search(text))


def _clauses(text: str, language: Language) -> list[_Clause]:
    folded = fold(text)
    parts = [p.strip() for p in _CLAUSE.split(folded) if p and p.strip()]
    return [_Clause(p, content_tokens(p), bool(negations(p)), _forces(p, language)) for p in parts]


def _capitals(text: str) -> set[str]:
    """Latin words that are names or codes: with a capital or a digit, folded."""
    return {fold(w) for w in _LATIN.findall(unicodedata.normalize("NFKC", text)) if any(c.isupper() or c.isdigit() for c in w)}


class Checker:
    """Checks sentences against quotes of one library view.

    alike: (sentence, quote) → 0..1 by another model, asked where words alone give too little support; None without one.
    """

    def __init__(self, view: LibraryView, alike: Callable[[str, str], float] | None = None, alike_from: float = 0.9) -> None:
        self._view, self._alike, self._alike_from = view, alike, alike_from

    def fault(self, sentence: Sentence, quotes: dict[int, Citation], language: Language) -> str:
        """Why the sentence cannot stand, in one word; empty when it can."""
        text = sentence.text
        if _MARKUP.search(text):
            return "markup"
        if not sentence.marks:
            return "uncited"
        if not set(sentence.marks) <= quotes.keys():
            return "unknown-citation"
        cited = [quotes[n] for n in sentence.marks]
        quoted = " ".join(c.quote for c in cited)
        if any(fold(link[0]) not in fold(quoted) for link in _LINK.finditer(text)):
            return "link"
        if has_han(text) != (language == "zh"):
            return "language"
        if len(text) > max(GROWTH * len(quoted), len(quoted) + SHORT):
            return "length"
        return (self._figures(text, quoted, language) or self._names(text, cited, quoted) or self._mixed(text, cited)
                or self._sense(text, quoted, language))

    def speakable(self, text: str, quotes: Collection[Citation], language: Language) -> bool:
        """Whether the beginning of a sentence may be shown while it is being written: it speaks of nothing but the evidence."""
        quoted = " ".join(f"{c.quote} {c.title}" for c in quotes)
        folded = fold(quoted)
        if _MARKUP.search(text) or "[" in text or any(fold(link[0]) not in folded for link in _LINK.finditer(text)):
            return False
        if self._figures(text, quoted, language) or not _capitals(text) - {""} <= _capitals(quoted) | set(folded.split()):
            return False
        return self._support(content_tokens(text), content_tokens(quoted), language) >= SUPPORT

    @staticmethod
    def _figures(text: str, quoted: str, language: Language) -> str:
        said = figures(quoted)
        if not all(covered(figure, said) for figure in figures(text)):
            return "figures"
        folded = fold(quoted)
        return "" if all(fold(m[0]) in folded for m in _WORD_NUMBER[language].finditer(text)) else "figures"

    def _names(self, text: str, cited: Sequence[Citation], quoted: str) -> str:
        """Every id of the vocabulary and every capitalised or numbered Latin word must be in the quotes or their titles."""
        with_titles = f"{quoted} {' '.join(c.title for c in cited)}"
        known = fold(with_titles)
        starts = fold(text).split(" ", 1)[0]
        for word in _capitals(text):
            if word not in known and not (word == starts and word.isalpha() and word.lower() not in self._codes(text)):
                return "names"
        named = {(m.kind, m.id) for m in self._view.mentions(with_titles)}
        words = content_tokens(with_titles)
        return "" if all((m.kind, m.id) in named or fold(m.text) in known
                         or (m.kind == "product" and content_tokens(m.text) <= words) for m in self._view.mentions(text)) else "names"

    @staticmethod
    def _codes(text: str) -> set[str]:
        """Words all in capitals: at the beginning of a sentence they are names too."""
        return {fold(w) for w in _LATIN.findall(text) if len(w) > 1 and w.isupper()}

    @staticmethod
    def _mixed(text: str, cited: Sequence[Citation]) -> str:
        """A figure must stand with the words of one quote: not the date of one beside the firms of another."""
        if len(cited) < 2:
            return ""
        quotes = [(figures(c.quote), content_tokens(f"{c.quote} {c.title}")) for c in cited]
        groups: list[str] = []
        for part in (p for p in _CLAUSE.split(text) if p and p.strip()):
            if not groups or figures(part):
                groups.append(part)
            else:
                groups[-1] = f"{groups[-1]},{part}"
        for group in groups:
            said, tokens = figures(group), content_tokens(group)
            if not said:
                continue
            holding = [own for numbers, own in quotes if all(covered(f, numbers) for f in said)]
            others = frozenset().union(*(own for _, own in quotes))
            if not any(not (tokens - own) & others for own in holding):
                return "mixed"
        return ""

    def _support(self, tokens: frozenset[str], by: frozenset[str], language: Language) -> float:
        weight = {t: self._view.statistics.weight(t, language) for t in tokens}
        total = sum(weight.values())
        return sum(w for t, w in weight.items() if t in by) / total if total else 1.0

    def _sense(self, text: str, quoted: str, language: Language) -> str:
        sources = _clauses(quoted, language)
        every = frozenset().union(*(c.tokens for c in sources)) | content_tokens(quoted)
        if self._support(content_tokens(text), every, language) < SUPPORT and not (
                self._alike and self._alike(text, quoted) >= self._alike_from):
            return "support"
        for clause in _clauses(text, language):
            if len(clause.tokens) < TELLING:
                if clause.denies and not any(s.denies for s in sources):
                    return "denial"
                continue
            source, near = self._source(clause, sources, language)
            if source is None:
                return "support"
            if clause.denies != source.denies:
                return "denial"
            if clause.forces - source.forces - near or any(f in source.forces and f not in clause.forces for f in _KEPT):
                return "force"
        return ""

    def _source(self, clause: _Clause, sources: Sequence[_Clause], language: Language) -> tuple[_Clause | None, frozenset[str]]:
        """The run of neighbouring clauses that the clause comes from, the shortest of the best, and the forces of what is near."""
        best, score = None, 0.0
        for i in range(len(sources)):
            for j in range(i + 1, min(i + RUN, len(sources)) + 1):
                run = sources[i:j]
                tokens = frozenset().union(*(s.tokens for s in run))
                found = self._support(clause.tokens, tokens, language) - LONGER * (len(run) - 1)
                if found > score:
                    score = found
                    best = _Clause("", tokens, any(s.denies for s in run), frozenset().union(*(s.forces for s in run)))
        near = frozenset().union(*(s.forces for s in sources if self._support(clause.tokens, s.tokens, language) >= NEAR))
        return (best if score >= CLAUSE_SUPPORT else None), near
