"""Requests per second over HTTP: two server processes on one PostgreSQL, four people who complete tasks."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import select

from bench import office
from bench.measuring import Row, Sample
from engine import schema
from engine.runtime import Runtime
from tests.provision.postgres import Server
from web.auth import account, session

PROCESSES = 2
CLIENTS = 4
PER_SECOND = 150
P95_MS = 60
_START_S = 60


def rows(kind: str, folder: Path, server: Server | None, *, quick: bool) -> list[Row]:
    """Throughput and latency of completing a task; measured on PostgreSQL, where several processes are at home."""
    if server is None:
        return []
    place = folder / "serving"
    place.mkdir()
    url, state, each = server.url(server.create()), place / "state", 50 if quick else 400
    with ExitStack() as stack:
        runtime, ida = stack.enter_context(office.opened(url, state))
        token, csrf = _signed_in(runtime)
        waiting = [
            office.waiting(runtime, office.started(runtime, ida, "with_feel"), "one")
            for _ in range(CLIENTS * (each + 10))
        ]
        ports = [stack.enter_context(_serving(url, state)) for _ in range(PROCESSES)]
        shares = [waiting[n::CLIENTS] for n in range(CLIENTS)]
        clients = [_Client(ports[n % PROCESSES], token, csrf) for n in range(CLIENTS)]
        _together(clients, [share[:10] for share in shares])
        for client in clients:
            client.sample.times.clear()
        seconds = _together(clients, [share[10:] for share in shares])
    sample = Sample([spent for client in clients for spent in client.sample.times])
    errors = sum(client.errors for client in clients)
    rate = len(sample.times) / seconds
    what = f"over HTTP, {PROCESSES} processes, {CLIENTS} people, complete a task"
    return [
        Row(f"{what}: of {PER_SECOND}/s", kind, PER_SECOND / rate, "x", 1.0, f"{rate:.0f} a second"),
        Row(f"{what}: p95", kind, sample.p95, "ms", P95_MS, f"median {sample.median:.1f} ms"),
        Row(f"{what}: errors", kind, errors, "", 0),
    ]


def _signed_in(runtime: Runtime) -> tuple[str, str]:
    """A session of the office's clerk: the cookie and the forgery token."""
    with runtime.write() as command:
        connection = command.connection
        account.add(command, "ida", "Ida", None)
        token = session.start(connection, "ida")
        s = schema.session.c
        return token, str(connection.execute(select(s.csrf).where(s.token == session.digest(token))).scalar_one())


@contextmanager
def _serving(url: str, state: Path) -> Iterator[int]:
    """A server process without a worker; its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    settings = {"DATABASE_URL": url, "STATE": str(state), "PORT": str(port), "LOG_LEVEL": "warning"}
    process = subprocess.Popen(
        [sys.executable, "-c", "from web.cli import main; main()", "serve", "--no-worker"],
        env={**os.environ, **{f"XUNCHA_{name}": value for name, value in settings.items()}},
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    patience = time.monotonic() + _START_S
    while time.monotonic() < patience and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


class _Client:
    """One person's browser on one kept connection."""

    def __init__(self, port: int, token: str, csrf: str) -> None:
        self.sample = Sample()
        self.errors = 0
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {
            "Cookie": f"xuncha-session={token}",
            "X-CSRFToken": csrf,
            "Content-Type": "application/json",
            "Accept": "application/json",
        }

    def complete(self, tasks: list[str]) -> None:
        body = json.dumps({"values": {"amount": 500}})
        for task in tasks:
            with self.sample.taken():
                status, said = self._post(task, body)
            if status != 200 or b"location" not in said:
                self.errors += 1

    def _post(self, task: str, body: str) -> tuple[int, bytes]:
        """What the server says; status 0 when it hangs up: that is an error, and not the end of the client."""
        headers = {**self._headers, "Idempotency-Key": task}
        try:
            self._connection.request("POST", f"/tasks/{task}/complete", body, headers)
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return 0, b""


def _together(clients: list[_Client], shares: list[list[str]]) -> float:
    """All at once; how many seconds it took."""
    threads = [
        threading.Thread(target=client.complete, args=[share]) for client, share in zip(clients, shares, strict=True)
    ]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begin
