"""The desk's figures as sheets with charts, with headings in Chinese or English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant.exports.workbook import Chart, Sheet, Value
from assistant.types import Language, Words

DAYS = Words("每日", "Days")
#: Fields of a day and of the totals in the order of their columns and rows.
DAY_HEADINGS: dict[str, Words] = {
    "day": Words("日期(UTC+8)", "Day (UTC+8)"),
    "questions": Words("提问", "Questions"),
    "abstained": Words("未能回答", "Not answered"),
    "up": Words("有用", "Thumbs up"),
    "down": Words("没用", "Thumbs down"),
    "cases": Words("新建工单", "Cases made"),
}
LISTS: dict[str, Words] = {"markets": Words("市场", "Markets"), "products": Words("产品", "Products")}
ID, NAME, COUNT = Words("代码", "Id"), Words("名称", "Name"), Words("提问", "Questions")
TOTALS, ITEM, VALUE = Words("合计", "Totals"), Words("项目", "Item"), Words("数值", "Value")
TOTAL_HEADINGS: dict[str, Words] = {
    "first": Words("开始日期", "First day"),
    "last": Words("结束日期", "Last day"),
    "questions": Words("提问", "Questions"),
    "abstained": Words("未能回答", "Not answered"),
    "abstention_rate": Words("未能回答的比例(%)", "Not answered (%)"),
    "up": Words("有用", "Thumbs up"),
    "down": Words("没用", "Thumbs down"),
    "satisfaction": Words("满意率(%)", "Satisfaction (%)"),
    "cases": Words("新建工单", "Cases made"),
    "answered": Words("其中已答复", "Of these answered"),
    "median_minutes_to_answer": Words("首次答复用时中位数(分钟)", "Median minutes to the first answer"),
    "gaps_open": Words("目前未补的知识缺口", "Knowledge gaps open now"),
    "gaps_closed": Words("期间补上的知识缺口", "Knowledge gaps closed"),
    "replies_in_force": Words("目前有效的审定答复", "Curated replies in force now"),
    "replies_expiring": Words("其中30天内到期", "Of these expiring within 30 days"),
    "stale_records": Words("久未核对的记录", "Records not checked for long"),
}
_SHARES = frozenset({"abstention_rate", "satisfaction"})
#: The questions of the range split in other ways, as rows under the totals.
SPLITS: dict[str, Words] = {
    "channels": Words("渠道", "Channel"), "languages": Words("语言", "Language"), "standings": Words("回答状态", "Standing"),
}
VALUES: dict[str, Words] = {
    "page": Words("网页", "public page"), "api": Words("程序接口", "API"), "desk": Words("热线工作台", "hotline desk"),
    "zh": Words("中文", "Chinese"), "en": Words("英文", "English"),
    "grounded": Words("有依据", "evidence found"), "partly": Words("部分有依据", "partly covered"),
    "insufficient": Words("没有找到依据", "no evidence found"), "out-of-scope": Words("不在回答范围", "out of scope"),
    "unavailable": Words("这里查不到", "not available here"),
}


def figure_sheets(figures: Mapping[str, Any], language: Language) -> list[Sheet]:
    """figures: as `GET /api/desk/figures` gives them, where each market and product has `id`, `zh`, `en`, `count`."""
    return [_days(figures, language), *(_ranked(name, figures[name], language) for name in LISTS), _totals(figures, language)]


def _days(figures: Mapping[str, Any], language: Language) -> Sheet:
    rows = tuple(tuple(day[field] for field in DAY_HEADINGS) for day in figures["days"])
    values = tuple(range(1, len(DAY_HEADINGS)))
    return Sheet(DAYS.say(language), tuple(words.say(language) for words in DAY_HEADINGS.values()), rows,
                 Chart("line", 0, values, DAYS.say(language)))


def _ranked(name: str, counts: list[Mapping[str, Any]], language: Language) -> Sheet:
    title = LISTS[name].say(language)
    rows = tuple((entry["id"], entry[language], entry["count"]) for entry in counts)
    return Sheet(title, tuple(words.say(language) for words in (ID, NAME, COUNT)), rows, Chart("bar", 1, (2,), title))


def _totals(figures: Mapping[str, Any], language: Language) -> Sheet:
    values: dict[str, Any] = {"first": figures["first"], "last": figures["last"], **figures["totals"]}
    rows: list[tuple[Value, ...]] = []
    for field, words in TOTAL_HEADINGS.items():
        value = values[field]
        rows.append((words.say(language), round(value * 100, 1) if field in _SHARES and value is not None else value))
    colon = ":" if language == "zh" else ": "
    for split, words in SPLITS.items():
        for entry in figures[split]:
            called = VALUES.get(entry["id"])
            rows.append((words.say(language) + colon + (called.say(language) if called else entry["id"]), entry["count"]))
    return Sheet(TOTALS.say(language), (ITEM.say(language), VALUE.say(language)), tuple(rows))
