"""The one door to running a diagram: a process is compiled once; commands move an instance from marking to marking.

Compile with ``spec = compile(process)``; begin with ``progress = start(spec, Context(now, values, evaluator), {...})``;
go on with ``complete(spec, progress.marking, Context(...), token, results)`` and the other commands.

Nothing here knows a database: ``Progress`` says what happened, and the caller writes it down. SpiffWorkflow is
imported nowhere else.
"""

from engine.interpreter.asking import hears, is_open, lookup, waits
from engine.interpreter.command import (
    cancel,
    complete,
    fail,
    finish,
    over,
    reads_results,
    retry,
    skip,
    start,
    trigger,
    write,
)
from engine.interpreter.compile import Spec, compile  # noqa: A004
from engine.interpreter.marking import OpenToken, open_tokens, path
from engine.interpreter.progress import (
    ArmClosed,
    CallWanted,
    ChildrenDropped,
    Ended,
    Entered,
    Erased,
    Fact,
    FanWanted,
    IncidentClosed,
    IncidentOpened,
    JobDropped,
    JobWanted,
    Left,
    Outcome,
    Progress,
    ScopeClosed,
    ScopeOpened,
    Subscribed,
    TaskClosed,
    TaskOpened,
    Thrown,
    TimerOpened,
    Value,
    Written,
)
from engine.interpreter.recalling import borders, is_whole, recall
from engine.interpreter.scope import Context, Lookup, Values

__all__ = [
    "ArmClosed",
    "CallWanted",
    "ChildrenDropped",
    "Context",
    "Ended",
    "Entered",
    "Erased",
    "Fact",
    "FanWanted",
    "IncidentClosed",
    "IncidentOpened",
    "JobDropped",
    "JobWanted",
    "Left",
    "Lookup",
    "OpenToken",
    "Outcome",
    "Progress",
    "ScopeClosed",
    "ScopeOpened",
    "Spec",
    "Subscribed",
    "TaskClosed",
    "TaskOpened",
    "Thrown",
    "TimerOpened",
    "Value",
    "Values",
    "Written",
    "borders",
    "cancel",
    "compile",
    "complete",
    "fail",
    "finish",
    "hears",
    "is_open",
    "is_whole",
    "lookup",
    "open_tokens",
    "over",
    "path",
    "reads_results",
    "recall",
    "retry",
    "skip",
    "start",
    "trigger",
    "waits",
    "write",
]
