"""A wire to a PostgreSQL server that a test can cut at a chosen word, or make silent."""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import make_url

_FILE = ".s.PGSQL.5432"


class Wire:
    """Stands between a program and its server, and passes on what each says."""

    def __init__(self, url: str, folder: Path) -> None:
        target = make_url(url)
        self._server = f"{target.query['host']}/{_FILE}"
        self.url = target.set(query={"host": str(folder)}).render_as_string(hide_password=False)
        self._lose_answer_to: bytes | None = None
        self._silent = False
        self._programs: list[socket.socket] = []
        self._losing: list[socket.socket] = []
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / _FILE))
        self._listening.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def lose_the_answer_to(self, word: bytes) -> None:
        """The next time the program says this, the server hears it, and its answer never arrives: the line is cut."""
        self._lose_answer_to = word

    def fall_silent(self) -> None:
        """From now on nothing is passed on, and no line is cut either."""
        self._silent = True

    @property
    def has_lost_an_answer(self) -> bool:
        """Whether that has come to pass since it was asked for."""
        return self._lose_answer_to is None

    def cut(self) -> None:
        """End every line that is open."""
        for each in self._programs:
            self._cut(each)

    def close(self) -> None:
        """Let nobody in any more."""
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                program, _ = self._listening.accept()
                self._programs.append(program)
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                threading.Thread(target=self._say, args=(program, server), daemon=True).start()
                threading.Thread(target=self._answer, args=(server, program), daemon=True).start()

    def _say(self, program: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while said := program.recv(65536):
                if self._silent:
                    continue
                if self._lose_answer_to is not None and self._lose_answer_to in said:
                    self._lose_answer_to = None
                    self._losing.append(server)
                server.sendall(said)
            server.close()

    def _answer(self, server: socket.socket, program: socket.socket) -> None:
        with suppress(OSError):
            while (said := server.recv(65536)) and server not in self._losing:
                if not self._silent:
                    program.sendall(said)
        self._cut(program)

    def _cut(self, program: socket.socket) -> None:
        with suppress(OSError):
            program.shutdown(socket.SHUT_RDWR)


@contextmanager
def laid(url: str) -> Iterator[Wire]:
    """A wire to the server of this URL."""
    with tempfile.TemporaryDirectory(prefix="xuncha-wire-") as folder:
        wire = Wire(url, Path(folder))
        yield wire
        wire.close()
