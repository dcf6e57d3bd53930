"""A clinic in which every table of evidence has rows: what is done to them by hand must be found."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update

from engine import (
    anchor,
    attachment,
    clock,
    comment,
    directory,
    grant,
    instance,
    message,
    notice,
    number,
    register,
    release,
    rotating,
    schema,
    task,
    worker,
)
from engine import upload as uploads
from engine.actor import ENGINE, person
from engine.connector import Declaration
from engine.connectors.work import Work
from engine.evidence import chain
from engine.policy import releasing
from engine.runtime import Runtime
from tests.engine import clinic
from tests.engine.bpmn.drawing import extended, file, flow
from tests.engine.query.hospital import CATALOG, FILES, PEOPLE

IDA = person("ida")


def _scales(_work: Work) -> dict[str, Any]:
    raise OSError("no cable")


CONNECTORS = {"scales": (Declaration("scales", "Weighs."), _scales)}
_EACH = extended(
    "userTask",
    'id="visit" name="Visit"',
    inner="<multiInstanceLoopCharacteristics><extensionElements>"
    '<z:loopCharacteristics inputCollection="=sites" inputElement="site" outputCollection="found" '
    'outputElement="=seen"/></extensionElements></multiInstanceLoopCharacteristics>',
)
_BRANCHES = {
    "visit": _EACH,
    "weigh": extended("serviceTask", 'id="weigh"', '<z:taskDefinition type="scales"/>'),
    "hear": '<intermediateCatchEvent id="hear"><messageEventDefinition messageRef="m_call"/></intermediateCatchEvent>',
    "rest": '<intermediateCatchEvent id="rest"><timerEventDefinition><timeDuration>PT1H</timeDuration>'
    "</timerEventDefinition></intermediateCatchEvent>",
}
NIGHT = file(
    '<message id="m_call" name="call"><extensionElements><z:subscription correlationKey="=no"/></extensionElements>'
    '</message><signal id="s" name="bell"/><process id="night" isExecutable="true"><startEvent id="begin"/>'
    '<parallelGateway id="fork"/>'
    '<exclusiveGateway id="join"/><endEvent id="over"/>'
    + flow("begin", "fork")
    + flow("join", "over")
    + "".join(_BRANCHES.values())
    + "".join(flow("fork", each) + flow(each, "join") for each in _BRANCHES)
    + '</process><process id="ring" isExecutable="true"><endEvent id="heard"/>'
    '<startEvent id="rung"><signalEventDefinition signalRef="s"/></startEvent>' + flow("rung", "heard") + "</process>"
)


def fill(runtime: Runtime) -> None:
    """Do a little of all that can be done."""
    _house(runtime)
    _stays(runtime)
    _night(runtime)
    with runtime.write(IDA) as command:
        anchor.make(command)


def _house(runtime: Runtime) -> None:
    with runtime.write(person("mia")) as command:
        connection = command.connection
        connection.execute(insert(schema.meta).values(key="demo", value="1"))
        chain.note(connection, schema.meta, ["demo"], ENGINE)
        rotating.begin(command)
        releasing.release(command, {**clinic.FILES, "catalog.toml": CATALOG.encode()})
        directory.put(command, directory.Organisation("house", "医院", "Hospital"))
        for key, (name, english, given) in PEOPLE.items():
            role, _, remit = given.partition("@")
            directory.put(command, directory.Person(key, name, english, "house", "post"))
            grant.give(command, key, role, remit)
        for key, name in (("W1", "一病区"), ("W2", "二病区")):
            directory.put(command, directory.Item("ward", key, name))
        grant.exclude(command, "kim", "ward:W2", "kin")
        grant.substitute(command, "ann", "abe", command.now, command.now + timedelta(days=9))
        release.release(command, FILES)
        release.release(command, {"night.bpmn": NIGHT}, plain=True)
        for key in ("J1", "J2"):
            register.append(command, "admissions", {"no": key, "beds": 2}, job_id=key, remit="ward:W1")
        number.next(command, "N-{n}", {})
        connection.execute(insert(schema.account).values(person_id="ann", password="x" * 97))
        chain.note(connection, schema.account, ["ann"], ENGINE)
        token = {"id": "b1", "digest": "d", "person_id": "ann", "name": "n", "created_at": 1, "until_at": 2}
        connection.execute(insert(schema.bearer).values(token))
        chain.note(connection, schema.bearer, ["b1"], ENGINE)

    with runtime.write() as command:
        register.correct(command, "admissions", 1, {"no": "J1", "beds": 3}, "miscounted", job_id="J3")


def _stays(runtime: Runtime) -> None:
    ann = person("ann", "NURSE@ward:W1")
    with runtime.write(ann) as command:
        case = instance.start(command, "stay", {"wardId": "W1"}, business_key="S-1")
        instance.start(command, "stay", {"wardId": "W1"}, business_key="S-2")
    with runtime.write(ann) as command:
        waiting = _open(command, case)
        task.claim(command, waiting)
        scan = attachment.add(command, waiting, uploads.examined("片子.txt", b"text"), field="scan")
        values: dict[str, Any] = {"title": "发热", "bed": 3, "diagnosis": "流感", "scan": [scan.id]}
        task.complete(command, waiting, values)
        notice.send(command, ["dan"], "note", case, text="look")
    with runtime.write(person("mia", "DIR@*")) as command:
        comment.add(command, case, "in good hands")


def _open(command: Any, case: str) -> str:
    t = schema.task.c
    return str(command.connection.execute(select(t.id).where(t.instance_id == case, t.state == "open")).scalar_one())


def _night(runtime: Runtime) -> None:
    with runtime.write(IDA) as command:
        instance.start(command, "night", {"sites": [1, 2], "no": "7"})
    for _ in range(4):  # the scales never work: an incident, in the end
        with runtime.write() as command:
            j = schema.job.c
            soon = update(schema.job).where(j.kind == "connector").values(due_at=0, leased_until=None)
            command.connection.execute(soon)
        worker.run_due(runtime)
    with runtime.write(IDA) as command:
        t = schema.task.c
        visit = command.connection.execute(select(t.id).where(t.element == "visit").limit(1)).scalar_one()
        task.complete(command, visit, {"seen": 5})
    worker.run_due(runtime)
    with runtime.write() as command:
        clock.advance(command.connection, timedelta(seconds=1))
        message.publish(command, "other", "1", {"a": 1})
