"""Signatures that stand in a case, as people read them: who, of which organisation, for whom, when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from engine import access, clock
from engine.form import Form
from engine.query import people
from engine.query.people import Person
from engine.query.titles import Title

if TYPE_CHECKING:
    from engine.runtime import View


@dataclass(frozen=True, slots=True)
class Signed:
    """One signature.

    Attributes:
        person: None where the directory knows nobody by that key.
        organisation: that they belong to.
        on_behalf_of: for whom they acted.
        digest: of what was signed.
    """

    person: Title | None
    organisation: Title | None
    on_behalf_of: Title | None
    at: datetime
    digest: str


def read(value: Any, titles: Mapping[tuple[str, str], Title]) -> Signed | None:
    """A signature's value; None where it is none.

    Args:
        titles: by source and key, as ``titles.Names`` knows them.
    """
    if not isinstance(value, Mapping) or not (value.get("person") or value.get("front")):
        return None
    at = value.get("at")
    moment = clock.instant(at) if isinstance(at, int) else datetime.fromisoformat(at) if isinstance(at, str) else at
    if not isinstance(moment, datetime):
        return None
    if value.get("front"):
        return Signed(Title(*value["front"]), None, None, moment, str(value.get("digest") or ""))
    person = titles.get(("person", str(value["person"])))
    other = titles.get(("person", str(value.get("onBehalfOf"))))
    within = None if person is None else person.within
    return Signed(person, within, other, moment, str(value.get("digest") or ""))


def told(view: View, process_key: str, *values: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """The same values, with the signatures in them as the reader is told them: by the person or by the organisation.

    What is told in place of a person stands in the value, which has no key then. It costs a statement only where
    something is signed and the reader is not told everybody's name.
    """
    if access.front(view.actor, process_key) is None:
        return tuple(dict(each) for each in values)
    persons = people.named(view, signers(values), process_key)
    return tuple({name: veiled(each, persons) for name, each in some.items()} for some in values)


def signers(value: Any) -> Iterator[str]:
    """Keys of those who have signed anything inside a value."""
    if is_signature(value):
        yield from (str(value[each]) for each in ("person", "onBehalfOf") if value.get(each))
    elif isinstance(value, Mapping | list | tuple):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from signers(each)


def veiled(value: Any, persons: Mapping[str, Person]) -> Any:
    """A value, with nobody in its signatures whom ``persons`` tell without a key.

    Args:
        persons: all who have signed in it, by key, as ``people.named`` tells them.
    """
    if is_signature(value):
        who = persons.get(str(value.get("person")))
        if who is not None and who.id is None:
            return {**value, "person": None, "onBehalfOf": None, "front": [who.name, who.name_en]}
        other = persons.get(str(value.get("onBehalfOf")))
        return {**value, "onBehalfOf": None} if other is not None and other.id is None else value
    if isinstance(value, Mapping):
        return {name: veiled(each, persons) for name, each in value.items()}
    return [veiled(each, persons) for each in value] if isinstance(value, list) else value


def is_signature(value: Any) -> bool:
    """Whether a value is what a form writes down of who signed, under whatever name it stands."""
    return isinstance(value, Mapping) and {"person", "at", "digest"} <= value.keys()


def standing(
    form: Form | None, values: Mapping[str, Any], closed_at: int | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a page gives the form's fields, and the signatures that it tells apart from them.

    A field that is to be signed gets nothing, whatever stands under its name: that is a signature of before, of this
    step or another. Once the step is done it shows the one that was made with it, and no later one.

    Args:
        values: of the form's names, as far as the reader may see them.
        closed_at: when the step was done; None while it is not.

    Returns:
        The values to fill in, and every signature by the key of its field.
    """
    if form is None:
        return {}, {}
    signatures = {each.key: values[each.key] for each in form.fields if each.type == "signature" and each.key in values}
    given = form.unsigned(values)
    given |= {key: signatures[key] for key in form.signatures & signatures.keys() if _was(signatures[key], closed_at)}
    return given, signatures


def _was(value: Any, closed_at: int | None) -> bool:
    at = value.get("at") if isinstance(value, Mapping) else None
    return closed_at is not None and isinstance(at, datetime) and clock.micros(at) == closed_at
