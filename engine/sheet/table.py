"""The first sheet of a workbook as rows of cells, opened within limits: a small file can hold a very large one."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import openpyxl
from openpyxl.cell.read_only import EMPTY_CELL

from engine import filetype, unpacking
from engine.errors import Invalid
from engine.form.model import ROWS_LIMIT

LIMIT = 5 * 1024 * 1024
"""Bytes of a workbook: whoever receives one stops there."""
OPENED_LIMIT = 25 * 1024 * 1024
"""Bytes of its parts, unpacked."""
PARTS_LIMIT = 500
COLUMNS_LIMIT = 200
LINES_LIMIT = 20_000
"""Lines looked at, empty ones included."""
CELLS_LIMIT = 100_000
"""Cells of all its sheets, empty ones included: reading one costs some microseconds, whatever it holds."""
MARKS_LIMIT = 1_000_000
"""Tags of all its parts, opening and closing ones."""
PATIENCE_S = 5.0
BOUNDS = unpacking.Bounds(parts=PARTS_LIMIT, size=OPENED_LIMIT)
_CELL = (b"<c/", b"<c ", b"<c>")
_TOO_MUCH = "The workbook {name} holds too much. Keep only the sheet that is needed, without empty rows and columns."
_TOO_LONG = "The workbook {name} takes too long to read. Keep only the sheet that is needed."
_UNREADABLE = "The workbook {name} cannot be read. Open it, save it as .xlsx once more and try again."
_DECLARES = (b"<!DOCTYPE", b"<!ENTITY")
_LONGEST = max(len(each) for each in _DECLARES) - 1
_WIDE = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a sheet that holds anything.

    Attributes:
        number: as the spreadsheet program counts it, from 1.
        cells: what openpyxl read, from the first column on.
    """

    number: int
    cells: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The first sheet of a workbook: its title, its lines, and the titles of the others."""

    title: str
    lines: tuple[Line, ...]
    others: tuple[str, ...]


def read(name: str, body: bytes, title: str | None = None) -> Sheet:
    """The first sheet that is not hidden, or the one of this title. Formulas stay formulas: whoever takes the cells
    refuses them.

    Raises:
        Invalid: it is no .xlsx file, unpacks to too much, or is damaged.
    """
    name = filetype.clean(name)
    if not name.lower().endswith(".xlsx"):
        raise Invalid("Only workbooks of kind .xlsx are taken in. Save {name} as .xlsx first.", name=name)
    filetype.examine(name, body, BOUNDS)
    _weigh(name, body)
    try:
        return _opened(name, body, title)
    except Invalid:
        raise
    except Exception as error:  # openpyxl raises whatever comes up where a part is not what it should be
        raise Invalid(_UNREADABLE, name=name) from error


def _weigh(name: str, body: bytes) -> None:
    """Refuse what unpacks to too much or has too many cells, and XML that declares entities, before it is read."""
    marks = cells = 0
    try:
        for part, pieces in unpacking.unpacked(name, body, BOUNDS):
            is_xml, before = part.lower().endswith((".xml", ".rels")), b""
            for piece in pieces:
                if not before and piece.startswith(_WIDE):
                    raise unpacking.Damaged
                # What stands at the end of one piece may go on in the next.
                known = before[-_LONGEST:]
                if is_xml and any(each in known + piece for each in _DECLARES):
                    raise unpacking.Damaged
                marks += piece.count(b"<")
                cells += sum((known[-2:] + piece).count(each) for each in _CELL)
                if marks > MARKS_LIMIT or cells > CELLS_LIMIT:
                    raise Invalid(_TOO_MUCH, name=name)
                before = known + piece
    except unpacking.Damaged as error:
        raise Invalid(_UNREADABLE, name=name) from error


def _opened(name: str, body: bytes, title: str | None) -> Sheet:
    book = openpyxl.load_workbook(io.BytesIO(body), read_only=True, keep_links=False)
    try:
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        wanted = [sheet for sheet in sheets if title in (None, sheet.title)]
        if not wanted:
            raise Invalid("The workbook {name} has no sheet that is not hidden.", name=name)
        first = wanted[0]
        return Sheet(first.title, tuple(_lines(first, name)), _others(sheets, first))
    finally:
        book.close()


def _others(sheets: list[Any], first: Any) -> tuple[str, ...]:
    return tuple(sheet.title for sheet in sheets if sheet is not first)


def _lines(sheet: Any, name: str) -> Iterator[Line]:
    sheet.reset_dimensions()  # the file may say anything about its own size
    found, end = 0, time.monotonic() + PATIENCE_S
    for number, cells in enumerate(sheet.iter_rows(max_col=COLUMNS_LIMIT + 1), 1):
        if time.monotonic() > end:
            raise Invalid(_TOO_LONG, name=name)
        if number > LINES_LIMIT:
            raise Invalid("The sheet has lines below line {limit}. Delete them, empty ones too.", limit=LINES_LIMIT)
        if all(cell is EMPTY_CELL or is_blank(cell) for cell in cells):
            continue
        # Some lines more than rows, for the headings and what stands above them.
        if found > ROWS_LIMIT + 20:
            raise Invalid("The sheet has more than {limit} rows. Take it in by parts.", limit=ROWS_LIMIT)
        found += 1
        if len(cells) > COLUMNS_LIMIT and not is_blank(cells[COLUMNS_LIMIT]):
            raise Invalid("The sheet has more than {limit} columns.", limit=COLUMNS_LIMIT)
        yield Line(number, tuple(cells))


def is_blank(cell: Any) -> bool:
    """Whether a cell says nothing."""
    return cell.value is None or (isinstance(cell.value, str) and not cell.value.strip())
