"""When to ask the model at all: slots, a breaker after faults, and the tokens of the day."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from assistant.wording.language_model import ModelFault

#: Faults in a row after which the model rests, and for how many seconds at first and at most; the time doubles.
FAULTS, REST, LONGEST_REST = 3, 30.0, 600.0
#: Faults that asking again soon cannot mend.
_LASTING = frozenset({"unauthorised"})


class Breaker:
    """Open after `FAULTS` faults in a row: the model is not asked while it rests, then by one question alone.

    clock: seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._faults, self._rest, self._until = 0, REST, 0.0
        self._probing = False
        self.last = ""

    def admit(self) -> None:
        """Raises ModelFault («resting») while the model is not to be asked."""
        with self._lock:
            if self._faults < FAULTS and not self._until:
                return
            if self._clock() < self._until or self._probing:
                raise ModelFault("resting", self.last)
            self._probing = True

    def worked(self) -> None:
        with self._lock:
            self._faults, self._rest, self._probing = 0, REST, False
            if self._clock() >= self._until:  # an older reply that ends well says nothing of a newer refusal
                self._until = 0.0

    def failed(self, fault: ModelFault) -> None:
        with self._lock:
            self.last = str(fault)
            self._faults += 1
            now = self._clock()
            if fault.kind in _LASTING:
                self._faults, self._rest = max(self._faults, FAULTS), LONGEST_REST
            if fault.wait is not None:
                self._until = max(self._until, now + fault.wait)
            if self._faults >= FAULTS:
                self._until = max(self._until, now + self._rest)
                self._rest = min(2 * self._rest, LONGEST_REST)
            self._probing = False

    def left(self) -> None:
        """Neither worked nor failed: the reader went away."""
        with self._lock:
            self._probing = False


class Slots:
    """At most so many questions at the model at once. A question that finds none free is not made to wait."""

    def __init__(self, most: int) -> None:
        self._free = threading.BoundedSemaphore(most)

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Raises ModelFault («busy»)."""
        if not self._free.acquire(blocking=False):
            raise ModelFault("busy")
        try:
            yield
        finally:
            self._free.release()


class DayBudget:
    """Tokens that may be spent in one day of the clock. most: 0 for no limit. today: ISO day."""

    def __init__(self, most: int, today: Callable[[], str]) -> None:
        self._most, self._today, self._lock = most, today, threading.Lock()
        self._day, self._spent = "", 0

    def spend(self, tokens: int) -> None:
        """Counts what an answer may cost, before it is asked for. Raises ModelFault («budget»)."""
        if not self._most:
            return
        with self._lock:
            day = self._today()
            if day != self._day:
                self._day, self._spent = day, 0
            if self._spent + tokens > self._most:
                raise ModelFault("budget", f"{self._spent} of {self._most} tokens spent on {day}")
            self._spent += tokens
