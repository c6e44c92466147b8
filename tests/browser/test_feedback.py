"""What a reader sends to the staff from the chat page: a thumb, a comment, a conversation handed over."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from assistant.page import words

Open = Callable[..., Page]
expect.set_options(timeout=20_000)  # a busy machine is slow, which is no fault of the page
POWER_BANK = "充电宝出口日本PSE是菱形还是圆形?"
ENGLISH = "Does a power bank need the circle or the diamond PSE in Japan?"
NOT_HELD = "不丹对电饭煲有什么认证要求?"
CONTACT, NOTE = "138 0000 1234", "想知道 <b>样品</b> 怎么寄"


def send(page: Page, question: str) -> Locator:
    page.locator("#question textarea").fill(question)
    page.keyboard.press("Enter")
    turn = page.locator("#now article.turn[data-answer]").filter(has_text=question)
    expect(turn.locator(".answer[aria-busy=false]")).to_be_visible()
    return turn


def thumb(turn: Locator, verdict: str) -> Locator:
    return turn.locator(f".thumb[data-verdict={verdict}]")


def answers(page: Page) -> list[str]:
    return [str(turn.get_attribute("data-answer")) for turn in page.locator("article.turn").all()]


def failing(page: Page, path: str, status: int, body: Any = None) -> None:
    """Every request to `path` from now on ends like this. status: 0 for no connection."""
    def reply(route: Route) -> None:
        if status:
            route.fulfill(status=status, body=body if isinstance(body, str) else json.dumps(body), content_type="application/json")
        else:
            route.abort()

    page.route(f"**/{path}", reply)


def open_dialog(page: Page, turn: Locator) -> Locator:
    turn.locator("[data-action=person]").click()
    dialog = page.locator("#handover")
    expect(dialog).to_be_visible()
    return dialog


def fill(dialog: Locator) -> None:
    dialog.locator("[name=contact]").fill(CONTACT)
    dialog.locator("[name=channel][value=wechat]").check()
    dialog.locator("[name=note]").fill(NOTE)
    dialog.locator("[name=consent]").check()


# --- thumbs --------------------------------------------------------------------------------------------------------


def test_a_thumb_and_its_comment_are_recorded_by_keyboard(open_page: Open) -> None:
    page = open_page()
    turn = send(page, POWER_BANK)
    up, down, comment = thumb(turn, "up"), thumb(turn, "down"), turn.locator("form.comment")
    expect(comment).to_be_hidden()
    up.focus()
    with page.expect_response("**/api/feedback") as given:
        page.keyboard.press("Space")
    assert given.value.status == 204
    assert given.value.request.post_data_json == {"answer_id": answers(page)[0], "verdict": "up"}
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(turn.locator(".said")).to_have_text(words.SPOKEN["up"].zh)
    page.keyboard.press("Tab")
    expect(down).to_be_focused()
    with page.expect_response("**/api/feedback") as given:
        page.keyboard.press("Enter")
    assert given.value.status == 204
    expect(down).to_have_attribute("aria-pressed", "true")
    expect(up).to_have_attribute("aria-pressed", "false")
    expect(comment).to_be_visible()
    page.keyboard.press("Tab")
    expect(comment.locator("input")).to_be_focused()
    page.keyboard.type("没说 400Wh/L 怎么算")
    with page.expect_response("**/api/feedback") as given:
        page.keyboard.press("Enter")
    assert given.value.status == 204
    assert given.value.request.post_data_json == {
        "answer_id": answers(page)[0], "verdict": "down", "comment": "没说 400Wh/L 怎么算"}
    expect(turn.locator(".said")).to_have_text(words.SPOKEN["comment"].zh)
    expect(comment).to_be_hidden()
    expect(down).to_be_focused()


def test_a_thumb_stays_with_its_own_answer(open_page: Open) -> None:
    page = open_page("?lang=en")
    thumb(send(page, ENGLISH), "down").click()
    expect(page.locator("#now .said")).to_have_text(words.SPOKEN["down"].en)
    turn = send(page, NOT_HELD)
    expect(thumb(page.locator("#past article.turn"), "down")).to_have_attribute("aria-pressed", "true")
    for verdict in ("up", "down"):
        expect(thumb(turn, verdict)).to_have_attribute("aria-pressed", "false")
    with page.expect_request("**/api/feedback") as sent:
        thumb(turn, "up").click()
    assert sent.value.post_data_json["answer_id"] == answers(page)[1] != answers(page)[0]
    expect(turn.locator(".said")).to_have_text(words.SPOKEN["up"].zh)


def test_a_thumb_that_was_not_recorded_is_not_shown_as_pressed(open_page: Open) -> None:
    page = open_page()
    turn = send(page, POWER_BANK)
    thumb(turn, "down").click()
    expect(turn.locator("form.comment")).to_be_visible()
    failing(page, "api/feedback", 500, "boom")
    thumb(turn, "up").click()
    expect(turn.locator(".said.fault")).to_have_text(words.SPOKEN["failed"].zh)
    expect(thumb(turn, "up")).to_have_attribute("aria-pressed", "false")
    expect(thumb(turn, "down")).to_have_attribute("aria-pressed", "true")
    turn.locator("form.comment input").fill("少了一步")
    failing(page, "api/feedback", 0)
    turn.locator("form.comment button").click()
    expect(turn.locator(".said.fault")).to_have_text(words.SPOKEN["offline"].zh)
    expect(turn.locator("form.comment input")).to_have_value("少了一步")


# --- handing over --------------------------------------------------------------------------------------------------


def test_a_conversation_is_handed_over_whole_and_once(open_page: Open) -> None:
    page = open_page()
    send(page, POWER_BANK)
    turn = send(page, NOT_HELD)
    dialog = open_dialog(page, turn)
    expect(dialog.locator(".what")).to_contain_text("本次对话的问题和回答")
    assert re.search(r"最多保存\d+天", dialog.locator(".what").inner_text())
    posted: list[str] = []
    page.on("request", lambda r: posted.append(r.url) if r.url.endswith("/api/handover") else None)
    submit, error = dialog.locator("[type=submit]"), dialog.locator(".error")
    submit.click()
    expect(error).to_have_text(words.SPOKEN["contact"].zh)
    expect(dialog.locator("[name=contact]")).to_be_focused()
    fill(dialog)
    dialog.locator("[name=consent]").uncheck()
    submit.click()
    expect(error).to_have_text(words.SPOKEN["consent"].zh)
    expect(dialog.locator("[name=consent]")).to_be_focused()
    assert posted == []
    page.keyboard.press("Space")
    with page.expect_response("**/api/handover") as given:
        submit.dblclick()
    assert given.value.status == 201, given.value.text()
    assert given.value.request.post_data_json == {
        "answer_ids": answers(page), "contact": CONTACT, "channel": "wechat", "company": "", "note": NOTE, "consent": True, "language": "zh"}
    assert len(answers(page)) == 2
    case = given.value.json()["id"]
    expect(dialog.locator(".done h2")).to_be_focused()
    expect(dialog.locator(".case")).to_have_text(case)
    expect(dialog.locator(".done")).to_contain_text(words.NEXT.zh)
    expect(dialog.locator(".done a")).to_have_attribute("href", "tel:051088881234")
    dialog.locator(".done button").click()
    expect(dialog).to_be_hidden()
    expect(turn.locator("[data-action=person]")).to_be_focused()
    expect(turn.locator(".said")).to_contain_text(case)
    open_dialog(page, turn)
    expect(dialog.locator(".case")).to_have_text(case)
    page.keyboard.press("Escape")
    assert len(posted) == 1
    turn = send(page, POWER_BANK)
    open_dialog(page, turn)
    expect(dialog.locator("form")).to_be_visible()
    expect(dialog.locator("[name=contact]")).to_have_value("")
    expect(dialog.locator("[name=consent]")).not_to_be_checked()


def test_the_dialog_keeps_the_focus_and_what_was_typed(open_page: Open) -> None:
    page = open_page("?lang=en")
    turn = send(page, ENGLISH)
    opener = turn.get_by_role("button", name=words.PERSON.en)
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name=words.PERSON.en)
    expect(dialog).to_be_visible()
    expect(dialog.locator("form h2")).to_be_focused()
    for name in (words.CONTACT, words.COMPANY, words.REMARK):
        expect(dialog.get_by_role("textbox", name=name.en)).to_be_visible()
    expect(dialog.get_by_role("radio", name=words.CHANNELS["phone"].en)).to_be_checked()
    seen = set()
    for _ in range(20):
        page.keyboard.press("Tab")
        inside, name = page.evaluate(
            "[document.activeElement === document.body || document.getElementById('handover').contains(document.activeElement),"
            " document.activeElement.name || document.activeElement.type || '']")
        assert inside
        seen.add(name)
    assert {"channel", "contact", "company", "note", "consent", "submit"} <= seen
    fill(dialog)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    open_dialog(page, turn)
    expect(dialog.locator("[name=note]")).to_have_value(NOTE)
    page.keyboard.press("Escape")
    page.locator("#new-en").click()
    expect(page.locator("article.turn")).to_have_count(0)
    open_dialog(page, send(page, ENGLISH))
    expect(page.locator("#handover [name=note]")).to_have_value("")


SAID = {"error": {"zh": "不行 <img src=x onerror=alert(1)>。", "en": "No <img src=x onerror=alert(1)>."},
        "remedy": {"zh": "请改一改。", "en": "Please mend it."}}


@pytest.mark.parametrize(("status", "body", "expected"), [
    (422, SAID, SAID), (429, {"detail": "x"}, "busy"), (413, "<html>too large</html>", "large"), (500, "boom", "failed"),
    (502, {"error": "not words"}, "failed"), (422, {"detail": [{"loc": ["body"]}]}, "refused"), (0, None, "offline")])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_fault_is_one_sentence_and_nothing_typed_is_lost(
        open_page: Open, status: int, body: Any, expected: Any, language: str) -> None:
    page = open_page("?lang=en" if language == "en" else "")
    dialog = open_dialog(page, send(page, NOT_HELD))
    failing(page, "api/handover", status, body)
    fill(dialog)
    dialog.locator("[type=submit]").click()
    said = ((words.SPOKEN[expected].zh if language == "zh" else words.SPOKEN[expected].en) if isinstance(expected, str)
            else ("" if language == "zh" else " ").join((SAID["error"][language], SAID["remedy"][language])))
    expect(dialog.locator(".error")).to_have_text(said)
    expect(dialog.locator("img")).to_have_count(0)
    expect(dialog.locator("[name=contact]")).to_have_value(CONTACT)
    expect(dialog.locator("[name=note]")).to_have_value(NOTE)
    expect(dialog.locator("[name=consent]")).to_be_checked()
    page.unroute("**/api/handover")
    failing(page, "api/handover", 201, {"id": "<b>0k3m</b>"})
    dialog.locator("[type=submit]").click()
    expect(dialog.locator(".case")).to_have_text("<b>0k3m</b>")


def test_it_fits_a_telephone(open_page: Open) -> None:
    page = open_page(width=390, height=664)
    turn = send(page, NOT_HELD)
    thumb(turn, "down").click()
    expect(turn.locator("form.comment")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for button in turn.locator(".tools button").all():
        box = button.bounding_box()
        assert box and box["height"] >= 40 and box["width"] >= 40
    dialog = open_dialog(page, turn)
    box = dialog.bounding_box()
    assert box and box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["y"] >= 0 and box["y"] + box["height"] <= 664
    assert dialog.evaluate("e => e.scrollWidth <= e.clientWidth")
    dialog.locator("[type=submit]").click()
    expect(dialog.locator(".error")).to_be_in_viewport()


def test_the_welcome_says_how_long_questions_are_kept(open_page: Open) -> None:
    page = open_page()
    kept = page.locator(".limits li").last
    assert re.search(r"问题会保存\d+天", kept.inner_text())
    page.get_by_role("button", name="English").click()
    assert re.search(r"kept for \d+ days", kept.inner_text())
