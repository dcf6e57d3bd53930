"""The page of one task: read it, fill it in, hand it in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from flask import jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from engine import access, attachment, draft, phrase, task
from engine.errors import FormInvalid, Invalid, Problem
from engine.query import attached, task_page
from engine.query.task_page import TaskPage
from engine.query.titles import Title
from engine.query.wording import Wording
from engine.runtime import View
from web import db, i18n, once
from web.inbox import onward, signing, speech
from web.inbox.room import bp, on_to


@bp.get("/tasks/<task_id>", endpoint="task")
def show(task_id: str) -> str:
    """One task; opening it marks it as seen."""
    with db.read() as view:
        page = task_page.read(view, task_id, i18n.language())
        phrases = [each.text for each in phrase.mine(view)] if "submit" in page.can or "remind" in page.can else []
        says = speech.wording(view, page.definition_id)
        island = _island(view, page, says, phrases) if page.form is not None else {}
    note(page)
    return render_template(
        "inbox/task.html",
        page=page,
        island=island,
        phrases=phrases,
        says=says,
        number=speech.number(page.columns),
        states=speech.STATES,
    )


def note(page: TaskPage) -> None:
    """Opening a task is seen by whoever handed it on; opening what is sealed is written down for good."""
    if not page.opened and not (page.unseen and "submit" in page.can):
        return
    with db.write() as command:
        if page.unseen and "submit" in page.can:
            task.seen(command, page.id)
        if page.opened:
            access.record(command, "opened", page.id, ", ".join(page.opened))


@bp.get("/tasks/<task_id>/next")
def task_next(task_id: str) -> Response:
    """The task behind this one in my list, or before it; my list when there is none."""
    with db.read() as view:
        found = task_page.following(view, task_id, back=request.args.get("back") == "yes")
    target = url_for("inbox.task", task_id=found) if found else url_for("inbox.todo")
    return redirect(target, 303)


@bp.post("/tasks/<task_id>/complete")
def complete(task_id: str) -> Response:
    """Hand a task in: ``{"values", "stamp"}`` with the header Idempotency-Key; answers ``{"location"}``."""
    body = body_of()
    answer = hand_in(task_id, values_of(body), _number(body.get("stamp")))
    return jsonify(location=onward.after_task(answer, task_id))


@bp.post("/tasks/<task_id>/finish")
def finish(task_id: str) -> Response:
    """Hand in a task that has no form."""
    answer = hand_in(task_id, {}, _number(request.form.get("stamp")))
    return redirect(onward.after_task(answer, task_id), 303)


def hand_in(task_id: str, values: dict[str, Any], stamp: int | None) -> task.Answer:
    """Complete a task, passwords of signatures and all; what is refused is said in the reader's language.

    The engine itself looks at the key, and only where the task is done already: a completion is counted in statements.
    """
    signing.ask(values)
    try:
        with db.write() as command:
            return task.complete(command, task_id, values, stamp=stamp, key=once.key())
    except FormInvalid as refusal:
        raise FormInvalid(refusal.message, _in_words(task_id, refusal.problems), **refusal.params) from refusal


def _in_words(task_id: str, problems: tuple[Problem, ...]) -> list[Problem]:
    """What a decision of the process says against a submission, in the reader's language."""
    with db.read() as view:
        says = speech.wording(view, task_page.definition_of(view, task_id))
    return [replace(each, params={k: _said(says, v) for k, v in each.params.items()}) for each in problems]


def _said(says: Wording, value: Any) -> Any:
    return says.value(value) if isinstance(value, str) else value


@bp.put("/tasks/<task_id>/draft")
def save_draft(task_id: str) -> tuple[Response, int]:
    """Keep what has been typed: ``{"values", "revision"}``; 409 carries the version of the other window."""
    body = body_of()
    try:
        with db.write() as command:
            saved = draft.save(command, task_id, values_of(body), revision=_number(body.get("revision")) or 0)
    except draft.SavedElsewhere as refusal:
        other = refusal.other
        message = str(_("You saved this draft from another window at %(at)s.", at=i18n.moment(other.saved_at)))
        said = {"values": other.content, "revision": other.revision, "saved_at": other.saved_at.isoformat()}
        return jsonify(error="conflict", message=message, problems=[], other=said), 409
    return jsonify(revision=saved.revision, saved_at=saved.saved_at.isoformat(), withheld=list(saved.withheld)), 200


@bp.post("/tasks/<task_id>/draft/discard")
def discard_draft(task_id: str) -> Response:
    """Throw my draft away and show the task as it came."""
    with db.write() as command:
        draft.discard(command, task_id)
    return on_to(url_for("inbox.task", task_id=task_id))


# ---- the form on the page


def _island(view: View, page: TaskPage, says: Wording, phrases: list[str]) -> dict[str, str]:
    """What the form's script finds on its element, as ``data-…``."""
    editable = "submit" in page.can
    values = {**page.values, **(page.draft.content if page.draft else {})}
    island = {
        "form": json.dumps(page.form, ensure_ascii=False),
        "values": json.dumps(values, ensure_ascii=False),
        "types": json.dumps(page.types),
        "locale": i18n.language(),
        "entries-url": url_for("inbox.entries"),
        "titles": json.dumps(_titles(page), ensure_ascii=False),
        "signed": json.dumps({k: speech.signature(v) for k, v in page.signed.items()}, ensure_ascii=False),
        "words": json.dumps(_words(page, says), ensure_ascii=False),
        "files": json.dumps(_files(view, page), ensure_ascii=False),
        "sheets-url": url_for("inbox.take_sheet", task_id=page.id, field=""),
    }
    if not editable:
        return {**island, "readonly": ""}
    return {
        **island,
        "submit-url": url_for("inbox.complete", task_id=page.id),
        "stamp": str(page.stamp),
        "draft-url": url_for("inbox.save_draft", task_id=page.id),
        "draft-revision": str(page.draft.revision if page.draft else 0),
        "upload-url": url_for("inbox.upload", task_id=page.id),
        "stock-phrases": json.dumps(phrases, ensure_ascii=False),
    }


def _titles(page: TaskPage) -> dict[str, dict[str, str]]:
    """What the entries are called that the form's values name, by source and key."""
    titles: dict[str, dict[str, str]] = {}
    for (source, key), title in page.titles.items():
        titles.setdefault(source, {})[key] = i18n.named(title)
    return titles


def _words(page: TaskPage, says: Wording) -> dict[str, str]:
    """What texts of the form say in place of a value: a term in the reader's language, the name of what a key means."""
    terms = {text: says.value(text) for text in _texts(page.values)}
    keys = {key: i18n.named(title) for (_source, key), title in page.titles.items()}
    named = {
        page.values[name]: i18n.named(title)
        for name, title in page.columns.items()
        if isinstance(title, Title) and isinstance(page.values.get(name), str)
    }
    return {own: said for own, said in {**terms, **keys, **named}.items() if own != said}


def _texts(value: Any) -> Iterator[str]:
    """Every text inside a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each)


def _files(view: View, page: TaskPage) -> dict[str, Any]:
    return {key: file_entry(file) for key, file in attached.files_by_id(view, page.files).items()}


def file_entry(file: attached.File | attachment.Attachment) -> dict[str, Any]:
    """A file as the form's script knows it."""
    return {"id": file.id, "name": file.name, "size": file.size, "url": url_for("inbox.file", attachment_id=file.id)}


# ---- what comes in as JSON


def body_of() -> dict[str, Any]:
    """The request's JSON object.

    Raises:
        Invalid: there is none.
    """
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Invalid("The request could not be read as JSON.")
    return body


def values_of(body: dict[str, Any]) -> dict[str, Any]:
    """Its ``values``.

    Raises:
        Invalid: there are none.
    """
    values = body.get("values")
    if not isinstance(values, dict):
        raise Invalid("The request has no values.")
    return values


def _number(value: object) -> int | None:
    return int(value) if isinstance(value, int | str) and str(value).isdecimal() and len(str(value)) < 10 else None
