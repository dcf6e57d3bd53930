"""Filling a form as a person does, field by field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Locator, Page, expect

from tests.journeys.hands import Hands, Keys
from tests.journeys.words import PROCESSES, Words

ZONE = ZoneInfo("Asia/Shanghai")
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
_PASTE = """(cell, text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', text);
    cell.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
}"""


class Filling:
    """The form that stands on the page."""

    def __init__(self, page: Page, words: Words, hands: Hands) -> None:
        self.page = page
        self.words = words
        self.hands = hands

    def fills(self, process: str, element: str, submit: Mapping[str, Any]) -> None:
        """Every field of the form that the submission names, in the form's order."""
        form = self.words.form(process, element)
        for component in _fields(json.loads((PROCESSES / process / "forms" / f"{form}.json").read_text("utf-8"))):
            if component["key"] in submit:
                self._fill(self.words.label(process, form, component), component, submit[component["key"]])

    def _fill(self, words: str, component: Mapping[str, Any], value: Any) -> None:
        label = re.compile(rf"^{re.escape(words)}\*?$")
        box = self.page.get_by_label(label)
        match component["type"]:
            case "radio":
                field = self.page.locator(".fjs-form-field").filter(has=self.page.get_by_text(label))
                self.hands.mark(field.get_by_label(self.words.value(value), exact=True))
            case "checklist":
                for each in value:
                    self.hands.tick(self.page.get_by_label(self.words.value(each), exact=True))
            case "entry":
                self._choose(self.page.get_by_role("combobox", name=label), value)
            case "files":
                box.set_input_files([{"name": n, "mimeType": "application/pdf", "buffer": PDF} for n in value])
                taken = self.page.locator(".fjs-form-field").filter(has=box)
                for name in value:
                    expect(taken.get_by_role("link", name=name).last).to_be_visible()  # one of before may be there
            case "signature":
                self.hands.write(box, "demo")
            case "grid":
                self._rows(self.page.get_by_role("group", name=label), component["columns"], value)
            case _:
                self._write(box, component, value)

    def _write(self, box: Locator, component: Mapping[str, Any], value: Any) -> None:
        match component["type"]:
            case "checkbox":
                self.hands.tick(box, bool(value))
            case "select":
                self.hands.pick(box, self.words.value(value))
            case "datetime":
                self.hands.date(box, _wall(value), component.get("subtype", "date"))
            case _:
                self.hands.write(box, str(value))
                box.press("Tab")

    def _choose(self, box: Locator, keys: Any) -> None:
        """Type the name, go to it in the list, take it; what is chosen already and not wanted goes."""
        titles = [self.words.titles[key] for key in (keys if isinstance(keys, list) else [keys])]
        chosen = box.locator("xpath=..").locator(".picker-chosen")
        there = [each.removesuffix("×").strip() for each in chosen.all_inner_texts()]
        for title in set(there) - set(titles):
            self.hands.press(chosen.filter(has_text=title).get_by_role("button"))
        for title in titles:
            if title in there:
                continue
            self.hands.write(box, title)
            offered = self.page.locator(".picker-list [role=option]")
            expect(offered.filter(has_text=title).first).to_be_visible()
            names = [each.split("\n")[0] for each in offered.all_inner_texts()]
            for place in range(1, names.index(title) + 1 if title in names else 1):
                box.press("ArrowDown")
                expect(offered.nth(place)).to_have_attribute("aria-selected", "true")
            box.press("Enter")
            expect(offered).to_have_count(0)

    # -- rows

    def _rows(self, grid: Locator, columns: list[Mapping[str, Any]], rows: list[Mapping[str, Any]]) -> None:
        if not rows:
            return
        add = grid.get_by_role("button", name=self.words.say("add"), exact=True)
        if isinstance(self.hands, Keys):
            for number, row in enumerate(rows):
                if grid.locator(f"[data-cell='{number}:0']").count() == 0:
                    self.hands.press(add)
                self._cells(grid, number, columns, row)
            return
        if grid.locator("[data-cell='0:0']").count() == 0:
            self.hands.press(add)
        if len(rows) == len(columns) == 1:
            self._cells(grid, 0, columns, rows[0])
        else:
            self._paste(grid, columns, rows)

    def _cells(self, grid: Locator, number: int, columns: list[Mapping[str, Any]], row: Mapping[str, Any]) -> None:
        """One row, cell by cell."""
        for place, column in enumerate(columns):
            cell = grid.locator(f"[data-cell='{number}:{place}']")
            if row.get(column["key"]) is None:
                continue
            if column["type"] == "entry":
                self._choose(cell, row[column["key"]])
            else:
                self._write(cell, column, row[column["key"]])

    def _paste(self, grid: Locator, columns: list[Mapping[str, Any]], rows: list[Mapping[str, Any]]) -> None:
        """All rows at once as from a spreadsheet, as people do with long tables."""
        lines = ["\t".join(self._text(column, row.get(column["key"])) for column in columns) for row in rows]
        told = grid.get_by_role("status").last
        before = told.inner_text()
        grid.locator("[data-cell='0:0']").evaluate(_PASTE, "\n".join(lines))
        expect(told).to_have_text(re.compile(rf"{len(rows)}"))
        assert before == "" or told.inner_text()

    def _text(self, column: Mapping[str, Any], value: Any) -> str:
        match column["type"]:
            case _ if value is None:
                return ""
            case "checkbox":
                return self.words.say("yes" if value else "no")
            case "datetime":
                return _wall(value).strftime("%Y-%m-%d %H:%M" if column["subtype"] == "datetime" else "%Y-%m-%d")
            case "entry":
                return self.words.titles[value]
            case "select":
                return self.words.value(value)
        return str(value)


def _wall(value: Any) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=ZONE)
    return value.astimezone(ZONE) if value.tzinfo else value


def _fields(form: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for component in form.get("components", []):
        if "components" in component:
            yield from _fields(component)
        elif "key" in component:
            yield component
