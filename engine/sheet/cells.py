"""Cells of a sheet as values of a grid's columns; what does not fit is told cell by cell, and nothing else is lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl.utils import get_column_letter

from engine.errors import Invalid, Problem
from engine.form import fitting
from engine.form.model import ROWS_LIMIT, Field
from engine.sheet.kinds import Misfit, converted
from engine.sheet.table import Line, Sheet, is_blank

HEADINGS_WITHIN = 20
PROBLEMS_LIMIT = 200
Names = Mapping[str, Sequence[str]]
Keys = Mapping[tuple[str, str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Taken:
    """What a sheet gave.

    Attributes:
        rows: as a page holds them: plain JSON by the columns' keys.
        problems: what was not taken, each with the cell (``B3``) or the column it stood in; at most 200.
        more: how many further ones there are.
    """

    rows: tuple[dict[str, Any], ...]
    problems: tuple[Problem, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Headed:
    """A sheet whose headings have been found.

    Attributes:
        columns: place in the sheet → column of the grid.
        lines: those below the headings.
        problems: about headings and what stands around them.
    """

    columns: Mapping[int, Field]
    lines: Sequence[Line]
    problems: tuple[Problem, ...]

    def entries(self) -> dict[str, set[str]]:
        """Source → texts that must be titles or keys of it."""
        found: dict[str, set[str]] = defaultdict(set)
        for line in self.lines:
            for place, column in self.columns.items():
                if column.type == "entry" and place < len(line.cells) and isinstance(line.cells[place].value, str):
                    found[column.source].update(parts(column, line.cells[place].value))
        return found


def headed(sheet: Sheet, grid: Field, names: Names) -> Headed:
    """Find the headings: the line, among the first 20, that names most of the grid's columns.

    Args:
        names: key of a column → what its heading may be called, besides the key.

    Raises:
        Invalid: no line names any, or there are more rows than a grid holds.
    """
    called = {_narrow(each): column for column in grid.columns for each in (column.key, *names.get(column.key, ()))}
    matches = [_matched(line, called) for line in sheet.lines[:HEADINGS_WITHIN]]
    best = max(range(len(matches)), key=lambda at: len({c.key for c in matches[at].values()}), default=None)
    if best is None or not matches[best]:
        wanted = "、".join((*names.get(column.key, ()), column.key)[0] for column in grid.columns)
        raise Invalid("No line of the sheet has the headings of this table: {headings}.", headings=wanted)
    lines = sheet.lines[best + 1 :]
    if len(lines) > ROWS_LIMIT:
        raise Invalid("The sheet has more than {limit} rows. Take it in by parts.", limit=ROWS_LIMIT)
    columns, problems = _chosen(sheet.lines[best], matches[best], lines)
    if best:
        problems.append(Problem("", "What stands above the headings was not taken in."))
    if sheet.others:
        problems.append(Problem("", "Only the first sheet, {sheet}, was taken in.", {"sheet": sheet.title}))
    return Headed(columns, lines, tuple(problems))


def _matched(line: Line, called: Mapping[str, Field]) -> dict[int, Field]:
    texts = {place: _narrow(str(cell.value)) for place, cell in enumerate(line.cells) if not is_blank(cell)}
    return {place: called[text] for place, text in texts.items() if text in called}


def _chosen(
    headings: Line, matched: Mapping[int, Field], lines: Sequence[Line]
) -> tuple[dict[int, Field], list[Problem]]:
    """One place for each column; what else holds something is told."""
    columns: dict[int, Field] = {}
    problems = []
    filled = {place for line in lines for place, cell in enumerate(line.cells) if not is_blank(cell)}
    for place in sorted(filled | matched.keys()):
        column, where = matched.get(place), get_column_letter(place + 1)
        if column is None:
            heading = headings.cells[place].value if place < len(headings.cells) else None
            sentence = "This column belongs to none of the table's: {heading}." if heading else _NAMELESS
            problems.append(Problem(where, sentence, {"heading": str(heading)} if heading else {}))
        elif column.key in {each.key for each in columns.values()}:
            problems.append(Problem(where, "This heading stands here a second time: {heading}.", _heading(column)))
        elif column.fixed or column.type in ("files", "expression", "signature"):
            problems.append(Problem(where, "This column is not filled in from a sheet: {heading}.", _heading(column)))
        else:
            columns[place] = column
    return columns, problems


_NAMELESS = "This column has no heading and was not taken in."


def _heading(column: Field) -> dict[str, str]:
    return {"heading": column.label or column.key}


def fitted(found: Headed, keys: Keys, zone: str) -> Taken:
    """The rows, each value checked as the form will check it; a cell that does not fit stays empty and is told.

    Args:
        keys: (source, text) → the keys that are called so.
    """
    rows, problems = [], list(found.problems)
    for line in found.lines:
        row: dict[str, Any] = {}
        for place, column in found.columns.items():
            cell = line.cells[place] if place < len(line.cells) else None
            if cell is None or is_blank(cell):
                continue
            try:
                row[column.key] = _value(column, cell, keys, zone)
            except (Misfit, fitting.Unfit) as misfit:
                where = f"{get_column_letter(place + 1)}{line.number}"
                problems.append(Problem(where, misfit.problem.message, misfit.problem.params))
        rows.append(row)
    return Taken(tuple(rows), tuple(problems[:PROBLEMS_LIMIT]), max(0, len(problems) - PROBLEMS_LIMIT))


def _value(column: Field, cell: Any, keys: Keys, zone: str) -> Any:
    if cell.data_type == "f":
        raise Misfit("This is a formula. Put its value there: copy, then paste values only.")
    if cell.data_type == "e":
        raise Misfit("This cell shows an error.")
    value = _entry(column, str(cell.value), keys) if column.type == "entry" else converted(column, cell.value)
    fitting.fit(column, value, zone)
    return value


def parts(column: Field, text: str) -> list[str]:
    """The titles in a cell: one, or several where the column takes several."""
    if not column.multiple:
        return [text.strip()]
    for mark in "，,；;\n":
        text = text.replace(mark, "、")
    return [part.strip() for part in text.split("、") if part.strip()]


def _entry(column: Field, text: str, keys: Keys) -> Any:
    found = []
    for part in parts(column, text):
        known = keys.get((column.source, part), ())
        if not known:
            raise Misfit("Nothing that you may choose here is called {title}.", title=part[:100])
        if len(known) > 1:
            raise Misfit("Several are called {title}. Choose the right one in the form.", title=part[:100])
        found.append(known[0])
    return found if column.multiple else found[0]


def _narrow(text: str) -> str:
    return "".join(text.split()).rstrip("*＊").casefold()
