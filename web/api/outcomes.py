"""What commands answer over the wire."""

from __future__ import annotations

from datetime import datetime

from web.api.shapes import Fault, Shape


class Released(Shape):
    """What became of one process."""

    process: str
    version: int
    changed: bool
    """False where the newest version is the same to the byte."""
    warnings: list[Fault]


class ReleaseList(Shape):
    """What became of every process among the files."""

    items: list[Released]


class Started(Shape):
    """A case that has just begun."""

    instance_id: str
    first_task: str | None
    """The first task of it that waits for you."""
    sees_case: bool
    """Whether you may open the case."""


class Completed(Shape):
    """What completing a task led to."""

    instance_id: str
    next_task: str | None
    """A task that this opened for you."""
    ended: bool
    """The case is over."""


class Published(Shape):
    """A message is on its way."""

    message_id: str


class Clock(Shape):
    """A demonstration's time."""

    now: datetime
    jobs: int
    """How much became due and was done by moving it."""
