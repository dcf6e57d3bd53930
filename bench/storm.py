"""``python -m bench.storm``: two servers and two workers while everything that can go wrong does; then a reckoning.

People start cases and complete tasks over HTTP, each command under a key of its own, and come again until they are
answered. Meanwhile processes are killed and stopped, and on PostgreSQL the database crashes, cuts every connection and
refuses to write. Whatever was acknowledged must be there once, and nothing else.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, func, select

from bench.office import diagram, flow, task
from engine import assembly, backup, directory, grant, policy, release, schema
from engine.actor import ENGINE
from engine.database import Database
from engine.directory import Person
from engine.evidence import verifying
from engine.runtime import Runtime
from tests.engine import leftover
from tests.provision import postgres
from web import logging
from web.auth import account, bearer

PEOPLE, PROCESSES = 6, 2
PATIENCE_S, DRAIN_S = 5, 90
STORM = diagram(
    "storm",
    '<bpmn:startEvent id="b"/>',
    task("one"),
    '<bpmn:serviceTask id="number"><bpmn:extensionElements><zeebe:taskDefinition type="number.next" retries="3"/>'
    '<zeebe:taskHeaders><zeebe:header key="pattern" value="S-{n}"/></zeebe:taskHeaders>'
    '<zeebe:ioMapping><zeebe:output source="=number" target="no"/></zeebe:ioMapping></bpmn:extensionElements>'
    "</bpmn:serviceTask>",
    '<bpmn:intermediateCatchEvent id="pause"><bpmn:timerEventDefinition><bpmn:timeDuration>PT1S</bpmn:timeDuration>'
    "</bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>",
    task("two"),
    '<bpmn:endEvent id="e"/>',
    *(flow(*pair) for pair in (("b", "one"), ("one", "number"), ("number", "pause"), ("pause", "two"), ("two", "e"))),
    lane="clerk",
)
FILES = {
    "roles.toml": b'[CLERK]\ntitle = "clerk"\nen = "clerk"\n',
    "catalog.toml": b'[storm]\nstart = ["CLERK"]\nsee = ["CLERK"]\nstory = ["CLERK"]\nown = ["CLERK"]\n',
    "storm/storm.bpmn": STORM,
}


def main() -> int:
    """1 if anything was lost, doubled or left behind."""
    parser = argparse.ArgumentParser(prog="bench.storm", description=__doc__)
    parser.add_argument("--only", choices=("sqlite", "postgresql"), help="one database only")
    parser.add_argument("--seconds", type=int, default=60, help="how long it lasts; 60 unless told")
    parser.add_argument("--seed", type=int, default=1, help="of what goes wrong when")
    asked = parser.parse_args()
    logging.configure("error")
    faults: list[str] = []
    for kind in ("sqlite", "postgresql"):
        if asked.only in (None, kind):
            with ExitStack() as stack:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                server = None
                if kind == "postgresql":
                    server = stack.enter_context(postgres.running(postgres.find(), durable=True))
                faults += _storm(kind, folder, server, asked.seconds, random.Random(asked.seed))
    print("\n".join(faults) or "nothing lost, nothing doubled, nothing left behind")
    return 1 if faults else 0


def _storm(kind: str, folder: Path, server: postgres.Server | None, seconds: int, chance: random.Random) -> list[str]:
    url = server.url(server.create()) if server else f"sqlite:///{folder}/storm.db"
    token = _made(url, folder / "state")
    with ExitStack() as stack:
        serving = [stack.enter_context(_Process(url, folder, "serve", "--no-worker")) for _ in range(PROCESSES)]
        working = [stack.enter_context(_Process(url, folder, "worker")) for _ in range(PROCESSES)]
        over = threading.Event()
        people = [_Person(f"p{n}", token, [each.port for each in serving], over) for n in range(PEOPLE)]
        for each in people:
            each.start()
        watch = _Watch(serving[0].port, over)
        watch.start()
        befell = _befall(_weather(server, url, folder, [*serving, *working]), seconds, chance)
        over.set()
        for each in people:
            each.join()
        watch.join()
        with closing(assembly.open(url, folder / "state")) as runtime:
            _drained(runtime)
            faults = [f"{kind}: {each}" for each in _reckoned(runtime, people)]
    _tell(kind, people, befell, watch.said)
    return faults + [f"{kind}: {each}" for person in people for each in person.refused]


def _tell(kind: str, people: list[_Person], befell: Counter[str], ready: Counter[int]) -> None:
    started, done = sum(len(each.started) for each in people), sum(len(each.completed) for each in people)
    again, longest = sum(each.again for each in people), max(each.longest for each in people)
    print(f"{kind}: {started} cases started, {done} tasks completed, {again} tries in vain;")
    print(f"  befell: {dict(befell)}; ready said: {dict(ready)}; longest wait {longest:.1f} s")


def _made(url: str, state: Path) -> str:
    """A database with the trade in it, and the token of somebody who works there."""
    with closing(Database(url)) as database:
        database.create()
    with closing(assembly.open(url, state)) as runtime, runtime.write(ENGINE) as command:
        policy.release(command, FILES)
        release.release(command, FILES)
        directory.put(command, Person("ida", "Ida", None, None, None))
        grant.give(command, "ida", "CLERK", "*")
        account.add(command, "ida", "Ida", None)
        return bearer.add(command, "ida", "storm", days=1)


class _Process:
    """One process of the installation, which comes back whatever happens to it."""

    def __init__(self, url: str, folder: Path, *command: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        settings = {"DATABASE_URL": url, "STATE": str(folder / "state"), "PORT": str(self.port), "LOG_LEVEL": "error"}
        self._environment = {**os.environ, **{f"XUNCHA_{name}": value for name, value in settings.items()}}
        self._command = [sys.executable, "-c", "from web.cli import main; main()", *command]
        self._process = self._begun()

    def _begun(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def __enter__(self) -> _Process:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait(30)

    def kill(self) -> None:
        """It is gone from one moment to the next, and starts again."""
        self.__exit__()
        self._process = self._begun()

    def stop(self, seconds: float) -> None:
        """It sleeps wherever it is, and wakes not knowing."""
        self._process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self._process.send_signal(signal.SIGCONT)

    def look(self) -> None:
        """Start it again if it has ended by itself, as whoever keeps services running does."""
        if self._process.poll() is not None:
            self._process = self._begun()


# ---- what goes wrong


def _weather(
    server: postgres.Server | None, url: str, folder: Path, processes: list[_Process]
) -> dict[str, Callable[[random.Random], None]]:
    weather: dict[str, Callable[[random.Random], None]] = {
        "a process is killed": lambda chance: chance.choice(processes).kill(),
        "a process sleeps": lambda chance: chance.choice(processes).stop(chance.uniform(1, 6)),
    }
    if server is None:
        weather["a backup is taken"] = lambda chance: _backed_up(url, folder, chance)
        return weather

    def crash(_: random.Random) -> None:
        server.crash()
        time.sleep(1)
        server.start()

    def cut(_: random.Random) -> None:
        server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'test_%'")

    def read_only(_: random.Random) -> None:
        with _altered(server, "default_transaction_read_only", "on"):
            time.sleep(3)

    return weather | {"the database crashes": crash, "every line is cut": cut, "nothing can be written": read_only}


@contextmanager
def _altered(server: postgres.Server, name: str, value: str) -> Iterator[None]:
    with psycopg.connect(server.admin, autocommit=True) as admin:
        admin.execute(f"ALTER SYSTEM SET {name} = {value}".encode())
        admin.execute("SELECT pg_reload_conf()")
    yield
    with psycopg.connect(server.admin, autocommit=True, options=f"-c {name}=off") as admin:
        admin.execute(f"ALTER SYSTEM RESET {name}".encode())
        admin.execute("SELECT pg_reload_conf()")


def _backed_up(url: str, folder: Path, chance: random.Random) -> None:
    with closing(assembly.open(url, folder / "state")) as runtime:
        backup.make(runtime, folder / f"backup-{chance.random()}")


def _befall(weather: dict[str, Callable[[random.Random], None]], seconds: float, chance: random.Random) -> Counter[str]:
    befell: Counter[str] = Counter()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(chance.uniform(1, 4))
        what = chance.choice(sorted(weather))
        weather[what](chance)
        befell[what] += 1
    return befell


# ---- people


class _Person(threading.Thread):
    """Starts cases and does their tasks; comes again under the same key until there is an answer."""

    def __init__(self, name: str, token: str, ports: list[int], over: threading.Event) -> None:
        super().__init__(name=name)
        self._token, self._ports, self._over = token, ports, over
        self._turn = 0
        self.started: dict[str, str] = {}
        self.completed: dict[str, str] = {}
        self.refused: list[str] = []
        self.again, self.longest = 0, 0.0

    def run(self) -> None:
        """Until it is over, and then until what was begun is answered."""
        number = 0
        while not self._over.is_set():
            number += 1
            key = f"{self.name}-{number}"
            answer = self._insist("/api/processes/storm/instances", key, {"values": {}})
            case = str(answer["instanceId"])
            self.started[key] = case
            for element in ("one", "two"):
                task_id = self._waiting(case, element)
                if task_id is None:
                    break
                self._insist(f"/api/tasks/{task_id}/complete", f"{key}-{element}", {"values": {}})
                self.completed[task_id] = element

    def _waiting(self, case: str, element: str) -> str | None:
        """The open task, as soon as there is one; None if it is over before that."""
        while True:
            status, said = self._ask("GET", f"/api/instances/{case}", None, None)
            for each in said["steps"] if status == 200 else ():
                if each["name"] == element:
                    return str(each["taskId"])
            if self._over.is_set():
                return None
            time.sleep(0.2)

    def _insist(self, path: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
        began = time.monotonic()
        while True:
            status, said = self._ask("POST", path, key, body)
            if 200 <= status < 300:
                self.longest = max(self.longest, time.monotonic() - began)
                return said
            if 400 <= status < 500 and status != 429:
                self.refused.append(f"{path} {key}: {status} {said}")
                return said
            self.again += 1
            time.sleep(0.1)

    def _ask(self, method: str, path: str, key: str | None, body: dict[str, Any] | None) -> tuple[int, dict[str, Any]]:
        """Status 0 where there is no answer."""
        self._turn += 1
        line = http.client.HTTPConnection("127.0.0.1", self._ports[self._turn % len(self._ports)], timeout=PATIENCE_S)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        headers |= {"Idempotency-Key": key} if key else {}
        try:
            line.request(method, path, None if body is None else json.dumps(body), headers)
            answer = line.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError):
            return 0, {}
        finally:
            line.close()


class _Watch(threading.Thread):
    """Asks one server all along whether it is ready."""

    def __init__(self, port: int, over: threading.Event) -> None:
        super().__init__()
        self._port, self._over = port, over
        self.said: Counter[int] = Counter()

    def run(self) -> None:
        """Twice a second."""
        while not self._over.wait(0.5):
            line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)
            try:
                line.request("GET", "/ready")
                self.said[line.getresponse().status] += 1
            except (OSError, http.client.HTTPException):
                self.said[0] += 1
            finally:
                line.close()


# ---- the reckoning


def _drained(runtime: Runtime) -> None:
    """Wait until nothing is due any more."""
    j, end = schema.job.c, time.monotonic() + DRAIN_S
    while time.monotonic() < end:
        with runtime.read() as view:
            owed = select(func.count()).select_from(schema.job).where(j.kind != "clear", j.state == "ready")
            if view.connection.execute(owed).scalar_one() == 0:
                return
        time.sleep(0.2)


def _reckoned(runtime: Runtime, people: list[_Person]) -> Iterator[str]:
    """A sentence for everything that is not as it was acknowledged."""
    with runtime.read(snapshot=True) as view:
        yield from _commands(view.connection, people)
        yield from _work(view.connection)
        yield from leftover.leftovers(view.connection)
        yield from (str(each) for each in verifying.verify(view).faults)


def _commands(connection: Connection, people: list[_Person]) -> Iterator[str]:
    i, e, t = schema.instance.c, schema.event.c, schema.task.c
    told = {case for each in people for case in each.started.values()}
    stand = set(connection.execute(select(i.id)).scalars())
    yield from (f"case {each} was acknowledged and is gone" for each in sorted(told - stand))
    yield from (f"case {each} was never acknowledged" for each in sorted(stand - told))
    told = {task_id for each in people for task_id in each.completed}
    done = set(connection.execute(select(t.id).where(t.state == "completed")).scalars())
    yield from (f"task {each} was acknowledged and is not completed" for each in sorted(told - done))
    yield from (f"task {each} is completed and was never acknowledged" for each in sorted(done - told))
    times = select(e.instance_id, e.element, func.count()).where(e.kind == "task.completed")
    for case, element, count in connection.execute(times.group_by(e.instance_id, e.element)):
        if count != 1:
            yield f"case {case}: {element} was completed {count} times"


def _work(connection: Connection) -> Iterator[str]:
    j, n, v = schema.job.c, schema.incident.c, schema.variable.c
    taken = connection.execute(select(v.value).where(v.name == "no")).scalars()
    numbers = sorted(int(json.loads(each).removeprefix("S-")) for each in taken)
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"numbers are not 1 to {len(numbers)}, once each: {numbers}"
    owed = connection.execute(select(j.kind, j.state, j.attempts).where(j.kind != "clear")).all()
    yield from (f"a job is left: {tuple(each)}" for each in owed)
    wrong = connection.execute(select(n.element, n.message, n.params).where(n.closed_at.is_(None))).all()
    yield from (f"incident: {tuple(each)}" for each in wrong)


if __name__ == "__main__":
    raise SystemExit(main())
