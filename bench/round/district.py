"""A district to inspect: offices, teams, units, their people, and what the teams will find. All invented."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from engine import clock, directory, grant, policy, release, schema
from engine.actor import ENGINE, WHOLE_OFFICE
from engine.directory import Item, Organisation, Person, Thing
from engine.runtime import Runtime
from web import installing
from web.auth import password as passwords

PROCESSES = Path(__file__).parents[2] / "processes"
ROUND = "XC-2026-01"
HERE = ZoneInfo("Asia/Shanghai")
BEGINS = datetime(2026, 2, 24, 9, tzinfo=HERE)
ONSITE, MIDTERM, LEAVING = date(2026, 3, 23), date(2026, 4, 10), date(2026, 4, 30)
PASSWORD = "known"
ISSUE, CLUE, FIX = "整改问题", "问题线索", "立行立改"
EVALUATORS = ("ev1", "ev2")
_OFFICE = {
    "ds": "DS", "lgh": "LGH", "lgd": "LGD", "od": "OD", "oc": "OC", "ov": "OV", "or1": "OR", "or2": "OR",
    "di_sup": "DI", "og_sup": "OG",
}  # fmt: skip
_DEPARTMENTS = ("di", "og", "xf", "zf", "cz", "sj", "gz")
_POSTS = {"head": "RL", "intake": "RI", "handler": "RH"}
_TEAM = {"leader": "TL", "deputy": "TD", "liaison": "TK", "member1": "TM", "member2": "TM"}
_UNIT = {"sec": "US", "liaison": "UL", "resp": "UP"}
Grants = list[tuple[str, str, str, str]]


@dataclass(frozen=True, slots=True)
class District:
    """How large the round is: so many teams go to so many units and come back with so many issues and clues."""

    teams: int = 10
    units: int = 40
    issues: int = 700
    clues: int = 60

    @property
    def team_keys(self) -> list[str]:
        """T01, T02, …"""
        return [f"T{n + 1:02d}" for n in range(self.teams)]

    @property
    def unit_keys(self) -> list[str]:
        """n01, n02, …"""
        return [f"n{n + 1:02d}" for n in range(self.units)]

    def team_of(self, unit: str) -> str:
        """Who inspects a unit."""
        return self.team_keys[self._place(unit) % self.teams]

    def findings(self, unit: str) -> list[str]:
        """What each working paper about a unit turns out to be; one unit in four has something to put right at once."""
        place = self._place(unit)
        issues, clues = (self._share(whole, place) for whole in (self.issues, self.clues))
        return [ISSUE] * issues + [CLUE] * clues + [FIX] * (place % 4 == 0)

    def information(self, unit: str) -> int:
        """How many letters and calls arrive about a unit."""
        return 2 + self._place(unit) % 2

    def team(self, key: str) -> list[str]:
        """Persons of a team, its head first."""
        return [f"{key.lower()}_{post}" for post in _TEAM]

    def organisation_of(self, person: str) -> str:
        """Where somebody works."""
        before, _, post = person.partition("_")
        if post in _UNIT and before in self.unit_keys:
            return before
        return "qw" if person in ("ds", "lgh", "lgd") else before if before in _DEPARTMENTS else "xcb"

    def _place(self, unit: str) -> int:
        return int(unit[1:]) - 1

    def _share(self, whole: int, place: int) -> int:
        return whole * (place + 1) // self.units - whole * place // self.units

    # -- who and what there is

    def grants(self) -> Grants:
        """Every person with what they hold: key, name, role, remit."""
        found = [(key, f"{key}（虚构）", role, WHOLE_OFFICE) for key, role in _OFFICE.items()]
        found += [(key, f"评估组成员{key}（虚构）", "", "") for key in EVALUATORS]
        for kind, keys, posts in (
            ("organisation", _DEPARTMENTS, _POSTS),
            ("team", self.team_keys, _TEAM),
            ("unit", self.unit_keys, _UNIT),
        ):
            for key in keys:
                for post, role in posts.items():
                    person = f"{key.lower()}_{post}"
                    found.append((person, f"{person}（虚构）", role, f"{kind}:{key}"))
        return found

    def things(self) -> Iterator[Thing]:
        """What the directory holds."""
        yield Organisation("qw", "区委（虚构）", None, "committee", None)
        yield Organisation("xcb", "区委巡察办（虚构）", None, "office", "qw")
        for key in _DEPARTMENTS:
            yield Organisation(key, f"区直部门{key}（虚构）", None, "department", None)
        for key in self.unit_keys:
            yield Organisation(key, f"被巡察单位{key}（虚构）", None, "unit", None)
        for key, name, _, _ in self.grants():
            yield Person(key, name, None, self.organisation_of(key), None)
        yield Item("round", ROUND, "2026年第一轮常规巡察（虚构）", None, None, {})
        yield Item("leader", "lgh", "领导小组组长", None, None, {})
        for key in self.team_keys:
            yield Item("team", key, f"第{key}巡察组（虚构）", None, None, {})


def found(runtime: Runtime, district: District) -> None:
    """Set the clock to where the round begins, release policy and processes, and enter everybody."""
    files = installing.files_in(PROCESSES)
    door = passwords.hashed(PASSWORD)
    with runtime.write(ENGINE) as command:
        clock.begin(command.connection, BEGINS)
    with runtime.write(ENGINE) as command:
        policy.release(command, files)
        release.release(command, files)
        for thing in district.things():
            directory.put(command, thing)
        for person, _, role, remit in district.grants():
            command.connection.execute(insert(schema.account).values(person_id=person, password=door))
            if role:
                grant.give(command, person, role, remit)
