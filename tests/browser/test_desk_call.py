"""A whole call at the desk, in real browsers against the real server, from the caller's first words to the replay."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from assistant.settings import ROOT

ASKED = "充电宝出口蒙古国要什么认证?"
SAID_ZH = "充电宝出口蒙古国没有查到强制认证,出货前请收货人向蒙古标准计量局书面确认。"
SAID_EN = "No mandatory certification was found for a power bank exported to Mongolia; have the consignee ask the standards agency in writing before shipping."


@pytest.fixture(scope="module")
def passwords(address: str, database_url: str) -> dict[str, str]:
    """Accounts made on the command line while the server runs: name → password."""
    def made(*words: str) -> str:
        done = subprocess.run([sys.executable, "-m", "assistant", "accounts", *words], cwd=ROOT, capture_output=True, text=True,
                              encoding="utf-8", env={**os.environ, "DATABASE_URL": database_url}, check=True)
        return re.search(r"password: (\S+)", done.stdout)[1]  # type: ignore[index]

    return {"boss": made("create-admin", "boss"), "li.na": made("create", "li.na", "--role", "staff"),
            "zhao.min": made("create", "zhao.min", "--role", "reviewer")}


@pytest.fixture
def seat(browser: Browser, address: str, passwords: dict[str, str]) -> Iterator[Callable[[str], Page]]:
    """Signs somebody in at a browser of their own."""
    contexts = []

    def sit(name: str) -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{address}desk/")
        page.get_by_label("用户名").fill(name)
        page.get_by_label("密码").fill(passwords[name])
        page.get_by_role("button", name="登录").click()
        expect(page.get_by_role("link", name="接听")).to_be_visible()
        return page

    yield sit
    for context in contexts:
        context.close()


def ask_in_the_chat(browser: Browser, address: str, question: str) -> str:
    """The finished answer of the public page, as text."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    page = context.new_page()
    page.goto(address)
    page.locator("#question textarea").fill(question)
    page.keyboard.press("Enter")
    turn = page.locator("#now article[data-answer]")
    expect(turn).to_be_visible(timeout=20_000)
    text = turn.inner_text()
    context.close()
    return text


def row(page: Page, text: str) -> Locator:
    """Lines of the list that is shown."""
    return page.locator(".rowlink:visible", has_text=text)


def test_a_whole_call(seat: Callable[[str], Page], browser: Browser, address: str) -> None:
    assert SAID_ZH not in ask_in_the_chat(browser, address, ASKED)
    li = seat("li.na")

    # search while typing, with the keyboard alone
    box = li.get_by_role("combobox", name="查资料或提问")
    box.fill("充电宝 日本")
    found = li.get_by_role("option").first
    expect(found).to_contain_text("PSE")
    box.fill(ASKED)
    li.keyboard.press("Control+Enter")

    # the answer says that it does not know, and there is something to read out
    expect(li.get_by_text("念给对方听")).to_be_visible()
    expect(li.locator(".answer-place")).to_contain_text("蒙古")

    # the case
    li.keyboard.press("c")
    dialog = li.get_by_role("dialog")
    dialog.get_by_label("公司").fill("无锡测试电子")
    dialog.get_by_label("联系方式").fill("13812345678")
    dialog.get_by_role("button", name="保存").click()
    expect(li.locator(".on-case")).to_contain_text("无锡测试电子")

    # the caller goes on while the case is open; without a language model nobody is offered its words
    box.fill("充电宝出口日本PSE是菱形还是圆形?")
    li.keyboard.press("Control+Enter")
    expect(li.locator(".answer-place")).to_contain_text("标圆形PSE")
    expect(li.get_by_role("button", name="用语言模型改写")).to_have_count(0)

    # the gap came by itself; from it, a curated reply
    li.get_by_role("link", name="知识缺口").click()
    row(li, ASKED).first.click()
    li.get_by_role("button", name="写一条人工答复").click()
    li.get_by_label("标题(中文)").fill("充电宝出口蒙古国")
    li.get_by_label("标题(英文)").fill("Power banks for Mongolia")
    li.get_by_label("问题(英文)").fill("Which certification does a power bank need in Mongolia?")
    li.get_by_role("button", name="自己写一句").click()
    first = li.get_by_role("group", name="第1句")
    first.get_by_label("中文", exact=True).fill(SAID_ZH)
    first.get_by_label("英文", exact=True).fill(SAID_EN)
    first.get_by_role("button", name="依据:自己读过的来源").click()
    for label, value in (("来源标题(中文)", "蒙古标准计量局网站"), ("来源标题(英文)", "Website of the Mongolian standards agency"),
                         ("网址", "https://masm.gov.mn/"), ("发布机构", "MASM"), ("哪天读的", "2026-11-20")):
        first.get_by_label(label).fill(value)
    li.get_by_role("button", name="保存草稿").click()
    expect(li.get_by_text("草稿已保存。")).to_be_visible()
    li.get_by_role("button", name="送批").click()
    expect(li.get_by_text("这一版是您写的,要由另一位审核员批准。")).to_be_visible()
    expect(li.get_by_role("button", name="批准", exact=True)).to_have_count(0)
    assert SAID_ZH not in ask_in_the_chat(browser, address, ASKED)

    # approval by another person
    zhao = seat("zhao.min")
    zhao.get_by_role("link", name="人工答复").click()
    row(zhao, "充电宝出口蒙古国").first.click()
    zhao.get_by_role("button", name="批准", exact=True).click()
    confirm = zhao.get_by_role("dialog")
    if confirm.count():
        confirm.get_by_role("button", name="批准", exact=True).click()
    expect(zhao.get_by_text("使用中").first).to_be_visible()

    # the public chat now answers with it
    said = ask_in_the_chat(browser, address, ASKED)
    assert SAID_ZH in said and "[1]" in said

    # replay shows both: what was said then, and today's answer beside it
    li.get_by_role("link", name="回放").click()
    row(li, ASKED).last.click()
    expect(li.get_by_role("heading", name="当时的答复")).to_be_visible()
    li.get_by_role("button", name="今天再问一次").click()
    expect(li.locator(":visible", has_text="今天的答复和当时不同").last).to_be_visible()
    assert li.get_by_text(SAID_ZH).count() >= 1

    # the record of it: the reviewer reads who did what, and that the log is whole
    zhao.get_by_role("link", name="审计").click()
    expect(zhao.get_by_text("reply.approve").first).to_be_visible()


def test_nobody_gets_the_sign_in_page(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    reply = page.goto(f"{address}desk/")
    assert reply and reply.status == 401
    expect(page.locator("form#login")).to_be_visible()
    page.get_by_label("用户名").fill("nobody")
    page.get_by_label("密码").fill("wrong")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_contain_text("用户名或密码不对")
    context.close()


def test_what_somebody_stored_is_text_on_the_desk(seat: Callable[[str], Page], address: str) -> None:
    """Markup in every field of a case stays text, opens no dialog and fetches nothing."""
    li = seat("li.na")
    foreign, dialogs = [], []
    li.on("request", lambda r: None if r.url.startswith(address) else foreign.append(r.url))
    li.on("dialog", lambda d: (dialogs.append(d.message), d.dismiss()))
    hostile = '<img src=x onerror=alert(1)> ![](http://evil.example/x) <script>alert(2)</script> =cmd|x ${7*7} {{7*7}}'
    made = li.evaluate("""async (text) => {
        const post = (path, body) => fetch(path, {method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify(body)}).then(r => r.json());
        const made = await post('/api/desk/cases', {question: text, channel: 'phone', company: text.slice(0, 90), contact: text.slice(0, 90), product: text.slice(0, 90)});
        await post(`/api/desk/cases/${made.id}/notes`, {text});
        await post('/api/desk/gaps', {question: text});
        return made.id;
    }""", hostile)
    for view in (f"#/cases/{made}", "#/cases", "#/gaps", "#/answers", "#/figures"):
        li.evaluate("(view) => { location.hash = view; }", view)
        li.wait_for_timeout(700)
    li.evaluate("(id) => { location.hash = `#/cases/${id}`; }", made)
    expect(li.get_by_text("<script>alert(2)</script>").first).to_be_visible()
    assert (foreign, dialogs) == ([], [])
    assert li.locator("main img, main script").count() == 0
