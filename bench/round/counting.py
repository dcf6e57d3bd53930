"""How much work a command is, whatever the machine is like just now: calls of functions, and steps of SQLite's machine.

Times of the same command differ by half on a machine that others use too; these figures differ by nothing. What is
counted takes about twice as long, so a round is either timed or counted.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from cProfile import Profile
from dataclasses import dataclass

from sqlalchemy import event

from engine.database import Database

STEPS_AT_ONCE = 100


@dataclass(slots=True)
class Work:
    """What a block needed: calls of Python functions, and steps of SQLite's virtual machine in hundreds.

    What PostgreSQL does is not in it.
    """

    calls: int = 0
    steps: int = 0


class Counter:
    """Counts the work of blocks, in each thread for itself; what a block within does is its own and not the outer's."""

    def __init__(self, database: Database) -> None:
        self._here = threading.local()
        if database.is_sqlite:
            event.listen(database.engine, "connect", self._attend)
            database.engine.dispose()  # who is connected already would not be attended

    def _attend(self, connection: sqlite3.Connection, _record: object) -> None:
        connection.set_progress_handler(self._step, STEPS_AT_ONCE)

    def _step(self) -> None:
        for block, _ in self._blocks()[-1:]:
            block.steps += 1

    def _blocks(self) -> list[tuple[Work, Profile]]:
        if not hasattr(self._here, "blocks"):
            self._here.blocks = []
        return self._here.blocks  # type: ignore[no-any-return]

    @contextmanager
    def of(self) -> Iterator[Work]:
        """Count the block; the figures are there when it has ended."""
        blocks, work, profile = self._blocks(), Work(), Profile(builtins=False)
        for _, outer in blocks[-1:]:
            outer.disable()
        blocks.append((work, profile))
        profile.enable()
        try:
            yield work
        finally:
            profile.disable()
            work.calls = sum(each.callcount for each in profile.getstats())
            blocks.pop()
            for _, outer in blocks[-1:]:
                outer.enable()
