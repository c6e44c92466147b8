"""The queue of knowledge gaps: likeness with a real embedder, ranking, closing, asking again."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from assistant.answering.answerer import Answerer
from assistant.desk.accounts import Accounts
from assistant.desk.audit import Audit
from assistant.desk.database import Database
from assistant.desk.gaps import Gap, Gaps, place_of
from assistant.desk.people import OPERATOR, SYSTEM, VISITOR, Actor
from assistant.desk.refusals import Changed, NotAllowed, NotHere, Unacceptable
from assistant.index.load import LoadedIndex
from assistant.types import Answer

MARKS = ("充电宝去日本贴哪个标", "我的充电宝去日本贴哪个PSE标", "充电宝去日本要贴什么标")
OTHER = "圆形PSE的技术证据能用IECEE CB报告吗"


@pytest.fixture
def queue(database: Database, audit: Audit, clock: Any) -> Gaps:
    return Gaps(database, audit, clock)


@pytest.fixture
def encode(small: LoadedIndex) -> Any:
    return small.embedder.encode


def _seen(queue: Gaps, encode: Any, question: str, markets: Sequence[str] = ("JP",), products: Sequence[str] = ("power-bank",),
          **more: Any) -> Gap:
    return queue.seen(question, "zh", markets, products, more.pop("reason", "abstained"), encode, **more)


def test_paraphrases_of_one_question_are_one_gap(queue: Gaps, encode: Any) -> None:
    found = [_seen(queue, encode, text) for text in MARKS]
    assert len({g.id for g in found}) == 1
    assert found[-1].times == 3 and found[-1].question == MARKS[0]
    assert [a.question for a in queue.get(found[0].id).questions].count(MARKS[1]) == 1


def test_a_question_about_something_else_is_another_gap(queue: Gaps, encode: Any) -> None:
    assert _seen(queue, encode, MARKS[0]).id != _seen(queue, encode, OTHER).id


def test_the_same_words_about_another_market_or_product_are_another_gap(queue: Gaps, encode: Any) -> None:
    ids = {_seen(queue, encode, MARKS[0]).id, _seen(queue, encode, MARKS[0], ("KR",)).id,
           _seen(queue, encode, MARKS[0], ("JP",), ()).id, _seen(queue, encode, MARKS[0], (), ()).id}
    assert len(ids) == 4


def test_the_order_of_markets_does_not_matter(queue: Gaps, encode: Any) -> None:
    assert _seen(queue, encode, MARKS[0], ("JP", "KR")).id == _seen(queue, encode, MARKS[0], ("KR", "JP", "JP")).id
    assert len(place_of([f"X{i}" for i in range(300)], ["a"])) <= 400


def test_texts_that_the_embedder_knows_nothing_of_meet_only_when_typed_alike(queue: Gaps) -> None:
    def blank(texts: Sequence[str]) -> np.ndarray:
        return np.zeros((len(texts), 4), dtype=np.float32)

    first, same, other = (_seen(queue, blank, text, (), ()) for text in ("👍👍", " 👍👍", "👎"))
    assert first.id == same.id != other.id


def test_numbers_that_reach_a_person_are_masked_and_hostile_text_is_kept_as_text(queue: Gaps, encode: Any) -> None:
    gap = _seen(queue, encode, "我电话13812345678,充电宝\0去日本<script>alert(1)</script>' OR 1=1 --\ud800", note="找我 a.b@c.cn")
    shown = queue.get(gap.id)
    assert "13812345678" not in shown.gap.question and "\0" not in shown.gap.question
    assert "<script>alert(1)</script>' OR 1=1 --" in shown.gap.question
    assert "a.b@c.cn" not in shown.questions[0].note
    assert [g.id for g in queue.listed(text="<script>")] == [gap.id]
    assert queue.listed(text="%") == [] and queue.listed(text="\0") == queue.listed()
    assert len(_seen(queue, encode, "日" * 5000).question) == 2000


def test_one_answer_counts_once_for_each_reason(queue: Gaps, encode: Any) -> None:
    for reason in ("abstained", "abstained", "thumbs-down", "thumbs-down"):
        gap = _seen(queue, encode, MARKS[0], reason=reason, answer_id="answer-one")
    assert gap.times == 2
    assert {a.reason for a in queue.get(gap.id).questions} == {"abstained", "thumbs-down"}
    # The same answer flagged in other words stays with its gap.
    assert _seen(queue, encode, OTHER, reason="flag", answer_id="answer-one").id == gap.id


def test_many_at_once_make_no_duplicates(queue: Gaps, encode: Any) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda i: _seen(queue, encode, MARKS[i % 3], answer_id=f"a{i}"), range(24)))
    assert len({g.id for g in found}) == 1
    gap, = queue.listed()
    assert gap.times == 24 and len(queue.get(gap.id).questions) == 24


def test_what_was_asked_lately_ranks_above_what_was_asked_more_often_long_ago(queue: Gaps, encode: Any, clock: Any) -> None:
    for _ in range(4):
        old = _seen(queue, encode, MARKS[0])
    clock.forward(days=90)
    new = _seen(queue, encode, OTHER)
    assert [g.id for g in queue.listed()] == [new.id, old.id]
    assert [g.rank for g in queue.listed()] == [1.0, 0.5]
    _seen(queue, encode, MARKS[1])
    assert [(g.id, g.rank) for g in queue.listed()] == [(old.id, 1.5), (new.id, 1.0)]
    clock.forward(days=-30)
    assert max(g.rank for g in queue.listed()) == 2.0  # with the clock set back, nothing counts more than once


def test_an_assignee_makes_it_assigned_and_gives_it_back(queue: Gaps, encode: Any, staff: Actor, other: Actor) -> None:
    gap = _seen(queue, encode, MARKS[0])
    taken = queue.change(staff, gap.id, 1, assignee=other.account)
    assert (taken.status, taken.assignee, taken.assignee_name, taken.version) == ("assigned", other.account, "wang.wei", 2)
    assert [g.id for g in queue.listed("assigned")] == [gap.id] and queue.listed("open") == []
    assert queue.change(staff, gap.id, 2, status="open").assignee is None
    assert queue.change(staff, gap.id, 3, assignee=staff.account).status == "assigned"
    assert queue.change(staff, gap.id, 4, assignee="").status == "open"
    with pytest.raises(Unacceptable):
        queue.change(staff, gap.id, 5, status="assigned")


def test_only_active_staff_can_look_after_a_gap(queue: Gaps, encode: Any, staff: Actor, accounts: Accounts) -> None:
    gap = _seen(queue, encode, MARKS[0])
    visitor, _ = accounts.create(OPERATOR, "visitor.one", "visitor")
    gone, _ = accounts.create(OPERATOR, "gone", "staff")
    accounts.change(OPERATOR, gone.id, 1, status="suspended")
    for account in (visitor.id, gone.id, "nobody", "no\0body"):
        with pytest.raises(Unacceptable):
            queue.change(staff, gap.id, 1, assignee=account)
    assert queue.get(gap.id).gap.version == 1


def test_closing_needs_a_record_or_a_reason_and_keeps_the_library(queue: Gaps, encode: Any, staff: Actor, clock: Any) -> None:
    gap = _seen(queue, encode, MARKS[0])
    with pytest.raises(Unacceptable):
        queue.change(staff, gap.id, 1, status="closed", library="sha256:1")
    with pytest.raises(Unacceptable):
        queue.change(staff, gap.id, 1, status="closed", record="none-such", library="sha256:1", holds=lambda record: False)
    closed = queue.change(staff, gap.id, 1, status="closed", record="jp-pse-circle", library="sha256:1")
    assert (closed.status, closed.record, closed.closed_library) == ("closed", "jp-pse-circle", "sha256:1") and closed.closed_at
    with pytest.raises(Unacceptable):
        queue.change(staff, gap.id, 2, record="")
    # What is asked after that is a gap again, and a new one.
    assert _seen(queue, encode, MARKS[0]).id != gap.id
    opened = queue.change(staff, gap.id, 2, status="open")
    assert (opened.status, opened.closed_at, opened.closed_library, opened.record) == ("open", None, "", "jp-pse-circle")


def test_the_last_writer_is_told(queue: Gaps, encode: Any, staff: Actor, other: Actor) -> None:
    gap = _seen(queue, encode, MARKS[0])
    queue.change(staff, gap.id, gap.version, resolution="写给审阅人")
    with pytest.raises(Changed):
        queue.change(other, gap.id, gap.version, resolution="另一种写法")
    assert queue.get(gap.id).gap.resolution == "写给审阅人"
    # Another question does not get in the way of who edits.
    _seen(queue, encode, MARKS[1])
    assert queue.change(other, gap.id, 2, resolution="再改").version == 3


def test_a_visitor_changes_nothing_and_what_is_not_there_is_not_found(queue: Gaps, encode: Any, staff: Actor) -> None:
    gap = _seen(queue, encode, MARKS[0])
    with pytest.raises(NotAllowed):
        queue.change(VISITOR, gap.id, 1, resolution="x")
    for call in (lambda: queue.get("none"), lambda: queue.change(staff, "none", 1, record="x")):
        with pytest.raises(NotHere):
            call()
    with pytest.raises(Unacceptable):
        queue.change(staff, gap.id, 1, status="done")


def test_open_gaps_are_asked_again_once_per_library(queue: Gaps, encode: Any, small_answerer: Answerer, staff: Actor,
                                                    audit: Audit, clock: Any) -> None:
    def ask(question: str) -> Answer:
        asked.append(question)
        return small_answerer.answer(question, (), "2026-11-22")

    asked: list[str] = []
    known = _seen(queue, encode, MARKS[0])
    unknown = _seen(queue, encode, "柬埔寨空调要什么认证", ("KH",), ("air-conditioner",))
    shut = _seen(queue, encode, "没人再问的事", (), ())
    queue.change(staff, shut.id, 1, status="closed", resolution="不属于咨询范围")
    answered = queue.ask_again(ask, "sha256:1")
    assert [g.id for g in answered] == [known.id] and sorted(asked) == sorted([known.question, unknown.question])
    again = queue.get(known.id)
    assert again.gap.answered_now and again.gap.asked_library == "sha256:1" and again.gap.version == 1
    assert again.asked_answer and again.asked_answer["question"] == MARKS[0] and again.asked_answer["citations"]
    assert not queue.get(unknown.id).gap.answered_now
    assert queue.ask_again(ask, "sha256:1") == [] and len(asked) == 2
    assert queue.ask_again(ask, "sha256:1", also_unanswered=True) == [] and asked[2:] == [unknown.question]
    assert [g.id for g in queue.ask_again(ask, "sha256:2")] == [known.id]
    lines = audit.lines(action="gap.ask-again")
    assert [line.detail["asked"] for line in lines] == [2, 1, 2] and {line.actor for line in lines} == {SYSTEM.account}


def test_a_gap_that_fails_does_not_stop_the_others(queue: Gaps, encode: Any, small_answerer: Answerer) -> None:
    def ask(question: str) -> Answer:
        if question == OTHER:
            raise RuntimeError("broken")
        return dataclasses.replace(small_answerer.answer(MARKS[0], (), "2026-11-22"), question=question)

    good, bad = _seen(queue, encode, MARKS[0]), _seen(queue, encode, OTHER)
    assert [g.id for g in queue.ask_again(ask, "sha256:1")] == [good.id]
    assert queue.get(bad.id).gap.asked_library == "" and list(queue.to_ask("sha256:1")) == [bad.id]


def test_every_change_by_people_is_in_the_audit_log(queue: Gaps, encode: Any, staff: Actor, audit: Audit) -> None:
    gap = _seen(queue, encode, MARKS[0], reason="flag", note="客户等着", actor=staff)
    _seen(queue, encode, MARKS[1])
    queue.change(staff, gap.id, 1, resolution="电话13812345678")
    lines = audit.lines(object_id=gap.id)
    assert [(line.action, line.actor) for line in lines] == [("gap.change", staff.account), ("gap.flag", staff.account)]
    assert lines[0].detail == {"fields": ["resolution"], "status": "open"}
    assert audit.broken() is None


def test_times_are_utc_moments(queue: Gaps, encode: Any, clock: Any) -> None:
    clock.now = datetime.datetime(2026, 11, 23, 1, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
    assert _seen(queue, encode, MARKS[0]).created_at == "2026-11-22T17:30:00.000000Z"
