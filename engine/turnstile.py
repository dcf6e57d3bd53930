"""A door that lets in one at a time, in the order in which they came."""

from __future__ import annotations

import threading
from collections import deque


class NoTurn(Exception):
    """One's turn did not come in time."""


class Turnstile:
    """Fair, unlike a lock: whoever leaves and comes back at once stands behind those who wait.

    ``with`` it: a turn lasts to the end of the block.

    Args:
        seconds: how long one waits for a turn; ``NoTurn`` if it has not come by then.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._line: deque[threading.Lock] = deque()
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            mine = threading.Lock()
            self._line.append(mine)
            if self._line[0] is mine:
                return
            mine.acquire()
        if not mine.acquire(timeout=self._seconds):
            self._give_up(mine)

    def _give_up(self, mine: threading.Lock) -> None:
        with self._lock:
            if self._line[0] is not mine:  # else the turn has come this very moment
                self._line.remove(mine)
                raise NoTurn

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._line.popleft()
            if self._line:
                self._line[0].release()
