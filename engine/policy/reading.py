"""From files to a Policy: every fault is found, and each names file, key, what is wrong and what to do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from engine import feel
from engine.errors import PolicyInvalid, Problem
from engine.policy.catalog import read_catalog
from engine.policy.deadlines import read_calendar, read_deadlines
from engine.policy.model import Policy, ProcessPolicy
from engine.policy.registers import read_lists, read_registers
from engine.policy.roles import read_roles, read_separation
from engine.policy.table import Table, near, parse

FILES = ("roles.toml", "separation.toml", "catalog.toml", "deadlines.toml", "lists.toml", "registers.toml")
_CALENDAR = "calendar/"


def belongs(path: str) -> bool:
    """Whether a file of the procedure's folder is part of the policy: a .toml at its top or under ``calendar/``."""
    return path.endswith(".toml") and ("/" not in path or (path.startswith(_CALENDAR) and path.count("/") == 1))


def read(files: Mapping[str, bytes]) -> Policy:
    """The policy in these files; others of the same folder may be among them.

    Args:
        files: content by path within the folder, ``roles.toml`` or ``calendar/overrides.toml``. A file that is absent
            counts as empty.

    Raises:
        PolicyInvalid: with a problem for every fault.
    """
    policy, problems = _judged(files)
    if problems:
        raise PolicyInvalid("The policy has faults. Nothing was released.", problems)
    return policy


def read_released(files: Mapping[str, bytes]) -> Policy:
    """A policy that was found good when it was released: a stricter reader of today must not stop the house."""
    return _judged(files)[0]


def _judged(files: Mapping[str, bytes]) -> tuple[Policy, list[Problem]]:
    problems: list[Problem] = []
    own = {path: body for path, body in sorted(files.items()) if belongs(path)}
    strange = [path for path in own if path not in FILES and not path.startswith(_CALENDAR)]
    unread = "No file of this name is read. Known: {known}."
    problems += [Problem(path, unread, {"known": near(path, FILES)}) for path in strange]
    known = len(problems)
    table = {name: parse(name, own.get(name, b""), problems) for name in FILES}
    calendar = [parse(path, body, problems) for path, body in own.items() if path.startswith(_CALENDAR)]
    if len(problems) > known:
        # Whatever the others name in a file that cannot be read would be a fault too, which it is not.
        return Policy(), problems
    policy = _read(table, calendar, digest(own))
    _one_meaning(policy.processes, table["catalog.toml"])
    return policy, problems


def _read(table: Mapping[str, Table], calendar: list[Table], fingerprint: str) -> Policy:
    roles = read_roles(table["roles.toml"])
    lists = read_lists(table["lists.toml"], roles)
    rules, english = read_deadlines(table["deadlines.toml"])
    return Policy(
        digest=fingerprint,
        roles=roles,
        forbidden=read_separation(table["separation.toml"], roles),
        processes=read_catalog(table["catalog.toml"], roles, feel.check, lists),
        deadlines=rules,
        deadlines_en=english,
        registers=read_registers(table["registers.toml"], roles, lists),
        lists=lists,
        calendar=read_calendar(calendar),
    )


def _one_meaning(processes: Mapping[str, ProcessPolicy], file: Table) -> None:
    """A variable that decides access stands for the same kind of remit in every process."""
    first: dict[str, tuple[str, str]] = {}
    for key, process in processes.items():
        for variable, kind in process.remits.items():
            other, meant = first.setdefault(variable, (key, kind))
            if meant != kind:
                sentence = "{variable} is a {kind} here but a {meant} in {other}. Use two names."
                params = {"variable": variable, "kind": kind, "meant": meant, "other": other}
                file.fault(f"[{key}] remits", sentence, **params)


def text(files: Mapping[str, bytes]) -> str:
    """The files of a policy as one text in one spelling: what is kept and what the digest is made of."""
    return json.dumps({path: files[path].decode("utf-8-sig") for path in sorted(files)}, ensure_ascii=False)


def digest(files: Mapping[str, bytes]) -> str:
    """SHA-256 over the paths and contents of the files."""
    made = hashlib.sha256()
    for path in sorted(files):
        for part in (path.encode(), files[path]):
            made.update(len(part).to_bytes(8, "big") + part)
    return made.hexdigest()
