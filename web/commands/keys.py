"""The commands ``xuncha keys …``: what history is chained, values are sealed and anchors are signed with."""

from __future__ import annotations

import click

from engine import clock, rotating
from engine.keys import ROTATING
from web.terminal import opened, say, t


@click.group(help=t("Look after the keys in the state folder."))
def keys() -> None:
    """Keys."""


@keys.command("rotate", help=t("Begin a new generation of keys (all, or those named); older ones stay for checking."))
@click.argument("names", nargs=-1, type=click.Choice(ROTATING), metavar="[history|seal|anchor]...")
def rotate(names: tuple[str, ...]) -> None:
    """New keys for what is written from now on."""
    with opened() as runtime, runtime.write() as command:
        numbers = rotating.rotate(command, names or ROTATING)
    for name, number in numbers.items():
        say("{name}: generation {number} counts from now on.", name=name, number=number)
    say(
        "Copy the folder state/keys to every machine of this installation and to where it is kept, then make an anchor."
    )


@keys.command("list", help=t("List the generations of each key and since when they count; no key is shown."))
def listed() -> None:
    """How many generations there are."""
    with opened() as runtime:
        for name in ROTATING:
            for each in getattr(runtime.keys, name).generations:
                since = t("the beginning") if not each.since else f"{clock.instant(each.since):%F %R} UTC"
                say("{name}: generation {number}, since {since}", name=name, number=each.number, since=since)
