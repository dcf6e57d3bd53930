"""Every operation: each asks a query or a command of the engine and says what came of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from functools import partial
from typing import Any

from flask import Response, request

from engine import message, turn
from engine import task as tasks
from engine.errors import Conflict, Invalid, NotFound, Problem
from engine.query import inbox, instance_page, start_list, story, task_page
from engine.query.inbox import Filter
from engine.query.paging import Page
from engine.runtime import Command, View
from web import db, errors, i18n, installing, once
from web.api import asked as wanted
from web.api import outcomes, shapes, showing
from web.api.operation import Room
from web.inbox import start
from web.inbox import tasks as forms

room = Room("api")
_READ: dict[str, Callable[[str], Any]] = {
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "dateTime": datetime.fromisoformat,
}


# ---- for whoever looks after the processes


@room.operation("POST", "/releases", outcomes.ReleaseList, body=wanted.Release, is_administrators=True, is_large=True)
def release(body: wanted.Release) -> outcomes.ReleaseList:
    """Release policy and processes, as `xuncha release` does from a folder; what has not changed keeps its version.

    All of it or nothing: with any fault nothing is released. For administrators.
    """
    files = {path: text.encode("utf-8") for path, text in body.files.items()}

    def release(command: Command) -> list[dict[str, Any]]:
        return [showing.released(each).model_dump(mode="json") for each in installing.release_files(command, files)]

    return outcomes.ReleaseList(items=[outcomes.Released.model_validate(each) for each in once.act(release)])


@room.operation("POST", "/messages", outcomes.Published, body=wanted.Message, status=202, is_administrators=True)
def publish(body: wanted.Message) -> outcomes.Published:
    """Send a message to whichever case waits for it, or keep it for its time to live.

    The answer does not say whether anybody took it. For administrators: a message reaches cases that its sender need
    not see.
    """
    content = {name: _typed(name, value, body.types.get(name)) for name, value in body.content.items()}
    told = partial(message.publish, ttl=body.ttl, message_id=body.message_id)
    sent = once.act(lambda command: told(command, body.name, body.key, content))
    return outcomes.Published(message_id=sent)


def _typed(name: str, value: Any, kind: str | None) -> Any:
    """A value of a message, a date as a date; a moment without a zone is one on the wall of the installation."""
    if kind is None:
        return value
    try:
        read = _READ[kind](value)
    except (TypeError, ValueError) as error:
        fault = Problem(f"content.{name}", "This must be a date or time as ISO 8601 writes it.")
        raise Invalid("The message cannot be sent.", [fault]) from error
    naive = isinstance(read, datetime) and read.tzinfo is None
    return read.replace(tzinfo=db.settings().zone_info) if naive else read


# ---- starting


@room.operation("GET", "/processes", shapes.StartableList)
def list_processes() -> shapes.StartableList:
    """Every process that you may start."""
    with db.read() as view:
        found = start_list.all_of(view, i18n.language())
    return shapes.StartableList(items=[showing.startable(each) for each in found])


@room.operation("GET", "/processes/<process_key>", shapes.StartForm, refusals=(404,))
def read_process(process_key: str) -> shapes.StartForm:
    """A process that you may start, with the form that starts it."""
    with db.read() as view:
        return showing.start_form(start_list.one(view, process_key, i18n.language()))


@room.operation(
    "POST",
    "/processes/<process_key>/instances",
    outcomes.Started,
    body=wanted.Start,
    status=201,
    refusals=(404,),
)
def start_process(process_key: str, body: wanted.Start) -> outcomes.Started:
    """Start the newest version of a process."""
    begun = once.act(lambda command: start.begin(command, process_key, body.values))
    instance_id, first, sees_case = begun
    return outcomes.Started(instance_id=instance_id, first_task=first, sees_case=sees_case)


# ---- the four lists


@room.operation("GET", "/todo", shapes.WorkList, query=wanted.WorkQuery)
def list_todo(asked: wanted.WorkQuery) -> shapes.WorkList:
    """待办: open tasks that wait for you."""
    return _works(inbox.todo, asked)


@room.operation("GET", "/done", shapes.WorkList, query=wanted.WorkQuery)
def list_done(asked: wanted.WorkQuery) -> shapes.WorkList:
    """已办: tasks that you have completed, latest first."""
    return _works(inbox.done, asked)


def _works(read: Callable[..., Page[inbox.Work]], asked: wanted.WorkQuery) -> shapes.WorkList:
    more = {"overdue": asked.overdue, "drafted": asked.drafted, "order": asked.order}
    with db.read() as view:
        page = read(view, _filter(asked, **more), asked.after, asked.size)
        return shapes.WorkList(items=showing.works(view, page.items), next=page.next)


@room.operation("GET", "/started", shapes.CaseList, query=wanted.ListQuery)
def list_started(asked: wanted.ListQuery) -> shapes.CaseList:
    """我发起的: cases that you have started, latest first."""
    with db.read() as view:
        page = inbox.started(view, _filter(asked), asked.after, asked.size)
        return shapes.CaseList(items=showing.cases(view, page.items), next=page.next)


@room.operation("GET", "/notices", shapes.NoticeList, query=wanted.ListQuery)
def list_notices(asked: wanted.ListQuery) -> shapes.NoticeList:
    """待阅: what is laid before you, latest first. Reading the list marks nothing as read."""
    with db.read() as view:
        page = inbox.notices(view, _filter(asked), asked.after, asked.size)
        return shapes.NoticeList(items=showing.notices(view, page.items), next=page.next)


def _filter(asked: wanted.ListQuery, **more: Any) -> Filter:
    return Filter(process=asked.process, text=asked.text.strip().replace("\0", "\ufffd"), **more)


# ---- one task


@room.operation("GET", "/tasks/<task_id>", shapes.Task, refusals=(404, 409))
def read_task(task_id: str) -> shapes.Task:
    """A task with its form and its values, as its page shows it.

    As there, it then counts as opened by you: whoever did the step before can no longer take it back, and sealed
    values that it shows are written down as seen.
    """
    return _task(task_id)


def _task(task_id: str) -> shapes.Task:
    with db.read() as view:
        page = task_page.read(view, task_id, i18n.language())
        shown = showing.task(view, page)
    forms.note(page)
    return shown


@room.operation("POST", "/tasks/<task_id>/claim", shapes.Task, body=wanted.Stamped, refusals=(403, 404, 409))
def claim_task(task_id: str, body: wanted.Stamped) -> shapes.Task:
    """Reserve a task for yourself; answers how it stands then."""
    once.act(lambda command: tasks.claim(command, task_id, stamp=body.stamp))
    return _task(task_id)


@room.operation("POST", "/tasks/<task_id>/unclaim", shapes.Task, body=wanted.Stamped, refusals=(403, 404, 409))
def unclaim_task(task_id: str, body: wanted.Stamped) -> shapes.Task:
    """Put a task back for the others; answers how it stands then."""
    once.act(lambda command: tasks.unclaim(command, task_id, stamp=body.stamp))
    return _task(task_id)


@room.operation(
    "POST",
    "/tasks/<task_id>/complete",
    outcomes.Completed,
    body=wanted.Completion,
    refusals=(403, 404, 409),
)
def complete_task(task_id: str, body: wanted.Completion) -> outcomes.Completed:
    """Hand a task in."""
    answer = forms.hand_in(task_id, body.values, body.stamp)
    return outcomes.Completed(instance_id=answer.instance_id, next_task=answer.next_task, ended=answer.ended)


@room.blueprint.errorhandler(NotFound)
def not_there(error: NotFound) -> Response:
    """Nothing there; unless it is a task that had been offered to the reader, as on pages."""
    task_id = (request.view_args or {}).get("task_id")
    if task_id is not None:
        try:
            with db.read() as view:
                turn.explain(view, task_id)
        except Conflict as late:
            return errors.refused(late)
    return errors.refused(error)


# ---- one case


@room.operation("GET", "/instances/<instance_id>", shapes.Instance, refusals=(404,))
def read_instance(instance_id: str) -> shapes.Instance:
    """A case: where it stands, with whom, and its values as far as you may see them."""
    with db.read() as view:
        return showing.instance(instance_page.read(view, instance_id, i18n.language()))


@room.operation("GET", "/instances/<instance_id>/story", shapes.Story, query=wanted.StoryQuery, refusals=(404,))
def read_story(instance_id: str, asked: wanted.StoryQuery) -> shapes.Story:
    """What happened in a case, latest line first."""
    with db.read() as view:
        page = _lines(view, instance_id, asked)
        later = None if page.next is None else int(page.next)
        return shapes.Story(items=[showing.line(each) for each in page.items], next=later)


def _lines(view: View, instance_id: str, asked: wanted.StoryQuery) -> Page[story.Line]:
    return story.read(
        view, instance_id, i18n.language(), before=asked.before, technical=asked.technical, size=asked.size
    )
