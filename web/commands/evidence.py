"""The commands ``xuncha verify`` and ``xuncha anchor``: does everything that is shown as fact still hold?"""

from __future__ import annotations

from typing import TextIO

import click

from engine import anchor as anchors
from engine import clock
from engine.errors import Tampered
from engine.evidence import verifying
from web.terminal import complain, opened, say, t


@click.command(help=t("Check all evidence: cases, registers, policy, definitions, grants, the access record."))
@click.option("--anchor", "kept", type=click.File("r", "utf-8"), help=t("An anchor made earlier and kept elsewhere."))
def verify(kept: TextIO | None) -> None:
    """Find what was edited, removed, inserted, reordered or cut off, and say where."""
    with opened() as runtime, runtime.read(snapshot=True) as view:
        found = verifying.verify(view)
        faults = [*found.faults, *(anchors.check(view, kept.read()) if kept else ())]
    for table, rows in sorted(found.rows.items()):
        say("{table}: {rows} rows looked at", table=table, rows=rows)
    say("Not evidence: {tables}. docs/evidence.md says why.", tables=", ".join(verifying.no_evidence()))
    if found.since is not None:
        moment = f"{clock.instant(found.since):%F %R}"
        say("Rows beside the cases are chained since {moment} UTC, as they stood then.", moment=moment)
    for each in faults:
        complain(each)
    if faults:
        raise Tampered("{count} faults in {cases} cases.", count=len(faults), cases=found.instances)
    say("{cases} cases, {lines} lines: every chain holds.", cases=found.instances, lines=found.lines)


@click.command("anchor", help=t("Sign where every chain stands now; keep what it prints outside the database."))
def anchor() -> None:
    """Print an anchor."""
    with opened() as runtime, runtime.write() as command:
        click.echo(anchors.make(command))
