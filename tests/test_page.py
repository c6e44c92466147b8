"""The parts of the page without a browser: escaping, highlighting, copying, the guard, the socket, the index at start."""

from __future__ import annotations

import asyncio
import dataclasses
import html
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answering.answerer import Answerer
from assistant.assemble import make_answerer
from assistant.errors import IndexMissing, PortInUse, SettingsError
from assistant.index.load import Live
from assistant.page import words
from assistant.page.escaping import both, esc
from assistant.page.events import REMEMBERED, Asking, newest_check
from assistant.page.evidence import highlighted, web_address
from assistant.page.layout import head
from assistant.page.ready import make_ready
from assistant.page.render import Frame, plain_text, turn
from assistant.page.staff import handover_dialog, hotline_box, person_box
from assistant.service.guard import LARGEST_BODY, Guard
from assistant.service.server import listen
from assistant.settings import ROOT, Hotline, Settings
from assistant.types import Answer, CitedSource, Passage, Words

TODAY = "2026-11-22"
POWER_BANK = "充电宝出口日本PSE是菱形还是圆形?"
EVIL = "\"><img src=x onerror=alert(1)> ${alert(2)} {{x}} `y` </textarea></section> & 'z' \\u0041"


@pytest.fixture(scope="session")
def answer(answerer: Answerer) -> Answer:
    return answerer.answer(POWER_BANK, (), TODAY)


# --- escaping and rendering ----------------------------------------------------------------------------------------


@given(st.text())
def test_escaped_text_shows_itself_and_holds_nothing_active(text: str) -> None:
    escaped = esc(text)
    assert html.unescape(escaped) == html.unescape(html.escape(text))
    assert not set(escaped) & set("<>\"'$`{}\\")


def test_nothing_of_an_answer_reaches_the_page_unescaped(answer: Answer) -> None:
    passage = Passage(f"{EVIL}#scope.zh", EVIL, "scope", "zh", EVIL, f"一。\n{EVIL}\n二。", ())
    source = CitedSource(EVIL, EVIL, "official", EVIL)
    citation = dataclasses.replace(
        answer.citations[0], record=EVIL, section="scope.zh", title=EVIL, reference=EVIL, source=source, url=f"javascript:{EVIL}",
        quote=EVIL, start=3, end=3 + len(EVIL), status=EVIL, as_of=EVIL, checked=EVIL)
    segment = dataclasses.replace(answer.segments[0], text=EVIL, citations=(1,))
    evil = dataclasses.replace(
        answer, answer_id=EVIL, question=EVIL, segments=(segment, dataclasses.replace(segment, role="fact")), citations=(citation,),
        notices=(EVIL,), library=EVIL, abstained=True, facets=dataclasses.replace(answer.facets, as_of=EVIL))
    rendered = turn(EVIL, evil, Frame({passage.id: passage}, Hotline(EVIL, EVIL, EVIL), EVIL))
    assert "<img" not in rendered and "${" not in rendered and "{{" not in rendered and "`" not in rendered
    assert "javascript" not in "".join(re.findall(r'href="([^"]*)"', rendered))
    assert rendered.count("</textarea>") == rendered.count("<textarea") == 1
    assert rendered.count("</section>") == rendered.count("<section") == 1
    tags = set(re.findall(r"<([a-z0-9]+)", rendered))
    assert tags <= {"article", "div", "p", "span", "button", "strong", "ul", "li", "h2", "h3", "textarea", "section", "mark",
                    "dl", "dt", "dd", "a", "form", "label", "input"}


@given(st.text(alphabet="ab圆\n", max_size=40), st.data())
def test_a_highlight_marks_exactly_the_quote(text: str, data: Any) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    shown = highlighted(text, start, end)
    lines = [re.sub(r"</?mark>", "", line) for line in re.findall(r"<p>(.*?)</p>", shown)]
    assert "\n".join(lines) == text
    assert "".join(re.findall(r"<mark>(.*?)</mark>", shown)) == text[start:end].replace("\n", "")


@pytest.mark.parametrize(("url", "kept"), [
    ("https://www.meti.go.jp/a?b=c", True), ("http://x.example/", True), ("javascript:alert(1)", False), ("//x.example", False),
    ("data:text/html,x", False), ("https://", False), ("", False), ("http://[", False)])
def test_only_web_addresses_become_links(url: str, kept: bool) -> None:
    assert web_address(url) == (url if kept else "")


def test_half_an_answer_carries_the_evidence_of_that_half(answer: Answer, answerer: Answerer) -> None:
    frame = Frame(answerer.view.passages, Hotline(), "")
    for shown in (*range(1, len(answer.segments)), None):
        rendered = turn("t", answer, frame, shown)
        marks = re.findall(r'data-evidence="([^"]+)"', rendered)
        held = re.findall(r'<section id="([^"]+)"', rendered)
        assert marks and list(dict.fromkeys(marks)) == held
        assert ("<textarea" in rendered) == (shown is None)
        assert (f'data-answer="{answer.answer_id}"' in rendered) == (shown is None), "only what is finished is passed on"
        assert ('data-action="thumb"' in rendered) == ('data-action="person"' in rendered) == (shown is None)


def test_a_quote_stays_when_the_index_was_replaced(answer: Answer) -> None:
    rendered = turn("t", answer, Frame({}, Hotline(), ""))
    assert re.findall(r"<mark>(.*?)</mark>", rendered) == [esc(c.quote) for c in answer.citations]


def test_the_plain_text_holds_every_reference(answer: Answer) -> None:
    text = plain_text(answer, "2026-11-20")
    for segment in answer.segments:
        assert segment.text + "".join(f" [{n}]" for n in segment.citations) in text
    for c in answer.citations:
        assert re.search(rf"^\[{c.n}\] {re.escape(c.title)}", text, re.M) and c.reference in text and c.url in text
    assert all(notice in text for notice in answer.notices) and TODAY in text and "2026-11-20" in text


def test_a_hotline_dials_digits_and_is_absent_when_not_set() -> None:
    assert hotline_box(Hotline(), "zh") == ""
    assert 'href="tel:+8651088881234"' in hotline_box(Hotline("热线", "+86 510-8888 1234"), "zh")
    assert "href" not in hotline_box(Hotline("窗口"), "zh")


def test_a_finished_answer_offers_two_thumbs_and_one_way_to_a_person(answer: Answer) -> None:
    for abstained in (False, True):
        rendered = turn("t", dataclasses.replace(answer, abstained=abstained), Frame({}, Hotline(), ""))
        assert re.findall(r'data-verdict="(\w+)" aria-pressed="false"', rendered) == ["up", "down"]
        assert rendered.count('data-action="person"') == 1 and rendered.count('<form class="comment"') == 1
        assert re.search(r'<form class="comment"[^>]* hidden>', rendered)


def test_an_abstention_offers_a_person_with_and_without_a_hotline() -> None:
    with_hotline, without = person_box(Hotline("热线", "12345"), "zh"), person_box(Hotline(), "en")
    assert 'href="tel:12345"' in with_hotline and words.PERSON.zh in with_hotline
    assert words.PERSON.en in without and words.PERSON_WHY.en in without and "tel:" not in without


def test_handing_over_says_what_is_passed_on_and_for_how_long() -> None:
    dialog = handover_dialog(Hotline(EVIL, EVIL, EVIL), 90)
    assert "90天" in dialog and "90 days" in dialog
    assert all(esc(part) in dialog for said in (words.CONSENT, words.NEXT) for part in (said.zh, said.en))
    assert re.search(r'<input type="checkbox" name="consent" required[^>]*>', dialog) and "checked" not in dialog.split('name="consent"')[1]
    assert re.findall(r'name="channel" value="(\w+)"', dialog) == ["phone", "wechat", "mail"]
    assert "<img" not in dialog and "${" not in dialog and "{{" not in dialog and "`" not in dialog
    spoken = json.loads(html.unescape(re.findall(r'data-spoken="([^"]*)"', dialog)[0]))
    assert spoken == {name: {"zh": said.zh, "en": said.en} for name, said in words.SPOKEN.items()}


def test_the_scripts_only_say_what_the_page_holds() -> None:
    page = head()
    named = set(re.findall(r'say\("(\w+)"', page)) | set(re.findall(r'\d{3}: "(\w+)"', page))
    assert {"offline", "sending", "large"} <= named <= set(words.SPOKEN)


def test_every_sentence_of_the_page_has_both_languages() -> None:
    said = [v for v in vars(words).values() if isinstance(v, Words)]
    said += [w for v in vars(words).values() if isinstance(v, dict) for w in v.values() if isinstance(w, Words)]
    assert len(said) > 40
    for sentence in said:
        assert sentence.zh.strip() and sentence.en.strip()
        assert re.findall(r"{\w+}", sentence.zh) == re.findall(r"{\w+}", sentence.en)
        assert esc(sentence.zh) in both(sentence)
    assert len(words.EXAMPLES["zh"]) == len(words.EXAMPLES["en"]) == 6


# --- asking --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def live(real_root: Path) -> Live[Answerer]:
    return Live(real_root, make_answerer)


@pytest.fixture
def asking(live: Live[Answerer], real_root: Path) -> Asking:
    return Asking(live, Settings(index=real_root, today=TODAY, hotline=Hotline("热线", "12345")), pace=0)


def ask(asking: Asking, question: Any, history: Any = (), taken_away: Any = "") -> list[Any]:
    async def collect() -> list[Any]:
        return [step async for step in asking.ask(question, history, taken_away)]

    return asyncio.run(collect())


def test_an_answer_streams_and_is_remembered(asking: Asking) -> None:
    steps = ask(asking, POWER_BANK)
    pages = [step[0] for step in steps]
    assert len(pages) > 5 and words.SEARCHING.zh in pages[0]
    assert all('aria-busy="true"' in page for page in pages[:-1]) and 'aria-busy="false"' in pages[-1]
    assert [step[1] for step in steps].count("") == 1
    kept = steps[-1][2]
    assert [t.role for t in kept] == ["user", "assistant"] and kept[0].content == POWER_BANK
    for _ in range(10):
        kept = ask(asking, POWER_BANK, kept)[-1][2]
    assert len(kept) == REMEMBERED


def test_a_facet_can_be_taken_away_and_put_back(asking: Asking) -> None:
    first = ask(asking, POWER_BANK)[-1]
    assert 'data-id="JP"' in first[0] and 'data-id="power-bank"' in first[0] and 'class="gone"' not in first[0]
    again = ask(asking, POWER_BANK, first[2], "JP  JP")[-1]
    assert 'data-dropped="JP"' in again[0] and again[0].count('class="gone"') == 1 and again[3] == ""
    assert len(again[2]) == 2, "the turn that is asked again is replaced, not leant on"
    back = ask(asking, POWER_BANK, again[2], "")[-1]
    assert 'data-dropped=""' in back[0]


@pytest.mark.parametrize("taken_away", [None, 7, "<b>x</b> " * 500, "no-such-id", "JP\x00"])
def test_any_value_may_be_taken_away(asking: Asking, taken_away: Any) -> None:
    last = ask(asking, POWER_BANK, (), taken_away)[-1]
    assert 'aria-busy="false"' in last[0] and "<b>" not in last[0]


@pytest.mark.parametrize("question", ["", " \n ", None, 7, ["x"], "x" * 20_000, "\x00\x07", "🙂🙂", "http://example.com"])
def test_a_question_not_taken_says_why_and_keeps_the_box(asking: Asking, question: Any) -> None:
    last = ask(asking, question)[-1]
    assert 'class="answer refused' in last[0] and words.REFUSED.zh in last[0]
    assert last[1] != "" and "Traceback" not in last[0] and len(last[0]) < 3000


def test_a_failure_of_ours_is_a_sentence_with_the_hotline(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*asked: Any) -> Any:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(asking._live, "current", broken)
    last = ask(asking, POWER_BANK)[-1]
    assert words.FAILED.zh in last[0] and "secret" not in last[0] and "tel:12345" in last[0]


def test_the_newest_check_is_a_date(answerer: Answerer) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", newest_check(answerer.view.records.values()))
    assert newest_check(()) == ""


# --- the guard and the socket --------------------------------------------------------------------------------------


def call(app: Callable[..., Awaitable[None]], path: str, *chunks: bytes) -> tuple[int, dict[bytes, bytes], bytes]:
    sent: list[Any] = []
    waiting = [{"type": "http.request", "body": c, "more_body": i < len(chunks) - 1} for i, c in enumerate(chunks)]

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(Guard(app)({"type": "http", "path": path, "method": "POST", "headers": []}, receive, send))
    assert [m["type"] for m in sent] == ["http.response.start", "http.response.body"]
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


def replying(status: int, read: bool = False) -> Callable[..., Awaitable[None]]:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        more = read
        while more:
            more = (await receive()).get("more_body", False)
        await send({"type": "http.response.start", "status": status, "headers": [(b"referrer-policy", b"unsafe-url")]})
        await send({"type": "http.response.body", "body": b"theirs"})

    return app


def test_the_guard_sets_headers_and_closes_doors() -> None:
    status, headers, body = call(replying(200), "/")
    assert (status, body) == (200, b"theirs") and headers[b"referrer-policy"] == b"no-referrer"
    assert b"default-src 'self'" in headers[b"content-security-policy"]
    for path in ("/gradio_api/upload", "/gradio_api/file=/etc/passwd", "/gradio_api/proxy=http://x/", "/monitoring"):
        status, headers, body = call(replying(200), path)
        assert status == 404 and b"theirs" not in body and b"content-security-policy" in headers


def test_a_full_queue_says_so_in_both_languages() -> None:
    status, _, body = call(replying(503), "/gradio_api/queue/join")
    assert status == 429 and words.BUSY.zh in body.decode() and words.BUSY.en in body.decode()
    assert call(replying(503), "/other")[0] == 503


def test_a_body_in_chunks_cannot_pass_the_limit() -> None:
    chunk = b"x" * (LARGEST_BODY // 2 + 1)
    assert call(replying(200, read=True), "/gradio_api/queue/join", chunk)[0] == 200
    status, _, body = call(replying(200, read=True), "/gradio_api/queue/join", chunk, chunk)
    assert status == 413 and words.TOO_LARGE.zh in body.decode()


def test_a_taken_port_is_one_sentence(real_root: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse) as raised:
            listen("127.0.0.1", port)
        assert str(port) in raised.value.problem and "PORT" in raised.value.remedy
        done = serve({"PORT": str(port), "ASSISTANT_INDEX": str(real_root)})
    assert done.returncode == 2 and done.stderr.count("\n") == 2 and "Traceback" not in done.stderr
    with pytest.raises(SettingsError):
        listen("not a host", 7860)
    listen("127.0.0.1", port).close()


def serve(variables: dict[str, str], *program: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HOST": "127.0.0.1", "PYTHONUTF8": "1", **variables}
    return subprocess.run([sys.executable, *(program or ("-m", "assistant", "serve"))], cwd=ROOT, env=environment,
                          capture_output=True, text=True, encoding="utf-8", check=False, timeout=120)


# --- the index at start --------------------------------------------------------------------------------------------


def test_without_an_index_serving_says_how_to_build_one(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    done = serve({"ASSISTANT_INDEX": str(tmp_path / "none"), "PORT": str(port)})
    assert done.returncode == 2 and "python -m assistant index" in done.stderr and "Traceback" not in done.stderr


def test_a_missing_or_stale_index_is_built_and_a_fault_keeps_the_old_one(
        corpus_copy: Path, small_root: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    root = shutil.copytree(small_root, tmp_path / "index")
    settings = Settings(corpus=corpus_copy, index=root)
    environment = {"ASSISTANT_CORPUS": str(corpus_copy), "ASSISTANT_INDEX": str(root)}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        before = (root / "manifest.json").read_bytes()
        assert make_ready(settings) == "" and (root / "manifest.json").read_bytes() == before
        record = next(corpus_copy.glob("regimes/*/*.md"))
        good = record.read_text(encoding="utf-8")
        record.write_text(good.replace("\nstatus:", "\nno-such-field: x\nstatus:", 1), encoding="utf-8")
        capfd.readouterr()
        warning = make_ready(settings)
        said = capfd.readouterr().err
        assert "older index keeps serving" in warning and record.name in said and "Traceback" not in said
        assert (root / "manifest.json").read_bytes() == before
        shutil.rmtree(root)
        with pytest.raises(IndexMissing) as raised:
            make_ready(settings)
        assert "python -m assistant index" in raised.value.remedy
        record.write_text(good + "\n", encoding="utf-8")
        assert make_ready(settings) == "" and (root / "manifest.json").is_file()
        assert make_ready(settings) == ""
