"""The room in a real browser: usable by keyboard and on a phone, in both languages, and on paper."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from engine import draft, notice, variables
from tests.engine.query.hospital import Hospital
from tests.provision.databases import SqliteFiles
from tests.web.browsing import PASSWORD
from tests.web.inbox.test_sheets import workbook

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 860}


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    """One kind is enough: nothing here depends on the database."""
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="module")
def address(wards: Flask) -> Iterator[str]:
    """Where the hospital's pages are served."""
    server = make_server("127.0.0.1", 0, wards, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def page(page: Page) -> Page:
    """Patient with a busy machine."""
    page.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)
    return page


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser complains about: errors of scripts, and whatever the policy stopped."""
    said: list[str] = []
    page.on("console", lambda each: said.append(each.text) if each.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def sign_in(page: Page, address: str, who: str, language: str = "zh") -> None:
    page.goto(f"{address}/sign-in")
    page.locator("#name").fill(who)
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    switch = page.locator(f'button[name="language"][value="{language}"]')
    if switch.count():
        switch.click()


def quiet(page: Page, path: str) -> None:
    """Open a page and wait until everything on it has come."""
    page.goto(path)
    page.wait_for_load_state("networkidle")
    for island in ("#form", ".diagram"):
        if page.locator(island).count():
            expect(page.locator(f"{island}[data-ready]")).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize(("language", "size"), [("zh", DESK), ("en", PHONE)], ids=["desk", "phone"])
def test_axe_finds_nothing_on_any_page_and_nothing_sticks_out(
    language: str, size: dict[str, int], page: Page, address: str, hospital: Hospital, complaints: list[str]
) -> None:
    case = hospital.examined(plan="多喝水\n" * 3, diagnosis="肺炎")
    with hospital.write("dan") as command:
        notice.send(command, ["mia"], "copy", case, text="请知悉" * 40)
    waiting = hospital.task(case)
    page.set_viewport_size(size)  # type: ignore[arg-type]

    found = {}
    for who, paths in (
        ("mia", ["/todo", "/done", "/started", "/notices", "/start", f"/cases/{case}", f"/tasks/{waiting}"]),
        ("dan", ["/todo", "/phrases", f"/cases/{case}", f"/tasks/{waiting}"]),
        ("ann", ["/start/stay", "/done"]),
    ):
        page.context.clear_cookies()
        sign_in(page, address, who, language)
        for path in paths:
            quiet(page, address + path)
            page.evaluate("document.querySelectorAll('main details').forEach(each => { each.open = true; })")
            found[who, path] = [
                (each["id"], each["nodes"][0]["html"]) for each in Axe().run(page).response["violations"]
            ]
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, path
    assert {key: faults for key, faults in found.items() if faults} == {}
    assert complaints == []


def test_a_task_is_handed_over_by_keyboard_alone(page: Page, address: str, hospital: Hospital) -> None:
    waiting = hospital.task(hospital.admit())
    sign_in(page, address, "ann")
    quiet(page, f"{address}/tasks/{waiting}")

    page.get_by_role("button", name="转办").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="转办")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    page.keyboard.press("Enter")
    dialog.get_by_label("对象").select_option("abe")
    dialog.get_by_label("理由").fill("我去开会")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="转办")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_text("任务已转办")).to_be_visible()


def test_people_stay_chosen_while_one_looks_for_others_and_a_refusal_loses_nothing(
    page: Page, address: str, hospital: Hospital, complaints: list[str]
) -> None:
    waiting = hospital.task(hospital.examined())
    sign_in(page, address, "mia")
    page.set_viewport_size({"width": 900, "height": 420})
    quiet(page, f"{address}/tasks/{waiting}")
    page.get_by_role("button", name="抄送").click()
    dialog = page.get_by_role("dialog", name="抄送")
    page.mouse.wheel(0, 400)
    expect(dialog.get_by_role("heading")).to_be_in_viewport(ratio=1)

    dialog.get_by_label("对象").fill("ann")
    dialog.get_by_label("安宁").check()
    dialog.get_by_label("对象").fill("丹")
    dialog.get_by_label("丹青").check()
    expect(dialog.get_by_label("安宁")).to_be_checked()
    dialog.get_by_label("说明").fill("请知悉")
    dialog.get_by_role("button", name="发送").click()
    expect(dialog.get_by_role("alert").first).to_contain_text("安宁")  # a nurse may not see the case
    assert not [each for each in complaints if "selector" in each]

    expect(dialog.get_by_label("说明")).to_have_value("请知悉")
    dialog.get_by_label("安宁").uncheck()
    dialog.get_by_role("button", name="发送").click()
    expect(page.get_by_role("status")).to_contain_text("已抄送")


def test_what_has_come_into_a_page_answers_from_the_first_moment(page: Page, address: str, hospital: Hospital) -> None:
    waiting = hospital.task(hospital.examined())
    sign_in(page, address, "dan")
    quiet(page, f"{address}/tasks/{waiting}")
    page.evaluate(
        """() => new MutationObserver(() => {
            const form = document.querySelector('#talk form');
            if (form && !('alive' in window)) window.alive = Boolean(form['htmx-internal-data']);
        }).observe(document.getElementById('talk').parentElement, { childList: true, subtree: true })"""
    )
    page.locator("#talk").get_by_label("留言").fill("看过了")
    page.locator("#talk").get_by_role("button", name="发表").click()
    expect(page.locator("#talk").get_by_text("看过了")).to_be_visible()

    assert page.evaluate("window.alive") is True


def test_comments_and_files_come_and_go_without_leaving_the_page(
    page: Page, address: str, hospital: Hospital, complaints: list[str]
) -> None:
    waiting = hospital.task(hospital.examined())
    sign_in(page, address, "dan")
    quiet(page, f"{address}/tasks/{waiting}")
    talk = page.locator("#talk")

    talk.get_by_label("留言").fill("先看化验单<b>")
    talk.get_by_role("button", name="发表").click()
    expect(talk.get_by_text("先看化验单<b>")).to_be_visible()

    pdf = {"name": "化验单.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 x"}
    talk.locator("input[type=file]").set_input_files(pdf)  # type: ignore[arg-type]
    expect(talk.get_by_role("link", name="化验单.pdf")).to_be_visible()
    talk.get_by_role("button", name="删除 化验单.pdf").click()
    expect(talk.get_by_role("link", name="化验单.pdf")).to_have_count(0)

    wrong = {"name": "化验单.pdf", "mimeType": "application/pdf", "buffer": b"<html>"}
    talk.locator("input[type=file]").set_input_files(wrong)  # type: ignore[arg-type]
    expect(page.get_by_text("名实不符")).to_be_visible()
    assert [each for each in complaints if "422" not in each] == []


def test_a_draft_says_so_and_can_be_thrown_away(page: Page, address: str, hospital: Hospital) -> None:
    waiting = hospital.task(hospital.admit())
    with hospital.write("ann") as command:
        draft.save(command, waiting, {"title": "未完"}, revision=0)
    sign_in(page, address, "ann")
    quiet(page, f"{address}/tasks/{waiting}")
    expect(page.get_by_label("事由")).to_have_value("未完")

    page.get_by_role("button", name="丢弃草稿").first.click()
    page.get_by_role("dialog", name="丢弃草稿").get_by_role("button", name="丢弃").click()

    expect(page.get_by_label("事由")).to_have_value("")


def test_the_number_of_what_is_unread_comes_by_itself(page: Page, address: str, hospital: Hospital) -> None:
    sign_in(page, address, "eve")
    page.clock.install()
    quiet(page, f"{address}/todo")
    case = hospital.examined()
    with hospital.write("mia") as command:
        notice.send(command, ["eve"], "note", case, text="请知悉")

    page.clock.run_for(61_000)

    expect(page.locator('[data-count="inbox.notices"]')).to_contain_text("1")
    expect(page).to_have_title("(1) 待办 · Xuncha")


def test_what_is_printed_has_number_scope_and_lines_to_sign_and_no_buttons(
    page: Page, address: str, hospital: Hospital
) -> None:
    case = hospital.examined()
    sign_in(page, address, "mia")
    for path in (f"/tasks/{hospital.task(case)}", f"/cases/{case}"):
        quiet(page, address + path)
        page.emulate_media(media="print")
        number = page.locator("h1, .crumbs").first.text_content()
        assert number
        expect(page.locator(".print-number")).to_contain_text("住2026-")
        expect(page.locator(".print-secrecy")).to_contain_text("内部资料")
        expect(page.locator(".print-signatures")).to_contain_text("经办人")
        assert page.locator("button:visible, .site-head:visible, dialog:visible").count() == 0
        page.emulate_media(media="screen")


# ---- a table from a workbook, and a workbook from a table

SHEET = workbook(
    ["陪护安排（虚构）"],
    ["日期", "护士", "说明", "夜班", "级别", "备注"],
    [date(2026, 4, 1), "艾伯", "=早<img onerror=x>", "是", "特级", "甲"],
    ["4月2日", "无此人", "晚", "否", "三级"],
)
WORDS = {
    "zh": ("导入工作簿（.xlsx）", "导出为 .xlsx", "已导入 2 行，请核对后再提交", "未导入的内容", "提交"),
    "en": (
        "Take in a workbook (.xlsx)",
        "Give out as .xlsx",
        "2 rows taken in; look through them, then submit",
        "What was not taken in",
        "Submit",
    ),
}


def text_cells(body: bytes) -> bytes:
    """The workbook with every text that looks like a formula as the text it is."""
    book = openpyxl.load_workbook(io.BytesIO(body))
    for line in book.active.rows:
        for cell in line:
            if cell.data_type == "f":
                cell.data_type = "s"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_workbook_fills_a_table_and_the_table_becomes_one(
    language: str,
    page: Page,
    address: str,
    hospital: Hospital,
    complaints: list[str],
    tmp_path: Path,
) -> None:
    take, give, taken, left, send = WORDS[language]
    case = hospital.admit()
    sign_in(page, address, "ann", language)
    quiet(page, f"{address}/tasks/{hospital.task(case)}")
    grid = page.locator(".fjs-form-field-grid")

    with page.expect_file_chooser() as choosing:
        grid.get_by_role("button", name=take).click()
    choosing.value.set_files({"name": "陪护.xlsx", "mimeType": "", "buffer": text_cells(SHEET)})

    expect(grid.get_by_role("status").last).to_contain_text(taken)
    rows = grid.locator("tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0).locator("input").nth(1)).to_have_value("Abe" if language == "en" else "艾伯")
    misfits = grid.get_by_role("group", name=left).get_by_role("listitem")
    expect(misfits).to_have_count(5)
    expect(grid).to_contain_text("B4")
    assert Axe().run(page, context=".fjs-form-field-grid").response["violations"] == []
    page.screenshot(path=tmp_path / f"{language}.png", full_page=True)

    with page.expect_download() as saving:
        grid.get_by_role("button", name=give).click()
    saved = openpyxl.load_workbook(io.BytesIO(saving.value.path().read_bytes())).active
    assert [cell.value for cell in saved[2]][:3] == [
        datetime(2026, 4, 1),  # noqa: DTZ001 - a spreadsheet knows no zones
        "Abe" if language == "en" else "艾伯",
        "=早<img onerror=x>",
    ]
    assert saved["C2"].data_type == "s"

    page.get_by_role("textbox", name="事由" if language == "zh" else "Reason").fill("发热")
    page.get_by_role("button", name=send, exact=True).click()
    page.wait_for_url(lambda url: "/todo" in url)
    assert [row["note"] for row in stored(hospital, case)] == ["=早<img onerror=x>", "晚"]
    assert complaints == []


def test_on_a_telephone_nothing_sticks_out_and_what_is_no_workbook_is_refused(
    page: Page,
    address: str,
    hospital: Hospital,
    tmp_path: Path,
) -> None:
    sign_in(page, address, "abe")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    quiet(page, f"{address}/tasks/{hospital.task(hospital.admit())}")
    grid = page.locator(".fjs-form-field-grid")

    grid.locator("input[data-sheet]").set_input_files({"name": "陪护.xls", "mimeType": "", "buffer": b"x"})
    expect(grid.get_by_role("status").last).to_contain_text("请先把 陪护.xls 另存为 .xlsx")
    grid.locator("input[data-sheet]").set_input_files({"name": "陪护.xlsx", "mimeType": "", "buffer": SHEET})
    expect(grid.locator("tbody tr")).to_have_count(2)

    page.screenshot(path=tmp_path / "phone.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def stored(hospital: Hospital, case: str) -> Any:
    with hospital.read("mia") as view:
        return variables.everything(view.connection, case)["watch"]
