"""Starting a case by its form: what is handed in is checked like any other form before anything begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine import access, attachment, definition, directory, form, instance, schema, turn
from engine.errors import FormInvalid, Problem
from engine.query import start_list

if TYPE_CHECKING:
    from engine.attachment import Attachment
    from engine.runtime import Command, View
    from engine.upload import Upload

NUMBER = "businessKey"


def begin(
    command: Command,
    process_key: str,
    submission: Mapping[str, Any],
    *,
    key: str | None = None,
) -> str:
    """Start the newest definition of a process with what its start form asks for; returns the instance's id.

    Args:
        submission: values by field key, as a form sends them; where the process has no form, what decides who sees the
            case (released plain: any variable), and under ``NUMBER`` what people will know it by.
        key: idempotency key.

    Raises:
        NotFound: there is no such process, or it is not the actor's to start.
        FormInvalid: with one problem for each field at fault.
    """
    chosen = start_list.one(command, process_key, "zh")
    of = definition.load(command, chosen.definition_id)
    name = start_list.form_name(of)
    values: dict[str, Any] = dict(submission)
    number = values.pop(NUMBER, None) if name is None else None
    if name is None and not of.plain:
        strange = sorted(values.keys() - {each.variable for each in chosen.asks})
        _refuse(Problem(each[:100], "The form has no field {key}.", {"key": each[:100]}) for each in strange)
    missing = [each.variable for each in chosen.asks if each.required and not values.get(each.variable)]
    _refuse(Problem(each, "This is required.") for each in missing)
    files: list[tuple[str, list[str]]] = []
    if name is not None:
        asked = form.read(of.parts["form", name], name)
        values = form.check(
            asked,
            submission,
            {},
            command.evaluator,
            exists=lambda source, key: source == "attachment" or key in directory.offered(command, source, [key]),
        )
        files = attachment.named([each.key for each in asked.fields if each.type == "files"], submission)
    business_key = str(number) if number else None
    instance_id = instance.start(command, process_key, values, business_key=business_key, key=key)
    attachment.keep(command, of, instance_id, None, files)
    return instance_id


def attach(command: Command, process_key: str, upload: Upload, *, field: str | None) -> Attachment:
    """Take a file for a field of the form that starts a process.

    Raises:
        NotFound: there is no such process, or it is not the actor's to start.
        Invalid: the form has no such field, or the actor has too many files that have not been handed in.
    """
    chosen = start_list.one(command, process_key, "zh")
    return attachment.add_for_start(command, definition.load(command, chosen.definition_id), upload, field=field)


def _refuse(problems: Iterable[Problem]) -> None:
    found = list(problems)
    if found:
        raise FormInvalid("The form cannot be handed in yet.", found)


def onward(view: View, instance_id: str) -> tuple[str | None, bool]:
    """Where a starter goes on: the first task of the case that waits for them, and whether they see the case."""
    t, i = schema.task.c, schema.instance.c
    waiting = select(t.id).where(
        t.instance_id == instance_id, turn.mine(view.actor), access.visible(view.actor, "task")
    )
    first = view.connection.execute(waiting.order_by(t.opened_at, t.id).limit(1)).scalar_one_or_none()
    seen = select(i.id).where(i.id == instance_id, access.visible(view.actor, "instance"))
    return first, view.connection.execute(seen).first() is not None
