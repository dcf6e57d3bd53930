"""What people say in particular: by element of the diagrams, whichever of them are open and in whatever order."""

from __future__ import annotations

from collections import Counter
from datetime import date

from bench.round import following_up, inspecting
from bench.round.desk import Desk, Said, not_before
from bench.round.district import CLUE, FIX, ISSUE, LEAVING, District

_ANSWERS = {**inspecting.ANSWERS, **following_up.ANSWERS}
# What the office does not begin before its day.
_DAYS = {
    "prepare_round": date(2026, 3, 18),
    "conduct_inquiry": date(2026, 4, 20),
    "supervise_daily": LEAVING,
    "xc_report_unit.draft_report": date(2026, 5, 8),
    "record_common_issues": date(2026, 5, 20),
    "pack_dossier": date(2026, 5, 22),
    "draft_feedback": date(2026, 5, 25),
    "claim_issues": date(2026, 6, 18),
}


def said(desk: Desk) -> Said:
    """What is said in particular.

    Raises:
        Later: nothing yet.
    """
    names = (f"{desk.process}.{desk.element}", desk.element)
    for name in names:
        if name in _DAYS:
            not_before(desk, _DAYS[name])
    answer = next((_ANSWERS[name] for name in names if name in _ANSWERS), None)
    return {} if answer is None else answer(desk)


def expected(district: District) -> Counter[str]:
    """How many issues, clues and matters to put right at once the round must come to."""
    found: Counter[str] = Counter({ISSUE: 0, CLUE: 0, FIX: 0})
    for unit in district.unit_keys:
        found.update(district.findings(unit))
    return found
