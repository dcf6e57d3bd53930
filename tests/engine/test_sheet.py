"""A grid as a workbook: what comes in is typed and told, what goes out is never a formula."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import openpyxl
import pytest

from engine import sheet
from engine.errors import Invalid
from engine.form.model import ROWS_LIMIT, Field, Option
from engine.sheet import table

ZONE = "Asia/Shanghai"
CHOICES = (Option("甲", "甲类"), Option("乙", "乙类"))
GRID = Field(
    "people",
    "grid",
    columns=(
        Field("name", "textfield", "姓名"),
        Field("count", "number", "人数", digits=0),
        Field("due", "datetime", "日期", subtype="date"),
        Field("at", "datetime", "时间", subtype="datetime"),
        Field("hour", "datetime", "钟点", subtype="time"),
        Field("kind", "select", "类别", options=CHOICES),
        Field("kinds", "checklist", "几类", options=CHOICES),
        Field("must", "checkbox", "必到"),
        Field("who", "entry", "联系人", source="person"),
        Field("guests", "entry", "列席", source="person", multiple=True),
        Field("note", "textarea", "说明"),
        Field("file", "files", "附件"),
        Field("fixed", "textfield", "编号", fixed=True),
    ),
)
NAMES = {each.key: (each.label,) for each in GRID.columns} | {"name": ("Name", "姓名")}
KEYS = {("person", "张一"): ("zhang",), ("person", "李四"): ("li",), ("person", "王"): ("w1", "w2")}
HEADINGS = [each.label for each in GRID.columns[:11]]


LOST = "This long number has lost its last digits. Format the column as text and type it anew."


def workbook(*lines: list[Any], change: Callable[[Any], None] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    if change:
        change(book)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def take(body: bytes) -> sheet.Taken:
    head = sheet.headed(sheet.read("名册.xlsx", body), GRID, NAMES)
    return sheet.fitted(head, KEYS, ZONE)


def one(heading: str, value: Any) -> Any:
    """The value of a single cell, or where and why it was not taken."""
    taken = take(workbook([heading], [value]))
    if taken.problems:
        return [(each.where, each.message) for each in taken.problems]
    (row,) = taken.rows
    return next(iter(row.values()), None)


def test_a_line_of_the_sheet_is_a_row_of_the_grid_typed_by_its_columns() -> None:
    moment = datetime(2026, 4, 1, 9, 30)  # noqa: DTZ001 - a spreadsheet knows no zones
    line = ["周五", 3, date(2026, 4, 1), moment, time(9, 30), "甲类", "甲类、乙", "是", "张一", "张一、李四", "一\n二"]

    taken = take(workbook(HEADINGS, line))

    assert taken.problems == ()
    assert taken.rows == (
        {
            "name": "周五",
            "count": 3,
            "due": "2026-04-01",
            "at": "2026-04-01T09:30",
            "hour": "09:30",
            "kind": "甲",
            "kinds": ["甲", "乙"],
            "must": True,
            "who": "zhang",
            "guests": ["zhang", "li"],
            "note": "一\n二",
        },
    )


@pytest.mark.parametrize(
    ("heading", "value", "expected"),
    [
        ("人数", "１，２００", 1200),
        ("人数", 3.0, 3.0),
        ("日期", "2026年4月1日", "2026-04-01"),
        ("日期", "2026/4/1", "2026-04-01"),
        ("时间", "2026-04-01 9:05", "2026-04-01T09:05"),
        ("钟点", "9:05", "09:05"),
        ("必到", "√", True),
        ("必到", "TRUE", True),
        ("必到", "无", False),
        ("必到", False, False),
        ("姓名", 20260001, "20260001"),
        ("姓名", 2.5, "2.5"),
        ("姓名", date(2026, 4, 1), "2026-04-01"),
        ("姓名", "'=1+1", "'=1+1"),
        ("name", "以键为题", "以键为题"),
        ("Name *", "译名", "译名"),
    ],
)
def test_what_people_write_is_understood(heading: str, value: Any, expected: Any) -> None:
    assert one(heading, value) == expected


@pytest.mark.parametrize(
    ("heading", "value", "says"),
    [
        ("人数", "三", "This must be a number."),
        ("人数", 2.5, "This must be a whole number."),
        ("人数", "1e999", "This must be a number."),
        ("人数", True, "This must be a number."),
        ("日期", "2026-02-30", "This is no date. It is written like 2026-04-01."),
        ("日期", 46113, "This is no date. It is written like 2026-04-01."),
        ("日期", "2026-04-01 09:30", "This has a time of day, and only the date is asked for."),
        ("日期", "1026-04-01", "A date lies between {first} and {last}. What has no end is written 9999-12-31."),
        ("钟点", "25:00", "This is no time of day. It is written like 09:30."),
        ("类别", "丙", "This is not one of the choices: {choices}."),
        ("几类", "甲、丙", "This is not one of the choices: {choices}."),
        ("几类", "甲、甲类", "The same is chosen twice."),
        ("必到", "也许", "This must be yes or no."),
        ("联系人", "赵六", "Nothing that you may choose here is called {title}."),
        ("联系人", "王", "Several are called {title}. Choose the right one in the form."),
        ("姓名", 3301021990010112345, LOST),
        ("姓名", "=1+1", "This is a formula. Put its value there: copy, then paste values only."),
        ("姓名", "#DIV/0!", "This cell shows an error."),
    ],
)
def test_a_cell_that_does_not_fit_stays_empty_and_is_told_by_its_place(heading: str, value: Any, says: str) -> None:
    assert one(heading, value) == [("A2", says)]


def test_nothing_of_a_sheet_is_dropped_in_silence() -> None:
    body = workbook(
        ["名册（虚构）"],
        ["姓名", "备注", "附件", "编号", "姓名"],
        ["周五", "随行", "a.pdf", "1", "周六"],
        [None, None, None, None, None, "无题"],
        change=lambda book: book.create_sheet("另一页"),
    )

    taken = take(body)

    assert taken.rows == ({"name": "周五"}, {})
    assert {(each.where, each.message) for each in taken.problems} == {
        ("", "What stands above the headings was not taken in."),
        ("", "Only the first sheet, {sheet}, was taken in."),
        ("B", "This column belongs to none of the table's: {heading}."),
        ("C", "This column is not filled in from a sheet: {heading}."),
        ("D", "This column is not filled in from a sheet: {heading}."),
        ("E", "This heading stands here a second time: {heading}."),
        ("F", "This column has no heading and was not taken in."),
    }


def test_problems_beyond_two_hundred_are_counted() -> None:
    taken = take(workbook(["人数"], *[["三"] for _ in range(250)]))

    assert (len(taken.rows), len(taken.problems), taken.more) == (250, 200, 50)


def hidden(book: Any) -> None:
    book.create_sheet("现")
    book["现"].append(["姓名"])
    book["现"].append(["周五"])
    book.worksheets[0].sheet_state = "hidden"


def test_a_hidden_sheet_is_passed_over() -> None:
    assert take(workbook(["姓名"], ["旧"], change=hidden)).rows == ({"name": "周五"},)


def test_a_sheet_that_lies_about_its_size_is_read_all_the_same() -> None:
    assert take(altered(workbook(["姓名"], ["周五"]), b'ref="A1:A2"', b'ref="A1:A1"')).rows == ({"name": "周五"},)


def altered(body: bytes, old: bytes, new: bytes, part: str = "xl/worksheets/sheet1.xml") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for each in source.namelist():
            content = source.read(each)
            if each == part:
                assert old in content
                content = content.replace(old, new)
            made.writestr(each, content)
    return target.getvalue()


def bomb() -> bytes:
    target = io.BytesIO(workbook(["姓名"]))
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as made:
        made.writestr("xl/more.xml", random.Random(1).randbytes(13 * 1024 * 1024 + 1).hex())
    return target.getvalue()


ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><worksheet'


KIND = "The file {name} is not what its name says: its content is of another kind than {extension}."
DAMAGED = "The workbook {name} cannot be read. Open it, save it as .xlsx once more and try again."
HEADLESS = "No line of the sheet has the headings of this table: {headings}."
LOW = "The sheet has lines below line {limit}. Delete them, empty ones too."
LONG = "The sheet has more than {limit} rows. Take it in by parts."


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "The file {name} is empty."),
        (b"%PDF-1.7", KIND),
        (workbook(["姓名"])[:-200], KIND),
        (bomb(), "The file {name} unpacks to more than {limit} MB. Send it by parts, or make its pictures smaller."),
        (altered(workbook(["姓名"]), b"<worksheet", ENTITIES), DAMAGED),
        (altered(workbook(["姓名"]), b"<worksheet", b"<worksheet<"), DAMAGED),
        (workbook(["别的"], ["周五"]), HEADLESS),
        (workbook(), HEADLESS),
        (workbook(["姓名"], *[["周五"]] * (ROWS_LIMIT + 1)), LONG),
        (workbook(["姓名"], *[["周五"]] * (ROWS_LIMIT + 50)), LONG),
        (altered(workbook(["姓名"], ["周五"]), b'<row r="2"', b'<row r="1900000000"'), LOW),
        (workbook(["姓名", *["x"] * 200]), "The sheet has more than {limit} columns."),
    ],
)
def test_what_is_no_sheet_of_rows_is_refused_in_words(body: bytes, says: str) -> None:
    with pytest.raises(Invalid) as refused:
        take(body)
    assert refused.value.message == says


def of_cells(row: str, times: int) -> bytes:
    body = workbook(["姓名"], ["周五"])
    return altered(body, b"</sheetData>", f"{row * times}</sheetData>".encode())


def test_as_many_cells_as_allowed_are_read_and_one_more_is_not_though_it_is_empty() -> None:
    known = 2
    full = of_cells('<row r="3">' + "<c/>" * (table.CELLS_LIMIT - known) + "</row>", 1)
    assert take(full).rows == ({"name": "周五"},)

    for mark in ("<c/>", "<c></c>", '<c r="A9"/>'):
        more = of_cells('<row r="3">' + mark * (table.CELLS_LIMIT - known + 1) + "</row>", 1)
        with pytest.raises(Invalid) as refused:
            take(more)
        assert refused.value.message.startswith("The workbook {name} holds too much")


def test_tags_are_counted_whatever_they_are_called() -> None:
    named = of_cells("<x:c/>" * 1000, table.MARKS_LIMIT // 1000)
    with pytest.raises(Invalid) as refused:
        take(named)
    assert refused.value.message.startswith("The workbook {name} holds too much")


def test_a_workbook_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "PATIENCE_S", 0.0)
    with pytest.raises(Invalid) as refused:
        take(workbook(["姓名"], ["周五"]))
    assert refused.value.message.startswith("The workbook {name} takes too long")


def test_only_workbooks_are_taken() -> None:
    with pytest.raises(Invalid, match="Only workbooks of kind"):
        sheet.read("名册.xls", workbook(["姓名"]))


def test_a_row_far_below_the_others_is_found() -> None:
    far = altered(workbook(["姓名"], ["周五"]), b'<row r="2"', b'<row r="19000"')

    assert take(far).rows == ({"name": "周五"},)


# ---- out


def written(*rows: dict[str, Any]) -> Any:
    body = sheet.write("名册：[甲]/*", GRID.columns[:11], rows, {"yes": "是", "no": "否"}, ZONE)
    return openpyxl.load_workbook(io.BytesIO(body))


def test_rows_given_out_and_taken_in_again_are_the_same() -> None:
    row = {
        "name": "周五",
        "count": 3,
        "due": "2026-04-01",
        "at": "2026-04-01T09:30",
        "hour": "09:30",
        "kind": "甲",
        "kinds": ["甲", "乙"],
        "must": True,
        "note": "一\n二",
    }
    target = io.BytesIO()
    written({**row, "who": "张一", "guests": ["张一", "李四"]}).save(target)

    taken = take(target.getvalue())

    assert (taken.problems, taken.rows) == ((), ({**row, "who": "zhang", "guests": ["zhang", "li"]},))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(1)", "ftp://x.test", "{=1}", "\t=1"])
def test_no_text_becomes_a_formula_or_a_link(text: str) -> None:
    cell = written({"name": text, "note": text}).active["A2"]

    assert (cell.value.strip(), cell.data_type, cell.hyperlink) == (text.strip(), "s", None)


def test_numbers_and_dates_go_out_as_such_and_moments_as_clocks_here_show_them() -> None:
    book = written({"count": 3, "due": "2026-04-01", "at": "2026-04-01T01:30:00+00:00"})
    line = [cell.value for cell in book.active[2]]

    assert line[1:4] == [3, datetime(2026, 4, 1), datetime(2026, 4, 1, 9, 30)]  # noqa: DTZ001


@pytest.mark.parametrize("value", [{"a": 1}, ["x", {"y": 1}], "\x00\ud800", 10**400, "1800-01-01", "x" * 40_000])
def test_whatever_a_page_sends_a_workbook_comes_of_it(value: Any) -> None:
    for key in ("name", "count", "due", "kind", "kinds", "must"):
        assert written({key: value}).active.max_row >= 1
