"""The commands ``xuncha grant …``: who holds which role."""

from __future__ import annotations

import click

from engine import appointing, grant, policy
from engine.actor import WHOLE_OFFICE
from engine.errors import NotFound
from engine.query import rights
from web.commands.acting import by, changing, gone, looking, moment
from web.terminal import say, t, table, title

within = click.option(
    "--remit",
    default=WHOLE_OFFICE,
    metavar="REMIT",
    help=t("Such as team:T1; left out: the whole office."),
)


@click.group("grant", help=t("Look after grants: who holds which role, within what, from when until when."))
def grants() -> None:
    """Grants."""


@grants.command("add", help=t("Give a person a role, at once or from a day on; 'xuncha grant roles' lists the roles."))
@click.argument("person")
@click.argument("role")
@within
@click.option("--from", "start", metavar="DAY", help=t("The first day, such as 2026-04-01; left out: at once."))
@click.option("--until", "end", metavar="DAY", help=t("The last day; left out: for good."))
@by
def add(person: str, role: str, remit: str, start: str | None, end: str | None, by: str | None) -> None:
    """A new grant."""
    with changing(by) as command:
        zone = command.runtime.zone
        from_at, until_at = appointing.begins(start, zone), appointing.ends(end, zone)
        appointing.give(command, person, role, remit, from_at=from_at, until_at=until_at)
    say("{person} is given {role} within {remit}.", person=person, role=role, remit=remit)


@grants.command("end", help=t("End what a person holds, at once or with a day; their tasks go back to the others."))
@click.argument("person")
@click.argument("role")
@within
@click.option("--until", "end", metavar="DAY", help=t("The last day; left out: at once."))
@by
def end(person: str, role: str, remit: str, end: str | None, by: str | None) -> None:
    """No longer."""
    with changing(by) as command:
        at = appointing.ends(end, command.runtime.zone)
        if not grant.revoke(command, role, remit, person, at=at):
            held = ", ".join(f"{each.role} {each.remit}" for each in rights.grants(command, person=person)) or "–"
            raise NotFound(
                "{person} does not hold {role} within {remit} for longer. Held: {held}.",
                person=person, role=role, remit=remit, held=held,
            )  # fmt: skip
    say("{person} no longer holds {role} within {remit}.", person=person, role=role, remit=remit)


@grants.command("list", help=t("List grants, of everybody or of one person or role."))
@click.option("--person", metavar="KEY", help=t("Only this person's."))
@click.option("--role", metavar="ROLE", help=t("Only those of this role."))
@gone
def listed(person: str | None, role: str | None, gone: bool) -> None:
    """Who holds what."""
    with looking() as view:
        found = rights.grants(view, person=person, role=role, over=gone)
        rows = [
            (g.person, g.role, g.remit, moment(view, g.from_at), moment(view, g.until_at), g.instance_id or g.given_by)
            for g in found
        ]
    table((t("person"), t("role"), t("remit"), t("from"), t("until"), t("given by")), rows)


@grants.command("roles", help=t("List the roles that can be given, and within what each is held."))
def roles() -> None:
    """What can be given."""
    with looking() as view:
        known = policy.current(view.connection).roles.values()
    able = [each for each in known if each.login and not each.assigned]
    table(
        (t("role"), t("title"), t("within")),
        [(r.key, title(r.title, r.en), r.remit or "*") for r in able],
    )
