"""The page as somebody uses it, in a real browser against a real server on the real library."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from assistant.answering.answerer import Answerer
from assistant.corpus.section_names import SECTION_NAMES
from assistant.page import words
from assistant.types import Turn

Open = Callable[..., Page]
expect.set_options(timeout=20_000)  # a busy machine is slow, which is no fault of the page
TODAY = "2026-11-22"
POWER_BANK = "充电宝出口日本PSE是菱形还是圆形?"
NOT_HELD = "不丹对电饭煲有什么认证要求?"


def send(page: Page, question: str) -> Locator:
    """Ask with the keyboard and wait for the finished turn."""
    page.locator("#question textarea").fill(question)
    page.keyboard.press("Enter")
    return finished(page, question)


def finished(page: Page, question: str) -> Locator:
    turn = page.locator("#now article.turn").filter(has_text=question.strip()[:60])
    expect(turn.locator(".answer[aria-busy=false]")).to_be_visible()
    return turn


def quoted(page: Page) -> str:
    return "\n".join(page.locator("#evidence mark").all_inner_texts())


def test_each_mark_opens_its_own_quote(open_page: Open, answerer: Answerer) -> None:
    expected = answerer.answer(POWER_BANK, (), TODAY).citations
    assert len(expected) >= 6
    page = open_page()
    turn = send(page, POWER_BANK)
    expect(turn.locator(".badge")).to_have_text(words.STANDING["grounded"].zh)
    marks = turn.locator("button.cite")
    for n in [1, 6, *range(1, len(expected) + 1)]:
        citation = expected[n - 1]
        marks.get_by_text(f"[{n}]", exact=True).click()
        panel = page.locator("#evidence")
        expect(panel).to_be_visible()
        assert quoted(page) == citation.quote
        passage = answerer.view.passages[f"{citation.record}#{citation.section}"]
        assert "\n".join(page.locator("#evidence .passage p").all_inner_texts()) == passage.text
        expect(panel.locator("h2")).to_have_text(citation.title)
        expect(panel.locator(".number")).to_have_text(f"依据 [{n}]")
        expect(panel.locator(".origin")).to_have_text("本库整理")
        expect(panel).to_contain_text(citation.reference)
        expect(panel).to_contain_text(SECTION_NAMES[citation.section.split(".")[0]].zh)
        expect(panel.locator(".basis")).to_have_text(words.BASIS[citation.basis].zh)
        link = panel.locator("a.out")
        if citation.url:
            assert link.get_attribute("href") == citation.url
            assert link.get_attribute("target") == "_blank" and "noopener" in str(link.get_attribute("rel"))
        else:
            expect(link).to_have_count(0)


def test_an_english_answer_speaks_english(open_page: Open) -> None:
    page = open_page("?lang=en")
    turn = send(page, "Does a power bank need the circle or the diamond PSE in Japan?")
    turn.locator("button.cite").first.click()
    expect(page.locator("#evidence .number")).to_have_text("Evidence [1]")
    assert quoted(page)
    expect(page.locator("#evidence")).to_contain_text("Reference")


def test_the_panel_works_from_the_keyboard(open_page: Open) -> None:
    page = open_page()
    turn = send(page, POWER_BANK)
    mark = turn.locator("button.cite").nth(1)
    mark.focus()
    expect(mark).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    expect(mark).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#evidence")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#evidence")).to_be_hidden()
    expect(mark).to_be_focused()
    expect(mark).to_have_attribute("aria-expanded", "false")


def test_copying_shows_the_text_selected(open_page: Open, answerer: Answerer) -> None:
    page = open_page()
    turn = send(page, POWER_BANK)
    turn.locator("[data-action=copy]").click()
    area = turn.locator(".copy textarea")
    expect(area).to_be_visible()
    text = area.input_value()
    for c in answerer.answer(POWER_BANK, (), TODAY).citations:
        assert c.quote in text and c.title in text and c.reference in text and c.url in text
        assert f"[{c.n}] {c.title}" in text
    assert area.evaluate("e => e.selectionEnd - e.selectionStart") == len(text)
    expect(turn.locator(".copy [role=status]")).not_to_be_empty()


def test_language_by_address_and_by_switch(open_page: Open) -> None:
    page = open_page()
    expect(page.locator("h1")).to_contain_text(words.NAME.zh)
    expect(page.get_by_text(words.LIMITS[0].en)).to_be_hidden()
    expect(page).to_have_title(words.NAME.zh)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_text(words.LIMITS[0].en)).to_be_visible()
    expect(page.get_by_text(words.LIMITS[0].zh)).to_be_hidden()
    expect(page.get_by_role("button", name=words.SEND.en)).to_be_visible()
    assert "lang=en" in page.url
    page.reload()
    expect(page.get_by_role("button", name=words.SEND.en)).to_be_visible()
    expect(page.locator("#question textarea")).to_have_attribute("placeholder", words.PLACEHOLDER.en)
    expect(page.locator(".example:visible")).to_have_text(list(words.EXAMPLES["en"]))
    english = open_page("?lang=en")
    expect(english).to_have_title(words.NAME.en)
    english.get_by_role("button", name="中文").click()
    expect(english.locator(".example:visible")).to_have_text(list(words.EXAMPLES["zh"]))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_examples_are_answered_and_a_new_chat_is_empty(open_page: Open, answerer: Answerer, language: str) -> None:
    assert [q for q in words.EXAMPLES[language] if answerer.answer(q, (), TODAY).abstained] == []
    page = open_page("?lang=en" if language == "en" else "")
    page.get_by_role("button", name=words.EXAMPLES[language][1]).click()
    expect(finished(page, words.EXAMPLES[language][1]).locator("button.cite").first).to_be_visible()
    expect(page.locator("#welcome")).to_be_hidden()
    page.locator("#new-zh:visible, #new-en:visible").click()
    expect(page.locator("article.turn")).to_have_count(0)
    expect(page.locator("#welcome")).to_be_visible()


def test_an_abstention_looks_different_and_shows_the_hotline(open_page: Open) -> None:
    page = open_page()
    turn = send(page, NOT_HELD)
    expect(turn.locator(".answer")).to_have_class("answer insufficient abstained")
    expect(turn.locator(".badge")).to_have_text(words.STANDING["insufficient"].zh)
    expect(turn.locator("button.cite")).to_have_count(0)
    hotline = turn.locator(".hotline")
    expect(hotline).to_contain_text("外贸服务热线")
    expect(hotline).to_contain_text("工作日 9:00-17:00")
    expect(hotline.locator("a")).to_have_attribute("href", "tel:051088881234")
    turn = send(page, POWER_BANK)
    expect(turn.locator(".hotline")).to_have_count(0)
    expect(turn.locator(".asked")).to_be_in_viewport()
    expect(turn.locator(".conclusion")).to_be_in_viewport()


NOT_TAKEN = ["   ", "https://example.com/x", "问" * 2500 + "?", "Какой сертификат нужен для Японии?"]


def test_a_chip_asks_again_without_its_facet(open_page: Open) -> None:
    page = open_page(width=390, height=844)
    turn = send(page, POWER_BANK)
    chip = turn.locator(".chips button[data-id=JP]")
    expect(chip).to_contain_text("日本")
    box = chip.bounding_box()
    assert box and box["height"] >= 30
    chip.click()
    again = page.locator("#now article.turn").filter(has=page.locator(".chips .gone button[data-id=JP]"))
    expect(again.locator(".answer[aria-busy=false]")).to_be_visible()
    again.locator(".chips .gone button[data-id=JP]").click()
    expect(page.locator("#now article.turn .chips .kept button[data-id=JP]")).to_be_visible()
    expect(page.locator("#taken-away input, #taken-away textarea")).to_have_value("")
    assert page.locator("article.turn").count() == 3


def test_a_question_not_taken_stays_in_the_box(open_page: Open) -> None:
    page = open_page()
    box = page.locator("#question textarea")
    said: list[str] = []
    for question in NOT_TAKEN:
        box.fill(question)
        page.keyboard.press("Enter")
        bubble = page.locator("#now .answer.refused").filter(has_not_text=said[-1] if said else "nothing was refused yet")
        expect(bubble.locator("[role=alert] p")).to_have_count(2)
        said.append(bubble.locator("[role=alert] strong").inner_text())
        assert box.input_value() == question
    assert len(set(said)) == len(NOT_TAKEN)
    send(page, POWER_BANK)
    expect(box).to_have_value("")


HOSTILE = [
    "<img src=x onerror=alert(1)> 充电宝出口日本要PSE吗",
    "充电宝 ![](http://attacker.invalid/x) [点这里](javascript:alert(2)) 日本PSE",
    "${alert(3)} {{constructor.constructor('alert(4)')()}} `${alert(5)}` 充电宝 日本 PSE",
    "</textarea></article><script>alert(6)</script><svg onload=alert(7)> power bank Japan PSE",
    "<a href=\"//attacker.invalid\" onclick=alert(8)>x</a> <mark>充电宝</mark> 不丹",
]


def test_hostile_questions_are_shown_as_text(open_page: Open) -> None:
    page = open_page()
    for question in HOSTILE:
        turn = send(page, question)
        assert turn.locator(".asked p").inner_text() == question
        assert turn.locator("img, script, svg, mark, .asked a, iframe").count() == turn.locator("[hidden] mark").count()
        turn.locator("[data-action=copy]").click()
        assert question in turn.locator(".copy textarea").input_value()
    expect(page.locator("#past article.turn")).to_have_count(len(HOSTILE) - 1)


def test_a_phone_scrolls_only_downwards(open_page: Open) -> None:
    page = open_page(width=390, height=844)

    def fits() -> bool:
        return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))

    assert fits()
    turn = send(page, POWER_BANK)
    turn.locator("[data-action=copy]").click()
    assert fits()
    turn.locator("button.cite").first.click()
    panel = page.locator("#evidence")
    expect(panel).to_be_visible()
    box = panel.bounding_box()
    assert box and box["x"] == 0 and box["width"] == 390 and box["y"] > 60 and box["y"] + box["height"] == 844
    assert fits()
    page.mouse.click(195, 20)
    expect(panel).to_be_hidden()
    send(page, "long" * 400)
    assert fits()


def test_two_tabs_do_not_mix(open_page: Open, answerer: Answerer) -> None:
    first = open_page()
    second = open_page(context=first.context)
    other, then = "玩具出口英国,CE标志还能用吗?", "那韩国呢?"
    for page, question in ((first, POWER_BANK), (second, other)):
        page.locator("#question textarea").fill(question)
        page.keyboard.press("Enter")
    for page, question in ((first, POWER_BANK), (second, other)):
        finished(page, question)
    for page, question in ((second, other), (first, POWER_BANK)):
        turn = send(page, then)
        earlier = answerer.answer(question, (), TODAY)
        expected = answerer.answer(then, (Turn("user", earlier.question), Turn("assistant", earlier.answer)), TODAY)
        assert turn.locator(".answer button.cite").count() >= len(expected.citations)
        assert page.locator("article.turn .asked p").all_inner_texts() == [question, then]
        for n, citation in enumerate(expected.citations, 1):
            turn.locator("button.cite").get_by_text(f"[{n}]", exact=True).first.click()
            assert quoted(page) == citation.quote
        # The marks of the turn before still open what was quoted there.
        page.locator("#past button.cite").first.click()
        assert quoted(page) == earlier.citations[0].quote


def test_the_server_sends_its_security_headers(open_page: Open, address: str) -> None:
    page = open_page()
    headers = page.request.get(address).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy and "connect-src 'self'" in policy and "http" not in policy
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
    for closed in ("gradio_api/upload", "gradio_api/file=/etc/hostname", "gradio_api/file/etc/hostname", "docs"):
        assert page.request.get(address + closed).status == 404
    assert page.request.post(address + "gradio_api/upload", multipart={"files": "x"}).status == 404
    long = page.request.post(address + "gradio_api/queue/join", data="x" * 1_200_000)
    assert long.status == 413 and words.TOO_LARGE.zh in long.text()
