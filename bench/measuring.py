"""Samples, medians and the table they are printed in."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Sample:
    """Times of one thing, in milliseconds."""

    times: list[float] = field(default_factory=list)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Time one execution of the block."""
        begin = time.perf_counter()
        yield
        self.times.append((time.perf_counter() - begin) * 1000)

    @property
    def median(self) -> float:
        """Half of the times are below."""
        return statistics.median(self.times)

    @property
    def p95(self) -> float:
        """Nineteen of twenty times are below."""
        return sorted(self.times)[int(len(self.times) * 0.95)]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        bar: the figure to stay below, in the unit of ``value``; None where there is only something to see.
    """

    what: str
    database: str
    value: float
    unit: str
    bar: float | None = None
    note: str = ""

    @property
    def holds(self) -> bool:
        """Whether the bar is met."""
        return self.bar is None or self.value <= self.bar


def timed(action: Callable[[], object], times: int) -> Sample:
    """Run something this often, without the collector in between."""
    sample = Sample()
    gc.collect()
    gc.disable()
    try:
        for _ in range(times):
            with sample.taken():
                action()
    finally:
        gc.enable()
    return sample


def table(rows: list[Row]) -> str:
    """The rows as text, for people."""
    lines = [f"{'what':<64}{'database':<12}{'value':>10} {'unit':<6}{'bar':>10}  note"]
    for row in rows:
        bar = "" if row.bar is None else f"{row.bar:.2f}"
        mark = "" if row.holds else "  <-- above the bar"
        lines.append(f"{row.what:<64}{row.database:<12}{row.value:>10.2f} {row.unit:<6}{bar:>10}  {row.note}{mark}")
    return "\n".join(lines)
