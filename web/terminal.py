"""What every command of ``xuncha`` needs: the language of the terminal, refusals as sentences, settings, the engine."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import click
from pydantic import ValidationError

from engine.errors import Broken, EngineError, Invalid, Tampered, Unavailable
from engine.runtime import Runtime
from web import i18n, installing
from web import logging as log
from web.config import Settings

REFUSED = 1
CODES = {Unavailable: 3, Tampered: 4, Broken: 5}


def language() -> str:
    """What the terminal speaks: ``XUNCHA_LOCALE`` if set, else the machine's own language."""
    wish = os.environ.get("XUNCHA_LOCALE") or next(
        (value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), ""
    )
    return "zh" if wish.lower().startswith("zh") else "en"


def t(message: str, **params: object) -> str:
    """A sentence in the language of the terminal."""
    spoken = str(i18n.catalogue(language()).ugettext(message))
    return spoken.format(**i18n.in_own_words(params, language())) if params else spoken


def say(message: str, **params: object) -> None:
    """Tell whoever sits at the terminal."""
    click.echo(t(message, **params))


def title(chinese: str, english: str) -> str:
    """Of two names for one thing, that in the language of the terminal."""
    return chinese if language() == "zh" else english


def table(headings: Sequence[str], rows: Iterable[Sequence[str | None]]) -> None:
    """Show rows under headings, each column as wide as what stands in it; a Chinese character takes two places."""
    lines = [list(headings), *([each or "" for each in row] for row in rows)]
    widths = [max(_width(line[at]) for line in lines) for at in range(len(headings))]
    for line in lines:
        cells = (cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


class Commands(click.Group):
    """The group whose commands turn a refusal into a sentence and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run, and say what was refused."""
        try:
            return super().invoke(ctx)
        except ValidationError as error:
            for fault in error.errors():
                name = "XUNCHA_" + "_".join(str(part) for part in fault["loc"]).upper()
                click.echo(t("The setting {name} is not usable: {reason}.", name=name, reason=fault["msg"]), err=True)
            sys.exit(REFUSED)
        except EngineError as error:
            complain(error)
            sys.exit(code_of(error))


def code_of(error: EngineError) -> int:
    """The exit code of a refusal."""
    return next((code for kind, code in CODES.items() if isinstance(error, kind)), REFUSED)


def complain(error: EngineError) -> None:
    """Say a refusal, and each of its faults on a line of its own."""
    source = error.params.get("source")
    click.echo((f"{source}: " if source else "") + t(error.message, **error.params), err=True)
    for problem in error.problems if isinstance(error, Invalid) else ():
        place = f"{problem.place}: " if problem.place else ""
        click.echo(f"  {place}{t(problem.message, **problem.params)}", err=True)


def configured() -> Settings:
    """Settings of a command; the log is set up on the way."""
    settings = Settings()
    log.configure(settings.log_level)
    return settings


@contextmanager
def opened() -> Iterator[Runtime]:
    """The engine, for the length of a command."""
    with closing(installing.open_runtime(configured())) as runtime:
        yield runtime
