"""Every recipe of docs/models.md is run, against an endpoint that speaks the protocol."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

import pytest

from assistant.assemble import make_answerer, make_wording
from assistant.index.load import LoadedIndex
from assistant.settings import ROOT, read_settings
from tests.wording.stub import Behaviour, Stub
from tests.wording.test_faults import QUESTION, TODAY, shortened

TEXT = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
RECIPES = [dict(line.split("=", 1) for line in block.strip().splitlines()) for block in re.findall(r"```sh\n(.*?)```", TEXT, re.S)]


def test_there_is_one_for_each_kind() -> None:
    assert len(RECIPES) == 5
    assert {urlsplit(r["ASSISTANT_LLM_BASE_URL"]).path for r in RECIPES} == {"/v1", "/compatible-mode/v1"}


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r["ASSISTANT_LLM_MODEL"])
def test_recipe(recipe: dict[str, str], stub: Stub, small: LoadedIndex) -> None:
    path = urlsplit(recipe["ASSISTANT_LLM_BASE_URL"]).path
    settings = read_settings({**recipe, "ASSISTANT_LLM_BASE_URL": stub.url.removesuffix("/v1") + path})
    stub.behaviour = Behaviour(says=shortened)
    answer = make_answerer(small, wording=make_wording(settings.llm)).worded(QUESTION, (), TODAY)
    assert answer.ai and answer.wording and answer.wording.model == recipe["ASSISTANT_LLM_MODEL"] and not answer.wording.fault
    request = stub.requests[0]
    for name, value in json.loads(recipe.get("ASSISTANT_LLM_EXTRA", "{}")).items():
        assert request[name] == value
    assert request["temperature"] == 0
    assert stub.keys == [f"Bearer {recipe.get('ASSISTANT_LLM_API_KEY', 'none')}"]
