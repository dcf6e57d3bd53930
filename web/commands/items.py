"""The commands ``xuncha list …``: items of the reference lists that the policy declares."""

from __future__ import annotations

import click

from engine import directory, enrolling, policy
from engine.directory import Item
from engine.errors import NotFound
from web.commands.acting import anew, by, changing, gone, looking, name_en, named
from web.commands.people import given
from web.terminal import say, t, table, title

remit = click.option("--remit", metavar="REMIT", help=t("Within which alone it is offered, such as team:T1."))


@click.group("list", help=t("Look after the items of reference lists, such as teams or wards."))
def items() -> None:
    """Lists."""


@items.command("add", help=t("Put a new item into a list."))
@click.argument("list_key", metavar="LIST")
@click.argument("key")
@named
@name_en
@remit
@by
def add(list_key: str, key: str, name: str, name_en: str | None, remit: str | None, by: str | None) -> None:
    """A new item."""
    with changing(by) as command:
        enrolling.add(command, Item(list_key, key, name, name_en, remit))
    say("{name} ({key}) has been put in.", name=name, key=key)


@items.command("change", help=t("Change what is given; an empty text takes it away."))
@click.argument("list_key", metavar="LIST")
@click.argument("key")
@anew
@name_en
@remit
@by
def change(list_key: str, key: str, by: str | None, **parts: str | None) -> None:
    """An item as it is now."""
    with changing(by) as command:
        parts["en"] = parts.pop("name_en")
        found = enrolling.change(command, list_key, key, **given(parts))
    say("{name} ({key}) has been changed.", name=found.name, key=key)


@items.command("end", help=t("It is no longer there to choose; old cases keep its name."))
@click.argument("list_key", metavar="LIST")
@click.argument("key")
@by
def end(list_key: str, key: str, by: str | None) -> None:
    """Gone."""
    with changing(by) as command:
        enrolling.change(command, list_key, key, active=False)
    say("{key} is no longer offered.", key=key)


@items.command("return", help=t("It is there to choose again."))
@click.argument("list_key", metavar="LIST")
@click.argument("key")
@by
def come_back(list_key: str, key: str, by: str | None) -> None:
    """Here again."""
    with changing(by) as command:
        enrolling.change(command, list_key, key, active=True)
    say("{key} is offered again.", key=key)


@items.command("show", help=t("Show the items of a list, or which lists there are."))
@click.argument("list_key", metavar="[LIST]", required=False)
@gone
def show(list_key: str | None, gone: bool) -> None:
    """What there is."""
    with looking() as view:
        lists = policy.current(view.connection).lists
        if list_key is not None and list_key not in lists:
            raise NotFound("There is no list {list}. Known: {known}.", list=list_key, known=", ".join(lists))
        found = [] if list_key is None else directory.everything(view, list_key, gone=gone)
    if list_key is None:
        table(
            (t("list"), t("name")),
            [(key, title(each.title, each.en)) for key, each in lists.items()],
        )
        return
    shown = [each for each in found if isinstance(each, Item)]
    rows = [(i.key, i.name, i.en, i.remit, "" if i.active else t("no longer offered")) for i in shown]
    table((t("key"), t("name"), t("English"), t("remit"), ""), rows)
