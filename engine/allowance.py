"""What one person may have lying about: files that are attached and not handed in."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Allowance:
    """Of one person, at open tasks and for cases not begun, together.

    Attributes:
        files: how many.
        size: bytes of them all.
    """

    files: int = 200
    size: int = 500 * MEGABYTE
