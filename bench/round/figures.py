"""What was measured, as tables: for each kind of command, and for each element whether it got slower on the way."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bench.round.measuring import YARDSTICK, Taken

ENOUGH = 40
TENTH_AT_LEAST = 10
# A median of ten moves by so much without any reason in the program.
GROWN, GROWN_MS = 1.5, 3.0


@dataclass(frozen=True, slots=True)
class Course:
    """How one thing went from the beginning to the end.

    Attributes:
        first, last: median milliseconds of the first and of the last tenth.
        cpu_first, cpu_last: of the processor.
        pace: how much longer a piece of work that is always the same took at the end: what others do on the machine.
        statements_first, statements_last: median number of SQL statements of them.
        slowest: the longest of all, milliseconds, and the element it was.
    """

    what: str
    count: int
    first: float
    last: float
    cpu_first: float
    cpu_last: float
    pace: float
    statements_first: float
    statements_last: float
    slowest: float
    slowest_at: str
    total_s: float

    @property
    def ratio(self) -> float:
        """The end against the start, by what it needed of the processor, on a machine of the same pace."""
        return self.cpu_last / self.pace / self.cpu_first

    @property
    def grew(self) -> bool:
        """Whether it is slower at the end than at the start.

        A list or page that was empty then is not: that is measured by ``make bench``, beside a million events.
        """
        if self.what.startswith("look at") and not self.what.startswith("look at a task"):
            return False
        return self.count >= ENOUGH and self.ratio > GROWN and self.cpu_last / self.pace - self.cpu_first > GROWN_MS


def by_kind(taken: Iterable[Taken]) -> list[Course]:
    """One line for each kind of command. A round does other things at its end than at its start, so what grew is to be
    seen by element only."""
    return _courses(taken, lambda each: each.kind)


def by_element(taken: Iterable[Taken]) -> list[Course]:
    """One line for each element with enough of it, what grew most first."""
    found = _courses(taken, lambda each: f"{each.kind}: {each.element}")
    return sorted((course for course in found if course.count >= ENOUGH), key=lambda course: -course.ratio)


def _courses(taken: Iterable[Taken], named: Callable[[Taken], str]) -> list[Course]:
    groups: dict[str, list[Taken]] = defaultdict(list)
    sticks = []
    for each in sorted(taken, key=lambda one: one.at):
        if each.kind == YARDSTICK:
            sticks.append(each)
        else:
            groups[named(each)].append(each)
    courses = [_course(what, group, sticks) for what, group in groups.items()]
    return sorted(courses, key=lambda course: -course.total_s)


def _course(what: str, group: Sequence[Taken], sticks: Sequence[Taken]) -> Course:
    # Whoever does a thing for the first time reads what it needs; that is no beginning of a course.
    later = group[1:] if len(group) > 1 else group
    size = min(len(later), max(TENTH_AT_LEAST, len(later) // 10))
    first, last = later[:size], later[-size:]
    slowest = max(later, key=lambda each: each.ms)
    return Course(
        what,
        len(group),
        statistics.median(each.ms for each in first),
        statistics.median(each.ms for each in last),
        statistics.median(each.cpu_ms for each in first),
        statistics.median(each.cpu_ms for each in last),
        _pace(sticks, last) / _pace(sticks, first),
        statistics.median(each.statements for each in first),
        statistics.median(each.statements for each in last),
        slowest.ms,
        slowest.element,
        sum(each.ms for each in group) / 1000,
    )


def _pace(sticks: Sequence[Taken], beside: Sequence[Taken]) -> float:
    """What the yardstick took while these were done: the ten nearest at least."""
    begin, end = beside[0].at, beside[-1].at
    near = sorted(sticks, key=lambda each: max(begin - each.at, each.at - end, 0.0))
    within = [each for each in near if begin <= each.at <= end]
    chosen = within if len(within) >= TENTH_AT_LEAST else near[:TENTH_AT_LEAST]
    return statistics.median(each.cpu_ms for each in chosen) if chosen else 1.0


def table(courses: Iterable[Course], *, marked: bool = True) -> str:
    """The lines as text; ``marked``: what grew has a mark."""
    names = f"{'count':>7}{'first ms':>10}{'last ms':>9}{'cpu':>8}{'→ ms':>8}{'ratio':>7}{'statements':>14}"
    lines = [f"{'what':<44}{names}{'slowest ms':>12}{'total s':>9}"]
    for each in courses:
        said = f"{each.statements_first:.0f} → {each.statements_last:.0f}"
        mark = "  <-- grew" if marked and each.grew else ""
        lines.append(
            f"{each.what:<44}{each.count:>7}{each.first:>10.1f}{each.last:>9.1f}"
            f"{each.cpu_first:>8.1f}{each.cpu_last:>8.1f}{each.ratio:>7.2f}{said:>14}"
            f"{each.slowest:>12.1f}{each.total_s:>9.1f}  {each.slowest_at}{mark}"
        )
    return "\n".join(lines)
