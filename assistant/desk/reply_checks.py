"""What is still wrong in a curated reply: the library's own checker, run over it as a record file, and said in plain words."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.corpus.frontmatter import Complaint
from assistant.corpus.reader import RawRecord, read_content
from assistant.corpus.review import MARKUP, Known, review
from assistant.desk.refusals import Unacceptable
from assistant.desk.reply_content import Content, FindStatement, Ground, Sentence
from assistant.desk.reply_records import Rendered, record_file
from assistant.types import Words

_LINK = re.compile(r"\b[a-z][a-z0-9+.-]*://|\bwww\.|\b(?:javascript|data|mailto):", re.I | re.A)
_URL = re.compile(r"https?://[^\s<>\"']+", re.I)
#: What means something in a record file: a heading, a list item or source mark at the beginning, the place of a date.
_FORM = re.compile(r"^(?:#|-(?:\s|$)|\[)|[{}]")
_PATH = Path("guides/reply.md")
#: What the checker complains of, in words for the desk: what it says (with groups), then zh, and en where its own will not do.
_PLAIN: tuple[tuple[re.Pattern[str], str, str], ...] = tuple((re.compile(said), zh, en) for said, zh, en in (
    (r"hold different figures \((.*)\)", "中英文的数字不一致({0})。请两边写同样的数字和日期。", ""),
    (r"one line denies", "中英文一边是否定、一边不是。请让两边意思一致。", ""),
    (r"the first line is not Chinese", "中文栏里没有汉字。", "the Chinese line holds no Chinese."),
    (r"the English line holds Chinese", "英文里有汉字。请翻译,或写成拼音。", ""),
    (r"is (\d+) characters long", "有{0}个字符,太长。请分成几句。", "is {0} characters long. Write several statements."),
    (r"a number in square brackets", "有方括号里的数字,会被当成引用编号。文号请用〔〕。", ""),
    (r"holds markup or an address", "有网址或排版符号。请只写文字,网址填在出处里。",
     "holds markup or an address. Write plain words; addresses belong to the citation."),
    (r"a date in another form", "日期写法不对。请写成2025年12月25日和25 December 2025。", ""),
    (r"an invisible character", "有看不见的字符。请重新输入这一句。", ""),
    (r"holds a day", "中英文的日期对不上。请写成2025年12月25日和25 December 2025。",
     "holds a day that the other language lacks. Write 2025年12月25日 and 25 December 2025."),
    (r"a document number does not stand", "文号的年份要放在〔〕里,例如苏市监〔2024〕227号。", ""),
    (r"«(.*)» points at another", "“{0}”指的是别的句子。请直接写出认证、市场或产品的名称。", ""),
    (r"«(.*)» stands without", "“{0}”前面要写“中国”。", ""),
    (r"says the same as", "和前面的一句重复。请删掉一句。", "says the same as an earlier statement. Say it once."),
    (r"«(.*)» is unknown", "资料库里没有“{0}”。请从列表里选。", "«{0}» is not in the library. Choose from the list."),
))
_FIELDS = {"markets": Words("市场", "Markets"), "covers": Words("产品", "Products"),
           "sources": Words("出处", "Citations"), "milestones": Words("带日期的句子", "Statements with a date")}
HEAD = Words("还不能提交,有{n}处要改:", "This cannot be submitted yet; to correct: {n}.")
HOW = Words("请逐条改好,保存后再提交;草稿还在。", "Correct each, save and submit again; the draft is kept.")


@dataclass(frozen=True, slots=True)
class Held:
    """What replies need to know of the library in force."""

    find: FindStatement
    known: Known


def check_content(content: Content, held: Held, today: datetime.date) -> None:
    """Raises Unacceptable with every complaint, one a line; today: the day in China."""
    found = list(dict.fromkeys(complaints(content, held, today)))
    if found:
        n = len(found)
        raise Unacceptable(Words("\n".join([HEAD.zh.format(n=n), *(w.zh for w in found)]),
                                 "\n".join([HEAD.en.format(n=n), *(w.en for w in found)])), HOW)


def complaints(content: Content, held: Held, today: datetime.date) -> Iterator[Words]:
    """Everything that keeps the content from being put in force."""
    yield from _title_and_questions(content)
    if not content.statements:
        yield Words("正文还没有写。", "There is no statement yet.")
    sound: list[Sentence] = []
    for i, sentence in enumerate(content.statements):
        where = _statement(i)
        wrong = [*_lines(sentence), *_ground(sentence.citation, held, today)]
        yield from (Words(f"{where.zh}{w.zh}", f"{where.en}: {w.en}") for w in wrong)
        readable = not (_FORM.search(sentence.zh) or _FORM.search(sentence.en))
        sound.append(Sentence(sentence.zh, sentence.en, None if wrong else sentence.citation) if readable else Sentence())
    # The checker reads only whole records, so what was complained of above is left out or replaced.
    mended = replace(content, title=Words("题", "title"), statements=tuple(sound))
    yield from _checked(mended, held)
    if content.valid_until:
        last = _day(content.valid_until)
        if last is None:
            yield Words("有效期不是日期。", "The last day of validity is not a date.")
        elif last < today:
            yield Words("有效期已经过了。", "The last day of validity has passed.")


def _title_and_questions(content: Content) -> Iterator[Words]:
    for zh, en, text in (("中文标题", "The Chinese title", content.title.zh), ("英文标题", "The English title", content.title.en)):
        if not text:
            yield Words(f"缺{zh}。", f"{en} is missing.")
        elif _not_plain(text):
            yield Words(f"{zh}里有网址或排版符号。", f"{en} holds markup or an address.")
    if not (content.questions.zh or content.questions.en):
        yield Words("还没有写客户怎么问。", "There is no question that it answers yet.")
    for zh, en, texts in (("中文问法", "Chinese question", content.questions.zh), ("英文问法", "English question", content.questions.en)):
        for i, text in enumerate(texts, 1):
            if _not_plain(text):
                yield Words(f"第{i}条{zh}里有网址或排版符号。", f"{en} {i} holds markup or an address.")


def _lines(sentence: Sentence) -> Iterator[Words]:
    for zh, en, text in (("中文", "Chinese", sentence.zh), ("英文", "English", sentence.en)):
        if not text:
            yield Words(f"缺{zh}。", f"the {en} line is missing.")
        if _FORM.search(text):
            yield Words(f"{zh}里有排版符号。请只写文字。", f"the {en} line holds markup. Write plain words.")
        elif _LINK.search(text) and not MARKUP.search(text):
            yield Words(f"{zh}里有网址。请填在出处里。", f"the {en} line holds an address. Put it into the citation.")


def _not_plain(text: str) -> bool:
    # Signs that are not seen (Cf) turn a line around or hide in it.
    return bool(MARKUP.search(text) or _LINK.search(text)) or any(unicodedata.category(c) == "Cf" for c in text)


def _ground(ground: Ground | None, held: Held, today: datetime.date) -> Iterator[Words]:
    if ground is None:
        yield Words("没有出处。", "has no citation.")
        return
    if ground.record or ground.statement:
        if held.find(ground.record, ground.statement) is None:
            yield Words("引用的那句资料库里已经没有了。请重新选出处。", "cites a statement that the library no longer holds. Cite another.")
        return
    title = ground.title or Words("", "")
    if not (title.zh and title.en) or _not_plain(title.zh + " " + title.en):
        yield Words("的出处要有中英文标题(只写文字)。", "the page cited needs a title in both languages, in plain words.")
    if not _URL.fullmatch(ground.url):
        yield Words("的出处网址要以 http:// 或 https:// 开头。", "the address of the page cited begins with http:// or https://.")
    if not ground.publisher or _not_plain(ground.publisher):
        yield Words("的出处没有写发布单位。", "the page cited needs its publisher, in plain words.")
    if ground.tier not in {"official", "secondary"}:
        yield Words("的出处要选官方或非官方。", "say whether the page cited is official or secondary.")
    read = _day(ground.read)
    if read is None or read > today:
        yield Words("的出处要写查看日期,不能晚于今天。", "the page cited needs the day on which it was read, not after today.")
    if re.search(r"[\[\]]", ground.locator) or _not_plain(ground.locator):
        yield Words("的出处位置里不能有方括号或网址。", "the place on the page cited holds no brackets and no address.")


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        return None


def _checked(content: Content, held: Held) -> Iterator[Words]:
    """What the library's reader and checker say about the content as a record file."""
    whole = [i for i, s in enumerate(content.statements) if s.zh and s.en]
    rendered = record_file(replace(content, statements=tuple(content.statements[i] for i in whole)))
    raw, found = read_content(rendered.text.encode(), _PATH, Path("."))
    if raw is not None:
        found = [*found, *review(raw, held.known)]
        places = _places(raw, rendered, whole)
    else:
        places = {}
    for complaint in found:
        yield _in_plain_words(complaint, places)


def _places(raw: RawRecord, rendered: Rendered, whole: Sequence[int]) -> dict[int, int]:
    """Line of the file → sentence."""
    places = {s.line: whole[i] for s, i in zip(raw.statements, rendered.body, strict=True)}
    return places | {raw.document.line(("milestones", m)): whole[i] for m, i in enumerate(rendered.dated)}


def _in_plain_words(complaint: Complaint, places: dict[int, int]) -> Words:
    field, _, language = complaint.field.partition(".")
    if complaint.line in places and field not in {"markets", "covers", "sources"}:
        where = _statement(places[complaint.line])
        if language in {"zh", "en"}:
            where = Words(where.zh + ("中文" if language == "zh" else "英文"),
                          where.en + (" (Chinese)" if language == "zh" else " (English)"))
    else:
        where = _FIELDS.get(field, Words("正文", "Statements"))
    for said, zh, en in _PLAIN:
        if match := said.search(complaint.problem):
            groups = [g.replace("zh only: ", "只有中文有 ").replace("en only: ", "只有英文有 ") for g in match.groups()]
            english = en.format(*match.groups()) if en else f"{complaint.problem} {complaint.remedy}"
            return Words(f"{where.zh}:{zh.format(*groups)}", f"{where.en}: {english}")
    return Words(f"{where.zh}有排版符号,或写法不对。请只写文字。", f"{where.en}: holds markup or is not plain words.")


def _statement(i: int) -> Words:
    return Words(f"第{i + 1}句", f"Statement {i + 1}")
