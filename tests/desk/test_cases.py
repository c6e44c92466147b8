"""Cases: what they keep, who may change them, what is found, and that the last of two writers is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from assistant.answering.answerer import Answerer
from assistant.desk.accounts import Accounts
from assistant.desk.audit import Audit
from assistant.desk.case_rows import CHANNELS, LONGEST_LINE, LONGEST_QUESTION, LONGEST_TEXT, STATUSES, Case, Entry
from assistant.desk.case_search import Filters
from assistant.desk.cases import Cases, Draft
from assistant.desk.database import Database
from assistant.desk.journal import Journal, Kept
from assistant.desk.people import OPERATOR, VISITOR, Actor
from assistant.desk.refusals import Changed, NotAllowed, NotHere, Refused, Unacceptable
from assistant.desk.tables import answers
from assistant.desk.tables import cases as cases_table
from assistant.types import Turn
from tests.desk.conftest import SettableClock

MOBILE = "138 1234 5678"
HOSTILE = "<img src=x onerror=alert(1)> ![](http://x/?q=1) =1+1 '; DROP TABLE cases; --"


@pytest.fixture
def cases(database: Database, audit: Audit, clock: SettableClock) -> Cases:
    return Cases(database, audit, clock)


@pytest.fixture
def keep(journal: Journal, small_answerer: Answerer) -> Callable[..., Kept]:
    """Ask the small library and keep the answer."""
    def asked(question: str, channel: str = "page", history: tuple[Turn, ...] = ()) -> Kept:
        answer = small_answerer.answer(question, history, "2026-11-22")
        journal.keep(answer, channel, {c.record: small_answerer.version(c.record) for c in answer.citations}, history)
        return journal.get(answer.answer_id)

    return asked


def draft(**values: Any) -> Draft:
    return Draft(**{"question": "电饭煲出口日本要做PSE吗?", "channel": "phone", **values})


def whole(cases: Cases, actor: Actor, case: Case) -> Case:
    return cases.open(actor, case.id)[0]


def history(cases: Cases, actor: Actor, case: Case) -> list[Entry]:
    return cases.open(actor, case.id)[1]


def found(cases: Cases, actor: Actor, **filters: str) -> set[str]:
    return {c.id for c in cases.find(actor, Filters(**filters)).cases}


# --- writing down ---


def test_a_case_is_kept_as_it_was_written_down_and_belongs_to_its_writer(cases: Cases, staff: Actor, clock: SettableClock) -> None:
    made = cases.create(staff, draft(company="甲公司", contact=MOBILE, product="电饭煲", products=("rice-cooker", "rice-cooker"),
                                     markets=("JP", "EU"), follow_up="2026-12-01"))
    assert made == whole(cases, staff, made)
    assert (made.status, made.origin, made.version, made.owner, made.owner_name) == ("open", "call", 1, staff.account, staff.name)
    assert (made.company, made.contact, made.contact_masked) == ("甲公司", MOBILE, False)
    assert (made.products, made.markets, made.follow_up) == (["rice-cooker"], ["JP", "EU"], "2026-12-01")
    assert made.created_at == made.updated_at == "2026-11-22T09:00:00.000000Z" and made.closed_at is made.consent_at is None
    assert history(cases, staff, made) == []


def test_hostile_text_stays_the_text_it_is(cases: Cases, staff: Actor) -> None:
    made = cases.create(staff, draft(question=HOSTILE, company=HOSTILE, product=HOSTILE))
    cases.add_note(staff, made.id, HOSTILE)
    assert (made.question, made.company, made.product) == (HOSTILE, HOSTILE, HOSTILE)
    assert history(cases, staff, made)[0].text == HOSTILE
    assert found(cases, staff, q="'; DROP TABLE cases; --") == {made.id}


@pytest.mark.parametrize("wrong", [
    {"channel": "fax"}, {"channel": ""}, {"question": " "}, {"question": "x" * (LONGEST_QUESTION + 1)},
    {"company": "x" * (LONGEST_LINE + 1)}, {"contact": "1" * (LONGEST_LINE + 1)}, {"product": "x" * (LONGEST_LINE + 1)},
    {"follow_up": "2026-02-30"}, {"follow_up": "20261201"}, {"follow_up": "2026-W48-1"}, {"follow_up": "tomorrow"},
    {"markets": ('JP"',)}, {"markets": ("",)}, {"products": ("x" * 65,)}, {"markets": tuple(f"M{n}" for n in range(61))}])
def test_what_cannot_be_kept_is_refused_with_a_sentence_in_both_languages(cases: Cases, staff: Actor, wrong: dict[str, Any]) -> None:
    with pytest.raises(Unacceptable) as refused:
        cases.create(staff, draft(**wrong))
    for words in (refused.value.said, refused.value.how):
        assert words.zh.endswith("。") and words.en.endswith(".") and "{" not in words.zh + words.en
    assert found(cases, staff) == set()


def test_the_longest_that_may_be_written_is_kept(cases: Cases, staff: Actor) -> None:
    made = cases.create(staff, draft(question="问" * LONGEST_QUESTION, company="汉" * LONGEST_LINE, contact="\U0001f600" * LONGEST_LINE))
    assert whole(cases, staff, made).company == "汉" * LONGEST_LINE
    assert len(cases.add_note(staff, made.id, "记" * LONGEST_TEXT).text) == LONGEST_TEXT
    for text in ("记" * (LONGEST_TEXT + 1), "x" * 1_000_000, "", " \n "):
        with pytest.raises(Unacceptable):
            cases.add_note(staff, made.id, text)
    assert len(history(cases, staff, made)) == 1


# --- who sees and who may change ---


def test_a_contact_is_starred_for_others_and_the_company_is_not(cases: Cases, staff: Actor, other: Actor, reviewer: Actor,
                                                                 admin: Actor) -> None:
    made = cases.create(staff, draft(company="甲公司", contact=MOBILE))
    shown = whole(cases, other, made)
    assert shown.contact_masked and shown.company == "甲公司"
    assert "1234" not in shown.contact and shown.contact.startswith("138") and shown.contact.endswith("5678")
    for reader in (staff, reviewer, admin):
        assert (whole(cases, reader, made).contact, whole(cases, reader, made).contact_masked) == (MOBILE, False)
    bare = cases.create(staff, draft())
    assert not whole(cases, other, bare).contact_masked
    named = cases.create(staff, draft(contact="wechat_li_na"))
    assert whole(cases, other, named).contact == "w*****_**_*a"


def test_a_list_shows_no_contact_in_full(cases: Cases, staff: Actor, admin: Actor) -> None:
    cases.create(staff, draft(contact=MOBILE))
    for reader in (staff, admin):
        (case,) = cases.find(reader, Filters()).cases
        assert case.contact_masked and "1234" not in case.contact


def test_an_unowned_case_shows_its_contact_to_whoever_takes_it(cases: Cases, staff: Actor) -> None:
    case_id = cases.handover([], MOBILE, "phone", note="请回电")
    assert cases.open(staff, case_id)[0].contact_masked
    taken = cases.take(staff, case_id, 1)
    assert (taken.contact, taken.contact_masked, taken.owner, taken.version) == (MOBILE, False, staff.account, 2)


WRITES: dict[str, Callable[[Cases, Actor, Case, Kept, Case], object]] = {
    "change": lambda cases, actor, case, kept, mine: cases.change(actor, case.id, case.version, {"status": "waiting"}),
    "note": lambda cases, actor, case, kept, mine: cases.add_note(actor, case.id, "x"),
    "answer": lambda cases, actor, case, kept, mine: cases.add_answer(actor, case.id, kept, "x"),
    "merge": lambda cases, actor, case, kept, mine: cases.merge(actor, case.id, mine.id, case.version),
    "merge into": lambda cases, actor, case, kept, mine: cases.merge(actor, mine.id, case.id, mine.version),
}


@pytest.mark.parametrize("write", WRITES)
def test_changing_is_for_the_owner_and_for_reviewers(cases: Cases, staff: Actor, other: Actor, reviewer: Actor, admin: Actor,
                                                     keep: Callable[..., Kept], write: str) -> None:
    kept = keep("充电宝出口日本PSE是菱形还是圆形?")
    for actor in (staff, reviewer, admin):
        made, mine = cases.create(staff, draft()), cases.create(actor, draft())
        WRITES[write](cases, actor, made, kept, mine)
    made, mine = cases.create(staff, draft()), cases.create(other, draft())
    with pytest.raises(NotAllowed) as refused:
        WRITES[write](cases, other, made, kept, mine)
    assert "接手" in refused.value.how.zh
    assert whole(cases, staff, made) == made and history(cases, staff, made) == []
    unowned = cases.change(staff, made.id, made.version, {"owner": None})
    WRITES[write](cases, other, unowned, kept, mine)


def test_anybody_at_the_desk_may_take_a_case_over_and_the_log_says_from_whom(cases: Cases, staff: Actor, other: Actor,
                                                                             audit: Audit) -> None:
    made = cases.create(staff, draft())
    taken = cases.take(other, made.id, made.version)
    assert (taken.owner, taken.owner_name) == (other.account, other.name)
    assert history(cases, other, made)[0].detail == {"changes": [{"field": "owner", "old": staff.account, "new": other.account}]}
    (line,) = audit.lines(object_id=made.id, action="case.take")
    assert (line.actor, line.detail) == (other.account, {"from": staff.account})
    with pytest.raises(NotAllowed):
        cases.add_note(staff, made.id, "x")
    assert cases.take(other, made.id, taken.version) == taken
    with pytest.raises(Changed):
        cases.take(staff, made.id, made.version)


def test_a_visitor_reads_and_changes_nothing(cases: Cases, staff: Actor, keep: Callable[..., Kept]) -> None:
    made = cases.create(staff, draft())
    kept = keep("充电宝出口日本PSE是菱形还是圆形?")
    for attempt in (lambda: cases.open(VISITOR, made.id), lambda: cases.find(VISITOR, Filters()), lambda: cases.export(VISITOR, Filters()),
                    lambda: cases.create(VISITOR, draft()), lambda: cases.take(VISITOR, made.id, 1),
                    *(lambda w=w: w(cases, VISITOR, made, kept, made) for k, w in WRITES.items() if "merge" not in k),
                    lambda: cases.merge(VISITOR, made.id, "0" * 16, 1)):
        with pytest.raises(NotAllowed):
            attempt()


@pytest.mark.parametrize("nothing", ["0123456789abcdef", "", "x' OR '1'='1", "\x00", "a" * 500, "../../etc"])
def test_an_id_that_is_none_is_not_found(cases: Cases, staff: Actor, keep: Callable[..., Kept], nothing: str) -> None:
    mine = cases.create(staff, draft())
    for attempt in (lambda: cases.open(staff, nothing), lambda: cases.change(staff, nothing, 1, {}), lambda: cases.take(staff, nothing, 1),
                    lambda: cases.add_note(staff, nothing, "x"), lambda: cases.merge(staff, mine.id, nothing, 1)):
        with pytest.raises(NotHere):
            attempt()


# --- changing ---


def test_every_changed_field_stands_in_the_history_and_personal_ones_by_name_only(cases: Cases, staff: Actor, audit: Audit,
                                                                                  database: Database) -> None:
    made = cases.create(staff, draft(company="甲公司", contact=MOBILE))
    now = cases.change(staff, made.id, 1, {
        "status": "waiting", "company": "乙公司", "contact": "li@example.com", "follow_up": "2026-12-24", "markets": ["JP"],
        "question": made.question, "product": "电饭煲"})
    assert (now.version, now.status, now.company, now.contact, now.follow_up) == (2, "waiting", "乙公司", "li@example.com", "2026-12-24")
    (entry,) = history(cases, staff, made)
    told = {c["field"]: c for c in entry.detail["changes"]}
    assert entry.kind == "change" and entry.actor_name == staff.name
    assert set(told) == {"status", "company", "contact", "follow_up", "markets", "product"}
    assert told["status"] == {"field": "status", "old": "open", "new": "waiting"}
    assert told["markets"] == {"field": "markets", "old": [], "new": ["JP"]}
    assert told["company"] == {"field": "company"} and told["contact"] == {"field": "contact"}
    (line,) = audit.lines(object_id=made.id, action="case.change")
    assert line.detail == {"fields": sorted(told)}
    with database.reading() as connection:
        kept = str(connection.execute(sa.text("SELECT * FROM audit")).all())
    assert not any(secret in kept for secret in ("甲公司", "乙公司", MOBILE, "li@example.com"))
    assert audit.broken() is None


def test_a_change_that_changes_nothing_writes_nothing(cases: Cases, staff: Actor) -> None:
    made = cases.create(staff, draft(contact=MOBILE))
    assert cases.change(staff, made.id, 1, {"status": "open", "contact": MOBILE, "question": made.question}) == made
    assert history(cases, staff, made) == []


def test_stars_that_a_form_sends_back_do_not_replace_the_contact(cases: Cases, staff: Actor) -> None:
    case_id = cases.handover([], MOBILE, "phone", note="请回电")
    seen, _ = cases.open(staff, case_id)
    cases.change(staff, case_id, seen.version, {"contact": seen.contact, "status": "waiting"})
    assert cases.take(staff, case_id, 2).contact == MOBILE


def test_fields_are_emptied_by_none(cases: Cases, staff: Actor) -> None:
    made = cases.create(staff, draft(company="甲", contact=MOBILE, markets=("JP",), follow_up="2026-12-01"))
    now = cases.change(staff, made.id, 1, {n: None for n in ("company", "contact", "markets", "follow_up", "owner")})
    assert (now.company, now.contact, now.markets, now.follow_up, now.owner, now.owner_name) == ("", "", [], None, None, "")


@pytest.mark.parametrize("wrong", [{"status": "done"}, {"status": None}, {"channel": "fax"}, {"follow_up": "x"}, {"question": None},
                                   {"owner": "0123456789abcdef"}, {"version": 9}, {"id": "x"}, {"consent_at": None}, {"merged_into": "x"}])
def test_a_wrong_change_is_refused_and_writes_nothing(cases: Cases, staff: Actor, wrong: dict[str, Any]) -> None:
    made = cases.create(staff, draft())
    with pytest.raises(Unacceptable):
        cases.change(staff, made.id, 1, {"product": "x", **wrong})
    assert whole(cases, staff, made) == made


def test_only_active_staff_can_be_made_owner(cases: Cases, accounts: Accounts, staff: Actor, other: Actor) -> None:
    made = cases.create(staff, draft())
    visitor, _ = accounts.create(OPERATOR, "guest", "visitor")
    accounts.change(OPERATOR, other.account, 1, status="suspended")
    for account in (visitor.id, other.account):
        with pytest.raises(Unacceptable):
            cases.change(staff, made.id, 1, {"owner": account})
    accounts.change(OPERATOR, other.account, 2, status="active")
    assert cases.change(staff, made.id, 1, {"owner": other.account}).owner_name == other.name


def test_every_status_and_channel_can_be_set_and_closing_is_dated(cases: Cases, staff: Actor, clock: SettableClock) -> None:
    case = cases.create(staff, draft())
    for status in (*STATUSES, "closed", "open"):
        clock.forward(minutes=1)
        case = cases.change(staff, case.id, case.version, {"status": status})
        assert case.status == status and (case.closed_at is not None) == (status == "closed")
    for channel in CHANNELS:
        case = cases.change(staff, case.id, case.version, {"channel": channel})
        assert case.channel == channel


# --- two at once ---


def test_who_changes_an_older_version_is_told_and_nothing_is_written(cases: Cases, staff: Actor, reviewer: Actor) -> None:
    made = cases.create(staff, draft())
    first = cases.change(staff, made.id, 1, {"status": "waiting"})
    for attempt in (lambda: cases.change(reviewer, made.id, 1, {"status": "closed"}), lambda: cases.take(reviewer, made.id, 1),
                    lambda: cases.merge(staff, made.id, cases.create(staff, draft()).id, 1), lambda: cases.change(staff, made.id, 3, {})):
        with pytest.raises(Changed):
            attempt()
    assert whole(cases, staff, made) == first


def test_a_note_does_not_undo_what_another_is_typing(cases: Cases, staff: Actor, clock: SettableClock) -> None:
    made = cases.create(staff, draft())
    clock.forward(minutes=5)
    cases.add_note(staff, made.id, "客户会再打来")
    now = cases.change(staff, made.id, made.version, {"status": "waiting"})
    assert now.version == 2 and now.updated_at > made.updated_at


def together(*jobs: Callable[[], object]) -> list[object]:
    """What each returned or raised, all begun at the same moment."""
    start, results = threading.Barrier(len(jobs)), [None] * len(jobs)  # type: ignore[var-annotated]

    def run(n: int) -> None:
        start.wait()
        try:
            results[n] = jobs[n]()
        except Refused as refused:
            results[n] = refused

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_two_who_change_at_once_exactly_one_wins(cases: Cases, staff: Actor, reviewer: Actor, audit: Audit) -> None:
    for _ in range(10):
        made = cases.create(staff, draft())
        results = together(lambda m=made: cases.change(staff, m.id, 1, {"status": "waiting"}),
                           lambda m=made: cases.change(reviewer, m.id, 1, {"status": "closed"}))
        (won,) = [r for r in results if isinstance(r, Case)]
        assert sum(isinstance(r, Changed) for r in results) == 1
        assert whole(cases, staff, made) == won and won.version == 2
        assert len(history(cases, staff, made)) == 1
    assert audit.broken() is None


def test_of_many_who_take_at_once_exactly_one_wins(cases: Cases, staff: Actor, other: Actor, reviewer: Actor, admin: Actor) -> None:
    case_id = cases.handover([], MOBILE, "phone", note="请回电")
    results = together(*(lambda a=a: cases.take(a, case_id, 1) for a in (staff, other, reviewer, admin)))
    (won,) = [r for r in results if isinstance(r, Case)]
    assert sum(isinstance(r, Changed) for r in results) == 3
    assert cases.open(admin, case_id)[0].owner == won.owner


def test_notes_written_at_once_are_all_kept_in_one_order(cases: Cases, staff: Actor, audit: Audit) -> None:
    made = cases.create(staff, draft())
    results = together(*(lambda n=n: cases.add_note(staff, made.id, f"note {n}") for n in range(8)))
    entries = history(cases, staff, made)
    assert {e.id for e in entries} == {r.id for r in results if isinstance(r, Entry)} and len(entries) == 8
    assert len({e.at for e in entries}) == 8
    assert audit.broken() is None


def test_two_who_merge_a_pair_both_ways_make_no_circle(cases: Cases, staff: Actor, reviewer: Actor) -> None:
    for _ in range(5):
        a, b = cases.create(staff, draft()), cases.create(staff, draft())
        results = together(lambda a=a, b=b: cases.merge(staff, a.id, b.id, 1), lambda a=a, b=b: cases.merge(reviewer, b.id, a.id, 1))
        assert [isinstance(r, Case) for r in results].count(True) == 1
        assert sum(isinstance(r, Unacceptable) for r in results) == 1
        assert [whole(cases, staff, c).merged_into for c in (a, b)].count(None) == 1


def test_a_history_is_read_in_the_order_it_was_written_also_when_the_clock_is_set_back(cases: Cases, staff: Actor,
                                                                                       clock: SettableClock) -> None:
    made = cases.create(staff, draft())
    for n in range(5):
        cases.add_note(staff, made.id, str(n))
        clock.forward(minutes=-30)
    assert [e.text for e in history(cases, staff, made)] == list("01234")


# --- answers ---


def test_an_answer_sent_is_kept_frozen_with_its_evidence(cases: Cases, staff: Actor, keep: Callable[..., Kept], database: Database) -> None:
    made, kept = cases.create(staff, draft()), keep("充电宝出口日本PSE是菱形还是圆形?", "desk")
    assert kept.evidence and kept.library
    entry = cases.add_answer(staff, made.id, kept, "您好,需要菱形PSE。[1]")
    with database.writing() as connection:  # whatever becomes of the journal
        connection.execute(answers.update().where(answers.c.id == kept.id).values(question="gone", answer={}, evidence=[]))
    (change, sent) = sorted(history(cases, staff, made), key=lambda e: e.kind != "change")
    assert sent == entry and change.detail["changes"] == [{"field": "status", "old": "open", "new": "answered"}]
    assert (sent.kind, sent.text, sent.answer_id, sent.actor_name) == ("answer", "您好,需要菱形PSE。[1]", kept.id, staff.name)
    assert sent.answer is not None
    assert (sent.answer["library"], sent.answer["evidence"], sent.answer["answer"]) == (kept.library, kept.evidence, kept.answer)
    assert all(len(e["quote"]) == 64 and e["version"] for e in sent.answer["evidence"])
    now = whole(cases, staff, made)
    assert (now.status, now.version) == ("answered", 2)


def test_a_second_answer_makes_no_new_version_and_a_closed_case_opens_again(cases: Cases, staff: Actor, keep: Callable[..., Kept]) -> None:
    made, kept = cases.create(staff, draft()), keep("充电宝出口日本PSE是菱形还是圆形?", "desk")
    cases.add_answer(staff, made.id, kept, "one")
    cases.add_answer(staff, made.id, kept, "two")
    assert whole(cases, staff, made).version == 2
    closed = cases.change(staff, made.id, 2, {"status": "closed"})
    cases.add_answer(staff, made.id, kept, "three")
    now = whole(cases, staff, made)
    assert closed.closed_at and (now.status, now.closed_at) == ("answered", None)
    with pytest.raises(Unacceptable):
        cases.add_answer(staff, made.id, kept, "  ")


def test_the_cases_that_hold_an_answer_are_known(cases: Cases, staff: Actor, keep: Callable[..., Kept]) -> None:
    first, second, third = keep("充电宝出口日本PSE是菱形还是圆形?"), keep("菱形PSE证书有效期多久?"), keep("充电宝出口日本PSE是菱形还是圆形?")
    handed = cases.handover([first, second], MOBILE, "phone")
    sent, from_answer, empty = cases.create(staff, draft()), cases.create(staff, draft(), third), cases.create(staff, draft())
    cases.add_answer(staff, sent.id, second, "x")
    assert cases.holding(first.id) == [handed]
    assert set(cases.holding(second.id)) == {handed, sent.id}
    assert cases.holding(third.id) == [from_answer.id]
    assert cases.holding(empty.id) == cases.holding("%") == []


# --- handing over ---


def test_a_conversation_handed_over_becomes_an_open_case_without_an_owner(cases: Cases, staff: Actor, keep: Callable[..., Kept],
                                                                          audit: Audit, clock: SettableClock) -> None:
    first = keep("充电宝出口日本PSE是菱形还是圆形?")
    clock.forward(minutes=1)
    second = keep("菱形PSE证书有效期多久?", history=(Turn("user", first.question),))
    case_id = cases.handover([first, second], "微信 li_na_88", "wechat", "甲公司", "下午方便", "zh")
    case, entries = cases.open(staff, case_id)
    assert (case.origin, case.status, case.owner, case.channel) == ("chat", "open", None, "wechat")
    assert case.consent_at == "2026-11-22T09:01:00.000000Z" and case.company == "甲公司" and case.contact_masked
    assert case.question == first.question
    assert case.markets == list(dict.fromkeys([*first.markets, *second.markets])) and "JP" in case.markets
    transcript, note = entries
    assert (transcript.kind, note.kind, note.text) == ("transcript", "note", "下午方便")
    assert transcript.actor == transcript.actor_name == note.actor == "visitor"
    turns = transcript.detail["turns"]
    assert [t["answer_id"] for t in turns] == [first.id, second.id] and turns[0]["answer"] == first.answer["answer"]
    assert turns[1]["evidence"] == second.evidence and transcript.detail["language"] == "zh"
    assert first.question in transcript.text and second.answer["answer"] in transcript.text
    (line,) = audit.lines(object_id=case_id, action="case.handover")
    assert (line.actor, line.via, line.detail) == ("visitor", "page", {"answers": [first.id, second.id]})


@pytest.mark.parametrize("values", [{"contact": " "}, {"note": ""}, {"channel": "fax"}, {"contact": "1" * 201}, {"note": "x" * 4001}])
def test_a_handover_without_a_contact_or_a_matter_is_refused(cases: Cases, staff: Actor, values: dict[str, str]) -> None:
    with pytest.raises(Unacceptable):
        cases.handover([], **{"contact": MOBILE, "channel": "phone", "note": "请回电", **values})
    assert found(cases, staff) == set()


def test_only_a_contact_is_needed(cases: Cases, staff: Actor, keep: Callable[..., Kept]) -> None:
    case, entries = cases.open(staff, cases.handover([keep("充电宝出口日本PSE是菱形还是圆形?")], MOBILE, "phone"))
    assert case.company == "" and [e.kind for e in entries] == ["transcript"]


# --- merging ---


def test_a_merged_case_is_closed_and_read_from_the_other(cases: Cases, staff: Actor, audit: Audit, clock: SettableClock) -> None:
    a, b, c = (cases.create(staff, draft(question=q)) for q in ("一", "二", "三"))
    for case, text in ((a, "in a"), (c, "in c"), (b, "in b")):
        clock.forward(minutes=1)
        cases.add_note(staff, case.id, text)
    clock.forward(minutes=1)
    merged = cases.merge(staff, a.id, b.id, 1)
    assert (merged.id, merged.status, merged.merged_into, merged.version) == (a.id, "closed", b.id, 2) and merged.closed_at
    clock.forward(minutes=1)
    cases.merge(staff, b.id, c.id, 1)
    entries = history(cases, staff, c)
    assert [e.text for e in entries if e.kind == "note"] == ["in a", "in c", "in b"]
    assert [e.detail for e in entries if e.kind == "merge"] == [{"from": a.id, "into": b.id}, {"from": b.id, "into": c.id}]
    assert [e.text for e in history(cases, staff, a) if e.kind == "note"] == ["in a"]
    assert whole(cases, staff, c).version == 1
    assert audit.lines(object_id=a.id, action="case.merge")[0].detail == {"into": b.id}


def test_a_merged_case_is_changed_no_more(cases: Cases, staff: Actor, keep: Callable[..., Kept]) -> None:
    a, b = cases.create(staff, draft()), cases.create(staff, draft())
    merged = cases.merge(staff, a.id, b.id, 1)
    kept = keep("充电宝出口日本PSE是菱形还是圆形?")
    for attempt in (*(lambda w=w: w(cases, staff, merged, kept, b) for w in WRITES.values()), lambda: cases.take(staff, a.id, 2)):
        with pytest.raises(Unacceptable) as refused:
            attempt()
        assert "并入" in refused.value.said.zh
    with pytest.raises(Unacceptable):
        cases.merge(staff, b.id, b.id, 1)


# --- finding ---


def test_search_looks_in_company_contact_product_question_and_history(cases: Cases, staff: Actor) -> None:
    fields = {"company": "Ünique Gmbh", "product": "折叠电动车", "question": "Battery passport from when?", "contact": "Li@Example.com"}
    made = {name: cases.create(staff, draft(**{name: value})).id for name, value in fields.items()}
    noted = cases.create(staff, draft()).id
    cases.add_note(staff, noted, "Sent the 合格声明 template")
    assert found(cases, staff, q="nique gmb") == {made["company"]}
    assert found(cases, staff, q="电动") == {made["product"]}
    assert found(cases, staff, q="BATTERY PASS") == {made["question"]}
    assert found(cases, staff, q="example.COM") == {made["contact"]}
    assert found(cases, staff, q="合格声明") == {noted}
    assert found(cases, staff, q=f" {noted.upper()} ") == found(cases, staff, q=noted[:8]) == {noted}
    assert found(cases, staff, q="nowhere") == set()
    assert len(found(cases, staff, q="  ")) == 5


@pytest.mark.parametrize("sign", ["%", "_", "/", "\\", "'", '"', "100%", "a_b"])
def test_signs_of_like_are_searched_as_they_are(cases: Cases, staff: Actor, sign: str) -> None:
    marked = cases.create(staff, draft(question=f"odd {sign} sign")).id
    noted = cases.create(staff, draft(question="plain", product="axb 100x")).id
    cases.add_note(staff, noted, f"note {sign} note")
    cases.create(staff, draft(question="neither here", product="axb 1000"))
    assert found(cases, staff, q=sign) == {marked, noted}
    assert found(cases, staff, market=sign) == found(cases, staff, owner=sign) == set()
    assert found(cases, staff, product=sign) == set()


def test_a_contact_that_is_starred_is_found_by_the_whole_of_it_only(cases: Cases, staff: Actor, other: Actor, reviewer: Actor) -> None:
    made = cases.create(staff, draft(contact=MOBILE)).id
    for actor in (staff, reviewer):
        assert found(cases, actor, q="1381234") == found(cases, actor, q="138-1234-5678") == {made}
    assert found(cases, other, q="13812345678") == found(cases, other, q="138 1234 5678") == {made}
    for part in ("138", "1381234567", "1234", "138%", "5678", "___ ____ ____"):
        assert found(cases, other, q=part) == set()


def test_filters_narrow_the_list(cases: Cases, staff: Actor, other: Actor) -> None:
    a = cases.create(staff, draft(markets=("JP", "DE"), products=("rice-cooker",), follow_up="2026-11-25")).id
    b = cases.create(other, draft(markets=("D",), product="Rice cooker 3 l", follow_up="2026-12-02")).id
    c = cases.handover([], MOBILE, "phone", note="请回电")
    closed = cases.create(staff, draft(follow_up="2026-11-01")).id
    cases.change(staff, closed, 1, {"status": "closed"})
    assert found(cases, staff, owner="me") == {a, closed} and found(cases, staff, owner="none") == {c}
    assert found(cases, staff, owner=other.account) == {b}
    assert found(cases, staff, status="closed") == {closed} and found(cases, staff, status="open") == {a, b, c}
    assert found(cases, staff, market="DE") == {a} and found(cases, staff, market="D") == {b}
    assert found(cases, staff, product="rice-cooker") == {a} and found(cases, staff, product="rice cooker") == {b}
    assert found(cases, staff, due="2026-11-25") == {a} and found(cases, staff, due="2026-12-31") == {a, b}
    assert found(cases, staff, due="2026-11-24") == set()
    assert found(cases, staff, owner="me", status="open", market="JP", q="PSE") == {a}
    for wrong in ({"status": "done"}, {"due": "soon"}):
        with pytest.raises(Unacceptable):
            cases.find(staff, Filters(**wrong))


@pytest.mark.parametrize("moving", [True, False])
def test_pages_hold_every_case_once_also_when_all_are_of_one_moment(cases: Cases, staff: Actor, clock: SettableClock, moving: bool) -> None:
    made = []
    for _ in range(23):
        clock.forward(minutes=1 if moving else 0)
        made.append(cases.create(staff, draft()).id)
    seen, before = [], ""
    while True:
        page = cases.find(staff, Filters(), before, 5)
        seen += [c.id for c in page.cases]
        if page.next is None:
            break
        assert len(page.cases) == 5
        before = page.next
    assert sorted(seen) == sorted(made) and (not moving or seen == made[::-1])
    assert len(cases.find(staff, Filters(), limit=23).cases) == 23 and cases.find(staff, Filters(), limit=23).next is None
    assert len(cases.find(staff, Filters(), limit=0).cases) == 1


def test_a_page_begins_at_a_moment_too_and_nowhere_else(cases: Cases, staff: Actor, clock: SettableClock) -> None:
    first = cases.create(staff, draft())
    clock.forward(minutes=1)
    second = cases.create(staff, draft())
    assert [c.id for c in cases.find(staff, Filters(), second.updated_at).cases] == [first.id]
    for wrong in ("yesterday", "2026", second.updated_at + "~x'", "~" + first.id):
        with pytest.raises(Unacceptable):
            cases.find(staff, Filters(), wrong)


def test_what_was_changed_last_comes_first(cases: Cases, staff: Actor, clock: SettableClock) -> None:
    first = cases.create(staff, draft())
    clock.forward(minutes=1)
    second = cases.create(staff, draft())
    clock.forward(minutes=1)
    cases.add_note(staff, first.id, "x")
    assert [c.id for c in cases.find(staff, Filters()).cases] == [first.id, second.id]


# --- access is written down ---


def test_every_look_at_a_case_is_in_the_audit_log(cases: Cases, staff: Actor, other: Actor, audit: Audit) -> None:
    made = cases.create(staff, draft())
    cases.open(staff, made.id)
    cases.open(other, made.id)
    assert [line.actor for line in audit.lines(object_id=made.id, action="case.open")] == [other.account, staff.account]
    assert [line.action for line in audit.lines(object_id=made.id)][-1] == "case.create"


def test_an_export_holds_the_contacts_one_may_read_and_the_log_names_them(cases: Cases, staff: Actor, other: Actor, audit: Audit) -> None:
    mine, theirs = cases.create(staff, draft(contact=MOBILE)), cases.create(other, draft(contact=MOBILE))
    cases.create(staff, draft())
    shown = {c.id: c for c in cases.export(staff, Filters())}
    assert len(shown) == 3 and shown[mine.id].contact == MOBILE and shown[theirs.id].contact_masked
    (line,) = audit.lines(action="case.export")
    assert line.detail == {"count": 3, "contacts": [mine.id]}
    assert [c.id for c in cases.export(staff, Filters(owner=other.account))] == [theirs.id]


def test_an_export_over_the_limit_is_refused_with_a_sentence(cases: Cases, staff: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        cases.create(staff, draft())
    monkeypatch.setattr("assistant.desk.cases.LARGEST_EXPORT", 2)
    with pytest.raises(Unacceptable):
        cases.export(staff, Filters())


def test_an_acknowledged_case_is_there_for_another_connection_and_a_failed_one_is_not(cases: Cases, staff: Actor, database: Database,
                                                                                     audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    made = cases.create(staff, draft())
    again = Database(database.url.render_as_string(hide_password=False))
    with again.reading() as connection:
        assert connection.scalar(sa.select(cases_table.c.id)) == made.id
    again.close()

    def fail(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(audit, "note", fail)
    with pytest.raises(OSError):
        cases.create(staff, draft())
    monkeypatch.undo()
    assert found(cases, staff) == {made.id}
