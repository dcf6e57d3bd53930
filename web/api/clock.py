"""The clock of a demonstration. In any other database these routes are never registered."""

from __future__ import annotations

from web import demo
from web.api.asked import Move
from web.api.operation import Room
from web.api.outcomes import Clock
from web.auth import current

room = Room("api_clock")


@room.operation("GET", "/clock", Clock)
def read_clock() -> Clock:
    """The demonstration's time."""
    return Clock(now=current.bearer().now, jobs=0)


@room.operation("POST", "/clock", Clock, body=Move)
def move_clock(body: Move) -> Clock:
    """Move the demonstration's clock forward by whole days and do what has become due."""
    moved = demo.advance(body.days)
    return Clock(now=moved.now, jobs=moved.jobs)
