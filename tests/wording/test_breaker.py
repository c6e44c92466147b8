"""When the model is asked, and when it rests."""

from __future__ import annotations

import pytest

from assistant.wording.breaker import FAULTS, LONGEST_REST, REST, Breaker, DayBudget, Slots
from assistant.wording.language_model import ModelFault
from tests.wording.conftest import Clock


def fail(breaker: Breaker, times: int = FAULTS, **how: object) -> None:
    for _ in range(times):
        breaker.failed(ModelFault(str(how.get("kind", "down")), wait=how.get("wait")))  # type: ignore[arg-type]


def test_it_opens_after_faults_in_a_row_only(clock: Clock) -> None:
    breaker = Breaker(clock)
    fail(breaker, FAULTS - 1)
    breaker.admit()
    breaker.worked()
    fail(breaker, FAULTS - 1)
    breaker.admit()
    fail(breaker, 1)
    with pytest.raises(ModelFault, match="resting"):
        breaker.admit()


def test_one_question_tries_and_the_rest_doubles(clock: Clock) -> None:
    breaker = Breaker(clock)
    fail(breaker)
    clock.now += REST
    breaker.admit()
    with pytest.raises(ModelFault, match="resting"):
        breaker.admit()  # only one at a time
    fail(breaker, 1)
    clock.now += 1.5 * REST
    with pytest.raises(ModelFault, match="resting"):
        breaker.admit()
    clock.now += REST
    breaker.admit()
    breaker.worked()
    breaker.admit()
    breaker.admit()


def test_a_probe_that_is_given_up_lets_the_next_one_try(clock: Clock) -> None:
    breaker = Breaker(clock)
    fail(breaker)
    clock.now += REST
    breaker.admit()
    breaker.left()
    breaker.admit()


def test_the_endpoint_may_say_how_long(clock: Clock) -> None:
    breaker = Breaker(clock)
    fail(breaker, 1, kind="rate-limit", wait=120.0)
    clock.now += 119
    with pytest.raises(ModelFault, match="resting"):
        breaker.admit()
    clock.now += 2
    breaker.admit()


def test_a_refused_key_rests_long_at_once(clock: Clock) -> None:
    breaker = Breaker(clock)
    fail(breaker, 1, kind="unauthorised")
    clock.now += LONGEST_REST - 1
    with pytest.raises(ModelFault, match="unauthorised"):
        breaker.admit()
    clock.now += 2
    breaker.admit()


def test_slots_turn_away_instead_of_waiting() -> None:
    slots = Slots(1)
    with slots.taken(), pytest.raises(ModelFault, match="busy"), slots.taken():
        pass
    with slots.taken():
        pass


def test_the_day_has_a_budget() -> None:
    days = iter(["2026-11-22", "2026-11-22", "2026-11-22", "2026-11-23"])
    budget = DayBudget(1000, lambda: next(days))
    budget.spend(600)
    with pytest.raises(ModelFault, match="budget"):
        budget.spend(600)
    budget.spend(400)
    budget.spend(1000)
    DayBudget(0, lambda: "2026-11-22").spend(10**9)
