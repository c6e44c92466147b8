"""Which language a question is in, and whether we can read it."""

from __future__ import annotations

import re
import unicodedata

from assistant.errors import QuestionRefused
from assistant.types import Language

LONGEST_QUESTION = 2000
_SCRIPTS = (("HIRAGANA", "日本語"), ("KATAKANA", "日本語"), ("HANGUL", "한국어"), ("CYRILLIC", "русский"),
            ("ARABIC", "العربية"), ("THAI", "ไทย"), ("HEBREW", "עברית"), ("DEVANAGARI", "हिन्दी"), ("GREEK", "Ελληνικά"))
_ONLY_URL = re.compile(r"^\s*(https?://|www\.)\S+\s*$", re.I)


def clean(question: str) -> str:
    """The question without control characters, white space single. Raises QuestionRefused when nothing can be asked."""
    text = "".join(" " if c in "\n\r\t" else c for c in unicodedata.normalize("NFC", question)
                   if c in "\n\r\t" or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    text = " ".join(text.split())
    if not text:
        raise QuestionRefused("没有收到问题。 The question is empty.",
                              "请写明产品、出口市场和想问的事。 Please name the product, the market and what you want to know.")
    if len(text) > LONGEST_QUESTION:
        raise QuestionRefused(
            f"问题有{len(text)}个字符,超过了{LONGEST_QUESTION}个。 The question has {len(text)} characters; the limit is {LONGEST_QUESTION}.",
            "请只留产品、市场和要问的事,再发一次。 Please shorten it to product, market and what you want to know.")
    if _ONLY_URL.match(text):
        raise QuestionRefused("收到的只有一个网址,本助手不打开网页。 Only a web address was sent; the assistant opens no pages.",
                              "请把要问的事写成一句话。 Please write your question in words.")
    if not any(c.isalnum() for c in text):
        raise QuestionRefused("问题里没有文字。 The question holds no words.",
                              "请写明产品、出口市场和想问的事。 Please name the product, the market and what you want to know.")
    return text


def question_language(text: str) -> Language:
    """zh when Chinese characters carry the question, en when Latin letters do. Raises QuestionRefused for other scripts."""
    counts: dict[str, int] = {}
    han = latin = 0
    for character in text:
        if not character.isalpha():
            continue
        name = unicodedata.name(character, "")
        if name.startswith("CJK"):
            han += 1
        elif name.startswith("LATIN"):
            latin += 1
        else:
            for script, _ in _SCRIPTS:
                if name.startswith(script):
                    counts[script] = counts.get(script, 0) + 1
    other = sum(counts.values())
    if other > 2 and other * 2 > han + latin / 4:
        raise QuestionRefused("目前只能用中文或英文提问。 Questions can be asked in Chinese or English only.",
                              "请换成中文或英文再问一次。 Please ask again in Chinese or English.")
    return "zh" if han else "en"
