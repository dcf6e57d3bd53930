"""Rows of a grid as a workbook. A cell is a number, a date or a text, never a formula and never a link."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

from engine.form.model import Field

_TEXT_LIMIT = 32_767
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_KEPT_OUT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FORMATS = {"date": "yyyy-mm-dd", "datetime": "yyyy-mm-dd hh:mm"}
# A text that begins like a formula stays a text: no text is looked at for what it might be.
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write(
    title: str, columns: Sequence[Field], rows: Sequence[Mapping[str, Any]], words: Mapping[str, str], zone: str
) -> bytes:
    """A workbook of one sheet: the columns' labels, and a line for each row.

    Args:
        title: of the sheet.
        rows: as a page holds them; what keys and files are called stands there in words.
        words: ``yes`` and ``no`` in the reader's language.
        zone: in which moments are written.
    """
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, OPTIONS) as book:
        sheet = book.add_worksheet(_FORBIDDEN.sub(" ", title).strip()[:31] or None)
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        plain = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        dated = {kind: book.add_format({"num_format": form, "valign": "top"}) for kind, form in _FORMATS.items()}
        for at, column in enumerate(columns):
            sheet.write_string(0, at, _text(column.label or column.key), head)
            sheet.set_column(at, at, 40 if column.type == "textarea" else 18)
        sheet.freeze_panes(1, 0)
        for down, row in enumerate(rows, 1):
            for at, column in enumerate(columns):
                value = _value(column, row.get(column.key), words, zone)
                if isinstance(value, datetime):
                    sheet.write_datetime(down, at, value, dated[column.subtype])
                elif isinstance(value, int | float):
                    sheet.write_number(down, at, value)
                elif value:
                    sheet.write_string(down, at, _text(value), plain)
    return target.getvalue()


def _value(column: Field, value: Any, words: Mapping[str, str], zone: str) -> datetime | int | float | str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return words["yes" if value else "no"]
    if column.type == "number" and isinstance(value, int | float) and abs(value) < 10**15:
        return value
    if column.type == "datetime" and column.subtype in _FORMATS:
        return _moment(str(value), zone)
    if isinstance(value, list):
        return "、".join(_label(column, each) for each in value)
    return _label(column, value)


def _moment(text: str, zone: str) -> datetime | str:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    if found.tzinfo is not None:
        found = found.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return found if found.date() > date(1900, 3, 1) else text


def _label(column: Field, value: Any) -> str:
    for option in column.options or ():
        if option.value == value:
            return option.label
    return str(value)


def _text(value: str) -> str:
    return _KEPT_OUT.sub("", value)[:_TEXT_LIMIT]
