"""A quoting answer → the same answer in the words of a language model, each sentence checked, nothing left out.

Whatever the model says, the standing, the notices and the citations stay those of the quoting answer; whatever goes
wrong, the reader gets a cited answer within the time.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from assistant.answering import phrases
from assistant.answering.invariants import breaches
from assistant.answering.worded import Progress
from assistant.folding import squeeze
from assistant.types import Answer, Language, Passage, Segment, Wording
from assistant.wording import prompt
from assistant.wording.breaker import Breaker, DayBudget, Slots
from assistant.wording.checking import GROWTH, Check, Checker
from assistant.wording.language_model import LanguageModel, ModelFault
from assistant.wording.merging import Kept, Plan
from assistant.wording.sentences import Sentence, Sentences

log = logging.getLogger(__name__)
#: Sentences that may repeat, and characters that may come without any sentence standing, before the model is cut off.
REPEATS, WASTE = 3, 6000
#: Characters looked at at a time, and pieces that may wait for that.
PIECE, WAITING = 200, 512
#: Faults that are ours to bear and tell nothing about the endpoint.
_OURS = frozenset({"busy", "budget", "resting"})


@dataclass(frozen=True, slots=True)
class Limits:
    """seconds: for the whole reply; first: until its first piece. longest: tokens of a reply."""

    seconds: float = 20.0
    first: float = 8.0
    longest: int = 800


@dataclass(slots=True)
class _Work:
    """What has become of one reply so far."""

    body: list[Kept] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    kept: int = 0
    replaced: int = 0
    struck: int = 0
    repeats: int = 0
    reasons: dict[str, None] = field(default_factory=dict)


class VerifiedWorder:
    """One model for all questions of a server.

    passages: those of the library, for the last check. names: id → name in a language.
    """

    def __init__(self, model: LanguageModel, checker: Checker, passages: Mapping[str, Passage], names: Callable[[str, Language], str],
                 limits: Limits, slots: Slots, breaker: Breaker, budget: DayBudget) -> None:
        self._model, self._checker, self._passages, self._names = model, checker, passages, names
        self._limits, self._slots, self._breaker, self._budget = limits, slots, breaker, budget

    def word(self, quoting: Answer) -> Iterator[Progress]:
        # Curated replies are the words of two members of staff: nobody rewords them.
        if quoting.abstained or not quoting.citations or any(c.origin == "reply" for c in quoting.citations):
            yield Progress(quoting, final=True)
            return
        began, plan, work, fault = time.perf_counter(), Plan(quoting), _Work(), ""
        check = self._checker.over(quoting.citations, quoting.language)
        held, shown, partial = 0, "", plan.answer((), self._note(work, "", quoting.language))
        try:
            for coming in self._sentences(quoting, plan, work, check):
                if len(work.body) != held:
                    held = len(work.body)
                    partial = plan.answer(work.body, self._note(work, "", quoting.language))
                elif coming == shown:
                    continue
                shown = coming
                yield Progress(partial, coming)
            if 2 * work.kept < work.replaced + work.struck or not work.kept:
                fault = "unsupported" if work.replaced or work.struck else "empty"
        except ModelFault as failure:
            fault = failure.kind
            if failure.kind != "resting":
                log.warning("the language model %s gave no whole answer: %s", self._model.name, failure)
        except Exception:  # whatever a model can make us do wrong, the reader gets the quoting answer
            log.exception("wording failed")
            work, fault = _Work(), "malformed"
        try:
            answer = self._finished(quoting, plan, work, check, fault, began)
        except Exception:
            log.exception("what the model said could not be put together")
            answer = replace(quoting, wording=self._note(_Work(), "malformed", quoting.language))
        yield Progress(answer, final=True)

    def _finished(self, quoting: Answer, plan: Plan, work: _Work, check: Check, fault: str, began: float) -> Answer:
        note = self._note(work, fault, quoting.language)
        timings = {**quoting.timings_ms, "word": round((time.perf_counter() - began) * 1e3, 2)}
        if work.kept and fault != "unsupported":
            answer = replace(plan.answer(work.body, note, whole=True, told_by=check.told), timings_ms=timings)
            broken = breaches(answer, self._passages)
            if not broken:
                return answer
            log.error("the worded answer was withheld, invariants broken: %s", "; ".join(broken))
            fault = "unsupported"
        note = self._note(_Work(replaced=work.replaced, struck=work.struck + work.kept, reasons=work.reasons), fault, quoting.language)
        return replace(quoting, wording=note, timings_ms=timings)

    def _note(self, work: _Work, fault: str, language: Language) -> Wording:
        notice = None
        if fault:
            notice = phrases.MODEL_UNSUPPORTED if fault == "unsupported" else phrases.MODEL_CUT if work.kept else phrases.MODEL_FAILED
        elif work.replaced or work.struck:
            notice = phrases.MODEL_MENDED
        return Wording(self._model.name, work.kept, work.replaced, work.struck, tuple(work.reasons), fault,
                       notice.say(language) if notice else "")

    def _sentences(self, quoting: Answer, plan: Plan, work: _Work, check: Check) -> Iterator[str]:
        """Takes in sentence after sentence; gives what may be shown of the one that is being written."""
        sentences, wasted, beginning, shown = Sentences(), 0, check.beginning(), ""
        longest = GROWTH * sum(len(c.quote) for c in quoting.citations) + WASTE
        whole = (piece[i : i + PIECE] for piece in self._pieces(quoting) for i in range(0, len(piece), PIECE))
        for piece in whole:
            before = work.kept
            for sentence in sentences.feed(piece):
                beginning, shown = check.beginning(), ""
                self._take(sentence, plan, work, check)
            wasted = 0 if work.kept > before else wasted + len(piece)
            written = sum(len(kept.segment.text) for kept in work.body) if work.kept > before else 0
            if work.repeats > REPEATS or wasted > WASTE or written > longest:
                raise ModelFault("endless")
            if sentences.waiting >= beginning.due:
                shown = beginning.show(sentences.coming)
            yield shown
        for sentence in sentences.finish():
            self._take(sentence, plan, work, check)
            yield ""

    @staticmethod
    def _take(sentence: Sentence, plan: Plan, work: _Work, check: Check) -> None:
        """Checks one sentence: it stands, or gives way to the quotes it cites, or is struck."""
        key = squeeze(sentence.text)
        if key in work.seen:
            work.repeats += 1
            return
        work.seen.add(key)
        copied = plan.copied(sentence.text, sentence.marks)
        if copied:
            work.body.append(Kept(copied, ai=False))
            work.kept += 1
            return
        reason = check.fault(sentence)
        if not reason:
            work.body.append(Kept(Segment(plan.role(sentence.marks[0]), sentence.text, sentence.marks, ai=True), ai=True))
            work.kept += 1
            return
        work.reasons[reason] = None
        told = {n for kept in work.body for n in kept.segment.citations}
        instead = [plan.quoted(n) for n in sentence.marks if plan.holds(n) and n not in told]
        work.body += [Kept(segment, ai=False) for segment in dict.fromkeys(instead)]
        work.replaced += bool(instead)
        work.struck += not instead

    def _pieces(self, quoting: Answer) -> Iterator[str]:
        """The reply in pieces, within the time. Raises ModelFault. A reader who goes away stops the model."""
        self._breaker.admit()
        messages = prompt.messages(quoting, {i: self._names(i, quoting.language) for i in
                                             (*quoting.facets.markets, *quoting.facets.products)})
        try:
            self._budget.spend(prompt.tokens(messages) + self._limits.longest)
            yield from self._within_time(messages)
        except ModelFault as fault:
            self._breaker.left() if fault.kind in _OURS else self._breaker.failed(fault)
            raise
        except GeneratorExit:
            self._breaker.left()
            raise
        else:
            self._breaker.worked()

    def _within_time(self, messages: tuple[prompt.Message, ...]) -> Iterator[str]:
        pieces: queue.Queue[str | ModelFault | None] = queue.Queue(WAITING)
        gone = threading.Event()

        def hand_over(piece: str | ModelFault | None) -> None:
            while not gone.is_set():
                try:
                    return pieces.put(piece, timeout=0.2)
                except queue.Full:
                    continue

        def read() -> None:
            """In a thread of its own, because a stalled endpoint cannot be asked to stop; it keeps its slot until it does."""
            try:
                with self._slots.taken():
                    for piece in self._model.reply(messages, self._limits.longest):
                        hand_over(piece)
                        if gone.is_set():
                            return
                hand_over(None)
            except ModelFault as fault:
                hand_over(fault)
            except Exception as error:
                log.exception("the language model failed in a way nobody foresaw")
                hand_over(ModelFault("malformed", type(error).__name__))

        began, any_yet = time.monotonic(), False
        threading.Thread(target=read, daemon=True, name="language-model").start()
        try:
            while True:
                limit = self._limits.seconds if any_yet else min(self._limits.first, self._limits.seconds)
                left = began + limit - time.monotonic()
                try:
                    if left <= 0:  # also when pieces are waiting: a model that never ends is always ready
                        raise queue.Empty
                    piece = pieces.get(timeout=left)
                except queue.Empty:
                    raise ModelFault("slow", f"over {limit:g} s") from None
                if isinstance(piece, ModelFault):
                    raise piece
                if piece is None:
                    if not any_yet:
                        raise ModelFault("empty")
                    return
                if piece:  # thinking aloud, and what keeps a connection open, come as empty pieces
                    any_yet = True
                    yield piece
        finally:
            gone.set()
