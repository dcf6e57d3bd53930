"""Outside parties are told the organisation in place of its people, wherever a person is told, and no key of theirs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import update

from engine import access, comment, policy, release, schema, task
from engine.actor import ENGINE_KEY
from engine.query import attached, inbox, instance_page, people, signed, story, task_page
from engine.query.inbox import Filter
from engine.query.people import Person
from tests.engine import clinic
from tests.engine.query.hospital import CATALOG, FILES, Hospital

HOUSE, BOARD = Person(None, "医院", "The hospital"), Person(None, "院部", "The board")
ROLES = (
    clinic.FILES["roles.toml"]
    .decode()
    .replace('en = "Director"\n', 'en = "Director"\nfront = "院部"\nfront_en = "The board"\n')
)
FRONTED = CATALOG.replace('own = ["DIR"]\n', 'own = ["DIR"]\nfront = "医院"\nfront_en = "The hospital"\n', 1).replace(
    "[stay.fields]", '[stay.fields]\nsign = { class = "open" }', 1
)
INSIDE = ("ann", "安宁", "Ann", "abe", "艾伯", "Abe", "dan", "丹青", "Dan", "mia", "米雅", "Mia", "don", "董明")


@pytest.fixture(scope="module")
def fronted(hospital: Hospital) -> Hospital:
    """A hospital that stands before relatives as one. Don is a doctor; Kit is of Kim's family, Lu and Lo are of
    laboratories outside; Lent is of one of these and was lent to the hospital once."""
    hospital.runtime.confirms = lambda *_: True
    with hospital.write("mia") as command:
        files = {**clinic.FILES, "roles.toml": ROLES.encode(), "catalog.toml": FRONTED.encode()}
        policy.release(command, files)
        release.release(command, FILES)
        put = clinic.put
        put(command.connection, "organisation", id="o2", name="外检所", name_en="Lab Ltd", kind="firm", active=True)
        clinic.person(command.connection, "kit", "KIN@family:F1", name="金吉", organisation_id="F1")
        clinic.person(command.connection, "don", "DOC@ward:W1", name="董明")
        clinic.person(command.connection, "lu", "LAB@*", name="陆一", organisation_id="o2")
        clinic.person(command.connection, "lo", "LAB@*", name="罗二")
        clinic.person(command.connection, "lent", "LAB@*", name="借三", organisation_id="o2")
        clinic.give(command.connection, "lent", "NURSE", "ward:W1", number=1, until_at=1)
    return hospital


def told(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=repr)


def names_in(value: Any) -> list[str]:
    """Keys and names of people of the house that are found anywhere in what was told."""
    text = told(value)
    return [each for each in INSIDE if f"'{each}" in text or f'"{each}' in text]


def begun(hospital: Hospital) -> str:
    case = hospital.admit(familyId="F1")
    hospital.do(case, "ann", title="发热", bed=3)
    return case


@pytest.fixture(params=["kim", "mia"])
def who(request: pytest.FixtureRequest) -> Iterator[str]:
    """A relative, who is outside, and the director, who is not."""
    yield request.param


def expected(who: str, key: str, front: Person = HOUSE) -> Person:
    people_ = {"ann": ("安宁<img onerror=x>", "Ann"), "dan": ("丹青", "Dan"), "mia": ("米雅", "Mia")}
    return front if who == "kim" else Person(key, *people_[key])


def test_who_has_done_a_task_and_who_has_one(fronted: Hospital, who: str) -> None:
    case = begun(fronted)
    open_ = fronted.task(case)
    with fronted.write("dan") as command:
        task.claim(command, open_)
    with fronted.read(who) as view:
        page = task_page.read(view, open_, "zh")
        assert page.assignee == expected(who, "dan")
        case_page = instance_page.read(view, case, "zh")
        assert [each.assignee for each in case_page.steps] == [expected(who, "dan")]
        assert case_page.started_by == expected(who, "ann")
        assert bool(names_in([page, case_page])) == (who == "mia")
    done = fronted.do(case, "dan", outlook="好转", sign={"password": "known"})
    with fronted.read(who) as view:
        page = task_page.read(view, done, "zh")
        assert page.closed_by == expected(who, "dan")
        assert bool(names_in(page)) == (who == "mia")


def test_who_signed(fronted: Hospital, who: str) -> None:
    case = begun(fronted)
    done = fronted.do(case, "dan", outlook="好转", sign={"password": "known"})
    with fronted.read(who) as view:
        page = task_page.read(view, done, "zh")
        assert page.signed["sign"].person.name == expected(who, "dan").name  # type: ignore[union-attr]
        assert page.values["sign"]["person"] == (None if who == "kim" else "dan")
        shown = [each for each in instance_page.read(view, case, "zh").values if each.field.type == "signature"]
        lines = [line for line in story.read(view, case, "zh").items if line.kind == "task.completed"]
        shown += [each for line in lines for each in line.values if each.field.type == "signature"]
        assert [each.value["person"] for each in shown] == [None if who == "kim" else "dan"] * 2
        assert {signed.read(each.value, {}) is None for each in shown} == {False}


def test_who_stands_in_the_story(fronted: Hospital, who: str) -> None:
    case = begun(fronted)
    open_ = fronted.task(case)
    with fronted.write("mia") as command:
        task.remind(command, open_, "请快")
        task.copy(command, open_, ["dan", "don"], "请知")
    fronted.do(case, "dan", outlook="好转", sign={"password": "known"})
    with fronted.read(who) as view:
        lines = story.read(view, case, "zh").items
    by = {line.kind: line for line in reversed(lines)}
    assert by["task.reminded"].actor == expected(who, "mia", BOARD)
    assert by["task.completed"].actor == expected(who, "dan")
    if who == "kim":
        assert by["task.copied"].params["persons"] == [HOUSE]  # two of them, told once
    assert bool(names_in(lines)) == (who == "mia")


def test_who_remarked_and_who_handed_in_a_file(fronted: Hospital, who: str) -> None:
    case = begun(fronted)
    with fronted.write("dan") as command:
        comment.add(command, case, "好多了", cls="open")
        row = {"name": "a.pdf", "media_type": "application/pdf", "size": 1, "sha256": "0", "at": 1, "kept": True}
        clinic.put(command.connection, "attachment_body", sha256=f"of {case}", body=b"x")
        row |= {"id": f"f{case}"[:32], "instance_id": case, "field": "scan", "class": "open", "person_id": "dan"}
        clinic.put(command.connection, "attachment", **{**row, "sha256": f"of {case}"})
    with fronted.read(who) as view:
        (said,), (file,) = attached.comments(view, case), attached.files(view, case)
    assert (said.by, file.by) == (expected(who, "dan"), expected(who, "dan"))


def test_of_whom_a_notice_is_and_with_whom_a_case_is_in_a_list(fronted: Hospital, who: str) -> None:
    case = begun(fronted)
    open_ = fronted.task(case)
    with fronted.write("dan") as command:
        task.claim(command, open_)
        n = {"kind": "copy", "instance_id": case, "task_id": open_, "by": "dan", "at": 1, "text": "请阅"}
        clinic.put(command.connection, "notice", id=f"n{who}{case}"[:32], person_id=who, **n)
        i = schema.instance.c
        command.connection.execute(update(schema.instance).where(i.id == case).values(started_by=who))
    with fronted.read(who) as view:
        notice = next(each for each in inbox.notices(view).items if each.instance_id == case)
        listed = next(each for each in inbox.started(view).items if each.id == case)
        assert (notice.by, listed.steps[0][1]) == (expected(who, "dan"), expected(who, "dan"))
        # Whom a row does not tell it is not found by either.
        found = [inbox.notices(view, Filter(text="丹青")), inbox.started(view, Filter(text="丹青"))]
        assert [bool(page.items) for page in found] == [who == "mia"] * 2


def test_who_has_a_task_in_a_list_of_tasks(fronted: Hospital) -> None:
    """A task may be offered to both sides; once it is done it stands in the list with who had it."""
    case = begun(fronted)
    done = fronted.do(case, "dan", outlook="好转", sign={"password": "known"})
    with fronted.rows() as command:
        t = schema.task.c
        command.connection.execute(update(schema.task).where(t.id == done).values(closed_by="kim", assignee="dan"))
    with fronted.read("kim") as view:
        assert next(each for each in inbox.done(view).items if each.id == done).assignee == HOUSE


def test_each_is_told_the_body_that_they_act_for(fronted: Hospital) -> None:
    keys = ["ann", "mia", "lu", "lo", "lent", "kit", "kim", "gone"]
    with fronted.read("kim") as view:
        said = people.named(view, keys, "stay")
    assert said == {
        "ann": HOUSE,
        "mia": BOARD,  # her role has a front of its own
        "lu": Person(None, "外检所", "Lab Ltd"),  # another outside party, which has its house
        "lo": HOUSE,  # of which nobody knows the house
        "lent": HOUSE,  # who has acted for the hospital
        "kit": Person("kit", "金吉"),  # of the reader's own
        "kim": Person("kim", "金明", "Kim"),
        "gone": HOUSE,
    }
    with fronted.read("mia") as view:
        assert {key: each.id for key, each in people.named(view, keys, "stay").items()} == {key: key for key in keys}


def test_what_somebody_did_in_a_role_they_have_given_back_stays_the_houses(fronted: Hospital) -> None:
    a = schema.authority.c
    with fronted.rows() as command:
        command.connection.execute(update(schema.authority).where(a.person_id == "abe").values(until_at=1))
    with fronted.read("kim") as view:
        assert people.named(view, ["abe"], "stay") == {"abe": HOUSE}


def test_in_a_process_without_a_front_everybody_is_named(fronted: Hospital) -> None:
    with fronted.read("kim") as view:
        assert people.named(view, ["dan", ENGINE_KEY], "visit") == {
            "dan": Person("dan", "丹青", "Dan"),
            ENGINE_KEY: Person(ENGINE_KEY, ENGINE_KEY),
        }
        assert access.front(view.actor, "visit") is None


def test_it_takes_no_further_statement(fronted: Hospital) -> None:
    case = begun(fronted)
    counts = {}
    for who in ("kim", "mia"):
        with fronted.read(who) as view:
            instance_page.read(view, case, "zh")
            task_page.read(view, fronted.task(case), "zh")
            fronted.statements.clear()
            task_page.read(view, fronted.task(case), "zh")
            counts[who] = len(fronted.statements)
    assert counts["kim"] <= counts["mia"]
