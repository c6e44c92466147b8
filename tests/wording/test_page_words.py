"""The page while a model words an answer, and what is marked as AI-generated."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from assistant.answering.answerer import Answerer
from assistant.page.events import Asking
from assistant.page.render import Frame, plain_text, turn
from assistant.settings import Hotline, Settings
from assistant.types import Segment
from tests.wording.stub import Behaviour, Stub
from tests.wording.test_faults import QUESTION, TODAY, Maker, shortened


class Held:
    """One answerer, as `Live` hands it out."""

    def __init__(self, answerer: Answerer) -> None:
        self.answerer = answerer

    def current(self) -> Answerer:
        return self.answerer


def asked(answerer: Answerer, kept: list[Any] | None = None) -> list[tuple[Any, ...]]:
    """Everything the page was sent for one question."""
    keep = (lambda *given: kept.append(given)) if kept is not None else None
    asking = Asking(Held(answerer), Settings(today=TODAY), pace=0.0, keep=keep)  # type: ignore[arg-type]

    async def run() -> list[tuple[Any, ...]]:
        return [shown async for shown in asking.ask(QUESTION, ())]

    return asyncio.run(run())


def test_words_come_as_they_are_written_and_end_as_a_whole_answer(by_endpoint: Maker, stub: Stub) -> None:
    answerer, _ = by_endpoint()
    stub.behaviour = Behaviour(says=shortened, piece=4)
    kept: list[Any] = []
    shown = asked(answerer, kept)
    pages = [s[0] for s in shown]
    assert "searching" in pages[0]
    assert any('class="coming"' in page for page in pages[1:-1]) and 'class="coming"' not in pages[-1]
    assert 'class="badge ai"' in pages[-1] and "AI生成" in pages[-1]
    assert "data-answer" in pages[-1] and not any("data-answer" in page for page in pages[:-1])
    assert [s[1] for s in shown].count("") == 1, "the question box is emptied once"
    assert shown[-1][2][-1].content == kept[0][1].answer and kept[0][1].ai


def test_a_failing_model_leaves_a_small_notice(by_endpoint: Maker, stub: Stub) -> None:
    answerer, _ = by_endpoint()
    stub.behaviour = Behaviour(status=500)
    last = asked(answerer)[-1][0]
    assert 'class="model"' in last and "AI生成" not in last and "500" not in last and stub.url not in last


def test_without_a_model_nothing_is_said_of_one(small_answerer: Answerer) -> None:
    last = asked(small_answerer)[-1][0]
    assert "AI生成" not in last and 'class="model"' not in last


def test_what_is_coming_is_escaped(small_answerer: Answerer) -> None:
    answer = small_answerer.answer(QUESTION, (), TODAY)
    page = turn("t", answer, Frame(small_answerer.view.passages, Hotline(), ""), 0, "<img src=x onerror=alert(1)>")
    assert "<img" not in page and "&lt;img" in page


def test_the_mark_travels_with_copies_and_the_object(by_endpoint: Maker, stub: Stub) -> None:
    answerer, _ = by_endpoint()
    stub.behaviour = Behaviour(says=shortened)
    answer = answerer.worded(QUESTION, (), TODAY)
    assert "AI生成" in plain_text(answer)
    sent: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(answer))
    assert sent["ai"] is True and sent["wording"]["model"] == "stub" and any(s["ai"] for s in sent["segments"])
    plain = msgspec.json.decode(msgspec.json.encode(answerer.answer(QUESTION, (), TODAY)))
    assert plain["ai"] is False and plain["wording"] is None
    assert isinstance(answer.segments[0], Segment)


