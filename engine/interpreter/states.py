"""The states of a token (SpiffWorkflow's), the stages it goes through, and what it says when it cannot go on."""

from __future__ import annotations

from typing import Final, Literal

from SpiffWorkflow.util.task import TaskState

from engine.errors import Invalid

FUTURE: Final[int] = TaskState.FUTURE
WAITING: Final[int] = TaskState.WAITING
READY: Final[int] = TaskState.READY
STARTED: Final[int] = TaskState.STARTED
FAILED: Final[int] = TaskState.ERROR
OVER: Final[int] = TaskState.FINISHED_MASK

Stage = Literal["enter", "begin", "leave", "flow", "turn", "watch"]


class Stuck(Invalid):
    """A token cannot go on: the message says why and becomes the incident's reason."""
