from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.frontend.stage import Stage

Opened = Callable[[], Page]
HOSTILE = "<img src=x onerror=alert(1)>"
PEOPLE = [
    {"key": "zhang", "title": "张一", "note": "办公室"},
    {"key": "zhang2", "title": "张二", "note": HOSTILE},
    {"key": "li", "title": "李四", "note": ""},
]


def form(*components: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "default",
        "id": "f",
        "schemaVersion": 19,
        "components": [{"id": f"Field_{each['key']}", **each} for each in components],
    }


def required(component: dict[str, Any]) -> dict[str, Any]:
    return {**component, "validate": {"required": True}}


ENTRY = {"type": "entry", "key": "chair", "label": "主持人", "source": "person"}
ENTRIES = {**ENTRY, "key": "guests", "label": "列席", "multiple": True}
GRID = {
    "type": "grid",
    "key": "people",
    "label": "参会人员",
    "columns": [
        {"type": "textfield", "key": "name", "label": "姓名", "validate": {"required": True}},
        {"type": "number", "key": "age", "label": "人数"},
        {"type": "datetime", "subtype": "date", "key": "due", "label": "日期"},
        {
            "type": "select",
            "key": "kind",
            "label": "类别",
            "values": [{"value": "甲", "label": "甲类"}, {"value": "乙", "label": "乙类"}],
        },
        {"type": "entry", "source": "person", "key": "who", "label": "联系人"},
        {"type": "checkbox", "key": "must", "label": "必到"},
    ],
}


def submit(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^(提交|Submit)$")).click()


def submitted(page: Page, stage: Stage) -> dict[str, Any]:
    submit(page)
    page.wait_for_url("**/done")
    (body,) = stage.bodies("POST", "/submit")
    values = body["values"]
    assert isinstance(values, dict)
    return values


def test_an_entry_is_found_by_typing_and_chosen_by_keyboard(stage: Stage, opened: Opened) -> None:
    stage.entries = PEOPLE
    stage.show(form(ENTRY))
    page = opened()
    box = page.get_by_role("combobox", name="主持人")
    box.fill("张")
    expect(page.get_by_role("option")).to_have_count(2)
    box.press("ArrowDown")
    box.press("Enter")
    expect(box).to_have_value("张二")
    assert submitted(page, stage) == {"chair": "zhang2"}


def test_an_entry_shows_titles_of_keys_it_was_given_and_can_be_emptied(stage: Stage, opened: Opened) -> None:
    stage.entries = PEOPLE
    stage.show(form(ENTRY), {"chair": "li"})
    page = opened()
    box = page.get_by_role("combobox")
    expect(box).to_have_value("李四")
    box.fill("")
    box.press("Tab")
    assert submitted(page, stage) == {"chair": None}


def test_an_unfinished_search_leaves_the_entry_as_it_was(stage: Stage, opened: Opened) -> None:
    stage.entries = PEOPLE
    stage.show(form(ENTRY), {"chair": "li"}, titles={"person": {"li": "李四"}})
    page = opened()
    box = page.get_by_role("combobox")
    box.fill("张")
    box.press("Escape")
    expect(box).to_have_value("李四")
    box.fill("王")
    box.press("Tab")
    assert submitted(page, stage) == {"chair": "li"}


def test_several_entries_are_added_and_taken_back_by_keyboard(stage: Stage, opened: Opened) -> None:
    stage.entries = PEOPLE
    stage.show(form(ENTRIES))
    page = opened()
    box = page.get_by_role("combobox")
    for name in ("张一", "李四", "张二"):
        box.fill(name)
        expect(page.get_by_role("option", name=name)).to_be_visible()
        expect(page.get_by_role("option")).to_have_count(1)
        box.press("Enter")
    box.press("Backspace")
    page.get_by_role("button", name="移除张一").click()
    assert submitted(page, stage) == {"guests": ["li"]}


def test_what_was_found_for_another_text_is_not_chosen_by_who_types_on(stage: Stage, opened: Opened) -> None:
    stage.entries = PEOPLE
    stage.show(form(ENTRIES))
    page = opened()
    box = page.get_by_role("combobox")
    box.fill("张一")
    expect(page.get_by_role("option", name="张一")).to_be_visible()
    box.fill("李四")
    box.press("Enter")
    expect(page.get_by_role("button", name="移除张一")).to_have_count(0)
    expect(page.get_by_role("option", name="李四")).to_be_visible()


def test_names_with_markup_are_shown_as_text(stage: Stage, opened: Opened) -> None:
    stage.entries = [{"key": "x", "title": HOSTILE, "note": HOSTILE}]
    stage.show(form(ENTRY, {**GRID, "label": HOSTILE}), {"people": [{"name": HOSTILE}]})
    page = opened()
    page.get_by_role("combobox", name="主持人").fill("img")
    page.locator(".picker-list").get_by_role("option").click()
    assert page.locator("main img").count() == 0


def test_at_the_foot_of_the_window_what_is_found_stands_over_the_box(stage: Stage, opened: Opened) -> None:
    stage.entries = PEOPLE
    lines = [{"type": "textfield", "id": f"L{n}", "key": f"l{n}", "label": f"行{n}"} for n in range(12)]
    stage.show(form(*lines, ENTRY))
    page = opened()
    page.set_viewport_size({"width": 900, "height": 500})
    box = page.get_by_role("combobox", name="主持人")
    box.fill("张")
    page.evaluate("window.scrollTo(0, 1e6)")
    expect(page.get_by_role("option")).to_have_count(2)
    for option in page.get_by_role("option").all():
        expect(option).to_be_in_viewport(ratio=1)
    page.get_by_role("option").last.click()
    expect(box).to_have_value("张二")


def test_how_to_work_in_a_table_is_said_once(stage: Stage, opened: Opened) -> None:
    stage.show(form(*({**GRID, "id": f"G{n}", "key": f"g{n}"} for n in range(3))))
    page = opened()
    expect(page.get_by_role("button", name="添加一行")).to_have_count(3)
    expect(page.get_by_text("Ctrl+D")).to_have_count(1)


def test_a_grid_is_filled_by_keyboard_alone(stage: Stage, opened: Opened) -> None:
    stage.show(form(GRID))
    page = opened()
    page.get_by_role("button", name="添加一行").press("Enter")
    page.keyboard.type("甲某")
    page.keyboard.press("Enter")
    page.keyboard.type("乙某")
    page.keyboard.press("Tab")
    page.keyboard.type("12")
    page.keyboard.press("Control+d")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Control+Delete")
    expect(page.get_by_role("row")).to_have_count(3)
    rows = submitted(page, stage)["people"]
    assert [(row["name"], row.get("age")) for row in rows] == [("乙某", 12), ("乙某", 12)]


def paste(page: Page, selector: str, text: str) -> None:
    page.locator(selector).evaluate(
        """(cell, text) => {
            const clipboardData = new DataTransfer();
            clipboardData.setData('text/plain', text);
            cell.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
        }""",
        text,
    )


def test_rows_from_a_spreadsheet_are_pasted_with_their_types(stage: Stage, opened: Opened) -> None:
    stage.entries = PEOPLE
    stage.show(form(GRID), {"people": [{"name": "旧"}]})
    page = opened()
    paste(
        page,
        "[data-cell='0:0']",
        "姓名\t人数\t日期\t类别\t联系人\t必到\r\n"
        '"王\n某"\t１,２00\t2026年4月1日\t甲类\t李四\t是\r\n'
        "赵某\t3.5\t2026-2-31\t丙\t张\t否\r\n",
    )
    expect(page.get_by_role("status").filter(has_text="已粘贴 2 行")).to_contain_text("3 个单元格的内容不合要求")
    first, second = submitted(page, stage)["people"]
    assert first == {"name": "王 某", "age": 1200, "due": "2026-04-01", "kind": "甲", "who": "li", "must": True}
    assert second == {"name": "赵某", "age": 3.5, "due": None, "kind": None, "who": None, "must": False}


def test_a_single_pasted_word_stays_in_its_cell(stage: Stage, opened: Opened) -> None:
    stage.show(form(GRID), {"people": [{"name": "旧"}]})
    page = opened()
    prevented = page.locator("[data-cell='0:0']").evaluate(
        """cell => {
            const clipboardData = new DataTransfer();
            clipboardData.setData('text/plain', '新');
            const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
            cell.dispatchEvent(event);
            return event.defaultPrevented;
        }"""
    )
    assert prevented is False


def test_an_empty_cell_that_must_be_filled_is_named_with_its_row(stage: Stage, opened: Opened) -> None:
    stage.show(form(GRID), {"people": [{"name": "有"}, {"age": 3}]})
    page = opened()
    submit(page)
    expect(page.get_by_text("第 2 行，姓名：此项必填。")).to_be_visible()
    expect(page.locator("[data-cell='1:0']")).to_be_focused()
    assert stage.bodies("POST", "/submit") == []


def test_a_word_where_a_number_belongs_is_named_and_kept(stage: Stage, opened: Opened) -> None:
    stage.show(form(GRID), {"people": [{"name": "有"}]})
    page = opened()
    page.locator("[data-cell='0:1']").fill("三个")
    submit(page)
    expect(page.get_by_text("第 1 行，人数：请填写数字。")).to_be_visible()
    expect(page.locator("[data-cell='0:1']")).to_have_value("三个")


def test_files_are_uploaded_when_chosen_and_sent_as_ids(stage: Stage, opened: Opened) -> None:
    stage.show(form({"type": "files", "key": "papers", "label": "附件", "multiple": True}))
    page = opened()
    page.get_by_label("附件").set_input_files(
        [
            {"name": "甲.pdf", "mimeType": "application/pdf", "buffer": b"1"},
            {"name": "乙.pdf", "mimeType": "application/pdf", "buffer": b"2"},
        ]
    )
    expect(page.get_by_role("link", name="乙.pdf")).to_be_visible()
    page.get_by_role("button", name="移除甲.pdf").click()
    assert submitted(page, stage) == {"papers": ["id-乙.pdf"]}
    assert [each["field"] for each in stage.bodies("POST", "/upload")] == ["papers", "papers"]


def test_a_file_that_the_server_refuses_is_named_with_the_reason(stage: Stage, opened: Opened) -> None:
    stage.answer("POST", "/upload", 413, {"message": "文件超过 25 MB。", "problems": []})
    stage.show(form({"type": "files", "key": "papers", "label": "附件"}))
    page = opened()
    page.get_by_label("附件").set_input_files({"name": "大.pdf", "mimeType": "application/pdf", "buffer": b"1"})
    expect(page.get_by_text("大.pdf没有上传：文件超过 25 MB。")).to_be_visible()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh", "日期须在1901年1月1日(周二)至9999年12月31日(周五)之间；长期请写 9999-12-31。"),
        ("en", "A date lies between Tue 1 Jan 1901 and Fri 31 Dec 9999. What has no end is written 9999-12-31."),
    ],
)
def test_a_date_out_of_range_says_the_range_and_what_has_no_end_can_be_written(
    stage: Stage, opened: Opened, language: str, said: str
) -> None:
    stage.language = language
    until = {"type": "datetime", "subtype": "date", "key": "until", "dateLabel": "Until"}
    stage.show(form(until, {**GRID, "key": "rows", "columns": [{**until, "key": "day", "dateLabel": "Day"}]}))
    page = opened()
    page.get_by_label("Until").fill("0226-04-01")
    submit(page)
    expect(page.get_by_text(said)).to_be_visible()
    page.get_by_label("Until").fill("9999-12-31")
    assert submitted(page, stage)["until"] == "9999-12-31"


def test_a_signature_sends_the_password_and_nothing_else(stage: Stage, opened: Opened) -> None:
    stage.show(form(required({"type": "signature", "key": "sign", "label": "签字", "statement": "本人已核对。"})))
    page = opened()
    submit(page)
    expect(page.get_by_text("此项必填。")).to_be_visible()
    page.get_by_label("签字").fill("secret")
    assert submitted(page, stage) == {"sign": {"password": "secret"}}


def test_what_was_signed_is_shown_and_cannot_be_changed(stage: Stage, opened: Opened) -> None:
    signed = {"person": "zhang", "at": "2026-04-01T06:03:00Z", "digest": "abcdef0123456789ff"}
    said = {"sign": "张一（巡察办）签字，2026年4月1日 14:03"}
    stage.show(form({"type": "signature", "key": "sign", "label": "签字"}), {"sign": signed}, readonly="", signed=said)
    page = opened()
    expect(page.get_by_text(said["sign"])).to_be_visible()
    assert (page.locator("input").count(), page.get_by_text("zhang").count()) == (0, 0)


def test_who_signed_before_is_said_beside_an_empty_box(stage: Stage, opened: Opened) -> None:
    """Even if a page should hand a signature in: what is sent is the reader's own password or nothing."""
    field = required({"type": "signature", "key": "sign", "label": "签字", "statement": "本人已核对。"})
    stage.show(form(field), {"sign": {"person": "zhang", "at": "2026-04-01"}}, signed={"sign": "张一 签字"})
    page = opened()
    expect(page.get_by_text("此前：张一 签字")).to_be_visible()
    expect(page.get_by_label("签字")).to_have_value("")
    page.get_by_label("签字").fill("secret")
    assert submitted(page, stage) == {"sign": {"password": "secret"}}


def test_a_read_only_form_has_nothing_to_change_and_no_button(stage: Stage, opened: Opened) -> None:
    values = {"people": [{"name": "甲"}], "chair": "li", "papers": []}
    files = {"type": "files", "key": "papers", "label": "附件"}
    stage.show(form(GRID, ENTRY, files), values, readonly="", titles={"person": {"li": "李四"}})
    page = opened()
    assert page.get_by_role("button", name="提交").count() == 0
    assert page.get_by_role("button", name="添加一行").count() == 0
    assert page.locator("input[type=file]").count() == 0
    expect(page.get_by_role("combobox", name="主持人")).to_have_attribute("readonly", "")


def test_computed_fields_are_shown_and_not_sent(stage: Stage, opened: Opened) -> None:
    total = {"type": "expression", "key": "total", "expression": "=a + b", "computeOn": "change"}
    shown = {"type": "number", "key": "b", "label": "乙", "conditional": {"hide": "=a = 0"}}
    stage.show(form({"type": "number", "key": "a", "label": "甲"}, shown, total), {"a": 1, "b": 2, "outer": 3})
    page = opened()
    assert submitted(page, stage) == {"a": 1, "b": 2}


def test_fields_that_are_only_shown_are_not_sent(stage: Stage, opened: Opened) -> None:
    shown = {"type": "textfield", "key": "b", "label": "乙", "readonly": True}
    sometimes = {"type": "textfield", "key": "c", "label": "丙", "readonly": '=a = "定"'}
    stage.show(
        form({"type": "textfield", "key": "a", "label": "甲"}, shown, sometimes), {"a": "定", "b": "旧", "c": "旧"}
    )
    page = opened()
    assert submitted(page, stage) == {"a": "定"}


def test_a_hidden_field_is_not_sent(stage: Stage, opened: Opened) -> None:
    reason = {"type": "textfield", "key": "reason", "label": "理由", "conditional": {"hide": '=decision = "同意"'}}
    stage.show(
        form({"type": "textfield", "key": "decision", "label": "意见"}, reason), {"decision": "不同意", "reason": "x"}
    )
    page = opened()
    page.get_by_label("意见").fill("同意")
    expect(page.get_by_label("理由")).to_have_count(0)
    assert submitted(page, stage) == {"decision": "同意"}


def test_dates_are_compared_as_dates_in_the_browser_too(stage: Stage, opened: Opened) -> None:
    held = {"type": "datetime", "subtype": "date", "key": "held", "dateLabel": "日期"}
    late = {"type": "textfield", "key": "why", "label": "迟延原因", "conditional": {"hide": "=not(held > due)"}}
    stage.show(form(held, late), {"held": "2026-04-02", "due": "2026-04-01"}, types={"due": "date"})
    page = opened()
    expect(page.get_by_label("迟延原因")).to_be_visible()


def test_texts_show_dates_as_people_write_them(stage: Stage, opened: Opened) -> None:
    text = {"type": "text", "key": "t", "text": "会期 {{held}}，截止 {{due}}，{{#loop rows}}{{at}}{{/loop}}"}
    values = {"held": "2026-05-26T01:00:00+00:00", "due": "2026-04-01", "rows": [{"at": "2026-01-05"}]}
    types = {"held": "date and time", "due": "date", "rows": {"at": "date"}}
    stage.show(form(text), values, types=types)
    page = opened()
    expect(
        page.get_by_text("会期 2026年5月26日(周二) 09:00，截止 2026年4月1日(周三)，2026年1月5日(周一)")
    ).to_be_visible()
    stage.language = "en"
    page = opened()
    expect(page.get_by_text("会期 Tue 26 May 2026, 09:00，截止 Wed 1 Apr 2026")).to_be_visible()


def test_texts_say_terms_and_names_and_expressions_compare_what_they_stand_for(stage: Stage, opened: Opened) -> None:
    text = {"type": "text", "key": "t", "text": 'To {{to}}: {{kind}}{{if kind = "移交" then ", at once" else ""}}.'}
    words = {"di": "Discipline Commission", "移交": "handed over"}
    stage.language = "en"
    stage.show(form(text), {"to": "di", "kind": "移交"}, words=words)
    page = opened()
    expect(page.get_by_text("To Discipline Commission: handed over, at once.")).to_be_visible()


HELD = {"type": "datetime", "subtype": "datetime", "key": "held", "dateLabel": "会期"}
DUE = {"type": "datetime", "subtype": "date", "key": "due", "dateLabel": "期限"}


def test_a_moment_is_handed_in_as_soon_as_it_is_typed(stage: Stage, opened: Opened) -> None:
    stage.show(form(required(HELD), DUE), {"held": "2026-05-26T01:00:00+00:00"})
    page = opened()
    expect(page.get_by_label("会期")).to_have_value("2026-05-26T09:00")
    # Both at once, as hands on a keyboard do, and without a breath before handing in.
    page.evaluate(
        """() => [['会期', '2026-05-27T10:30'], ['期限', '2026-06-01']].forEach(([label, value]) => {
            const labels = [...document.querySelectorAll('label')];
            const box = labels.find(each => each.textContent.startsWith(label)).control;
            box.value = value;
            box.dispatchEvent(new InputEvent('input', { bubbles: true }));
        })"""
    )
    assert submitted(page, stage) == {"held": "2026-05-27T10:30", "due": "2026-06-01"}


def test_a_date_that_is_begun_and_not_complete_is_not_taken_for_none(stage: Stage, opened: Opened) -> None:
    stage.show(form(DUE))
    page = opened()
    due = page.get_by_label("期限")
    due.press("1")
    submit(page)
    expect(page.get_by_role("alert")).to_contain_text("有一处日期或时间没有填完整。")
    expect(due).to_be_focused()
    due.fill("2026-06-01")
    assert submitted(page, stage) == {"due": "2026-06-01"}


def test_a_day_that_has_passed_cannot_be_picked_where_it_may_not_be(stage: Stage, opened: Opened) -> None:
    stage.show(form({**DUE, "disallowPassedDates": True}, HELD))
    page = opened()
    due = page.get_by_label("期限")
    due.fill("2020-01-01")
    assert due.evaluate("box => box.validity.rangeUnderflow")


def test_a_date_that_is_only_shown_is_written_as_people_write_dates(stage: Stage, opened: Opened) -> None:
    stage.show(form(HELD, DUE), {"held": "2026-05-26T01:00:00+00:00", "due": "2026-04-01"}, readonly="")
    page = opened()
    expect(page.get_by_label("会期")).to_have_value("2026年5月26日(周二) 09:00")
    expect(page.get_by_label("期限")).to_have_value("2026年4月1日(周三)")


def test_a_moment_in_a_cell_is_read_on_the_wall_of_the_installation(stage: Stage, opened: Opened) -> None:
    grid = {**GRID, "columns": [{"type": "datetime", "subtype": "datetime", "key": "at", "dateLabel": "到会"}]}
    stage.show(form(grid), {"people": [{"at": "2026-05-26T01:00:00+00:00"}]})
    page = opened()
    cell = page.get_by_label("第 1 行，到会")
    expect(cell).to_have_value("2026-05-26T09:00")
    cell.fill("2026-05-26T10:30")
    assert submitted(page, stage) == {"people": [{"at": "2026-05-26T10:30"}]}


def test_an_unfilled_cell_is_null_to_expressions_and_not_missing(stage: Stage, opened: Opened) -> None:
    condition = "=not(some row in people satisfies row.age = null)"
    hint = {"type": "textfield", "key": "why", "label": "为何不填人数", "conditional": {"hide": condition}}
    stage.show(form(GRID, hint), {"people": [{"name": "甲"}]})
    page = opened()
    expect(page.get_by_label("为何不填人数")).to_be_visible()
    page.locator("[data-cell='0:1']").fill("3")
    expect(page.get_by_label("为何不填人数")).to_have_count(0)


def test_stock_phrases_are_written_into_a_text(stage: Stage, opened: Opened) -> None:
    stage.show(
        form({"type": "textarea", "key": "opinion", "label": "意见"}),
        {"opinion": "经核对，"},
        stock_phrases=["同意。", "请补充材料。"],
    )
    page = opened()
    page.get_by_text("常用意见").click()
    page.get_by_role("button", name="同意。").click()
    expect(page.get_by_label("意见")).to_have_value("经核对，同意。")
    assert submitted(page, stage) == {"opinion": "经核对，同意。"}


def test_every_field_passes_axe_in_both_languages(stage: Stage, opened: Opened) -> None:
    built_in = [
        {"type": "textfield", "key": "t", "label": "文本"},
        {"type": "datetime", "subtype": "datetime", "key": "d", "dateLabel": "日期", "timeLabel": "时间"},
        {"type": "select", "key": "s", "label": "选择", "values": [{"label": "甲", "value": "甲"}]},
        {"type": "number", "key": "n", "label": "数"},
    ]
    files = {"type": "files", "key": "papers", "label": "附件", "multiple": True}
    signature = {"type": "signature", "key": "sign", "label": "签字", "statement": "本人已核对。"}
    people = [{"name": "甲", "who": "li"}, {}]
    titles = {"person": {"li": "李四"}}
    for language in ("zh", "en"):
        stage.language = language
        stage.show(
            form(*built_in, ENTRY, ENTRIES, GRID, files, signature), {"people": people, "guests": ["li"]}, titles=titles
        )
        page = opened()
        page.get_by_role("button", name="提交" if language == "zh" else "Submit").click()
        found = Axe().run(page, options={"rules": {"region": {"enabled": False}}})
        assert found.violations_count == 0, found.generate_report()


def test_a_grid_fits_a_narrow_window(stage: Stage, opened: Opened, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    stage.show(form(GRID), {"people": [{"name": "甲"}]})
    opened()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
