"""From what the interpreter says has happened to rows and lines of history.

This is the only writer of running state. A Progress is first turned into rows, then written table by table, so that
the number of statements does not depend on how much happened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.writing import gone
from engine.writing.facts import WRITERS
from engine.writing.rows import Rows

if TYPE_CHECKING:
    from engine.definition import Definition
    from engine.held import Held
    from engine.interpreter import Progress
    from engine.runtime import Command

__all__ = ["Rows", "write"]


def write(
    command: Command,
    held: Held,
    definition: Definition,
    progress: Progress,
    *,
    completed: str | None = None,
    reopens: Any = None,
) -> Rows:
    """Write what has happened to a locked instance; the caller saves it.

    Args:
        completed: id of the task whose completion this is: its line says who completed it and not just that it closed.
        reopens: the row of a task that is taken back: the one that takes its place is due when it was.

    Returns:
        What was opened, for the caller's answer.
    """
    rows = Rows(command, held, definition, completed, reopens)
    for fact in rows.folded(progress.facts):
        WRITERS[type(fact)](rows, fact)
    gone.let_go(rows)
    rows.values_line()
    held.marking = progress.marking
    if progress.ended is not None:
        rows.ended(progress)
    rows.note_span()
    rows.flush()
    return rows
