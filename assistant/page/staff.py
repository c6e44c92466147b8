"""Where a reader meets the people behind the page: the hotline, a thumb under an answer, handing a conversation over."""

from __future__ import annotations

import json
import re

from assistant.page import words
from assistant.page.escaping import both, esc
from assistant.settings import Hotline
from assistant.types import Language, Words

#: Characters that the routes take.
LONGEST_COMMENT, LONGEST_CONTACT, LONGEST_COMPANY, LONGEST_REMARK = 1000, 200, 200, 1000


def for_days(said: Words, days: int) -> Words:
    """A sentence with the deployment's number of days filled in."""
    return Words(said.zh.format(days=days), said.en.format(days=days))


def _call(hotline: Hotline) -> str:
    dial = re.sub(r"[^0-9+*#]", "", hotline.phone)
    phone = f'<a href="tel:{esc(dial)}">{esc(hotline.phone)}</a>' if dial else esc(hotline.phone)
    return " · ".join(part for part in (esc(hotline.name), phone, esc(hotline.hours)) if part)


def hotline_box(hotline: Hotline, language: Language) -> str:
    """The deployment's hotline with a link that dials, or nothing when none is set."""
    if not hotline:
        return ""
    return f'<div class="hotline"><p><strong>{esc(words.HOTLINE.say(language))}</strong> {_call(hotline)}</p></div>'


def person_button(language: Language) -> str:
    """Opens the dialog of `handover_dialog`."""
    return (f'<button type="button" class="quiet" data-action="person" aria-haspopup="dialog">'
            f"{esc(words.PERSON.say(language))}</button>")


def person_box(hotline: Hotline, language: Language) -> str:
    """What an abstention offers instead of an answer: the hotline where there is one, and to be called back."""
    said = (f"<strong>{esc(words.HOTLINE.say(language))}</strong> {_call(hotline)}" if hotline
            else esc(words.PERSON_WHY.say(language)))
    return f'<div class="hotline"><p>{said}</p>{person_button(language)}</div>'


def thumbs(language: Language) -> tuple[str, str]:
    """The two buttons, and what belongs below them: the comment (shown after a thumb down) and what was recorded."""
    buttons = "".join(
        f'<button type="button" class="quiet thumb {verdict}" data-action="thumb" data-verdict="{verdict}" '
        f'aria-pressed="false"><span>{esc(said.say(language))}</span></button>' for verdict, said in words.THUMB.items())
    group = f'<div class="thumbs" role="group" aria-label="{esc(words.USEFUL.say(language))}">{buttons}</div>'
    comment = (f'<p class="said" role="status"></p>'
               f'<form class="comment" data-form="comment" hidden><label><span>{esc(words.COMMENT.say(language))}</span>'
               f'<input type="text" name="comment" maxlength="{LONGEST_COMMENT}" autocomplete="off"></label>'
               f'<button type="submit" class="quiet">{esc(words.COMMENT_SEND.say(language))}</button></form>')
    return group, comment


def _field(name: str, label: Words, inner: str) -> str:
    return f'<label class="field" for="handover-{name}">{both(label)}{inner}</label>'


def handover_dialog(hotline: Hotline, days: int) -> str:
    """The dialog that hands a conversation over, once per page. days: how long the case's personal data is kept."""
    channels = "".join(
        f'<label><input type="radio" name="channel" value="{channel}"{" checked" if channel == "phone" else ""}>'
        f"<span>{both(said)}</span></label>" for channel, said in words.CHANNELS.items())
    call = (f'<div class="hotline"><p><strong>{both(words.HOTLINE)}</strong> {_call(hotline)}</p></div>'
            if hotline else "")
    spoken = json.dumps({name: {"zh": said.zh, "en": said.en} for name, said in words.SPOKEN.items()}, ensure_ascii=False)
    form = (
        '<form data-form="handover" novalidate autocomplete="off">'
        f'<h2 id="handover-title" tabindex="-1">{both(words.PERSON)}</h2>'
        f'<p class="what">{both(for_days(words.PERSON_WHAT, days))}</p>'
        f"<fieldset><legend>{both(words.CHANNEL)}</legend>{channels}</fieldset>"
        + _field("contact", words.CONTACT, f'<input id="handover-contact" name="contact" type="text" required '
                 f'aria-describedby="handover-error" maxlength="{LONGEST_CONTACT}">')
        + _field("company", words.COMPANY, f'<input id="handover-company" name="company" type="text" '
                 f'maxlength="{LONGEST_COMPANY}">')
        + _field("note", words.REMARK, f'<textarea id="handover-note" name="note" rows="2" '
                 f'maxlength="{LONGEST_REMARK}"></textarea>')
        + '<label class="consent"><input type="checkbox" name="consent" required aria-describedby="handover-error">'
        f"<span>{both(words.CONSENT)}</span></label>"
        '<p class="error" id="handover-error" role="alert"></p>'
        '<div class="buttons"><button type="button" class="quiet" data-action="dismiss">'
        f'{both(words.CANCEL)}</button><button type="submit" class="primary">{both(words.HAND_OVER)}</button></div></form>')
    done = (
        f'<div class="done" hidden><h2 id="handover-done" tabindex="-1">{both(words.HANDED_OVER)}</h2>'
        f'<p>{both(words.CASE_NUMBER)} <strong class="case"></strong></p><p>{both(words.NEXT)}</p>{call}'
        f'<div class="buttons"><button type="button" class="primary" data-action="dismiss">{both(words.DONE)}</button></div></div>')
    return f'<dialog id="handover" aria-labelledby="handover-title" data-spoken="{esc(spoken)}">{form}{done}</dialog>'
