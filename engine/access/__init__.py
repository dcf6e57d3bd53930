"""Who sees what: ``visible`` decides about rows, as SQL, and ``shown`` about values; there is no other way.

What is not said to be open is closed. A role opens a row only within the remit the row stands under; an exclusion
(recusal) closes it again, whatever else was granted.
"""

from engine.access.granted import (
    APART,
    ASKED,
    Granted,
    actor,
    asking,
    held,
    holds,
    is_at_home,
    is_of_house,
    narrowed,
    policy_of,
    remit_of,
    role_of,
)
from engine.access.naming import front, is_named, is_veiled, named
from engine.access.opening import allowed, is_offered_at_all, tasks_offered
from engine.access.persons import (
    barred,
    granted,
    holders,
    may_be_taken_by_others,
    may_not_be_told,
    may_still_take,
    may_take,
    offers_role,
    takers,
    waits_for_nobody,
)
from engine.access.record import record, write
from engine.access.resolved import audiences_of, candidate_audiences, may_start, may_steer, remit_rows, remits_of
from engine.access.rows import may_do, visible
from engine.access.showing import sees, shows
from engine.access.values import Sight, shown, sight, sights

__all__ = [
    "APART",
    "ASKED",
    "Granted",
    "Sight",
    "actor",
    "allowed",
    "asking",
    "audiences_of",
    "barred",
    "candidate_audiences",
    "front",
    "granted",
    "held",
    "holders",
    "holds",
    "is_at_home",
    "is_named",
    "is_of_house",
    "is_offered_at_all",
    "is_veiled",
    "may_be_taken_by_others",
    "may_do",
    "may_not_be_told",
    "may_start",
    "may_steer",
    "may_still_take",
    "may_take",
    "named",
    "narrowed",
    "offers_role",
    "policy_of",
    "record",
    "remit_of",
    "remit_rows",
    "remits_of",
    "role_of",
    "sees",
    "shown",
    "shows",
    "sight",
    "sights",
    "takers",
    "tasks_offered",
    "visible",
    "waits_for_nobody",
    "write",
]
