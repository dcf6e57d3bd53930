"""A workbook to fill in: sheets with headings and nothing below, and a page of notes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import xlsxwriter

from engine.form.model import ROWS_LIMIT
from engine.sheet.written import OPTIONS


@dataclass(frozen=True, slots=True)
class Blank:
    """A sheet: its title, its headings, and for some columns (by place) what can be chosen there from the notes."""

    title: str
    headings: Sequence[str]
    choices: Mapping[int, Sequence[str]] = field(default_factory=dict)


def blank(sheets: Sequence[Blank], notes_title: str, notes: Sequence[str], table: Sequence[Sequence[str]]) -> bytes:
    """The workbook; every cell is text, so that a date or a number stays as it was written.

    Args:
        notes: sentences, one a line.
        table: below them; the first line is its head, and its first column is what choices come from.
    """
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, OPTIONS) as book:
        head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#EEF2F7"})
        text = book.add_format({"num_format": "@"})
        first = len(notes) + 3
        source = f"='{notes_title}'!$A${first}:$A${first + max(len(table) - 2, 0)}"
        for each in sheets:
            page = book.add_worksheet(each.title)
            page.set_column(0, len(each.headings) - 1, 22, text)
            page.write_row(0, 0, each.headings, head)
            page.freeze_panes(1, 0)
            for place in each.choices:
                # A warning only: titles of roles are taken as well as their keys.
                rule = {"validate": "list", "source": source, "error_type": "warning"}
                page.data_validation(1, place, ROWS_LIMIT, place, rule)
        page = book.add_worksheet(notes_title)
        page.set_column(0, 2, 26, text)
        for down, sentence in enumerate(notes):
            page.write_string(down, 0, sentence)
        for down, row in enumerate(table, len(notes) + 1):
            page.write_row(down, 0, row, head if down == len(notes) + 1 else text)
    return target.getvalue()
