"""Identifiers that cannot be guessed and lie close together in an index."""

from __future__ import annotations

import os
import time


def new() -> str:
    """32 hex digits: 48 bits of time, so that neighbours in time are neighbours in an index, then 80 random bits."""
    return f"{time.time_ns() // 1_000_000:012x}{os.urandom(10).hex()}"
