"""Names and keys that an expression of the diagram gives: of messages, errors, persons, processes. They are texts."""

from __future__ import annotations

from engine import feel
from engine.interpreter.progress import Value
from engine.interpreter.states import Stuck

NAME_MOST, PERSON_MOST = 255, 64


def text(value: Value, attribute: str, element: str, most: int = NAME_MOST) -> str:
    """A name or key as text; a whole number is one as it is written.

    Args:
        attribute: of the diagram, that gives it.
        most: how many characters the columns take that it may stand in.

    Raises:
        Stuck: it is nothing, or something that is neither text nor number; it is too long, or holds a character that
            is none.
    """
    found = _text(value, attribute, element)
    if len(found) > most:
        raise Stuck(
            "The {attribute} of {element} has {count} characters; {most} are the limit.",
            attribute=attribute,
            element=element,
            count=len(found),
            most=most,
        )
    if not feel.is_text(found):
        raise Stuck(
            "The {attribute} of {element} holds a character that no text can have.",
            attribute=attribute,
            element=element,
        )
    return found


def _text(value: Value, attribute: str, element: str) -> str:
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
