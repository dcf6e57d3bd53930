"""What whoever does a task sees of it, and how what they say is found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from bench.round.district import HERE, District

Said = Mapping[str, Any]


class Later(Exception):
    """Not to be done before a day, or before something else has happened."""

    def __init__(self, until: date | None = None) -> None:
        super().__init__(until)
        self.until = None if until is None else datetime(until.year, until.month, until.day, 9, tzinfo=HERE)


class Desk(Protocol):
    """One open task as whoever does it sees it."""

    element: str
    process: str
    district: District
    now: datetime
    opened: datetime
    shown: Mapping[str, Any]

    def look(self, name: str) -> Any:
        """A value around the task: of its scopes, its case, or the cases this one was called from."""

    def waits(self, process: str, **wanted: Any) -> int:
        """Open cases of a process with these values."""


Answer = Callable[[Desk], Said]


class Answers(dict[str, Answer]):
    """What is said in particular, by element, or by process and element where several processes have one of that id."""

    def of(self, *elements: str) -> Callable[[Answer], Answer]:
        """Register what is said at these."""

        def register(answer: Answer) -> Answer:
            self.update(dict.fromkeys(elements, answer))
            return answer

        return register


def not_before(desk: Desk, day: date) -> None:
    """Leave it until that day.

    Raises:
        Later: it has not come.
    """
    if desk.now.date() < day:
        raise Later(day)


def after(desk: Desk, days: int) -> None:
    """Leave it for so long after it has come.

    Raises:
        Later: it has not been so long.
    """
    not_before(desk, (desk.opened + timedelta(days=days)).date())
