"""Each kind of task that a person, FEEL, a decision or a connector does (BPMN 10.3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine import feel
from engine.bpmn.diagram import Assignment, Schedule
from engine.interpreter import keys, timer
from engine.interpreter.activities import Activity
from engine.interpreter.mapping import own_values
from engine.interpreter.progress import JobDropped, JobWanted, TaskClosed, TaskOpened, Value
from engine.interpreter.states import STARTED, Stuck
from engine.interpreter.steps import Token

WHOLE_MOST = 2_147_483_647
"""The largest priority and number of attempts."""


class User(Activity):
    """A user, manual or plain task: a person does it (BPMN 10.3.3.4; a plain task waits for a person too, as its work
    is outside).
    """

    waits = True

    def begin(self, token: Token) -> None:
        """Work out who and until when, then wait."""
        e, zone = self.element, token.run.context.zone
        who, when = e.assignment or Assignment(), e.schedule or Schedule()
        assignee, users, groups, due, follow_up, priority = token.attributes(
            [who.assignee, who.candidate_users, who.candidate_groups, when.due, when.follow_up, e.priority]
        )
        opened = TaskOpened(
            token.number,
            self.bpmn_id,
            token.chain()[0],
            _person(assignee, self.bpmn_id),
            _keys(users, "candidateUsers", self.bpmn_id),
            _keys(groups, "candidateGroups", self.bpmn_id),
            _moment(due, zone, end_of_day=True),
            _moment(follow_up, zone),
            _whole(priority, self.bpmn_id),
            own_values(token) if e.inputs else None,
        )
        token.detail["open"] = 1
        token.run.facts.append(opened)

    def done(self, token: Token) -> None:
        """A person has completed it."""
        self._closed(token)
        token.next("leave")

    def revoke(self, token: Token) -> None:
        """It is no longer there to do."""
        self._closed(token)

    def _closed(self, token: Token) -> None:
        if token.detail.pop("open", None):
            token.run.facts.append(TaskClosed(token.number, self.bpmn_id, token.outcome))


class Script(Activity):
    """FEEL, and nothing else (BPMN 10.3.3.6)."""

    def begin(self, token: Token) -> None:
        """Work it out."""
        script = self.element.script
        if script is not None:
            value = token.evaluate([feel.body(script.expression)])[0]
            token.results = {script.result: value} if script.result else {}
        token.next("leave")


class Rule(Activity):
    """A decision, made in memory (BPMN 10.3.3.5)."""

    def begin(self, token: Token) -> None:
        """Ask for it."""
        decision = self.element.decision
        if decision is not None:
            key = keys.text(token.attributes([decision.id])[0], "decisionId", self.bpmn_id)
            value = token.run.context.decisions(key, token.values)
            token.results = {decision.result: value} if decision.result else {}
        token.next("leave")


def want_job(token: Token, inputs: Mapping[str, Value]) -> None:
    """Ask for a connector, and wait."""
    job = token.step.element.job
    assert job is not None
    kind, retries = token.attributes([job.type, job.retries])
    fact = JobWanted(
        token.number,
        token.step.bpmn_id,
        keys.text(kind, "type", token.step.bpmn_id),
        dict(job.headers),
        _whole(retries, token.step.bpmn_id),
        inputs,
        token.chain()[0],
    )
    token.wait(STARTED)
    token.detail["job"] = 1
    token.run.facts.append(fact)


def drop_job(token: Token) -> None:
    """The connector's work is not wanted any more."""
    if token.detail.pop("job", None):
        token.run.facts.append(JobDropped(token.number, token.step.bpmn_id))


class Work(Activity):
    """A service, send or business rule task done by a connector outside any transaction (BPMN 10.3.3.1)."""

    waits = True

    def begin(self, token: Token) -> None:
        """Ask for it."""
        want_job(token, own_values(token))

    def done(self, token: Token) -> None:
        """It is done."""
        token.detail.pop("job", None)
        token.resume("leave")

    def revoke(self, token: Token) -> None:
        """It is not wanted any more."""
        drop_job(token)


def _person(value: Any, element: str) -> str | None:
    return None if value is None or value == "" else keys.text(value, "assignee", element, keys.PERSON_MOST)


def _keys(value: Any, attribute: str, element: str) -> tuple[str, ...]:
    """Keys of persons or roles: a list, or a text with commas; what is empty is nobody."""
    parts = value if isinstance(value, list) else [value]
    parts = value.split(",") if isinstance(value, str) else parts
    given = (part for part in parts if part is not None and part != "")
    texts = (keys.text(part, attribute, element, keys.PERSON_MOST).strip() for part in given)
    return tuple(text for text in texts if text)


def _moment(value: Any, zone: str, *, end_of_day: bool = False) -> datetime | None:
    return None if value is None or value == "" else timer.instant(value, zone, end_of_day=end_of_day)


def _whole(value: Any, element: str) -> int | None:
    if value is None or value == "":
        return None
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        number = -1
    if isinstance(value, bool) or not 0 <= number <= WHOLE_MOST or (isinstance(value, float) and value != number):
        raise Stuck(
            "{value} is not a whole number from 0 to {most}, which {element} needs.",
            value=feel.text(value)[:200],
            most=WHOLE_MOST,
            element=element,
        )
    return number
