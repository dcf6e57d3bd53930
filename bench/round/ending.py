"""Whether the round came to the end that its diagrams draw, and lost nothing on the way."""

from __future__ import annotations

import random
from collections import Counter

from sqlalchemy import func, select

from bench.round import answers
from bench.round.district import CLUE, ISSUE, District
from engine import feel, history, schema
from engine.errors import EngineError
from engine.runtime import Runtime, View
from tests.processes import invariants

SAMPLE = 200
_i, _e = schema.instance.c, schema.register_entry.c


class Unlike(EngineError):
    """The round ended otherwise than it should."""


def check(runtime: Runtime, district: District, case: str) -> int:
    """See that everything ended as it should and that all invariants hold; returns how many stories were folded.

    Raises:
        Unlike, AssertionError: saying what is not so.
    """
    with runtime.read() as view:
        expected, there = _expected(district), _there(view)
        for what, count in expected.items():
            if there.get(what) != count:
                raise Unlike("{what}: {there}, not {expected}", what=what, there=there.get(what), expected=count)
        invariants.hold(view)
    with runtime.read() as view:
        cases = view.connection.execute(select(_i.id).order_by(_i.id)).scalars().all()
        chosen = {case, *random.Random(1).sample(cases, min(SAMPLE, len(cases)))}
        for each in sorted(chosen):
            history.verify(view.connection, runtime.keys.history, each)
            if history.fold(history.lines(view.connection, each)) != history.stored(view.connection, each):
                raise Unlike("The story of {case} does not fold to what stands.", case=each)
    return len(chosen)


def _expected(district: District) -> dict[str, int]:
    found = answers.expected(district)
    return {
        "xc_round fully_closed": 1,
        "xc_rectify rectified": district.units,
        "xc_evaluate passed": district.units,
        "xc_rectify_item item_written_off": found[ISSUE],
        "xc_handover_clue handed_over": found[CLUE],
        "xc_clue_handle written_off": found[CLUE],
        "xc_paper paper_signed": sum(found.values()),
        "active": 0,
        "incidents": 0,
        "failed jobs": 0,
        "issue": found[ISSUE],
        "clue_found": found[CLUE],
        "rectification 销账": found[ISSUE],
        "clue_office 销号": found[CLUE],
    }


def _there(view: View) -> Counter[str]:
    """How many cases of each process came to each end, and how many entries each register has of each action."""
    found: Counter[str] = Counter()
    ask = view.connection.execute
    cases = select(_i.process_key, _i.outcome, _i.state, func.count().label("many")).where(_i.body.is_(None))
    for row in ask(cases.group_by(_i.process_key, _i.outcome, _i.state)):
        found[f"{row.process_key} {row.outcome}"] += row.many
        found["active"] += row.many if row.state != "ended" else 0
    for row in ask(select(_e.register, _e.content)):
        action = feel.load("context", row.content).get("action")  # type: ignore[union-attr]
        found[f"{row.register} {action}" if action else row.register] += 1
    found["incidents"] = ask(select(func.count()).select_from(schema.incident)).scalar_one()
    failed = select(func.count()).select_from(schema.job).where(schema.job.c.state == "failed")
    found["failed jobs"] = ask(failed).scalar_one()
    return found
