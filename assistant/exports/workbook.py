"""Tables as an Excel workbook. What people typed stays text: nothing in a cell is ever taken for a formula."""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from openpyxl import Workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

Value = str | int | float | bool | datetime.datetime | datetime.date | None
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: What a cell takes, counted as Excel counts: UTF-16 units.
LONGEST_CELL = 32_767
CUT = "……[已截断 cut]"
LONGEST_TITLE = 31
_NARROWEST, _WIDEST = 8, 60
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_TITLE = re.compile(r"[\[\]:*?/\\]")
#: A cell that is edited later would become a formula, and in some languages of Excel the full-width signs count too.
_LIKE_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart beside the table. labels, values: places of columns, the first is 0; values are the lines or bars."""

    kind: Literal["bar", "line"]
    labels: int
    values: tuple[int, ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: headings and rows of the same length, with a chart if wanted."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    chart: Chart | None = None


def workbook(sheets: Sequence[Sheet]) -> bytes:
    """The sheets as the bytes of an .xlsx file, at least one sheet."""
    book = Workbook()
    book.properties.creator = "Certification Assistant"
    book.remove(book.worksheets[0])
    taken: set[str] = set()
    for sheet in sheets or (Sheet("1", (), ()),):
        title = _title(sheet.title, taken)
        taken.add(title.casefold())
        _fill(book.create_sheet(title), sheet)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _title(wanted: str, taken: set[str]) -> str:
    """A name for the sheet that Excel accepts and no other sheet has."""
    base = _NOT_TITLE.sub(" ", _text(wanted)).strip(" '\n\t")[:LONGEST_TITLE].rstrip(" '") or "1"
    title, n = base, 2
    while title.casefold() in taken:
        end = f" ({n})"
        title, n = base[: LONGEST_TITLE - len(end)] + end, n + 1
    return title


def _text(text: str) -> str:
    """`text` without what XML cannot hold, cut to what a cell takes."""
    kept = _NOT_XML.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    units = kept.encode("utf-16-le")
    if len(units) <= 2 * LONGEST_CELL:
        return kept
    return units[: 2 * (LONGEST_CELL - len(CUT))].decode("utf-16-le", "ignore") + CUT


def _put(cell: Cell | MergedCell, value: Value) -> None:
    if isinstance(value, str):
        cell.value = _text(value)
        cell.data_type = "s"  # openpyxl takes «=…» for a formula and «#N/A» for an error
        # Excel's own apostrophe: it keeps text as text when the cell is edited, and leaves the text as it was typed.
        cell.quotePrefix = value.startswith(_LIKE_FORMULA)
    elif isinstance(value, float) and not math.isfinite(value):
        cell.value = None
    elif isinstance(value, datetime.datetime):
        cell.value = value.astimezone(datetime.UTC).replace(tzinfo=None) if value.tzinfo else value
        cell.number_format = "yyyy-mm-dd hh:mm"
    else:
        cell.value = value


def _fill(page: Worksheet, sheet: Sheet) -> None:
    widths = [_width(name) for name in sheet.columns]
    for column, name in enumerate(sheet.columns, 1):
        heading = page.cell(1, column)
        _put(heading, name)
        heading.font = Font(bold=True)
    across = Alignment(vertical="top", wrap_text=True)
    for row, values in enumerate(sheet.rows, 2):
        for column, value in enumerate(values, 1):
            if value is None or value == "":
                continue
            cell = page.cell(row, column)
            _put(cell, value)
            if isinstance(value, str):
                cell.alignment = across
            if column <= len(widths):
                widths[column - 1] = max(widths[column - 1], _width(value))
    page.freeze_panes = "A2"
    if sheet.columns and sheet.rows:
        page.auto_filter.ref = f"A1:{get_column_letter(len(sheet.columns))}{len(sheet.rows) + 1}"
    for column, width in enumerate(widths, 1):
        page.column_dimensions[get_column_letter(column)].width = min(max(width + 2, _NARROWEST), _WIDEST)
    if sheet.chart and sheet.rows:
        _draw(page, sheet, sheet.chart)


def _width(value: Value) -> int:
    """Columns of an ordinary font that the longest line takes; Chinese characters take two."""
    if isinstance(value, datetime.datetime):
        return len("2026-11-22 09:00")
    lines = str(value)[:1000].split("\n")
    return max(sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line[:_WIDEST]) for line in lines)


def _draw(page: Worksheet, sheet: Sheet, wanted: Chart) -> None:
    chart = BarChart() if wanted.kind == "bar" else LineChart()
    last = len(sheet.rows) + 1
    for column in wanted.values:
        chart.add_data(Reference(page, min_col=column + 1, min_row=1, max_row=last), titles_from_data=True)
    chart.set_categories(Reference(page, min_col=wanted.labels + 1, min_row=2, max_row=last))
    if wanted.title:
        chart.title = _text(wanted.title)
    chart.width, chart.height = 24, 11  # centimetres
    # Without these Excel leaves both axes out.
    chart.x_axis.delete = chart.y_axis.delete = False
    page.add_chart(chart, f"{get_column_letter(len(sheet.columns) + 2)}2")
