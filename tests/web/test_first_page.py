"""What a newcomer reads: the first page of a demonstration, and the handbook behind "?"."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from engine import grant, policy
from engine.actor import ENGINE
from engine.runtime import Runtime
from tests.web.browsing import Browser
from tests.web.conftest import enter

REPOSITORY = Path(__file__).parents[2] / "processes"
WELCOME = """
title = "走进小院"
title_en = "Welcome to the yard"
[[sentences]]
text = "院子是虚构的 <img onerror=x>。"
text_en = "The yard is invented <img onerror=x>."
[[groups]]
title = "主人"
title_en = "Hosts"
[[groups.people]]
key = "ida"
try = "浇花。"
try_en = "Water the flowers."
[[groups.people]]
key = "gone"
try = "不在。"
[[groups]]
title = "没有人"
people = [{ key = "gone" }]
"""
HANDBOOK = """
[[page]]
role = "*"
does = [["先看待办。", "Look at To do."]]
[[page]]
role = "GARDENER"
does = [["浇花 <img onerror=x>。", "Water the flowers <img onerror=x>."]]
minds = [["别太多。", "Not too much."]]
[[page]]
role = "COOK"
does = [["做饭。", "Cook."]]
"""
ROLES = b"""
[GARDENER]
title = "\xe8\x8a\xb1\xe5\x8c\xa0"
en = "Gardener"
remit = "yard"
[COOK]
title = "\xe5\x8e\xa8\xe5\xb8\x88"
en = "Cook"
"""


@pytest.fixture
def processes(tmp_path: Path) -> Path:
    """A folder of processes with words for newcomers in it."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "welcome.toml").write_text(WELCOME)
    (tmp_path / "handbook.toml").write_text(HANDBOOK)
    return tmp_path


@pytest.fixture
def demonstration(demo_runtime: Runtime, make_app: Callable[..., Flask], processes: Path) -> Browser:
    """A browser at the gate of a demonstration whose folder has words for newcomers."""
    enter(demo_runtime, "ida", "艾达", "Ida", password=None)
    enter(demo_runtime, "bo", "薄伟", "Bo", password=None)
    return Browser(make_app(demo_runtime, processes=processes))


@pytest.fixture
def gardener(runtime: Runtime, make_app: Callable[..., Flask], processes: Path) -> Browser:
    """Ida, who looks after the yard, in a real installation."""
    enter(runtime, "ida", "艾达", "Ida")
    with runtime.write(ENGINE) as command:
        policy.release(command, {"roles.toml": ROLES})
        grant.give(command, "ida", "GARDENER", "yard:Y1")
    browser = Browser(make_app(runtime, processes=processes))
    browser.sign_in("ida")
    return browser


def english(browser: Browser) -> None:
    browser.post("/language", {"language": "en"})


# ---- the first page


def test_a_newcomer_reads_whom_they_can_be_and_what_to_try(demonstration: Browser):
    page = demonstration.get("/sign-in").text

    assert "<h1>走进小院</h1>" in page and "浇花。" in page and "主人" in page
    assert page.count('value="ida"') == 1 and page.count('value="bo"') == 1
    assert "其他人员" in page and "没有人" not in page and 'value="gone"' not in page
    assert "<img onerror" not in page


def test_the_first_page_is_in_english_too_and_leads_from_one_person_to_the_next(demonstration: Browser):
    demonstration.post("/demo/sign-in", {"person": "ida"})
    english(demonstration)

    page = demonstration.get("/demo/").text

    assert "Welcome to the yard" in page and "Water the flowers." in page and "Everybody else" in page
    assert not re.search("[\u4e00-\u9fff]", page.replace("中文", "").replace("科员", ""))
    assert demonstration.post("/demo/sign-in", {"person": "bo"}).status_code == 303
    assert 'data-person="bo"' in demonstration.get("/password").text


def test_where_nothing_is_written_everybody_is_just_listed(demonstration: Browser, processes: Path):
    (processes / "demo" / "welcome.toml").unlink()

    page = demonstration.get("/sign-in").text

    assert "以下列虚构人员身份试用" in page and page.count('name="person"') == 2


def test_the_districts_first_page_has_five_sentences_and_invites_people_of_the_cast_in_both_languages():
    told, cast = (tomllib.loads((REPOSITORY / "demo" / name).read_text()) for name in ("welcome.toml", "cast.toml"))
    invited = [each for group in told["groups"] for each in group["people"]]

    assert len(told["sentences"]) == 5
    assert all(each["text"] and each["text_en"] for each in told["sentences"])
    assert all(each["try"] and each["try_en"] and each["key"] in cast["people"] for each in invited)
    assert all(group["title_en"] for group in told["groups"])


# ---- the handbook


def test_the_handbook_has_a_page_for_everybody_and_one_for_each_role_that_the_reader_holds(gardener: Browser):
    assert 'href="/handbook/"' in gardener.get("/password").text

    page = gardener.get("/handbook/").text

    assert "先看待办。" in page and "花匠" in page and "别太多。" in page
    assert "做饭" not in page and "<img onerror" not in page and "&lt;img onerror=x&gt;" in page


def test_the_handbook_is_in_english_too(gardener: Browser):
    english(gardener)

    page = gardener.get("/handbook/").text

    assert "Gardener" in page and "Not too much." in page
    assert not re.search("[\u4e00-\u9fff]", page.replace("中文", "").replace("科员", ""))


def test_where_there_is_no_handbook_nothing_leads_to_it(gardener: Browser, processes: Path):
    (processes / "handbook.toml").unlink()

    assert "/handbook/" not in gardener.get("/password").text
    assert gardener.get("/handbook/").status_code == 404


def test_every_role_that_somebody_can_hold_has_its_page_in_both_languages():
    roles, book = (tomllib.loads((REPOSITORY / name).read_text()) for name in ("roles.toml", "handbook.toml"))
    cast = tomllib.loads((REPOSITORY / "demo" / "cast.toml").read_text())
    held = {given.partition("@")[0] for each in cast["people"].values() for given in each["grants"]} | {"EV"}
    pages = {page["role"]: page for page in book["page"]}

    assert held <= pages.keys() and pages.keys() - {"*"} <= roles.keys()
    for page in pages.values():
        sentences = [each for part in ("does", "minds", "finds") for each in page[part]]
        assert 3 <= len(sentences) <= 12, page["role"]
        assert all(len(each) == 2 and all(each) for each in sentences), page["role"]
