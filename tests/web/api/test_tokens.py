"""What a token opens, when it opens nothing any more, and that nothing else opens the API."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from engine import schema
from engine.errors import Invalid, NotFound
from tests.engine.query.hospital import Hospital
from tests.web.api.conftest import ADMINISTRATOR
from tests.web.api.programs import Described, Program, token
from tests.web.browsing import Browser
from web.auth import account, bearer, session

With = Callable[..., Program]
MICRO = timedelta(microseconds=1)
b = schema.bearer.c


@pytest.fixture
def bring(wards: Flask, described: Described) -> Callable[[str | None], Program]:
    """A program with whatever token it says it has."""
    return lambda brought: Program(wards, described, brought)


def rows(hospital: Hospital, who: str) -> list[Any]:
    with hospital.rows() as command:
        return list(command.connection.execute(select(schema.bearer).where(b.person_id == who)))


def is_refused(one: Program) -> bool:
    answer = one.get("/todo")
    if answer.status_code == 200:
        return False
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json == {
        "error": "no_token",
        "message": "This needs a bearer token that is valid. Ask your administrator for one.",
        "problems": [],
    }
    return True


def test_a_token_opens_and_the_database_does_not_hold_it(hospital: Hospital, bring) -> None:
    made = token(hospital.runtime, "ann")
    assert bring(made).get("/todo").status_code == 200
    (row,) = [each for each in rows(hospital, "ann") if each.digest == session.digest(made)]
    assert made not in str(rows(hospital, "ann")) and row.until_at - row.created_at == timedelta(days=30) // MICRO


@pytest.mark.parametrize("brought", [None, "", "nonsense", "xuncha_" + "x" * 43, "a b", "ü" * 9])
def test_without_a_token_of_ours_nothing_opens(brought: str | None, bring) -> None:
    assert is_refused(bring(brought and brought.encode().decode("latin-1")))


def test_another_way_of_signing_in_opens_nothing(hospital: Hospital, wards: Flask) -> None:
    made = token(hospital.runtime, "ann")
    client = wards.test_client()
    for head in (f"Basic {made}", made, f"Token {made}", "Bearer"):
        assert client.get("/api/todo", headers={"Authorization": head}).status_code == 401
    assert client.get(f"/api/todo?access_token={made}").status_code == 401
    assert client.get("/api/todo", headers={"Authorization": f"bearer {made}"}).status_code == 200


def test_a_token_that_is_over_or_revoked_opens_nothing(hospital: Hospital, bring) -> None:
    over, gone, kept = (token(hospital.runtime, "ann") for _ in range(3))
    with hospital.rows() as command:
        ended = update(schema.bearer).where(b.digest == session.digest(over)).values(until_at=b.created_at)
        command.connection.execute(ended)
        found = select(b.id).where(b.digest == session.digest(gone))
        bearer.revoke(command, command.connection.execute(found).scalar_one())
    assert [is_refused(bring(each)) for each in (over, gone, kept)] == [True, True, False]
    with hospital.rows() as command, pytest.raises(NotFound):
        bearer.revoke(command, "0" * 32)


def test_the_token_of_another_installation_opens_nothing(hospital: Hospital, wards: Flask, bring) -> None:
    made = token(hospital.runtime, "ann")
    assert is_refused(bring(made[:-1] + ("A" if made[-1] != "A" else "B")))


def test_who_is_locked_out_or_has_left_has_tokens_that_open_nothing(hospital: Hospital, bring) -> None:
    made = token(hospital.runtime, "abe")
    assert not is_refused(bring(made))
    with hospital.rows() as command:
        account.disable(command.connection, "abe")
    assert is_refused(bring(made))
    person = update(schema.person).where(schema.person.c.id == "abe")
    with hospital.rows() as command:
        account.enable(command.connection, "abe")
        command.connection.execute(person.values(active=False))
    assert is_refused(bring(made))
    with hospital.rows() as command:
        command.connection.execute(person.values(active=True))
    assert not is_refused(bring(made))


def test_what_is_taken_from_a_person_is_taken_from_their_tokens_at_once(hospital: Hospital, bring) -> None:
    one, case = bring(token(hospital.runtime, "dan")), hospital.examined()
    path = f"/tasks/{hospital.task(case)}"
    assert one.get(path).status_code == 200
    with hospital.rows() as command:
        row = {"person_id": "dan", "remit": "ward:W1", "since_at": 0}
        command.connection.execute(schema.exclusion.insert().values(row))
    assert one.get(path).status_code == 404
    with hospital.rows() as command:
        command.connection.execute(schema.exclusion.delete())
    assert one.get(path).status_code == 200


def test_cookies_open_nothing_of_the_api_and_tokens_no_page(hospital: Hospital, wards: Flask) -> None:
    browser = Browser(wards)
    assert browser.sign_in("ann").status_code == 303 and browser.json("/counts").status_code == 200
    assert browser.json("/api/todo").status_code == 401
    forged = browser.post_json("/api/processes/stay/instances", {"values": {"wardId": "W1"}})
    assert forged.status_code == 401

    head = {"Authorization": f"Bearer {token(hospital.runtime, 'ann')}", "Accept": "application/json"}
    assert wards.test_client().get("/counts", headers=head).status_code == 401
    # Whoever has both is, under /api, whom the token names.
    other = {"Authorization": f"Bearer {token(hospital.runtime, 'mia')}"}
    case = hospital.examined()
    assert browser.client.get(f"/api/instances/{case}", headers=other).status_code == 200
    assert browser.client.get(f"/cases/{case}", headers=other).status_code == 404


def test_its_last_use_is_written_once_a_minute(hospital: Hospital, bring) -> None:
    one = bring(token(hospital.runtime, "mia"))
    assert one.token

    def used() -> int | None:
        return next(each.used_at for each in rows(hospital, "mia") if each.digest == session.digest(one.token or ""))

    assert used() is None
    one.get("/todo")
    first = used()
    assert first is not None
    one.get("/todo")
    assert used() == first
    with hospital.rows() as command:
        before = first - timedelta(seconds=61) // MICRO
        command.connection.execute(
            update(schema.bearer).where(b.digest == session.digest(one.token)).values(used_at=before)
        )
    one.get("/todo")
    assert (used() or 0) >= first


def test_no_log_line_and_no_answer_holds_a_token_or_a_password(hospital: Hospital, bring, logged) -> None:
    one = bring(token(hospital.runtime, "dan"))
    path = f"/tasks/{hospital.task(hospital.examined())}/complete"
    said = [
        one.post(path, {"values": {"outlook": "好转", "sign": {"password": "open sesame 1"}}}),
        one.get("/todo?text=open+sesame+1"),
        bring("xuncha_wrong_one").get("/todo"),
    ]
    told = logged()
    for secret in (one.token, "open sesame 1", "xuncha_wrong_one"):
        assert secret not in told + "".join(each.text for each in said)
    assert '"route": "/api/todo"' in told


def test_a_token_is_made_for_who_has_an_account_for_a_time_and_a_purpose(hospital: Hospital) -> None:
    with hospital.rows() as command:
        with pytest.raises(NotFound):
            bearer.add(command, "nobody", "x", days=1)
        for wrong in ({"days": 0}, {"days": 731}, {"name": " "}, {"remit": "ward"}, {"remit": ":W1"}, {"remit": ""}):
            given: dict[str, Any] = {"name": "x", "days": 1, **wrong}
            with pytest.raises(Invalid) as refused:
                bearer.add(command, "ann", given.pop("name"), **given)
            assert [each.where for each in refused.value.problems] == list(wrong)


def test_making_and_revoking_stand_in_the_record_without_the_token(hospital: Hospital) -> None:
    with hospital.rows() as command:
        made = bearer.add(command, "kim", "x", days=1)
        (row,) = bearer.all_of(command.connection, "kim")
        bearer.revoke(command, row.id)
        record = command.connection.execute(select(schema.access_record)).all()
        assert bearer.all_of(command.connection, "kim") == []
    mine = [each for each in record if each.object == row.id]
    assert [(each.what, each.detail) for each in mine] == [("token_made", "kim"), ("token_revoked", None)]
    assert made not in json.dumps([str(each) for each in record])


# ---- with a remit


def test_a_token_for_one_ward_shows_and_does_what_is_of_that_ward(program: With, hospital: Hospital) -> None:
    case = hospital.examined(title="红疹")
    waiting = hospital.task(case)
    here, elsewhere = program("mia", "ward:W1"), program("mia", "ward:W2")
    for end in ("", "/story"):
        assert here.get(f"/instances/{case}{end}").status_code == 200
        assert elsewhere.get(f"/instances/{case}{end}").json == elsewhere.get(f"/instances/{'0' * 32}{end}").json

    doctor, away = program("dan", "ward:W1"), program("dan", "ward:W2")
    assert waiting in {each["id"] for each in doctor.get("/todo").json["items"]}
    for path in ("/todo", "/todo?text=红疹", "/done", "/started", "/notices"):
        assert away.get(path).json == {"items": [], "next": None}
    assert away.get("/processes").json == {"items": []}
    for verb, body in (("claim", {}), ("unclaim", {}), ("complete", {"values": {"outlook": "好转"}})):
        refused = away.post(f"/tasks/{waiting}/{verb}", body)
        assert refused.status_code == 404 and refused.json == away.post(f"/tasks/{'0' * 32}/{verb}", body).json
    assert doctor.post(f"/tasks/{waiting}/claim").status_code == 200


def test_a_task_that_a_person_has_taken_is_not_there_for_their_token_for_elsewhere(
    program: With, hospital: Hospital
) -> None:
    waiting = hospital.task(hospital.examined())
    assert program("dan").post(f"/tasks/{waiting}/claim").status_code == 200
    assert program("dan", "ward:W2").get(f"/tasks/{waiting}").status_code == 404
    assert program("dan", "ward:W2").post(f"/tasks/{waiting}/unclaim").status_code == 404
    assert waiting not in program("dan", "ward:W2").get("/todo").text


def test_a_token_for_one_ward_starts_cases_of_that_ward_only(program: With) -> None:
    here, body = program("ann", "ward:W1"), {"values": {"wardId": "W1"}}
    assert here.post("/processes/stay/instances", body).status_code == 201
    assert program("ann", "ward:W2").post("/processes/stay/instances", body).status_code == 404
    assert program("ann", "family:F1").get("/processes/stay").status_code == 404


def test_an_administrators_token_opens_no_case(program: With, hospital: Hospital) -> None:
    case = hospital.examined()
    assert program(ADMINISTRATOR).get(f"/instances/{case}").status_code == 404
    assert program(ADMINISTRATOR).get("/todo").json["items"] == []
