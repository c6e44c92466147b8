"""Cases as a table, with headings in Chinese or English."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.exports.workbook import Sheet, Value
from assistant.types import Language, Words

TITLE = Words("咨询工单", "Cases")
#: Fields of a case in the order of the columns.
HEADINGS: dict[str, Words] = {
    "id": Words("编号", "Number"),
    "created_at": Words("建立时间(UTC)", "Created (UTC)"),
    "updated_at": Words("更新时间(UTC)", "Updated (UTC)"),
    "status": Words("状态", "Status"),
    "owner_name": Words("负责人", "Owner"),
    "origin": Words("来源", "Origin"),
    "channel": Words("联系方式类型", "Channel"),
    "company": Words("企业", "Company"),
    "contact": Words("联系方式", "Contact"),
    "product": Words("产品", "Product"),
    "products": Words("产品类别", "Product types"),
    "markets": Words("市场", "Markets"),
    "question": Words("问题", "Question"),
    "follow_up": Words("跟进日期", "Follow-up"),
    "closed_at": Words("结案时间(UTC)", "Closed (UTC)"),
    "consent_at": Words("同意时间(UTC)", "Consent (UTC)"),
    "merged_into": Words("并入工单", "Merged into"),
}
VALUES: dict[str, dict[str, Words]] = {
    "status": {"open": Words("待处理", "open"), "waiting": Words("等待回复", "waiting"), "answered": Words("已答复", "answered"),
               "closed": Words("已结案", "closed")},
    "origin": {"call": Words("热线", "hotline"), "chat": Words("网页转人工", "handed over from the chat")},
    "channel": {"phone": Words("电话", "telephone"), "wechat": Words("微信", "WeChat"), "mail": Words("邮件", "mail"),
                "visit": Words("来访", "visit"), "chat": Words("网页", "chat"), "other": Words("其他", "other")},
}


def case_sheet(cases: Sequence[Mapping[str, Any]], language: Language, names: Mapping[str, str] | None = None) -> Sheet:
    """One row for each case. names: what product and market ids are called; an id without a name stands as it is."""
    called = names or {}
    rows = tuple(tuple(_shown(field, case[field], language, called) for field in HEADINGS) for case in cases)
    return Sheet(TITLE.say(language), tuple(words.say(language) for words in HEADINGS.values()), rows)


def _shown(field: str, value: Any, language: Language, names: Mapping[str, str]) -> Value:
    if not value:
        return None
    if field in VALUES:
        words = VALUES[field].get(value)
        return words.say(language) if words else str(value)
    if field.endswith("_at"):
        # A cell of Excel holds no time zone and no more than milliseconds; the heading says UTC.
        return datetime.datetime.fromisoformat(value).replace(tzinfo=None, microsecond=0)
    if field == "follow_up":
        return datetime.date.fromisoformat(value)
    if isinstance(value, (list, tuple)):
        return ("、" if language == "zh" else ", ").join(names.get(item, item) for item in value)
    return str(value)
