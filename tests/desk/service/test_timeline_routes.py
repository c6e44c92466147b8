"""The timeline over HTTP: the same object as on the command line, in one language when asked, and a strict page."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

TODAY = "2026-11-22"


def test_the_timeline_is_that_of_the_command_line(nobody: TestClient) -> None:
    found = nobody.get("/api/timeline", params={"market": "日本", "from": "2020-01-01"}).json()
    assert {k: v for k, v in found.items() if k != "milestones"} == {
        "as_of": TODAY, "market": "JP", "product": None, "from": "2020-01-01", "to": None, "general": 0}
    assert [(m["date"], m["record"], m["basis"]) for m in found["milestones"]] == [("2025-12-25", "jp-pse-diamond", "official")]
    assert set(found["milestones"][0]["words"]) == {"zh", "en"}


@pytest.mark.parametrize(("language", "said"), [("zh", "2025年12月25日起"), ("en", "Since 25 December 2025")])
def test_in_one_language(nobody: TestClient, language: str, said: str) -> None:
    found = nobody.get("/api/timeline", params={"market": "JP", "product": "fuse", "language": language}).json()
    (milestone,) = found["milestones"]
    assert milestone["words"].startswith(said) and isinstance(milestone["source"]["title"], str)
    assert milestone["markets"] == ["JP"] and milestone["products"] == ["external-power-supply", "fuse"]


@pytest.mark.parametrize("query", [{"market": "nowhere at all"}, {"product": "powerbnk"}, {"from": "soon"}, {"to": "2026-02-30"},
                                   {"language": "fr"}, {"market": "x" * 101}])
def test_what_cannot_be_asked_is_refused(nobody: TestClient, query: dict[str, str]) -> None:
    refused = nobody.get("/api/timeline", params=query)
    assert refused.status_code == 422 and refused.json()["error"]["zh"] and refused.json()["remedy"]["en"]


def test_choices_are_what_is_held(nobody: TestClient) -> None:
    choices = nobody.get("/api/timeline/choices").json()
    assert choices["as_of"] == TODAY and {"EU", "DE", "JP"} <= {m["id"] for m in choices["markets"]}
    assert "US" not in {m["id"] for m in choices["markets"]}
    assert [p["also"] for p in choices["products"] if p["id"] == "power-bank"] == [["移动电源", "portable charger"]]


def test_the_page_is_strict_and_opens_its_own_files_only(nobody: TestClient) -> None:
    page = nobody.get("/timeline")
    assert page.status_code == 200 and "unsafe" not in page.headers["content-security-policy"]
    assert "<style" not in page.text and " style=" not in page.text and "<script>" not in page.text
    for name, kind in (("timeline.js", "text/javascript"), ("timeline.css", "text/css")):
        assert nobody.get(f"/timeline/static/{name}").headers["content-type"].startswith(kind)
    for name in ("index.html", "..%2ftimeline.py", "nothing.js"):
        assert nobody.get(f"/timeline/static/{name}").status_code == 404
