"""Names and keys that an expression of the diagram gives: of messages, errors, persons, processes. They are texts."""

from __future__ import annotations

from engine import feel
from engine.interpreter.progress import Value
from engine.interpreter.states import Stuck


def text(value: Value, attribute: str, element: str) -> str:
    """A name or key as text; a whole number is one as it is written.

    Args:
        attribute: of the diagram, that gives it.

    Raises:
        Stuck: it is nothing, or something that is neither text nor number.
    """
    if value is None or value == "":
        raise Stuck("The {attribute} of {element} came to nothing.", attribute=attribute, element=element)
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Stuck(
            "The {attribute} of {element} must be a text or a number; it is a {kind}.",
            attribute=attribute,
            element=element,
            kind=feel.kind(value),
        )
    return feel.text(value)
