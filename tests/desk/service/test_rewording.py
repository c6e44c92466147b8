"""At the desk a language model is asked afterwards, because a caller waits for no model."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.assemble import Desk, Wording, make_answerer
from assistant.index.load import Live, LoadedIndex
from assistant.service.guard import Guard
from assistant.service.server import make_service
from assistant.settings import ModelSettings
from assistant.wording.prompt import evidence
from tests.wording.conftest import Clock, ScriptedModel

QUESTION = "充电宝出口日本PSE是菱形还是圆形?"


class Reciter(ScriptedModel):
    """Puts a connecting word before the first statement and says the others as they are."""

    def reply(self, messages, longest):  # type: ignore[no-untyped-def]
        self.text = "\n".join(f"{'因此,' if n == 1 else ''}{statement} [{n}]" for n, statement in evidence(messages))
        yield from super().reply(messages, longest)


@pytest.fixture
def model() -> ScriptedModel:
    return Reciter()


@pytest.fixture
def desk(desk: Desk, small_root: Path, small: LoadedIndex, model: ScriptedModel) -> Desk:
    wording = Wording(model, ModelSettings("http://stub.example/v1", "m"), Clock())
    return dataclasses.replace(desk, live=Live(small_root, lambda index: make_answerer(index, wording=wording)))


@pytest.fixture
def service(desk: Desk) -> Guard:
    return Guard(make_service(desk))


def test_quotes_come_at_once_and_the_model_is_asked_when_wanted(person: Callable, model: ScriptedModel) -> None:  # type: ignore[type-arg]
    client = person("li", "staff").client
    first = client.post("/api/desk/ask", json={"question": QUESTION}).json()
    assert first["model"] and not first["answer"]["ai"] and first["answer"]["wording"] is None and not model.prompts
    worded = client.post("/api/desk/ask", json={"question": QUESTION, "worded": True}).json()
    assert worded["answer"]["ai"] and len(model.prompts) == 1
    assert worded["script"].startswith("因此") and "AI生成" in worded["reply"]
    assert {c["quote"] for c in worded["answer"]["citations"]} == {c["quote"] for c in first["answer"]["citations"]}
    assert client.get(f"/api/desk/answers/{worded['answer']['answer_id']}").json()["answer"]["ai"]


def test_everybody_else_gets_the_models_words_at_once(person: Callable, nobody, model: ScriptedModel) -> None:  # type: ignore[no-untyped-def,type-arg]
    assert nobody.post("/api/ask", json={"question": QUESTION}).json()["ai"] and len(model.prompts) == 1
    assert nobody.post("/api/ask", json={"question": QUESTION, "worded": False}).status_code == 422
