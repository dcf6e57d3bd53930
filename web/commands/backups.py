"""The commands ``xuncha backup`` and ``xuncha restore``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import click

from engine import anchor, backup
from engine.errors import EngineError, Tampered
from engine.evidence import verifying
from engine.runtime import View
from web.commands.acting import moment
from web.terminal import complain, configured, opened, say, t


@click.command("backup", help=t("Write a backup of the whole database while it is at work; the keys stay outside."))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--with-keys", is_flag=True, help=t("Put the keys beside it too: who has both can open everything."))
def make(file: Path, with_keys: bool) -> None:
    """A backup."""
    with opened() as runtime:
        at = backup.make(runtime, file, with_keys=with_keys)
        with runtime.read() as view:
            say("{file}: everything up to {at}.", file=str(file), at=moment(view, at))
    if not with_keys:
        say("The keys are not in it. Keep a copy of the folder with the keys elsewhere.")


@click.command("restore", help=t("Put a backup back where there is no database yet, and check every history."))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--anchor", "kept", type=click.File("r", "utf-8"), multiple=True, help=t("An anchor kept elsewhere."))
def restore(file: Path, kept: Sequence[TextIO]) -> None:
    """Back again."""
    settings = configured()
    backup.restore(settings.url, settings.state, file)
    say("The database stands again.")
    with opened() as runtime, runtime.read(snapshot=True) as view:
        found = verifying.verify(view)
        faults: list[EngineError] = [*found.faults]
        for each in kept:
            faults += _against(view, each.read())
    for fault in faults:
        complain(fault)
    if faults:
        raise Tampered("{count} faults in {cases} cases.", count=len(faults), cases=found.instances)
    say("{cases} cases, {lines} lines: every chain holds.", cases=found.instances, lines=found.lines)


def _against(view: View, text: str) -> Sequence[Tampered]:
    """Compare with an anchor; what happened between the backup and a newer one is gone, which is said, and no fault."""
    behind = backup.behind(view, text)
    if behind is None:
        return anchor.check(view, text)
    say(
        "The anchor of {anchor} is newer than the backup of {backup}: {cases} cases had gone on, and that is missing.",
        anchor=moment(view, behind.anchored_at),
        backup=moment(view, behind.made_at),
        cases=behind.cases,
    )
    return behind.faults
