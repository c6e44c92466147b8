"""Workbooks are opened again with openpyxl: what was typed comes back as text, and never as a formula."""

from __future__ import annotations

import datetime
import re
import zipfile
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.chart import BarChart, LineChart

from assistant.exports.case_sheet import HEADINGS, VALUES, case_sheet
from assistant.exports.workbook import CUT, LONGEST_CELL, Chart, Sheet, workbook

HOSTILE = ["=1+1", "=HYPERLINK(\"http://x/\",\"y\")", "+86 138 1234 5678", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1",
           "=cmd|' /C calc'!A0", "＝1+1", "#N/A", "#REF!", "{=1+1}", "TRUE", "1e5", "<script>alert(1)</script>", "'=1+1"]


def opened(*sheets: Sheet) -> Any:
    return load_workbook(BytesIO(workbook(sheets)))


def xml(data: bytes, name: str) -> str:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return archive.read(name).decode()


@pytest.mark.parametrize("text", HOSTILE)
def test_what_looks_like_a_formula_stays_the_text_it_was(text: str) -> None:
    data = workbook([Sheet("s", (text,), ((text, "next"),))])
    page = load_workbook(BytesIO(data)).worksheets[0]
    for cell in (page["A1"], page["A2"]):
        assert cell.data_type == "s"
        assert cell.value == text.replace("\r", "\n")
    written = xml(data, "xl/worksheets/sheet1.xml")
    assert "<f>" not in written and 't="e"' not in written


@pytest.mark.parametrize("text", ["=1+1", "+86 138", "-1", "@x", "\t=1", "\r=1", "＝1"])
def test_editing_such_a_cell_makes_no_formula_of_it(text: str) -> None:
    assert opened(Sheet("s", ("c",), ((text,),))).worksheets[0]["A2"].quotePrefix
    assert not opened(Sheet("s", ("c",), (("a" + text,),))).worksheets[0]["A2"].quotePrefix


def test_characters_that_xml_cannot_hold_are_left_out() -> None:
    text = "a\x00b\x08c\x0bd\ud800e\ufffef\U0001f600g\x1fh"
    assert opened(Sheet("s", ("c",), ((text,),))).worksheets[0]["A2"].value == "abcdef\U0001f600gh"


@pytest.mark.parametrize("unit, long", [("x", 40_000), ("汉", 32_768), ("\U0001f600", 20_000)])
def test_a_cell_over_the_limit_of_excel_is_cut_with_a_sign(unit: str, long: int) -> None:
    value = opened(Sheet("s", ("c",), ((unit * long,),))).worksheets[0]["A2"].value
    assert value.endswith(CUT) and value.startswith(unit)
    assert LONGEST_CELL - 1 <= len(value.encode("utf-16-le")) // 2 <= LONGEST_CELL
    whole = "x" * LONGEST_CELL
    assert opened(Sheet("s", ("c",), ((whole,),))).worksheets[0]["A2"].value == whole


def test_values_keep_their_kind() -> None:
    moment = datetime.datetime(2026, 11, 22, 17, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
    row = (3, 2.5, True, moment, datetime.date(2026, 12, 1), None, "", float("nan"), float("inf"))
    page = opened(Sheet("s", tuple("abcdefghi"), (row,))).worksheets[0]
    assert [c.value for c in page[2]] == [
        3, 2.5, True, datetime.datetime(2026, 11, 22, 9, 30), datetime.datetime(2026, 12, 1), None, None, None, None]
    assert page["D2"].number_format == "yyyy-mm-dd hh:mm"


def test_the_heading_is_bold_and_stays_in_sight_and_columns_are_as_wide_as_they_need() -> None:
    page = opened(Sheet("s", ("id", "问题", "long"), (("1", "电饭煲出口日本要做什么", "x" * 500),))).worksheets[0]
    assert page.freeze_panes == "A2"
    assert all(c.font.bold for c in page[1]) and not page["A2"].font.bold
    widths = [page.column_dimensions[c].width for c in "ABC"]
    assert widths[0] < widths[1] < widths[2] <= 60
    assert widths[1] >= 2 * len("电饭煲出口日本要做什么")


def test_titles_that_excel_refuses_are_mended_and_differ() -> None:
    names = ["a/b:c*[d]?\\", "x" * 40, "X" * 40, "", "'quoted'", "\x00"]
    titles = opened(*(Sheet(n, ("c",), ()) for n in names)).sheetnames
    assert len({t.casefold() for t in titles}) == len(names)
    assert all(1 <= len(t) <= 31 and not re.search(r"[\[\]:*?/\\]", t) and not t.startswith("'") for t in titles)


@pytest.mark.parametrize("kind, made", [("bar", BarChart), ("line", LineChart)])
def test_a_chart_stands_beside_its_table(kind: Any, made: type) -> None:
    rows = (("2026-11-21", 4, 1), ("2026-11-22", 6, 2))
    data = workbook([Sheet("每天", ("日期", "问题", "未答"), rows, Chart(kind, 0, (1, 2), "每天的问题")), Sheet("none", ("a",), ())])
    first, second = load_workbook(BytesIO(data)).worksheets
    assert len(first._charts) == 1 and isinstance(first._charts[0], made) and not second._charts
    drawn = xml(data, "xl/charts/chart1.xml")
    for reference in ("'每天'!$A$2:$A$3", "'每天'!$B$2:$B$3", "'每天'!$C$2:$C$3", "'每天'!B1", "每天的问题"):
        assert reference in drawn
    assert drawn.count('<delete val="0"') == 2


def test_a_chart_without_rows_is_left_out_and_no_sheets_still_give_a_file() -> None:
    assert not opened(Sheet("s", ("a", "b"), (), Chart("bar", 0, (1,)))).worksheets[0]._charts
    assert opened().sheetnames == ["1"]


def case(**changes: Any) -> dict[str, Any]:
    return {"id": "0123456789abcdef", "created_at": "2026-11-22T09:00:00.000001Z", "updated_at": "2026-11-22T09:05:00.000000Z",
            "version": 2, "status": "open", "owner": "x", "owner_name": "li.na", "origin": "chat", "channel": "wechat",
            "company": "甲公司", "contact": "+8613812345678", "contact_masked": False, "product": "e-bike", "products": ["e-bike"],
            "markets": ["DE", "FR"], "question": "=1+1", "follow_up": "2026-12-01", "merged_into": None, "closed_at": None,
            "consent_at": None, **changes}


def test_cases_as_a_table_in_both_languages() -> None:
    zh = case_sheet([case()], "zh", {"DE": "德国"})
    row = dict(zip(zh.columns, zh.rows[0], strict=True))
    assert (row["状态"], row["来源"], row["市场"], row["联系方式"]) == ("待处理", "网页转人工", "德国、FR", "+8613812345678")
    assert row["跟进日期"] == datetime.date(2026, 12, 1) and row["建立时间(UTC)"] == datetime.datetime(2026, 11, 22, 9, 0)
    en = case_sheet([case(), case(status="odd")], "en")
    assert en.title == "Cases" and len(en.rows) == 2 and en.rows[1][en.columns.index("Status")] == "odd"
    assert dict(zip(en.columns, en.rows[0], strict=True))["Markets"] == "DE, FR"
    page = opened(en).worksheets[0]
    assert page.cell(2, en.columns.index("Question") + 1).data_type == "s"


def test_every_heading_and_value_is_said_in_both_languages() -> None:
    for words in (*HEADINGS.values(), *(w for values in VALUES.values() for w in values.values())):
        assert words.zh.strip() and words.en.strip()
