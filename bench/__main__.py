"""``python -m bench [--quick]``: measures, prints a table and JSON, fails where a bar does not hold."""

from __future__ import annotations

import argparse
import json
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from bench import beside, completing, finding, growing, reading, serving
from bench.measuring import Row, table
from bench.round import measured
from tests.provision import postgres
from web import logging


def main() -> int:
    """Measure on SQLite and on PostgreSQL; 1 if a bar does not hold."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer samples: to see that it runs")
    parser.add_argument("--only", choices=("sqlite", "postgresql"), help="one database only")
    arguments = parser.parse_args()
    logging.configure("warning")
    rows: list[Row] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for kind in ("sqlite", "postgresql"):
            if arguments.only in (None, kind):
                server = stack.enter_context(postgres.running(postgres.find())) if kind == "postgresql" else None
                for measure in (completing, growing, reading, finding, beside, serving, measured):
                    rows += measure.rows(kind, folder, server, quick=arguments.quick)
    print(table(rows))
    print(json.dumps([asdict(row) for row in rows], ensure_ascii=False))
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
