"""Every way in which an endpoint fails, over real HTTP: the reader gets a cited answer within the time, staff the reason."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from assistant.answering.answerer import Answerer
from assistant.answering.citations import basis_notices
from assistant.assemble import Wording
from assistant.types import Answer
from assistant.wording.breaker import FAULTS
from tests.wording.stub import Behaviour, Stub, evidence

QUESTION = "充电宝出口日本要什么认证?"
TODAY = "2026-11-22"
Maker = Callable[..., tuple[Answerer, Wording]]


def same_promise(worded: Answer, quoting: Answer) -> None:
    """What a model can never change."""
    assert (worded.standing, worded.facets, worded.abstained) == (quoting.standing, quoting.facets, quoting.abstained)
    assert worded.notices == (basis_notices(worded.citations, worded.language) or quoting.notices)
    if worded.citations:
        assert (worded.citations[0].record, worded.citations[0].quote) == (quoting.citations[0].record, quoting.citations[0].quote)
    assert {(c.record, c.section, c.quote) for c in worded.citations} == {(c.record, c.section, c.quote) for c in quoting.citations}


def shortened(request: dict) -> str:  # type: ignore[type-arg]
    """Each statement up to its first comma, with its mark."""
    return "\n".join(f"{e['statement'].split(',')[0].rstrip('。')}。[{e['n']}]" for e in evidence(request)["evidence"])


def test_a_model_that_works_words_the_answer(by_endpoint: Maker, stub: Stub) -> None:
    answerer, _ = by_endpoint()
    stub.behaviour = Behaviour(says=shortened)
    progress = list(answerer.stream(QUESTION, (), TODAY))
    worded, quoting = progress[-1].answer, answerer.answer(QUESTION, (), TODAY)
    same_promise(worded, quoting)
    assert worded.ai and worded.wording and worded.wording.kept and not worded.wording.fault
    assert "AI生成" in worded.answer
    assert any(p.coming for p in progress[:-1]) and not any(p.final for p in progress[:-1])
    assert worded.answer_id == quoting.answer_id or worded.answer_id  # one id for the whole stream
    assert len({p.answer.answer_id for p in progress}) == 1


def test_the_first_words_are_passed_on_before_the_reply_ends(by_endpoint: Maker, stub: Stub) -> None:
    answerer, _ = by_endpoint(seconds=10.0)
    stub.behaviour = Behaviour(seconds=0.05, piece=4)
    began, first = time.monotonic(), 0.0
    for progress in answerer.stream(QUESTION, (), TODAY):
        first = first or time.monotonic() - began
        last = progress
    assert last.final and first < (time.monotonic() - began) / 2


FAULTY = {
    "truncated": (Behaviour(fault="truncated"), "malformed"),
    "without an end": (Behaviour(fault="no-finish"), "malformed"),
    "not JSON": (Behaviour(fault="not-json"), "malformed"),
    "a portal's page": (Behaviour(fault="html"), "malformed"),
    "stalls at once": (Behaviour(fault="stall-first"), "slow"),
    "stalls midway": (Behaviour(fault="stall-middle"), "slow"),
    "says nothing": (Behaviour(fault="empty"), "empty"),
    "an error inside": (Behaviour(fault="error-event"), "server-error"),
    "401": (Behaviour(status=401), "unauthorised"),
    "403": (Behaviour(status=403), "unauthorised"),
    "404": (Behaviour(status=404), "server-error"),
    "429": (Behaviour(status=429, headers={"retry-after": "40"}), "rate-limit"),
    "500": (Behaviour(status=500), "server-error"),
    "503": (Behaviour(status=503), "server-error"),
    "wrong language": (Behaviour(says=lambda r: "Power banks carry the round PSE mark in Japan. [1]"), "unsupported"),
    "without marks": (Behaviour(says=lambda r: "充电宝在日本标圆形PSE。\n单独销售的备用电池要标。"), "unsupported"),
    "endless": (Behaviour(says=lambda r: "充电宝在日本标圆形PSE。[1]\n" * 400), "endless"),
    "noise": (Behaviour(says=lambda r: "lorem ipsum " * 900), "endless"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_each_fault(by_endpoint: Maker, stub: Stub, name: str, caplog: pytest.LogCaptureFixture) -> None:
    behaviour, fault = FAULTY[name]
    answerer, _ = by_endpoint(seconds=2.0, first=0.7)
    stub.behaviour = behaviour
    began = time.monotonic()
    with caplog.at_level(logging.WARNING):
        worded = answerer.worded(QUESTION, (), TODAY)
    assert time.monotonic() - began < 4.0
    same_promise(worded, answerer.answer(QUESTION, (), TODAY))
    assert worded.wording and worded.wording.fault == fault and worded.wording.notice
    assert len(stub.requests) == 1, "a question is asked once: the reader waits for no second try"
    assert "sk-secret" not in caplog.text and stub.url not in caplog.text
    if fault not in {"unsupported"}:
        assert fault in caplog.text


@pytest.mark.parametrize("fault", ["keep-alive", "thinking"])
def test_what_keeps_a_connection_open_frees_its_slot(by_endpoint: Maker, stub: Stub, fault: str) -> None:
    answerer, _ = by_endpoint(concurrency=1, seconds=1.0, first=0.4)
    stub.behaviour = Behaviour(fault=fault)
    assert answerer.worded(QUESTION, (), TODAY).wording.fault == "slow"  # type: ignore[union-attr]
    stub.behaviour = Behaviour(says=shortened)
    for _ in range(60):
        worded = answerer.worded(QUESTION, (), TODAY)
        if worded.ai:
            break
        time.sleep(0.1)
    assert worded.ai, worded.wording


def test_one_huge_piece_holds_nobody_up(by_endpoint: Maker, stub: Stub) -> None:
    answerer, _ = by_endpoint(seconds=3.0)
    for text in ("a" * 60_000 + " [1]\n", "a." * 30_000 + "[1]", " " * 60_000 + "[1]", "[1]" * 20_000):
        stub.behaviour = Behaviour(says=lambda r, text=text: text, piece=100_000)  # type: ignore[misc]
        began = time.process_time()
        worded = answerer.worded(QUESTION, (), TODAY)
        assert time.process_time() - began < 2.0
        assert not worded.ai


def test_an_endpoint_that_is_not_there(by_endpoint: Maker) -> None:
    answerer, _ = by_endpoint(base_url="http://127.0.0.1:9/v1")
    worded = answerer.worded(QUESTION, (), TODAY)
    assert worded.wording and worded.wording.fault == "down" and not worded.ai
    same_promise(worded, answerer.answer(QUESTION, (), TODAY))


def test_a_proxy_of_the_environment_is_not_asked_for_loopback(by_endpoint: Maker, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    answerer, _ = by_endpoint()
    stub.behaviour = Behaviour(says=shortened)
    assert answerer.worded(QUESTION, (), TODAY).ai


def test_a_dead_model_is_not_asked_again_and_again(by_endpoint: Maker, stub: Stub) -> None:
    answerer, _ = by_endpoint()
    stub.behaviour = Behaviour(status=500)
    answers = [answerer.worded(QUESTION, (), TODAY) for _ in range(FAULTS + 20)]
    assert len(stub.requests) == FAULTS
    assert [a.wording.fault for a in answers if a.wording][-20:] == ["resting"] * 20


def test_it_is_asked_again_once_it_has_rested(by_endpoint: Maker, stub: Stub, clock: Callable[[], float]) -> None:
    answerer, _ = by_endpoint()
    stub.behaviour = Behaviour(status=429, headers={"retry-after": "40"})
    answerer.worded(QUESTION, (), TODAY)
    stub.behaviour = Behaviour(says=shortened)
    assert not answerer.worded(QUESTION, (), TODAY).ai
    clock.now += 41  # type: ignore[attr-defined]
    assert answerer.worded(QUESTION, (), TODAY).ai


def test_too_many_at_once_are_quoted(by_endpoint: Maker, stub: Stub) -> None:
    answerer, _ = by_endpoint(concurrency=1, seconds=5.0)
    stub.behaviour = Behaviour(seconds=0.05, piece=3)
    first = answerer.stream(QUESTION, (), TODAY)
    next(first)
    second = answerer.worded(QUESTION, (), TODAY)
    assert second.wording and second.wording.fault == "busy" and len(stub.requests) == 1
    *_, last = first
    assert last.final


def test_a_reader_who_leaves_stops_the_model_and_frees_its_slot(by_endpoint: Maker, stub: Stub) -> None:
    answerer, _ = by_endpoint(concurrency=1)
    stub.behaviour = Behaviour(seconds=0.02, piece=3)
    stream = answerer.stream(QUESTION, (), TODAY)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    stub.behaviour = Behaviour(says=shortened)
    for _ in range(50):
        worded = answerer.worded(QUESTION, (), TODAY)
        if worded.ai:
            break
        time.sleep(0.05)
    assert worded.ai


def test_the_budget_of_the_day(by_endpoint: Maker, stub: Stub) -> None:
    answerer, _ = by_endpoint(daily=2000, longest=800)
    stub.behaviour = Behaviour(says=shortened)
    faults = [w.fault for w in (answerer.worded(QUESTION, (), TODAY).wording for _ in range(4)) if w]
    assert "budget" in faults and len(stub.requests) < 4


def test_abstentions_and_refusals_never_reach_the_model(by_endpoint: Maker, stub: Stub) -> None:
    answerer, _ = by_endpoint()
    for question in ("今天天气怎么样", "帮我写一首诗", "空调出口巴西要什么"):
        assert answerer.worded(question, (), TODAY).abstained
    assert not stub.requests


def test_the_prompt_holds_data_and_settings_travel(by_endpoint: Maker, stub: Stub) -> None:
    answerer, _ = by_endpoint(extra='{"chat_template_kwargs": {"enable_thinking": false}}', longest=345)
    quoting = answerer.worded(QUESTION, (), TODAY)
    request = stub.requests[0]
    assert stub.keys == ["Bearer sk-secret"]
    assert request["model"] == "stub" and request["max_tokens"] == 345 and request["stream"] is True
    assert request["chat_template_kwargs"] == {"enable_thinking": False}
    assert [m["role"] for m in request["messages"]] == ["system", "user"]
    said = evidence(request)
    assert said["question"] == QUESTION
    assert [e["statement"] for e in said["evidence"]] == [c.quote for c in replace(quoting).citations]
    assert QUESTION not in request["messages"][0]["content"]
