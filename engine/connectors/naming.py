"""``directory.put``: persons, organisations and list items made or changed by a diagram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine import directory, policy
from engine.connectors.work import BusinessError, Declaration, Declared, Values, Work
from engine.directory import ORGANISATION, PERSON, Item, Organisation, Person, Thing
from engine.errors import Problem
from engine.policy import Policy

_OWN = ("key", "name", "en", "active")
_OF_PERSON = ("organisation", "post")
_OF_ORGANISATION = ("kind", "parent")


def put(work: Work) -> Values:
    """Put one thing in, or change the one of this key."""
    key, name = work.text("key"), work.text("name")
    if key is None or name is None:
        raise BusinessError("input", "{element} needs inputs key and name.", element=work.element)
    directory.put(work.command, _thing(work, key, name))
    return {"key": key}


def _thing(work: Work, key: str, name: str) -> Thing:
    source, en, active = work.header("list"), work.text("en"), work.inputs.get("active") is not False
    if source == PERSON:
        return Person(key, name, en, work.text("organisation"), work.text("post"), active)
    if source == ORGANISATION:
        return Organisation(key, name, en, work.text("kind"), work.text("parent"), active)
    if source not in policy.current(work.command.connection).lists:
        raise BusinessError("headers", "There is no list {list}. Add it to lists.toml.", list=source)
    kind = work.header("remit")
    remit = f"{kind}:{work.text('within') or key}" if kind else None
    content = {name: value for name, value in work.inputs.items() if name not in (*_OWN, "within")}
    return Item(source, key, name, en, remit, content, active)


def _judge(headers: Mapping[str, str], inputs: Sequence[str], rules: Policy) -> list[Problem]:
    source = headers.get("list", "").strip()
    known = {PERSON: _OF_PERSON, ORGANISATION: _OF_ORGANISATION}
    if source not in known:
        if source in rules.lists:
            return []
        params = {"known": ", ".join([*known, *rules.lists])}
        return [Problem("header list", "There is no such list. Known: {known}.", params)]
    takes = (*_OWN, *known[source])
    return [
        Problem(f"input {name}", "Nobody reads this. Known: {known}.", {"known": ", ".join(takes)})
        for name in inputs
        if name not in takes
    ]


PUT = Declaration(
    "directory.put",
    "Puts a person, an organisation or an item of a list into the directory; other inputs are kept with an item.",
    headers={
        "list": Declared("person, organisation or the key of a list", required=True),
        "remit": Declared("kind of remit within which an item is offered"),
    },
    inputs={
        "key": Declared("its key", required=True),
        "name": Declared("its name", required=True),
        "en": Declared("its English name"),
        "active": Declared("false when it is no longer there"),
        "within": Declared("key of the remit; the item's own key unless said otherwise"),
    },
    outputs={"key": "its key"},
    free=True,
    judge=_judge,
)
