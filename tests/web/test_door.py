"""Clients that misbehave, on raw sockets: who is slow, silent or ambiguous stops nobody."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from flask import Flask, Response
from waitress import wasyncore

from tests.provision.databases import SqliteFiles
from web import security
from web.auth import current
from web.config import Settings
from web.door import Door

PACE = {"connections": 12, "threads": 2, "head_seconds": 1.5, "keep_alive_seconds": 3, "grace_seconds": 2}
GET = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    """One kind is enough: nothing here depends on the database."""
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


class House:
    """A server at work in a thread, and ways to come to its door."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        self.port: int = listening.getsockname()[1]
        self._channels: dict[int, Any] = {}
        self._ended = False
        self.door = Door(app, settings, listening, self._channels)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended:
            wasyncore.loop(timeout=0.05, use_poll=True, map=self._channels, count=1)

    def close(self) -> None:
        """End it and everything it has open."""
        self._ended = True
        self._thread.join()
        self.door.task_dispatcher.shutdown(timeout=2)
        wasyncore.close_all(self._channels)

    def come(self, said: bytes = b"") -> socket.socket:
        """A connection that has said this much."""
        wire = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        wire.sendall(said)
        return wire

    def ask(self, said: bytes = GET) -> bytes:
        """What is answered to a client that says this and then waits."""
        with self.come(said) as wire:
            return first(wire)


def first(wire: socket.socket) -> bytes:
    """The next whole answer; what there is of it, if the connection is ended."""
    said = b""
    with suppress(ConnectionError):
        while b"\r\n\r\n" not in said and (more := wire.recv(65536)):
            said += more
        head, _, body = said.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        while length and len(body) < int(length[1]) and (more := wire.recv(65536)):
            body, said = body + more, said + more
    return said


def ends_after(wire: socket.socket) -> float:
    """How long it takes until the other side ends the connection."""
    began = time.monotonic()
    while first(wire):
        pass
    return time.monotonic() - began


@pytest.fixture
def open_house(app: Flask) -> Iterator[Callable[..., House]]:
    """Opens servers; at the end of the test they are closed."""
    with ExitStack() as later:

        def make(**pace: Any) -> House:
            house = House(app, Settings(**{**PACE, **pace}))
            later.callback(house.close)
            return house

        yield make


def test_who_says_nothing_or_half_a_head_is_ended_after_a_while(open_house: Callable[..., House]) -> None:
    house = open_house()
    with house.come() as silent, house.come(GET[:20]) as half:
        assert first(half).startswith(b"HTTP/1.1 408 ")
        assert first(silent) == b""


def test_a_head_that_comes_drop_by_drop_is_ended_all_the_same(open_house: Callable[..., House]) -> None:
    with open_house().come(b"GET / HTTP/1.1\r\n") as wire:
        began = time.monotonic()
        wire.settimeout(0.2)
        answer = None
        while answer is None:
            assert time.monotonic() - began < 8
            try:
                wire.sendall(b"X: y\r\n")
                answer = first(wire)
            except TimeoutError:
                continue
            except OSError:
                answer = b"ended"
        assert 1.2 < time.monotonic() - began < 4


def test_a_connection_is_kept_for_the_next_request_and_then_ended(open_house: Callable[..., House]) -> None:
    with open_house(keep_alive_seconds=2.5).come(GET) as wire:
        assert b"200 OK" in first(wire)
        time.sleep(1.8)  # longer than a first head may take
        wire.sendall(GET)
        assert b"200 OK" in first(wire)
        assert 2 < ends_after(wire) < 6


def test_those_who_hold_connections_for_nothing_keep_nobody_else_out(open_house: Callable[..., House]) -> None:
    house = open_house(head_seconds=60, keep_alive_seconds=60, grace_seconds=60)
    body = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nx"
    with ExitStack() as later:
        uploading = later.enter_context(house.come(body))
        time.sleep(0.3)
        for number in range(60):
            wire = later.enter_context(house.come((b"", GET[:20], GET)[number % 3]))
            if number % 3 == 2:  # while too many are being served, only the upload could give way
                assert b"200 OK" in first(wire)
        for _ in range(5):
            assert b"200 OK" in house.ask()
        assert len(house.door.active_channels) <= PACE["connections"]
        uploading.sendall(b"x" * 99_999)  # whoever is in the middle of sending is the last to give way
        assert first(uploading).startswith(b"HTTP/1.1 4")


def test_as_many_as_may_be_are_inside_and_one_more_makes_one_leave(open_house: Callable[..., House]) -> None:
    house = open_house(connections=10, head_seconds=60)
    with ExitStack() as later:
        wires = [later.enter_context(house.come()) for _ in range(10)]
        _until(lambda: len(house.door.active_channels) == 10)
        time.sleep(0.5)
        assert len(house.door.active_channels) == 10
        later.enter_context(house.come())
        assert first(wires[0]) == b""
        wires[1].sendall(GET)
        assert b"200 OK" in first(wires[1])


def test_while_all_are_served_one_more_waits_at_the_door(app: Flask, open_house: Callable[..., House]) -> None:
    served = threading.Event()

    @app.get("/long")
    @current.public
    def long() -> str:
        served.wait(20)
        return "done"

    house = open_house(connections=10, threads=10, head_seconds=60)
    with ExitStack() as later:
        wires = [later.enter_context(house.come(GET.replace(b"/health", b"/long"))) for _ in range(10)]
        _until(lambda: sum(bool(each.requests) for each in house.door.active_channels.values()) == 10)
        waiting = later.enter_context(house.come(GET))
        waiting.settimeout(0.5)
        with pytest.raises(TimeoutError):
            waiting.recv(1)
        served.set()
        waiting.settimeout(10)
        assert all(b"done" in first(each) for each in wires)
        wires[0].close()
        assert b"200 OK" in first(waiting)


def test_a_body_that_hardly_moves_is_ended_and_one_that_keeps_the_pace_is_not(open_house: Callable[..., House]) -> None:
    house = open_house(grace_seconds=1, least_rate=2000)
    head = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000\r\n\r\n"
    with house.come(head) as slow, house.come(head) as steady:
        for _ in range(8):
            with suppress(OSError):
                slow.sendall(b"x" * 10)
            steady.sendall(b"x" * 2500)
            time.sleep(0.4)
        assert first(slow)[:13] in (b"HTTP/1.1 408 ", b"")
        assert first(steady).startswith(b"HTTP/1.1 403 ")


def test_who_does_not_take_the_answer_holds_no_thread_and_is_ended(
    app: Flask, open_house: Callable[..., House]
) -> None:
    @app.get("/large")
    @current.public
    def large() -> Response:
        return Response(b"x" * 20_000_000)

    house = open_house(threads=2, grace_seconds=1)
    with ExitStack() as later:
        wires = [later.enter_context(house.come(GET.replace(b"/health", b"/large"))) for _ in range(4)]
        time.sleep(0.5)
        assert b"200 OK" in house.ask()
        _until(lambda: not house.door.active_channels, 10)
        assert wires


# ---- what is said


def test_a_head_may_be_as_long_as_set_and_no_longer(open_house: Callable[..., House]) -> None:
    house = open_house(head_bytes=4096)
    for more, status in ((0, b"200 OK"), (1, b"431 ")):
        filled = b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: %s\r\n\r\n"
        assert status in house.ask(filled % (b"x" * (4096 - len(filled) + 2 + more)))


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5",
        b"transfer-encoding:\tchunked\r\nCONTENT-LENGTH: 5",
        b"Transfer-Encoding:\r\nContent-Length: 5",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: xchunked",
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: +5",
        b"Content-Length: 5, 5",
        b"Content-Length : 5",
    ],
)
def test_a_body_whose_length_is_in_doubt_is_refused_and_the_connection_ended(
    head: bytes, open_house: Callable[..., House]
) -> None:
    smuggled = b"0\r\n\r\n" + GET
    with open_house().come(b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n\r\n" + smuggled) as wire:
        said = first(wire)
        assert said.split(b" ")[1] in (b"400", b"501")
        rest = said + b"".join(iter(lambda: first(wire), b""))
        assert rest.count(b"HTTP/1.") == 1


def test_pieces_without_a_length_are_for_http_1_1_only(open_house: Callable[..., House]) -> None:
    piece = b"\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    house = open_house()

    assert b"400 " in house.ask(b"POST /sign-in HTTP/1.0" + piece)
    assert b"403 " in house.ask(b"POST /sign-in HTTP/1.1" + piece)


@pytest.mark.parametrize("endless", [b"1" * 5000, b"5;x=" + b"y" * 5000, b"0\r\nX: " + b"y" * 5000])
def test_framing_that_grows_without_end_is_refused(endless: bytes, open_house: Callable[..., House]) -> None:
    head = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert b"400 " in open_house(grace_seconds=60).ask(head + endless)


def test_more_than_any_page_takes_is_refused_before_it_is_sent(open_house: Callable[..., House]) -> None:
    most = security.UPLOAD_LIMIT * 2
    head = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"

    assert b"413 " in open_house().ask(head % most)


def _until(true: Callable[[], bool], seconds: float = 15) -> None:
    patience = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < patience, "it never came to this"
        time.sleep(0.02)
