"""The desk's figures: what was asked, how it was judged, how fast cases were answered. They name nobody."""

from __future__ import annotations

import calendar
import datetime
import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa

from assistant.desk.database import Database
from assistant.desk.moments import Clock, read_stamp, stamp
from assistant.desk.refusals import Unacceptable
from assistant.desk.tables import answers, case_entries, cases, feedback, gaps, replies, reply_versions
from assistant.types import Words

#: A day begins and ends by China's clock, which is the hotline's and has no summer time.
CHINA = datetime.timezone(datetime.timedelta(hours=8), "UTC+8")
LONGEST = 400  # days of one report
EARLIEST, LATEST = datetime.date(2000, 1, 1), datetime.date(2999, 12, 31)
TOP = 15  # markets and products that are listed
SOON = 30  # days in which a reply counts as about to expire

NOT_A_DAY = Words("日期不对。", "This is not a day.")
NOT_A_DAY_HOW = Words("请写成YYYY-MM-DD,例如2026-11-22。", "Write it as YYYY-MM-DD, such as 2026-11-22.")
BACKWARDS = Words("开始日期在结束日期之后。", "The first day is after the last.")
BACKWARDS_HOW = Words("请把两个日期对调。", "Exchange the two days.")
TOO_LONG = Words(f"一次最多统计{LONGEST}天。", f"Figures are for {LONGEST} days at most.")
TOO_LONG_HOW = Words("请选短一点的时间。", "Choose a shorter time.")


@dataclass(frozen=True, slots=True)
class Day:
    """One day in China. up, down: thumbs given on that day; cases: cases made on that day."""

    day: str
    questions: int
    abstained: int
    up: int
    down: int
    cases: int


@dataclass(frozen=True, slots=True)
class Count:
    """How many of the questions had this market, product, channel, language or standing."""

    id: str
    count: int


@dataclass(frozen=True, slots=True)
class Totals:
    """The whole range in one line.

    abstention_rate, satisfaction (up of all thumbs): 0 to 1, None where there was nothing to count. cases: made in the
    range, without those merged into another; answered: those of them that have an answer by now;
    median_minutes_to_answer: from the case to its first answer. gaps_open, replies_in_force, replies_expiring and
    stale_records tell how things stand now, gaps_closed what was closed in the range.
    """

    questions: int
    abstained: int
    abstention_rate: float | None
    up: int
    down: int
    satisfaction: float | None
    cases: int
    answered: int
    median_minutes_to_answer: float | None
    gaps_open: int
    gaps_closed: int
    replies_in_force: int
    replies_expiring: int
    stale_records: int


@dataclass(frozen=True, slots=True)
class Figures:
    """first, last: ISO days, inclusive. days: every day of the range, in order; the lists: the most frequent first."""

    first: str
    last: str
    days: tuple[Day, ...]
    markets: tuple[Count, ...]
    products: tuple[Count, ...]
    channels: tuple[Count, ...]
    languages: tuple[Count, ...]
    standings: tuple[Count, ...]
    stale: tuple[str, ...]
    totals: Totals


class Checked(Protocol):
    """What is looked at of a record."""

    @property
    def id(self) -> str: ...

    @property
    def checked(self) -> str | None: ...


def stale(records: Iterable[Checked], today: str, months: int) -> list[str]:
    """Ids of the records that nobody checked within so many months before `today` (ISO day), or ever; sorted."""
    day = datetime.date.fromisoformat(today)
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    oldest = day.replace(year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1])).isoformat()
    return sorted(r.id for r in records if not r.checked or r.checked < oldest)


def china_day(moment: datetime.datetime) -> datetime.date:
    """The day that it is in China at an aware moment."""
    return moment.astimezone(CHINA).date()


def _range(first: str, last: str) -> tuple[datetime.date, datetime.date]:
    days = []
    for text in (first, last):
        try:
            day = datetime.date.fromisoformat(text)
        except ValueError:
            raise Unacceptable(NOT_A_DAY, NOT_A_DAY_HOW) from None
        if day.isoformat() != text or not EARLIEST <= day <= LATEST:  # Python also reads 20261122 and 2026-W47-7
            raise Unacceptable(NOT_A_DAY, NOT_A_DAY_HOW)
        days.append(day)
    if days[0] > days[1]:
        raise Unacceptable(BACKWARDS, BACKWARDS_HOW)
    if (days[1] - days[0]).days >= LONGEST:
        raise Unacceptable(TOO_LONG, TOO_LONG_HOW)
    return days[0], days[1]


def _ranked(counts: Counter[str], most: int | None = None) -> tuple[Count, ...]:
    """By count, then by id, so that the order never depends on that of the rows."""
    return tuple(Count(*pair) for pair in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:most])


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


@dataclass(frozen=True, slots=True)
class _Within:
    """The moments from `start` up to, and without, `end`."""

    start: str
    end: str

    def holds(self, column: sa.Column[str]) -> sa.ColumnElement[bool]:
        return sa.and_(column >= self.start, column < self.end)


def _hour(moment: sa.Column[str]) -> sa.ColumnElement[str]:
    """`2026-11-21T16`: cut from the text, which every database does alike; China's days begin at whole hours of UTC."""
    return sa.func.substr(moment, 1, 13)


def _day_of(hour: str) -> datetime.date:
    return china_day(datetime.datetime.fromisoformat(hour).replace(tzinfo=datetime.UTC))


class Report:
    """Reads the figures out of the database, from one state of it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def figures(self, first: str, last: str, stale_records: Sequence[str] = ()) -> Figures:
        """The figures of the days `first` to `last` (ISO, inclusive). stale_records: ids, as `stale` gives them.

        Raises Unacceptable for what is no day, a range that runs backwards, or more than `LONGEST` days.
        """
        begin, end = _range(first, last)
        within = _Within(*(stamp(datetime.datetime.combine(day, datetime.time(), CHINA))
                           for day in (begin, end + datetime.timedelta(days=1))))
        daily: defaultdict[str, Counter[datetime.date]] = defaultdict(Counter)
        by: defaultdict[str, Counter[str]] = defaultdict(Counter)
        with self._database.reading() as connection:
            self._questions(connection, within, daily, by)
            self._thumbs(connection, within, daily)
            minutes = self._cases(connection, within, daily)
            open_, closed = self._gaps(connection, within)
            in_force, expiring = self._replies(connection)
        days = tuple(
            Day(day.isoformat(), *(daily[what][day] for what in ("questions", "abstained", "up", "down", "cases")))
            for day in (begin + datetime.timedelta(days=n) for n in range((end - begin).days + 1)))
        questions, abstained, up, down, made = (
            daily[what].total() for what in ("questions", "abstained", "up", "down", "cases"))
        totals = Totals(
            questions, abstained, _rate(abstained, questions), up, down, _rate(up, up + down), made, len(minutes),
            round(statistics.median(minutes), 1) if minutes else None, open_, closed, in_force, expiring, len(stale_records))
        return Figures(
            begin.isoformat(), end.isoformat(), days, _ranked(by["markets"], TOP), _ranked(by["products"], TOP),
            _ranked(by["channel"]), _ranked(by["language"]), _ranked(by["standing"]), tuple(stale_records), totals)

    @staticmethod
    def _questions(connection: sa.Connection, within: _Within, daily: defaultdict[str, Counter[datetime.date]],
                   by: defaultdict[str, Counter[str]]) -> None:
        """Every count from one pass over the answers: those of the range are read once, then grouped by each column.

        The lists of ids are grouped as text, which either database can, and read here.
        """
        singles, lists = ("channel", "language", "standing"), ("markets", "products")
        asked = sa.select(
            _hour(answers.c.at).label("hour"), sa.case((answers.c.abstained, 1), else_=0).label("abstained"),
            *(answers.c[name] for name in singles), *(sa.cast(answers.c[name], sa.Text).label(name) for name in lists),
        ).where(within.holds(answers.c.at)).cte("asked")
        rows = connection.execute(sa.union_all(*(
            sa.select(sa.literal(name), asked.c[name], sa.func.count(), sa.func.sum(asked.c.abstained)).group_by(asked.c[name])
            for name in ("hour", *singles, *lists))))
        for name, value, count, abstained in rows:
            if name == "hour":
                daily["questions"][_day_of(value)] += count
                daily["abstained"][_day_of(value)] += abstained
            else:
                for entry in set(json.loads(value)) if name in lists else (value,):
                    by[name][entry] += count

    @staticmethod
    def _thumbs(connection: sa.Connection, within: _Within, daily: defaultdict[str, Counter[datetime.date]]) -> None:
        given = sa.select(_hour(feedback.c.at).label("hour"), feedback.c.verdict).where(within.holds(feedback.c.at)).subquery()
        query = sa.select(given.c.hour, given.c.verdict, sa.func.count()).group_by(given.c.hour, given.c.verdict)
        for hour, verdict, count in connection.execute(query):
            daily[verdict][_day_of(hour)] += count

    @staticmethod
    def _cases(connection: sa.Connection, within: _Within, daily: defaultdict[str, Counter[datetime.date]]) -> list[float]:
        """Counts the cases, and gives the minutes that the answered ones waited for their first answer.

        What was answered in a duplicate counts for the case that it was merged into.
        """
        answered = sa.and_(case_entries.c.case == cases.c.id, case_entries.c.kind == "answer")
        columns = (cases.c.id, cases.c.created_at, cases.c.merged_into)
        rows = connection.execute(
            sa.select(*columns, sa.func.min(case_entries.c.at).label("answered_at"))
            .select_from(cases.outerjoin(case_entries, answered))
            .where(sa.or_(within.holds(cases.c.created_at), cases.c.merged_into.is_not(None))).group_by(*columns)).all()
        merged = {row.id: row.merged_into for row in rows if row.merged_into}
        first: dict[str, str] = {}
        for row in rows:
            if row.answered_at:
                case = row.id
                while case in merged:
                    case = merged[case]
                first[case] = min(first.get(case, row.answered_at), row.answered_at)
        minutes = []
        for row in rows:
            if row.merged_into:
                continue
            made = read_stamp(row.created_at)
            daily["cases"][china_day(made)] += 1
            if row.id in first:
                # An answer can be older than its case: after a merge, or when the machine's clock was set back.
                minutes.append(max(0.0, (read_stamp(first[row.id]) - made).total_seconds() / 60))
        return minutes

    @staticmethod
    def _gaps(connection: sa.Connection, within: _Within) -> tuple[int, int]:
        """(open now, closed within the range)"""
        closed = gaps.c.status == "closed"
        in_range = sa.and_(closed, within.holds(gaps.c.closed_at))
        row = connection.execute(sa.select(sa.func.count(sa.case((~closed, 1))), sa.func.count(sa.case((in_range, 1))))).one()
        return row[0], row[1]

    def _replies(self, connection: sa.Connection) -> tuple[int, int]:
        """(in force now, those of them that expire soon)"""
        today = china_day(self._clock())
        soon = (today + datetime.timedelta(days=SOON)).isoformat()
        current = sa.and_(reply_versions.c.reply == replies.c.id, reply_versions.c.number == replies.c.current)
        contents = connection.execute(sa.select(reply_versions.c.content).select_from(replies.join(reply_versions, current)))
        ends = [content.get("valid_until") for (content,) in contents]
        in_force = [end for end in ends if not end or end >= today.isoformat()]
        return len(in_force), sum(1 for end in in_force if end and end <= soon)
