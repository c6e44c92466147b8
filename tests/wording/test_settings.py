"""The language model's settings, and what `doctor` says of it."""

from __future__ import annotations

import pytest

from assistant.commands import doctor, doctor_models
from assistant.errors import SettingsError
from assistant.settings import ModelSettings, Settings, read_settings
from tests.wording.stub import Behaviour, Stub

BASE = {"ASSISTANT_LLM_BASE_URL": "http://127.0.0.1:8000/v1", "ASSISTANT_LLM_MODEL": "qwen"}


def test_without_settings_there_is_no_model() -> None:
    assert not read_settings({}).llm
    assert not read_settings({"ASSISTANT_LLM_API_KEY": "sk-1"}).llm


def test_everything_can_be_set() -> None:
    llm = read_settings({**BASE, "ASSISTANT_LLM_API_KEY": "sk-1", "ASSISTANT_LLM_TIMEOUT": "7.5", "ASSISTANT_LLM_FIRST_TOKEN": "2",
                         "ASSISTANT_LLM_CONCURRENCY": "9", "ASSISTANT_LLM_MAX_TOKENS": "300", "ASSISTANT_LLM_DAILY_TOKENS": "5000",
                         "ASSISTANT_LLM_EXTRA": '{"a": 1}'}).llm
    assert llm == ModelSettings("http://127.0.0.1:8000/v1", "qwen", "sk-1", 7.5, 2.0, 9, 300, 5000, '{"a": 1}')
    assert llm.fields() == {"a": 1}
    assert "sk-1" not in repr(llm) and "sk-1" not in repr(Settings(llm=llm))


@pytest.mark.parametrize("change", [
    {"ASSISTANT_LLM_MODEL": ""}, {"ASSISTANT_LLM_BASE_URL": ""}, {"ASSISTANT_LLM_BASE_URL": "localhost:8000"},
    {"ASSISTANT_LLM_BASE_URL": "ftp://host/v1"}, {"ASSISTANT_LLM_BASE_URL": "http://me:secret@host/v1"},
    {"ASSISTANT_LLM_BASE_URL": "http://[::1/v1"}, {"ASSISTANT_LLM_BASE_URL": "http://h:abc/v1"}, {"ASSISTANT_LLM_BASE_URL": "http://h:99999/v1"},
    {"ASSISTANT_LLM_BASE_URL": "http://x y/v1"}, {"ASSISTANT_LLM_BASE_URL": "https://h/v1?key=secret"}, {"ASSISTANT_LLM_API_KEY": "密钥"},
    {"ASSISTANT_LLM_API_KEY": "a\nb"}, {"ASSISTANT_LLM_DAILY_TOKENS": "9" * 5000}, {"ASSISTANT_LLM_EXTRA": "[" * 100_000},
    {"ASSISTANT_LLM_FIRST_TOKEN": "30"}, {"ASSISTANT_LLM_TIMEOUT": "soon"}, {"ASSISTANT_LLM_TIMEOUT": "0"}, {"ASSISTANT_LLM_TIMEOUT": "nan"}, {"ASSISTANT_LLM_FIRST_TOKEN": "-1"},
    {"ASSISTANT_LLM_CONCURRENCY": "0"}, {"ASSISTANT_LLM_CONCURRENCY": "1.5"}, {"ASSISTANT_LLM_MAX_TOKENS": "3"},
    {"ASSISTANT_LLM_DAILY_TOKENS": "-5"}, {"ASSISTANT_LLM_EXTRA": "[1]"}, {"ASSISTANT_LLM_EXTRA": "{"}])
def test_what_cannot_be_is_refused_with_a_remedy(change: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({**BASE, **change})
    assert len(str(refused.value)) < 6000
    assert "ASSISTANT_LLM" in refused.value.problem and refused.value.remedy and "secret" not in str(refused.value)


def test_doctor_shows_no_key() -> None:
    shown = doctor.in_force(Settings(llm=ModelSettings("http://h/v1", "m", "sk-very-secret")))
    assert "sk-very-secret" not in str(shown) and "http://h/v1" in shown["llm"] and "not shown" in shown["llm"]
    assert doctor.in_force(Settings())["llm"] == "-"


@pytest.mark.parametrize(("behaviour", "state", "word"), [
    (Behaviour(says=lambda r: "ready"), "ok", "answers in"), (Behaviour(status=401), "warn", "unauthorised"),
    (Behaviour(status=404), "warn", "server-error"), (Behaviour(fault="empty"), "warn", "empty"),
    (Behaviour(fault="html"), "warn", "malformed"), (Behaviour(status=429), "warn", "rate-limit")])
def test_doctor_asks_the_model_once(stub: Stub, behaviour: Behaviour, state: str, word: str) -> None:
    stub.behaviour = behaviour
    found = doctor_models.language_model(Settings(llm=ModelSettings(stub.url, "m", "sk-1", seconds=2.0)))
    assert found.state == state and word in found.what and bool(found.remedy) == (state != "ok")
    assert len(stub.requests) == 1


def test_doctor_says_slow_where_every_question_would_be(stub: Stub) -> None:
    stub.behaviour = Behaviour(says=lambda r: "ready", seconds=0.4)
    found = doctor_models.language_model(Settings(llm=ModelSettings(stub.url, "m", seconds=5.0, first=0.001)))
    assert found.state == "warn" and "slow" in found.what


def test_doctor_on_a_model_that_is_not_there() -> None:
    found = doctor_models.language_model(Settings(llm=ModelSettings("http://127.0.0.1:9/v1", "m")))
    assert found.state == "warn" and "down" in found.what and found.remedy == doctor_models.MEND["down"]
    assert doctor_models.language_model(Settings()).state == "ok"
