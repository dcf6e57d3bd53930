"""Undoing what has been completed (BPMN 10.7, 13.5.5).

Each place keeps a list of what it has completed that can be undone, oldest first. An entry is

- ``{"e": element, "n": times}`` for an activity with a compensation handler, equal neighbours counted together;
- ``{"e": element, "v": [[name, type, text], ...], "d": [...]}`` for a completed sub-process that can be undone from
  within: its variables as they were, and its own list.

A throw starts the handlers one after another, what was completed last first, and waits until all are done. What is
still to be undone is a series of the place, ``detail["series"]``: number → ``[token that waits or 0, entries]``; a
handler's token knows its series.
"""

from __future__ import annotations

from engine import feel
from engine.interpreter.marking import Detail
from engine.interpreter.progress import Left
from engine.interpreter.states import STARTED
from engine.interpreter.steps import Place, Run, Step, Token


def record(place: Place, element: str, times: int = 1) -> None:
    """An activity with a handler has been completed."""
    last = place.done[-1] if place.done else {}
    if last.get("e") == element and "n" in last:
        last["n"] += times
    elif times:
        place.done.append({"e": element, "n": times})


def forget(place: Place, element: str) -> None:
    """An activity is not completed after all: its last completion is taken back."""
    take_off(place.done, element)


def take_off(done: list[Detail], element: str) -> None:
    """Take an activity's last completion from a list of what has been completed."""
    mine = next((entry for entry in reversed(done) if entry["e"] == element and "n" in entry), None)
    if mine is not None:
        mine["n"] -= 1
        done[:] = [entry for entry in done if entry.get("n", 1)]


def record_place(token: Token, place: Place) -> None:
    """A sub-process, or one pass of a loop, has been completed; its variables are still there."""
    if token.step.handler is not None:
        if token.step.around:
            record(token.place, token.step.bpmn_id)
    elif place.done or place.steps.undo is not None:
        values = token.run.variables.contents(place.number)
        kept = [[name, *feel.dump(value)] for name, value in values.items()]
        token.place.done.append({"e": token.step.bpmn_id, "v": kept, "d": place.done})


def throw(token: Token, activity: str | None, *, wait: bool) -> bool:
    """Undo one activity, or all that the scope has completed; True if there is nothing to wait for.

    An event sub-process speaks for the scope it serves. An activity is looked for in the scope of the throw, then
    outward.
    """
    home: Place | None = token.place
    while home is not None and home.host is not None and home.host.step.serves:
        home = home.host.place
    while activity and home is not None and not any(entry["e"] == activity for entry in home.done):
        home = home.host.place if home.host is not None else None
    if home is None:
        return True
    chosen = [entry for entry in home.done if not activity or entry["e"] == activity]
    home.done = [entry for entry in home.done if activity and entry["e"] != activity]
    if not chosen:
        return True
    if wait:
        token.detail["pending"] = 1
        token.wait(STARTED)
    _undo(home, chosen, token.number if wait else 0)
    return not wait


def handled(place: Place, series: int) -> None:
    """One handler is done: the next begins, or the throwing token goes on."""
    if series in place.detail.get("series", ()):
        _next(place, series)
    else:  # begun before handlers came one after another: what it knows is who waits
        _go_on(place.run, series)


def _go_on(run: Run, waiter: int) -> None:
    token = run.find(waiter)
    if token is None or "pending" not in token.detail:
        return
    token.detail["pending"] -= 1
    if not token.detail["pending"]:
        del token.detail["pending"]
        token.step.compensated(token)


def given_up(handler: Token) -> None:
    """A handler was ended before it was done: whoever waits for it does not wait for ever."""
    if "comp" in handler.detail:
        handled(handler.place, handler.detail["comp"])


def undone(host: Token) -> None:
    """All inside a sub-process that was opened again to be undone has come to its end."""
    run = host.run
    host.close_own()
    run.facts.append(Left(host.number, host.step.bpmn_id, "completed"))
    run.remove(host)
    handled(host.place, host.detail["comp"])


def _undo(home: Place, entries: list[Detail], waiter: int) -> None:
    """Begin to undo what a place has completed."""
    series = home.run.next_number()
    home.detail.setdefault("series", {})[series] = [waiter, entries]
    _next(home, series)


def _next(home: Place, series: int) -> None:
    """Undo the latest of what is left."""
    waiter, entries = home.detail["series"][series]
    if not entries:
        del home.detail["series"][series]
        if not home.detail["series"]:
            del home.detail["series"]
        _go_on(home.run, waiter)
        return
    entry = entries[-1]
    step: Step = home.steps.by_id[entry["e"]]
    if "n" not in entry:
        entries.pop()
        _reopen(home, step, entry, series)
        return
    assert step.handler is not None
    entry["n"] -= 1
    if not entry["n"]:
        entries.pop()
    home.run.arrive(home, home.steps.by_id[step.handler], comp=series)


def _reopen(home: Place, step: Step, entry: Detail, series: int) -> None:
    assert step.inner is not None
    host = home.run.park(home, step, STARTED, comp=series, undo=1, own=1)
    host.open_scope(host.number, {name: feel.load(kind, text) for name, kind, text in entry["v"]})
    place = home.run.open(host, step.inner, host.number)
    place.done = entry["d"]
    if step.inner.undo is not None:
        home.run.arrive(place, step.inner.undo)
    else:
        entries, place.done = place.done, []
        _undo(place, entries, 0)
