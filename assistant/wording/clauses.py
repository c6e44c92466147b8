"""Clauses of a sentence and what each demands, denies and limits; which words are new, and in which order words stand."""

from __future__ import annotations

import bisect
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import Stemmer

from assistant.figures import MONTHS, negations, normalise
from assistant.folding import fold
from assistant.index.tokens import content_tokens, tokens
from assistant.types import Language

CLAUSE = re.compile(r"[,,。;;::!?!?、()()]|(?<=[a-z0-9)]) ?[.](?= |$)|(?: (?:and|but|while|whereas) )")
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-/.][A-Za-z0-9]+)*")
WORD_NUMBER = {
    "zh": re.compile(r"[一二两三四五六七八九十百千半]+(?:个|多|来|几)?"
                     r"(?:[年月天日周岁倍次种类份台件批级档步家国成折元万亿%个]|小时|分钟)"
                     r"|百分百|[零一二三四五六七八九十]·[零一二三四五六七八九]"),
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
KEPT = ("only", "perhaps", "least", "most", "before", "free")


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause or a run of neighbours. affirmed, refused: the tokens of those of its clauses that deny nothing, and of the others."""

    text: str
    tokens: frozenset[str]
    order: tuple[str, ...]
    affirmed: frozenset[str]
    refused: frozenset[str]
    forces: frozenset[str]

    @property
    def denies(self) -> bool:
        return bool(self.refused)


def forces(text: str, language: Language) -> frozenset[str]:
    return frozenset(name for name, pattern in _FORCES[language].items() if pattern.search(text))


def clauses(text: str, language: Language) -> list[Clause]:
    out = []
    for part in CLAUSE.split(fold(text)):
        if part and part.strip():
            said, denies = content_tokens(part) or frozenset({part}), negations(part)
            out.append(Clause(part, said, ordered(part), frozenset() if denies else said, said if denies else frozenset(),
                              forces(part, language)))
    return out


def joined(run: Sequence[Clause]) -> Clause:
    """Neighbouring clauses as one."""
    def union(parts: Iterable[frozenset[str]]) -> frozenset[str]:
        return frozenset().union(*parts)

    return Clause("", union(c.tokens for c in run), tuple(t for c in run for t in c.order), union(c.affirmed for c in run),
                  union(c.refused for c in run), union(c.forces for c in run))


def codes(text: str) -> set[str]:
    """Words all in capitals: at the beginning of a sentence they are names too."""
    return {fold(w) for w in _LATIN.findall(text) if len(w) > 1 and w.isupper()}


def capitals(text: str) -> set[str]:
    """Latin words that are names or codes: with a capital or a digit, folded."""
    words = _LATIN.findall(unicodedata.normalize("NFKC", text))
    return {word.lower() for word in words if not (word.islower() and word.isalpha())}


def new_names(text: str, known: frozenset[str]) -> bool:
    """Whether a name or code of `text` is not `known`. A capital at the very beginning makes a word no name."""
    starts = fold(text).split(" ", 1)[0].rstrip(",")
    return any(word not in known and not (word == starts and word.isalpha() and word not in codes(text)) for word in capitals(text))


#: Connecting words that say nothing of their own: a sentence may hold them without its quotes.
_CONNECTING = {
    "zh": frozenset("因此所以另外此外同时不过但是而且并且也就说具体来一般即还的话这时那么则您都才会了里中上在有和与或要需能可"
                    "已被把从到对为以于给请个些它们其他什么必须得用按后前起没"),
    "en": frozenset("so also therefore however in addition furthermore this means which that is too as well then thus "
                    "meanwhile instead it they these those its their and or but if when where while must need needs has "
                    "have to be are was were will can may does do not no only the a an of on by for with from at into "
                    "under both each there who whose what once after before until since because".split())}
_CONNECTING_TOKENS = content_tokens(" ".join(_CONNECTING["en"]))
_WORD = re.compile(r"[a-z]+")


@lru_cache(maxsize=1)
def _stemmer() -> Stemmer.Stemmer:
    """Stateless but for a cache of its own."""
    return Stemmer.Stemmer("english")


def characters(folded: str) -> frozenset[str]:
    """Every Chinese character and every English word stem of folded text."""
    return frozenset(c for c in folded if "\u3400" <= c <= "\u9fff") | frozenset(_stemmer().stemWords(_WORD.findall(folded)))


def new_words(text: str, known: frozenset[str], language: Language) -> frozenset[str]:
    """Characters or stems of `text` that are neither `known` nor connecting words of its language."""
    folded, own = fold(text), _CONNECTING[language]
    if language == "zh":
        return frozenset(c for c in folded if "\u3400" <= c <= "\u9fff") - known - own
    words = [word for word in _WORD.findall(folded) if word not in own]
    return frozenset(_stemmer().stemWords(words)) - known


def telling(words: frozenset[str]) -> frozenset[str]:
    """Tokens without connecting words."""
    return frozenset(t for t in words if t not in _CONNECTING_TOKENS and not _CONNECTING["zh"].issuperset(t))


def in_order(mine: Sequence[str], theirs: Sequence[str]) -> float:
    """The share of the tokens both have that stand in the same order in both."""
    at: dict[str, int] = {}
    for i, token in enumerate(theirs):
        at.setdefault(token, i)
    tails: list[int] = []
    shared = [at[token] for token in dict.fromkeys(mine) if token in at]
    for position in shared:
        place = bisect.bisect_left(tails, position)
        tails[place : place + 1] = [position]
    return len(tails) / len(shared) if shared else 1.0


def ordered(text: str) -> tuple[str, ...]:
    """Content tokens in order of appearance."""
    return tuple(t for t in tokens(text) if len(t) > 1 or t.isdigit())


_RUN = re.compile(r"[a-z]+")
_UNIT = re.compile(r"(\d+(?:[./:-]\d+)*) ?(%|‰|°[cf]?|[a-zµ]{1,5}(?:[/·][a-z0-9³²]+)?(?![a-z])|个?[\u3400-\u9fff])?")
#: Chinese characters that count something behind a figure; others only go on with the sentence.
_COUNTING = frozenset("年月日天周岁时分秒吨克升米瓦伏安元角倍次种类份台件批级档步家国成折万亿页款条项人票")


@lru_cache(maxsize=64)
def _runs(known: str) -> frozenset[str]:
    """The Latin words of folded text; kept, because the same quotes are asked about for each piece of a sentence."""
    return frozenset(_RUN.findall(known))


def foreign(text: str, known: str, language: Language) -> bool:
    """Whether `text` holds letters, signs or, in Chinese, Latin words that folded text `known` does not hold."""
    folded = fold(text)
    if any(c not in known for c in folded if not c.isascii() and not "\u3400" <= c <= "\u9fff"
           and unicodedata.category(c)[0] in "LMNS"):
        return True
    return language == "zh" and not frozenset(_RUN.findall(folded)) <= _runs(known)


def said_whole(words: str, known: str) -> bool:
    """Whether folded `words` stand in folded `known`, not as a part of a longer Latin word."""
    return re.search(rf"(?<![a-z0-9]){re.escape(words)}(?![a-z0-9])", known) is not None


@lru_cache(maxsize=64)
def _units(text: str) -> dict[str, set[str]]:
    """Figure → the units that stand behind it, "" where none does."""
    out: dict[str, set[str]] = {}
    for figure, unit in _UNIT.findall(normalise(fold(text))):
        unit = unit.removeprefix("个") if len(unit) > 1 and unit[0] == "个" else unit
        if unit and not unit.isascii() and unit not in "‰°µ" and unit[0] not in _COUNTING and not unit.startswith("°"):
            unit = ""
        out.setdefault(figure, set()).add(unit)
    return out


def other_units(text: str, quoted: str) -> bool:
    """Whether a figure of `text` has another unit than in the quotes, or none where it always has one there."""
    known = _units(quoted)
    return any(unit not in known[figure] for figure, units in _units(text).items() if figure in known for unit in units)
