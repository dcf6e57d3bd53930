"""What is taken away between looking at a page and acting on it is taken away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine import grant, worker
from engine.runtime import Command
from tests.engine.query.hospital import Hospital
from tests.web.browsing import Browser
from tests.web.inbox.test_bad_input import send, state

SignIn = Callable[[str], Browser]
TAKEN: dict[str, tuple[Callable[[Command], Any], Callable[[Command], Any]]] = {
    "her role": (
        lambda c: grant.revoke(c, "NURSE", "ward:W1", "ann"),
        lambda c: grant.give(c, "ann", "NURSE", "ward:W1"),
    ),
    "the family": (
        lambda c: grant.exclude(c, "ann", "family:F1", "sister"),
        lambda c: grant.readmit(c, "ann", "family:F1", "a mistake"),
    ),
}
DONE: dict[str, tuple[str, Any]] = {
    "complete": ("POST", {"values": {"title": "发热"}}),
    "draft": ("PUT", {"values": {"title": "发"}, "revision": 0}),
    "claim": ("POST", None),
    "finish": ("POST", None),
}


@pytest.mark.parametrize("what", TAKEN)
@pytest.mark.parametrize("act", DONE)
def test_what_a_page_still_shows_cannot_be_done_any_more(
    hospital: Hospital, sign_in: SignIn, what: str, act: str
) -> None:
    ann, case = sign_in("ann"), hospital.admit(familyId="F1")
    path, before = f"/tasks/{hospital.task(case)}", state(hospital, case)
    assert ann.get(path).status_code == 200
    take, give_back = TAKEN[what]
    with hospital.runtime.write() as command:
        take(command)

    method, body = DONE[act]
    answer = send(ann, f"{path}/{act}", body, method) if body else ann.post(f"{path}/{act}", {"stamp": "1"})

    assert answer.status_code == 404
    assert ann.get(path).status_code == 404
    with hospital.runtime.write() as command:
        give_back(command)
    worker.run_due(hospital.runtime)
    assert state(hospital, case) == before
    assert send(ann, f"{path}/complete", DONE["complete"][1]).status_code == 200
