"""The grids of a task's form, for whoever takes a sheet into one or gives its rows out as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from engine import access, definition, schema, turn
from engine.errors import NotFound
from engine.form.model import Field, Option
from engine.query.wording import Field as Words
from engine.query.wording import Wording

if TYPE_CHECKING:
    from engine.runtime import View

_t = schema.task.c


@dataclass(frozen=True, slots=True)
class Grid:
    """One grid.

    Attributes:
        field: labels and choices are in the reader's language.
        names: key of a column → what a heading may call it: in the reader's language, and as its owner wrote it.
    """

    field: Field
    names: Mapping[str, tuple[str, ...]]


def to_fill(view: View, task_id: str, key: str, language: str) -> Grid:
    """A grid of a task that it is the actor's turn to do.

    Raises:
        NotFound, Forbidden, Conflict: it is not, or no longer, the actor's task, or its form has no such grid.
    """
    task = turn.take(view, task_id)
    return _grid(view, task.definition_id, task.element, key, language)


def to_give_out(view: View, task_id: str, key: str, language: str) -> Grid:
    """A grid of a task that the actor may open.

    Raises:
        NotFound: there is no such task, or it is not the actor's to see, or its form has no such grid.
    """
    query = select(_t.definition_id, _t.element).where(_t.id == task_id, access.visible(view.actor, "task"))
    task = view.connection.execute(query).one_or_none()
    if task is None:
        raise NotFound(turn.GONE)
    return _grid(view, task.definition_id, task.element, key, language)


def _grid(view: View, definition_id: str, element_id: str, key: str, language: str) -> Grid:
    of = definition.load(view, definition_id)
    element = of.elements[element_id]
    form = of.form(element)
    field = None if form is None else form.by_key.get(key)
    if field is None or field.type != "grid":
        raise NotFound("The form has no such table.")
    words = Wording(of, language).fields(element.form_id or element.id)[key]
    said = {column.key: column for column in words.columns}
    names = {each.key: (said[each.key].label, each.label) for each in field.columns}
    columns = tuple(_in_words(each, said[each.key]) for each in field.columns)
    return Grid(replace(field, label=words.label, columns=columns), names)


def _in_words(column: Field, words: Words) -> Field:
    options = column.options
    if options is not None:
        options = tuple(Option(each.value, words.options.get(str(each.value), each.label)) for each in options)
    return replace(column, label=words.label, options=options)
