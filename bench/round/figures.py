"""What was measured, as tables: for each kind of command, and for each element whether it needs more at the end."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.round.measuring import Taken

ENOUGH = 40
TENTH_AT_LEAST = 10
# By so much more work, and by more than a page of a list or a variable more may be.
GROWN, GROWN_CALLS, GROWN_STEPS = 1.5, 300, 50


@dataclass(frozen=True, slots=True)
class Course:
    """How one thing went from the beginning to the end.

    Attributes:
        first, last: median milliseconds of the first and of the last tenth.
        statements: median number of SQL statements of them.
        calls, steps: the least work that one of them was, where it was counted: what costs more beside more rows
            costs more each time.
        slowest: the longest of all, milliseconds, and the element it was.
    """

    what: str
    count: int
    first: float
    last: float
    statements: tuple[float, float]
    calls: tuple[int, int]
    steps: tuple[int, int]
    slowest: float
    slowest_at: str
    total_s: float

    @property
    def ratio(self) -> float:
        """The end against the start: work where it was counted, else time."""
        counted = [_ratio(self.calls, GROWN_CALLS), _ratio(self.steps, GROWN_STEPS)]
        return max(counted) if self.calls[0] else self.last / self.first

    @property
    def grew(self) -> bool:
        """Whether it was counted and needs more at the end than at the start.

        A list or page that was empty then is not meant: that is measured by ``make bench``, beside a million events.
        """
        if self.what.startswith("look at") and not self.what.startswith("look at a task"):
            return False
        return self.count >= ENOUGH and self.calls[0] > 0 and self.ratio > GROWN


def _ratio(work: tuple[int, int], little: int) -> float:
    return work[1] / work[0] if work[1] - work[0] > little and work[0] else 1.0


def by_kind(taken: Iterable[Taken]) -> list[Course]:
    """One line for each kind of command. A round does other things at its end than at its start, so what grew is to be
    seen by element only."""
    return _courses(taken, lambda each: each.kind)


def by_element(taken: Iterable[Taken]) -> list[Course]:
    """One line for each element with enough of it, what grew most first.

    Who takes another branch sends other statements; so many statements of an element are a line of their own.
    """
    found = _courses(taken, lambda each: f"{each.kind}: {each.element} ({each.statements})")
    return sorted((course for course in found if course.count >= ENOUGH), key=lambda course: -course.ratio)


def _courses(taken: Iterable[Taken], named: Callable[[Taken], str]) -> list[Course]:
    groups: dict[str, list[Taken]] = defaultdict(list)
    for each in sorted(taken, key=lambda one: one.at):
        groups[named(each)].append(each)
    return sorted((_course(what, group) for what, group in groups.items()), key=lambda course: -course.total_s)


def _course(what: str, group: Sequence[Taken]) -> Course:
    # Whoever does a thing for the first time reads what it needs; that is no beginning of a course.
    later = group[1:] if len(group) > 1 else group
    size = min(len(later), max(TENTH_AT_LEAST, len(later) // 10))
    ends = later[:size], later[-size:]
    slowest = max(later, key=lambda each: each.ms)
    first, last = (statistics.median(each.ms for each in end) for end in ends)
    return Course(
        what,
        len(group),
        first,
        last,
        _both(ends, statistics.median, lambda each: each.statements),
        _both(ends, min, lambda each: each.calls),
        _both(ends, min, lambda each: each.steps),
        slowest.ms,
        slowest.element,
        sum(each.ms for each in group) / 1000,
    )


def _both(ends: tuple[Sequence[Taken], Sequence[Taken]], of: Any, figure: Callable[[Taken], int]) -> tuple[Any, Any]:
    first, last = ends
    return of(map(figure, first)), of(map(figure, last))


def table(courses: Iterable[Course], *, marked: bool = True) -> str:
    """The lines as text; ``marked``: what grew has a mark."""
    names = f"{'count':>7}{'first ms':>10}{'last ms':>9}{'statements':>14}{'calls':>16}{'steps':>14}{'ratio':>7}"
    lines = [f"{'what':<48}{names}{'slowest ms':>12}{'total s':>9}"]
    for each in courses:
        said, calls, steps = (f"{first:.0f} → {last:.0f}" for first, last in (each.statements, each.calls, each.steps))
        mark = "  <-- grew" if marked and each.grew else ""
        lines.append(
            f"{each.what:<48}{each.count:>7}{each.first:>10.1f}{each.last:>9.1f}{said:>14}{calls:>16}{steps:>14}"
            f"{each.ratio:>7.2f}{each.slowest:>12.1f}{each.total_s:>9.1f}  {each.slowest_at}{mark}"
        )
    return "\n".join(lines)
