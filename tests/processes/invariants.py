"""What must hold whatever has happened: the invariants of the procedure by their numbers, asserted over the database.

Those about grants, appraisals and publication (I-3, I-8, I-10) come with the processes that do them; I-11 (no sealed
value where it does not belong) is held by the engine's own tests.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Row, select

from engine import calendar, clock, feel, history, policy, schema, variables
from engine.runtime import View
from tests.processes.procedure import drawn

Values = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """One line of a register as it stands; ``place`` is what it stands under, like ``u1`` of ``unit:u1``.

    ``at`` is when it was entered, in microseconds.
    """

    position: int
    place: str
    case: str
    values: Values
    at: int

    def __getitem__(self, column: str) -> Any:
        return self.values.get(column)


class Standing:
    """All that the invariants look at, each table read once."""

    def __init__(self, view: View) -> None:
        self.view = view

    @cached_property
    def registers(self) -> dict[str, list[Entry]]:
        """Entries of each register in order; one that has been corrected gives way to its correction."""
        found: dict[str, dict[int, Entry]] = {}
        t = schema.register_entry
        for row in self.view.connection.execute(select(t).order_by(t.c.position)):
            values: Any = feel.load("context", row.content)
            entry = Entry(row.position, row.remit.rpartition(":")[2], row.instance_id, values, row.at)
            book = found.setdefault(row.register, {})
            book.pop(row.corrects, None)
            book[row.position] = entry
        return {key: list(book.values()) for key, book in found.items()}

    def book(self, register: str, **wanted: Any) -> list[Entry]:
        """Entries with these values."""
        entries = self.registers.get(register, [])
        return [entry for entry in entries if all(entry[name] == value for name, value in wanted.items())]

    @cached_property
    def cases(self) -> list[Row[Any]]:
        return list(self.view.connection.execute(select(schema.instance).order_by(schema.instance.c.started_at)))

    def of(self, process: str, **wanted: Any) -> Iterator[tuple[Row[Any], Values]]:
        """Cases of a process (no iterations) with their values, those whose values are as wanted."""
        for case in self.cases:
            if case.process_key == process and case.body is None:
                values = variables.everything(self.view.connection, case.id)
                if all(values.get(name) == value for name, value in wanted.items()):
                    yield case, values

    def passed(self, case: str, element: str) -> bool:
        """Whether a token has left an element of a case."""
        v = schema.visit.c
        query = select(v.token).where(v.instance_id == case, v.element == element, v.left_at.is_not(None))
        return self.view.connection.execute(query).first() is not None


def i1_nothing_is_lost(there: Standing) -> None:
    """Every item of information has one outcome, every clue one way, every issue its item or a reason why not."""
    for register, action in (("info", "登记"), ("info", "处置")):
        assert _most(entry["no"] for entry in there.book(register, action=action)) <= 1, action
    disposed = {entry["no"]: entry["outcome"] for entry in there.book("info", action="处置")}
    assert disposed.keys() <= {entry["no"] for entry in there.book("info", action="登记")}
    for gate in there.book("gate", gate="报告"):
        arrived = there.book("info", action="登记", round=gate["round"], unit=gate["unit"])
        assert not [entry["no"] for entry in arrived if not disposed.get(entry["no"])], "without outcome at G3"
    _clues_have_one_way(there)
    for case, values in there.of("xc_feedback"):
        if case.outcome == "feedback_given":
            named = {row["issueNo"] for row in [*values["feedbackItems"], *(values["omitted"] or ())]}
            assert not {issue["no"] for issue in values["issues"]} - named, "an issue was not fed back"
    for case, values in there.of("xc_rectify"):
        if there.passed(case.id, "open_ledger"):
            opened = Counter(e["no"] for e in there.book("rectification", action="建账", round=values["roundId"]))
            assert all(opened[item["itemNo"]] == 1 for item in values["items"]), "an item has no account"


def _clues_have_one_way(there: Standing) -> None:
    found = there.book("clue_found")
    assert _most(entry["no"] for entry in found) <= 1
    for register in ("clue_team", "clue_office"):
        assert _most(entry["clueNo"] for entry in there.book(register, action="移交")) <= 1, register
    for gate in there.book("gate", gate="移交"):
        ended = Counter(values["clueNo"] for case, values in there.of("xc_handover_clue") if case.state == "ended")
        clues = [entry["no"] for entry in found if entry["round"] == gate["round"]]
        assert all(ended[clue] == 1 for clue in clues), "a clue is not in the barn at G5"


def _most(numbers: Any) -> int:
    return max(Counter(numbers).values(), default=0)


def i2_accounts_balance(there: Standing) -> None:
    """Team ledgers and office ledger hold the same forms; each department's holds those that went to it.

    What was reported to the city went to none. What reconciling has entered late (with a word on it) stands beside the
    entry that was left out.
    """
    office = there.book("clue_office", action="移交")
    assert sorted(e["no"] for e in there.book("clue_team", action="移交")) == sorted(e["no"] for e in office)
    received = [(e.place, e["formNo"]) for e in there.book("clue_department", action="接收") if not e["progress"]]
    assert sorted(received) == sorted((e["department"], e["no"]) for e in office if e["formType"] != "报市委")


def i4_findings_name_fact_and_person(there: Standing) -> None:
    """Nothing is fed back without fact and named person; no item is opened without its line in all three lists."""
    for case, values in there.of("xc_feedback"):
        if there.passed(case.id, "check_items") and case.outcome == "feedback_given":
            assert all(item["fact"] and item["responsible"] for item in values["feedbackItems"])
    for entry in there.book("rectification", action="建账"):
        assert all(entry[name] for name in ("measure", "target", "due", "firstResponsible", "leaderInCharge", "person"))


def i5_nothing_is_closed_unseen(there: Standing) -> None:
    """An item is written off after a true audit of its cycle; a clue after the department's result was reviewed."""
    for entry in there.book("rectification", action="销账"):
        audits = there.book("rectification", action="查账", no=entry["no"], cycle=entry["cycle"])
        before = [audit["result"] for audit in audits if audit.position < entry.position]
        assert before and before[-1] == "属实", entry["no"]
    for entry in there.book("clue_office", action="销号"):
        assert there.book("clue_department", action="反馈", formNo=entry["no"]), entry["no"]
        assert there.passed(entry.case, "review_result"), entry["no"]


def i6_no_failure_without_a_decision(there: Standing) -> None:
    """A failed evaluation owns decisions in the ledger, one about the principal; a letter escalates by a decision."""
    for case, values in there.of("xc_evaluate"):
        if there.passed(case.id, "decide_accountability"):
            number = f"{values['roundId']}/{values['unitId']}/{values['evalNo']}/"
            decided = [e for e in there.book("accountability") if str(e["no"]).startswith(number)]
            assert [e for e in decided if e["capacity"] == "主要负责人"], "no decision about the principal"
            assert all(e["decidedBy"] and (e["measure"] != "不予问责" or e["grounds"]) for e in decided)
        elif case.outcome in ("renewed", "failed_twice"):
            assert values["grade"] != "差", "failed, and nobody was asked"
    for entry in there.book("reminder", action="升级"):
        assert there.passed(entry.case, "study_escalation"), entry["no"]


def i7_ledgers_are_only_appended_to(there: Standing) -> None:
    """Positions have no gap, a correction names what it corrects and why, and every story's chain verifies."""
    t = schema.register_entry
    books: dict[str, list[Row[Any]]] = {}
    for row in there.view.connection.execute(select(t).order_by(t.c.register, t.c.position)):
        books.setdefault(row.register, []).append(row)
    for rows in books.values():
        assert [row.position for row in rows] == list(range(1, len(rows) + 1))
        assert all(row.reason and row.corrects < row.position for row in rows if row.corrects is not None)
    actions = {entry["action"] for entry in there.book("rectification")}
    assert actions <= {"建账", "报账", "交账", "转账", "查账", "销账"}
    for case in there.cases:
        history.verify(there.view.connection, there.view.runtime.keys.history, case.id)


def i9_meetings_do_their_duty_first(there: Standing) -> None:
    """Confirmed minutes have what their kind of meeting owes; nobody goes on site before both meetings of the start."""
    for case, held in there.of("c_meeting"):
        if case.state == "ended" and case.outcome == "minutes_confirmed":
            _duty(held)
    for case, values in there.of("xc_onsite"):
        root = next(each for each in there.cases if each.id == case.root_id)
        if root.process_key == "xc_round" and values["mode"] == "常规":
            before = {
                held["meetingType"]
                for meeting, held in there.of("c_meeting", roundId=values["roundId"])
                if meeting.outcome == "minutes_confirmed" and meeting.ended_at <= case.started_at
            }
            assert {"动员部署会", "任务布置会"} <= before


def _duty(held: Values) -> None:
    assert all(item["disposalOpinion"] for item in held.get("keyItems") or ())
    if held["meetingType"] == "中期推动会":
        for block in ("reports", "comments", "pushItems"):
            assert set(held["teamIds"]) <= {row["team"] for row in held[block]}, block
    if held["meetingType"] == "问题线索移交会":
        present = [row for row in held["attendance"] if row["user"] == held["leader"]]
        assert present, "the head was not there"
        assert present[0]["arriveAt"] <= held["actualStart"]
        assert present[0]["leaveAt"] >= held["actualEnd"], "the head left early"


def i12_due_dates_can_be_reckoned_again(there: Standing) -> None:
    """From the rule, the event and the calendar that a task keeps with its due date, the same date comes out."""
    rules = policy.current(there.view.connection)
    t = schema.task.c
    for row in there.view.connection.execute(select(t.due_at, t.due_why, t.element).where(t.due_why.is_not(None))):
        why = json.loads(row.due_why)
        rule = rules.deadlines[why["rule"]]
        again = calendar.due(rule, datetime.fromisoformat(why["base"]), rules.calendar, there.view.runtime.zone)
        assert (clock.micros(again.at), again.explained()) == (row.due_at, why), row.element
    for each in drawn().values():
        for element in each.user_tasks():
            if "deadline" in element.properties:
                missing = select(t.id).where(
                    t.process_key == each.key, t.element == element.id, t.due_at.is_not(None), t.due_why.is_(None)
                )
                assert there.view.connection.execute(missing).first() is None, element.id


INVARIANTS: tuple[Callable[[Standing], None], ...] = (
    i1_nothing_is_lost,
    i2_accounts_balance,
    i4_findings_name_fact_and_person,
    i5_nothing_is_closed_unseen,
    i6_no_failure_without_a_decision,
    i7_ledgers_are_only_appended_to,
    i9_meetings_do_their_duty_first,
    i12_due_dates_can_be_reckoned_again,
)


def hold(view: View) -> None:
    """Assert them all."""
    there = Standing(view)
    for invariant in INVARIANTS:
        invariant(there)
