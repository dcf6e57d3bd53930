"""The commands ``xuncha person …``."""

from __future__ import annotations

import click

from engine import directory, enrolling
from engine.directory import Person
from engine.query import rights
from web.auth import account
from web.commands.acting import anew, by, changing, gone, looking, moment, name_en, named
from web.terminal import say, t, table

organisation = click.option("--organisation", metavar="KEY", help=t("The organisation they belong to."))
post = click.option("--post", help=t("What they are there, as text."))


@click.group(help=t("Look after persons: whoever can be named in a case or be given a role."))
def person() -> None:
    """Persons."""


@person.command("add", help=t("Put a new person in; 'xuncha user add' lets them sign in."))
@click.argument("key")
@named
@name_en
@organisation
@post
@by
def add(key: str, name: str, name_en: str | None, organisation: str | None, post: str | None, by: str | None) -> None:
    """A new person."""
    with changing(by) as command:
        enrolling.add(command, Person(key, name, name_en, organisation, post))
    say("{name} ({key}) has been put in.", name=name, key=key)


@person.command("change", help=t("Change what is given; an empty text takes it away."))
@click.argument("key")
@anew
@name_en
@organisation
@post
@by
def change(key: str, by: str | None, **parts: str | None) -> None:
    """A person as they are now."""
    with changing(by) as command:
        parts["en"] = parts.pop("name_en")
        found = enrolling.change(command, directory.PERSON, key, **given(parts))
    say("{name} ({key}) has been changed.", name=found.name, key=key)


def given(parts: dict[str, str | None]) -> dict[str, str | None]:
    """What was said at all; an empty text stands for nothing."""
    return {part: (value or None) if part != "name" else value for part, value in parts.items() if value is not None}


@person.command("leave", help=t("Somebody leaves: their grants end, their account is locked, old cases keep the name."))
@click.argument("key")
@click.option("--anyway", is_flag=True, help=t("Although they have open tasks; what nobody else may do stands still."))
@by
def leave(key: str, anyway: bool, by: str | None) -> None:
    """Gone."""
    with changing(by) as command:
        held = enrolling.leave(command, key, confirmed=anyway)
        if account.exists(command.connection, key):
            account.disable(command.connection, key)
    say("{key} has left.", key=key)
    for task in held.tasks:
        say(_what_becomes(held, task), task=task)


def _what_becomes(held: enrolling.Held, task: str) -> str:
    if task in held.alone:
        return "An incident: nobody else may do {task}."
    return "Waits until somebody is given the role: {task}." if task in held.vacant else "Back to the others: {task}."


@person.command("return", help=t("Somebody is back; grants and the account are given anew."))
@click.argument("key")
@by
def come_back(key: str, by: str | None) -> None:
    """Here again."""
    with changing(by) as command:
        enrolling.change(command, directory.PERSON, key, active=True)
    say("{key} is back.", key=key)


@person.command("list", help=t("List the persons."))
@gone
def listed(gone: bool) -> None:
    """Who there is."""
    with looking() as view:
        found = [each for each in directory.everything(view, directory.PERSON, gone=gone) if isinstance(each, Person)]
    rows = [(p.key, p.name, p.en, p.organisation, p.post, "" if p.active else t("has left")) for p in found]
    table((t("key"), t("name"), t("English"), t("organisation"), t("post"), ""), rows)


@person.command("show", help=t("Show a person with everything they hold."))
@click.argument("key")
def show(key: str) -> None:
    """One person."""
    with looking() as view:
        found = enrolling.get(view, directory.PERSON, key)
        assert isinstance(found, Person)
        table(
            (t("key"), t("name"), t("organisation"), t("post"), ""),
            [(found.key, found.name, found.organisation, found.post, "" if found.active else t("has left"))],
        )
        for each in rights.grants(view, person=key):
            start, end = moment(view, each.from_at), moment(view, each.until_at) or "…"
            say("Holds {role} within {remit}, {start} – {end}.", role=each.role, remit=each.remit, start=start, end=end)
        for closed in rights.exclusions(view, key):
            say("Kept from {remit}: {reason}", remit=closed.remit, reason=closed.reason)
        for other in rights.substitutions(view, key):
            stands = {"substitute": other.substitute, "person": other.person, "end": moment(view, other.until_at)}
            say("{substitute} stands in for {person} until {end}.", **stands)
        held = enrolling.holding(view, key)
        say(
            "Open tasks: {count}; for nobody else: {alone}.",
            count=len(held.tasks),
            alone=len(held.alone) + len(held.vacant),
        )
