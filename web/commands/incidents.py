"""The commands ``xuncha incident …``: what stands still, and how it goes on."""

from __future__ import annotations

import json

import click

from engine import incident as incidents
from engine.errors import Invalid
from engine.feel import Value
from engine.query import incidents as standing
from engine.runtime import View
from web.commands.acting import by, changing, looking, moment
from web.terminal import say, t, table


@click.group(help=t("Look after what failed for good: list it, try it again, lead the case past it."))
def incident() -> None:
    """Incidents."""


@incident.command("list", help=t("List what stands still and why, the oldest first."))
def listed() -> None:
    """What stands still."""
    with looking() as view:
        rows = [_row(view, each) for each in standing.standing(view)]
    table((t("incident"), t("since"), t("process"), t("case"), t("step"), t("what happened")), rows)


def _row(view: View, each: standing.Incident) -> tuple[str, ...]:
    told = t(each.message, **each.params)
    return each.id, moment(view, each.since), each.process or "", each.number or each.instance_id, each.step, told


@incident.command("retry", help=t("Try the failed step again, once its cause is put right."))
@click.argument("key", metavar="INCIDENT")
@by
def retry(key: str, by: str | None) -> None:
    """Again."""
    with changing(by) as command:
        incidents.retry(command, key, operating=True)
    say("It is tried again; 'xuncha incident list' shows it anew should it fail again.")


@incident.command("skip", help=t("Lead the case past the failed step, with the values that it would have given."))
@click.argument("key", metavar="INCIDENT")
@click.option("--reason", required=True, help=t("Why; it is kept."))
@click.option("--value", "given", multiple=True, metavar="NAME=VALUE", help=t("A number, true, false, null or text."))
@by
def skip(key: str, reason: str, given: tuple[str, ...], by: str | None) -> None:
    """Past it."""
    with changing(by) as command:
        incidents.skip(command, key, dict(map(_value, given)), reason, operating=True)
    say("The case was led past the step.")


def _value(given: str) -> tuple[str, Value]:
    name, mark, text = given.partition("=")
    if not mark or not name.strip():
        raise Invalid("A value is given as NAME=VALUE; {given} is not.", given=given)
    try:
        read = json.loads(text)
    except ValueError:
        return name.strip(), text
    return name.strip(), read if isinstance(read, bool | int | float | None) else text
