"""The commands ``xuncha exclusion …``: what somebody must not see, whatever they hold."""

from __future__ import annotations

import click

from engine import appointing
from engine.query import rights
from web.commands.acting import by, changing, looking, moment
from web.terminal import say, t, table

why = click.option("--reason", required=True, help=t("Why; it is kept."))


@click.group(help=t("Look after recusals: remits that are closed to a person, whatever they hold."))
def exclusion() -> None:
    """Recusals."""


@exclusion.command("add", help=t("Close a remit, such as unit:U3, to a person, at once."))
@click.argument("person")
@click.argument("remit")
@why
@by
def add(person: str, remit: str, reason: str, by: str | None) -> None:
    """Closed."""
    with changing(by) as command:
        appointing.exclude(command, person, remit, reason)
    say("{remit} is closed to {person}.", remit=remit, person=person)


@exclusion.command("end", help=t("Open a remit to a person again."))
@click.argument("person")
@click.argument("remit")
@why
@by
def end(person: str, remit: str, reason: str, by: str | None) -> None:
    """Open again."""
    with changing(by) as command:
        appointing.readmit(command, person, remit, reason)
    say("{remit} is open to {person} again.", remit=remit, person=person)


@exclusion.command("list", help=t("List what is closed to whom, and why."))
@click.argument("person", required=False)
def listed(person: str | None) -> None:
    """What is closed."""
    with looking() as view:
        rows = [(e.person, e.remit, moment(view, e.since_at), e.reason) for e in rights.exclusions(view, person)]
    table((t("person"), t("remit"), t("since"), t("reason")), rows)
