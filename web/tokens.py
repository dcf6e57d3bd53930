"""The commands ``xuncha token …``: bearer tokens for programs."""

from __future__ import annotations

import click

from web.auth import bearer
from web.terminal import opened, say, t


@click.group(help=t("Look after the tokens that programs bring to /api."))
def token() -> None:
    """Tokens."""


@token.command("add", help=t("Make a token for a person; it is shown once, and can do what the person can."))
@click.argument("key")
@click.option("--name", required=True, help=t("What the token is for."))
@click.option("--days", type=int, default=90, show_default=True, help=t("For how many days it opens anything."))
@click.option("--remit", help=t("Confine it to what stands under a remit, such as team:T1."))
def token_add(key: str, name: str, days: int, remit: str | None) -> None:
    """A new token."""
    with opened() as runtime, runtime.write() as command:
        made = bearer.add(command, key, name, days=days, remit=remit)
    say("Token, shown this once: {token}", token=made)


@token.command("list", help=t("List the tokens, of one person or of everybody; what they open with is not shown."))
@click.argument("key", required=False)
def token_list(key: str | None) -> None:
    """All tokens, newest first."""
    with opened() as runtime, runtime.database.read() as connection:
        found = bearer.all_of(connection, key)
    for each in found:
        say(
            "{id}  {person}  {name}  {remit}  until {until}, {state}, last used: {used}",
            id=each.id,
            person=each.person,
            name=each.name,
            remit=each.remit or "*",
            until=f"{each.until_at:%F}",
            state=t("over") if each.is_over else t("valid"),
            used=f"{each.used_at:%F %R}" if each.used_at else t("never"),
        )
    if not found:
        say("There are no tokens.")


@token.command("revoke", help=t("Take a token away, at once; its ID stands in the list."))
@click.argument("token_id", metavar="ID")
def token_revoke(token_id: str) -> None:
    """Take away."""
    with opened() as runtime, runtime.write() as command:
        bearer.revoke(command, token_id)
    say("The token has been taken away.")
