"""What an administrator is told who signs in before anybody can do anything: which commands set an installation up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template
from flask_babel import gettext as _

from engine.errors import NotFound
from engine.query import rights
from engine.runtime import View
from web import db
from web.auth import current
from web.inbox.room import bp

MANY = ("xuncha import --template people.xlsx", "xuncha import people.xlsx --dry-run", "xuncha import people.xlsx")
"""What takes many in at once."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is for, how many there are, what to run; ``done`` when there are any."""

    title: str
    why: str
    count: int
    commands: Sequence[str]

    @property
    def done(self) -> bool:
        """Whether there is anything of it."""
        return self.count > 0


@bp.get("/first-steps")
def first_steps() -> str:
    """The steps, for administrators at any time.

    Raises:
        NotFound: whoever asks is none.
    """
    if not current.session().administrator:
        raise NotFound("There is no such page.")
    with db.read() as view:
        return render_template("inbox/first_steps.html", steps=steps(view))


def needed(view: View) -> Sequence[Step]:
    """The steps, if an administrator asks and nobody in the house holds a role yet; else nothing."""
    if not current.session().administrator:
        return ()
    counted = rights.counts(view)
    return _steps(counted) if counted.grants == 0 else ()


def steps(view: View) -> Sequence[Step]:
    """The steps and how far each has come."""
    return _steps(rights.counts(view))


def _steps(counted: rights.Counts) -> Sequence[Step]:
    return (
        Step(
            _("Release processes"),
            _("Diagrams, forms and the policy: which roles there are and what each may see."),
            counted.processes,
            ["xuncha release processes/"],
        ),
        Step(
            _("Put organisations and lists in"),
            _("Units, departments, teams: what roles are held within and what forms offer."),
            counted.organisations,
            ["xuncha organisation add KEY --name NAME", "xuncha list show", "xuncha list add LIST KEY --name NAME"],
        ),
        Step(
            _("Put colleagues in"),
            _("Whoever can be named in a case. An account lets them sign in."),
            max(0, counted.persons - counted.administrators),
            ["xuncha person add KEY --name NAME --organisation KEY", "xuncha user add KEY"],
        ),
        Step(
            _("Give roles"),
            _("What somebody may do and see, within what, and how long."),
            counted.grants,
            ["xuncha grant roles", "xuncha grant add PERSON ROLE --remit team:T1"],
        ),
    )
