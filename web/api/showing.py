"""From what the engine's queries answer to the shapes that go over the wire, in the language of the request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from engine.attachment import Attachment
from engine.draft import Draft
from engine.query import attached, columns, inbox, plain, start_list
from engine.query.attached import Comment, File
from engine.query.instance_page import InstancePage
from engine.query.people import Person
from engine.query.signed import Signed
from engine.query.story import Line, Shown
from engine.query.task_page import TaskPage
from engine.query.titles import Title
from engine.release import Released
from engine.runtime import View
from web import errors, i18n
from web.api import outcomes, shapes
from web.inbox import speech
from web.inbox.speech import Words


def person(of: Person | None) -> shapes.Person | None:
    """A person, if there is one."""
    return None if of is None else shapes.Person(id=of.id, name=i18n.named(of))


def released(of: Released) -> outcomes.Released:
    """What became of a process."""
    warnings = [
        shapes.Fault(where=each.where, message=errors.sentence(each.message, each.params)) for each in of.warnings
    ]
    return outcomes.Released(process=of.process_key, version=of.version, changed=of.changed, warnings=warnings)


def startable(of: start_list.Startable) -> shapes.Startable:
    """A process in the list of those that one may start."""
    return shapes.Startable(process=of.process_key, name=of.name, documentation=of.documentation, basis=of.basis)


def start_form(of: start_list.Startable) -> shapes.StartForm:
    """What starts a process."""
    asks = [
        shapes.Remit(variable=each.variable, label=each.label, source=each.source, required=each.required)
        for each in of.asks
    ]
    return shapes.StartForm(**startable(of).model_dump(), form=of.form, asks=asks)


# ---- lists


def works(view: View, items: Iterable[inbox.Work]) -> list[shapes.Work]:
    """Tasks of a list."""
    words = Words(view)
    return [
        shapes.Work(
            id=each.id,
            instance_id=each.instance_id,
            process=each.process_key,
            process_name=words.of(each.definition_id).process,
            element=each.element,
            name=words.of(each.definition_id).element(each.element),
            business_key=each.business_key,
            opened_at=each.opened_at,
            due_at=each.due_at,
            days_left=each.days_left,
            priority=each.priority,
            unread=each.unread,
            drafted=each.drafted,
            assignee=person(each.assignee),
            closed_at=each.closed_at,
            on_behalf_of=each.on_behalf_of,
            columns=_columns(each.columns),
        )
        for each in items
    ]


def cases(view: View, items: Iterable[inbox.Case]) -> list[shapes.Case]:
    """Cases of a list."""
    words = Words(view)
    return [
        shapes.Case(
            id=each.id,
            process=each.process_key,
            process_name=words.of(each.definition_id).process,
            business_key=each.business_key,
            state=each.state,
            started_at=each.started_at,
            ended_at=each.ended_at,
            steps=[
                shapes.Step(element=element, name=words.of(each.definition_id).element(element), assignee=person(who))
                for element, who in each.steps
            ],
            columns=_columns(each.columns),
        )
        for each in items
    ]


def notices(view: View, items: Iterable[inbox.Notice]) -> list[shapes.Notice]:
    """Notices of a list."""
    words = Words(view)
    return [
        shapes.Notice(
            id=each.id,
            kind=each.kind,
            instance_id=each.instance_id,
            task_id=each.task_id,
            process=each.process_key,
            process_name=words.of(each.definition_id).process,
            element=each.element,
            name=words.of(each.definition_id).element(each.element),
            business_key=each.business_key,
            by=person(each.by),
            at=each.at,
            text=each.text,
            unread=each.unread,
            columns=_columns(each.columns),
        )
        for each in items
    ]


# ---- one task, one case, its story


def task(view: View, of: TaskPage) -> shapes.Task:
    """One task."""
    titles: dict[str, dict[str, str]] = {}
    for (source, key), title in of.titles.items():
        titles.setdefault(source, {})[key] = i18n.named(title)
    return shapes.Task(
        id=of.id,
        instance_id=of.instance_id,
        process=of.process_key,
        process_name=of.process,
        element=of.element,
        name=of.name,
        performers=of.performers,
        state=of.state,
        stamp=of.stamp,
        can=sorted(of.can),
        business_key=of.business_key,
        columns=_columns(of.columns),
        case_state=of.case_state,
        basis=of.basis,
        documentation=of.documentation,
        opened_at=of.opened_at,
        due=None if of.due is None else shapes.Due(at=of.due.at, days_left=of.due.days_left, why=_why(of.due.why)),
        follow_up=of.follow_up,
        priority=of.priority,
        assignee=person(of.assignee),
        closed_by=person(of.closed_by),
        closed_at=of.closed_at,
        form=of.form,
        values=of.values,
        types=of.types,
        titles=titles,
        signed={key: _signature(each) for key, each in of.signed.items()},
        files=[file(each) for each in attached.files_by_id(view, of.files).values()],
        draft=_draft(of.draft),
        others=_persons(of.others),
        sees_case=of.sees_case,
        sees_story=of.sees_story,
    )


def instance(of: InstancePage) -> shapes.Instance:
    """One case."""
    return shapes.Instance(
        id=of.id,
        process=of.process_key,
        process_name=of.process,
        version=of.version,
        business_key=of.business_key,
        columns=_columns(of.columns),
        state=of.state,
        outcome=of.outcome,
        started_by=person(of.started_by),
        started_at=of.started_at,
        ended_at=of.ended_at,
        values=_values(of.values),
        on_request=[each.label for each in of.on_request],
        steps=[
            shapes.Waiting(
                task_id=each.task_id if each.visible else None,
                name=each.name,
                since=each.since,
                due_at=each.due_at,
                days_left=each.days_left,
                performers=each.performers,
                assignee=person(each.assignee),
                mine=bool(each.mine),
            )
            for each in of.steps
        ],
        family=[
            shapes.Relative(
                id=each.id,
                name=each.name,
                business_key=each.business_key,
                state=each.state,
                relation=each.relation,
                started_at=each.started_at,
            )
            for each in of.family
        ],
        sees_story=of.sees_story,
    )


def line(of: Line) -> shapes.Line:
    """One line of a story."""
    return shapes.Line(
        number=of.number,
        kind=of.kind,
        at=of.at,
        actor=person(of.actor),
        on_behalf_of=person(of.on_behalf_of),
        text=speech.told(of),
        quote=of.quote,
        values=_values(of.values),
        sealed=of.sealed,
    )


# ---- pieces


def _signature(of: Signed) -> shapes.Signature:
    def name(title: Title | None) -> str | None:
        return None if title is None else i18n.named(title)

    return shapes.Signature(
        person=name(of.person), organisation=name(of.organisation), on_behalf_of=name(of.on_behalf_of), at=of.at
    )


def _persons(of: Iterable[Person]) -> list[shapes.Person]:
    return [shapes.Person(id=each.id, name=i18n.named(each)) for each in of]


def _columns(of: Mapping[str, columns.Value]) -> shapes.Columns:
    return {name: _column(value) for name, value in of.items()}


def _column(value: columns.Value) -> str | int | float | bool:
    if isinstance(value, Title):
        return i18n.named(value)
    return value.isoformat() if isinstance(value, date) else value


def _why(of: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if of is None else dict(of)


def _values(of: Iterable[Shown]) -> list[shapes.Value]:
    return [
        shapes.Value(name=each.field.key, label=each.field.label, type=each.field.type, value=plain.of(each.value))
        for each in of
    ]


def _draft(of: Draft | None) -> shapes.Draft | None:
    return None if of is None else shapes.Draft(values=of.content, revision=of.revision, saved_at=of.saved_at)


def file(of: File | Attachment) -> shapes.File:
    """A file, without its content."""
    return shapes.File(id=of.id, name=of.name, media_type=of.media_type, size=of.size, field=of.field)


def comment(of: Comment) -> shapes.Comment:
    """A remark."""
    return shapes.Comment(id=of.id, by=shapes.Person(id=of.by.id, name=i18n.named(of.by)), at=of.at, text=of.text)
