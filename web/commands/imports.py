"""The command ``xuncha import``: organisations, persons and grants from one workbook."""

from __future__ import annotations

from pathlib import Path

import click

from engine import importing, sheet
from engine.errors import Conflict, Invalid
from web.commands.acting import by, changing, looking
from web.terminal import language, say, t, title


class _Only(Exception):
    """Nothing is kept of what was tried."""


@click.command("import", help=t("Take organisations, persons and grants in from a workbook: all of it or nothing."))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--template", is_flag=True, help=t("Write an empty workbook to FILE instead, to be filled in."))
@click.option("--dry-run", is_flag=True, help=t("Say what would be done, and do nothing."))
@by
def take(file: Path, template: bool, dry_run: bool, by: str | None) -> None:
    """From a workbook."""
    if template:
        _write(file)
        return
    body = _read(file)
    try:
        with changing(by) as command:
            taken = importing.take(command, file.name, body)
            if dry_run:
                raise _Only
    except _Only:
        say("This would be done:")
    for kind, each in taken.items():
        numbers = {"new": each.new, "changed": each.changed, "standing": each.standing}
        say("{sheet}: {new} new, {changed} changed, {standing} as they stand.", sheet=title(*_titles(kind)), **numbers)


def _titles(kind: str) -> tuple[str, str]:
    return importing.KINDS[kind].titles


def _write(file: Path) -> None:
    if file.exists():
        raise Conflict("{path} is there already and is not overwritten. Choose another name.", path=str(file))
    with looking() as view:
        file.write_bytes(importing.template(view, language(), _notes()))
    say("{file} is there to be filled in. Then run: xuncha import {file}", file=str(file))


def _notes() -> tuple[str, ...]:
    return (
        t("A column with * must be filled in. Keys are made of letters, digits, “_”, “-” and “.”."),
        t("A remit is a kind and a key, such as team:T1; left empty: the whole office."),
        t("Days are written like 2026-04-01; the last day counts to its end. An empty cell leaves what stands."),
    )


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > sheet.LIMIT:
            limit = sheet.LIMIT // 1024 // 1024
            raise Invalid("The file {name} is larger than {limit} MB.", name=file.name, limit=limit)
        return file.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise Invalid("The file {name} cannot be read: {reason}.", name=str(file), reason=reason) from error
