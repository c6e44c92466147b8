"""The workflow of curated replies: two people, versions, expiry, rollback, and what is in force."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from assistant.answering.answerer import Answerer
from assistant.assemble import make_answerer
from assistant.corpus.library import Library
from assistant.desk.audit import Audit
from assistant.desk.database import Database
from assistant.desk.people import VISITOR, Actor
from assistant.desk.refusals import Changed, NotAllowed, NotHere, Refused, Unacceptable
from assistant.desk.replies import Replies
from assistant.desk.reply_checks import Held
from assistant.desk.reply_content import Content, Ground, Questions, Sentence
from assistant.desk.reply_versions import Reply
from assistant.desk.tables import reply_versions
from assistant.index.load import LoadedIndex
from assistant.types import Record, Statement, Words
from tests.desk.grounds import held_by, statement

DAY = "2026-11-22"
QUESTION = "充电宝出口日本贴圆的还是菱形的PSE"
FIRST, SECOND = "充电宝去日本标圆形PSE。", "充电宝卖到日本,标志是圆形PSE。"


@pytest.fixture(scope="module")
def held(small_library: Library) -> Held:
    return held_by(small_library)


@pytest.fixture
def shelf(database: Database, audit: Audit, clock: Any) -> Replies:
    return Replies(database, audit, clock)


@pytest.fixture
def content(small_library: Library) -> Content:
    return Content(Words("充电宝去日本", "Power banks to Japan"), Questions((QUESTION,), ("Which PSE for a power bank?",)),
                   (Sentence(FIRST, "A power bank carries the circle PSE in Japan.",
                             statement(small_library, "jp-pse-circle", "不标菱形")),), ("JP",), ("power-bank",))


@pytest.fixture
def look(shelf: Replies, held: Held) -> Callable[[str], Reply]:
    return lambda reply_id: shelf.get(reply_id, held, DAY)[0]


@pytest.fixture
def submitted(shelf: Replies, held: Held, content: Content, staff: Actor) -> str:
    """A reply by `staff` that waits: version 2 of its row, number 1."""
    reply_id = shelf.create(staff, content, held)
    shelf.submit(staff, reply_id, 1, held)
    return reply_id


@pytest.fixture
def approved(shelf: Replies, held: Held, submitted: str, reviewer: Actor) -> str:
    """The same in force: version 3 of its row."""
    shelf.approve(reviewer, submitted, 2, 1, held)
    return submitted


def _second(content: Content) -> Content:
    return replace(content, statements=(replace(content.statements[0], zh=SECOND),))


def _said(replies: Replies) -> list[str]:
    return [s.words.zh for r in replies.in_force() for s in r.record.statements]


def test_a_reply_answers_only_after_a_second_person_approved_it(shelf: Replies, held: Held, content: Content, staff: Actor,
                                                                reviewer: Actor, look: Callable[[str], Reply]) -> None:
    reply_id = shelf.create(staff, content, held)
    assert (look(reply_id).state, look(reply_id).in_force, _said(shelf)) == ("draft", False, [])
    shelf.submit(staff, reply_id, 1, held)
    assert (look(reply_id).state, _said(shelf)) == ("submitted", [])
    shelf.approve(reviewer, reply_id, 2, 1, held, "核对过")
    reply, (version,) = shelf.get(reply_id, held, DAY)
    assert (reply.state, reply.in_force, reply.current, reply.version, reply.author_name) == ("approved", True, 1, 3, "li.na")
    assert (version.decided_by_name, version.note) == ("zhao.min", "核对过") and version.decided_at
    only, = shelf.in_force()
    assert only.record.id == f"reply:{reply_id}" and _said(shelf) == [FIRST] and only.record.checked == DAY


def test_who_wrote_a_version_cannot_decide_on_it_not_even_an_administrator(
        shelf: Replies, held: Held, content: Content, staff: Actor, reviewer: Actor, admin: Actor) -> None:
    made = {author: shelf.create(author, content, held) for author in (reviewer, admin)}
    for author, reply_id in made.items():
        shelf.submit(author, reply_id, 1, held)
        with pytest.raises(NotAllowed):
            shelf.approve(author, reply_id, 2, 1, held)
        with pytest.raises(NotAllowed):
            shelf.reject(author, reply_id, 2, 1, "不")
        # Nor with an old version of the row: who may not, is told so before anything else.
        with pytest.raises(NotAllowed):
            shelf.approve(author, reply_id, 1, 1, held)
        with pytest.raises(NotAllowed):
            shelf.approve(staff, reply_id, 2, 1, held)
    assert shelf.in_force() == ()
    shelf.approve(admin, made[reviewer], 2, 1, held)
    assert _said(shelf) == [FIRST]


def test_who_edits_another_persons_draft_becomes_the_author_of_a_new_version(
        shelf: Replies, held: Held, content: Content, staff: Actor, reviewer: Actor, look: Callable[[str], Reply]) -> None:
    reply_id = shelf.create(staff, content, held)
    shelf.edit(reviewer, reply_id, 1, _second(content), held)
    _, versions = shelf.get(reply_id, held, DAY)
    assert [(v.number, v.author_name, v.state) for v in versions] == [(2, "zhao.min", "draft"), (1, "li.na", "withdrawn")]
    with pytest.raises(NotAllowed):  # nobody hands in for approval what another wrote
        shelf.submit(staff, reply_id, 2, held)
    shelf.submit(reviewer, reply_id, 2, held)
    with pytest.raises(NotAllowed):
        shelf.approve(reviewer, reply_id, 3, 2, held)
    assert look(reply_id).state == "submitted"


def test_of_two_approvals_at_once_one_is_told(shelf: Replies, held: Held, submitted: str, reviewer: Actor, admin: Actor,
                                              audit: Audit) -> None:
    def decide(actor: Actor) -> str:
        try:
            shelf.approve(actor, submitted, 2, 1, held)
        except Refused as refused:
            return type(refused).__name__
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(decide, (reviewer, admin))) == ["Changed", "done"]
    assert len(audit.lines(object_id=submitted, action="reply.approve")) == 1


def test_editing_while_it_waits_takes_it_back(shelf: Replies, held: Held, content: Content, submitted: str, staff: Actor,
                                              reviewer: Actor) -> None:
    shelf.edit(staff, submitted, 2, _second(content), held)
    with pytest.raises(Changed):
        shelf.approve(reviewer, submitted, 2, 1, held)
    for number in (1, 2):  # what was read is no longer asked for, and the new draft is not yet
        with pytest.raises(Unacceptable):
            shelf.approve(reviewer, submitted, 3, number, held)
    _, versions = shelf.get(submitted, held, DAY)
    assert [(v.number, v.state, v.decided_by) for v in versions] == [(2, "draft", None), (1, "withdrawn", None)]
    shelf.submit(staff, submitted, 3, held)
    shelf.approve(reviewer, submitted, 4, 2, held)
    assert _said(shelf) == [SECOND]


def test_what_is_in_force_stays_while_a_new_version_is_written(shelf: Replies, held: Held, content: Content, approved: str,
                                                               staff: Actor, reviewer: Actor, look: Callable[[str], Reply]) -> None:
    before = shelf.in_force()
    shelf.edit(staff, approved, 3, _second(content), held)
    shelf.edit(staff, approved, 4, _second(content), held)  # one's own open draft is replaced, not multiplied
    shelf.submit(staff, approved, 5, held)
    assert shelf.in_force() is before and _said(shelf) == [FIRST]
    reply = look(approved)
    assert (reply.state, reply.in_force, reply.current, reply.content.statements[0].zh) == ("submitted", True, 1, SECOND)
    with pytest.raises(Unacceptable):
        shelf.reject(reviewer, approved, 6, 2, "  ")
    shelf.reject(reviewer, approved, 6, 2, "第一句不好懂")
    assert (look(approved).state, _said(shelf)) == ("rejected", [FIRST])
    shelf.edit(staff, approved, 7, _second(content), held)
    shelf.submit(staff, approved, 8, held)
    shelf.approve(reviewer, approved, 9, 3, held)
    assert _said(shelf) == [SECOND] and shelf.in_force() is not before
    assert [(v.number, v.state) for v in shelf.get(approved, held, DAY)[1]] == [(3, "approved"), (2, "rejected"), (1, "approved")]


def test_rollback_needs_a_second_person_too(shelf: Replies, held: Held, content: Content, approved: str, staff: Actor,
                                            reviewer: Actor, admin: Actor, look: Callable[[str], Reply]) -> None:
    shelf.edit(admin, approved, 3, _second(content), held)
    shelf.submit(admin, approved, 4, held)
    shelf.approve(reviewer, approved, 5, 2, held)
    with pytest.raises(NotAllowed):
        shelf.rollback(staff, approved, 6, 1, held)
    for number, refusal in ((2, Unacceptable), (7, NotHere)):
        with pytest.raises(refusal):
            shelf.rollback(reviewer, approved, 6, number, held)
    with pytest.raises(Changed):
        shelf.rollback(reviewer, approved, 5, 1, held)
    shelf.rollback(admin, approved, 6, 1, held)
    reply = look(approved)
    assert (_said(shelf), reply.current, reply.state, reply.content.statements[0].zh) == ([FIRST], 1, "approved", FIRST)
    with pytest.raises(NotAllowed):  # the second version is the administrator's own
        shelf.rollback(admin, approved, 7, 2, held)
    shelf.rollback(reviewer, approved, 7, 2, held)
    assert _said(shelf) == [SECOND]


def test_nothing_that_was_not_approved_comes_in_by_rollback(shelf: Replies, held: Held, content: Content, approved: str,
                                                            staff: Actor, reviewer: Actor) -> None:
    shelf.edit(staff, approved, 3, _second(content), held)
    for _ in ("draft", "submitted"):
        with pytest.raises(Unacceptable):
            shelf.rollback(reviewer, approved, shelf.get(approved, held, DAY)[0].version, 2, held)
        if shelf.get(approved, held, DAY)[0].state == "draft":
            shelf.submit(staff, approved, 4, held)
    shelf.withdraw(staff, approved, 5, "写错了")
    with pytest.raises(Unacceptable):
        shelf.rollback(reviewer, approved, 6, 1, held)
    assert shelf.in_force() == ()


def test_what_is_withdrawn_no_longer_answers(shelf: Replies, held: Held, content: Content, approved: str, other: Actor, staff: Actor,
                                             look: Callable[[str], Reply]) -> None:
    shelf.withdraw(other, approved, 3, "规定改了")
    assert shelf.in_force() == ()
    reply, (version,) = shelf.get(approved, held, DAY)
    assert (reply.state, reply.in_force, version.note, version.decided_by_name) == ("withdrawn", False, "规定改了", "wang.wei")
    with pytest.raises(Unacceptable):
        shelf.withdraw(other, approved, 4, "")
    shelf.edit(staff, approved, 4, content, held)
    assert look(approved).state == "draft"
    shelf.withdraw(staff, approved, 5, "不用了")
    assert look(approved).state == "withdrawn"


def test_a_reply_expires_the_day_after_its_last_day(shelf: Replies, held: Held, content: Content, staff: Actor, reviewer: Actor,
                                                    small: LoadedIndex) -> None:
    reply_id = shelf.create(staff, replace(content, valid_until="2026-11-30"), held)
    shelf.submit(staff, reply_id, 1, held)
    shelf.approve(reviewer, reply_id, 2, 1, held)
    assert [shelf.get(reply_id, held, day)[0].expired for day in ("2026-11-30", "2026-12-01")] == [False, True]
    answerer = make_answerer(small, replies=shelf.in_force)
    origins = [answerer.answer(QUESTION, (), day).citations[0].origin for day in ("2026-11-30", "2026-12-01")]
    assert origins == ["reply", "library"]


def test_an_expired_or_groundless_reply_is_not_put_in_force(shelf: Replies, held: Held, content: Content, staff: Actor, reviewer: Actor,
                                                            clock: Any) -> None:
    reply_id = shelf.create(staff, replace(content, valid_until="2026-11-30"), held)
    shelf.submit(staff, reply_id, 1, held)
    clock.forward(days=9)
    with pytest.raises(Unacceptable, match="有效期已经过了"):
        shelf.approve(reviewer, reply_id, 2, 1, held)
    clock.forward(days=-9)
    with pytest.raises(Unacceptable, match="资料库里已经没有了"):
        shelf.approve(reviewer, reply_id, 2, 1, replace(held, find=lambda record, statement: None))
    assert shelf.in_force() == ()


def test_a_reply_whose_ground_is_gone_is_stale_and_can_still_be_exported(shelf: Replies, held: Held, approved: str) -> None:
    def nowhere(record: str, statement: str) -> tuple[Record, Statement] | None:
        return None

    assert not shelf.get(approved, held, DAY)[0].stale
    gone = replace(held, find=nowhere)
    assert shelf.get(approved, gone, DAY)[0].stale and shelf.listed(gone, DAY)[0].stale
    exported, checked = shelf.export(approved, gone)
    assert checked == DAY and exported.statements[0].citation and exported.statements[0].citation.publisher == "UL"


def test_what_cannot_be_approved_is_not_exported(shelf: Replies, held: Held, staff: Actor) -> None:
    reply_id = shelf.create(staff, Content(), held)
    with pytest.raises(Unacceptable):
        shelf.export(reply_id, held)
    with pytest.raises(NotHere):
        shelf.export("none", held)


def test_an_incomplete_draft_is_kept_and_not_submitted(shelf: Replies, held: Held, staff: Actor, look: Callable[[str], Reply]) -> None:
    reply_id = shelf.create(staff, Content(statements=(Sentence("充电宝有3项。", "", Ground("none-such", "x")),)), held)
    with pytest.raises(Unacceptable) as refused:
        shelf.submit(staff, reply_id, 1, held)
    assert len(refused.value.said.zh.split("\n")) == 6
    assert (look(reply_id).state, look(reply_id).version, look(reply_id).content.statements[0].zh) == ("draft", 1, "充电宝有3项。")


def test_the_approved_reply_is_used_first_and_cited_with_its_ground_below(shelf: Replies, approved: str, small: LoadedIndex) -> None:
    answer = make_answerer(small, replies=shelf.in_force).answer(QUESTION, (), DAY)
    first, second = answer.citations[:2]
    assert (first.record, first.origin, first.basis, first.quote) == (f"reply:{approved}", "reply", "secondary", FIRST)
    assert (second.record, second.origin) == ("jp-pse-circle", "library") and not answer.abstained


def test_the_same_tuple_is_given_until_something_in_force_changes(shelf: Replies, held: Held, content: Content, approved: str,
                                                                  database: Database, audit: Audit, clock: Any, staff: Actor) -> None:
    first = shelf.in_force()
    shelf.used(approved)
    shelf.create(staff, content, held)
    assert shelf.in_force() is first
    elsewhere = Replies(database, audit, clock)  # another server
    elsewhere.withdraw(staff, approved, 3, "")
    assert shelf.in_force() == ()
    with ThreadPoolExecutor(8) as pool:
        assert len({id(t) for t in pool.map(lambda _: shelf.in_force(), range(64))}) == 1


def test_one_reply_that_cannot_be_read_leaves_the_others_answering(shelf: Replies, held: Held, content: Content, approved: str,
                                                                   database: Database, staff: Actor, reviewer: Actor) -> None:
    with database.writing() as connection:
        connection.execute(reply_versions.update().values(content={"statements": 5}))
    reply_id = shelf.create(staff, _second(content), held)
    shelf.submit(staff, reply_id, 1, held)
    shelf.approve(reviewer, reply_id, 2, 1, held)
    assert _said(shelf) == [SECOND]


def test_a_database_that_does_not_answer_costs_no_answer(clock: Any) -> None:
    down = Database("postgresql://nobody@127.0.0.1:1/none")
    assert Replies(down, Audit(down, clock), clock).in_force() == ()


def test_uses_are_counted(shelf: Replies, held: Held, approved: str, look: Callable[[str], Reply]) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(shelf.used, [approved, f"reply:{approved}"] * 10))
    assert look(approved).used == 20
    assert [r.used for r in shelf.listed(held, DAY)] == [20]


def test_the_last_writer_is_told_and_visitors_may_do_nothing(shelf: Replies, held: Held, content: Content, approved: str, staff: Actor,
                                                             other: Actor) -> None:
    shelf.edit(staff, approved, 3, _second(content), held)
    for late in (lambda: shelf.edit(other, approved, 3, content, held), lambda: shelf.submit(staff, approved, 3, held),
                 lambda: shelf.withdraw(other, approved, 3, "")):
        with pytest.raises(Changed):
            late()
    for refused in (lambda: shelf.create(VISITOR, content, held), lambda: shelf.edit(VISITOR, approved, 4, content, held),
                    lambda: shelf.submit(VISITOR, approved, 4, held), lambda: shelf.withdraw(VISITOR, approved, 4, "")):
        with pytest.raises(NotAllowed):
            refused()
    for lost in (lambda: shelf.get("none", held, DAY), lambda: shelf.edit(staff, "none", 1, content, held)):
        with pytest.raises(NotHere):
            lost()


def test_a_link_to_what_is_not_there_is_refused(shelf: Replies, held: Held, content: Content, staff: Actor) -> None:
    for link in ({"gap": "none"}, {"case": "none"}):
        with pytest.raises(Unacceptable):
            shelf.create(staff, content, held, **link)
    assert shelf.listed(held, DAY) == []


def test_lists_can_be_searched(shelf: Replies, held: Held, content: Content, approved: str, staff: Actor) -> None:
    draft = shelf.create(staff, replace(content, title=Words("100%草稿", "A draft")), held)
    assert [r.id for r in shelf.listed(held, DAY, "draft")] == [draft]
    assert [r.id for r in shelf.listed(held, DAY, text="100%")] == [draft] and shelf.listed(held, DAY, text="_") == []
    assert {r.id for r in shelf.listed(held, DAY)} == {draft, approved}


def test_every_step_is_in_the_audit_log_without_what_was_written(shelf: Replies, held: Held, content: Content, approved: str, staff: Actor,
                                                                 reviewer: Actor, audit: Audit) -> None:
    shelf.edit(staff, approved, 3, _second(content), held)
    shelf.withdraw(reviewer, approved, 4, "电话13812345678")
    lines = audit.lines(object_id=approved)
    assert [(line.action, line.actor, line.detail) for line in reversed(lines)] == [
        ("reply.create", staff.account, {"number": 1}), ("reply.submit", staff.account, {"number": 1}),
        ("reply.approve", reviewer.account, {"number": 1}), ("reply.edit", staff.account, {"number": 2}),
        ("reply.withdraw", reviewer.account, {"number": 1})]
    assert audit.broken() is None


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "'; DROP TABLE replies; --", "\0\ud800", "{date}", "=1+1"])
def test_hostile_text_is_kept_as_text_and_never_put_in_force(shelf: Replies, held: Held, content: Content, hostile: str, staff: Actor,
                                                             database: Database) -> None:
    bad = replace(content, title=Words(hostile, ""), statements=(Sentence(hostile, hostile, Ground(hostile, hostile)),), markets=(hostile,))
    reply_id = shelf.create(staff, bad, held)
    with pytest.raises(Unacceptable):
        shelf.submit(staff, reply_id, 1, held)
    with database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(reply_versions)).scalar_one() == 1
    msgspec.json.encode(shelf.listed(held, DAY))


def test_answering_without_replies_is_as_before(shelf: Replies, small_answerer: Answerer, small: LoadedIndex) -> None:
    with_none = make_answerer(small, replies=shelf.in_force).answer(QUESTION, (), DAY)
    assert with_none.answer == small_answerer.answer(QUESTION, (), DAY).answer
