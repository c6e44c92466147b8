"""Product × market pairs with the regimes that must and must not be told (tests/expected/*.yml)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from assistant.answering.answerer import Answerer
from assistant.index.load import LoadedIndex

TODAY = "2026-11-22"
FOLDER = Path(__file__).parent / "expected"
PAIRS = [pair for file in sorted(FOLDER.glob("*.yml"))
         for pair in yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)]


def test_there_are_forty_pairs_each_with_a_source(real: LoadedIndex) -> None:
    assert len(PAIRS) >= 40
    records = {r.id for r in real.library.records}
    products = {p.id for p in real.library.vocabulary.products}
    assert [p for p in PAIRS if not p["source"].get("note") or not p["must"]] == []
    assert {i for p in PAIRS for i in (*p["must"], *p.get("must_not", []))} <= records
    assert {p["product"] for p in PAIRS} <= products


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("pair", PAIRS, ids=[f"{p['product']}-{p['market']}" for p in PAIRS])
def test_the_regimes_of_a_pair(answerer: Answerer, pair: dict, language: str) -> None:
    answer = answerer.answer(pair["question"][language], (), TODAY)
    cited = {c.record for c in answer.citations}
    assert set(pair["must"]) <= cited, answer.answer
    # A neighbour may be quoted as an exception or a confusion, never as what is needed.
    told = {c.record for s in answer.segments if s.role in {"conclusion", "fact", "step", "condition"}
            for c in answer.citations if c.n in s.citations}
    assert not set(pair.get("must_not", [])) & told, answer.answer
