"""The frame of every page in a real browser: by keyboard, in both languages, on a phone; and signing in over a page."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, render_template_string, request
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from engine.runtime import Runtime
from tests.provision.databases import SqliteFiles
from tests.web.browsing import PASSWORD
from tests.web.looking import age

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 860}
Serve = Callable[[Flask], str]


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    """One kind is enough: nothing here depends on the database."""
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Lets an application answer on a port of its own; gives its address."""
    running = []

    def start(app: Flask) -> str:
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser complains about: errors of scripts, and whatever the policy stopped."""
    said: list[str] = []
    page.on("console", lambda each: said.append(each.text) if each.type == "error" and "404" not in each.text else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def faults(page: Page) -> list[tuple[str, str]]:
    """What axe finds on the page as it stands: rule and first element."""
    return [(each["id"], each["nodes"][0]["html"]) for each in Axe().run(page).response["violations"]]


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_label("账号").fill("ida")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)


PAPER = """{% extends "base.html" %}{% block title %}x{% endblock %}{% block content %}
<form hx-post="/paper" hx-target="this" hx-swap="outerHTML"><label>words <input name="words"></label>
<button>go</button></form>
{% endblock %}"""


def test_what_was_typed_survives_the_end_of_a_session(page: Page, app: Flask, serve: Serve, runtime: Runtime):
    app.add_url_rule("/paper", "paper", lambda: render_template_string(PAPER))
    app.add_url_rule("/paper", "keep", lambda: f"kept: {request.form['words']}", methods=["POST"])
    address = serve(app)
    sign_in(page, address)
    page.goto(f"{address}/paper")
    page.get_by_label("words").fill("typed before the session ended")
    age(runtime, seen=timedelta(hours=1))

    page.get_by_role("button", name="go").click()
    over = page.get_by_role("dialog")
    over.get_by_label("密码").fill("wrong at first")
    page.keyboard.press("Enter")
    expect(over.get_by_role("alert")).to_contain_text("账号与密码不匹配")
    over.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")

    expect(page.locator("#content")).to_contain_text("kept: typed before the session ended")


@pytest.mark.parametrize(("language", "size"), [("中文", PHONE), ("English", DESK), ("English", PHONE)])
def test_axe_finds_nothing_and_nothing_sticks_out(
    language: str, size: dict[str, int], page: Page, app: Flask, serve: Serve, complaints: list[str]
):
    address = serve(app)
    page.set_viewport_size(size)  # type: ignore[arg-type]
    sign_in(page, address)
    switch = page.get_by_role("button", name=language)
    if switch.count():
        switch.click()

    for path in ("/password", "/acting", "/handbook/", "/nowhere"):
        page.goto(address + path)
        page.locator("details.menu summary").click()
        assert faults(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
    page.get_by_role("button", name="退出登录" if language == "中文" else "Sign out").click()
    assert faults(page) == []
    assert complaints == []


def test_the_frame_works_by_keyboard_alone(page: Page, app: Flask, serve: Serve):
    sign_in(page, serve(app))

    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("跳到正文")
    page.keyboard.press("Enter")
    expect(page.locator(":focus")).to_have_attribute("id", "content")

    menu = page.locator("details.menu")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(page.locator(":focus")).to_have_text("艾达")


def test_the_handbook_is_opened_by_keyboard_and_goes_onto_one_sheet_of_paper(page: Page, app: Flask, serve: Serve):
    sign_in(page, serve(app))

    page.get_by_role("link", name="操作手册").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="所有人")).to_be_visible()

    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="操作手册")).to_be_hidden()
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) == 1


def test_a_second_click_sends_nothing_again(page: Page, app: Flask, serve: Serve):
    address = serve(app)
    sign_in(page, address)
    page.goto(f"{address}/password")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.route("**/password", lambda route: None if route.request.method == "POST" else route.continue_())

    for label in ("原密码", "新密码", "再次输入新密码"):
        page.get_by_label(label, exact=True).fill("quiet winter 77")
    page.evaluate("const b = document.querySelector('main form[data-once] button'); b.click(); b.click(); b.click();")

    page.wait_for_timeout(300)
    assert len(sent) == 1


def test_a_demonstration_looks_right_on_a_phone(page: Page, demo_app: Flask, serve: Serve):
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto(serve(demo_app) + "/sign-in")
    assert faults(page) == []
    page.get_by_role("button", name="艾达").click()

    expect(page.get_by_text("虚构演示")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert faults(page) == []
