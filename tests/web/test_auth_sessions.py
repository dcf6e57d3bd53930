"""How long somebody is signed in, and what ends it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import insert, update

from engine import clock, schema
from engine.runtime import Runtime
from tests.web.browsing import PASSWORD, Browser
from tests.web.looking import age, rows
from web.auth import account, current, session

DAY = timedelta(days=1) // timedelta(microseconds=1)


# ---- sessions


def test_name_and_password_open_a_session_whose_token_the_database_does_not_hold(visitor: Browser, runtime: Runtime):
    answer = visitor.sign_in("ida")

    token = visitor.cookie("xuncha-session")
    assert answer.status_code == 303 and visitor.is_signed_in()
    assert token and [row["token"] for row in rows(runtime, schema.session)] == [session.digest(token)]
    assert token not in str(rows(runtime, schema.session))


def test_every_route_is_closed_to_visitors_unless_it_says_otherwise(app: Flask, visitor: Browser):
    open_to_all = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if current.is_public(app.view_functions[rule.endpoint]) or rule.endpoint == "static"
    }

    assert open_to_all == {
        "static",
        "admin.health",
        "admin.ready",
        "api_description",
        "auth.sign_in",
        "auth.sign_in_page",
        "auth.choose_language",
    }
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in open_to_all and not rule.arguments and "GET" in (rule.methods or ()):
            answer = visitor.get(rule.rule)
            if rule.rule.startswith("/api/"):
                assert answer.status_code == 401, rule.rule
            else:
                assert answer.status_code == 303 and "/sign-in" in answer.location, rule.rule


def test_a_session_is_rotated_at_sign_in(ida: Browser, runtime: Runtime):
    before = ida.cookie("xuncha-session")

    ida.post_json("/sign-in", {"name": "ida", "password": PASSWORD})

    assert ida.cookie("xuncha-session") != before
    assert len(rows(runtime, schema.session)) == 1


def test_a_session_ends_after_half_an_hour_without_a_request(ida: Browser, runtime: Runtime):
    age(runtime, seen=timedelta(minutes=29))
    assert ida.is_signed_in()

    age(runtime, seen=timedelta(minutes=31))
    assert not ida.is_signed_in()


def test_a_session_in_use_stays_alive_but_not_beyond_twelve_hours(ida: Browser, runtime: Runtime):
    for _ in range(3):
        age(runtime, seen=timedelta(minutes=20))
        assert ida.is_signed_in()

    age(runtime, created=timedelta(hours=12, minutes=1))
    assert not ida.is_signed_in()


def test_a_page_that_asks_by_itself_keeps_no_session_alive(ida: Browser, runtime: Runtime):
    age(runtime, seen=timedelta(minutes=20))
    assert ida.get("/password", headers={"X-Automatic": "yes"}).status_code == 200

    age(runtime, seen=timedelta(minutes=20))
    assert not ida.is_signed_in()


def test_sign_out_ends_this_session_and_no_other(app: Flask, ida: Browser, runtime: Runtime):
    elsewhere = Browser(app)
    elsewhere.sign_in("ida")

    ida.post("/sign-out")

    assert not ida.is_signed_in() and elsewhere.is_signed_in()


@pytest.mark.parametrize("how", [account.disable, lambda c, who: account.set_password(c, who, "quiet winter 77")])
def test_a_lock_or_a_new_password_ends_every_session_at_once(how, ida: Browser, runtime: Runtime):
    with runtime.database.write() as connection:
        how(connection, "ida")

    assert not ida.is_signed_in()
    assert rows(runtime, schema.session, person_id="ida") == []


def test_a_person_taken_out_of_the_directory_is_out_at_once(ida: Browser, runtime: Runtime):
    with runtime.database.write() as connection:
        connection.execute(update(schema.person).where(schema.person.c.id == "ida").values(active=False))

    assert not ida.is_signed_in()


def test_moving_the_clock_signs_nobody_out(ida: Browser, runtime: Runtime):
    with runtime.database.write() as connection:
        clock.advance(connection, timedelta(days=40))

    assert ida.is_signed_in()


def test_a_made_up_token_opens_nothing(app: Flask, ida: Browser):
    stranger = Browser(app)
    stranger.client.set_cookie("xuncha-session", "x" * 43)

    assert not stranger.is_signed_in()


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(visitor: Browser):
    cookies = visitor.sign_in("ida").headers.getlist("Set-Cookie")

    assert cookies and all("HttpOnly" in each and "SameSite=Lax" in each for each in cookies)
    assert not any("Secure" in each for each in cookies)


def test_outside_loopback_cookies_travel_over_https_only_and_are_bound_to_the_host(make_app, app, runtime: Runtime):
    outside = make_app(runtime, host="10.1.2.3", trusted_hosts="office.test")
    browser = Browser(outside)
    page = browser.get("/sign-in", base_url="https://office.test")
    token = page.text.split('csrf-token" content="')[1].split('"')[0]

    answer = browser.client.post(
        "/sign-in", base_url="https://office.test", data={"csrf_token": token, "name": "ida", "password": PASSWORD}
    )

    cookies = page.headers.getlist("Set-Cookie") + answer.headers.getlist("Set-Cookie")
    assert len(cookies) == 2
    assert all(each.startswith("__Host-") and "Secure" in each and "Path=/" in each for each in cookies)
    assert not any("Domain" in each for each in cookies)


def test_texts_that_no_database_takes_are_refused_and_break_nothing(ida: Browser):
    for text in ("\x00", "ida\x00", "x" * 10_000):
        assert ida.post("/acting", {"person": text}).status_code in (400, 403)
    token = ida.token()
    for body in (b"[" * 100_000, b'{"name": "\\ud800", "password": "x"}', b"\xff\xfe", b'{"name": {"a": 1}}'):
        headers = {"X-CSRFToken": token, "Content-Type": "application/json", "Accept": "application/json"}
        assert ida.client.post("/sign-in", data=body, headers=headers).status_code in (400, 401), body[:30]
    assert ida.is_signed_in()


# ---- acting for others


@pytest.fixture
def substitution(runtime: Runtime) -> None:
    """Ida stands in for Bo for a week."""
    with runtime.database.write() as connection:
        now = clock.micros(clock.now(connection))
        connection.execute(
            insert(schema.substitution).values(
                id="s1", person_id="bo", substitute_id="ida", from_at=now, until_at=now + 7 * DAY
            )
        )


@pytest.mark.usefixtures("substitution")
def test_a_substitute_acts_for_another_until_the_substitution_ends(app: Flask, ida: Browser, runtime: Runtime):
    assert "薄伟" in ida.get("/acting").text
    ida.post("/acting", {"person": "bo"})

    with app.test_request_context(headers={"Cookie": f"xuncha-session={ida.cookie('xuncha-session')}"}):
        app.preprocess_request()
        assert current.actor().person == "ida" and current.actor().on_behalf_of == "bo"
    assert "代薄伟" in ida.get("/password").text

    with runtime.database.write() as connection:
        clock.advance(connection, timedelta(days=8))
    after = ida.get("/password")
    assert after.status_code == 200 and "代薄伟" not in after.text


def test_nobody_acts_for_a_person_who_has_not_named_them(ida: Browser):
    assert ida.post("/acting", {"person": "bo"}).status_code == 403
    assert "代薄伟" not in ida.get("/password").text
