"""Each form of the processes, as people see it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.frontend.stage import Stage

Opened = Callable[[], Page]
ROOT = Path(__file__).parents[2] / "processes"
FORMS = sorted(ROOT.glob("*/forms/*.json"))
# Names of keys on a keyboard, the maker's mark, kinds of files, numbers of cases.
LATIN = re.compile(
    r"\b(Ctrl|Enter|Delete|D|Powered by bpmn\.io|PDF|Word|Excel|WPS|DMN-\d+|xlsx|docx|pdf|XC-\d{4}-\d+)\b"
)

SAID = """root => [...root.querySelectorAll('*')].flatMap(each => [
    ...[...each.childNodes].filter(node => node.nodeType === 3).map(node => node.data),
    ...['aria-label', 'placeholder', 'title', 'alt'].map(name => each.getAttribute(name) ?? ''),
])"""


def test_there_are_forms() -> None:
    assert FORMS


@pytest.mark.parametrize("path", FORMS, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_a_form_speaks_chinese_fits_a_narrow_window_and_passes_axe(
    path: Path, stage: Stage, opened: Opened, page: Page
) -> None:
    schema = json.loads(path.read_text())
    grids = {each["key"]: [{}] for each in schema["components"] if each.get("type") == "grid"}
    stage.show(schema, grids, stock_phrases=["同意。"])
    stage.answer("POST", "/submit", 422, {"message": "尚不能提交。", "problems": []})
    page.set_viewport_size({"width": 390, "height": 844})
    opened()
    page.get_by_role("button", name="提交").click()
    said = page.locator("#form").evaluate(SAID)
    assert [text for text in said if re.search(r"[A-Za-z]{2,}", LATIN.sub("", text))] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
