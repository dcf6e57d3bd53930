"""Scenarios: one way through a process, as a file, played on the real engine.

    title = "…"
    [start]
    process = "leave"          # by = "ida", variables = {…}, at = "event" where it can begin in several ways; or
                               # begun = true: its newest case that another has begun
    [[step]]
    task = "approve_leave"     # by = "bo", submit = {…}, refused = "part of the sentence" if it must be refused
    [[step]]
    clock = "P10D"             # or message = { name, key, content }
    [[step]]
    expect = { ended = "approved", waiting = ["…"], values = {…}, registers = {…} }
    [[step]]
    start = { process = "travel", by = "ida", variables = {…} }    # a further case, with the words of [start]
    case = "trip"              # what it is called: a step of this name looks into it, one without into the first

A task step with ``where = { unitId = "u2" }`` looks for its task in any case, also one that a message began, whose
values (or those of the cases it was called from) are these; with ``every = true`` it does all of them. A step with
``each = [{ unit = "u1" }, …]`` is taken once a row, with ``{unit}`` replaced by the row's value wherever it stands; so
are all the steps in its ``do = [{…}, …]``.

They serve as tests, as a try-out before a release, and to fill a demonstration. Files are named in a submission and
made up; a password is ``true`` there and filled in.
"""

from engine.scenario.player import Deviates, Player
from engine.scenario.told import Scenario, read

__all__ = ["Deviates", "Player", "Scenario", "read"]
