"""A workbook of organisations, persons and grants: all of it or nothing, and every wrong cell by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from tests.web.test_cli import databases, home, xuncha  # noqa: F401 - fixtures
from tests.web.test_cli_looking_after import done, house, refused  # noqa: F401 - fixtures
from web import terminal

Sheets = Mapping[str, Sequence[Sequence[object]]]
GOOD: Sheets = {
    "Organisations": [["key*", "name*", "belongs to"], ["w", "病房楼", "clinic"], ["clinic", "医院", None]],
    "Persons": [["标识", "姓名", "organisation"], ["ann", "安宁", "w"], ["abe", "阿贝", "clinic"]],
    "授权": [
        ["人员", "岗位", "范围", "自", "至"],
        ["ann", "护士", "ward:W1", None, None],
        ["abe", "DIR", None, "2026-01-01", "2030-06-30"],
    ],
}


@pytest.fixture
def ward(house: Path) -> Path:  # noqa: F811
    """The hospital with its ward."""
    done("list", "add", "ward", "W1", "--name", "一病区")
    return house


def book(folder: Path, sheets: Sheets) -> str:
    path = folder / "people.xlsx"
    with xlsxwriter.Workbook(path) as written:
        for title, rows in sheets.items():
            page = written.add_worksheet(title)
            for down, row in enumerate(rows):
                page.write_row(down, 0, row)
    return str(path)


def test_a_workbook_is_taken_in_whole_and_coming_again_changes_nothing(ward: Path) -> None:
    path = book(ward, GOOD)
    tried = done("import", path, "--dry-run")
    assert "Persons: 2 new, 0 changed, 0 as they stand." in tried and "ann" not in done("person", "list")

    assert done("import", path) == tried.partition("\n")[2]

    assert "病房楼" in done("organisation", "list")
    assert "Holds NURSE within ward:W1" in done("person", "show", "ann")
    assert "2026-01-01 00:00  2030-07-01 00:00  kim" in done("grant", "list", "--person", "abe")
    again = done("import", path)
    assert [line.rpartition(": ")[2] for line in again.splitlines()] == ["0 new, 0 changed, 2 as they stand."] * 3
    changed = {**GOOD, "Persons": [["key", "name", "post"], ["ann", "安宁", "护士长"]]}
    assert "Persons: 0 new, 1 changed" in done("import", book(ward, changed))
    assert "w " in done("person", "show", "ann") and "护士长" in done("person", "show", "ann")


def test_every_wrong_cell_is_named_and_nothing_is_taken_in(ward: Path) -> None:
    wrong = {
        "Persons": [["key", "name", "organisation"], ["eva", "伊", "clinc"], ["e e", "伊", None], ["zoe", "左", None]],
        "Grants": [
            ["person", "role", "remit", "until"],
            ["zoe", "CHEF", None, None],
            ["zoe", "NURSE", "ward:W9", None],
            ["nobody", "DIR", None, None],
            ["zoe", "DIR", None, "2020-01-01"],
            ["zoe", "DIR", None, "soon"],
            ["zoe", "NURSE", None, None],
            ["nobody", "CHEF", "ward:W9", "soon"],
        ],
    }
    told = refused("import", book(ward, wrong))
    places = [line.strip().split(": ")[0] for line in told.splitlines()[1:]]
    assert places == [
        "Persons!C2", "Persons!A3", "Grants!B2", "Grants!C3", "Grants!A4", "Grants!D5", "Grants!D6", "Grants!C7",
        "Grants!A8", "Grants!C8", "Grants!B8", "Grants!D8",
    ]  # fmt: skip
    assert "put it in first" in told and "Known: NURSE, DIR." in told
    assert "zoe" not in done("person", "list")


@pytest.mark.parametrize(
    ("sheets", "told"),
    [
        ({"Persons": [["key", "name"], ["eva", None]]}, "Persons!B2: 姓名/name is missing."),
        ({"Persons": [["key", "name"], ["eva", "x"], ["eva", "y"]]}, "Persons!A3: eva stands here a second time."),
        ({"Persons": [["key", "name", "salary"], ["eva", "x", 3]]}, "Persons!C: This column belongs to none"),
        ({"Persons": [["key", "name"], ["eva", "=1+1"]]}, "Persons!B2: This is a formula."),
        ({"People": [["key", "name"], ["eva", "x"]]}, "People: This sheet is none of those that are read"),
        ({"Persons": [["wer", "was"], ["eva", "x"]]}, "Persons: No line of the sheet has the headings"),
        ({"Persons": [["key", "name", "post"], ["eva", "x", "p" * 256]]}, "Persons!C2: post has at most 255"),
    ],
    ids=["missing", "twice", "unknown column", "formula", "unknown sheet", "no headings", "too long"],
)
def test_what_cannot_be_meant_is_told_with_its_place(ward: Path, sheets: Sheets, told: str) -> None:
    assert told in refused("import", book(ward, sheets))


def test_organisations_that_belong_to_each_other_are_refused(ward: Path) -> None:
    ring = {"Organisations": [["key", "name", "belongs to"], ["a", "x", "b"], ["b", "y", "a"]]}
    assert "put it in first" in refused("import", book(ward, ring))


def test_a_file_that_is_no_workbook_or_too_large_is_refused(ward: Path) -> None:
    (ward / "notes.txt").write_text("x")
    (ward / "large.xlsx").write_bytes(b"x" * (5 * 1024 * 1024 + 1))
    (ward / "broken.xlsx").write_bytes(b"x" * 100)
    assert "kind .xlsx" in refused("import", str(ward / "notes.txt"))
    assert "larger than 5 MB" in refused("import", str(ward / "large.xlsx"))
    assert "broken.xlsx" in refused("import", str(ward / "broken.xlsx"))
    assert "gone.xlsx cannot be read" in refused("import", str(ward / "gone.xlsx"))


@pytest.mark.parametrize("speaks", ["en", "zh"])
def test_the_template_is_filled_in_and_taken_in(ward: Path, monkeypatch: pytest.MonkeyPatch, speaks: str) -> None:
    monkeypatch.setattr(terminal, "language", lambda: speaks)
    path = ward / "people.xlsx"
    done("import", "--template", str(path))
    filled = openpyxl.load_workbook(path)
    sheets = filled.worksheets
    assert [each.max_row for each in sheets[:3]] == [1, 1, 1]
    assert [each.value for each in sheets[3]["A"]][-2:] == ["NURSE", "DIR"]
    sheets[0].append(["clinic", "医院"])
    sheets[1].append(["ann", "安宁", None, "clinic"])
    sheets[2].append(["ann", "NURSE", "ward:W1"])
    filled.save(path)

    done("import", str(path))

    assert "NURSE" in done("person", "show", "ann")
    assert str(path) in refused("import", "--template", str(path))
