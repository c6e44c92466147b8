"""What a curated reply says: title, questions it answers, sentences in both languages with the ground of each."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import msgspec

from assistant.corpus.review import LONGEST
from assistant.desk.refusals import Unacceptable
from assistant.types import Record, Statement, Words

#: Bounds that also hold for drafts: sentences, questions in one language, markets or products.
MOST_STATEMENTS, MOST_QUESTIONS, MOST_IDS = 12, 20, 60
#: Characters of a question, of a title, and of each part of a ground.
LONGEST_QUESTION, LONGEST_TITLE, LONGEST_ID = 200, 160, 160
LONGEST_GROUND = {"url": 1000, "publisher": 200, "read": 10, "tier": 16, "locator": 200, "record": LONGEST_ID, "statement": 32}

FindStatement = Callable[[str, str], tuple[Record, Statement] | None]

_UNSAID = Words("", "")
TOO_MUCH = Words("内容超出了长度限制:", "This is more than a reply may hold: ")
SHORTEN = Words("请删减后再保存,页面上的内容还在。", "Shorten it and save again; what you wrote is still on the page.")


@dataclass(frozen=True, slots=True)
class Ground:
    """What a sentence rests on: a statement of the library (`record`, `statement`), or a page that staff read.

    title … instrument: that page. For a statement they are the library's own, frozen with its sentence (`quote`) when the
    reply is saved, and empty where the library names no page: the sentence is then general knowledge.
    """

    record: str = ""
    statement: str = ""
    title: Words | None = None
    url: str = ""
    publisher: str = ""
    tier: str = ""
    read: str = ""
    locator: str = ""
    instrument: str = ""
    quote: Words | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence in both languages; either may be missing in a draft."""

    zh: str = ""
    en: str = ""
    citation: Ground | None = None


@dataclass(frozen=True, slots=True)
class Questions:
    """Questions that the reply answers, as people ask them."""

    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """One version's text. markets, products: ids of the vocabulary; valid_until: last ISO day, None for no end."""

    title: Words = _UNSAID
    questions: Questions = Questions()
    statements: tuple[Sentence, ...] = ()
    markets: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    valid_until: str | None = None


def digest(content: Content) -> str:
    """sha256 in hex over everything the content says."""
    return hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()


def rests_on(content: Content) -> tuple[tuple[str, str], ...]:
    """(record, statement) of the library that the sentences were derived from, each once."""
    grounds = [s.citation for s in content.statements if s.citation and s.citation.record]
    return tuple(dict.fromkeys((g.record, g.statement) for g in grounds))


def is_stale(content: Content, find: FindStatement) -> bool:
    """Whether a statement that it rests on has gone from the library."""
    return any(find(*place) is None for place in rests_on(content))


def _line(text: str) -> str:
    """One line without control characters, which would end a line of the record file or trip over a database."""
    legible = (" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in {"Cc", "Cs"})
    return " ".join("".join(legible).split())


def _both(words: Words) -> Words:
    return Words(_line(words.zh), _line(words.en))


def _lines(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for line in map(_line, texts) if line))


def _grounded(ground: Ground, find: FindStatement) -> Ground | None:
    """The ground as it is kept: a statement with the library's page as it is now, or the page that was named."""
    record_id, statement_id = _line(ground.record), _line(ground.statement)
    if record_id or statement_id:
        found = find(record_id, statement_id)
        if found is None:
            return Ground(record_id, statement_id)
        record, statement = found
        source = record.source(statement.source)
        if source is None:
            return Ground(record_id, statement_id, quote=statement.words)
        return Ground(record_id, statement_id, source.title, source.url, source.publisher, source.tier, source.read,
                      statement.locator or "", source.instrument or "", statement.words)
    title = _both(ground.title) if ground.title else _UNSAID
    page = Ground("", "", title if title.zh or title.en else None, _line(ground.url), _line(ground.publisher),
                  _line(ground.tier), _line(ground.read), _line(ground.locator))
    return None if page == Ground() else page


def kept_form(content: Content, find: FindStatement) -> Content:
    """The content as it is saved: legible single lines, nothing empty or twice, grounds taken from the library itself.

    Raises Unacceptable when it is larger than a draft may be.
    """
    sentences = [Sentence(_line(s.zh), _line(s.en), _grounded(s.citation, find) if s.citation else None)
                 for s in content.statements]
    kept = replace(
        content, title=_both(content.title), questions=Questions(_lines(content.questions.zh), _lines(content.questions.en)),
        statements=tuple(s for s in sentences if s != Sentence()), markets=_lines(content.markets),
        products=_lines(content.products), valid_until=_line(content.valid_until or "") or None)
    over = list(_over(kept))
    if over:
        raise Unacceptable(Words(TOO_MUCH.zh + ";".join(w.zh for w in over) + "。",
                                 TOO_MUCH.en + "; ".join(w.en for w in over) + "."), SHORTEN)
    return kept


def _over(content: Content) -> Iterator[Words]:
    """What is longer than a draft may be."""
    if len(content.statements) > MOST_STATEMENTS:
        yield Words(f"正文最多{MOST_STATEMENTS}句", f"at most {MOST_STATEMENTS} statements")
    for name, texts in (("中文", content.questions.zh), ("英文", content.questions.en)):
        if len(texts) > MOST_QUESTIONS:
            english = "Chinese" if name == "中文" else "English"
            yield Words(f"{name}问法最多{MOST_QUESTIONS}条", f"at most {MOST_QUESTIONS} {english} questions")
    for i, text in enumerate((*content.questions.zh, *content.questions.en), 1):
        if len(text) > LONGEST_QUESTION:
            yield Words(f"第{i}条问法超过{LONGEST_QUESTION}字", f"question {i} has more than {LONGEST_QUESTION} characters")
    if max(len(content.title.zh), len(content.title.en)) > LONGEST_TITLE:
        yield Words(f"标题超过{LONGEST_TITLE}字", f"the title has more than {LONGEST_TITLE} characters")
    for i, sentence in enumerate(content.statements, 1):
        for name, english, text, most in (("中文", "Chinese", sentence.zh, LONGEST["zh"]), ("英文", "English", sentence.en, LONGEST["en"])):
            if len(text) > most:
                yield Words(f"第{i}句{name}有{len(text)}个字符,最多{most}个",
                            f"the {english} line of statement {i} has {len(text)} characters, at most {most}")
        if sentence.citation and _too_long(sentence.citation):
            yield Words(f"第{i}句的出处太长", f"the citation of statement {i} is too long")
    for ids in (content.markets, content.products):
        if len(ids) > MOST_IDS or any(len(i) > LONGEST_ID for i in ids):
            yield Words(f"市场和产品各最多{MOST_IDS}个", f"at most {MOST_IDS} markets and {MOST_IDS} products")
    if len(content.valid_until or "") > 10:
        yield Words("有效期要写成年-月-日", "the last day of validity is a date")


def _too_long(ground: Ground) -> bool:
    if ground.record and ground.quote:  # the library's own words, which have their own bounds
        return False
    title = ground.title or _UNSAID
    return (any(len(getattr(ground, name)) > most for name, most in LONGEST_GROUND.items())
            or max(len(title.zh), len(title.en)) > LONGEST_TITLE)
