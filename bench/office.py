"""A small trade to measure with: one role, one deadline, a few diagrams."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import insert, select

from engine import access, assembly, directory, ident, instance, policy, release, schema, worker
from engine.actor import ENGINE, Actor, person
from engine.database import Database
from engine.directory import Person
from engine.runtime import Runtime

HEAD = (
    '<?xml version="1.0"?><bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="urn:bench">{collaboration}'
    '<bpmn:process id="{key}" isExecutable="true">{body}</bpmn:process></bpmn:definitions>'
)
IDA = person("ida")


def flow(source: str, target: str, condition: str = "") -> str:
    """A sequence flow, with a condition if there is one."""
    inner = f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression>" if condition else ""
    return (
        f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{inner}'
        "</bpmn:sequenceFlow>"
    )


def diagram(key: str, *parts: str, lane: str | None = None) -> bytes:
    """A diagram of these elements and flows, all of them in one lane if one is named."""
    inside = ""
    if lane is not None:
        ids = [part.split('id="', 1)[1].split('"', 1)[0] for part in parts if not part.startswith("<bpmn:sequence")]
        refs = "".join(f"<bpmn:flowNodeRef>{i}</bpmn:flowNodeRef>" for i in ids)
        inside = f'<bpmn:laneSet id="lanes"><bpmn:lane id="lane" name="{lane}">{refs}</bpmn:lane></bpmn:laneSet>'
    return HEAD.format(key=key, collaboration="", body=inside + "".join(parts)).encode()


def task(identity: str, extensions: str = "") -> str:
    """A user task."""
    held = f"<bpmn:extensionElements>{extensions}</bpmn:extensionElements>" if extensions else ""
    return f'<bpmn:userTask id="{identity}" name="{identity}">{held}</bpmn:userTask>'


START = '<bpmn:startEvent id="b"/>'
DEADLINE = '<zeebe:properties><zeebe:property name="deadline" value="D1"/></zeebe:properties>'
WITH_FEEL = diagram(
    "with_feel",
    START,
    task("one"),
    '<bpmn:exclusiveGateway id="g" default="g_three"/>',
    task("two", DEADLINE),
    task("three"),
    flow("b", "one"),
    flow("one", "g"),
    flow("g", "two", "=amount > 100"),
    flow("g", "three"),
    flow("three", "two"),
    lane="clerk",
)
WITHOUT_FEEL = diagram(
    "without_feel", START, task("one"), task("two"), flow("b", "one"), flow("one", "two"), lane="clerk"
)
FORM = {
    "type": "default",
    "components": [
        {"type": "number", "key": "amount", "label": "amount", "validate": {"required": True}},
        {"type": "textfield", "key": "why", "label": "why", "conditional": {"hide": "=amount < 1000"}},
    ],
}
AGAIN = {"type": "default", "components": [{"type": "checkbox", "key": "stop", "label": "stop"}]}
LOOP = diagram(
    "loop",
    START,
    '<bpmn:subProcess id="around"><bpmn:startEvent id="ib"/>'
    + task("again")
    + '<bpmn:exclusiveGateway id="done" default="done_again"/><bpmn:endEvent id="ie"/>'
    + flow("ib", "again")
    + flow("again", "done")
    + flow("done", "again")
    + flow("done", "ie", "=stop")
    + "</bpmn:subProcess>",
    '<bpmn:boundaryEvent id="late" attachedToRef="around" cancelActivity="false"><bpmn:timerEventDefinition>'
    "<bpmn:timeDuration>P900D</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>",
    '<bpmn:parallelGateway id="split"/>',
    task("beside"),
    '<bpmn:endEvent id="reminded"/>',
    flow("late", "reminded"),
    flow("b", "split"),
    flow("split", "around"),
    flow("split", "beside"),
    lane="clerk",
)
COLUMNED = diagram("columned", START, task("one"), flow("b", "one"), lane="clerk")
FAN = diagram(
    "fan",
    START,
    '<bpmn:userTask id="each"><bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>'
    '<zeebe:loopCharacteristics inputCollection="=items" inputElement="item" '
    'outputCollection="found" outputElement="=item"/>'
    "</bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>",
    task("after"),
    flow("b", "each"),
    flow("each", "after"),
    lane="clerk",
)


TIMER_S = 2
TIMED = diagram(
    "timed",
    START,
    '<bpmn:intermediateCatchEvent id="t"><bpmn:timerEventDefinition>'
    f"<bpmn:timeDuration>PT{TIMER_S}S</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>",
    task("after"),
    flow("b", "t"),
    flow("t", "after"),
    lane="clerk",
)


def splits(count: int) -> bytes:
    """A chain of parallel splits and joins, then a task."""
    parts, before = [START], "b"
    for n in range(count):
        parts += [f'<bpmn:parallelGateway id="s{n}"/>', f'<bpmn:parallelGateway id="j{n}"/>']
        parts += [f'<bpmn:intermediateThrowEvent id="{side}{n}"/>' for side in "xy"]
        parts += [flow(before, f"s{n}")]
        parts += [each for side in "xy" for each in (flow(f"s{n}", f"{side}{n}"), flow(f"{side}{n}", f"j{n}"))]
        before = f"j{n}"
    return diagram(f"splits_{count}", *parts, task("after"), flow(before, "after"), lane="clerk")


def files() -> dict[str, bytes]:
    """Policy and processes, as if read from a folder."""
    keys = {
        "with_feel": WITH_FEEL,
        "without_feel": WITHOUT_FEEL,
        "loop": LOOP,
        "fan": FAN,
        "timed": TIMED,
        "columned": COLUMNED,
        "splits_1": splits(1),
        "splits_12": splits(12),
    }
    catalog = "".join(
        f'[{key}]\nstart = ["CLERK"]\nsee = ["CLERK"]\nstory = ["CLERK"]\nown = ["CLERK"]\n' for key in keys
    ).replace("[columned]", '[columned]\ncolumns = { title = "str", unitId = "organisation", status = "str" }')
    return {
        "roles.toml": b'[CLERK]\ntitle = "clerk"\nen = "clerk"\n',
        "catalog.toml": catalog.encode(),
        "deadlines.toml": b'[D1]\ntitle = "t"\nen = "t"\namount = 10\nkind = "W"\nroll = "N"\nbasis = "b"\n',
        **{f"{key}/{key}.bpmn": xml for key, xml in keys.items()},
        "with_feel/forms/one.json": json.dumps(FORM).encode(),
        "loop/forms/again.json": json.dumps(AGAIN).encode(),
    }


@contextmanager
def opened(url: str, state: Path) -> Iterator[tuple[Runtime, Actor]]:
    """A fresh database with the trade in it, and somebody who works there."""
    database = Database(url)
    database.create(demo="1")
    database.close()
    runtime = assembly.open(url, state)
    with runtime.write(ENGINE) as command:
        policy.release(command, files())
        release.release(command, files())
        directory.put(command, Person("ida", "Ida", None, None, None))
        command.connection.execute(
            insert(schema.authority).values(
                id=ident.new(), person_id="ida", role="CLERK", remit="*", from_at=0, given_by="engine"
            )
        )
    with runtime.read() as view:
        ida = access.actor(view.connection, "ida", view.now)
    yield runtime, ida
    runtime.close()


def started(runtime: Runtime, ida: Actor, key: str, values: dict[str, object] | None = None) -> str:
    """A running case."""
    with runtime.write(ida, follow_up=False) as command:
        case = instance.start(command, key, values or {})  # type: ignore[arg-type]
    worker.run_due(runtime, 100_000)
    return case


def waiting(runtime: Runtime, case: str, element: str) -> str:
    """The open task of an element."""
    with runtime.read() as view:
        t = schema.task.c
        query = select(t.id).where(t.instance_id == case, t.element == element, t.state == "open")
        return str(view.connection.execute(query).scalars().one())
