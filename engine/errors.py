"""Everything the engine refuses, as one tree.

    EngineError
    ├── NotFound            it is not there, or not yours: the two look alike on purpose
    ├── Forbidden           you may see it, but not do this with it
    ├── Conflict            it is no longer in the state this needs
    ├── KeyReused           the idempotency key was used with another content
    ├── Invalid             what was handed in is wrong; carries a problem for each fault
    │   ├── DiagramInvalid
    │   ├── FormInvalid
    │   ├── PolicyInvalid
    │   └── ExpressionFailed
    ├── Unavailable         the database is away, locked or of another revision
    │   └── Unsure          it went away while it was keeping what was done: that may have happened
    ├── Broken              a part of this process has ended on its own
    └── Tampered            the history does not match its chain

A message is an English sentence with ``{placeholders}``. It is the key under which a user interface finds its
translation, and its parameters are plain values, so that the same error reads well in every language.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in something handed in: where it is, and a sentence that says what to do."""

    where: str
    message: str
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where it is, as a person finds it in what they handed in."""
        return self.where

    def __str__(self) -> str:
        return (
            f"{self.where}: {self.message.format(**self.params)}" if self.where else self.message.format(**self.params)
        )


class EngineError(Exception):
    """The engine refuses; ``str()`` gives the sentence in English."""

    def __init__(self, message: str, **params: Any) -> None:
        super().__init__(message)
        self.message = message
        self.params = params

    def __str__(self) -> str:
        return self.message.format(**self.params)


class NotFound(EngineError):
    """It does not exist, or the actor may not know that it does."""


class Forbidden(EngineError):
    """The actor may see the object but not do this with it."""


class Conflict(EngineError):
    """The object has moved on: somebody was faster, or its state does not allow the command."""


class KeyReused(EngineError):
    """The same idempotency key came with another content."""


class Unavailable(EngineError):
    """The database cannot be used now; nothing was changed."""


class Unsure(Unavailable):
    """The database went away before it had said that what was done is kept: it is kept, or it is not."""


class Broken(EngineError):
    """A part of this process has ended on its own; the process should end too, and be started again."""


class Tampered(EngineError):
    """History does not match its chain."""


class Invalid(EngineError):
    """What was handed in is wrong.

    Attributes:
        problems: every fault found, not only the first.
    """

    def __init__(self, message: str, problems: Iterable[Problem] = (), **params: Any) -> None:
        super().__init__(message, **params)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(f"- {problem}" for problem in self.problems)])


class DiagramInvalid(Invalid):
    """A diagram or decision cannot be run as drawn."""


class FormInvalid(Invalid):
    """A submission does not fit its form; ``where`` of each problem is the field's path."""


class PolicyInvalid(Invalid):
    """Roles, catalogue, deadlines or registers contradict themselves."""


class ExpressionFailed(Invalid):
    """An expression has no answer.

    Attributes:
        expression: the text as written in the diagram, form or table.
    """

    def __init__(self, message: str, expression: str, problems: Iterable[Problem] = (), **params: Any) -> None:
        super().__init__(message, problems, expression=expression, **params)
        self.expression = expression
