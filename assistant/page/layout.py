"""The page: header, welcome with examples, conversation, question box. Few components, so that it opens fast."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from assistant.page import words
from assistant.page.escaping import both, esc
from assistant.page.events import Asking, start_anew
from assistant.page.staff import for_days, handover_dialog
from assistant.types import Language

_HERE = Path(__file__).resolve().parent
ICON = _HERE / "icon.png"
SCRIPTS = ("script.js", "staff.js")
#: Questions answered at the same time, and how many more may wait before the page asks to come back later.
AT_ONCE, WAITING = 8, 64
#: A session's earlier turns are forgotten after this many seconds without a question.
FORGET_AFTER = 4 * 3600
LANGUAGES: tuple[Language, ...] = ("zh", "en")

# The finished turn moves up into the past before the next one takes its place; the server sends no turn twice.
_KEEP = "(...values) => { window.assistantPage.keep(); return values; }"
_CLEAR = "() => { window.assistantPage.clear(); return []; }"


def head() -> str:
    """Style and scripts, inlined: the page needs no request of its own for them."""
    style = (_HERE / "style.css").read_text(encoding="utf-8")
    scripts = "\n".join((_HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)
    return f"<style>\n{style}\n</style>\n<script>\n{scripts}\n</script>"


def theme() -> gr.themes.Base:
    """Plain, with the fonts of the reader's own system: no font is ever fetched."""
    return gr.themes.Base(
        font=["system-ui", "-apple-system", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif"],
        font_mono=["ui-monospace", "Consolas", "monospace"])


def _header() -> str:
    # The script sets these on the window and the question box, which cannot hold both languages at once.
    spoken = "".join(f' data-{name}-{lang}="{esc(said.say(lang))}"' for lang in LANGUAGES for name, said in (
        ("title", words.NAME), ("label", words.QUESTION), ("placeholder", words.PLACEHOLDER)))
    return (f'<header class="top"{spoken}><h1>{both(words.NAME)}</h1>'
            '<button type="button" class="quiet" data-action="language">'
            '<span class="ui-zh" lang="en">English</span><span class="ui-en" lang="zh">中文</span></button></header>')


def _welcome(days: int) -> str:
    limits = "".join(f"<li>{both(limit)}</li>" for limit in (*words.LIMITS, for_days(words.KEPT, days)))
    examples = "".join(
        f'<li class="ui-{language}" lang="{language}"><button type="button" class="example" data-action="example">'
        f"{esc(question)}</button></li>"
        for language, questions in words.EXAMPLES.items() for question in questions)
    return (f'<section class="welcome"><p class="lead">{both(words.WELCOME)}</p><ul class="limits">{limits}</ul>'
            f'<p class="more"><a class="ui-zh" lang="zh" href="/timeline">{esc(words.TIMELINE.zh)}</a>'
            f'<a class="ui-en" lang="en" href="/timeline?lang=en">{esc(words.TIMELINE.en)}</a></p>'
            f"<h2>{both(words.EXAMPLES_TITLE)}</h2><ul class=\"examples\">{examples}</ul></section>")


def _plain(value: str, elem_id: str | None = None) -> gr.HTML:
    return gr.HTML(value, elem_id=elem_id, apply_default_css=False, padding=False, container=False, js_on_load=None)


def make_page(asking: Asking) -> gr.Blocks:
    """The page over one `Asking`; nothing of it is shared between sessions but that."""
    settings = asking.settings
    with gr.Blocks(title=f"{words.NAME.zh} · {words.NAME.en}", analytics_enabled=False) as page:
        earlier = gr.State((), time_to_live=FORGET_AFTER)
        _plain(_header(), "top")
        _plain(_welcome(settings.retention_days), "welcome")
        _plain('<div class="log"></div>', "past")
        now = _plain("", "now")
        with gr.Column(elem_id="composer"):
            with gr.Row(elem_id="box"):
                question = gr.Textbox(
                    label=words.QUESTION.zh, placeholder=words.PLACEHOLDER.zh, show_label=False, container=False,
                    lines=1, max_lines=6, autofocus=True, elem_id="question", scale=1)
                send = [gr.Button(words.SEND.say(lang), variant="primary", elem_id=f"send-{lang}",
                                  elem_classes=[f"ui-{lang}"], min_width=64, scale=0) for lang in LANGUAGES]
            # The script writes here which facets to leave out; hidden by style, because gradio drops invisible values.
            taken_away = gr.Textbox(show_label=False, container=False, elem_id="taken-away", elem_classes=["sr-only"])
            with gr.Row(elem_id="under"):
                _plain(f'<p class="hint">{both(words.KEYS)}</p>')
                anew = [gr.Button(words.NEW.say(lang), elem_id=f"new-{lang}", elem_classes=[f"ui-{lang}", "quiet"],
                                  min_width=64, scale=0, size="sm") for lang in LANGUAGES]
        _plain(handover_dialog(settings.hotline, settings.retention_days), "handover-place")
        running = gr.on(
            [question.submit, *(button.click for button in send)], asking.ask, [question, earlier, taken_away],
            [now, question, earlier, taken_away], js=_KEEP, show_progress="hidden", trigger_mode="once",
            concurrency_limit=AT_ONCE, concurrency_id="ask", api_visibility="private")
        gr.on([button.click for button in anew], start_anew, None, [now, earlier], js=_CLEAR, cancels=[running],
              show_progress="hidden", api_visibility="private")
    page.queue(max_size=WAITING, api_open=False, default_concurrency_limit=AT_ONCE)
    return page
