"""An administrator who signs in before there is anything to do is told how an installation is set up."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from engine import appointing, enrolling, policy, schema
from engine.actor import ENGINE
from engine.directory import Person
from engine.runtime import Runtime
from tests.web.browsing import Browser
from tests.web.conftest import enter

ROLES = {"roles.toml": '[DIR]\ntitle = "院长"\nen = "Director"\n'.encode()}


@pytest.fixture
def house(runtime: Runtime, make_app: Callable[..., Flask]) -> Callable[[str], Browser]:
    """Browsers of a house that Ida looks after, and of which Bo is the only other person."""
    for key in ("ida", "bo"):
        enter(runtime, key, key, key)
    with runtime.write(ENGINE) as command:
        policy.release(command, ROLES)
        command.connection.execute(
            update(schema.account).where(schema.account.c.person_id == "ida").values(administrator=True)
        )
    app = make_app(runtime)

    def sign_in(key: str) -> Browser:
        browser = Browser(app)
        browser.sign_in(key)
        return browser

    return sign_in


def test_she_is_told_the_commands_until_somebody_holds_a_role(
    house: Callable[[str], Browser], runtime: Runtime
) -> None:
    ida = house("ida")
    page = ida.get("/todo").text
    assert "开始使用" in page and "xuncha grant add PERSON ROLE" in page and "xuncha import people.xlsx" in page
    assert page.count("尚无") == 3 and "已有 1" in page  # a colleague is there; processes, organisations, roles are not

    with runtime.write(ENGINE) as command:
        enrolling.add(command, Person("cy", "西"))
        appointing.give(command, "cy", "DIR")
    assert "开始使用" not in ida.get("/todo").text and "没有待办任务" in ida.get("/todo").text
    assert "已有 2" in ida.get("/first-steps").text


def test_nobody_else_is_told_and_for_them_the_page_is_not_there(house: Callable[[str], Browser]) -> None:
    bo = house("bo")
    assert "xuncha" not in bo.get("/todo").text and "/first-steps" not in bo.get("/todo").text
    assert bo.get("/first-steps").status_code == 404
    assert 'href="/first-steps"' in house("ida").get("/done").text


def test_an_empty_answer_to_a_filter_is_no_first_day(house: Callable[[str], Browser]) -> None:
    assert "开始使用" not in house("ida").get("/todo?text=x").text


def test_the_steps_are_in_english_too(house: Callable[[str], Browser]) -> None:
    ida = house("ida")
    ida.post("/language", {"language": "en"})
    page = ida.get("/todo").text
    assert "First steps" in page and "none yet" in page
    assert not re.search("[\u4e00-\u9fff]", page.replace("中文", "").replace("科员", ""))
