"""A form as the server understands it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from engine import feel
from engine.feel import Value

TEXT_LIMIT = 20_000
"""Characters of a text field, unless the form sets fewer or more."""

ROWS_LIMIT = 2_000
"""Rows of a grid."""

ITEMS_LIMIT = 500
"""Keys, files or options in one field."""

Limit = int | float | str
"""A number or text as in the schema, or FEEL with a leading ``=``."""


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: the value that is kept, and what a page shows."""

    value: Value
    label: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field, or one column of a grid.

    Attributes:
        key: name of the variable, or of the entry in a row.
        type: form-js's or our own: ``textfield textarea number checkbox select radio checklist taglist datetime
            expression entry grid files
            signature``.
        label: as written in the schema.
        subtype: ``date``, ``time`` or ``datetime`` of a datetime.
        hide: conditions, its own and those of the groups around it, any of which hides it; without ``=``.
        fixed: whether it is shown only (readonly or disabled): True, False, or FEEL without ``=``.
        rules: ``required min max minLength maxLength pattern email``, as in the schema's ``validate``.
        options: static choices; None where they come from elsewhere.
        choices: FEEL, without ``=``, or a name that gives the choices; empty if static.
        digits: decimal digits allowed; 0 is a whole number, None any.
        step: a number must be a multiple of it; 0 for any.
        not_past: a date before today is refused.
        formula: of an ``expression`` field, FEEL without ``=``.
        multiple: for ``entry`` and ``files``: several.
        source: for ``entry``: the directory, register or list that its keys are of.
        accept: for ``files``: kinds of file, as in HTML.
        statement: for ``signature``: what is signed.
        columns: of a ``grid``.
    """

    key: str
    type: str
    label: str = ""
    subtype: str = ""
    hide: tuple[str, ...] = ()
    fixed: bool | str = False
    rules: Mapping[str, Any] = field(default_factory=dict)
    options: tuple[Option, ...] | None = None
    choices: str = ""
    digits: int | None = None
    step: float = 0
    not_past: bool = False
    formula: str = ""
    multiple: bool = False
    source: str = ""
    accept: str = ""
    statement: str = ""
    columns: tuple[Field, ...] = ()

    @property
    def expressions(self) -> tuple[str, ...]:
        """All FEEL in it, without ``=``."""
        limits = (each[1:] for each in self.rules.values() if isinstance(each, str) and each.startswith("="))
        fixed = (self.fixed,) if isinstance(self.fixed, str) else ()
        own = (*self.hide, *fixed, *(each.strip() for each in limits), self.choices, self.formula)
        return tuple(each for each in own if each)

    @property
    def many(self) -> bool:
        """Whether its value is a list."""
        return self.type in ("checklist", "taglist", "grid", "files") or (self.type == "entry" and self.multiple)


@dataclass(frozen=True)
class Form:
    """A form.

    Attributes:
        source: name of the file, for messages.
        schema: as read.
        fields: everything with a key, in the order of the page.
        shown: FEEL in texts and tables that are only shown.
    """

    source: str
    schema: Mapping[str, Any]
    fields: tuple[Field, ...]
    shown: tuple[str, ...] = ()

    @cached_property
    def expressions(self) -> tuple[str, ...]:
        """All FEEL that decides or computes something in a submission."""
        return tuple(dict.fromkeys(each for field in self.fields for each in field.expressions))

    @cached_property
    def names(self) -> frozenset[str]:
        """Names from outside that its expressions and texts use, and the fields that are only shown."""
        used = feel.read_all((*self.expressions, *self.shown))
        fixed = {each.key for each in self.fields if each.fixed}
        keys = {each.key for each in self.fields} | _TEMPLATE
        return frozenset(name for reading in used for name in reading.names if name not in keys) | fixed

    @cached_property
    def signatures(self) -> frozenset[str]:
        """The fields that somebody may sign; a form that only shows a signature does not count."""
        return frozenset(each.key for each in self.fields if each.type == "signature" and each.fixed is not True)

    def unsigned(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values without those of the fields to be signed: whoever opens a form has not signed it yet."""
        return {name: value for name, value in values.items() if name not in self.signatures}

    @cached_property
    def by_key(self) -> Mapping[str, Field]:
        """The fields by their key."""
        return {each.key: each for each in self.fields}


_TEMPLATE = {"this", "parent", "_this_", "_parent_", "i"}


class Signing(dict[str, Value]):
    """What stands in a checked submission for a signature still to be made: an empty context that knows the password.

    Attributes:
        password: as typed; never a value, never printed.
        statement: what is signed.
    """

    __slots__ = ("password", "statement")

    def __init__(self, password: str, statement: str) -> None:
        super().__init__()
        self.password = password
        self.statement = statement

    def __repr__(self) -> str:
        return f"Signing(statement={self.statement!r})"
