"""Taking a completed step back: the tokens it led to go, and a fresh one stands where it was."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.errors import Conflict
from engine.interpreter import compensation
from engine.interpreter.compile import Spec
from engine.interpreter.instance import Instance
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
) -> Progress:
    """Withdraw ``followers``, put values back and enter ``element`` again in the scope where they stand.

    Args:
        followers: tokens that its completion led to; none where the instance ended with it.
        former: values, by scope and name, as they were before it was completed.
        absent: scopes and names that had none.

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
    fresh = instance.arrive(place, step)
    compensation.forget(place, element)
    _put_back(instance, fresh.chain(), former, absent)
    for token in tokens:
        if token is not None:
            instance.cancel(token, "withdrawn")
    return instance.progress()


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
