"""Wrong guesses are counted in the database, for accounts and for addresses."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from sqlalchemy import event, update

from engine import clock, schema
from engine.runtime import Runtime
from tests.web.browsing import PASSWORD, Browser
from tests.web.looking import rows
from web.auth import account


def test_after_five_wrong_guesses_even_the_right_password_has_to_wait(app: Flask, visitor: Browser, runtime: Runtime):
    for _ in range(5):
        assert visitor.sign_in("ida", "wrong").status_code == 401
    assert visitor.sign_in("ida").status_code == 401

    later(runtime, 61)
    assert visitor.sign_in("ida").status_code == 303
    assert counted(runtime, "ida", "127.0.0.1") == 0


def test_after_four_wrong_guesses_the_right_password_is_heard(visitor: Browser):
    for _ in range(4):
        visitor.sign_in("ida", "wrong")

    assert visitor.sign_in("ida").status_code == 303


def test_each_further_guess_makes_one_rest_longer_up_to_a_quarter_of_an_hour(visitor: Browser, runtime: Runtime):
    rests = []
    for _ in range(11):
        with runtime.database.write() as connection:
            connection.execute(update(schema.guess).values(rests_until=None))
        visitor.sign_in("ida", "wrong")
        until = rows(runtime, schema.guess, person="ida", address="127.0.0.1")[0]["rests_until"]
        with runtime.database.read() as connection:
            rests.append(round((until - clock.lease_now(connection)) / 60e6) if until else 0)

    assert rests == [0, 0, 0, 0, 1, 2, 4, 8, 15, 15, 15]


def test_wrong_guesses_are_forgotten_after_a_day_and_what_is_no_use_any_more_is_deleted(app: Flask, runtime: Runtime):
    for number in range(4):
        Browser(app, f"10.1.1.{number}").sign_in("ida", "wrong")
    guesser = Browser(app, "10.1.1.0")
    for _ in range(3):
        guesser.sign_in("ida", "wrong")

    later(runtime, 86_401)
    guesser.sign_in("ida", "wrong")
    assert counted(runtime, "ida", "10.1.1.0") == 1
    Browser(app, "10.1.1.9").sign_in("ida")
    assert {row["address"] for row in rows(runtime, schema.guess)} == {"", "10.1.1.0", "10.1.1.9"}


def test_a_clock_that_is_set_back_makes_nobody_rest_for_longer(visitor: Browser, runtime: Runtime):
    for _ in range(6):
        visitor.sign_in("ida", "wrong")

    later(runtime, -86_400)
    assert visitor.sign_in("ida").status_code == 303


def test_an_unknown_name_a_resting_and_a_locked_account_look_the_same(app: Flask, visitor: Browser, runtime: Runtime):
    with runtime.database.write() as connection:
        account.disable(connection, "bo")
    for _ in range(5):
        visitor.sign_in("ida", "wrong")

    answers = {
        visitor.post_json("/sign-in", {"name": name, "password": PASSWORD}).text for name in ("ida", "bo", "nobody")
    }

    assert len(answers) == 1


def test_a_stranger_at_the_same_address_stops_nobody(make_app: Callable[..., Flask], app: Flask, runtime: Runtime):
    app = make_app(runtime, address_guesses=30)
    assert Browser(app, "10.9.9.9").sign_in("ida").status_code == 303
    guesser = Browser(app, "10.9.9.9")
    answers = [guesser.sign_in(f"name{number}", "wrong").status_code for number in range(40)]
    for _ in range(10):
        guesser.sign_in("bo", "wrong")

    assert answers == [401] * 30 + [429] * 10
    assert Browser(app, "10.9.9.9").sign_in("ida").status_code == 303
    assert Browser(app, "10.9.9.8").sign_in("bo").status_code == 303


def test_many_accounts_from_one_address_are_limited_also_for_who_has_one(
    make_app: Callable[..., Flask], app: Flask, runtime: Runtime
):
    app = make_app(runtime, address_guesses=30)
    guesser = Browser(app, "10.9.9.9")
    heard = 0
    for number in range(60):
        heard += guesser.sign_in(f"name{number}", "wrong").status_code == 401
        assert Browser(app, "10.9.9.9").sign_in("ida").status_code == 303

    assert heard == 30
    assert guesser.sign_in("bo").status_code == 429


def test_one_account_from_many_addresses_is_limited_and_its_person_still_comes_in_where_known(
    make_app: Callable[..., Flask], app: Flask, runtime: Runtime
):
    app = make_app(runtime, account_guesses=20)
    assert Browser(app, "10.1.1.1").sign_in("ida").status_code == 303
    for number in range(20):
        assert Browser(app, f"10.2.2.{number}").sign_in("ida", "wrong").status_code == 401

    assert Browser(app, "10.2.2.200").sign_in("ida").status_code == 401
    assert Browser(app, "10.1.1.1").sign_in("ida").status_code == 303
    later(runtime, 901)
    assert Browser(app, "10.2.2.200").sign_in("ida").status_code == 303


def test_a_crowded_address_does_not_tell_which_accounts_are_known_there(
    make_app: Callable[..., Flask], app: Flask, runtime: Runtime
):
    app = make_app(runtime, address_guesses=1)
    Browser(app, "10.9.9.9").sign_in("ida")
    guesser = Browser(app, "10.9.9.9")
    guesser.sign_in("nobody", "wrong")

    answers = {guesser.post_json("/sign-in", {"name": name, "password": "wrong"}).text for name in ("ida", "bo", "no")}
    assert len(answers) == 1


def test_a_new_password_and_an_administrator_end_every_wait(app: Flask, visitor: Browser, runtime: Runtime):
    for end in (account.enable, lambda connection, person: account.set_password(connection, person, PASSWORD)):
        for _ in range(5):
            visitor.sign_in("ida", "wrong")
        assert visitor.sign_in("ida").status_code == 401
        with runtime.database.write() as connection:
            end(connection, "ida")
        assert visitor.sign_in("ida").status_code == 303


def test_an_account_that_is_not_there_costs_as_many_statements_as_one_that_is(
    app: Flask, visitor: Browser, runtime: Runtime
):
    sent: list[str] = []
    token = visitor.token()
    event.listen(runtime.database.engine, "before_cursor_execute", lambda *a: sent.append(a[2]))
    counts = set()
    for name in ("ida", "nobody"):
        sent.clear()
        visitor.client.post("/sign-in", data={"csrf_token": token, "name": name, "password": "wrong"})
        counts.add(len(sent))

    assert len(counts) == 1


def later(runtime: Runtime, seconds: int) -> None:
    """As if so much time had gone by for those who wait."""
    g, span = schema.guess.c, seconds * 1_000_000
    with runtime.database.write() as connection:
        moved = {"since": g.since - span, "rests_until": g.rests_until - span, "known_at": g.known_at - span}
        connection.execute(update(schema.guess).values(**moved))


def counted(runtime: Runtime, person: str, address: str) -> int:
    return int(rows(runtime, schema.guess, person=person, address=address)[0]["failures"])


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
