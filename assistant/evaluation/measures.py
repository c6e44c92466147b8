"""Judging one answer against its gold question, and ranking quality with a kept IR-measures library."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import ir_measures
from ir_measures import RR, R, nDCG

from assistant.evaluation.questions import GoldQuestion
from assistant.folding import has_han
from assistant.types import Answer

_NEGATION = re.compile(r"(不|没|无|非|未|勿|\bnot\b|\bno\b|n't|\bnever\b|\bcannot\b|\bwithout\b)")
MEASURES = (R @ 5, R @ 10, nDCG @ 10, RR @ 10)


@dataclass(frozen=True, slots=True)
class Verdict:
    """right: the answer is as it should be. why: everything that is not, in words."""

    id: str
    right: bool
    abstained: bool
    wrong_claim: bool
    source: bool | None
    why: tuple[str, ...]


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower().replace("\\", "")


def has_token(token: str, text: str) -> bool:
    """Whether `token` stands in `text`: anywhere for Chinese (spaces ignored), as a word with optional spaces else."""
    token, text = _fold(token), _fold(text)
    if has_han(token):
        return re.sub(r"\s", "", token) in re.sub(r"\s", "", text)
    pattern = r"\s*".join(re.escape(part) for part in re.findall(r"[a-z]+|\d+|[^\sa-z\d]", token))
    left = r"(?<![a-z0-9])" if token[:1].isalnum() else ""
    right = r"(?:e?s)?(?![a-z0-9])" if token[-1:].isalpha() else r"(?!\d)(?![.,]\d)" if token[-1:].isdigit() else ""
    return bool(re.search(left + pattern + right, text))


def _claims(token: str, text: str) -> bool:
    """Whether `text` claims `token`, that is, says it without a denial shortly before."""
    folded, wanted = re.sub(r"\s+", " ", _fold(text)), _fold(token)
    start = folded.find(wanted)
    while start >= 0:
        if not _NEGATION.search(folded[max(0, start - 12) : start]):
            return True
        start = folded.find(wanted, start + 1)
    return False


def judge(gold: GoldQuestion, answer: Answer) -> Verdict:
    """One answer against its gold question."""
    why: list[str] = []
    claimed = [t for t in gold.must_not if _claims(t, answer.answer)]
    if claimed:
        why.append(f"claims {'; '.join(claimed)}")
    if gold.abstain:
        if not answer.abstained:
            why.append("should have abstained")
        return Verdict(gold.id, not why, answer.abstained, bool(claimed), None, tuple(why))
    if answer.abstained:
        why.append("abstained")
    text = "\n".join([answer.answer, *(f"{c.title} {c.reference}" for c in answer.citations)])
    for group in gold.expect_any:
        if not any(has_token(t, text) for t in group):
            why.append(f"lacks {' | '.join(group[:5])}")
    cited = {c.record for c in answer.citations}
    missing = [group for group in gold.expect_records if not set(group) & cited]
    for group in missing:
        why.append(f"cites none of {' | '.join(group)}")
    return Verdict(gold.id, not why, answer.abstained, bool(claimed), not missing if gold.expect_records else None, tuple(why))


def ranking(questions: Iterable[GoldQuestion], runs: Mapping[str, Sequence[tuple[str, float]]]) -> dict[str, float]:
    """Mean measures over questions with relevant sections; a run is question id → (passage id, score)."""
    qrels = [ir_measures.Qrel(q.id, f"{section}.{q.lang}", 1) for q in questions for section in q.relevant if q.id in runs]
    docs = [ir_measures.ScoredDoc(q, passage, score) for q, hits in runs.items() for passage, score in hits]
    return {str(m): float(v) for m, v in ir_measures.calc_aggregate(MEASURES, qrels, docs).items()}
