"""What stands on the pages, in one language: names of steps, labels of fields, people."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any

PROCESSES = Path(__file__).parents[2] / "processes"
_SAID = {
    "submit": ("提交", "Submit"),
    "add": ("添加一行", "Add row"),
    "todo": ("待办", "To do"),
    "start": ("发起流程", "Start a process"),
    "begin": ("发起", "Start"),
    "move": ("推进", "Move"),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
}


class Words:
    """The words of the pages for a reader of ``zh`` or ``en``."""

    def __init__(self, language: str) -> None:
        self.language = language
        cast = tomllib.loads((PROCESSES / "demo" / "cast.toml").read_text("utf-8"))
        things = {**cast["organisations"], **cast["people"]}
        for items in cast.get("lists", {}).values():
            things |= items
        english = language == "en"
        self._texts = tomllib.loads((PROCESSES / "locales" / "en.toml").read_text("utf-8")) if english else {}
        name = "name_en" if english else "name"
        self.titles = {key: each.get(name, each["name"]) for key, each in things.items()}

    def say(self, name: str) -> str:
        """What a button or heading of the application says."""
        return _SAID[name][self.language == "en"]

    def days(self, count: int) -> str:
        """So many days."""
        if self.language == "zh":
            return f"{count} 天"
        return "1 day" if count == 1 else f"{count} days"

    def process(self, process: str) -> str:
        """Name of a process."""
        return self._word(process, process, self._named(process, "process", process))

    def element(self, process: str, element: str) -> str:
        """Name of a user task."""
        return self._word(process, element, self._named(process, "userTask", element))

    def label(self, process: str, form: str, component: Mapping[str, Any]) -> str:
        """Label of a form's field."""
        chinese = str(component.get("label") or component.get("dateLabel") or "")
        return self._word(process, f"form.{form}.{component['key']}", chinese)

    def value(self, value: str) -> str:
        """An option, or the name of whatever a key stands for."""
        return str(self._texts.get("values", {}).get(value, value))

    @staticmethod
    def form(process: str, element: str) -> str:
        """Which form a user task has, or the start event."""
        text = (PROCESSES / process / f"{process}.bpmn").read_text("utf-8")
        found = re.search(rf'<bpmn:(\w+) id="{element}".*?</bpmn:\1>', text, re.DOTALL)
        named = found and re.search(r'<zeebe:formDefinition formId="(\w+)"', found[0])
        return named[1] if named else element

    def _word(self, process: str, key: str, chinese: str) -> str:
        return str(self._texts.get(process, {}).get(key, chinese))

    def _named(self, process: str, kind: str, element: str) -> str:
        text = (PROCESSES / process / f"{process}.bpmn").read_text("utf-8")
        found = re.search(rf'<bpmn:{kind} id="{element}" name="([^"]*)"', text)
        assert found, element
        return unescape(found[1])
