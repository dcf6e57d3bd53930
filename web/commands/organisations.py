"""The commands ``xuncha organisation …``."""

from __future__ import annotations

import click

from engine import directory, enrolling
from engine.directory import Organisation
from web.commands.acting import anew, by, changing, gone, looking, name_en, named
from web.commands.people import given
from web.terminal import say, t, table

kind = click.option("--kind", help=t("What kind of organisation it is, a word of your own."))
parent = click.option("--parent", metavar="KEY", help=t("The organisation it belongs to."))


@click.group(help=t("Look after organisations: units, departments, bodies."))
def organisation() -> None:
    """Organisations."""


@organisation.command("add", help=t("Put a new organisation in."))
@click.argument("key")
@named
@name_en
@kind
@parent
@by
def add(key: str, name: str, name_en: str | None, kind: str | None, parent: str | None, by: str | None) -> None:
    """A new organisation."""
    with changing(by) as command:
        enrolling.add(command, Organisation(key, name, name_en, kind, parent))
    say("{name} ({key}) has been put in.", name=name, key=key)


@organisation.command("change", help=t("Change what is given; an empty text takes it away."))
@click.argument("key")
@anew
@name_en
@kind
@parent
@by
def change(key: str, by: str | None, **parts: str | None) -> None:
    """An organisation as it is now."""
    with changing(by) as command:
        parts["en"] = parts.pop("name_en")
        found = enrolling.change(command, directory.ORGANISATION, key, **given(parts))
    say("{name} ({key}) has been changed.", name=found.name, key=key)


@organisation.command("end", help=t("It is no longer there to choose; old cases keep its name."))
@click.argument("key")
@by
def end(key: str, by: str | None) -> None:
    """Gone."""
    with changing(by) as command:
        enrolling.change(command, directory.ORGANISATION, key, active=False)
    say("{key} is no longer offered.", key=key)


@organisation.command("return", help=t("It is there to choose again."))
@click.argument("key")
@by
def come_back(key: str, by: str | None) -> None:
    """Here again."""
    with changing(by) as command:
        enrolling.change(command, directory.ORGANISATION, key, active=True)
    say("{key} is offered again.", key=key)


@organisation.command("list", help=t("List the organisations."))
@gone
def listed(gone: bool) -> None:
    """Which there are."""
    with looking() as view:
        everything = directory.everything(view, directory.ORGANISATION, gone=gone)
    found = [each for each in everything if isinstance(each, Organisation)]
    rows = [(o.key, o.name, o.en, o.kind, o.parent, "" if o.active else t("no longer offered")) for o in found]
    table((t("key"), t("name"), t("English"), t("kind"), t("belongs to"), ""), rows)
