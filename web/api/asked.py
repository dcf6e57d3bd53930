"""What is handed in over the wire: models that check it and describe it. What they do not know they refuse."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from web.api.shapes import Shape
from web.demo import LONGEST_STEP

LONGEST_PAGE, FILES = 200, 2000
Key = Annotated[str, Field(min_length=1, max_length=255)]
Values = dict[str, Any]


class Asked(Shape):
    """What is handed in; a field that is not known is refused, lest a slip be passed over."""

    model_config = ConfigDict(extra="forbid")


class Release(Asked):
    """Files to be released together."""

    files: dict[str, str] = Field(min_length=1, max_length=FILES)
    """Content by path, as in the folder that `xuncha release` reads: `leave/leave.bpmn`, `leave/forms/ask.json`."""


class Start(Asked):
    """What a process is started with."""

    values: Values
    """By field of the start form. Without a form: what `asks` names, and under `businessKey` what people call it."""


class Stamped(Asked):
    """Says which state of a task the sender has seen."""

    stamp: int | None = Field(default=None, ge=0)
    """Of the task as it was read: if it has moved on since, nothing is done and the answer is 409."""


class Completion(Stamped):
    """A task's form, filled in."""

    values: Values
    """By field of the form. A signature is `{"password": "…"}`."""


class Remark(Asked):
    """What somebody wants to say on a case."""

    text: str
    """Plain text."""
    task_id: str | None = Field(default=None, max_length=64)
    """The task at which it is said: whom a task is offered may remark on it without seeing the rest of the case."""


class Message(Asked):
    """A message to whichever case waits for it."""

    name: Key
    """Name of the message, as diagrams have it."""
    key: str = Field(max_length=255)
    """Correlation key: what the receiver's subscription must come to."""
    content: Values = Field(default_factory=dict)
    """Variables that travel with it."""
    types: dict[str, Literal["date", "time", "dateTime"]] = Field(default_factory=dict)
    """Of values in `content` that JSON has no type for; they stand there as ISO 8601 text."""
    ttl: timedelta | None = Field(default=None, ge=timedelta(0), le=timedelta(days=366))
    """How long it waits for a receiver; an hour unless told."""
    message_id: str | None = Field(default=None, min_length=1, max_length=64)
    """Sending twice under one id sends once."""


class Move(Asked):
    """How far a demonstration's clock goes forward."""

    days: int = Field(ge=1, le=LONGEST_STEP)
    """Whole days."""


class ListQuery(Asked):
    """What of a list is wanted."""

    after: str | None = Field(default=None, max_length=500)
    """`next` of the piece before."""
    size: int = Field(default=50, ge=1, le=LONGEST_PAGE)
    """How many items at most."""
    process: str = Field(default="", max_length=64)
    """Key of a process."""
    text: str = Field(default="", max_length=100)
    """Up to eight words; what is listed shows each of them to you somewhere, in any language, in part or whole."""


class WorkQuery(ListQuery):
    """What of a list of tasks is wanted."""

    overdue: bool = False
    """Only what is late."""
    drafted: bool = False
    """Only what you have a draft of."""
    order: Literal["due", "arrival"] = "due"
    """Of open tasks: earliest due date first, or latest arrival first."""


class StoryQuery(Asked):
    """What of a story is wanted."""

    before: int | None = Field(default=None, ge=0, lt=2**31)
    """`next` of the piece before: lines older than this one."""
    size: int = Field(default=50, ge=1, le=LONGEST_PAGE)
    """How many lines at most."""
    technical: bool = False
    """Also tell how tokens moved."""
