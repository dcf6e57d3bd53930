"""The door of the server: who comes in, how long one may take to say what one wants, and who gives way when it is full.

Waitress reads requests whole before a thread is given to them, so a slow client costs a connection and no thread. What
it does not do is end those that never get to the point; that is here, on top of its own classes.
"""

from __future__ import annotations

import re
import resource
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from waitress.adjustments import Adjustments  # type: ignore[import-untyped]
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.parser import HTTPRequestParser, ParsingError  # type: ignore[import-untyped]
from waitress.receiver import ChunkedReceiver  # type: ignore[import-untyped]
from waitress.server import TcpWSGIServer  # type: ignore[import-untyped]
from waitress.task import ThreadedTaskDispatcher  # type: ignore[import-untyped]
from waitress.utilities import BadRequest  # type: ignore[import-untyped]

from web.config import Settings
from web.security import UPLOAD_LIMIT

LOOK_EVERY_S = 0.25
# The line before a piece of a chunked body is a number; what may follow the last piece is of no use to us.
LONGEST_CHUNK_LINE, LONGEST_TRAILER = 256, 4096
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_SPARE_FILES = 256
_FIELD = re.compile(rb"\r\n[ \t]*(content-length|transfer-encoding)[ \t]*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a connection may take.

    Attributes:
        head_s: from the beginning of a request, or of the connection, to the end of its head.
        keep_alive_s: between one request and the next.
        grace_s: how long a body or an answer may move more slowly than ``rate``.
        rate: bytes a second.
    """

    head_s: float
    keep_alive_s: float
    grace_s: float
    rate: int


class Request(HTTPRequestParser):  # type: ignore[misc]
    """A request of which nobody behind or before us could think that it ends elsewhere (RFC 9112, 6.3)."""

    completed: bool
    error: Any

    def parse_header(self, header_plus: bytes) -> None:
        """Refuse a head that gives its body two lengths."""
        if len({each.lower() for each in _FIELD.findall(header_plus)}) > 1:
            raise ParsingError("Content-Length and Transfer-Encoding in one request")
        super().parse_header(header_plus)
        if "TRANSFER_ENCODING" in self.headers:
            raise ParsingError("Transfer-Encoding in a request of HTTP/1.0")

    def received(self, data: bytes) -> int:
        """Take bytes in; a chunked body whose framing grows without end is refused."""
        consumed = int(super().received(data))
        body = self.body_rcv
        if isinstance(body, ChunkedReceiver) and not self.completed and _rambles(body):
            self.error = BadRequest("The framing of the body is too long")
            self.completed = True
        return consumed


def _rambles(body: ChunkedReceiver) -> bool:
    return len(body.control_line) > LONGEST_CHUNK_LINE or len(body.trailer) > LONGEST_TRAILER


class Connection(HTTPChannel):  # type: ignore[misc]
    """One connection, which has to get on with it.

    Attributes:
        phase: what is waited for: the ``first`` or ``next`` request, its ``head``, its ``body``, or that the client
            takes its ``answer``; ``None`` while a thread works for it.
        since: when that began, on the clock that never goes back.
        moved: bytes that have gone to or fro since.
    """

    parser_class = Request
    server: Door

    def __init__(self, *args: Any, **options: Any) -> None:
        self.phase: str | None = "first"
        self.since = time.monotonic()
        self.moved = 0
        self._known = False
        super().__init__(*args, **options)

    def readable(self) -> bool:
        """Whether more may come in; not from one who was ended while the loop was asking all of them."""
        return bool(self.connected and super().readable())

    def writable(self) -> bool:
        """Whether anything is to go out; not to one who was ended meanwhile."""
        return bool(self.connected and super().writable())

    def received(self, data: bytes) -> Any:
        """Take bytes in; a new request has its own time."""
        before = self.request
        taken = super().received(data)
        if self.request is not before or self.requests:
            self._known = self._known or bool(self.requests)
            self._enter()
        self.moved += len(data)
        return taken

    def send(self, data: bytes, do_close: bool = True) -> int:
        """Hand bytes to the network, and count them."""
        sent = int(super().send(data, do_close))
        self.moved += sent
        return sent

    def is_late(self, now: float) -> bool:
        """Whether it has taken too long for what is waited for."""
        if self.awaited() != self.phase:
            self._enter()
        waited, pace = now - self.since, self.server.pace
        if self.phase in ("first", "head"):
            return waited > pace.head_s
        if self.phase == "next":
            return waited > pace.keep_alive_s
        if self.phase is None or waited <= pace.grace_s:
            return False
        is_late = self.moved < waited * pace.rate
        self._enter()  # what has moved fast enough so far is no credit for what is to come
        return is_late

    def part(self) -> None:
        """End it; who is in the middle of a request hears why, if the network takes it."""
        if self.phase in ("head", "body"):
            with suppress(OSError):
                self.socket.send(TOO_SLOW)
        self.handle_close()  # not once the network takes more: it may never do so again

    def _enter(self) -> None:
        self.phase, self.since, self.moved = self.awaited(), time.monotonic(), 0

    def awaited(self) -> str | None:
        """What is waited for at this moment, as ``phase`` says it; that is only told anew when somebody looks."""
        if self.total_outbufs_len:
            return "answer"
        if self.requests:
            return None
        if self.request is None:
            return "next" if self._known else "first"
        return "body" if self.request.headers_finished else "head"


class Door(TcpWSGIServer):  # type: ignore[misc]
    """The listening socket.

    When as many are inside as may be, whoever has waited longest without having said what they want gives way to the
    next who comes: those who hold connections open for nothing keep nobody else out.
    """

    channel_class = Connection
    active_channels: dict[int, Connection]

    def __init__(
        self, app: Callable[..., Any], settings: Settings, listening: socket.socket, map: dict[int, Any]
    ) -> None:
        self.pace = Pace(
            settings.head_seconds, settings.keep_alive_seconds, settings.grace_seconds, settings.least_rate
        )
        self._limit = settings.connections
        self._look_at = 0.0
        _allow_files(settings.connections + _SPARE_FILES)
        dispatcher = ThreadedTaskDispatcher()
        dispatcher.set_thread_count(settings.threads)
        super().__init__(
            app,
            map,
            True,
            listening,
            dispatcher=dispatcher,
            adj=_adjusted(settings),
            bind_socket=False,
            sockinfo=(listening.family, listening.type, listening.proto, listening.getsockname()),
        )

    def readable(self) -> bool:
        """Whether one more may come in; in passing, those who took too long are ended."""
        now = time.monotonic()
        if now > self._look_at:
            self._look_at = now + LOOK_EVERY_S
            for each in list(self.active_channels.values()):
                if each.is_late(now):
                    each.part()
        return bool(self.accepting) and (len(self.active_channels) < self._limit or self._who_gives_way() is not None)

    def handle_accept(self) -> None:
        """Let one in, and somebody else out if need be.

        In this order: the number of whoever left first would be given to whoever comes, and what the loop has still to
        tell of the one would be told to the other, whose connection would end by it.
        """
        is_full = len(self.active_channels) >= self._limit
        leaving = self._who_gives_way() if is_full else None
        if is_full and leaving is None:
            return
        super().handle_accept()
        if leaving is not None:
            leaving.handle_close()

    def _who_gives_way(self) -> Connection | None:
        inside = [(each, each.awaited()) for each in self.active_channels.values()]
        waiting = [(phase == "body", each.since, each) for each, phase in inside if phase not in (None, "answer")]
        return min(waiting, key=lambda each: each[:2], default=(False, 0.0, None))[2]


def _adjusted(settings: Settings) -> Adjustments:
    return Adjustments(
        threads=settings.threads,
        connection_limit=settings.connections + 2,
        max_request_header_size=settings.head_bytes + 1,
        max_request_body_size=UPLOAD_LIMIT * 2,
        channel_timeout=10**9,  # the pace above is what counts, on a clock that does not go back
        # An answer goes to disk rather than keep a thread until a slow client has taken it.
        outbuf_high_watermark=UPLOAD_LIMIT * 4,
        ident="",
        clear_untrusted_proxy_headers=settings.proxies == 0,
    )


def _allow_files(count: int) -> None:
    """Each connection is an open file; raise what this process may have as far as the machine lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        most = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
