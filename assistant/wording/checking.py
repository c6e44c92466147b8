"""Whether a sentence of a model says what the quotes it cites say, and nothing else.

Clause is held against clause: a sentence may shorten, join and reorder, but every figure, name, capital letter and
number in words must stand in the quotes, and the clause it comes from must deny, demand, allow and limit as it does.
What the check cannot see (two names changed about within one clause) is listed in docs/models.md.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from assistant.answering.view import LibraryView
from assistant.figures import MONTHS, covered, denied, figures, negations
from assistant.folding import fold, has_han
from assistant.index.tokens import content_tokens
from assistant.types import Citation, Language
from assistant.wording.sentences import Sentence

#: Share of a sentence's content (rare words counting more) that must stand in the quotes it cites, and of a clause's.
#: Calibrated on rewordings by hand, docs/decisions/0013-verified-wording.md.
SUPPORT, CLAUSE_SUPPORT = 0.62, 0.5
#: A sentence longer than this share of its quotes says more than they do.
GROWTH, SHORT = 1.3, 40
#: A sentence as long as this share of its quotes tells all of them, so also what they deny.
WHOLE = 0.8
#: Longest run of clauses one clause may come from, what each further one costs, and how alike a clause beside it may be.
RUN, LONGER, NEAR = 6, 0.03, 0.3
#: Share of a statement's content that sentences citing it must repeat, for the statement to count as told.
TOLD = 0.6
#: Clauses with fewer content tokens say nothing that could be wrong.
TELLING = 2
#: Characters of code and addresses, and the end of a beginning that must be supported of itself.
_CODE, TAIL = frozenset("{}[]<>@\\=|~^$#_"), 24
_LINK = re.compile(r"https?:|www\.|(?<![a-z0-9@])(?:[a-z0-9-]+\.)+[a-z]{2,}(?![a-z0-9.])(?:/[!-~]*)?|"
                   r"[a-z0-9_.+-]+@[a-z0-9-]+\.[a-z]+", re.I)
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
        "if": re.compile(r"如果|要是|假如|除非|只要|前提|条件下|情况下|(?<![期即])若|的话"),
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
        "if": re.compile(r"\b(?:if|unless|provided|on condition|as long as)\b"),
        "enough": re.compile(r"\b(?:enough|sufficient|suffices?|is all|directly)\b"),
    },
}
#: Forces that a clause may not lose either: without them it says more than its source.
_KEPT = ("only", "perhaps", "least", "most", "before", "free")


@dataclass(frozen=True, slots=True)
class _Clause:
    """A clause or a run of neighbours. affirmed, refused: the tokens of those of its clauses that deny nothing, and of the others."""

    text: str
    tokens: frozenset[str]
    affirmed: frozenset[str]
    refused: frozenset[str]
    forces: frozenset[str]

    @property
    def denies(self) -> bool:
        return bool(self.refused)


def _forces(text: str, language: Language) -> frozenset[str]:
    return frozenset(name for name, pattern in _FORCES[language].items() if pattern.search(text))


def _clauses(text: str, language: Language) -> list[_Clause]:
    out = []
    for part in _CLAUSE.split(fold(text)):
        if part and part.strip():
            tokens, denies = content_tokens(part) or frozenset({part}), negations(part)
            out.append(_Clause(part, tokens, frozenset() if denies else tokens, tokens if denies else frozenset(),
                               _forces(part, language)))
    return out


def _joined(run: Sequence[_Clause]) -> _Clause:
    """Neighbouring clauses as one."""
    def union(parts: Iterable[frozenset[str]]) -> frozenset[str]:
        return frozenset().union(*parts)

    return _Clause("", union(c.tokens for c in run), union(c.affirmed for c in run), union(c.refused for c in run),
                   union(c.forces for c in run))


def _codes(text: str) -> set[str]:
    """Words all in capitals: at the beginning of a sentence they are names too."""
    return {fold(w) for w in _LATIN.findall(text) if len(w) > 1 and w.isupper()}


def _capitals(text: str) -> set[str]:
    """Latin words that are names or codes: with a capital or a digit, folded."""
    return {fold(w) for w in _LATIN.findall(unicodedata.normalize("NFKC", text)) if any(c.isupper() or c.isdigit() for c in w)}


class _Quoted:
    """What some quotes say, worked out once: with their titles for names, without for the rest."""

    def __init__(self, cited: Sequence[Citation], language: Language, view: LibraryView) -> None:
        self.cited, self._language, self._view = cited, language, view
        self.text = " ".join(c.quote for c in cited)
        self._titled = f"{self.text} {' '.join(c.title for c in cited)}"

    @cached_property
    def folded(self) -> str:
        return fold(self.text)

    @cached_property
    def titled(self) -> str:
        return fold(self._titled)

    @cached_property
    def figures(self) -> frozenset[str]:
        return figures(self.text)

    @cached_property
    def tokens(self) -> frozenset[str]:
        return content_tokens(self.text)

    @cached_property
    def titled_tokens(self) -> frozenset[str]:
        return content_tokens(self._titled)

    @cached_property
    def titled_figures(self) -> frozenset[str]:
        return figures(self._titled)

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(_capitals(self._titled)) | frozenset(self.titled.split())

    @cached_property
    def named(self) -> frozenset[tuple[str, str]]:
        return frozenset((m.kind, m.id) for m in self._view.mentions(self._titled))

    @cached_property
    def clauses(self) -> list[_Clause]:
        return _clauses(self.text, self._language)

    @cached_property
    def conditional(self) -> bool:
        return any("if" in clause.forces for clause in self.clauses)

    @cached_property
    def runs(self) -> list[tuple[_Clause, int]]:
        """Every run of up to `RUN` neighbouring clauses, and how many it holds; the first and shorter ones first."""
        return [(_joined(self.clauses[i:j]), j - i) for i in range(len(self.clauses))
                for j in range(i + 1, min(i + RUN, len(self.clauses)) + 1)]

    @cached_property
    def each(self) -> list[tuple[frozenset[str], frozenset[str]]]:
        """Figures and tokens of each quote."""
        return [(figures(c.quote), content_tokens(f"{c.quote} {c.title}")) for c in self.cited]


class Checker:
    """Checks sentences against quotes of one library view.

    alike: (sentence, quote) → 0..1 by another model, asked where words alone give too little support; None without one.
    """

    def __init__(self, view: LibraryView, alike: Callable[[str, str], float] | None = None, alike_from: float = 0.9) -> None:
        self._view, self._alike, self._alike_from = view, alike, alike_from

    def over(self, citations: Sequence[Citation], language: Language) -> Check:
        """The check of one answer's sentences, in `language`, against its citations."""
        return Check(self._view, citations, language, self._alike, self._alike_from)


class Check:
    """The check of one answer; what its quotes say is worked out once."""

    def __init__(self, view: LibraryView, citations: Sequence[Citation], language: Language,
                 alike: Callable[[str, str], float] | None, alike_from: float) -> None:
        self._view, self._language, self._alike, self._alike_from = view, language, alike, alike_from
        self._quotes = {c.n: c for c in citations}
        self._every = _Quoted(tuple(citations), language, view)
        self._sets: dict[tuple[int, ...], _Quoted] = {}

    def fault(self, sentence: Sentence) -> str:
        """Why the sentence cannot stand, in one word; empty when it can."""
        text = sentence.text
        if _MARKUP.search(text):
            return "markup"
        if not sentence.marks:
            return "uncited"
        if not set(sentence.marks) <= self._quotes.keys():
            return "unknown-citation"
        if sentence.marks not in self._sets:
            self._sets[sentence.marks] = _Quoted([self._quotes[n] for n in sentence.marks], self._language, self._view)
        quoted = self._sets[sentence.marks]
        if any(fold(link[0]) not in quoted.folded for link in _LINK.finditer(text)):
            return "link"
        if has_han(text) != (self._language == "zh"):
            return "language"
        if len(text) > max(GROWTH * len(quoted.text), len(quoted.text) + SHORT):
            return "length"
        denials = negations(text), negations(quoted.text)
        if denials[0] > 0 == denials[1] or (denials[0] < denials[1] and len(text) >= WHOLE * len(quoted.text)):
            return "denial"
        return (self._figures(text, quoted.figures, quoted.folded) or self._names(text, quoted) or self._mixed(text, quoted)
                or self._sense(text, quoted))

    def told(self, n: int, sentences: Iterable[str]) -> bool:
        """Whether these sentences, which cite statement n, say most of it; what they leave out is quoted beside them."""
        said = frozenset().union(*(content_tokens(s) for s in sentences))
        return self._support(content_tokens(self._quotes[n].quote), said) >= TOLD

    def speakable(self, text: str) -> bool:
        """Whether the beginning of a sentence may be shown while it is being written: it speaks of nothing but the evidence."""
        every = self._every
        if _MARKUP.search(text) or any(c in _CODE and c not in every.text for c in text):
            return False
        if any(fold(link[0]) not in every.titled for link in _LINK.finditer(text)):
            return False
        if self._figures(text, every.titled_figures, every.titled) or not _capitals(text) <= every.words:
            return False
        return all(self._support(content_tokens(part), every.titled_tokens) >= SUPPORT for part in (text, text[-TAIL:]))

    def _figures(self, text: str, said: frozenset[str], folded: str) -> str:
        if not all(covered(figure, said) for figure in figures(text)):
            return "figures"
        return "" if all(fold(m[0]) in folded for m in _WORD_NUMBER[self._language].finditer(text)) else "figures"

    def _names(self, text: str, quoted: _Quoted) -> str:
        """Every id of the vocabulary and every capitalised or numbered Latin word must be in the quotes or their titles."""
        starts = fold(text).split(" ", 1)[0]
        for word in _capitals(text):
            if word not in quoted.titled and not (word == starts and word.isalpha() and word not in _codes(text)):
                return "names"
        known = all((m.kind, m.id) in quoted.named or fold(m.text) in quoted.titled
                    or (m.kind == "product" and content_tokens(m.text) <= quoted.titled_tokens) for m in self._view.mentions(text))
        return "" if known else "names"

    @staticmethod
    def _mixed(text: str, quoted: _Quoted) -> str:
        """A figure must stand with the words of one quote: not the date of one beside the firms of another."""
        if len(quoted.cited) < 2:
            return ""
        groups: list[str] = []
        for part in (p for p in _CLAUSE.split(text) if p and p.strip()):
            if not groups or figures(part):
                groups.append(part)
            else:
                groups[-1] = f"{groups[-1]},{part}"
        others = frozenset().union(*(own for _, own in quoted.each))
        for group in groups:
            said, tokens = figures(group), content_tokens(group)
            holding = [own for numbers, own in quoted.each if all(covered(f, numbers) for f in said)]
            if said and not any(not (tokens - own) & others for own in holding):
                return "mixed"
        return ""

    def _support(self, tokens: frozenset[str], by: frozenset[str]) -> float:
        """The share of the tokens that stand in `by`, rare ones counting more."""
        weight = {t: self._view.statistics.weight(t, self._language) for t in tokens}
        total = sum(weight.values())
        return sum(w for t, w in weight.items() if t in by) / total if total else 1.0

    def _sense(self, text: str, quoted: _Quoted) -> str:
        by_words = self._support(content_tokens(text), quoted.tokens) >= SUPPORT
        if not by_words and not (self._alike and self._alike(text, quoted.text) >= self._alike_from):
            return "support"
        # A condition belongs to the whole statement: 如果有射频,要办SRRC is not 要办SRRC.
        if quoted.conditional and "if" not in _forces(fold(text), self._language):
            return "force"
        for clause in _clauses(text, self._language):
            if len(clause.tokens) < TELLING:
                if clause.denies and not any(s.denies for s in quoted.clauses):
                    return "denial"
                continue
            source = self._source(clause, quoted)
            if source is None and by_words:
                return "support"
            # Other words for the same: the quote as a whole has to deny and limit alike.
            source = source or _joined(quoted.clauses)
            if clause.denies != source.denies or (clause.denies and self._denies_other(clause, source)):
                return "denial"
            near = [s.forces for s in quoted.clauses if self._support(clause.tokens, s.tokens) >= NEAR]
            if clause.forces - source.forces.union(*near) or any(f in source.forces and f not in clause.forces for f in _KEPT):
                return "force"
        return ""

    def _denies_other(self, clause: _Clause, source: _Clause) -> bool:
        """Whether what the clause denies stands rather in what its source affirms (标圆形,不标菱形 → 不标圆形)."""
        what = content_tokens(denied(clause.text))
        return self._support(what, source.affirmed) > self._support(what, source.refused)

    def _source(self, clause: _Clause, quoted: _Quoted) -> _Clause | None:
        """The run of neighbouring clauses that the clause comes from, the shortest of the best; None when none is alike."""
        best, score = None, 0.0
        for run, size in quoted.runs:
            found = self._support(clause.tokens, run.tokens) - LONGER * (size - 1)
            if found > score:
                best, score = run, found
        return best if score >= CLAUSE_SUPPORT else None
