"""``register.append`` and ``count``: entries written by a diagram, and how many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import exists, func, select

from engine import feel, policy, register, schema
from engine.actor import WHOLE_OFFICE
from engine.connectors.work import BusinessError, Declaration, Declared, Values, Work
from engine.errors import Problem
from engine.policy import Policy

_OWN = ("remit", "corrects", "reason")
_STATES = ("active", "suspended", "ended", "cancelled")
_i = schema.instance.c


# ---- register.append


def append(work: Work) -> Values:
    """Write one entry; inputs are its columns."""
    key = work.header("register")
    declared = register.declared(policy.current(work.command.connection), key)
    values = {name: value for name, value in work.inputs.items() if name not in _OWN}
    about = {"job_id": work.job_id, "instance_id": work.instance_id}
    corrects = work.inputs.get("corrects")
    if corrects is None:
        remit = work.remit(declared.remit)
        position = register.append(work.command, key, values, remit=remit, **about)
    elif isinstance(corrects, int):
        reason = work.text("reason") or ""
        position = register.correct(work.command, key, corrects, values, reason, **about)
    else:
        raise BusinessError("input", "Input corrects of {element} must be a position.", element=work.element)
    return {"register": key, "position": position}


def _judge_append(headers: Mapping[str, str], inputs: Sequence[str], rules: Policy) -> list[Problem]:
    declared = rules.registers.get(headers.get("register", "").strip())
    if declared is None:
        return [_unknown("header register", "register", rules.registers)]
    columns = [name for name in inputs if name not in (*declared.columns, *_OWN)]
    sentence = "Register {register} has no such column. It has: {known}."
    params = {"register": declared.key, "known": ", ".join(declared.columns)}
    found = [Problem(f"input {name}", sentence, params) for name in columns]
    needed = [column.key for column in declared.columns.values() if column.required and column.key not in inputs]
    return found + [Problem(f"input {key}", "This column must not be empty.") for key in needed]


def _unknown(where: str, what: str, known: Mapping[str, object]) -> Problem:
    return Problem(where, "There is no such {what}. Known: {known}.", {"what": what, "known": ", ".join(known) or "-"})


APPEND = Declaration(
    "register.append",
    "Writes an entry into a register. Each input is a column.",
    headers={"register": Declared("the register's key", required=True)},
    inputs={
        "remit": Declared("key of the remit the entry stands under, if its case stands under none of that kind"),
        "corrects": Declared("position of the entry that this one puts right"),
        "reason": Declared("why it is put right"),
    },
    outputs={"register": "the register's key", "position": "the entry's position"},
    free=True,
    judge=_judge_append,
)


# ---- count


def count(work: Work) -> Values:
    """Count standing entries of a register, or instances of a process; inputs are what they must have."""
    key, process = work.header("register"), work.header("process")
    if bool(key) == bool(process):
        sentence = "{element} counts either a register or a process: give one of the two headers."
        raise BusinessError("headers", sentence, element=work.element)
    return {"count": _entries(work, key) if key else _instances(work, process)}


def _entries(work: Work, key: str) -> int:
    declared = register.declared(policy.current(work.command.connection), key)
    kinds = work.words("within") or [declared.remit or WHOLE_OFFICE]
    own = work.remits()
    remits = None if WHOLE_OFFICE in kinds else [own[kind] for kind in kinds if kind in own]
    # A case of the whole office counts the whole book; one of a team counts its own page unless it says otherwise.
    if not work.words("within") and not remits:
        remits = None
    return register.count(work.command, key, dict(work.inputs), remits)


def _instances(work: Work, process: str) -> int:
    rules = policy.current(work.command.connection).processes.get(process)
    if rules is None:
        raise BusinessError("headers", "There is no process {process} in the catalogue.", process=process)
    query = select(func.count()).where(_i.process_key == process, _i.body.is_(None))
    if states := work.words("state"):
        query = query.where(_i.state.in_(states))
    own = work.remits()
    for kind in work.words("within"):
        remit = schema.remit.alias()
        under = exists().where(remit.c.instance_id == _i.id, remit.c.remit == own.get(kind))
        query = query.where(under.correlate_except(remit))
    for name, value in work.inputs.items():
        if name not in rules.columns:
            params: dict[str, Any] = {"name": name, "process": process, "known": ", ".join(rules.columns) or "-"}
            raise BusinessError("input", "{name} is no column of {process}. It has: {known}.", **params)
        fact = schema.fact.alias()
        found = exists().where(fact.c.instance_id == _i.id, fact.c.name == name, _is(fact.c, value))
        query = query.where(found.correlate_except(fact))
    return int(work.command.connection.execute(query).scalar_one())


def _is(fact: Any, value: feel.Value) -> Any:
    several = value if isinstance(value, list) else [value]
    numbers = [float(v) for v in several if isinstance(v, (int, float)) and not isinstance(v, bool)]
    texts = [feel.text(v)[:255] for v in several if isinstance(v, bool) or not isinstance(v, (int, float))]
    return fact.text.in_(texts) | fact.number.in_(numbers)


def _judge_count(headers: Mapping[str, str], inputs: Sequence[str], rules: Policy) -> list[Problem]:
    key, process = headers.get("register", "").strip(), headers.get("process", "").strip()
    if bool(key) == bool(process):
        return [Problem("header register", "Give one of the two: register or process.")]
    known: Mapping[str, object] = rules.registers if key else rules.processes
    if (key or process) not in known:
        where, what = ("header register", "register") if key else ("header process", "process")
        return [_unknown(where, what, known)]
    columns = rules.registers[key].columns if key else rules.processes[process].columns
    states = headers.get("state", "").replace(",", " ").split()
    found = [Problem(f"input {name}", "There is no such column.") for name in inputs if name not in columns]
    return found + [_unknown("header state", "state", dict.fromkeys(_STATES)) for s in states if s not in _STATES]


COUNT = Declaration(
    "count",
    "Counts entries of a register or cases of a process, whoever may see them. Each input is a column and its value.",
    headers={
        "register": Declared("key of a register"),
        "process": Declared("key of a process"),
        "within": Declared("kinds of remit: only what shares them with this case; * counts everything"),
        "state": Declared("of cases: active, suspended, ended, cancelled"),
    },
    outputs={"count": "how many"},
    free=True,
    judge=_judge_count,
)
