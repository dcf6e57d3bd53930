"""Taking a completed step back: the tokens it led to go, and a fresh one stands where it was."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from engine.errors import Conflict
from engine.interpreter import compensation
from engine.interpreter.compile import Spec
from engine.interpreter.instance import Instance
from engine.interpreter.marking import Detail, decode
from engine.interpreter.progress import Progress, Value
from engine.interpreter.scope import Context


def recall(
    spec: Spec,
    marking: bytes,
    context: Context,
    element: str,
    followers: Collection[int],
    former: Mapping[tuple[int, str], Value],
    absent: Collection[tuple[int, str]],
    borders: Mapping[str, list[Detail]] | None = None,
) -> Progress:
    """Withdraw ``followers``, put values back and enter ``element`` again in the scope where they stand.

    Args:
        followers: tokens that its completion led to; none where the instance ended with it.
        former: values, by scope and name, as they were before it was completed.
        absent: scopes and names that had none.
        borders: what waited on the element's border, as ``borders`` told it: timers run on as they were set.

    Raises:
        Conflict: the followers are gone, or stand in another scope than the element: then going back could not undo
            it alone.
    """
    instance = Instance.restore(spec, marking, context)
    tokens = [instance.find(number) for number in followers]
    places = {token.place.number: token.place for token in tokens if token is not None} or {0: instance}
    if None in tokens or len(places) != 1:
        raise Conflict("{element} cannot be taken back: the case has moved on.", element=element)
    (place,) = places.values()
    step = place.steps.by_id.get(element)
    if step is None:
        raise Conflict("{element} cannot be taken back: the case has moved on.", element=element)
    # The fresh token comes first, or the place would be empty for a moment and end.
    fresh = instance.arrive(place, step) if borders is None else instance.arrive(place, step, stood=borders)
    compensation.forget(place, element)
    _put_back(instance, fresh.chain(), former, absent)
    for token in tokens:
        if token is not None:
            instance.cancel(token, "withdrawn")
    return instance.progress()


def borders(blob: bytes, token: int) -> dict[str, list[Detail]]:
    """The timers of each event that waits on the border of a token, by the event's element; empty where it has none."""
    found = {}
    for scope in decode(blob).scopes:
        for _, element, _, detail in scope[4]:
            if (detail or {}).get("host") == token:
                found[element] = [arm for arm in detail.get("arms", ()) if arm["k"] == "timer"]
    return found


def is_whole(before: bytes, after: bytes, element: str, token: int, opened: Collection[int]) -> bool:
    """Whether a step's completion did nothing to the marking that ``recall`` would leave behind.

    It may have gone from its place, opened tasks with the events on their borders, and been noted as what can be
    undone. What it was part of, what has been undone meanwhile and what other tokens have seen is not put back.

    Args:
        before, after: markings round the completion.
        element: that was completed, by ``token``.
        opened: tokens of the tasks that it opened.
    """
    old, new = decode(before).scopes, decode(after).scopes
    tokens = [each for scope in old for each in scope[4] if each[0] == token]
    if len(tokens) != 1 or not _OF_ONE_STEP.issuperset(tokens[0][3] or ()):
        return False
    gone = {token, *opened}
    stood, stands = _left_standing(old, gone), _left_standing(new, gone)
    for number, scope in stands.items():
        if number in stood and scope.done != stood[number].done:
            compensation.take_off(scope.done, element)
    return stood == stands


# A token of compensation, of a loop or of an ad-hoc sub-process belongs to more than its own step.
_OF_ONE_STEP = frozenset({"via", "own", "open", "arms", "last"})


class _Standing(NamedTuple):
    """What a scope of a marking holds besides some tokens and the events on their borders."""

    host: int
    detail: Detail
    done: list[Detail]
    tokens: list[list[Any]]


def _left_standing(scopes: list[list[Any]], gone: Collection[int]) -> dict[int, _Standing]:
    return {
        number: _Standing(
            host,
            detail or {},
            done or [],
            [each for each in tokens if each[0] not in gone and (each[3] or {}).get("host") not in gone],
        )
        for number, host, detail, done, tokens in scopes
    }


def _put_back(
    instance: Instance,
    scopes: Collection[int],
    former: Mapping[tuple[int, str], Value],
    absent: Collection[tuple[int, str]],
) -> None:
    """Values as they were, in the scopes that stay; what stands in others goes with them."""
    for (scope, name), value in former.items():
        if scope in scopes:
            instance.put(scope, name, value)
    for scope, name in sorted(absent):
        if scope in scopes:
            instance.erase(scope, name)
