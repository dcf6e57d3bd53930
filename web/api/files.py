"""Files and remarks: handed in as ``multipart/form-data``, given out by id, through the predicates of the pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flask import Response

from engine import attachment, comment, opening
from engine import upload as uploads
from engine.errors import NotFound
from engine.query import attached
from engine.runtime import Command
from web import db, once
from web.api import asked as wanted
from web.api import routes, shapes, showing
from web.api.operation import Room
from web.inbox import files

room = Room("api_files")
room.blueprint.register_error_handler(NotFound, routes.not_there)


@room.operation("POST", "/tasks/<task_id>/files", shapes.File, status=201, takes_file=True, refusals=(403, 404, 409))
def attach_file(task_id: str, name: str, body: bytes, field: str | None) -> shapes.File:
    """Hand in one file for a task that is yours to do.

    For a `files` field of its form: name the field, and complete the task with the answer's `id` among that field's
    values. Without a field it stands beside the form. What a file is, is read from its content: a kind that is not
    taken, and a name that says another kind, are refused.
    """
    upload = uploads.examined(name, body)
    add = partial(attachment.add, task_id=task_id, upload=upload, field=field)
    return _kept(lambda command: showing.file(add(command)), upload)


@room.operation("POST", "/processes/<process_key>/files", shapes.File, status=201, takes_file=True, refusals=(404,))
def attach_file_for_start(process_key: str, name: str, body: bytes, field: str | None) -> shapes.File:
    """Hand in one file for a field of a form that starts a process; yours alone until the case is started.

    A process that is not yours to start is not there. A case that is not begun within a day begins without the file.
    """
    upload = uploads.examined(name, body)
    add = partial(opening.attach, process_key=process_key, upload=upload, field=field)
    return _kept(lambda command: showing.file(add(command)), upload)


def _kept(add: Callable[[Command], shapes.File], upload: uploads.Upload) -> shapes.File:
    done = once.act(lambda command: add(command).model_dump(mode="json", by_alias=True), about=files.told(upload))
    return shapes.File.model_validate(done)


@room.operation("GET", "/files/<attachment_id>", None, refusals=(404,))
def read_file(attachment_id: str) -> Response:
    """The content of a file, as it was handed in.

    It comes to be saved under its own name, never to be shown. That somebody took out a sealed one is written down.
    """
    found, body = files.opened(attachment_id)
    return files.given(found, body, inline=False)


@room.operation("GET", "/instances/<instance_id>/files", shapes.FileList, refusals=(404,))
def list_files(instance_id: str) -> shapes.FileList:
    """Files of a case that have been handed in with a form or beside one, and your own that have not yet.

    Those that are yours to see; of a case that is not, nothing is said.
    """
    with db.read() as view:
        attached.must_know(view, instance_id)
        return shapes.FileList(items=[showing.file(each) for each in attached.files(view, instance_id)])


@room.operation("GET", "/instances/<instance_id>/comments", shapes.CommentList, refusals=(404,))
def list_comments(instance_id: str) -> shapes.CommentList:
    """What has been remarked on a case, oldest first, as far as it is yours to read."""
    with db.read() as view:
        attached.must_know(view, instance_id)
        return shapes.CommentList(items=[showing.comment(each) for each in attached.comments(view, instance_id)])


@room.operation(
    "POST", "/instances/<instance_id>/comments", shapes.CommentList, body=wanted.Remark, status=201, refusals=(404,)
)
def add_comment(instance_id: str, body: wanted.Remark) -> shapes.CommentList:
    """Remark on a case, at a task if one is named; answers the remarks as they are then."""
    once.act(lambda command: comment.add(command, instance_id, body.text, task_id=body.task_id))
    with db.read() as command:
        return shapes.CommentList(items=[showing.comment(each) for each in attached.comments(command, instance_id)])
