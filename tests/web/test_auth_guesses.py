"""Wrong guesses are counted in the database, for accounts and for addresses."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import update

from engine import clock, schema
from engine.runtime import Runtime
from tests.web.browsing import PASSWORD, Browser
from tests.web.looking import rows
from web.auth import account


def test_after_five_wrong_guesses_even_the_right_password_has_to_wait(app: Flask, visitor: Browser, runtime: Runtime):
    for _ in range(5):
        assert visitor.sign_in("ida", "wrong").status_code == 401
    assert visitor.sign_in("ida").status_code == 401

    with runtime.database.write() as connection:
        locked = schema.account.c.locked_until
        connection.execute(update(schema.account).values(locked_until=locked - 61_000_000))
    assert visitor.sign_in("ida").status_code == 303
    assert rows(runtime, schema.account, person_id="ida")[0]["failures"] == 0


def test_each_further_guess_makes_an_account_rest_longer_up_to_a_quarter_of_an_hour(visitor: Browser, runtime: Runtime):
    rests = []
    for _ in range(11):
        with runtime.database.write() as connection:
            connection.execute(update(schema.account).values(locked_until=None))
        visitor.sign_in("ida", "wrong")
        until = rows(runtime, schema.account, person_id="ida")[0]["locked_until"]
        with runtime.database.read() as connection:
            rests.append(round((until - clock.lease_now(connection)) / 60e6) if until else 0)

    assert rests == [0, 0, 0, 0, 1, 2, 4, 8, 15, 15, 15]


def test_an_unknown_name_a_resting_and_a_locked_account_look_the_same(app: Flask, visitor: Browser, runtime: Runtime):
    with runtime.database.write() as connection:
        account.disable(connection, "bo")
    for _ in range(5):
        visitor.sign_in("ida", "wrong")

    answers = {
        visitor.post_json("/sign-in", {"name": name, "password": PASSWORD}).text for name in ("ida", "bo", "nobody")
    }

    assert len(answers) == 1


def test_an_address_that_guesses_thirty_times_rests_whatever_names_it_tries(app: Flask, runtime: Runtime):
    guesser = Browser(app, "10.9.9.9")
    for number in range(30):
        assert guesser.sign_in(f"name{number}", "wrong").status_code == 401

    assert guesser.sign_in("ida").status_code == 429
    assert Browser(app, "10.9.9.8").sign_in("ida").status_code == 303


def test_refusals_stand_in_the_access_record_without_names_that_nobody_has(visitor: Browser, runtime: Runtime):
    visitor.sign_in("ida", "wrong")
    visitor.sign_in("my secret password", "")

    found = [(row["what"], row["person_id"], row["object"]) for row in rows(runtime, schema.access_record)]
    assert found == [("sign_in_refused", "ida", "127.0.0.1"), ("sign_in_refused", "", "127.0.0.1")]


def test_odd_names_and_passwords_are_refused_and_come_back_as_text(visitor: Browser):
    for password in ("", "x" * 100_000, "\x00" * 12, "密码" * 8):
        assert visitor.sign_in("ida", password).status_code == 401
    for name in ("", "x" * 10_000, "ida\x00", "' OR 1=1 --", "<img src=x onerror=alert(1)>"):
        answer = visitor.sign_in(name)
        assert answer.status_code == 401, name
        assert "<img src=x" not in answer.text


def test_a_body_that_is_not_what_a_sign_in_sends_is_a_bad_request(visitor: Browser):
    token = visitor.token()

    for body in ("[]", '"x"', "{", "null"):
        headers = {"X-CSRFToken": token, "Content-Type": "application/json", "Accept": "application/json"}
        assert visitor.client.post("/sign-in", data=body, headers=headers).status_code == 400
