"""The clinic with people in it: two wards, a relative, a case with a task, as rows; what people leave on their work."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import delete, event

from engine import access, policy, schema
from engine.actor import Actor, person
from engine.runtime import Command, Runtime, View
from tests.engine import clinic
from tests.engine.bpmn.drawing import file, flow
from tests.provision.databases import Databases

# Ann nurses ward 1, Abe as well; Dan is its doctor, Eve that of ward 2; Kim is a relative; Mia directs.
PEOPLE = {
    "ann": ("安宁", "Ann", "NURSE@ward:W1"),
    "abe": ("艾伯", "Abe", "NURSE@ward:W1"),
    "dan": ("丹青", "Dan", "DOC@ward:W1"),
    "eve": ("伊文", "Eve", "DOC@ward:W2"),
    "kim": ("金明", "Kim", "KIN@family:F1"),
    "mia": ("米雅", "Mia", "DIR@*"),
}
READERS = ("DOC@ward:W1", "DIR@*", "KIN@family:F1")
REMITS = ("ward:W1", "family:F1")
LEFT = (
    *(schema.draft, schema.comment, schema.attachment, schema.attachment_body, schema.notice, schema.phrase),
    *(schema.word, schema.fact, schema.candidate, schema.task, schema.reader, schema.remit, schema.instance),
)


# What is asked at every task and at the start: files, each in a field of its own, and a line of text.
FIELDS = ("film", "title", "photo", "scan", "letter")
FORM = json.dumps(
    {
        "type": "default",
        "id": "do",
        "schemaVersion": 18,
        "components": [
            *({"type": "files", "id": key, "key": key, "label": key, "multiple": True} for key in FIELDS),
            {"type": "textfield", "id": "why", "key": "why", "label": "why"},
        ],
    }
).encode()
DRAWING = """
<process id="stay" name="stay" isExecutable="true"><startEvent id="begin"/><userTask id="do"/><endEvent id="end"/>
""" + "".join([flow("begin", "do"), flow("do", "end"), "</process>"])


class Ward:
    """Commands and looks of the people of the clinic, and how many statements they took."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.statements: list[str] = []
        event.listen(runtime.database.engine, "before_cursor_execute", self._note)

    def actor(self, key: str, on_behalf_of: str | None = None) -> Actor:
        """A person with everything granted to them."""
        with self.runtime.read() as view:
            return access.actor(view.connection, key, view.now, on_behalf_of)

    @contextmanager
    def write(self, key: str, on_behalf_of: str | None = None) -> Iterator[Command]:
        """Act as a person."""
        actor = self.actor(key, on_behalf_of)
        self.statements.clear()
        with self.runtime.write(actor) as command:
            yield command

    @contextmanager
    def read(self, key: str, on_behalf_of: str | None = None) -> Iterator[View]:
        """Look as a person."""
        actor = self.actor(key, on_behalf_of)
        self.statements.clear()
        with self.runtime.read(actor) as view:
            yield view

    @contextmanager
    def rows(self) -> Iterator[Command]:
        """Put rows in as they stand."""
        with self.runtime.write() as command:
            yield command

    def reset(self) -> None:
        """Back to how it was opened: what people left is gone, ``c1`` waits at ``t1`` again."""
        with self.rows() as command:
            for table in LEFT:
                command.connection.execute(delete(table))
            clinic.case(command.connection, "c1", readers=READERS, remits=REMITS)
            clinic.task(command.connection, "t1", "c1", "NURSE@ward:W1")

    def _note(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        self.statements.append(statement)


@contextmanager
def opened(databases: Databases, folder: Path) -> Iterator[Ward]:
    """A clinic in which case ``c1`` waits at task ``t1`` for the nurses of ward 1."""
    with databases.ready() as url, closing(Runtime(url, folder / "state")) as runtime:
        with runtime.write(person("mia")) as command:
            policy.release(command, clinic.FILES)
            clinic.case(command.connection, "c0")
            for kind, part, body in (
                ("diagram", "stay.bpmn", file(DRAWING)),
                ("form", "do", FORM),
                ("form", "begin", FORM),
            ):
                digest = hashlib.sha256(body + part.encode()).hexdigest()
                clinic.put(command.connection, "content", digest=digest, body=body)
                clinic.put(command.connection, "part", definition_id="stay", kind=kind, name=part, digest=digest)
            for key, (name, english, grant) in PEOPLE.items():
                clinic.person(command.connection, key, grant, name=name, name_en=english, sort=key, initials=key)
        yield Ward(runtime)
