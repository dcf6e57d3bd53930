"""Fresh databases of one kind, made fast: the tables are made once and then copied."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from engine.database import Database
from tests.provision.postgres import Server

KINDS = ("sqlite", "postgresql")


class Databases(ABC):
    """Gives a database for the length of a `with` block and takes it away afterwards."""

    def __init__(self) -> None:
        self._original: str | None = None
        self._filled: dict[str, str] = {}

    @contextmanager
    def empty(self) -> Iterator[str]:
        """The URL of a database without any table."""
        name = self._make(None)
        try:
            yield self._url(name)
        finally:
            self._drop(name)

    @contextmanager
    def ready(self) -> Iterator[str]:
        """The URL of a database that has every table and no content."""
        name = self._make(self._tables())
        try:
            yield self._url(name)
        finally:
            self._drop(name)

    @contextmanager
    def filled(self, what: str, fill: Callable[[str], None]) -> Iterator[str]:
        """The URL of a copy of a database with content: made once for each `what` by `fill`, given the URL."""
        if what not in self._filled:
            original = self._make(self._tables())
            fill(self._url(original))
            self._filled[what] = original
        name = self._make(self._filled[what])
        try:
            yield self._url(name)
        finally:
            self._drop(name)

    def _tables(self) -> str:
        """The database that `ready` copies, made when first asked for."""
        if self._original is None:
            self._original = self._make(None)
            with closing(Database(self._url(self._original))) as database:
                database.create()
        return self._original

    @abstractmethod
    def _make(self, original: str | None) -> str: ...

    @abstractmethod
    def _drop(self, name: str) -> None: ...

    @abstractmethod
    def _url(self, name: str) -> str: ...


class SqliteFiles(Databases):
    """Each database is a file in `folder`."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.numbered = 0

    def _make(self, original: str | None) -> str:
        self.numbered += 1
        name = f"test_{self.numbered}.db"
        if original is not None:
            shutil.copyfile(self.folder / original, self.folder / name)
        return name

    def _drop(self, name: str) -> None:
        for file in self.folder.glob(f"{name}*"):
            file.unlink()

    def _url(self, name: str) -> str:
        return f"sqlite:///{self.folder / name}"


class PostgresDatabases(Databases):
    """Each is a database of one server."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.server = server

    def _make(self, original: str | None) -> str:
        return self.server.create(original)

    def _drop(self, name: str) -> None:
        self.server.drop(name)

    def _url(self, name: str) -> str:
        return self.server.url(name)
