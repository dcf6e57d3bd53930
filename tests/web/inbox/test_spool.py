"""What is sealed is never written down in the clear: not while it arrives, not while it is kept, not while it is given
out.
"""

from __future__ import annotations

import os
import socket
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request, request_finished
from sqlalchemy import select
from waitress import wasyncore  # type: ignore[import-untyped]
from werkzeug.test import EnvironBuilder

from engine import release, schema
from tests.engine.query.hospital import ADMIT, FILES, Hospital, form
from tests.web.browsing import Browser
from web import serving
from web.config import Settings

CANARY = b"CANARY-5f1d-in-the-clear"
BODY = b"%PDF-1.7\n" + CANARY * 60_000  # 1.4 MB: servers spool from half a megabyte on


@pytest.fixture(scope="module", autouse=True)
def with_photo(hospital: Hospital) -> None:
    """A form with a field of files that is sealed."""
    photo = {"type": "files", "key": "photo", "label": "照片"}
    with hospital.runtime.write() as command:
        release.release(command, {**FILES, "stay/forms/admit.json": form("admit", [*ADMIT, photo])})


def on_disk(*folders: Path) -> dict[str, bytes]:
    """What this process has on disk: every file in these folders, and those that it holds open, named or not."""
    found = {str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}
    for each in Path("/proc/self/fd").iterdir():
        try:
            number, target = int(each.name), str(each.readlink())
            about = os.fstat(number)
            if stat.S_ISREG(about.st_mode) and any(target.startswith(str(folder)) for folder in folders):
                found[f"{target} {number}"] = os.pread(number, about.st_size, 0)
        except OSError:
            continue
    return found


def in_the_clear(found: dict[str, bytes]) -> list[str]:
    return [name for name, body in found.items() if CANARY in body]


@contextmanager
def served(app: Flask, settings: Settings) -> Iterator[int]:
    """The port at which the program's own server answers for an application."""
    channels: dict[int, Any] = {}
    server = serving._open(app, settings, channels)
    stop = threading.Event()

    def answer() -> None:
        while not stop.is_set():
            wasyncore.loop(timeout=0.05, use_poll=True, map=channels, count=1)

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield int(server.effective_port)
    finally:
        stop.set()
        thread.join()
        server.task_dispatcher.shutdown()
        server.close()


def uploading(browser: Browser, task: str) -> tuple[bytes, bytes]:
    """Head and body of the request that a page of this browser uploads the file with."""
    built = EnvironBuilder(method="POST", data={"field": "photo", "file": (BytesIO(BODY), "照片.pdf")}).get_environ()
    body, kind = built["wsgi.input"].read(), built["CONTENT_TYPE"]
    cookies = "; ".join(f"{each.key}={each.value}" for each in browser.client._cookies.values())
    head = {
        "Host": "127.0.0.1",
        "Cookie": cookies,
        "X-CSRFToken": browser.token(),
        "Accept": "application/json",
        "Content-Type": kind,
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"POST /tasks/{task}/files HTTP/1.1\r\n{lines}\r\n".encode(), body


def test_a_sealed_file_is_on_no_disk_in_the_clear_from_its_first_byte_to_its_last(
    hospital: Hospital,
    wards: Flask,
    sign_in: Callable[[str], Browser],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ann, task = sign_in("ann"), hospital.task(hospital.admit())
    state, seen = hospital.runtime.state.parent, []
    head, body = uploading(ann, task)

    def note(_app: Flask, **_: object) -> None:
        assert request.files, "the upload has been read apart"
        seen.append(on_disk(tmp_path, state))

    with (
        served(wards, Settings(port=0, state=hospital.runtime.state)) as port,
        request_finished.connected_to(note),
        socket.create_connection(("127.0.0.1", port), timeout=30) as line,
    ):
        line.sendall(head + body[:-10])
        for _ in range(200):  # until the server has taken in what was sent
            arriving = on_disk(tmp_path)
            if sum(len(each) for each in arriving.values()) > len(BODY) // 2:
                break
            threading.Event().wait(0.05)
        assert sum(len(each) for each in arriving.values()) > len(BODY) // 2, "it is put onto the disk"
        assert in_the_clear(arriving) == []
        line.sendall(body[-10:])
        answer = b"".join(iter(lambda: line.recv(65536), b""))

    assert b" 201 " in answer.split(b"\r\n", 1)[0], answer[:500]
    assert [in_the_clear(each) for each in seen] == [[]]
    assert in_the_clear(on_disk(tmp_path, state)) == []
    with hospital.runtime.read() as view:
        stored = view.connection.execute(select(schema.attachment_body.c.body)).scalars().all()
    assert stored and all(CANARY not in bytes(each) for each in stored)
