"""Organisations, persons and grants from one workbook: all of it or nothing, and every wrong cell is named.

A row that stands already changes nothing; an empty cell leaves what stands. So the same workbook may come again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from openpyxl.utils import get_column_letter

from engine import appointing, directory, enrolling, grant, policy, remits, sheet
from engine.actor import WHOLE_OFFICE
from engine.directory import Organisation, Person, Thing
from engine.errors import EngineError, Invalid, NotFound, Problem
from engine.form.model import Field
from engine.query import rights
from engine.sheet import Sheet

if TYPE_CHECKING:
    from engine.runtime import Command, View

SHOWN = 200
"""Faults that are told at once."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the sheets: its titles in Chinese and English, its columns with theirs, and those not to be empty."""

    titles: tuple[str, str]
    columns: Mapping[str, tuple[str, str]]
    needed: frozenset[str]


KINDS = {
    "organisation": Kind(
        ("组织", "Organisations"),
        {
            "key": ("标识", "key"),
            "name": ("名称", "name"),
            "en": ("英文名称", "name in English"),
            "kind": ("类别", "kind"),
            "parent": ("上级组织", "belongs to"),
        },
        frozenset({"key", "name"}),
    ),
    "person": Kind(
        ("人员", "Persons"),
        {
            "key": ("标识", "key"),
            "name": ("姓名", "name"),
            "en": ("英文姓名", "name in English"),
            "organisation": ("组织", "organisation"),
            "post": ("职务", "post"),
        },
        frozenset({"key", "name"}),
    ),
    "grant": Kind(
        ("授权", "Grants"),
        {
            "person": ("人员", "person"),
            "role": ("岗位", "role"),
            "remit": ("范围", "remit"),
            "from": ("自", "from"),
            "until": ("至", "until"),
        },
        frozenset({"person", "role"}),
    ),
}
NOTES = ("说明", "Notes")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a sheet: what it says by column, and where each stands (``人员!B3``)."""

    says: Mapping[str, str]
    places: Mapping[str, str]
    line: str

    def at(self, column: str) -> str:
        """Where a column of this line stands; the line itself where the sheet has no such column."""
        return self.places.get(column, self.line)


@dataclass(slots=True)
class Taken:
    """How many lines of each kind were new, changed, or stood already."""

    new: int = 0
    changed: int = 0
    standing: int = 0


def take(command: Command, name: str, body: bytes) -> dict[str, Taken]:
    """Take a workbook in; returns what became of the lines of each kind.

    Args:
        name: of the file, for messages.

    Raises:
        Invalid: with sheet, row and column of everything that is wrong; whoever calls lets the transaction go.
    """
    problems: list[Problem] = []
    rows = {kind: list(_rows(kind, each, problems)) for kind, each in _sheets(name, body, problems).items()}
    taken = {kind: Taken() for kind in rows}
    if not problems:
        for kind, act in _ACTS.items():
            act(command, rows.get(kind, []), taken.get(kind, Taken()), problems)
    if problems:
        more = max(0, len(problems) - SHOWN)
        shown = [*problems[:SHOWN], *([Problem("", "There are {count} more.", {"count": more})] if more else [])]
        raise Invalid("Nothing of {name} was taken in.", shown, name=name)
    return taken


# ---- reading


def _sheets(name: str, body: bytes, problems: list[Problem]) -> dict[str, Sheet]:
    first = sheet.read(name, body)
    found = {}
    for title in (first.title, *first.others):
        kind = next((kind for kind, each in KINDS.items() if title.strip() in each.titles), None)
        if kind is not None:
            found[kind] = first if title == first.title else sheet.read(name, body, title)
        elif title.strip() not in NOTES:
            known = "、".join(each for kind in KINDS.values() for each in kind.titles)
            problems.append(Problem(title, "This sheet is none of those that are read: {known}.", {"known": known}))
    return found


def _rows(kind: str, found: Sheet, problems: list[Problem]) -> Iterator[Row]:
    says = KINDS[kind]
    grid = Field("", "grid", columns=tuple(Field(key, "textfield", names[0]) for key, names in says.columns.items()))
    try:
        head = sheet.headed(replace(found, others=()), grid, says.columns)
    except Invalid as error:
        problems.append(Problem(found.title, error.message, error.params))
        return
    taken = sheet.fitted(head, {}, "UTC")
    problems += [replace(each, where=f"{found.title}!{each.where}") for each in taken.problems]
    letters = {column.key: get_column_letter(place + 1) for place, column in head.columns.items()}
    for line, row in zip(head.lines, taken.rows, strict=True):
        where = {key: f"{found.title}!{letter}{line.number}" for key, letter in letters.items()}
        each = Row({key: str(value) for key, value in row.items()}, where, f"{found.title}!{line.number}")
        for column in sorted(says.needed - row.keys()):
            title = "/".join(says.columns[column])
            problems.append(Problem(each.at(column), "{column} is missing.", {"column": title}))
        yield each


# ---- writing


def _things(
    source: str, make: Callable[[Row], Thing]
) -> Callable[[Command, Sequence[Row], Taken, list[Problem]], None]:
    def act(command: Command, rows: Sequence[Row], taken: Taken, problems: list[Problem]) -> None:
        seen: set[str] = set()
        for row in _parents_first(rows):
            key = row.says["key"]
            if key in seen:
                problems.append(Problem(row.at("key"), "{key} stands here a second time.", {"key": key}))
                continue
            seen.add(key)
            standing = directory.find(command, source, key)
            parts: dict[str, Any] = {part: value for part, value in row.says.items() if part != "key"}
            thing = make(row) if standing is None else replace(standing, **parts)
            if thing == standing:
                taken.standing += 1
                continue
            try:
                enrolling.put(command, thing)
            except EngineError as error:
                problems += _placed(row, error, "key")
            taken.new += standing is None
            taken.changed += standing is not None

    return act


def _parents_first(rows: Sequence[Row]) -> Iterator[Row]:
    """In an order in which whatever a line belongs to stands before it, as far as there is one."""
    waiting = list(rows)
    while waiting:
        here = {row.says["key"] for row in waiting}
        ready = [row for row in waiting if row.says.get("parent") not in here] or waiting
        yield from ready
        waiting = [row for row in waiting if not any(row is each for each in ready)]


def _organisation(row: Row) -> Organisation:
    says = row.says
    return Organisation(says["key"], says["name"], says.get("en"), says.get("kind"), says.get("parent"))


def _person(row: Row) -> Person:
    says = row.says
    return Person(says["key"], says["name"], says.get("en"), says.get("organisation"), says.get("post"))


def _grants(command: Command, rows: Sequence[Row], taken: Taken, problems: list[Problem]) -> None:
    called = {name: role.key for role in policy.current(command.connection).roles.values() for name in _names(role)}
    for row in rows:
        role = called.get(row.says["role"], row.says["role"])
        try:
            given = _give(command, row, role)
        except EngineError as error:
            faults = [replace(each, where=row.at(each.where)) for each in _faults(command, row, role)]
            problems += faults or _placed(row, error, "person" if isinstance(error, NotFound) else "role")
        else:
            taken.new += given
            taken.standing += not given


def _faults(command: Command, row: Row, role: str) -> list[Problem]:
    """Every cell of a row that cannot be meant, and not only the one that is found first."""
    says, zone, found = row.says, command.runtime.zone, list[Problem]()
    person, remit = says["person"], says.get("remit", WHOLE_OFFICE)
    standing = directory.find(command, directory.PERSON, person)
    if standing is None or not standing.active:
        found.append(Problem("person", "There is no person {person} here.", {"person": person}))
    wrong = remits.problem(command, remit)
    found += [wrong] if wrong else []
    found += grant.problems(policy.current(command.connection), role, remit)
    for read, column in ((appointing.begins, "from"), (appointing.ends, "until")):
        try:
            read(says.get(column), zone)
        except Invalid as error:
            found += error.problems
    return list({each.where: each for each in reversed(found)}.values())[::-1]


def _names(role: policy.Role) -> tuple[str, str, str]:
    return role.title, role.en, role.key


def _give(command: Command, row: Row, role: str) -> bool:
    says, zone = row.says, command.runtime.zone
    start, end = appointing.begins(says.get("from"), zone), appointing.ends(says.get("until"), zone)
    person, remit = says["person"], says.get("remit", WHOLE_OFFICE)
    for held in rights.grants(command, person=person, role=role):
        if held.remit == remit and held.until_at == end and start in (None, held.from_at):
            return False
    appointing.give(command, person, role, remit, from_at=start, until_at=end)
    return True


_ACTS: Mapping[str, Callable[[Command, Sequence[Row], Taken, list[Problem]], None]] = {
    "organisation": _things(directory.ORGANISATION, _organisation),
    "person": _things(directory.PERSON, _person),
    "grant": _grants,
}


def _placed(row: Row, error: EngineError, column: str) -> list[Problem]:
    """What was refused, each at the cell it is about."""
    if isinstance(error, Invalid) and error.problems:
        return [replace(each, where=row.at(each.where)) for each in error.problems]
    return [Problem(row.at(column), error.message, error.params)]


# ---- the workbook to fill in


def template(view: View, language: str, notes: Sequence[str]) -> bytes:
    """An empty workbook: the sheets with their headings, and one that says which roles there are.

    Args:
        language: ``zh`` or ``en``.
        notes: sentences in that language that stand above the roles.
    """
    at = 0 if language == "zh" else 1
    known = policy.current(view.connection).roles.values()
    roles = [(r.key, _names(r)[at], r.remit or WHOLE_OFFICE) for r in known if r.login and not r.assigned]
    blanks = [
        sheet.Blank(
            kind.titles[at],
            tuple(names[at] + ("*" if key in kind.needed else "") for key, names in kind.columns.items()),
            {list(kind.columns).index("role"): tuple(key for key, *_ in roles)} if "role" in kind.columns else {},
        )
        for kind in KINDS.values()
    ]
    head = (("岗位", "role")[at], ("名称", "title")[at], ("范围类别", "within")[at])
    return sheet.blank(blanks, NOTES[at], notes, [head, *roles])
