"""A small library worded by a real endpoint on loopback, or by a script where only what is said matters."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from assistant.answering.answerer import Answerer
from assistant.assemble import Wording, make_answerer
from assistant.index.load import LoadedIndex
from assistant.settings import ModelSettings
from assistant.wording.endpoint import Endpoint
from assistant.wording.language_model import Message
from tests.wording.stub import Stub, running_stub

HERE = Path(__file__).resolve().parent


class ScriptedModel:
    """Says `text` in pieces of so many characters, whatever it is asked. prompts: what it was asked, in order."""

    name = "scripted"

    def __init__(self, text: str = "", piece: int = 7) -> None:
        self.text, self.piece = text, piece
        self.prompts: list[tuple[Message, ...]] = []

    def reply(self, messages: Sequence[Message], longest: int) -> Iterator[str]:
        self.prompts.append(tuple(messages))
        for i in range(0, len(self.text), self.piece):
            yield self.text[i : i + self.piece]


class Clock:
    """Seconds that only a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def stub() -> Iterator[Stub]:
    with running_stub() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def by_endpoint(small: LoadedIndex, stub: Stub, clock: Clock) -> Callable[..., tuple[Answerer, Wording]]:
    """An answerer over the small library whose model is the stub; settings may differ."""

    def make(**settings: float | int | str) -> tuple[Answerer, Wording]:
        given = ModelSettings(**{"base_url": stub.url, "model": "stub", "api_key": "sk-secret", "seconds": 3.0, "first": 1.0,
                                 **settings})  # type: ignore[arg-type]
        wording = Wording(Endpoint(given.base_url, given.model, given.api_key, given.seconds, given.fields()), given, clock)
        return make_answerer(small, wording=wording), wording

    return make


def lines(name: str) -> list[dict]:  # type: ignore[type-arg]
    """The JSON lines of a file beside this one."""
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines() if line.strip()]
