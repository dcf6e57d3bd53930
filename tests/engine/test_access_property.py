"""Random houses against a plain model: what the database shows is what a reader of the rules would say, row by row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from engine import access, clock, schema
from engine.actor import Actor
from engine.database import Database
from tests.engine.clinic import (
    NOW,
    case,
    clinic,
    desk,
    give,
    one_database,  # noqa: F401 - a fixture
    person,
    put,
    task,
)

ROLES = {"NURSE": "ward", "DOC": "ward", "DUTY": "ward", "DIR": None, "KIN": "family", "LAB": None}
REMITS = ["ward:W1", "ward:W2", "family:F1", "family:F2"]
PEOPLE = ["amy", "ben"]
VALUES = dict.fromkeys(["title", "plan", "diagnosis", "unnamed"], 1)
FILES = {
    "stay": {"plan": "internal", "unnamed": "internal"},
    "consult": {"plan": "restricted", "unnamed": "restricted"},
}


def audiences() -> st.SearchStrategy[str]:
    roles = [f"{role}@{r}" for role, kind in ROLES.items() for r in REMITS if kind and r.startswith(kind)]
    whole = [f"{role}@*" for role, kind in ROLES.items() if kind is None]
    return st.sampled_from([*roles, *whole])


@dataclass
class Case:
    readers: set[str]
    remits: set[str]
    candidates: set[str]
    done_by: str | None
    plain: bool
    process: str
    comments: list[str] = field(default_factory=lambda: ["open", "internal", "sealed"])


def cases() -> st.SearchStrategy[Case]:
    persons = st.sampled_from([f"person:{key}" for key in PEOPLE])
    anybody = st.sets(st.one_of(audiences(), persons), max_size=3)
    remits = st.sets(st.sampled_from(REMITS), max_size=2)
    return st.builds(
        Case,
        anybody,
        remits,
        anybody,
        st.sampled_from([None, *PEOPLE]),
        st.booleans(),
        st.sampled_from(["stay", "consult"]),
    )


@dataclass
class Someone:
    own: set[str]
    recusals: set[str]
    asked: set[str]
    bound: set[tuple[str, str]]
    """Grants of cases, each with what the case stood under besides."""

    @property
    def grants(self) -> set[str]:
        return self.own | {grant for grant, _ in self.bound}

    def on_duty(self, remit: str, of: Case) -> bool:
        """Whether they are on duty in a ward, as far as this case is concerned."""
        duty = f"DUTY@{remit}"
        return duty in self.own or any(grant == duty and other in of.remits for grant, other in self.bound)


ASKED = st.sets(st.sampled_from(["I0", "I1"]))
DUTIES, FAMILIES = ["DUTY@ward:W1", "DUTY@ward:W2"], ["family:F1", "family:F2"]
BOUND = st.sets(
    st.tuples(st.sampled_from(["DUTY@ward:W1", "DUTY@ward:W2"]), st.sampled_from(["family:F1", "family:F2"])),
    max_size=2,
)


def people() -> st.SearchStrategy[Someone]:
    recusals = st.sets(st.sampled_from(REMITS), max_size=1)
    return st.builds(Someone, st.sets(audiences(), max_size=3), recusals, ASKED, BOUND)


# ---- the model: sentences of the rules, one by one


def at_home(who: Someone, of: Case) -> bool:
    return of.plain or any(grant.split("@")[1] in {"*", *of.remits} for grant in who.grants)


def reads(key: str, who: Someone, of: Case) -> bool:
    return bool(who.grants & of.readers) or (f"person:{key}" in of.readers and at_home(who, of))


def works(key: str, who: Someone, of: Case) -> bool:
    return bool((who.grants | {f"person:{key}"}) & of.candidates)


def free(who: Someone, of: Case) -> bool:
    return not who.recusals & of.remits


def house(grants: set[str]) -> set[str]:
    return {grant for grant in grants if grant.split("@")[0] not in {"KIN", "LAB"}}


def inside(key: str, who: Someone, of: Case) -> bool:
    of_house = house(who.grants)
    mine = of_house | ({f"person:{key}"} if of_house and of_house == who.grants else set())
    by_person = f"person:{key}" in mine
    return bool(of_house & of.readers or mine & of.candidates) or (
        by_person and f"person:{key}" in of.readers and at_home(who, of)
    )


def roles_in(who: Someone, of: Case) -> set[str]:
    return {grant.split("@")[0] for grant in who.grants if grant.split("@")[1] in {"*", *of.remits}}


def wards(who: Someone, of: Case, *roles: str) -> list[str]:
    """Remits of the case within which the person is on duty and holds all of these roles besides."""
    return [r for r in of.remits if who.on_duty(r, of) and all(f"{role}@{r}" in who.grants for role in roles)]


def takes_part_in_work(key: str, who: Someone, of: Case) -> bool:
    of_house = house(who.grants)
    mine = of_house | ({f"person:{key}"} if of_house and of_house == who.grants else set())
    return bool(mine & of.candidates)


def did(key: str, who: Someone, of: Case, *, hold: bool) -> bool:
    if of.done_by != key or not house(who.grants):
        return False
    counting = {grant for grant in who.grants if not hold or not grant.split("@")[1].startswith("ward:")}
    on_duty = wards(who, of) if hold else []
    return bool(on_duty) or any(grant.split("@")[1] in {"*", *of.remits} for grant in counting)


def let_through(key: str, who: Someone, of: Case, name: str, case_id: str) -> bool:
    """Whether a consult shows the person a value of a restricted class."""
    works = takes_part_in_work(key, who, of)
    if name == "plan":
        return works or "DIR@*" in who.grants or did(key, who, of, hold=False)
    asked = case_id in who.asked and "DIR@*" in who.grants
    return works or asked or bool(wards(who, of, "DOC")) or did(key, who, of, hold=True)


def whole(key: str, who: Someone, of: Case, case_id: str) -> bool:
    return of.process == "stay" or of.plain or let_through(key, who, of, "unnamed", case_id)


def file_seen(key: str, who: Someone, of: Case, name: str, case_id: str) -> bool:
    part = reads(key, who, of) or works(key, who, of)
    if of.process == "consult":
        return part and let_through(key, who, of, name, case_id)
    by_name = part and name == "plan" and "KIN" in roles_in(who, of)
    return inside(key, who, of) or (of.plain and part) or by_name


def may(key: str, who: Someone, of: Case, kind: str, case_id: str) -> bool:
    if not free(who, of):
        return False
    done = of.done_by == key and at_home(who, of)
    part = reads(key, who, of) or works(key, who, of)
    return {
        "instance": reads(key, who, of),
        "story": reads(key, who, of) if of.plain else tells_story(key, who, of),
        "open task": reads(key, who, of) or works(key, who, of),
        "done task": reads(key, who, of) or done,
        "open comment": part,
        "internal comment": (inside(key, who, of) or (of.plain and part)) and whole(key, who, of, case_id),
        "plan file": file_seen(key, who, of, "plan", case_id),
        "unnamed file": file_seen(key, who, of, "unnamed", case_id),
        "sealed comment": False,
        "incident": reads(key, who, of) and (inside(key, who, of) or of.plain) and whole(key, who, of, case_id),
    }[kind]


def tells_story(key: str, who: Someone, of: Case) -> bool:
    roles = {"stay": ["DIR"], "consult": ["DOC", "NURSE", "DIR", "LAB"]}[of.process]
    tellers = {grant for grant in who.grants if grant.split("@")[0] in roles}
    starter = of.process == "consult" and f"person:{key}" in of.readers and at_home(who, of)
    return bool(tellers & of.readers) or starter


def values(key: str, who: Someone, of: Case, case_id: str) -> set[str]:
    done = of.done_by == key and at_home(who, of)
    if not free(who, of) or not (reads(key, who, of) or works(key, who, of) or done):
        return set()
    if of.plain:
        return set(VALUES)
    of_house = house(who.grants)
    insider = inside(key, who, of) or (done and bool(of_house) and of_house == who.grants)
    within = roles_in(who, of)
    if of.process == "consult":
        shown = {name for name in ("plan", "unnamed") if let_through(key, who, of, name, case_id)}
        return shown | ({"title"} if insider else set()) | ({"diagnosis"} if wards(who, of, "DOC") else set())
    found = {"title", "plan", "unnamed"} if insider else {"title"}
    return found | ({"plan"} if "KIN" in within else set()) | ({"diagnosis"} if "DOC" in within else set())


# ---- the same, asked of the database


def fill(connection: Connection, made: list[Case], persons: list[Someone]) -> None:
    for key, who in zip(PEOPLE, persons, strict=True):
        person(connection, key)
        for n, (grant, other) in enumerate([*((one, None) for one in sorted(who.own)), *sorted(who.bound)]):
            give(connection, key, *grant.split("@"), number=n, bound=other)
        for remit in who.recusals:
            put(connection, "exclusion", person_id=key, remit=remit, since_at=0)
        for at in who.asked:
            put(connection, "access_record", person_id=key, what="asked", object=at, at=clock.micros(NOW))
    for n, of in enumerate(made):
        key = f"I{n}"
        case(connection, key, of.process, readers=tuple(of.readers), remits=tuple(of.remits), plain=of.plain)
        task(connection, f"{key} open", key, *of.candidates)
        task(connection, f"{key} done", key, token=2, state="completed", closed_by=of.done_by)
        for cls in of.comments:
            row: dict[str, Any] = {"person_id": "x", "at": 0, "text": "t", "class": cls}
            put(connection, "comment", id=f"{key} {cls}", instance_id=key, **row)
        for name, cls in FILES[of.process].items():
            row = {"person_id": "x", "at": 0, "name": "f", "media_type": "m", "size": 0, "sha256": "", "kept": True}
            put(connection, "attachment", id=f"{key} {name}", instance_id=key, field=name, **row, **{"class": cls})
        put(connection, "incident", id=key, instance_id=key, message="m", params="{}", opened_at=0)


def found(connection: Connection, who: Actor) -> set[tuple[str, str]]:
    i, t, c, x = schema.instance.c, schema.task.c, schema.comment.c, schema.incident.c
    seen = set()
    for kind, key in (("instance", i.id), ("story", i.id), ("incident", x.id)):
        seen |= {(r, kind) for r in connection.execute(select(key).where(access.visible(who, kind))).scalars()}
    for kind, key in (("task", t.id), ("comment", c.id), ("file", schema.attachment.c.id)):
        rows = connection.execute(select(key).where(access.visible(who, TABLES.get(kind, kind)))).scalars()
        seen |= {(r.split()[0], f"{r.split()[1]} {kind}") for r in rows}
    return seen


TABLES = {"file": "attachment"}
KINDS = (
    "instance",
    "story",
    "open task",
    "done task",
    "open comment",
    "internal comment",
    "sealed comment",
    "plan file",
    "unnamed file",
    "incident",
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(made=st.lists(cases(), min_size=1, max_size=4), persons=st.tuples(people(), people()))
def test_what_anybody_sees_of_any_case_is_what_the_rules_say(
    database: Database, made: list[Case], persons: tuple[Someone, Someone]
) -> None:
    with clinic(database) as command:
        connection = command.connection
        fill(connection, made, list(persons))
        for key, who in zip(PEOPLE, persons, strict=True):
            actor = access.actor(connection, key, NOW)
            rows = {(f"I{n}", kind) for n, of in enumerate(made) for kind in KINDS if may(key, who, of, kind, f"I{n}")}
            assert found(connection, actor) == rows
            sights = access.sights(desk(connection, actor), [f"I{n}" for n in range(len(made))])
            for n, of in enumerate(made):
                assert set(access.shown(actor, sights[f"I{n}"], VALUES)) == values(key, who, of, f"I{n}")
