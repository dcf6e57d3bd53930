"""What an operation asks of the database is counted: few statements, as many beside twenty tasks as beside three."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import insert

from engine import schema
from tests.engine.query.hospital import Hospital
from tests.web.api.programs import Program

With = Callable[..., Program]
BAR = 12


def asked(hospital: Hospital, one: Program, path: str) -> list[str]:
    hospital.statements.clear()
    answer = one.get(path)
    assert answer.status_code == 200, answer.text
    return [each for each in hospital.statements if not each.startswith("BEGIN")]


def tell(hospital: Hospital, cases: list[str]) -> None:
    """Lay a note about each of these cases before Dan."""
    with hospital.rows() as command:
        rows = [
            {"id": each[-32:], "person_id": "dan", "instance_id": each, "kind": "note", "by": "mia", "at": n}
            for n, each in enumerate(cases)
        ]
        command.connection.execute(insert(schema.notice), rows)


def test_an_operation_costs_the_same_beside_three_tasks_and_beside_twenty(program: With, hospital: Hospital) -> None:
    cases = [hospital.examined() for _ in range(3)]
    waiting = hospital.task(cases[0])
    asks = [
        (program("dan"), f"/tasks/{waiting}"),
        (program("dan"), "/todo"),
        (program("dan", "ward:W1"), "/todo"),
        (program("dan"), "/notices"),
        (program("ann"), "/done"),
        (program("ann"), "/processes"),
        (program("mia"), "/started"),
        (program("mia"), f"/instances/{cases[0]}"),
        (program("mia", "ward:W1"), f"/instances/{cases[0]}/story"),
    ]
    tell(hospital, cases[:1])
    for one, path in asks:
        one.get(path)  # reads definitions, writes when the token was used
    few = [asked(hospital, one, path) for one, path in asks]
    cases += [hospital.examined() for _ in range(20)]
    tell(hospital, cases[1:])
    many = [asked(hospital, one, path) for one, path in asks]

    assert [len(each) for each in many] == [len(each) for each in few]
    assert max(len(each) for each in many) <= BAR, [(path, len(n)) for (_, path), n in zip(asks, many, strict=True)]
