"""Handing a form in: from what a browser sends to values that a process may have.

Form first, then the ``check`` decision, then signatures, files and what must be sealed; the interpreter only ever
gets the outcome.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from engine import attachment, canonical, directory, dmn, feel, form, interpreter, sealing, variables
from engine.bpmn.diagram import Element
from engine.errors import FormInvalid, Problem
from engine.form import Form
from engine.held import Held

if TYPE_CHECKING:
    from engine.definition import Definition
    from engine.runtime import Command

Values = dict[str, feel.Value]
_UNSIGNED = "The password is not right; nothing was signed."
_NO_FORM = "This step has no form: nothing can be entered with it."
_REFUSED = "The form cannot be handed in yet."


def taken(
    command: Command, of: Held, read: Definition, run: interpreter.Context, task: Any, submission: Mapping[str, Any]
) -> Values:
    """The values of a task's submission, checked; its files are kept with the case.

    Args:
        run: what the interpreter will go on with: it knows what has been read here.

    Raises:
        FormInvalid: with one problem for each field at fault.
    """
    element = read.elements[task.element]
    asked = read.form(element)
    if asked is None:
        if submission and not read.plain:
            raise FormInvalid(_REFUSED, [Problem(str(name)[:100], _NO_FORM) for name in submission])
        variables.must_be_names(submission)
        _judged(command, read, element, {**_outer(of, read, run, task, None), **submission})
        if task.files:
            attachment.keep(command, read, of.id, task.id, [])
        return variables.hidden(command, read.sealed, dict(submission))
    outer = _outer(of, read, run, task, asked)
    values = form.check(
        asked,
        submission,
        outer,
        command.evaluator,
        exists=lambda source, key: source == "attachment" or key in directory.offered(command, source, [key]),
        also=read.spec.expressions_after(element.id),
    )
    _judged(command, read, element, {**outer, **values})
    values = _signed(command, asked, values, submission, outer, read.sealed)
    named = attachment.named(_files(asked), submission)
    if task.files or any(ids for _, ids in named):
        attachment.keep(command, read, of.id, task.id, named)
    return variables.hidden(command, read.sealed, values)


def _outer(of: Held, read: Definition, run: interpreter.Context, task: Any, asked: Form | None) -> Values:
    """What the form, its check and whatever is asked until the next rest may need of the case: read in one go."""
    element, spec = read.elements[task.element], read.spec
    check = element.properties.get("check")
    names = set(asked.names if asked else ()) | (set(dmn.names(check, read.decisions)) if check else set())
    if asked is None and not names:
        return {}
    found = interpreter.lookup(of.marking, run, task.token, names | set(spec.names_after(element.id)))
    return {**dict.fromkeys(names), **found}


def _judged(command: Command, read: Definition, element: Element, context: Mapping[str, feel.Value]) -> None:
    """Ask the ``check`` decision: it collects what is wrong, a field and a sentence each."""
    check = element.properties.get("check")
    if check is None:
        return
    names = dmn.names(check, read.decisions)
    answer = dmn.evaluate(check, read.decisions, {**dict.fromkeys(names), **context}, command.evaluator)
    problems = list(_problems(answer if isinstance(answer, list) else [answer]))
    if problems:
        raise FormInvalid(_REFUSED, problems)


def _problems(rows: Iterable[Any]) -> Iterable[Problem]:
    for row in rows:
        if isinstance(row, dict):
            yield Problem(str(row.get("field") or ""), "{text}", {"text": str(row.get("sentence") or "")})
        elif row is not None:
            yield Problem("", "{text}", {"text": str(row)})


def _files(asked: Form) -> list[str]:
    return [f.key for f in asked.fields if f.type == "files"]


# ---- signing


def _signed(
    command: Command,
    asked: Form,
    values: Values,
    submission: Mapping[str, Any],
    outer: Mapping[str, feel.Value],
    sealed: frozenset[str],
) -> Values:
    """A signature: who, when, and a digest of what was handed in with it and of what the form showed of the case."""
    signatures = [key for key in values if key in asked.signatures and values[key] is not None]
    if not signatures:
        return values
    confirms = command.runtime.confirms
    for key in signatures:
        given = submission[key]
        password = str(given.get("password", "")) if isinstance(given, dict) else ""
        if confirms is None or not confirms(command, command.actor.person, password):
            raise FormInvalid(_REFUSED, [Problem(key, _UNSIGNED)])
    digest = _digest(command, asked, values, outer, sealed)
    made: feel.Value = {
        "person": command.actor.person,
        "onBehalfOf": command.actor.on_behalf_of,
        "at": command.now,
        "digest": digest,
    }
    return {**values, **dict.fromkeys(signatures, made)}


def _digest(
    command: Command, asked: Form, values: Values, outer: Mapping[str, feel.Value], sealed: frozenset[str]
) -> str:
    """Over the signed content: what was entered, what the form showed, its files by their own digests.

    A sealed value counts by a digest that tells nothing without the key.
    """

    def content(name: str, value: feel.Value) -> Any:
        plain = feel.dump(value)
        if name not in sealed or value is None:
            return plain
        return sealing.digest(command.runtime.keys.seal, json.dumps(plain).encode())

    entered = {name: content(name, value) for name, value in values.items() if name not in asked.signatures}
    shown = {name: content(name, outer.get(name)) for name in asked.names}
    ids = [each for key in _files(asked) for each in _ids(values.get(key, outer.get(key)))]
    signed = {
        "entered": entered,
        "shown": shown,
        "files": attachment.digests(command.connection, ids),
        "statements": {each.key: each.statement for each in asked.fields if each.key in asked.signatures},
    }
    return hashlib.sha256(canonical.text(signed).encode()).hexdigest()


def _ids(value: feel.Value) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
