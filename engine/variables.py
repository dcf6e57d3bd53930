"""Variables are rows: reading just those that are asked for, and answering the interpreter and FEEL from them.

A sealed variable stands here by its digest only, of type ``sealed``; read as a variable it is null, so that no
expression learns it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Integer, bindparam, select

from engine import feel, schema, sealing
from engine.errors import Invalid, Problem
from engine.feel import Value
from engine.prepared import Prepared, among, listed

if TYPE_CHECKING:
    from engine.runtime import Command, View

SEALED = "sealed"
NAME_MOST = 255

_v = schema.variable.c
_READ = Prepared(
    lambda _dialect: select(_v.scope, _v.name, _v.type, _v.value).where(
        _v.instance_id == bindparam("b_instance"),
        among(_v.scope, listed("b_scopes", Integer)),
        among(_v.name, listed("b_names")),
    )
)


def can_be_kept(name: str) -> bool:
    """Whether a value can stand under this name, in either database."""
    return len(name) <= NAME_MOST and feel.is_text(name)


def must_be_names(names: Iterable[str]) -> None:
    """Refuse what somebody outside may not call a variable; names that begin with # are the engine's own.

    Raises:
        Invalid: with one problem for each.
    """
    wrong = [name for name in names if not name or name.startswith("#") or not can_be_kept(name)]
    if wrong:
        sentence = "A variable has a name of 1 to {most} characters that does not begin with #."
        raise Invalid(
            "The values cannot be taken.",
            [Problem(feel.cleaned(name)[:100], sentence, {"most": NAME_MOST}) for name in wrong],
        )


def read(
    connection: Connection, instance_id: str, scopes: Collection[int], names: Collection[str]
) -> dict[tuple[int, str], Value]:
    """The values that stand under these names in these scopes of one instance."""
    if not names or not scopes:
        return {}
    asked = {"b_instance": instance_id, "b_scopes": sorted(scopes), "b_names": sorted(names)}
    return {(r.scope, r.name): _loaded(r) for r in _READ.rows(connection, asked)}


def stored(
    connection: Connection, instance_id: str, places: Collection[tuple[int, str]]
) -> dict[tuple[int, str], tuple[str, str]]:
    """Type and text of those of the places, each a scope and a name, that have a value."""
    scopes, names = sorted({scope for scope, _ in places}), sorted({name for _, name in places})
    asked = {"b_instance": instance_id, "b_scopes": scopes, "b_names": names}
    rows = _READ.rows(connection, asked) if places else ()
    return {(r.scope, r.name): (r.type, r.value) for r in rows if (r.scope, r.name) in places}


def everything(connection: Connection, instance_id: str, scope: int = 0) -> dict[str, Value]:
    """All values of one scope, for whoever shows or copies them."""
    rows = connection.execute(
        select(_v.name, _v.type, _v.value).where(_v.instance_id == instance_id, _v.scope == scope)
    )
    return {r.name: _loaded(r) for r in rows}


def unsealed(view: View, instance_id: str, names: Collection[str], scope: int = 0) -> dict[str, Value]:
    """Sealed values in the clear: for who has been let through to them by ``access.shown``, and nobody else."""
    s = schema.sealed.c
    query = select(s.name, s.body).where(s.instance_id == instance_id, s.scope == scope, s.name.in_(sorted(names)))
    found = {}
    for row in view.connection.execute(query):
        place = sealed_place(instance_id, scope, row.name)
        kind, value = json.loads(sealing.open(view.runtime.keys.seal, bytes(row.body), place=place))
        found[row.name] = feel.load(kind, value)
    return found


def hidden(command: Command, names: Collection[str], values: Mapping[str, Value]) -> dict[str, Value]:
    """Placeholders where no expression may read a value; what is behind them is encrypted when it is written."""
    found = dict(values)
    for name in found.keys() & set(names):
        if found[name] is not None:
            placeholder = f"{SEALED}:{secrets.token_hex(16)}"
            command.unsealed[placeholder] = json.dumps(feel.dump(found[name]))
            found[name] = placeholder
    return found


def sealed_place(instance_id: str, scope: int, name: str) -> str:
    """What a sealed value is bound to: moved to another row it does not open."""
    return f"{instance_id}/{scope}/{name}"


def _loaded(row: Any) -> Value:
    return loaded(row.type, row.value)


def loaded(kind: str, text: str) -> Value:
    """A stored value; null where it is sealed."""
    return None if kind == SEALED else feel.load(kind, text)


class Stored:
    """The interpreter's view of an instance's variables; remembers what it has read within one command."""

    def __init__(self, connection: Connection, instance_id: str) -> None:
        self._connection = connection
        self._instance_id = instance_id
        self._known: dict[tuple[int, str], Value] = {}
        self._asked: set[tuple[int, str]] = set()

    def read(self, scopes: Collection[int], names: Collection[str]) -> Mapping[tuple[int, str], Value]:
        """Values by scope and name; a name that a scope does not have is absent."""
        missing = {(s, n) for s in scopes for n in names} - self._asked
        if missing:
            found = read(self._connection, self._instance_id, {s for s, _ in missing}, {n for _, n in missing})
            self._known.update(found)
            self._asked |= missing
        return {(s, n): self._known[s, n] for s in scopes for n in names if (s, n) in self._known}

    def contents(self, scope: int) -> Mapping[str, Value]:
        """All that stands in one scope."""
        return everything(self._connection, self._instance_id, scope)


def visible(values: Mapping[tuple[int, str], Value], path: Iterable[int]) -> dict[str, Value]:
    """Names as seen from the innermost scope of ``path`` (innermost first)."""
    seen: dict[str, Value] = {}
    for scope in path:
        for (at, name), value in values.items():
            if at == scope:
                seen.setdefault(name, value)
    return seen
