"""What the engine refuses becomes an answer that says what to do, in the person's language."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask, abort

from engine import errors as engine
from engine import policy, task
from engine.errors import Problem
from engine.runtime import Runtime
from tests.engine import clinic
from tests.provision.databases import SqliteFiles
from tests.web.browsing import Browser
from web import errors
from web.auth import current

AT = datetime(2026, 4, 1, 2, 30, tzinfo=UTC)
STALE = task._STALE
STATUS = {
    engine.NotFound: 404,
    engine.Forbidden: 403,
    engine.Conflict: 409,
    engine.KeyReused: 422,
    engine.Invalid: 422,
    engine.DiagramInvalid: 422,
    engine.FormInvalid: 422,
    engine.PolicyInvalid: 422,
    engine.Unsure: 503,
    engine.Unavailable: 503,
    engine.Broken: 503,
    engine.Tampered: 500,
}


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    """One kind is enough: nothing here depends on the database."""
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture
def refusing(app: Flask):
    """An application in which a page of the test's choice raises an error of its choice."""

    def refuse(error: Exception, who: str | None = "ida", **headers: str):
        app.add_url_rule("/refusing", "refusing", current.public(lambda: _raise(error)))
        browser = Browser(app)
        if who:
            browser.sign_in(who)
        return browser.get("/refusing", headers=headers)

    return refuse


def _raise(error: Exception):
    raise error


def test_every_kind_of_error_has_its_status():
    kinds = {
        kind
        for kind in vars(engine).values()
        if isinstance(kind, type) and issubclass(kind, engine.EngineError) and kind is not engine.EngineError
    }

    assert kinds - {engine.ExpressionFailed} == STATUS.keys()
    assert {kind: errors.status_of(kind("x")) for kind in STATUS} == STATUS
    assert errors.status_of(engine.ExpressionFailed("x", "1 +")) == 422


def test_a_colleague_who_was_faster_is_named_with_the_day_as_people_write_it(refusing):
    answer = refusing(engine.Conflict(STALE, who="bo", change="completed", at=AT))

    assert answer.status_code == 409
    assert "薄伟已于2026年4月1日(周三) 10:30办结该任务" in answer.text


def test_the_same_in_english(app: Flask):
    app.add_url_rule(
        "/x", "x", current.public(lambda: _raise(engine.Conflict(STALE, who="bo", change="completed", at=AT)))
    )
    browser = Browser(app)
    browser.sign_in("ida")
    browser.post("/language", {"language": "en"})

    answer = browser.json("/x")

    assert answer.json["error"] == "conflict"
    assert answer.json["message"].startswith("Bo completed this task at Wed 1 Apr 2026, 10:30, after")


def test_a_visitor_learns_no_names_from_an_error(refusing):
    assert "薄伟" not in refusing(engine.Conflict(STALE, who="bo", change="completed", at=AT), who=None).text


@pytest.mark.parametrize(("of", "said"), [({"process": "stay"}, "医院"), ({}, "别人")])
def test_who_was_faster_is_told_to_outside_parties_as_the_house(refusing, runtime: Runtime, of, said: str):
    front = '[stay]\nfront = "医院"\nfront_en = "The hospital"\n'
    files = {**clinic.FILES, "catalog.toml": clinic.CATALOG.replace("[stay]\n", front, 1).encode()}
    with runtime.write() as command:
        policy.release(command, files)
        clinic.give(command.connection, "ida", "KIN", "family:F1")

    text = refusing(engine.Conflict(STALE, who="bo", change="completed", at=AT, **of)).text

    assert said in text
    assert "薄伟" not in text and " bo " not in text


def test_json_names_every_field_at_fault(refusing):
    faults = [Problem("title", "A reason is needed."), Problem("rows[2].no", "This must not be negative.")]

    answer = refusing(engine.FormInvalid("The form cannot be handed in yet.", faults), Accept="application/json")

    assert answer.status_code == 422
    assert answer.json["problems"] == [
        {"where": "title", "message": "请说明理由。"},
        {"where": "rows[2].no", "message": "不能为负数。"},
    ]


def test_htmx_gets_a_fragment_not_a_page(refusing):
    answer = refusing(engine.Conflict("This task is already done."), **{"HX-Request": "true"})

    assert answer.status_code == 409 and "<html" not in answer.text
    assert "该任务已经办结" in answer.text


def test_words_that_people_wrote_come_back_as_text(refusing):
    answer = refusing(engine.Invalid("The file {name} is empty.", name="<img src=x onerror=alert(1)>.pdf"))

    assert "&lt;img src=x" in answer.text and "<img src=x" not in answer.text


def test_braces_in_a_value_are_not_read_as_a_template(refusing):
    answer = refusing(engine.Invalid("The file {name} is empty.", name="{0.__class__}"))

    assert answer.status_code == 422 and "{0.__class__}" in answer.text


def test_a_sentence_whose_parameter_is_missing_is_still_said(refusing):
    answer = refusing(engine.Invalid("The file {name} is empty."))

    assert answer.status_code == 422 and "{name}" in answer.text


def test_every_status_has_a_page_that_says_what_to_do_in_both_languages(app: Flask):
    app.add_url_rule("/x/<int:status>", "x", current.public(lambda status: abort(status)))
    browser = Browser(app)

    for language in ("zh", "en"):
        browser.post("/language", {"language": language})
        for status in (400, 403, 404, 405, 409, 413, 422, 429, 500, 503):
            answer, page = browser.get(f"/x/{status}"), errors.PAGES[status]
            with app.test_request_context(headers={"Cookie": f"xuncha-language={language}"}):
                assert answer.status_code == status
                assert str(page.title) in answer.text and str(page.advice) in answer.text


def test_not_yours_looks_exactly_like_not_there(app: Flask, refusing):
    there = refusing(engine.NotFound("There is no such task, or it is not yours to see."))
    nowhere = Browser(app)
    nowhere.sign_in("ida")

    assert there.status_code == nowhere.get("/no/such/page").status_code == 404


def test_while_the_database_is_away_pages_say_so_and_nothing_breaks(ida: Browser, runtime: Runtime, monkeypatch):
    def away(*_: object, **__: object):
        raise engine.Unavailable("The database cannot be used at the moment. Nothing was changed; please try again.")

    monkeypatch.setattr(runtime.database, "read", away)

    page, script = ida.get("/password"), ida.json("/password")
    assert page.status_code == script.status_code == 503
    assert "数据库暂时无法使用" in page.text and script.json["error"] == "unavailable"
    assert "Traceback" not in page.text


def test_a_demonstration_whose_database_is_away_answers_even_without_the_frame_of_its_pages(
    demo_app: Flask, demo_runtime: Runtime, monkeypatch
):
    def away(*_: object, **__: object):
        raise engine.Unavailable("The database cannot be used at the moment. Nothing was changed; please try again.")

    monkeypatch.setattr(demo_runtime.database, "read", away)

    answer = Browser(demo_app).get("/sign-in")
    assert answer.status_code == 503 and "错误编号" in answer.text
