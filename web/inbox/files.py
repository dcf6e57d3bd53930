"""Files: taken at once, given out by id, never run."""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from io import BytesIO

from flask import Response, jsonify, make_response, redirect, request, send_file, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from engine import access, attachment, opening
from engine import upload as uploads
from engine.errors import Invalid, Tampered
from web import db, once, security
from web import logging as log
from web.inbox import cases
from web.inbox.room import bp
from web.inbox.tasks import file_entry

# A file is never a page of ours: it runs nothing, loads nothing and is shown in no frame.
SANDBOX = "sandbox; default-src 'none'"
# The browser's own reader of PDF does not work inside a sandbox; it gets everything but that.
SHOWN = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; object-src 'self'"


@bp.post("/tasks/<task_id>/files")
@security.takes_files
def upload(task_id: str) -> AnyResponse:
    """Attach one file to a task: multipart ``file``, ``field``; answers ``{"id", "name", "size", "url"}``."""
    upload = uploads.examined(*received())
    add = partial(attachment.add, task_id=task_id, upload=upload, field=_field())
    return _answer(once.act(lambda command: add(command).id, about=told(upload)))


@bp.post("/start/<process_key>/files")
@security.takes_files
def upload_for_start(process_key: str) -> AnyResponse:
    """Take one file for a case that is about to be started."""
    upload = uploads.examined(*received())
    add = partial(opening.attach, process_key=process_key, upload=upload, field=_field())
    return _answer(once.act(lambda command: add(command).id, about=told(upload)))


def told(upload: uploads.Upload) -> list[str | None]:
    """What makes one upload another than the last."""
    return [upload.name, sha256(upload.body).hexdigest(), _field()]


def _field() -> str | None:
    return request.form.get("field", "")[:255] or None


@bp.get("/files/<attachment_id>")
def file(attachment_id: str) -> Response:
    """A file's content: PDF and pictures on the page, everything else to be saved."""
    found, body = opened(attachment_id)
    return given(found, body, inline=found.inline and "save" not in request.args)


def opened(attachment_id: str) -> tuple[attachment.Attachment, bytes]:
    """A file and its content; whoever opens what is sealed is written down, and so is a content that was changed.

    Raises:
        NotFound: there is none, or it is not the reader's to know.
        Tampered: its content is not what was handed in.
    """
    try:
        with db.read() as view:
            found = attachment.find(view, attachment_id)
            body = attachment.body(view, found)
    except Tampered:
        with db.write() as command:
            access.record(command, "changed", attachment_id)
        log.event("file changed", file=attachment_id)
        raise
    if found.cls == "sealed":
        with db.write() as command:
            access.record(command, "opened", found.id)
    return found, body


def given(found: attachment.Attachment, body: bytes, *, inline: bool) -> Response:
    """A file as an answer: it runs nothing, and no browser guesses what else it could be."""
    response = send_file(
        BytesIO(body),
        mimetype=found.media_type,
        as_attachment=not inline,
        download_name=found.name,
        etag=found.sha256,
        max_age=0,
    )
    response.content_type = found.media_type  # as a mimetype, text would be given a charset a second time
    response.headers["Content-Security-Policy"] = SHOWN if inline else SANDBOX
    response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.post("/files/<attachment_id>/delete")
def delete_file(attachment_id: str) -> AnyResponse:
    """Delete my own file, as long as it has not been submitted."""
    with db.write() as command:
        found = attachment.find(command, attachment_id)
        attachment.remove(command, attachment_id)
    if "HX-Request" in request.headers:
        return make_response(cases.talk_fragment(found.instance_id, found.task_id))
    return redirect(url_for("inbox.task", task_id=found.task_id), 303)


def received(limit: int = uploads.LIMIT) -> tuple[str, bytes]:
    """Name and content of the file that came with this request.

    Raises:
        Invalid: none came, or it is larger than ``limit`` bytes.
    """
    given: FileStorage | None = request.files.get("file")
    if given is None or not given.filename:
        raise Invalid("Choose a file first.")
    return given.filename, uploads.receive(given.stream, given.filename, limit)


def _answer(attachment_id: str) -> AnyResponse:
    with db.read() as view:
        added = attachment.find(view, attachment_id)
    if "HX-Request" in request.headers:
        return make_response(cases.talk_fragment(added.instance_id, added.task_id))
    response = jsonify(file_entry(added))
    response.status_code = 201
    return response
