"""Telephone and identity numbers and mail addresses made unreadable before text is kept for figures, replay or logs."""

from __future__ import annotations

import re

import phonenumbers
from stdnum.cn import ric

#: Where numbers without a country code are taken to be from.
REGION = "CN"
_IDENTITY = re.compile(r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])")
#: Also after the country code without a plus; no customs heading begins with 8613 to 8619.
_MOBILE = re.compile(r"(?<![0-9.])(?:(?:00)?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?![0-9.])")
_MAIL = re.compile(r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_WRITTEN_AS_PHONE = re.compile(r"^\+|^0\d{2,3}[ -]|^\(0\d{2,3}\)")
SHOWN = "*"
#: Full-width letters, digits and signs, as a Chinese keyboard also types them, and what they stand for.
_WIDE = {0x3000: " ", **{wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)}}


def _keep_ends(text: str, first: int, last: int) -> str:
    """`text` with stars for all letters and digits but the first and last few."""
    places = [i for i, c in enumerate(text) if c.isalnum()]
    hidden = set(places[first : len(places) - last] if len(places) > first + last else places)
    return "".join(SHOWN if i in hidden else c for i, c in enumerate(text))


def masked(text: str) -> str:
    """`text` with telephone numbers, identity numbers (checked by their check digit) and mail addresses starred out.

    Customs codes and standard numbers stay: a number without a country or area code counts only as a mobile one.
    """
    hidden = _masked(text.translate(_WIDE))
    return "".join(SHOWN if star == SHOWN else c for c, star in zip(text, hidden, strict=True))


def _masked(text: str) -> str:
    """The same, of text without full-width signs; as long as the text."""
    text = _IDENTITY.sub(lambda m: _keep_ends(m[0], 6, 2) if ric.is_valid(m[0]) else m[0], text)
    text = _MOBILE.sub(lambda m: _keep_ends(m[0], 3, 4), text)
    found = [(m.start, m.end) for m in phonenumbers.PhoneNumberMatcher(text, REGION)
             if _WRITTEN_AS_PHONE.match(m.raw_string)]
    for start, end in reversed(found):
        text = text[:start] + _keep_ends(text[start:end], 3, 2) + text[end:]
    return _MAIL.sub(lambda m: _keep_ends(m[0].split("@")[0], 1, 0) + "@" + m[0].split("@")[1], text)


def masked_contact(text: str) -> str:
    """A contact as shown to those who do not look after the case: enough to recognise a caller, not to reach one."""
    hidden = masked(text)
    return hidden if hidden != text or not text else _keep_ends(text, 1, 1)
