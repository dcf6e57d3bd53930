"""What a scenario's file says once may stand for several steps; and it may begin further cases."""

from __future__ import annotations

import pytest

from engine import scenario
from engine.errors import Invalid
from engine.scenario import Deviates
from tests.engine import clinic
from tests.engine.desk import Desk
from tests.engine.interpreter import building as b

HEAD = 'title = "leave"\n[start]\nprocess = "leave"\nby = "ida"\n'


def steps(text: str) -> list[dict[str, object]]:
    return [dict(step) for step in scenario.read((HEAD + text).encode()).steps]


def test_a_step_is_taken_once_a_row_with_its_names_replaced() -> None:
    told = '[[step]]\ntask = "ask"\nby = "{who}"\neach = [{ who = "ida", days = 3 }, { who = "bo", days = 4 }]\n'
    told += 'submit = { days = "{days}", reason = "{days} days for {who}, {other}" }\n'
    assert steps(told) == [
        {"task": "ask", "by": "ida", "submit": {"days": 3, "reason": "3 days for ida, {other}"}},
        {"task": "ask", "by": "bo", "submit": {"days": 4, "reason": "4 days for bo, {other}"}},
    ]


def test_several_steps_are_taken_in_turn_for_each_row() -> None:
    told = '[[step]]\neach = [{ who = "ida" }, { who = "bo" }]\n'
    told += 'do = [{ task = "ask", by = "{who}" }, { clock = "P1D" }]\n'
    assert steps(told) == [
        {"task": "ask", "by": "ida"},
        {"clock": "P1D"},
        {"task": "ask", "by": "bo"},
        {"clock": "P1D"},
    ]


def test_a_word_that_no_step_knows_is_refused_inside_of_several_too() -> None:
    with pytest.raises(Invalid, match="wait"):
        steps('[[step]]\neach = [{ who = "ida" }]\ndo = [{ task = "ask", wait = 3 }]\n')


LEAVE = b.scope("process", "leave", b.start("s1"), b.user("ask"), b.user("go"), b.flows("s1", "ask", "go"))
TRIP = b.scope("process", "trip", b.start("s2"), b.user("ask_2"), b.end("booked"), b.flows("s2", "ask_2", "booked"))
TOLD = (
    HEAD
    + """
[[step]]
start = { process = "trip", by = "bo", variables = { to = "the sea" } }
case = "journey"
[[step]]
expect = { waiting = ["ask_2"], values = { to = "the sea" } }
case = "journey"
[[step]]
task = "ask"
by = "ida"
[[step]]
task = "ask_2"
by = "bo"
case = "journey"
[[step]]
expect = { ended = "booked" }
case = "journey"
[[step]]
expect = { waiting = ["go"] }
"""
)


def played(desk: Desk, told: str) -> list[str]:
    desk.release(b.document(LEAVE, {}).encode(), b.document(TRIP, {}).encode())
    with desk.runtime.write() as command:
        for name in ("ida", "bo"):
            clinic.person(command.connection, name)
    return list(scenario.Player(desk.runtime).play(scenario.read(told.encode())))


def test_a_step_begins_a_further_case_and_later_ones_say_by_its_name_that_they_are_about_it(desk: Desk) -> None:
    about = played(desk, TOLD)

    leave, trip = about[0], about[1]
    assert about == [leave, trip, trip, leave, trip, trip, leave]
    assert [desk.row(each).started_by for each in (leave, trip)] == ["ida", "bo"]


def test_a_step_does_not_find_a_task_of_a_case_that_it_does_not_name(desk: Desk) -> None:
    with pytest.raises(Deviates, match="Step 4: ask_2 does not wait; waiting: go"):
        played(desk, TOLD.replace('by = "bo"\ncase = "journey"', 'by = "bo"'))


def test_whatever_stops_a_further_case_stops_the_scenario(desk: Desk) -> None:
    desk.release(b.text(b.start(), b.script("x", "=missing + 1"), b.flows("s", "x")).encode())
    told = HEAD + '[[step]]\nstart = { process = "p", by = "ida" }\ncase = "other"\n[[step]]\nclock = "PT1H"\n'
    with pytest.raises(Deviates, match="Step 1: waiting: no task; x"):
        played(desk, told)


@pytest.mark.parametrize(
    "told",
    [
        '[[step]]\ntask = "ask"\nby = "ida"\ncase = "trip"\n',
        '[[step]]\nstart = { process = "trip", by = "ida" }\n',
        '[[step]]\nstart = { process = "trip" }\ncase = "trip"\n',
        2 * '[[step]]\nstart = { process = "trip", by = "ida" }\ncase = "trip"\n',
    ],
    ids=["named but not begun", "begun without a name", "begun by nobody", "begun twice"],
)
def test_a_case_is_begun_once_under_a_name_before_it_is_named(told: str) -> None:
    with pytest.raises(Invalid, match=r"is to be begun by one step|'by'"):
        steps(told)
