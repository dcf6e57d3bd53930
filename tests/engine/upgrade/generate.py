"""Writes the rows of a database with running cases, as the first version made them, to ``first.json`` beside this file.

Run it with a checkout of that version (revision 0006 of the tables): ``PYTHONPATH=<checkout> python generate.py``. What
it wrote is kept, so that every later version can be shown to bring such a database up to date.
"""

from __future__ import annotations

import base64
import json
import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from engine import anchor, assembly, clock, comment, instance, message, release, schema, task, worker
from engine.actor import person
from engine.database import Database
from tests.engine.bpmn.drawing import extended, file, flow
from tests.engine.query.hospital import Hospital

IDA = person("ida")
_EACH = extended(
    "userTask",
    'id="visit" name="Visit"',
    inner="<multiInstanceLoopCharacteristics><extensionElements>"
    '<z:loopCharacteristics inputCollection="=sites" inputElement="site" outputCollection="found" '
    'outputElement="=seen"/></extensionElements></multiInstanceLoopCharacteristics>',
)
_BRANCHES = {
    "visit": _EACH,
    "hear": '<intermediateCatchEvent id="hear"><messageEventDefinition messageRef="m_call"/></intermediateCatchEvent>',
    "rest": '<intermediateCatchEvent id="rest"><timerEventDefinition><timeDuration>P2D</timeDuration>'
    "</timerEventDefinition></intermediateCatchEvent>",
}
NIGHT = file(
    '<message id="m_call" name="call"><extensionElements><z:subscription correlationKey="=no"/></extensionElements>'
    '</message><process id="night" isExecutable="true"><startEvent id="begin"/><parallelGateway id="fork"/>'
    '<parallelGateway id="join"/><userTask id="report"/><endEvent id="over"/>'
    + flow("begin", "fork")
    + flow("join", "report")
    + flow("report", "over")
    + "".join(_BRANCHES.values())
    + "".join(flow("fork", each) + flow(each, "join") for each in _BRANCHES)
    + "</process>"
)


def main() -> None:
    """Make the database and write its rows."""
    with tempfile.TemporaryDirectory() as folder:
        state, url = Path(folder) / "state", f"sqlite:///{folder}/first.db"
        with closing(Database(url)) as database:
            database.create()
        with closing(assembly.open(url, state)) as runtime:
            hospital = Hospital(runtime)
            hospital.open()
            case = hospital.examined(diagnosis="flu")
            hospital.admit()
            with hospital.write("mia") as command:
                comment.add(command, case, "in good hands")
            with runtime.write(IDA) as command:
                release.release(command, {"night.bpmn": NIGHT}, plain=True)
                instance.start(command, "night", {"sites": [1, 2], "no": "7"})
            worker.run_due(runtime)
            with runtime.write(IDA) as command:
                t = schema.task.c
                visit = command.connection.execute(select(t.id).where(t.element == "visit").limit(1)).scalar_one()
                task.complete(command, visit, {"seen": 5})
            worker.run_due(runtime)
            with runtime.write(IDA) as command:
                clock.advance(command.connection, timedelta(hours=1))
                message.publish(command, "other", "1", {"a": 1})
                kept = anchor.make(command)
            rows = {table.name: _rows(runtime, table) for table in schema.metadata.sorted_tables}
        keys = {path.name: path.read_text() for path in sorted((state / "keys").iterdir())}
    told = {"keys": keys, "anchor": kept, "rows": {name: each for name, each in rows.items() if each}}
    Path("first.json").write_text(json.dumps(told, ensure_ascii=False, indent=0))


def _rows(runtime: Any, table: Any) -> list[dict[str, Any]]:
    with runtime.read() as view:
        return [
            {
                name: {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value
                for name, value in row._mapping.items()
            }
            for row in view.connection.execute(select(table))
        ]


if __name__ == "__main__":
    main()
