"""A signature belongs to one step: another that signs under the same name would stand in its place."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from engine import feel
from engine.bpmn.lint.sheet import Place, Sheet
from engine.bpmn.model import Element


@dataclass(frozen=True, slots=True)
class _Kept:
    """A signature that stays once its step is done: under which name, in which scope."""

    place: Place
    name: str
    scope: str


def check(sheet: Sheet) -> None:
    """Rule signature-twice."""
    for places in sheet.by_process.values():
        signing = {place.id: (place, names) for place in places if (names := _signed(sheet, place))}
        kept = [each for place, names in signing.values() for each in _kept(place, names)]
        for place, names in signing.values():
            first = next((each for each in kept if _meets(each, place, names, kept)), None)
            if first is not None:
                sheet.error(
                    place,
                    "signature-twice",
                    "{id} signs as {name}, where the signature of {other} stands already.",
                    "Give the field of one form another key, or keep each signature under a name of its own by an "
                    "output mapping.",
                    id=place.id,
                    name=first.name,
                    other=first.place.id,
                )


def _signed(sheet: Sheet, place: Place) -> Collection[str]:
    """The names that are signed with the form of a step."""
    element = place.element
    return sheet.around.signatures.get(element.form_id or element.id, ()) if element.tag == "userTask" else ()


def _kept(place: Place, names: Collection[str]) -> Iterator[_Kept]:
    outputs = place.element.outputs
    if outputs:
        written = [each.target for each in outputs if feel.body(each.source) in names]
    else:
        written = [name for name in names if name not in {each.target for each in place.element.inputs}]
    for name in written:
        scope = _home(place, name)
        if scope is not None:
            yield _Kept(place, name, scope)


def _home(place: Place, name: str) -> str | None:
    """The scope that a name written by a step comes to rest in; None where it stays with one iteration of it."""
    if _is_many(place.element):
        return None
    home = place.scope.id
    scope = place.scope
    for outer, host in place.around:
        local = {each.target for each in host.inputs}
        if name in scope.declares or name in local or host.outputs or _is_many(host):
            return home
        home, scope = outer.id, outer
    return home


def _is_many(element: Element) -> bool:
    return element.loop is not None and element.loop.kind != "standard"


def _meets(other: _Kept, place: Place, names: Collection[str], kept: Collection[_Kept]) -> bool:
    """Whether a step would be signed where another's signature can be seen, or leave its own in the same place."""
    if other.place.id == place.id:
        return False
    seen = {place.scope.id, *(scope.id for scope, _ in place.around)}
    same = any((each.name, each.scope) == (other.name, other.scope) for each in kept if each.place.id == place.id)
    return same or (other.name in names and other.scope in seen)
