"""The control that moves a demonstration's clock: it does what becomes due, says so, and does not keep one waiting."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import update

from engine import clock, instance, release, schema, worker
from engine.actor import person
from engine.runtime import Runtime
from tests.web.browsing import Browser
from web import demo

DIAGRAM = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
             xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
             xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="http://example.org/plants">
  <process id="plants" name="Plants" isExecutable="true">
    <startEvent id="begun"/><sequenceFlow id="a" sourceRef="begun" targetRef="water"/>
    <userTask id="water" name="Water">
      <extensionElements><zeebe:taskSchedule dueDate="=now() + duration(&quot;P2D&quot;)"/></extensionElements>
    </userTask>
    <boundaryEvent id="dry" attachedToRef="water" cancelActivity="false">
      <timerEventDefinition><timeDuration xsi:type="tFormalExpression">P3D</timeDuration></timerEventDefinition>
    </boundaryEvent>
    <sequenceFlow id="b" sourceRef="dry" targetRef="complain"/>
    <userTask id="complain" name="Complain"/><sequenceFlow id="c" sourceRef="complain" targetRef="complained"/>
    <endEvent id="complained"/>
    <sequenceFlow id="d" sourceRef="water" targetRef="watered"/><endEvent id="watered"/>
  </process>
</definitions>
"""


@pytest.fixture
def ida(demo_app: Flask, demo_runtime: Runtime) -> Browser:
    """Ida in a demonstration with one plant to water, due in two days, complained about after three."""
    with demo_runtime.write(person("ida")) as command:
        release.release(command, {"plants.bpmn": DIAGRAM}, plain=True)
        instance.start(command, "plants", {})
    worker.run_due(demo_runtime)
    browser = Browser(demo_app)
    browser.post("/demo/sign-in", {"person": "ida"})
    return browser


def moved(ida: Browser, days: int) -> str:
    """What the next page says after the clock was moved."""
    ida.post("/demo/clock", {"days": str(days)})
    return ida.get("/password").text


def test_moving_the_clock_says_what_came_to_somebody_and_what_became_late(ida: Browser):
    assert "0 项任务到达。 0 项任务逾期。" in moved(ida, 1)
    said = moved(ida, 3)
    assert "1 项任务到达。 1 项任务逾期。" in said and "其余的随后就到" not in said
    assert "0 项任务到达。 0 项任务逾期。" in moved(ida, 3)


def test_what_one_would_have_to_wait_for_is_left_to_the_worker(ida: Browser, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(demo, "PATIENCE_S", 0)

    assert "0 项任务到达。 1 项任务逾期。 其余的随后就到。" in moved(ida, 4)


def test_what_a_worker_has_in_hand_is_not_done_yet(
    ida: Browser, demo_runtime: Runtime, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(demo, "PATIENCE_S", 0.1)
    with demo_runtime.database.write() as connection:
        soon = clock.lease_now(connection) + 60_000_000
        connection.execute(update(schema.job).values(leased_until=soon))

    assert "0 项任务到达。 1 项任务逾期。 其余的随后就到。" in moved(ida, 4)
