"""Asking, judging and handing over without an account."""

from __future__ import annotations

import json
import logging

import pytest
from starlette.testclient import TestClient

from assistant.assemble import Desk
from assistant.desk.database import Database

QUESTION = "充电宝出口日本要PSE吗?"


def test_the_answer_is_the_published_object_and_is_kept(nobody: TestClient, desk: Desk) -> None:
    reply = nobody.post("/api/ask", json={"question": QUESTION, "history": ["日本", {"role": "assistant", "content": "…"}]})
    assert reply.status_code == 200
    answer = reply.json()
    assert {"id", "answer_id", "question", "language", "standing", "answer", "abstained", "segments", "citations", "facets",
            "notices", "library", "timings_ms", "ai", "wording", "unranked"} == set(answer)
    kept = desk.journal.get(answer["answer_id"])
    assert kept.question == QUESTION and kept.channel == "api" and kept.library == answer["library"]
    assert kept.answer["citations"] == answer["citations"]
    assert [e["record"] for e in kept.evidence] == [c["record"] for c in answer["citations"]]
    assert all(len(e["quote"]) == 64 and len(e["version"]) == 64 for e in kept.evidence)


def test_numbers_of_persons_are_starred_in_what_is_kept_and_nowhere_logged(nobody: TestClient, desk: Desk, database: Database,
                                                                           caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    asked = nobody.post("/api/ask", json={"question": f"{QUESTION} 我电话13812345678", "history": ["身份证110101199003078515"]}).json()
    nobody.post("/api/feedback", json={"answer_id": asked["answer_id"], "verdict": "down", "comment": "打13812345678"})
    kept = desk.journal.get(asked["answer_id"])
    everything = json.dumps([kept.question, kept.history, kept.answer], ensure_ascii=False) + str(desk.gaps.listed())
    assert "13812345678" not in everything and "110101199003078515" not in everything
    assert "138****5678" in everything
    assert "13812345678" not in caplog.text


def test_an_abstention_and_a_thumb_down_become_gaps(nobody: TestClient, desk: Desk) -> None:
    abstained = nobody.post("/api/ask", json={"question": "充电宝出口蒙古要什么认证?"}).json()
    assert abstained["abstained"]
    assert len(desk.gaps.listed()) == 1
    answered = nobody.post("/api/ask", json={"question": QUESTION}).json()
    assert not answered["abstained"] and len(desk.gaps.listed()) == 1
    assert nobody.post("/api/feedback", json={"answer_id": answered["answer_id"], "verdict": "up"}).status_code == 204
    assert len(desk.gaps.listed()) == 1
    assert nobody.post("/api/feedback", json={"answer_id": answered["answer_id"], "verdict": "down"}).status_code == 204
    assert len(desk.gaps.listed()) == 2


def test_a_conversation_is_handed_over_with_consent(nobody: TestClient, desk: Desk) -> None:
    answer_id = nobody.post("/api/ask", json={"question": QUESTION}).json()["answer_id"]
    body = {"answer_ids": [answer_id], "contact": "13812345678", "channel": "phone", "consent": False}
    assert nobody.post("/api/handover", json=body).status_code == 422
    reply = nobody.post("/api/handover", json={**body, "consent": True})
    assert reply.status_code == 201
    assert desk.cases.holding(answer_id) == [reply.json()["id"]]


@pytest.mark.parametrize("body", [
    {}, {"question": 7}, {"question": "x", "more": 1}, {"question": "x", "history": [{"role": "system", "content": "y"}]},
    {"question": "x", "as_of": "yesterday"}, {"question": ""}, {"question": "x" * 2001}, {"question": "?" * 20_001}, [], "x", None,
])
def test_what_cannot_be_asked_is_refused_with_a_sentence(nobody: TestClient, body: object) -> None:
    reply = nobody.post("/api/ask", json=body)
    assert reply.status_code == 422
    assert reply.json()["error"]["zh"] and reply.json()["error"]["en"] and reply.json()["remedy"]["zh"]
    assert "Traceback" not in reply.text


def test_a_body_of_a_megabyte_is_refused(nobody: TestClient) -> None:
    for path in ("/api/ask", "/api/feedback", "/api/handover", "/api/session"):
        reply = nobody.post(path, content=b'{"question": "' + b"x" * 1_100_000 + b'"}', headers={"content-type": "application/json"})
        assert reply.status_code == 413, path
        assert reply.json()["error"]["zh"]


def test_the_answer_comes_although_it_cannot_be_kept(nobody: TestClient, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(type(desk.journal), "keep", broken)
    assert nobody.post("/api/ask", json={"question": QUESTION}).json()["standing"] == "grounded"


def test_health_and_readiness(nobody: TestClient) -> None:
    assert nobody.get("/healthz").json() == {"ok": True}
    assert nobody.get("/readyz").json() == {"ok": True, "reasons": []}


def test_feedback_for_an_answer_that_was_never_given_is_not_there(nobody: TestClient) -> None:
    assert nobody.post("/api/feedback", json={"answer_id": "AAAAAAAAAAAAAAAA", "verdict": "up"}).status_code == 404


def test_one_address_cannot_flood_the_hotline_with_cases(nobody: TestClient) -> None:
    answer_id = nobody.post("/api/ask", json={"question": QUESTION}).json()["answer_id"]
    body = {"answer_ids": [answer_id], "contact": "13812345678", "channel": "phone", "consent": True}
    codes = [nobody.post("/api/handover", json=body).status_code for _ in range(25)]
    assert codes[:20] == [201] * 20 and codes[-1] == 429


