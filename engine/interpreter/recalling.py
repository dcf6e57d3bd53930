"""Taking a completed step back: the tokens it led to go, and a fresh one stands where it was."""

from __future__ import annotations

from collections.abc import Collection

from engine.errors import Conflict
from engine.interpreter import compensation
from engine.interpreter.compile import Spec
from engine.interpreter.instance import Instance
from engine.interpreter.progress import Progress
from engine.interpreter.scope import Context


def recall(spec: Spec, marking: bytes, context: Context, element: str, followers: Collection[int]) -> Progress:
    """Withdraw ``followers`` and enter ``element`` again in the scope where they stand; variables stay as they are.

    Raises:
        Conflict: the followers are gone, or stand in another scope than the element: then going back could not undo
            it alone.
    """
    instance = Instance.restore(spec, marking, context)
    tokens = [instance.find(number) for number in followers]
    places = {token.place.number: token.place for token in tokens if token is not None}
    if not tokens or None in tokens or len(places) != 1:
        raise Conflict("{element} cannot be taken back: the case has moved on.", element=element)
    (place,) = places.values()
    step = place.steps.by_id.get(element)
    if step is None:
        raise Conflict("{element} cannot be taken back: the case has moved on.", element=element)
    # The fresh token comes first, or the place would be empty for a moment and end.
    instance.arrive(place, step)
    compensation.forget(place, element)
    for token in tokens:
        if token is not None:
            instance.cancel(token, "withdrawn")
    return instance.progress()
