"""`ask`: one question on the command line, or a batch of them."""

from __future__ import annotations

import argparse
import contextlib
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from tqdm import tqdm

from assistant.answering import phrases
from assistant.answering.answerer import Answerer
from assistant.answering.render import render
from assistant.assemble import open_answerer
from assistant.errors import AssistantError, BatchError, QuestionRefused
from assistant.folding import has_han
from assistant.settings import Settings, iso_date
from assistant.types import Answer, Facets, Segment, Turn


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("question", nargs="?", help="the question, in Chinese or English")
    parser.add_argument("--json", action="store_true", help="print the whole answer object")
    parser.add_argument("--as-of", metavar="YYYY-MM-DD", help="answer as of this day")
    parser.add_argument("--batch", type=Path, metavar="IN.jsonl", help="questions, one JSON object a line")
    parser.add_argument("--out", type=Path, metavar="OUT.jsonl", help="where the answers of a batch go (default: standard output)")


def encode(answer: Answer) -> bytes:
    """The answer as one line of JSON."""
    return msgspec.json.encode(answer)


def _turns(value: Any) -> list[Turn]:
    """Earlier turns of a batch line; a plain string counts as a user turn."""
    out = []
    for item in value or []:
        if isinstance(item, str):
            out.append(Turn("user", item))
        elif isinstance(item, dict) and isinstance(item.get("content"), str):
            out.append(Turn("assistant" if item.get("role") == "assistant" else "user", item["content"]))
    return out


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open(encoding="utf-8") as stream:
            for number, line in enumerate(stream, 1):
                if not line.strip():
                    continue
                item = msgspec.json.decode(line)
                if not isinstance(item, dict) or not isinstance(item.get("question"), str):
                    raise BatchError(f"Line {number} of {path} has no question.", 'Write {"id": "…", "question": "…"} on each line.')
                yield number, item
    except OSError as error:
        raise BatchError(f"{path} cannot be read ({error.strerror}).", "Name a file with one JSON object a line.") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BatchError(f"{path} is not a file of JSON lines.", "Write one JSON object a line, in UTF-8.") from None


def refused(question: str, question_id: str, error: AssistantError, as_of: str, library: str) -> Answer:
    """The answer to a question that could not be taken: unavailable, with problem and remedy."""
    segments = (Segment("notice", error.problem), Segment("next-step", error.remedy))
    return Answer(
        id=question_id, answer_id=secrets.token_urlsafe(12), question=question, language="zh" if has_han(question) else "en",
        standing="unavailable", answer=render(segments), abstained=True, segments=segments, citations=(),
        facets=Facets((), (), (), as_of, "refused"), notices=(), library=library)


def _batch(answerer: Answerer, options: argparse.Namespace, as_of: str) -> int:
    items = list(_lines(options.batch))
    try:
        target = options.out.open("wb") if options.out else contextlib.nullcontext(sys.stdout.buffer)
    except OSError as error:
        raise BatchError(f"{options.out} cannot be written ({error.strerror}).", "Name another file.") from None
    with target as out:
        for number, item in tqdm(items, file=sys.stderr, disable=not options.out, desc="questions"):
            question_id = str(item.get("id") or number)
            try:
                answer = answerer.worded(item["question"], _turns(item.get("history")), as_of, question_id)
            except QuestionRefused as error:
                answer = refused(item["question"], question_id, error, as_of, answerer.library)
            out.write(encode(answer) + b"\n")
    return 0


def run(options: argparse.Namespace, settings: Settings) -> int:
    as_of = iso_date(options.as_of, "--as-of") if options.as_of else settings.as_of()
    if bool(options.batch) == bool(options.question is not None):
        raise QuestionRefused("Give either a question or --batch.", 'For example: python -m assistant ask "充电宝出口日本要什么认证?"')
    answerer = open_answerer(settings)
    if options.batch:
        return _batch(answerer, options, as_of)
    answer = answerer.worded(options.question, (), as_of)
    if options.json:
        sys.stdout.buffer.write(msgspec.json.format(encode(answer), indent=1) + b"\n")
        return 0
    print(answer.answer)
    if answer.citations:
        print()
    for c in answer.citations:
        source = f"{c.source.title}, {c.source.read}" if c.source else "-"
        print(f"[{c.n}] {c.title} · {c.reference} · {c.basis} · {source} {c.url}".rstrip())
    for notice in answer.notices:
        print(notice)
    if answer.wording and answer.wording.notice:
        print(answer.wording.notice)
    if answer.unranked:
        print(phrases.UNRANKED.say(answer.language))
    return 0
