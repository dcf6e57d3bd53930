"""The clinic at work: its policy, one process with lanes and forms, its people, on the real engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, select

from engine import access, instance, policy, release, schema, task
from engine.actor import Actor, person
from engine.runtime import Command, Runtime, View
from tests.engine import clinic
from tests.engine.bpmn.drawing import file, flow

PEOPLE = {
    "ann": ("安宁<img onerror=x>", "Ann", "NURSE@ward:W1"),
    "abe": ("艾伯", "Abe", "NURSE@ward:W1"),
    "dan": ("丹青", "Dan", "DOC@ward:W1"),
    "eve": ("伊文", "Eve", "DOC@ward:W2"),
    "mia": ("米雅", "Mia", "DIR@*"),
    "kim": ("金明", "Kim", "KIN@family:F1"),
}
# Here relatives are told the story too, and the director keeps a secret of her own.
CATALOG = clinic.CATALOG.replace('story = ["DIR"]', 'story = ["DIR", "KIN"]').replace(
    "[stay.fields]", '[stay.fields]\nallergy = { class = "sealed", roles = ["DIR"] }'
)
STEPS = {"begin": 36, "admit": 100, "examine": 100, "discharge": 100, "finish": 36}


def drawn() -> str:
    """The drawing: the steps in a row."""
    space = 'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"'
    shapes, x = "", 100
    for step, width in STEPS.items():
        bounds = f'<dc:Bounds x="{x}" y="{140 - width // 2}" width="{width}" height="{min(width, 80)}"/>'
        shapes += f'<bpmndi:BPMNShape id="{step}_di" bpmnElement="{step}">{bounds}</bpmndi:BPMNShape>'
        x += width + 60
    plane = f'<bpmndi:BPMNPlane id="plane" bpmnElement="stay">{shapes}</bpmndi:BPMNPlane>'
    return f'<bpmndi:BPMNDiagram {space} id="drawing">{plane}</bpmndi:BPMNDiagram>'


STAY = file(
    """
<process id="stay" name="住院" isExecutable="true">
  <laneSet id="lanes">
    <lane id="nurses" name="护士"><flowNodeRef>begin</flowNodeRef><flowNodeRef>admit</flowNodeRef></lane>
    <lane id="doctors" name="医生"><flowNodeRef>examine</flowNodeRef><flowNodeRef>discharge</flowNodeRef>
      <flowNodeRef>finish</flowNodeRef></lane>
  </laneSet>
  <startEvent id="begin"/>
  <userTask id="admit" name="办理入院"><extensionElements>
    <z:formDefinition formId="admit"/>
    <z:properties><z:property name="basis" value="《院规》第三条"/><z:property name="check" value="check_admit"/>
    </z:properties>
  </extensionElements></userTask>
  <userTask id="examine" name="检查"><extensionElements>
    <z:formDefinition formId="examine"/>
    <z:properties><z:property name="deadline" value="D1"/></z:properties>
  </extensionElements></userTask>
  <userTask id="discharge" name="办理出院"/>
  <endEvent id="finish" name="已出院"/>
"""
    + flow("begin", "admit")
    + flow("admit", "examine")
    + flow("examine", "discharge")
    + flow("discharge", "finish")
    + "</process>"
    + drawn()
)
ADMIT = [
    {"type": "textfield", "key": "title", "label": "事由", "validate": {"required": True, "maxLength": 100}},
    {"type": "number", "key": "bed", "label": "床位"},
    {"type": "textarea", "key": "plan", "label": "护理计划"},
    {"type": "textarea", "key": "diagnosis", "label": "初步诊断"},
    {"type": "textarea", "key": "allergy", "label": "过敏史"},
    {"type": "files", "key": "scan", "label": "片子", "multiple": True},
    {
        "type": "grid",
        "key": "watch",
        "label": "陪护安排",
        "conditional": {"hide": "=bed = 99"},
        "columns": [
            {"type": "datetime", "subtype": "date", "key": "day", "dateLabel": "日期"},
            {"type": "entry", "source": "person", "key": "nurse", "label": "护士"},
            {"type": "textfield", "key": "note", "label": "说明", "validate": {"maxLength": 50}},
            {"type": "checkbox", "key": "night", "label": "夜班"},
            {
                "type": "select",
                "key": "kind",
                "label": "级别",
                "values": [{"label": "一级", "value": "一级"}, {"label": "特级", "value": "特级"}],
            },
        ],
    },
]
EXAMINE = [
    {
        "type": "radio",
        "key": "outlook",
        "label": "结论",
        "validate": {"required": True},
        "values": [{"label": "好转", "value": "好转"}, {"label": "观察", "value": "观察"}],
    },
    {"type": "signature", "key": "sign", "label": "签字", "statement": "本人已检查。", "validate": {"required": True}},
]
CHECK = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="checks" name="checks" namespace="urn:test">
  <decision id="check_admit" name="check"><decisionTable id="table" hitPolicy="COLLECT">
    <input id="i"><inputExpression id="e" typeRef="string"><text>title</text></inputExpression></input>
    <output id="o1" name="field" typeRef="string"/><output id="o2" name="sentence" typeRef="string"/>
    <rule id="r"><inputEntry id="c"><text>"退回"</text></inputEntry>
      <outputEntry id="f"><text>"title"</text></outputEntry>
      <outputEntry id="s"><text>"请写明事由。"</text></outputEntry></rule>
  </decisionTable></decision>
</definitions>
"""
LOCALE = """
[stay]
stay = "A stay"
admit = "Admit"
examine = "Examine"
discharge = "Discharge"
finish = "Discharged"
"form.admit.title" = "Reason"
"form.admit.watch" = "Watches"
"form.admit.watch.day" = "Day"
"form.admit.watch.note" = "Remark"
"form.examine.outlook" = "Finding"
"column.days" = "Days"
[values]
"好转" = "better"
"观察" = "to be watched"
"特级" = "special"
"请写明事由。" = "Say why."
"""


def form(name: str, components: list[dict[str, Any]]) -> bytes:
    """A form-js schema of these components."""
    ready = [{"id": f"{name}_{each['key']}", **each} for each in components]
    return json.dumps({"type": "default", "id": name, "schemaVersion": 18, "components": ready}).encode()


FILES = {
    "stay/stay.bpmn": STAY,
    "stay/check_admit.dmn": CHECK.encode(),
    "stay/forms/admit.json": form("admit", ADMIT),
    "stay/forms/examine.json": form("examine", EXAMINE),
    "locales/en.toml": LOCALE.encode(),
    "locales/zh.toml": '[stay]\n"column.days" = "住院天数"\n'.encode(),
}


class Hospital:
    """Short ways to what the tests begin from."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.statements: list[str] = []
        self.cases = 0
        event.listen(runtime.database.engine, "before_cursor_execute", self._note)

    def _note(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        self.statements.append(statement)

    def open(self) -> None:
        """Release everything; everybody is there."""
        with self.runtime.write(person("mia")) as command:
            policy.release(command, {**clinic.FILES, "catalog.toml": CATALOG.encode()})
            for key, (name, english, grant) in PEOPLE.items():
                clinic.person(command.connection, key, grant, name=name, name_en=english, sort=key, initials=key)
            for key, name in (("W1", "一病区"), ("W2", "二病区")):
                clinic.put(command.connection, "listing", list="ward", id=key, name=name, active=True)
            release.release(command, FILES)

    def actor(self, key: str) -> Actor:
        """A person with everything granted to them."""
        with self.runtime.read() as view:
            return access.actor(view.connection, key, view.now)

    def admit(self, by: str = "ann", number: str = "", **values: str | int) -> str:
        """Start a stay; returns the case's id."""
        self.cases += 1
        number = number or f"住2026-{self.cases}"
        with self.write(by) as command:
            return instance.start(command, "stay", {"wardId": "W1", **values}, business_key=number)

    def task(self, case: str) -> str:
        """The open task of a case."""
        t = schema.task.c
        with self.runtime.read() as view:
            query = select(t.id).where(t.instance_id == case, t.state == "open")
            return str(view.connection.execute(query).scalar_one())

    def do(self, case: str, by: str, **values: Any) -> str:
        """Complete the open task of a case; returns the id of the one done."""
        done = self.task(case)
        with self.write(by) as command:
            task.complete(command, done, values)
        return done

    def examined(self, **values: Any) -> str:
        """A case that Ann has admitted and that now waits for the doctors."""
        case = self.admit()
        self.do(case, "ann", **{"title": "发热", "bed": 3, **values})
        return case

    @contextmanager
    def rows(self) -> Iterator[Command]:
        """Put rows in as they stand."""
        with self.runtime.write() as command:
            yield command

    @contextmanager
    def write(self, who: str) -> Iterator[Command]:
        """Act as a person."""
        actor = self.actor(who)
        self.statements.clear()
        with self.runtime.write(actor) as command:
            yield command

    @contextmanager
    def read(self, who: str) -> Iterator[View]:
        """Look as a person."""
        actor = self.actor(who)
        self.statements.clear()
        with self.runtime.read(actor) as view:
            yield view
