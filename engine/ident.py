"""Identifiers that cannot be guessed, and that a process makes in order: what it made later sorts behind."""

from __future__ import annotations

import os
import threading
import time

_COUNTED = 1 << 16


class _Order:
    """Milliseconds since 1970, and how many identifiers there were in this one already."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> int:
        """The milliseconds with the count behind them; never less than before, also where the clock goes back."""
        with self._lock:
            self._last = max(time.time_ns() // 1_000_000 * _COUNTED, self._last + 1)
            return self._last


_ORDER = _Order()


def new() -> str:
    """32 hex digits: 48 bits of time, so that neighbours in time are neighbours in an index, 16 bits that count within
    a millisecond, then 64 random bits."""
    return f"{_ORDER.next():016x}{os.urandom(8).hex()}"
