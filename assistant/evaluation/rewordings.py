"""How the check of a language model's sentences tells rewordings from falsehoods, alone and with a judging model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from assistant.answering.view import LibraryView
from assistant.errors import SettingsError
from assistant.types import Citation, Language
from assistant.wording.checking import REWORDED, Checker
from assistant.wording.judge import Judge
from assistant.wording.sentences import read

#: Lines that are tried, and how many more of the falsehoods may stand with a judge than without.
LINES = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995)
MORE_FALSE = 0.01


class Reworded(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Quotes of one title, sentences that say what they say, and sentences that do not; each sentence with its marks."""

    language: Language
    title: str
    quotes: tuple[str, ...]
    honest: tuple[str, ...]
    false: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one sentence. reason: the check's, empty when it stands. judged: the judge's number, None where it is not asked."""

    text: str
    honest: bool
    reason: str
    judged: float | None

    def stands(self, line: float) -> bool:
        return not self.reason or (self.judged is not None and self.judged >= line)


@dataclass(frozen=True, slots=True)
class Standing:
    """How many sentences stand with a judge believed from `line` on; a line over 1 is the check alone."""

    line: float
    honest: int
    of_honest: int
    false: int
    of_false: int

    @property
    def honest_share(self) -> float:
        return self.honest / max(self.of_honest, 1)

    @property
    def false_share(self) -> float:
        return self.false / max(self.of_false, 1)


def read_rewordings(place: Path) -> list[Reworded]:
    """The lines of `place`, or of its files rewordings*.jsonl. Raises SettingsError."""
    remedy = "Give a folder or file with lines as in tests/wording/rewordings.jsonl."
    files = sorted(place.glob("rewordings*.jsonl")) if place.is_dir() else [place]
    try:
        lines = [line for file in files for line in file.read_bytes().splitlines() if line.strip()]
        out = [msgspec.json.decode(line, type=Reworded) for line in lines]
    except (OSError, msgspec.MsgspecError) as error:
        raise SettingsError(f"The rewordings in {place} cannot be read ({error}).",
                            remedy) from None
    if not out:
        raise SettingsError(f"There are no rewordings in {place}.", remedy)
    return out


def judge_all(view: LibraryView, given: Sequence[Reworded], judge: Judge | None,
              each: Callable[[Iterable[Reworded]], Iterable[Reworded]] = iter) -> list[Verdict]:
    """The verdict on every sentence. each: what draws a bar. Raises SettingsError when the judge fails."""
    out = []
    for reworded in each(given):
        citations = [Citation(n, "r", f"summary.{reworded.language}", reworded.language, "library", "official", reworded.title, "", None,
                              "", quote, 0, len(quote), "in-force", "", None) for n, quote in enumerate(reworded.quotes, 1)]
        check = Checker(view).over(citations, reworded.language)
        for honest, texts in ((True, reworded.honest), (False, reworded.false)):
            for text in texts:
                sentence = read(text)
                reason, judged = check.fault(sentence), None
                if judge and reason in REWORDED and check.rewords(sentence):
                    judged = judge.follows(check.statement(sentence), sentence.text)
                out.append(Verdict(text, honest, reason, judged))
    return out


def standing(verdicts: Sequence[Verdict], line: float) -> Standing:
    """What stands when the judge is believed from `line` on."""
    honest, false = [v for v in verdicts if v.honest], [v for v in verdicts if not v.honest]
    return Standing(line, sum(v.stands(line) for v in honest), len(honest), sum(v.stands(line) for v in false), len(false))


def best_line(verdicts: Sequence[Verdict]) -> Standing | None:
    """The lowest line at which hardly more falsehoods stand than by the check alone; None where no line lets more rewordings stand."""
    alone = standing(verdicts, 2.0)
    allowed = [s for s in (standing(verdicts, line) for line in LINES) if s.false_share <= alone.false_share + MORE_FALSE]
    best = min(allowed, key=lambda s: s.line, default=None)
    return best if best and best.honest > alone.honest else None


def wording_table(verdicts: Sequence[Verdict], judged: bool) -> str:
    """The figures for people."""
    rows = [("the check alone", standing(verdicts, 2.0))]
    if judged:
        rows += [(f"judge from {line:g} on", standing(verdicts, line)) for line in LINES]
    out = [f"{'':<22}{'rewordings that stand':>24}{'falsehoods that stand':>24}"]
    for name, s in rows:
        honest = f"{s.honest} of {s.of_honest} ({s.honest_share:.1%})"
        false = f"{s.false} of {s.of_false} ({s.false_share:.1%})"
        out.append(f"{name:<22}{honest:>24}{false:>24}")
    if judged:
        best = best_line(verdicts)
        out.append(f"Set ASSISTANT_LLM_JUDGE_LINE={best.line:g}." if best else
                   "This judge helps at no line: unset ASSISTANT_LLM_JUDGE.")
    return "\n".join(out)
