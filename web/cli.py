"""The command ``xuncha``. It speaks the language of the terminal; exit codes stand at the end of its help."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import click
from sqlalchemy import select

from engine import database, schema
from engine.errors import Conflict, EngineError, NotFound
from engine.release import Released
from engine.runtime import Runtime
from web import cast, create_app, installing, serving
from web.commands import backups, imports
from web.commands.evidence import anchor, verify
from web.commands.exclusions import exclusion
from web.commands.grants import grants
from web.commands.incidents import incident
from web.commands.items import items
from web.commands.keys import keys
from web.commands.organisations import organisation
from web.commands.people import person
from web.commands.substitutes import substitute
from web.commands.users import user
from web.config import Settings
from web.installing import Kind
from web.terminal import Commands, complain, configured, opened, say, t
from web.tokens import token

DEMO_HOME = "demo"


@click.group(
    cls=Commands,
    help=t("A workflow engine driven by BPMN, with a task inbox in the browser."),
    context_settings={"max_content_width": 120},
    epilog=t(
        "Exit codes: 0 done, 1 refused, 2 wrong use, 3 database or address not available, 4 history tampered with, "
        "5 a part of the process has ended on its own."
    ),
)
@click.version_option(package_name="xuncha", message="%(version)s")
def main() -> None:
    """Everything an installation is looked after with."""


for each in (
    user,
    person,
    organisation,
    items,
    grants,
    exclusion,
    incident,
    substitute,
    imports.take,
    backups.make,
    backups.restore,
    token,
    keys,
    verify,
    anchor,
):
    main.add_command(each)


granting = click.option(
    "--grant-to", metavar="ROLE", help=t("PostgreSQL: give this role what the application needs, and no more.")
)


@main.command(help=t("Make the database, or check it, and release the processes."))
@granting
def init(grant_to: str | None) -> None:
    """Set up an installation; again and again does no harm."""
    settings = configured()
    if installing.create(settings):
        say("The database has been made.")
    else:
        say("The database is there and up to date.")
    with opened() as runtime:
        _release(runtime, settings.processes)
        _grant(runtime, grant_to)
        with runtime.database.read() as connection:
            nobody = connection.execute(select(schema.account.c.person_id)).first() is None
    if nobody:
        say("Nobody can sign in yet: run 'xuncha user add KEY --name NAME --administrator'.")


@main.command(help=t("Bring the database of an older version up to date; stop everything else first."))
@granting
def revise(grant_to: str | None) -> None:
    """Bring the tables to this program's revision; no row is lost."""
    if installing.revise(configured()):
        say("The database has been brought up to date.")
    else:
        say("The database is there and up to date.")
    with opened() as runtime:
        _grant(runtime, grant_to)


def _grant(runtime: Runtime, role: str | None) -> None:
    if role:
        with runtime.database.write() as connection:
            installing.grant(connection, role)
        say("The role {role} may work with the tables.", role=role)


@main.command(help=t("Release policy and processes from a folder, or a single diagram."))
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--plain", is_flag=True, help=t("Without roles: every task is open to whoever started the case."))
@click.option("--check", is_flag=True, help=t("Say what is wrong and what would be released, and release nothing."))
def release(path: Path, plain: bool, check: bool) -> None:
    """Release from disk."""
    with opened() as runtime:
        if check:
            _told(installing.judged(runtime, path, plain=plain), _would_be_released)
        else:
            _release(runtime, path, plain=plain)


def _release(runtime: Runtime, folder: Path, *, plain: bool = False) -> None:
    if not folder.exists():
        raise NotFound("There is no folder {folder} to release from. Set XUNCHA_PROCESSES.", folder=str(folder))
    _told(installing.release_from(runtime, folder, plain=plain), _released)


def _told(found: Iterable[Released], released: Callable[[str, int], None]) -> None:
    for each in found:
        tell = released if each.changed else _unchanged
        tell(each.process_key, each.version)
        for finding in each.warnings:
            click.echo(f"  {finding}", err=True)


def _released(process: str, version: int) -> None:
    say("{process}: version {version} released.", process=process, version=version)


def _would_be_released(process: str, version: int) -> None:
    say("{process}: version {version} would be released.", process=process, version=version)


def _unchanged(process: str, version: int) -> None:
    say("{process}: version {version}, unchanged.", process=process, version=version)


@main.command(help=t("Serve the pages; a worker runs beside them."))
@click.option("--no-worker", is_flag=True, help=t("Leave jobs to 'xuncha worker' processes."))
def serve(no_worker: bool) -> None:
    """Serve until asked to stop."""
    _serve(configured(), with_worker=not no_worker)


def _serve(settings: Settings, *, with_worker: bool) -> None:
    if installing.kind(settings) is Kind.DEMO and (not settings.is_loopback or settings.proxies):
        raise Conflict("A demonstration is served on this machine only. Set XUNCHA_HOST to 127.0.0.1, without proxies.")
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    with closing(installing.open_runtime(settings)) as runtime:
        with runtime.database.read() as connection:
            if installing.owns_tables(connection):
                say("Note: this PostgreSQL role owns the tables. docs/settings.md tells how to use two roles.")
        ready = _announce(f"http://{host}:{settings.port}")
        serving.serve(create_app(settings, runtime), settings, with_worker=with_worker, ready=ready)
    say("Stopped.")


def _announce(address: str) -> Callable[[], None]:
    return lambda: say("Open {address} in a browser. Stop with Ctrl+C.", address=address)


@main.command(help=t("Run jobs only: timers, service tasks, messages. Any number of these may run."))
def worker() -> None:
    """Work until asked to stop."""
    with opened() as runtime:
        say("Working. Stop with Ctrl+C.")
        serving.work(runtime)
    say("Stopped.")


def demo_settings() -> Settings:
    """Settings of the demonstration: its own state folder, unless the environment names a place."""
    settings = configured()
    if settings.model_fields_set & {"state", "database_url"}:
        return settings
    return settings.model_copy(update={"state": settings.state / DEMO_HOME})


@main.command(help=t("Make the demonstration's database if need be, and serve it on this machine."))
def run() -> None:
    """What ``make run`` does."""
    settings = demo_settings()
    found = installing.kind(settings)
    if found is Kind.REAL:
        raise Conflict("This database is no demonstration. Use 'xuncha serve' for it.")
    if found is Kind.EMPTY:
        _make_demo(settings)
    else:
        installing.revise(settings)
        with closing(installing.open_runtime(settings)) as runtime:
            _release(runtime, settings.processes)
    _serve(settings, with_worker=True)


@main.command(help=t("Make the demonstration's database."))
@click.option("--reset", is_flag=True, help=t("Throw away the one that is there and begin anew."))
def demo(reset: bool) -> None:
    """Make the demonstration without serving it."""
    settings = demo_settings()
    if reset:
        installing.throw_away(settings)
    if installing.kind(settings) is not Kind.EMPTY:
        raise Conflict("There is a database already. Use --reset to begin anew.")
    _make_demo(settings)


def _make_demo(settings: Settings) -> None:
    installing.create(settings, demo=True)
    told = cast.story(settings.processes)
    with closing(installing.open_runtime(settings)) as runtime:
        cast.begin(runtime, told)
        _release(runtime, settings.processes)
        people = cast.enter(runtime, settings.processes / installing.CAST)
        failed: list[EngineError] = []
        with click.progressbar(length=cast.length(told), label=t("Playing the demonstration's cases")) as bar:
            for steps in cast.play(runtime, told, failed.append):
                bar.update(steps)
    for each in failed:
        complain(each)
    say("The fictitious demonstration has {people} people and {cases} cases.", people=people, cases=len(told.cases))


@main.command(help=t("Say how the engine is measured."))
def bench() -> None:
    """Point to the benchmark, which belongs to a checkout of the source."""
    say("Run 'make bench' in a checkout of the source; docs/performance.md explains the figures.")


@main.command(help=t("List the settings, what they mean and what they are now."))
def settings() -> None:
    """Names, meanings and values; a password in an address is not shown."""
    current = Settings()
    for name, field in Settings.model_fields.items():
        value = getattr(current, name)
        shown = runtime_url(current) if name == "database_url" else "" if value is None else value
        click.echo(f"XUNCHA_{name.upper()} = {shown}\n    {t(field.description or '')}")


def runtime_url(current: Settings) -> str:
    """The database's address without its passwords, wherever in it they stand."""
    return database.address(current.url).render_as_string(hide_password=True)


if __name__ == "__main__":
    main()
