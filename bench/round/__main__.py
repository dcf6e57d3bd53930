"""``python -m bench.round``: a round of 40 units, 700 issues and 60 clues to its end, on PostgreSQL with two worker
processes and on SQLite with a thread; with ``--counted`` it fails where something is more work at the end than at the
start."""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from bench.round import figures, measured
from bench.round.district import District
from bench.round.measured import Asked, Measured
from tests.provision import postgres
from web import logging


def main() -> int:
    """1 if something grew; whatever else is wrong is raised."""
    parser = argparse.ArgumentParser(prog="bench.round", description=__doc__)
    parser.add_argument("--only", choices=("sqlite", "postgresql"), help="one database only")
    for name, size in asdict(District()).items():
        parser.add_argument(f"--{name}", type=int, default=size, help=f"{size} unless told")
    parser.add_argument("--workers", type=int, default=measured.WORKERS, help="processes beside the one that plays")
    parser.add_argument("--counted", action="store_true", help="count the work of each step instead of timing it")
    parser.add_argument(
        "--minutes", type=float, default=math.inf, help="stop then, before the end, and say how it went"
    )
    parser.add_argument("--json", type=Path, help="write every single time to this file")
    asked = parser.parse_args()
    logging.configure("error")
    district = District(asked.teams, asked.units, asked.issues, asked.clues)
    grew = False
    for kind in ("sqlite", "postgresql"):
        if asked.only in (None, kind):
            with ExitStack() as stack:
                place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                server = stack.enter_context(postgres.running(postgres.find())) if kind == "postgresql" else None
                how = Asked(asked.workers, asked.minutes * 60, asked.counted, Telling(kind))
                found = measured.run(kind, place, server, district, how)
            grew |= report(found)
            if asked.json is not None:
                asked.json.with_suffix(f".{kind}.json").write_text(json.dumps([asdict(each) for each in found.taken]))
    return 1 if grew else 0


class Telling:
    """Says now and then how far it is."""

    def __init__(self, kind: str) -> None:
        self._kind, self._next, self._begin = kind, 0, time.monotonic()

    def __call__(self, commands: int) -> None:
        if commands >= self._next:
            self._next = commands + 1000
            print(f"{self._kind}: {commands} commands, {time.monotonic() - self._begin:.0f} s", file=sys.stderr)


def report(found: Measured) -> bool:
    """Print what was found; whether something grew."""
    district, per_second = found.district, found.rows["commands"] / found.seconds
    print(f"\n{found.database}: {district}")
    print(f"made in {found.made:.1f} s, played in {found.seconds:.0f} s: {per_second:.1f} commands a second")
    ended = f"{found.folded} stories verified and folded" if found.folded else "stopped before its end"
    print(f"rows: {found.rows}; database {found.size_mb:.1f} MB; {ended}")
    print("most memory, MB: " + ", ".join(f"{name} {most:.0f}" for name, most in found.memory_mb.items()))
    print(figures.table(figures.by_kind(found.taken), marked=False))
    print("\nby element, what grew most first")
    courses = figures.by_element(found.taken)
    print(figures.table(courses))
    return any(course.grew for course in courses)


if __name__ == "__main__":
    raise SystemExit(main())
