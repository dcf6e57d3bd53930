"""The commands ``xuncha substitute …``: who stands in for whom."""

from __future__ import annotations

import click

from engine import appointing, grant
from engine.query import rights
from web.commands.acting import by, changing, gone, looking, moment
from web.terminal import say, t, table


@click.group(help=t("Look after substitutes: who stands in for whom, and how long."))
def substitute() -> None:
    """Substitutes."""


@substitute.command("add", help=t("Let somebody stand in for a person; both names stand with what they do."))
@click.argument("person")
@click.argument("other", metavar="SUBSTITUTE")
@click.option("--from", "start", metavar="DAY", help=t("The first day, such as 2026-04-01; left out: at once."))
@click.option("--until", "end", metavar="DAY", required=True, help=t("The last day."))
@click.option("--reason", required=True, help=t("Why; it is kept."))
@by
def add(person: str, other: str, start: str | None, end: str, reason: str, by: str | None) -> None:
    """A new substitute."""
    with changing(by) as command:
        zone = command.runtime.zone
        until_at = appointing.ends(end, zone)
        assert until_at is not None
        appointing.substitute(command, person, other, appointing.begins(start, zone), until_at, reason)
        until = moment(command, until_at)
    say("{substitute} stands in for {person} until {end}.", substitute=other, person=person, end=until)


@substitute.command("end", help=t("End a substitution now; its ID stands in the list."))
@click.argument("substitution_id", metavar="ID")
@by
def end(substitution_id: str, by: str | None) -> None:
    """No longer."""
    with changing(by) as command:
        grant.end_substitution(command, substitution_id)
    say("The substitution is over.")


@substitute.command("list", help=t("List who stands in for whom, now or later."))
@click.argument("person", required=False)
@gone
def listed(person: str | None, gone: bool) -> None:
    """Who stands in."""
    with looking() as view:
        rows = [
            (s.id, s.person, s.substitute, moment(view, s.from_at), moment(view, s.until_at))
            for s in rights.substitutions(view, person, over=gone)
        ]
    table((t("ID"), t("person"), t("substitute"), t("from"), t("until")), rows)
