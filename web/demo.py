"""What only a demonstration has: sign-in by one click, a clock that can be moved, and a banner that says so.

Whether a database is a demonstration was written down when it was made. In any other these routes are never registered,
and each asks the database again in its own transaction.
"""

from __future__ import annotations

import time
import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Connection, func, select
from werkzeug.wrappers import Response

from engine import clock, policy, schema, worker
from engine.errors import Forbidden, NotFound, Unavailable
from engine.runtime import Runtime
from web import db, i18n
from web.auth import current, routes
from web.config import is_loopback

FACT = "demo"
# The password of every person of a demonstration, shown on each of its pages; too easy for a real account.
WORD = "demo"
STEPS, LONGEST_STEP = (1, 3, 5, 10, 30), 400
# How long a click may take; what is due beyond that is the worker's.
PATIENCE_S, AT_ONCE = 1.5, 20
WELCOME = Path("demo", "welcome.toml")
_KEY = "xuncha.demo"
bp = Blueprint("demo", __name__, url_prefix="/demo")


def init_app(app: Flask) -> None:
    """Register the demonstration's routes, if this is one."""
    app.extensions[_KEY] = found = _is_demonstration(app)
    if found:
        app.register_blueprint(bp)
        app.before_request(_stay_here)
    app.jinja_env.globals.update(
        is_demo=is_demo, demo_first_page=first_page, demo_now=now, demo_steps=STEPS, demo_password=WORD
    )


def _is_demonstration(app: Flask) -> bool:
    with app.app_context():
        try:
            return db.database().fact(FACT) == "1"
        except Unavailable:
            return False  # not reachable now: without knowing, no demonstration


def _stay_here() -> None:
    """Anybody may come in by a click, so nobody from elsewhere may come near."""
    if not is_loopback(request.remote_addr or ""):
        raise Forbidden("A demonstration is open on the machine it runs on, and nowhere else.")


def is_demo() -> bool:
    """Whether this process serves a demonstration."""
    return bool(current_app.extensions[_KEY])


def insist(connection: Connection) -> None:
    """Refuse anything of a demonstration in a database that is none.

    Raises:
        NotFound: whoever asks learns nothing.
    """
    fact = connection.execute(select(schema.meta.c.value).where(schema.meta.c.key == FACT)).scalar()
    if fact != "1":
        raise NotFound("There is no such page.")


def now() -> datetime:
    """The demonstration's time."""
    me = current.session_or_none()
    if me:
        return me.now
    with db.database().read() as connection:
        return clock.now(connection)


def people() -> list[dict[str, str]]:
    """Who can be signed in as, by organisation: ``key``, ``name``, ``roles``, ``organisation``."""
    person, account, organisation = schema.person, schema.account, schema.organisation
    wanted = (
        select(person, organisation.c.name.label("of"), organisation.c.name_en.label("of_en"))
        .join(account, account.c.person_id == person.c.id)
        .outerjoin(organisation, organisation.c.id == person.c.organisation_id)
        .where(person.c.active, account.c.disabled.is_(False))
        .order_by(organisation.c.sort, person.c.sort, person.c.id)
    )
    with db.database().read() as connection:
        insist(connection)
        titles = _titles(connection)
        rows = connection.execute(wanted).mappings().all()
    return [
        {
            "key": row["id"],
            "name": i18n.named(row),
            "roles": i18n.spoken(titles.get(row["id"], [])),
            "organisation": i18n.named({"name": row["of"], "name_en": row["of_en"]}),
        }
        for row in rows
    ]


def _titles(connection: Connection) -> dict[str, list[str]]:
    """Titles of the roles that each person has been granted."""
    roles, granted = policy.current(connection).roles, schema.authority.c
    found: dict[str, list[str]] = {}
    for person, role in connection.execute(select(granted.person_id, granted.role).distinct().order_by(granted.role)):
        if role in roles:
            found.setdefault(person, []).append(i18n.named({"name": roles[role].title, "name_en": roles[role].en}))
    return found


@dataclass(frozen=True, slots=True)
class Moved:
    """What moving the clock has brought.

    Attributes:
        now: the demonstration's time.
        jobs: jobs done on the way.
        late: open tasks that have become overdue.
        opened: tasks that have come to somebody.
        more: whether more is due: a worker does it.
    """

    now: datetime
    jobs: int
    late: int
    opened: int
    more: bool


def advance(days: int) -> Moved:
    """Move the demonstration's clock and do what has become due, as far as one likes to wait for it."""
    with db.database().write() as connection:
        insist(connection)
        before = clock.micros(clock.now(connection))
        now = clock.advance(connection, timedelta(days=days))
    jobs = _work(db.runtime())
    moved, t = clock.micros(now), schema.task.c
    with db.database().read() as connection:
        late = select(func.count()).where(t.state == "open", t.due_at > before, t.due_at <= moved)
        opened = select(func.count()).where(t.opened_at >= moved)
        became_late, came = (int(connection.execute(each).scalar_one()) for each in (late, opened))
        return Moved(now, jobs, became_late, came, _is_more(connection))


def _work(runtime: Runtime) -> int:
    done, until = 0, time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        ran = worker.run_due(runtime, limit=AT_ONCE)
        done += ran
        if not ran:
            with runtime.read() as view:
                if not _is_more(view.connection):
                    break
            time.sleep(0.02)  # a worker beside has it in hand
    return done


def _is_more(connection: Connection) -> bool:
    """Whether anything is due, also what a worker has in hand just now."""
    j = schema.job.c
    due = select(j.id).where(j.state == "ready", j.due_at <= clock.micros(clock.now(connection))).limit(1)
    return connection.execute(due).first() is not None


def first_page() -> dict[str, Any]:
    """What a newcomer reads: ``title``, ``sentences``, ``groups`` with ``people`` as ``people()`` and what to ``try``,
    and all ``others``.

    Read from ``demo/welcome.toml`` within the folder of the processes; without it, everybody is just listed.
    """
    path = current_app.extensions["xuncha.settings"].processes / WELCOME
    told = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    left = {each["key"]: each for each in people()}
    groups = []
    for group in told.get("groups", []):
        persons = [
            {**left.pop(each["key"]), "try": i18n.translated(each, "try")}
            for each in group["people"]
            if each["key"] in left
        ]
        if persons:
            groups.append({"title": i18n.translated(group, "title"), "people": persons})
    return {
        "title": i18n.translated(told, "title"),
        "sentences": [i18n.translated(each, "text") for each in told.get("sentences", [])],
        "groups": groups,
        "others": list(left.values()),
    }


@bp.get("/")
@current.public
def first() -> str:
    """The first page, also for somebody who has come in: to become somebody else."""
    return render_template("demo.html")


@bp.post("/sign-in")
@current.public
def sign_in() -> Response:
    """Become one of the people of the demonstration."""
    who = request.form.get("person", "")
    account = schema.account
    with db.database().write() as connection:
        insist(connection)
        known = select(account.c.person_id).where(account.c.person_id == who, account.c.disabled.is_(False))
        if connection.execute(known).first() is None:
            raise NotFound("There is no account {person}.", person=who)
        token = routes.begin(connection, who)
    return routes.signed_in(token, routes.local(request.form.get("next")))


@bp.post("/clock")
def move_clock() -> Response:
    """Move the demonstration's clock forward by whole days and do what has become due."""
    days = request.form.get("days", type=int, default=1)
    moved = advance(max(1, min(days, LONGEST_STEP)))
    flash(_("It is now %(moment)s.", moment=i18n.moment(moved.now)) + " " + _happened(moved), "success")
    return redirect(routes.local(request.form.get("next")), 303)


def _happened(moved: Moved) -> str:
    said = [
        ngettext("%(num)s task came to somebody.", "%(num)s tasks came to somebody.", moved.opened),
        ngettext("%(num)s task became overdue.", "%(num)s tasks became overdue.", moved.late),
    ]
    if moved.more:
        said.append(_("More follows in a moment."))
    return " ".join(said)
