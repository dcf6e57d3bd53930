"""What a page costs is counted, not timed: statements of one request, and whether they grow with what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import insert

from engine import notice, schema
from tests.engine.query.hospital import Hospital
from tests.web.browsing import Browser

SignIn = Callable[[str], Browser]
BAR = 12


class Counter:
    """The statements of each request."""

    def __init__(self, hospital: Hospital) -> None:
        self._hospital = hospital

    def get(self, browser: Browser, path: str) -> list[str]:
        """What opening a page asks of the database."""
        self._hospital.statements.clear()
        answer = browser.get(path)
        assert answer.status_code == 200, answer.text
        return self._asked()

    def put(self, browser: Browser, path: str, body: object) -> list[str]:
        """What saving asks of the database."""
        headers = {"Accept": "application/json", "X-CSRFToken": browser.token()}
        self._hospital.statements.clear()
        answer = browser.client.put(path, json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return self._asked()

    def _asked(self) -> list[str]:
        return [each for each in self._hospital.statements if not each.startswith("BEGIN")]


@pytest.fixture
def counter(hospital: Hospital) -> Counter:
    """Counts from now on."""
    return Counter(hospital)


@pytest.fixture
def leaving(hospital: Hospital) -> Iterator[None]:
    """Cases that this test began are closed for the tests behind it."""
    yield
    with hospital.rows() as command:
        command.connection.execute(schema.task.update().values(state="cancelled"))


def few(statements: list[str]) -> bool:
    assert len(statements) <= BAR, "\n".join(statements)
    return True


def test_opening_a_task_for_the_first_time_and_again_takes_twelve_statements_at_most(
    hospital: Hospital, sign_in: SignIn, counter: Counter
) -> None:
    dan = sign_in("dan")
    dan.get(f"/tasks/{hospital.task(hospital.examined())}")  # reads the definition
    waiting = hospital.task(hospital.examined())

    first, again = (counter.get(dan, f"/tasks/{waiting}") for _ in range(2))

    assert few(first) and few(again)
    assert len(first) == len(again) + 1


def test_a_task_with_a_draft_and_with_files_takes_as_few(hospital: Hospital, sign_in: SignIn, counter: Counter) -> None:
    ann, waiting = sign_in("ann"), hospital.task(hospital.admit())
    few(counter.put(ann, f"/tasks/{waiting}/draft", {"values": {"title": "一", "scan": ["a" * 32]}, "revision": 0}))
    few(counter.put(ann, f"/tasks/{waiting}/draft", {"values": {"title": "二", "scan": ["a" * 32]}, "revision": 1}))

    few(counter.get(ann, f"/tasks/{waiting}"))


@pytest.mark.usefixtures("leaving")
def test_a_page_costs_the_same_beside_three_tasks_and_beside_sixty(
    hospital: Hospital, sign_in: SignIn, counter: Counter
) -> None:
    dan, mia, case = sign_in("dan"), sign_in("mia"), hospital.examined()
    waiting = hospital.task(case)
    pages = (
        (dan, f"/tasks/{waiting}"),
        (dan, "/todo"),
        (dan, "/notices"),
        (sign_in("ann"), "/done"),
        (mia, "/started"),
        (mia, f"/cases/{case}"),
        (mia, f"/cases/{case}/story"),
        (mia, f"/cases/{case}/talk"),
        (mia, f"/cases/{case}/diagram"),
    )

    def counted() -> list[int]:
        for browser, path in pages:
            browser.get(path)
        return [len(counter.get(browser, path)) for browser, path in pages]

    more(hospital, 2)
    beside_few = counted()
    more(hospital, 57)
    grow(hospital, case, 600)

    assert counted() == beside_few
    assert max(beside_few) <= BAR


def more(hospital: Hospital, cases: int) -> None:
    """Cases that the director has begun and that wait for the doctors, each with a note for one of them."""
    begun = [hospital.examined() for _ in range(cases)]
    with hospital.write("mia") as command:
        i = schema.instance
        command.connection.execute(i.update().where(i.c.id.in_(begun)).values(started_by="mia"))
        for each in begun:
            notice.send(command, ["dan"], "copy", each, text="请阅")


def grow(hospital: Hospital, case: str, lines: int) -> None:
    """Make a story long, and its talk."""
    common = {"instance_id": case, "at": 1}
    with hospital.rows() as command:
        events = [
            {**common, "number": 1000 + n, "kind": "task.reminded", "element": "examine", "actor": "mia", "hash": ""}
            | {"data": '{"persons":["dan"]}'}
            for n in range(lines)
        ]
        command.connection.execute(insert(schema.event), events)
        comments = [
            {**common, "id": f"{case[:20]}{n}", "person_id": "mia", "text": "请", "class": "internal"}
            for n in range(60)
        ]
        command.connection.execute(insert(schema.comment), comments)
