"""An administrator at the terminal: persons, organisations, lists, grants, recusals, substitutes, accounts."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import instance, release
from engine.actor import person
from tests.engine.bpmn.drawing import extended, straight
from tests.engine.desk import Desk
from tests.web.test_cli import databases, home, xuncha  # noqa: F401 - fixtures
from web import terminal

SECRET = "quiet winter 77\n"
ROLES = """
[NURSE]
title = "护士"
en = "Nurse"
remit = "ward"
[DIR]
title = "院长"
en = "Director"
"""


@pytest.fixture
def house(home: Path) -> Path:  # noqa: F811
    """A hospital that Kim looks after."""
    (home / "processes" / "leave.bpmn").unlink()
    (home / "processes" / "roles.toml").write_text(ROLES)
    (home / "processes" / "lists.toml").write_text('[ward]\ntitle = "病区"\nen = "Wards"\nsee = ["*"]\n')
    assert done("init")
    assert done("user", "add", "kim", "--name", "金", "--administrator", "--password-stdin", typed=SECRET)
    return home


def done(*words: str, typed: str = "") -> str:
    result = xuncha(*words, typed=typed)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def refused(*words: str) -> str:
    result = xuncha(*words)
    assert result.exit_code == 1
    return result.stderr


def test_a_house_is_set_up_and_changed_by_commands_alone(house: Path) -> None:
    done("organisation", "add", "clinic", "--name", "医院", "--kind", "house")
    done("list", "add", "ward", "W1", "--name", "一病区")
    done("person", "add", "ann", "--name", "安宁", "--organisation", "clinic")
    done("person", "add", "abe", "--name", "阿贝")
    assert "given NURSE within ward:W1" in done("grant", "add", "ann", "NURSE", "--remit", "ward:W1")
    done("grant", "add", "abe", "NURSE", "--remit", "ward:W1", "--from", "2026-01-01", "--until", "2030-06-30")
    done("exclusion", "add", "abe", "ward:W1", "--reason", "家属住院")
    done("substitute", "add", "ann", "abe", "--until", "2030-01-31", "--reason", "休假")
    done("person", "change", "ann", "--post", "护士长", "--organisation", "")

    assert "W1" in done("list", "show", "ward") and "Wards" in done("list", "show")
    assert "2030-07-01 00:00  kim" in done("grant", "list", "--person", "abe")
    assert "家属住院" in done("exclusion", "list")
    shown = done("person", "show", "ann")
    assert "护士长" in shown and "clinic" not in shown
    assert "Holds NURSE within ward:W1" in shown and "abe stands in for ann until 2030-02-01 00:00." in shown

    done("exclusion", "end", "abe", "ward:W1", "--reason", "出院")
    done("substitute", "end", done("substitute", "list").splitlines()[1].split()[0])
    done("grant", "end", "abe", "NURSE", "--remit", "ward:W1")
    done("organisation", "change", "clinic", "--name", "总医院")
    done("organisation", "end", "clinic")
    done("list", "end", "ward", "W1")
    assert len(done("exclusion", "list").splitlines()) == len(done("substitute", "list").splitlines()) == 1
    assert "abe" not in done("grant", "list") and "abe" in done("grant", "list", "--all")
    assert "clinic" not in done("organisation", "list") and "总医院" in done("organisation", "list", "--all")
    assert "W1" not in done("list", "show", "ward") and "no longer offered" in done("list", "show", "ward", "--all")
    done("list", "return", "ward", "W1")
    done("organisation", "return", "clinic")


def test_who_leaves_is_locked_out_and_holds_nothing(house: Path) -> None:
    done("person", "add", "ann", "--name", "安宁")
    done("user", "add", "ann", "--password-stdin", typed=SECRET)
    done("grant", "add", "ann", "DIR")

    assert "ann has left." in done("person", "leave", "ann")

    assert "locked" in done("user", "list") and "has left" in done("person", "list", "--all")
    assert "DIR" not in done("grant", "list")
    assert "no person ann" in refused("grant", "add", "ann", "DIR")
    done("person", "return", "ann")
    done("grant", "add", "ann", "DIR")


def test_a_slip_names_what_is_wrong_and_what_there_is(house: Path) -> None:
    done("person", "add", "ann", "--name", "安宁")
    assert "role: There is no role DIRECTOR. Known: NURSE, DIR." in refused("grant", "add", "ann", "DIRECTOR")
    assert "remit: There is no ward W1; put it in first." in refused(
        "grant", "add", "ann", "NURSE", "--remit", "ward:W1"
    )
    assert "2026-04-01" in refused("grant", "add", "ann", "DIR", "--until", "soon")
    assert "A grant ends after it begins" in refused("grant", "add", "ann", "DIR", "--until", "2020-01-01")
    assert "Held: –" in refused("grant", "end", "ann", "DIR")
    assert "Known: ward" in refused("list", "add", "wards", "W1", "--name", "x")
    assert "Known: ward" in refused("list", "show", "wards")
    assert xuncha("exclusion", "add", "ann", "ward:W1").exit_code == 2


def test_it_is_said_which_administrator_acts_where_there_are_several(house: Path) -> None:
    done("person", "add", "ann", "--name", "安宁")
    done("user", "add", "eva", "--name", "伊", "--administrator", "--password-stdin", typed=SECRET)

    assert "--by KEY. There are: eva, kim." in refused("grant", "add", "ann", "DIR")
    assert "ann is no administrator" in refused("grant", "add", "ann", "DIR", "--by", "ann")
    done("grant", "add", "ann", "DIR", "--by", "eva")
    assert done("grant", "list").splitlines()[1].split()[-1] == "eva"
    done("user", "change", "eva", "--no-administrator")
    done("grant", "end", "ann", "DIR")


def test_one_administrator_stays_who_may_sign_in(house: Path) -> None:
    for words in (("user", "disable"), ("person", "leave"), ("user", "change", "--no-administrator")):
        assert "kim is the only administrator" in refused(*words, "kim")
    done("user", "add", "eva", "--name", "伊", "--administrator", "--password-stdin", typed=SECRET)
    done("user", "disable", "kim")
    assert "eva is the only administrator" in refused("user", "disable", "eva")
    done("user", "enable", "kim")
    done("person", "leave", "eva", "--by", "kim")


@pytest.mark.parametrize("key", ["", "a b", "李", "x" * 65])
def test_an_account_is_made_under_a_key_that_a_person_can_have(house: Path, key: str) -> None:
    said = xuncha("user", "add", key, "--password-stdin", typed=SECRET)
    assert (said.exit_code, "key" in said.stderr) == ((0, False) if key == "李" else (1, True)), said.stderr


def test_a_refusal_names_roles_and_reasons_in_the_language_of_the_terminal(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done("person", "add", "ann", "--name", "安宁")
    assert "Nurse is held within a ward" in refused("grant", "add", "ann", "NURSE")
    monkeypatch.setattr(terminal, "language", lambda: "zh")
    assert "护士" in refused("grant", "add", "ann", "NURSE")


def test_what_stands_still_is_listed_tried_again_and_led_past(house: Path) -> None:
    counted = straight(
        '<userTask id="ask"/>',
        extended("scriptTask", 'id="sum_up" name="求和"', '<z:script expression="=a + 1" resultVariable="b"/>'),
        '<userTask id="go_on"/>',
    )
    with terminal.opened() as runtime:
        with runtime.write(person("kim")) as command:
            release.release(command, {"p.bpmn": counted}, plain=True)
            case = instance.start(command, "p", {})
        desk = Desk(runtime)
        desk.complete(case, "ask", person("kim"))
        told = done("incident", "list").splitlines()
        assert (len(told) == 2 and "求和" in told[1] and case in told[1] and '"a"' in told[1]) or "a" in told[1]
        key = told[1].split()[0]
        assert "tried again" in done("incident", "retry", key)
        again = done("incident", "list").splitlines()[1].split()[0]
        assert "NAME=VALUE" in refused("incident", "skip", again, "--reason", "by hand", "--value", "b")
        done("incident", "skip", again, "--reason", "by hand", "--value", "b=3", "--value", "why=counted")
        assert list(desk.tasks(case)) == ["go_on"]
        assert desk.values(case) == {"b": 3, "why": "counted"}
        assert len(done("incident", "list").splitlines()) == 1
        assert "no such incident" in refused("incident", "retry", "none")


def test_the_terminal_lists_roles_in_its_own_language(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nurse" in done("grant", "roles")
    monkeypatch.setattr(terminal, "language", lambda: "zh")
    assert "护士" in done("grant", "roles") and "岗位" in done("grant", "roles")
