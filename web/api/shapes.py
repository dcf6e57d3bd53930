"""What is answered over the wire: models that shape it and describe it.

Names are written as JavaScript writes them; moments as ISO 8601 in UTC.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Shape(BaseModel):
    """What all shapes have in common."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, use_attribute_docstrings=True
    )


class Person(Shape):
    """A person, by the name they have in the language of the answer."""

    id: str | None
    """Null where you are told the organisation in place of the person."""
    name: str


Columns = dict[str, str | bool | int | float]


class Remit(Shape):
    """A value that decides who sees a case and must be given at its start."""

    variable: str
    label: str
    source: str
    """The list or directory that its key comes from."""
    required: bool


class Startable(Shape):
    """A process that you may start."""

    process: str
    name: str
    documentation: str
    basis: str


class StartableList(Shape):
    """Every process that you may start."""

    items: list[Startable]


class StartForm(Startable):
    """A process with what starts it."""

    form: dict[str, Any] | None
    """form-js schema in the language of the answer; null where the process has none."""
    asks: list[Remit]


class Work(Shape):
    """A task in a list."""

    id: str
    instance_id: str
    process: str
    process_name: str
    element: str
    name: str
    business_key: str | None
    opened_at: datetime
    due_at: datetime | None
    days_left: int | None
    """Working days until it is due; negative when late."""
    priority: int
    unread: bool
    drafted: bool
    assignee: Person | None
    closed_at: datetime | None
    on_behalf_of: str | None
    columns: Columns
    """What lists show of the case, as far as you may see it."""


class WorkList(Shape):
    """A piece of a list of tasks."""

    items: list[Work]
    next: str | None
    """Where the following piece begins; null at the end."""


class Step(Shape):
    """A step at which a case waits, and who has it."""

    element: str
    name: str
    assignee: Person | None


class Case(Shape):
    """A case in a list."""

    id: str
    process: str
    process_name: str
    business_key: str | None
    state: str
    started_at: datetime
    ended_at: datetime | None
    steps: list[Step]
    columns: Columns


class CaseList(Shape):
    """A piece of a list of cases."""

    items: list[Case]
    next: str | None


class Notice(Shape):
    """Something laid before you."""

    id: str
    kind: str
    """`copy`, `reminder` or `note`."""
    instance_id: str
    task_id: str | None
    process: str
    process_name: str
    element: str | None
    name: str
    business_key: str | None
    by: Person | None
    """Null where the diagram says it."""
    at: datetime
    text: str | None
    unread: bool
    columns: Columns
    """What lists show of the case, as far as you may see it."""


class NoticeList(Shape):
    """A piece of the list of notices."""

    items: list[Notice]
    next: str | None


class Due(Shape):
    """When a task is due."""

    at: datetime
    days_left: int | None
    """Working days from today; negative when late; null once the task is closed."""
    why: dict[str, Any] | None
    """How the calendar came to it; null where the diagram computed the date."""


class File(Shape):
    """A file that values name by its id."""

    id: str
    name: str
    media_type: str
    size: int
    field: str | None
    """Of the form that it was handed in with; null: beside a form."""


class FileList(Shape):
    """Files of a case."""

    items: list[File]


class Comment(Shape):
    """What somebody remarked; plain text."""

    id: str
    by: Person
    at: datetime
    text: str


class CommentList(Shape):
    """Remarks on a case; of very many, the latest 200."""

    items: list[Comment]


class Draft(Shape):
    """What you have typed and not handed in."""

    values: dict[str, Any]
    revision: int
    saved_at: datetime


class Signature(Shape):
    """Who has signed, and when."""

    person: str | None
    """A name; null where the directory no longer has one."""
    organisation: str | None
    on_behalf_of: str | None
    at: datetime


class Task(Shape):
    """One task: its form, its values as far as you may see them, and what you may do with it."""

    id: str
    instance_id: str
    process: str
    process_name: str
    element: str
    name: str
    performers: str
    """Whom it is for: titles of roles, names of persons; empty once it is over."""
    state: str
    stamp: int
    """To be sent along with whatever is done to the task."""
    can: list[str]
    """Of `submit claim unclaim assign withdraw remind copy`, what you may do now."""
    business_key: str | None
    columns: Columns
    case_state: str
    basis: str
    documentation: str
    opened_at: datetime
    due: Due | None
    follow_up: datetime | None
    """When to look after it, if the process says."""
    priority: int
    assignee: Person | None
    closed_by: Person | None
    closed_at: datetime | None
    form: dict[str, Any] | None
    """form-js schema in the language of the answer; null where no form is asked for."""
    values: dict[str, Any]
    types: dict[str, Any]
    """FEEL types of the dates and times among the values."""
    titles: dict[str, dict[str, str]]
    """What keys in the values stand for, by source and key."""
    signed: dict[str, Signature]
    """Signatures that stand under the keys of the form's fields. A field that is still to be signed has none among the
    values: what stands here was signed before."""
    files: list[File]
    draft: Draft | None
    others: list[Person]
    """Who else may do it."""
    sees_case: bool
    sees_story: bool


class Value(Shape):
    """A value with the field it stands in."""

    name: str
    label: str
    type: str
    value: Any


class Waiting(Shape):
    """A step at which a case waits."""

    task_id: str | None
    """Null where the task is not yours to see."""
    name: str
    since: datetime
    due_at: datetime | None
    days_left: int | None
    performers: str
    """Whom it is for: titles of roles, names of persons."""
    assignee: Person | None
    mine: bool


class Relative(Shape):
    """Another case of the family that you may see."""

    id: str
    name: str
    business_key: str | None
    state: str
    relation: str
    """`parent` of this one, `child`, or `other`."""
    started_at: datetime


class Instance(Shape):
    """One case."""

    id: str
    process: str
    process_name: str
    version: int
    business_key: str | None
    columns: Columns
    state: str
    outcome: str
    """Name of the end it came to."""
    started_by: Person | None
    """Null: no person; it was called by another case, or a message began it."""
    started_at: datetime
    ended_at: datetime | None
    values: list[Value]
    on_request: list[str]
    """Fields that are shown to you on the page only, once you have said why you look, which is written down."""
    steps: list[Waiting]
    family: list[Relative]
    sees_story: bool


class Line(Shape):
    """One line of a story."""

    number: int
    kind: str
    at: datetime
    actor: Person | None
    """Null for the system."""
    on_behalf_of: Person | None
    text: str
    """The line as a sentence in the language of the answer."""
    quote: str | None
    values: list[Value]
    sealed: int
    """How many sealed values it recorded."""


class Story(Shape):
    """A piece of a story, latest line first."""

    items: list[Line]
    next: int | None


class Fault(Shape):
    """One thing that is wrong, and where."""

    where: str
    message: str


class Refusal(Shape):
    """Why nothing was done."""

    error: str
    """Short word for programs."""
    message: str
    """Sentence for people, in the language that Accept-Language asks for."""
    problems: list[Fault]
    number: str | None = None
    """Of the request, in the log too; only where something went wrong on our side."""
