"""What a browser is told, what the server takes in, and what only a demonstration has."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask, request
from sqlalchemy import text, update

from engine import clock, revisions, schema
from engine.errors import NotFound
from engine.runtime import Runtime
from tests.provision.databases import SqliteFiles
from tests.web.browsing import PASSWORD, Browser
from web import demo, security
from web.admin import readiness
from web.auth import current

MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    """One kind is enough: nothing here depends on the database."""
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


def policy_of(answer) -> dict[str, str]:
    return dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))


def test_every_answer_tells_the_browser_to_run_and_show_only_what_is_ours(visitor: Browser, ida: Browser):
    for answer in (visitor.get("/sign-in"), ida.get("/password"), ida.get("/nowhere"), visitor.json("/acting")):
        policy = policy_of(answer)
        assert policy["default-src"] == "'none'" and policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'" and policy["form-action"] == "'self'"
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "camera=()" in answer.headers["Permissions-Policy"]


def test_pages_carry_no_script_or_style_that_the_policy_would_stop(ida: Browser, visitor: Browser):
    for page in (ida.get("/password").text, visitor.get("/sign-in").text, ida.get("/nowhere").text):
        assert "<style" not in page and " style=" not in page and " onclick=" not in page
        assert page.count("<script") == page.count('<script type="module" src="/static/')


def test_a_route_may_be_stricter_than_the_rest(app: Flask):
    @app.get("/picture")
    @current.public
    def picture():
        return "x", {"Content-Security-Policy": "sandbox"}

    assert Browser(app).get("/picture").headers["Content-Security-Policy"] == "sandbox"


def test_static_files_are_kept_by_browsers_and_their_address_changes_with_them(visitor: Browser):
    page = visitor.get("/sign-in").text
    address = page.split('href="/static/page.css')[1].split('"')[0]

    answer = visitor.get(f"/static/page.css{address}")

    assert address.startswith("?v=") and answer.status_code == 200
    assert "max-age=31536000" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("host", ["evil.test", "127.0.0.1.evil.test", ""])
def test_a_host_name_that_nobody_vouched_for_is_refused(host: str, visitor: Browser):
    assert visitor.get("/sign-in", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["[::1]", "[::1]:8000", "localhost:8000"])
def test_loopback_is_open_under_each_of_its_names(host: str, visitor: Browser):
    answer = visitor.get("/sign-in", headers={"Host": host})

    assert answer.status_code == 200


@pytest.mark.parametrize("host", ["[::2]", "[::1", "[", "[::1]x"])
def test_an_address_that_nobody_vouched_for_is_refused(host: str, visitor: Browser):
    assert visitor.get("/sign-in", headers={"Host": host}).status_code == 400


def test_an_ipv6_address_to_listen_on_is_one_to_be_opened_under(make_app, runtime: Runtime):
    outside = Browser(make_app(runtime, host="fd00::1"))

    assert outside.get("/health", headers={"Host": "[fd00::1]"}).status_code == 200
    assert outside.get("/health", headers={"Host": "[fd00::2]"}).status_code == 400


def test_outside_loopback_browsers_are_told_to_insist_on_https(make_app, runtime: Runtime):
    outside = Browser(make_app(runtime, host="10.1.2.3"))

    assert "Strict-Transport-Security" in outside.get("/health", base_url="https://10.1.2.3").headers


def test_an_address_behind_a_proxy_is_believed_only_as_far_as_there_are_proxies(make_app, runtime: Runtime):
    for proxies, seen in ((0, "127.0.0.1"), (1, "10.7.7.7")):
        app = make_app(runtime, proxies=proxies)
        app.add_url_rule("/who", "who", current.public(lambda: request.remote_addr or ""))
        answer = Browser(app).get("/who", headers={"X-Forwarded-For": "1.2.3.4, 10.7.7.7"})
        assert answer.text == seen


# ---- sizes


def test_a_request_of_more_than_a_megabyte_is_refused_with_a_sentence(ida: Browser):
    large = "x" * (MEGABYTE + 1)
    token = ida.token()

    form = ida.client.post("/acting", data={"csrf_token": token, "person": large})
    body = ida.post_json("/sign-in", {"name": large}, token=token)

    assert form.status_code == body.status_code == 413
    assert "20 MB" in form.text and "20 MB" in body.json["message"]


def test_a_route_for_files_takes_twenty_five_megabytes_and_no_more(app: Flask):
    @app.post("/upload")
    @current.public
    @security.takes_files
    def upload():
        return str(len(request.get_data()))

    browser = Browser(app)
    headers = {"X-CSRFToken": browser.token(), "Content-Type": "application/octet-stream"}

    assert browser.client.post("/upload", data=b"x" * 25 * MEGABYTE, headers=headers).text == str(25 * MEGABYTE)
    assert browser.client.post("/upload", data=b"x" * 27 * MEGABYTE, headers=headers).status_code == 413


# ---- demonstrations


def test_a_demonstration_signs_in_by_one_click_and_moves_its_clock(demo_app: Flask, demo_runtime: Runtime):
    browser = Browser(demo_app)
    page = browser.get("/sign-in").text
    assert "虚构演示" in page and "艾达" in page
    before = now(demo_runtime)

    assert browser.post("/demo/sign-in", {"person": "ida"}).status_code == 303
    assert browser.post("/demo/clock", {"days": "3"}).status_code == 303

    assert timedelta(days=3) <= now(demo_runtime) - before < timedelta(days=3, minutes=5)
    assert browser.is_signed_in()


def now(runtime: Runtime):
    with runtime.database.read() as connection:
        return clock.now(connection)


def test_the_clock_of_a_demonstration_never_goes_back_or_a_century_on(demo_app: Flask, demo_runtime: Runtime):
    browser = Browser(demo_app)
    browser.post("/demo/sign-in", {"person": "ida"})

    for days in ("-5", "0", "x", "99999999999"):
        before = now(demo_runtime)
        browser.post("/demo/clock", {"days": days})
        assert timedelta(days=1) <= now(demo_runtime) - before < timedelta(days=401)


def test_only_people_of_the_demonstration_come_in_by_a_click(demo_app: Flask, demo_runtime: Runtime):
    assert Browser(demo_app).post("/demo/sign-in", {"person": "nobody"}).status_code == 404


def test_a_demonstration_answers_this_machine_only(demo_app: Flask):
    assert Browser(demo_app, "10.0.0.9").get("/sign-in").status_code == 403


def test_a_real_database_knows_nothing_of_one_click_sign_in_clock_and_banner(
    app: Flask, ida: Browser, runtime: Runtime
):
    before = now(runtime)

    assert not [rule for rule in app.url_map.iter_rules() if "demo" in rule.endpoint]
    assert ida.post("/demo/sign-in", {"person": "bo"}).status_code == 404
    assert ida.post("/demo/clock", {"days": "3"}).status_code == 404
    assert "虚构演示" not in ida.get("/password").text
    assert now(runtime) - before < timedelta(minutes=5)


def test_even_with_its_routes_a_real_database_refuses_what_a_demonstration_allows(app: Flask, runtime: Runtime):
    app.register_blueprint(demo.bp)
    browser = Browser(app)

    assert browser.post("/demo/sign-in", {"person": "ida"}).status_code == 404
    assert not browser.is_signed_in()
    browser.sign_in("ida")
    assert browser.post("/demo/clock", {"days": "3"}).status_code == 404
    with app.test_request_context(), pytest.raises(NotFound):
        demo.people()


def test_nothing_turns_a_real_database_into_a_demonstration_but_its_own_making(runtime: Runtime):
    runtime.database.create(demo="1")

    assert runtime.database.fact("demo") is None


# ---- how the process is


@pytest.fixture
def always_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readiness is found out for every question."""
    monkeypatch.setattr(readiness, "FRESH_S", -1)


def test_health_asks_nothing_of_the_database_and_ready_does(visitor: Browser, runtime: Runtime, always_anew: None):
    assert visitor.get("/health").json == {"status": "ok"}
    assert visitor.get("/ready").status_code == 200

    with runtime.database.write() as connection:
        connection.execute(text(f"UPDATE {revisions.TABLE} SET version_num = '9999'"))
    assert visitor.get("/ready").status_code == 503
    assert "revision 9999" in visitor.get("/ready").json["reason"]
    assert visitor.get("/health").status_code == 200


def test_ready_says_since_when_no_worker_has_been_seen(visitor: Browser, runtime: Runtime, always_anew: None):
    assert visitor.get("/ready").json["worker"] == "never seen"

    with runtime.database.write() as connection:
        at = str(clock.lease_now(connection))
        connection.execute(schema.meta.insert().values(key="worker_seen", value=at))
    assert visitor.get("/ready").json == {"status": "ok", "worker": "seen"}

    with runtime.database.write() as connection:
        connection.execute(
            update(schema.meta).where(schema.meta.c.key == "worker_seen").values(value=str(int(at) - 300_000_000))
        )
    assert visitor.get("/ready").json["status"] == "degraded"


# ---- the log


def test_the_log_holds_no_names_passwords_tokens_or_query_strings(app: Flask, logged: Callable[[], str]):
    browser = Browser(app)
    browser.sign_in("ida")
    browser.sign_in("ida", "wrong password")
    browser.get("/acting?secret=hidden-words")
    token = browser.cookie("xuncha-session") or ""
    said = logged()

    lines = [json.loads(line) for line in said.splitlines()]
    assert {"number", "method", "route", "status", "ms", "statements"} <= lines[0].keys()
    assert any(line["route"] == "/sign-in" and line["status"] == 303 and line["statements"] > 3 for line in lines)
    for private in (PASSWORD, "wrong password", "艾达", "ida", "hidden-words", token):
        assert private not in said


def test_a_fault_of_ours_shows_a_number_that_the_log_explains_and_nothing_else(app: Flask, logged: Callable[[], str]):
    @app.get("/broken")
    @current.public
    def broken():
        raise RuntimeError("a secret content")

    answer = Browser(app).get("/broken")
    said = logged()

    number = answer.headers["X-Request-Id"]
    assert answer.status_code == 500 and number in answer.text
    failed = next(line for line in map(json.loads, said.splitlines()) if line["event"] == "failed")
    assert failed["number"] == number and failed["kind"] == "RuntimeError" and "broken" in failed["frames"][-1]
    assert "secret content" not in said + answer.text and "Traceback" not in said + answer.text
