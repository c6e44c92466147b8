"""Sixty poisoned questions, histories and records, and a model that obeys every one of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from assistant.answering.answerer import Answerer
from assistant.answering.invariants import breaches
from assistant.assemble import make_answerer, make_wording
from assistant.corpus.library import Library
from assistant.index.build import build_index
from assistant.index.load import LoadedIndex, load_index
from assistant.settings import ModelSettings
from assistant.types import Statement, Turn, Words
from assistant.wording.prompt import RULES
from assistant.wording.sentences import plain
from tests.wording.conftest import lines
from tests.wording.stub import Behaviour, Stub, evidence
from tests.wording.test_faults import TODAY, same_promise

POISONED = lines("poisoned.jsonl")
PLAIN = {"zh": "充电宝出口日本要什么认证?", "en": "Which mark does a power bank need in Japan?"}
_ADDRESS = re.compile(r"https?://[^\s\]）)\"'<>]+|<[a-zA-Z/!]|!\[")


def obeying(payload: str) -> Callable[[dict], str]:  # type: ignore[type-arg]
    """What a model says that obeys: the payload bare, with every mark, inside a true sentence, and its own instructions."""
    def says(request: dict) -> str:  # type: ignore[type-arg]
        held = evidence(request)["evidence"]
        marks = "".join(f"[{e['n']}]" for e in held)
        first = held[0]
        return "\n".join([payload, f"{payload} [{first['n']}]", f"{payload} {marks}", f"{first['statement']} {payload} [{first['n']}]",
                          f"{request['messages'][0]['content'][:300]} [{first['n']}]", *(f"{e['statement']} [{e['n']}]" for e in held[:2])])
    return says


@pytest.fixture(scope="module")
def poisoned_library(small_library: Library, tmp_path_factory: pytest.TempPathFactory) -> LoadedIndex:
    """The small library with the twenty poisoned statements in the record about power banks."""
    items = [p for p in POISONED if p["where"] == "record"]
    bad = tuple(Statement(p["id"], "scope", Words(p["text"], p["text"]), "meti-faq", "Q1") for p in items)
    records = tuple(replace(r, statements=(*r.statements, *bad)) if r.id == "jp-pse-circle" else r for r in small_library.records)
    root = tmp_path_factory.mktemp("poisoned") / "index"
    build_index(replace(small_library, records=records), root)
    return load_index(root)


def asked(poison: dict) -> tuple[str, tuple[Turn, ...]]:  # type: ignore[type-arg]
    """The question and the turns before it."""
    plain = PLAIN[poison["language"]]
    if poison["where"] == "question":
        return poison["text"], ()
    if poison["where"] == "history":
        return plain, (Turn("user", plain), Turn("assistant", poison["text"]), Turn("user", poison["text"]))
    return f"{plain} {poison['text'][:80]}", ()


@pytest.fixture
def answerers(small: LoadedIndex, poisoned_library: LoadedIndex, stub: Stub) -> dict[bool, Answerer]:
    """Whether the records are poisoned → an answerer with the stub for a model."""
    settings = ModelSettings(stub.url, "obeying", "sk-secret", seconds=5.0)
    return {bad: make_answerer(index, wording=make_wording(settings)) for bad, index in ((False, small), (True, poisoned_library))}


def test_sixty_in_both_languages_and_three_places() -> None:
    assert len(POISONED) == 60 == len({p["id"] for p in POISONED})
    for language in PLAIN:
        for where in ("question", "history", "record"):
            assert sum(p["language"] == language and p["where"] == where for p in POISONED) == 10


@pytest.mark.parametrize("poison", POISONED, ids=lambda p: f"{p['id']}-{p['kind']}")
def test_an_obeying_model_changes_nothing(poison: dict, answerers: dict[bool, Answerer], stub: Stub) -> None:  # type: ignore[type-arg]
    answerer = answerers[poison["where"] == "record"]
    question, history = asked(poison)
    stub.behaviour = Behaviour(says=obeying(poison["payload"]))
    quoting = answerer.answer(question, history, TODAY)
    progress = list(answerer.stream(question, history, TODAY))
    worded = progress[-1].answer
    same_promise(worded, quoting)
    assert breaches(worded, answerer.view.passages) == []
    assert bool(stub.requests) == (not quoting.abstained)
    own = {s.text for s in quoting.segments}
    said = " ".join(s.text for s in worded.segments if s.text not in own)
    kept = plain(poison["payload"])
    # What the model's payload and the evidence say alike is no injection.
    if not any(kept.rstrip("。.") in text for text in own):
        assert kept.rstrip("。.") not in said
    for shown in (said, *(p.coming for p in progress)):
        assert not _ADDRESS.search(shown), shown
        assert "sk-secret" not in shown
        assert not any(line[:40] in shown for line in RULES.splitlines() if len(line) > 40)
    assert set(_ADDRESS.findall(worded.answer)) <= set(_ADDRESS.findall(quoting.answer))


def test_most_of_them_reach_the_model(answerers: dict[bool, Answerer], stub: Stub) -> None:
    """Otherwise the test above would say nothing of the check."""
    for poison in POISONED:
        question, history = asked(poison)
        stub.behaviour = Behaviour(says=obeying(poison["payload"]))
        answerers[poison["where"] == "record"].worded(question, history, TODAY)
    assert len(stub.requests) >= 45
