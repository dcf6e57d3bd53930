"""Who stands behind a command: an administrator, whose name is kept with what is changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from engine.actor import person
from engine.runtime import Command, View
from web.auth import account
from web.terminal import opened, t

by = click.option("--by", metavar="KEY", help=t("Which administrator does this; needed where there are several."))
gone = click.option("--all", "gone", is_flag=True, help=t("Also what is no longer there or is over."))
anew = click.option("--name", help=t("The name shown on pages."))
named = click.option("--name", required=True, help=t("The name shown on pages."))
name_en = click.option("--name-en", help=t("The name on English pages."))


@contextmanager
def changing(administrator: str | None) -> Iterator[Command]:
    """A command in the name of an administrator: all of it or nothing.

    Raises:
        Forbidden, Invalid: it is not clear who that is.
    """
    with opened() as runtime:
        with runtime.read() as view:
            who = account.administrator(view.connection, administrator)
        with runtime.write(person(who)) as command:
            yield command


@contextmanager
def looking() -> Iterator[View]:
    """A look at everything, by whoever sits at the machine."""
    with opened() as runtime, runtime.read() as view:
        yield view


def moment(view: View, at: datetime | None) -> str:
    """A moment in the installation's zone; nothing for none."""
    return "" if at is None else f"{at.astimezone(ZoneInfo(view.runtime.zone)):%F %R}"
