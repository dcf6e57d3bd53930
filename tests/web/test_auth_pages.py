"""Forged requests, signing in over a page, changing the password, choosing a language."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from engine import schema
from engine.errors import Conflict, Invalid, NotFound
from engine.runtime import Runtime
from tests.provision.databases import SqliteFiles
from tests.web.browsing import PASSWORD, Browser
from tests.web.looking import age, rows
from web.auth import account
from web.auth.routes import local


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    """One kind is enough: nothing here depends on the database."""
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


# ---- forged requests


@pytest.mark.parametrize("path", ["/sign-in", "/language"])
def test_a_visitors_post_without_its_token_is_refused(path: str, visitor: Browser, runtime: Runtime):
    answer = visitor.client.post(path, data={"name": "ida", "password": PASSWORD, "language": "en"})

    assert answer.status_code == 403
    assert rows(runtime, schema.session) == []


def test_every_unsafe_route_refuses_a_request_without_its_token(app: Flask, ida: Browser):
    tried = 0
    for rule in app.url_map.iter_rules():
        for method in set(rule.methods or ()) & {"POST", "PUT", "PATCH", "DELETE"}:
            path = rule.rule
            for name in rule.arguments:
                path = path.replace(next(p for p in path.split("/") if name in p), "1")
            refused = 401 if path.startswith("/api/") else 403  # where cookies say nothing, nobody is signed in
            assert ida.client.open(path, method=method).status_code == refused, (method, rule.rule)
            tried += 1
    assert tried >= 5


def test_the_token_of_another_session_is_refused(app: Flask, ida: Browser):
    bo = Browser(app)
    bo.sign_in("bo")

    answer = ida.client.post("/sign-out", data={"csrf_token": bo.token()})

    assert answer.status_code == 403 and ida.is_signed_in()


def test_the_visitors_token_is_worth_nothing_with_another_visitors_cookie(app: Flask, visitor: Browser):
    token = Browser(app).token()
    visitor.get("/sign-in")

    assert visitor.client.post("/sign-in", data={"csrf_token": token}).status_code == 403


def test_the_token_may_come_as_a_header(ida: Browser):
    answer = ida.client.post("/sign-out", headers={"X-CSRFToken": ida.token()})

    assert answer.status_code == 303


# ---- over the page


def test_a_script_whose_session_has_ended_is_told_so_and_signs_in_over_the_page(ida: Browser, runtime: Runtime):
    age(runtime, seen=timedelta(hours=1))
    ended = ida.client.post("/acting", headers={"Accept": "application/json", "X-CSRFToken": "stale"})
    assert ended.status_code == 401 and ended.json["error"] == "signed_out"

    token = ida.json("/sign-in").json["csrf"]
    again = ida.post_json("/sign-in", {"name": "ida", "password": PASSWORD}, token=token)

    assert again.json["person"] == "ida"
    sent = ida.client.post("/acting", headers={"Accept": "application/json", "X-CSRFToken": again.json["csrf"]})
    assert sent.status_code == 303


def test_what_a_page_still_loads_when_its_session_ends_leaves_the_sign_in_alone(visitor: Browser):
    late = visitor.client.get("/acting", headers={"Sec-Fetch-Mode": "cors"})

    assert late.status_code == 401 and "Set-Cookie" not in late.headers
    assert visitor.client.get("/acting", headers={"Sec-Fetch-Mode": "navigate"}).status_code == 303


def test_after_sign_in_a_person_is_where_they_wanted_to_be(visitor: Browser):
    wanted = visitor.get("/acting?x=1").location
    assert wanted == "/sign-in?next=/acting?x%3D1"

    assert (
        visitor.post("/sign-in", {"name": "ida", "password": PASSWORD, "next": "/acting?x=1"}).location == "/acting?x=1"
    )


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.test/",
        "//evil.test",
        "//evil.test/x",
        "https:/evil",
        "/\\evil.test",
        "\\\\evil.test",
        "/\t/evil.test",
        "javascript:alert(1)",
        "/\r\nX: y",
        "/x\ny",
        "/\x00",
        "/\x7f",
        "evil",
    ],
)
def test_sign_in_never_leads_to_another_site(elsewhere: str):
    bare = Flask(__name__)
    bare.add_url_rule("/", "home")

    with bare.test_request_context():
        assert local(elsewhere) == "/"


def test_an_address_that_no_header_may_hold_leads_to_the_start_page(visitor: Browser):
    answer = visitor.post("/sign-in", {"name": "ida", "password": PASSWORD, "next": "/\r\nX: y"})

    assert answer.status_code == 303 and answer.location == "/" and "X" not in answer.headers


# ---- passwords


def change(browser: Browser, old: str, new: str, again: str | None = None):
    return browser.post("/password", {"old": old, "new": new, "again": new if again is None else again})


def test_a_changed_password_keeps_this_browser_in_and_puts_every_other_out(app: Flask, ida: Browser):
    elsewhere = Browser(app)
    elsewhere.sign_in("ida")

    assert change(ida, PASSWORD, "quiet winter 77").status_code == 303

    assert ida.is_signed_in() and not elsewhere.is_signed_in()
    assert elsewhere.sign_in("ida").status_code == 401
    assert elsewhere.sign_in("ida", "quiet winter 77").status_code == 303


def test_a_password_that_will_not_do_is_refused_with_a_reason(ida: Browser):
    for old, new, again, reason in (
        ("wrong", "quiet winter 77", None, "原密码不正确"),
        (PASSWORD, "short", None, "至少需要 10 个字符"),
        (PASSWORD, "aaaaaaaaaaaa", None, "太容易"),
        (PASSWORD, "my-ida-2026", None, "太容易"),
        (PASSWORD, "quiet winter 77", "quiet winter 78", "不一致"),
        (PASSWORD, "x1y2z3" * 50, None, "最多 200 个字符"),
    ):
        answer = change(ida, old, new, again)
        assert answer.status_code == 422 and reason in answer.text
    assert ida.is_signed_in()


def test_an_account_is_made_once_and_only_a_known_one_changes(runtime: Runtime):
    with runtime.write() as command:
        account.add(command, "cy", "曾一", PASSWORD)
        # Found by pinyin like everybody else.
        put_in = select(schema.person.c.sort, schema.person.c.initials).where(schema.person.c.id == "cy")
        assert command.connection.execute(put_in).one() == ("zeng yi", "zy")

    with pytest.raises(Conflict), runtime.write() as command:
        account.add(command, "cy", "曾一", PASSWORD)
    with pytest.raises(NotFound), runtime.database.write() as connection:
        account.disable(connection, "nobody")
    with pytest.raises(Invalid), runtime.write() as command:
        account.add(command, "di", "狄", "short")


# ---- language


def test_the_chosen_language_is_kept_with_the_account(app: Flask, ida: Browser):
    assert "修改密码" in ida.get("/password").text

    ida.post("/language", {"language": "en"})

    elsewhere = Browser(app)
    elsewhere.sign_in("ida")
    assert "Change the password" in elsewhere.get("/password").text


def test_a_visitors_language_is_kept_by_the_browser_and_an_unknown_one_is_not(visitor: Browser):
    visitor.post("/language", {"language": "en"})
    assert "Sign-in name" in visitor.get("/sign-in").text

    visitor.post("/language", {"language": "../../etc"})
    assert "Sign-in name" in visitor.get("/sign-in").text

    visitor.client.set_cookie("xuncha-language", "../../etc")
    assert "账号" in visitor.get("/sign-in").text
