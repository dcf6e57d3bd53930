"""A case laid open to persons beside those who see it by their roles: only of the house, only where they belong."""

from __future__ import annotations

from sqlalchemy import delete, select

from engine import connector, history, schema
from engine.errors import NotFound
from engine.query import instance_page, story
from tests.engine.clinic import put
from tests.engine.query.hospital import Hospital

EVERYBODY = ["abe", "ann", "eve", "kim", "mia"]


def told(hospital: Hospital, case: str, *persons: str, job: str = "J1", opens: str = "case") -> set[str]:
    headers = {"text": "纪要已印发。", **({"opens": opens} if opens else {})}
    with hospital.rows() as command:
        command.connection.execute(delete(schema.notice))
        known = {"instance_id": case, "element": "admit", "headers": headers, "job_id": f"{case} {job}"}
        answer = connector.call(command, "notify", inputs={"person": list(persons)}, **known)
        assert not isinstance(answer, connector.BusinessError), answer
        return set(command.connection.execute(select(schema.notice.c.person_id)).scalars())


def sees(hospital: Hospital, who: str, case: str) -> bool:
    with hospital.read(who) as view:
        try:
            return instance_page.read(view, case, "zh").id == case
        except NotFound:
            return False


def test_those_who_are_told_read_the_case_and_others_are_not_told(hospital: Hospital) -> None:
    case = hospital.examined()
    assert [who for who in EVERYBODY if sees(hospital, who, case)] == ["mia"]

    assert told(hospital, case, *EVERYBODY) == {"abe", "ann", "mia"}  # not of another ward, and no outside party

    assert [who for who in EVERYBODY if sees(hospital, who, case)] == ["abe", "ann", "mia"]


def test_without_the_header_it_opens_nothing(hospital: Hospital) -> None:
    case = hospital.examined()
    assert told(hospital, case, "abe", opens="") == {"abe"}
    assert not sees(hospital, "abe", case)


def test_the_story_says_to_whom_it_was_opened_once(hospital: Hospital) -> None:
    case = hospital.examined()
    told(hospital, case, "abe", "ann")
    told(hospital, case, "abe", job="J2")
    with hospital.read("mia") as view:
        lines = [line for line in story.read(view, case, "en").items if line.kind == "instance.circulated"]
        assert [[person.name_en for person in line.params["persons"]] for line in lines] == [["Abe", "Ann"]]
        assert history.verify(view.connection, hospital.runtime.keys.history, case) > 0


def test_whoever_is_recused_or_leaves_the_ward_reads_it_no_more(hospital: Hospital) -> None:
    case = hospital.examined()
    with hospital.rows() as command:
        put(command.connection, "exclusion", person_id="abe", remit="ward:W1", since_at=0)
    assert told(hospital, case, "abe") == set()
    with hospital.rows() as command:
        command.connection.execute(delete(schema.exclusion))
    assert told(hospital, case, "abe", job="J2") == {"abe"}
    with hospital.rows() as command:
        a = schema.authority.c
        command.connection.execute(delete(schema.authority).where(a.person_id == "abe"))
    assert not sees(hospital, "abe", case)
    with hospital.rows() as command:
        row = {"from_at": 0, "given_by": "director", "id": "back"}
        put(command.connection, "authority", person_id="abe", role="NURSE", remit="ward:W1", **row)
