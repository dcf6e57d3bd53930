"""The commands ``xuncha user …``: who may sign in."""

from __future__ import annotations

import secrets
import sys

import click

from web.auth import account
from web.terminal import opened, say, t, table


@click.group(help=t("Look after accounts."))
def user() -> None:
    """Accounts."""


@user.command("add", help=t("Give a person an account; without --password-stdin one is made up and shown once."))
@click.argument("key")
@click.option("--name", help=t("Shown on pages; the key if left out."))
@click.option("--administrator", is_flag=True, help=t("May look after accounts and definitions."))
@click.option("--password-stdin", is_flag=True, help=t("Read the password from standard input."))
def user_add(key: str, name: str | None, administrator: bool, password_stdin: bool) -> None:
    """A new account."""
    secret = _password(password_stdin)
    with opened() as runtime, runtime.write() as command:
        account.add(command, key, name or key, secret, administrator=administrator)
    say("The account {key} has been made.", key=key)
    _show(secret, password_stdin)


@user.command("password", help=t("Set a new password; signs the person out everywhere."))
@click.argument("key")
@click.option("--password-stdin", is_flag=True, help=t("Read the password from standard input."))
def user_password(key: str, password_stdin: bool) -> None:
    """A new password."""
    secret = _password(password_stdin)
    with opened() as runtime, runtime.database.write() as connection:
        account.set_password(connection, key, secret)
    say("The password of {key} has been set.", key=key)
    _show(secret, password_stdin)


@user.command("change", help=t("Make a person an administrator, or no longer one."))
@click.argument("key")
@click.option("--administrator/--no-administrator", required=True, help=t("May look after accounts and definitions."))
def user_change(key: str, administrator: bool) -> None:
    """What an account may do."""
    with opened() as runtime, runtime.database.write() as connection:
        account.set_administrator(connection, key, administrator)
    say("The account {key} has been changed.", key=key)


@user.command("list", help=t("List the accounts."))
def user_list() -> None:
    """Who may sign in."""
    with opened() as runtime, runtime.database.read() as connection:
        found = account.all_of(connection)
    rows = [
        (each.person, each.name, t("administrator") if each.administrator else "", t("locked") if each.locked else "")
        for each in found
    ]
    table((t("key"), t("name"), "", ""), rows)


@user.command("disable", help=t("Lock a person out, at once and everywhere."))
@click.argument("key")
def user_disable(key: str) -> None:
    """Lock out."""
    with opened() as runtime, runtime.database.write() as connection:
        account.disable(connection, key)
    say("{key} is locked out.", key=key)


@user.command("enable", help=t("Let a person in again."))
@click.argument("key")
def user_enable(key: str) -> None:
    """Let in again."""
    with opened() as runtime, runtime.database.write() as connection:
        account.enable(connection, key)
    say("{key} may sign in again.", key=key)


def _password(from_stdin: bool) -> str:
    return sys.stdin.readline().rstrip("\n") if from_stdin else secrets.token_urlsafe(12)


def _show(password: str, from_stdin: bool) -> None:
    if not from_stdin:
        say("Password, shown this once: {password}", password=password)
