"""Everything that a person can come to read: page after page, link after link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from tests.journeys.walking import Walker

LISTS = ("/todo", "/done", "/started", "/notices")
_LEADS = re.compile(r'(?:href|hx-get)="(/(?:todo|done|started|notices|cases|tasks)\b[^"#]*)"')
# To the task before and behind: in the lists anyway.
_ASIDE = re.compile(r"^/tasks/\w+/next|\?after=|\.bpmn$")
_LONGEST = 600


def everything(walker: Walker) -> dict[str, str]:
    """Path and text of every page that can be reached from the lists of who sits there, and of what its pages fetch."""
    found: dict[str, str] = {}
    waiting = list(LISTS)
    while waiting:
        path = waiting.pop()
        if path in found or _ASIDE.search(path):
            continue
        assert len(found) < _LONGEST, "Links lead on without end."
        answer = walker.page.request.get(walker.address + path)
        assert answer.ok, (path, answer.status)
        found[path] = unescape(answer.text())
        waiting += _leads(found[path])
    return found


def _leads(text: str) -> Iterator[str]:
    yield from _LEADS.findall(text)
