from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.frontend.stage import Stage

Opened = Callable[[], Page]
TITLE = {"type": "textfield", "id": "F1", "key": "title", "label": "标题"}
NOTE = {"type": "textarea", "id": "F2", "key": "note", "label": "说明"}
SIGN = {"type": "signature", "id": "F3", "key": "sign", "label": "签字"}
GRID = {
    "type": "grid",
    "id": "F4",
    "key": "people",
    "label": "人员",
    "columns": [{"type": "textfield", "key": "name", "label": "姓名"}],
}


def form(*components: dict[str, Any]) -> dict[str, Any]:
    return {"type": "default", "id": "f", "schemaVersion": 19, "components": list(components)}


def submit(page: Page) -> None:
    page.get_by_role("button", name="提交").click()


def keys(stage: Stage) -> list[str]:
    return [each.headers["Idempotency-Key"] for each in stage.sent if each.path == "/submit"]


def test_a_submission_carries_token_stamp_and_key_and_goes_where_the_server_says(stage: Stage, opened: Opened) -> None:
    stage.show(form(TITLE), {"title": "甲"}, stamp="s-7")
    page = opened()
    submit(page)
    page.wait_for_url("**/done")
    (sent,) = stage.sent
    assert sent.body == {"values": {"title": "甲"}, "stamp": "s-7"}
    assert sent.headers["X-Csrftoken"] == "first"
    assert len(sent.headers["Idempotency-Key"]) > 20


def test_refusals_stand_at_their_fields_and_the_first_has_the_focus(stage: Stage, opened: Opened) -> None:
    found = [
        {"where": "note", "message": "说明太短。"},
        {"where": "people.1.name", "message": "查无此人。"},
        {"where": "", "message": "今天不受理。"},
    ]
    stage.answer("POST", "/submit", 422, {"message": "有两处不合要求。", "problems": found})
    stage.show(form(TITLE, NOTE, GRID), {"title": "甲", "note": "乙", "people": [{"name": "一"}, {"name": "二"}]})
    page = opened()
    submit(page)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("有两处不合要求。")
    expect(alert).to_contain_text("今天不受理。")
    expect(page.get_by_text("第 2 行，姓名：查无此人。")).to_be_visible()
    expect(page.get_by_label("说明")).to_be_focused()
    expect(page.get_by_label("说明")).to_have_value("乙")


def test_the_same_content_keeps_its_key_and_other_content_gets_another(stage: Stage, opened: Opened) -> None:
    refusal = {"message": "不行。", "problems": []}
    for _ in range(3):
        stage.answer("POST", "/submit", 422, refusal)
    stage.show(form(TITLE), {"title": "甲"})
    page = opened()
    for attempt in range(3):
        if attempt == 2:
            page.get_by_label("标题").fill("乙")
        submit(page)
        expect(page.get_by_role("alert")).to_contain_text("不行。")
        page.wait_for_timeout(50)
    first, again, other = keys(stage)
    assert first == again
    assert other != first


def test_two_quick_clicks_send_once(stage: Stage, opened: Opened) -> None:
    stage.show(form(TITLE), {"title": "甲"})
    page = opened()
    page.get_by_role("button", name="提交").dblclick(no_wait_after=True)
    page.wait_for_url("**/done")
    assert len(keys(stage)) == 1


def test_a_faster_colleague_is_told_and_nothing_is_lost(stage: Stage, opened: Opened) -> None:
    stage.answer("POST", "/submit", 409, {"message": "李四已于 14:03 办理。", "problems": []})
    stage.show(form(TITLE), {"title": "甲"})
    page = opened()
    submit(page)
    expect(page.get_by_role("alert")).to_contain_text("李四已于 14:03 办理。")
    expect(page.get_by_role("button", name="重新载入")).to_be_visible()
    expect(page.get_by_label("标题")).to_have_value("甲")


def test_an_ended_session_signs_in_over_the_page_and_sends_again(stage: Stage, opened: Opened) -> None:
    stage.answer("POST", "/submit", 401, {"error": "signed_out", "message": "登录已过期"})
    stage.answer("POST", "/sign-in", 401, {"error": "refused", "message": "账号或密码不对。"})
    stage.show(form(TITLE), {"title": "甲"})
    page = opened()
    submit(page)
    dialog = page.get_by_role("dialog", name="请重新登录")
    expect(dialog.get_by_label("账号")).to_have_value("zhang")
    expect(dialog.get_by_label("密码")).to_be_focused()
    for password in ("wrong", "right"):
        dialog.get_by_label("密码").fill(password)
        dialog.get_by_label("密码").press("Enter")
        if password == "wrong":
            expect(dialog.get_by_role("alert")).to_have_text("账号或密码不对。")
    page.wait_for_url("**/done")
    first, second = keys(stage)
    assert first == second
    last = [each for each in stage.sent if each.path == "/submit"][-1]
    assert last.headers["X-Csrftoken"] == "second"
    assert [
        each.headers["X-Csrftoken"] for each in stage.sent if each.path == "/sign-in" and each.method == "POST"
    ] == ["visitor"] * 2


def test_somebody_else_signing_in_does_not_send_what_the_first_typed(stage: Stage, opened: Opened) -> None:
    stage.answer("POST", "/submit", 401, {"error": "signed_out", "message": "登录已过期"})
    stage.answer("POST", "/sign-in", 200, {"person": "p2", "csrf": "other"})
    stage.show(form(TITLE), {"title": "甲"})
    page = opened()
    page.on("dialog", lambda shown: shown.accept())
    submit(page)
    page.get_by_label("密码").fill("x")
    with page.expect_navigation():
        page.get_by_role("button", name="登录").click()
    assert len(keys(stage)) == 1


def test_a_page_from_an_earlier_session_fetches_the_new_token_by_itself(stage: Stage, opened: Opened) -> None:
    stage.answer("POST", "/submit", 403, {"error": "stale_page", "message": "页面已旧"})
    stage.answer("GET", "/sign-in", 200, {"csrf": "fresh"})
    stage.show(form(TITLE), {"title": "甲"})
    page = opened()
    submit(page)
    page.wait_for_url("**/done")
    assert [each.headers["X-Csrftoken"] for each in stage.sent if each.path == "/submit"] == ["first", "fresh"]


def test_without_a_connection_a_sentence_says_that_nothing_is_lost(stage: Stage, opened: Opened) -> None:
    stage.show(form(TITLE), {"title": "甲"})
    page = opened()
    page.route("**/submit", lambda route: route.abort())
    submit(page)
    expect(page.get_by_role("alert")).to_contain_text("连不上服务器。填写的内容仍在")
    page.unroute("**/submit")
    submit(page)
    page.wait_for_url("**/done")


def test_enter_in_a_field_sends_nothing(stage: Stage, opened: Opened) -> None:
    stage.show(form(TITLE), {"title": "甲"})
    page = opened()
    page.get_by_label("标题").press("Enter")
    page.wait_for_timeout(200)
    assert stage.sent == []


def test_enter_belongs_to_the_input_method_while_it_composes(stage: Stage, opened: Opened) -> None:
    stage.show(form(GRID), {"people": [{"name": ""}]})
    page = opened()
    page.locator("[data-cell='0:0']").focus()
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "zhang", "selectionStart": 5, "selectionEnd": 5})
    page.locator("[data-cell='0:0']").evaluate(
        """cell => cell.dispatchEvent(
            new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, isComposing: true, keyCode: 229 })
        )"""
    )
    expect(page.locator("tbody tr")).to_have_count(1)
    session.send("Input.insertText", {"text": "张"})
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(2)


def test_what_is_typed_is_saved_after_a_moment_and_the_time_is_shown(stage: Stage, opened: Opened) -> None:
    stage.show(form(TITLE, SIGN), {"title": "甲"}, draft_url="/draft", draft_revision="4")
    page = opened()
    page.get_by_label("标题").fill("乙")
    page.get_by_label("签字").fill("secret")
    expect(page.get_by_text(re.compile("已于 14:03 保存"))).to_be_visible()
    page.get_by_label("标题").fill("丙")
    page.wait_for_timeout(2500)
    first, second = stage.bodies("PUT", "/draft")
    assert first == {"values": {"title": "乙"}, "revision": 4}
    assert second == {"values": {"title": "丙"}, "revision": 5}


def test_opening_a_form_makes_no_draft(stage: Stage, opened: Opened) -> None:
    stage.show(form(TITLE, {"type": "checkbox", "id": "C", "key": "c", "label": "是"}), {}, draft_url="/draft")
    page = opened()
    page.wait_for_timeout(2000)
    assert stage.sent == []


def test_leaving_the_page_saves_at_once(stage: Stage, opened: Opened) -> None:
    stage.show(form(TITLE), {"title": "甲"}, draft_url="/draft")
    page = opened()
    page.get_by_label("标题").fill("乙")
    page.wait_for_timeout(1000)  # form-js hands on what is typed after a moment; by itself it is saved 1.5 s later
    page.goto("about:blank")
    for _ in range(50):
        if stage.bodies("PUT", "/draft"):
            break
        page.wait_for_timeout(100)
    assert [each["values"] for each in stage.bodies("PUT", "/draft")] == [{"title": "乙"}]


def test_sealed_fields_that_the_draft_left_out_are_named(stage: Stage, opened: Opened) -> None:
    stage.answer("PUT", "/draft", 200, {"revision": 1, "saved_at": "2026-04-01T06:03:00Z", "withheld": ["note"]})
    stage.show(form(TITLE, NOTE), {}, draft_url="/draft")
    page = opened()
    page.get_by_label("说明").fill("密")
    expect(page.get_by_text("属于保密内容，不存入草稿：说明")).to_be_visible()


OTHER = {"values": {"title": "那边", "note": "同"}, "revision": 9, "saved_at": "2026-04-01T06:10:00Z"}


def conflicting(stage: Stage, opened: Opened) -> Page:
    stage.answer("PUT", "/draft", 409, {"message": "另一窗口已保存。", "other": OTHER})
    stage.show(form(TITLE, NOTE), {"note": "同"}, draft_url="/draft")
    page = opened()
    page.get_by_label("标题").fill("这边")
    dialog = page.get_by_role("dialog", name="草稿有两个版本")
    expect(dialog).to_be_visible()
    assert dialog.get_by_role("cell").all_inner_texts() == ["标题", "这边", "那边"]
    return page


def test_two_windows_of_one_draft_show_both_versions_and_mine_can_stay(stage: Stage, opened: Opened) -> None:
    page = conflicting(stage, opened)
    stage.answer("PUT", "/draft", 200, {"revision": 10, "saved_at": "2026-04-01T06:11:00Z"})
    page.get_by_role("button", name="保留本窗口的").click()
    expect(page.get_by_role("status").filter(has_text="14:11 保存")).to_be_visible()
    assert stage.bodies("PUT", "/draft")[-1] == {"values": {"title": "这边", "note": "同"}, "revision": 9}


def test_two_windows_of_one_draft_show_both_versions_and_the_other_can_be_taken(stage: Stage, opened: Opened) -> None:
    page = conflicting(stage, opened)
    page.get_by_role("button", name="采用另一个窗口的").click()
    expect(page.get_by_label("标题")).to_have_value("那边")
    page.wait_for_timeout(2000)
    assert len(stage.bodies("PUT", "/draft")) == 1


def test_a_submission_waits_for_uploads(stage: Stage, opened: Opened) -> None:
    stage.show(form({"type": "files", "id": "P", "key": "papers", "label": "附件"}))
    page = opened()
    held: list[Any] = []
    page.route("**/upload", lambda route: held.append(route))
    page.get_by_label("附件").set_input_files({"name": "甲.pdf", "mimeType": "application/pdf", "buffer": b"1"})
    expect(page.get_by_text("正在上传甲.pdf")).to_be_visible()
    submit(page)
    expect(page.get_by_role("alert")).to_contain_text("请等文件全部上传完。")
    held[0].continue_()
    expect(page.get_by_role("link", name="甲.pdf")).to_be_visible()


def test_what_is_being_typed_stays_when_something_else_in_the_form_changes(stage: Stage, opened: Opened) -> None:
    files = {"type": "files", "id": "P", "key": "papers", "label": "附件", "multiple": True}
    stage.show(form(files, TITLE, NOTE), draft_url="/draft")
    page = opened()
    held: list[Any] = []
    page.route("**/upload", lambda route: held.append(route))
    for label in ("标题", "说明"):
        page.get_by_label("附件").set_input_files(
            {"name": f"{label}.pdf", "mimeType": "application/pdf", "buffer": b"1"}
        )
        expect(page.get_by_text(f"正在上传{label}.pdf")).to_be_visible()
        page.get_by_label(label, exact=True).focus()
        page.keyboard.type("abc", delay=80)
        held.pop().continue_()
        page.keyboard.type("defghijkl", delay=80)
        expect(page.get_by_role("link", name=f"{label}.pdf")).to_be_visible()
        expect(page.get_by_label(label, exact=True)).to_have_value("abcdefghijkl")
    page.wait_for_timeout(2500)
    assert stage.bodies("PUT", "/draft")[-1]["values"] == {
        "papers": ["id-标题.pdf", "id-说明.pdf"],
        "title": "abcdefghijkl",
        "note": "abcdefghijkl",
    }


def test_form_js_speaks_chinese(stage: Stage, opened: Opened) -> None:
    options = [{"label": "甲", "value": "甲"}]
    whole = {"type": "number", "id": "N", "key": "n", "label": "数", "decimalDigits": 0, "validate": {"min": 3}}
    parts = [
        {"type": "select", "id": "S", "key": "s", "label": "选择", "values": options, "searchable": True},
        {"type": "taglist", "id": "T", "key": "t", "label": "多选", "values": options},
        {"type": "datetime", "subtype": "datetime", "id": "D", "key": "d", "dateLabel": "日期", "timeLabel": "时间"},
        {**TITLE, "validate": {"required": True, "minLength": 4}},
        whole,
    ]
    stage.show(form(*parts), {"n": 1})
    page = opened()
    submit(page)
    page.get_by_label("多选").focus()
    for sentence in ("此项必填。", "不得小于 3。"):
        expect(page.get_by_text(sentence).first).to_be_attached()
    latin = page.locator(".form-fields").evaluate(
        """root => {
            const said = [...root.querySelectorAll('*')].flatMap(each => [
                ...[...each.childNodes].filter(node => node.nodeType === 3).map(node => node.data),
                ...['aria-label', 'placeholder', 'title', 'alt'].map(name => each.getAttribute(name) ?? ''),
            ]);
            return said.filter(text => /[A-Za-z]{2,}/.test(text));
        }"""
    )
    # The maker's mark may not be changed.
    assert set(latin) <= {"Powered by bpmn.io"}
