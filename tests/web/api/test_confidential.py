"""Nobody finds, counts or guesses another ward's case: every operation, every list, by everybody who is not to know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from tests.engine.query.hospital import Hospital
from tests.web.api.conftest import ADMINISTRATOR
from tests.web.api.programs import Program

With = Callable[..., Program]
# Whoever has nothing to do with what waits in ward 1 for the doctors; by whom, and confined to what.
STRANGERS = [
    *[("eve", None), ("kim", None), (ADMINISTRATOR, None), ("dan", "ward:W2"), ("mia", "ward:W2")],
    *[("mia", "family:F1"), ("dan", "ward:W11"), ("dan", "round:W1")],
]
BODIES: dict[str, dict[str, Any]] = {"complete": {"values": {"outlook": "好转"}}, "comments": {"text": "看过"}}
LISTS = ("/todo", "/done", "/started", "/notices")


def addresses(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Method, path with ``{}`` and what stands there, for every operation on one case or one task."""
    for rule in app.url_map.iter_rules():
        for argument in rule.arguments & {"instance_id", "task_id"}:
            if rule.rule.startswith("/api/"):
                for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "DELETE"}):
                    yield method, rule.rule.removeprefix("/api").replace(f"<{argument}>", "{}"), argument


def sent(method: str, path: str) -> dict[str, Any]:
    """What an operation asks for, so that nothing but the case can be wrong."""
    what = path.rpartition("/")[2]
    if method == "GET":
        return {}
    if what == "files":
        return {"data": {"file": (BytesIO(b"%PDF-1.7\n" + bytes(200)), "a.pdf")}, "content_type": "multipart/form-data"}
    return {"json": BODIES.get(what, {})}


@pytest.mark.parametrize(("who", "remit"), STRANGERS)
def test_every_operation_answers_as_if_the_case_had_never_been(
    who: str, remit: str | None, program: With, hospital: Hospital, wards: Flask
) -> None:
    case, stranger = hospital.examined(title="秘密"), program(who, remit)
    known = {"instance_id": case, "task_id": hospital.task(case)}
    tried = 0
    for method, path, argument in addresses(wards):
        real, none = (
            stranger.ask(method, path.format(id_), **sent(method, path)) for id_ in (known[argument], "0" * 32)
        )
        assert (real.status_code, real.json) == (none.status_code, none.json) and none.status_code == 404, path
        tried += 1
    assert tried >= 6


@pytest.mark.parametrize(("who", "remit"), STRANGERS)
def test_no_list_grows_or_finds_it(who: str, remit: str | None, program: With, hospital: Hospital) -> None:
    stranger = program(who, remit)
    asks = [f"{path}{more}" for path in LISTS for more in ("", "?text=秘密", "?text=住-secret", "?process=stay")]
    before = [stranger.get(path).json for path in asks]
    case = hospital.admit(number="住-secret")
    hospital.do(case, "ann", title="秘密")
    assert [stranger.get(path).json for path in asks] == before
