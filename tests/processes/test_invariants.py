"""Each invariant of the procedure objects when what it is about has been spoiled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import update

from engine import ident, register, scenario, schema
from engine.actor import ENGINE
from engine.runtime import Runtime
from tests.processes import invariants
from tests.processes.invariants import Standing
from tests.processes.procedure import ROOT

Invariant = Callable[[Standing], None]
ROUND = "XC-2026-01"


def enter(office: Runtime, key: str, remit: str = "*", **values: Any) -> None:
    with office.write(ENGINE) as command:
        register.append(command, key, values, job_id=ident.new(), remit=remit)


def objects(office: Runtime, invariant: Invariant) -> bool:
    with office.read() as view:
        try:
            invariant(Standing(view))
        except AssertionError:
            return True
        return False


def play(office: Runtime, path: str) -> None:
    read = scenario.read((ROOT / path).read_bytes(), path)
    for _ in scenario.Player(office, "known").play(read):
        pass


@pytest.mark.parametrize("invariant", invariants.INVARIANTS, ids=lambda each: each.__name__)
def test_nothing_is_wrong_in_an_office_where_nothing_has_happened(office: Runtime, invariant: Invariant) -> None:
    assert not objects(office, invariant)


def test_i1_an_item_of_information_without_outcome_is_lost_once_its_report_has_passed(office: Runtime) -> None:
    enter(office, "info", "team:T1", no="XX-1", round=ROUND, unit="u1", action="登记")
    assert not objects(office, invariants.i1_nothing_is_lost)
    enter(office, "gate", no="G3", round=ROUND, unit="u1", gate="报告", result="通过")
    assert objects(office, invariants.i1_nothing_is_lost)


def test_i1_a_clue_that_nobody_hands_over_is_lost_once_the_barn_is_closed(office: Runtime) -> None:
    enter(office, "clue_found", "team:T1", no="XS-1", round=ROUND, unit="u1")
    assert not objects(office, invariants.i1_nothing_is_lost)
    enter(office, "gate", no="G5", round=ROUND, gate="移交", result="通过")
    assert objects(office, invariants.i1_nothing_is_lost)


def test_i2_a_form_that_only_the_office_knows_is_out_of_balance(office: Runtime) -> None:
    enter(office, "clue_office", no="JJ-1", clueNo="XS-1", action="移交", department="di", round=ROUND)
    assert objects(office, invariants.i2_accounts_balance)
    enter(office, "clue_team", "team:T1", no="JJ-1", clueNo="XS-1", action="移交", round=ROUND)
    assert objects(office, invariants.i2_accounts_balance), "the department does not know it"
    enter(office, "clue_department", "organisation:di", no="di-1", formNo="JJ-1", action="接收", round=ROUND)
    assert not objects(office, invariants.i2_accounts_balance)


def test_i4_an_item_without_a_responsible_person_has_no_line_in_the_list_of_duties(office: Runtime) -> None:
    line = {"measure": "清退（虚构）", "target": "全部退回", "due": date(2026, 6, 30), "firstResponsible": "书记"}
    enter(office, "rectification", "unit:u1", no="ZG-1", action="建账", leaderInCharge="分管", person="干事", **line)
    assert not objects(office, invariants.i4_findings_name_fact_and_person)
    enter(office, "rectification", "unit:u1", no="ZG-2", action="建账", leaderInCharge="分管", **line)
    assert objects(office, invariants.i4_findings_name_fact_and_person)


def test_i5_what_an_audit_found_untrue_cannot_have_been_written_off(office: Runtime) -> None:
    enter(office, "rectification", "unit:u1", no="ZG-1", cycle=1, action="查账", result="不实")
    assert not objects(office, invariants.i5_nothing_is_closed_unseen)
    enter(office, "rectification", "unit:u1", no="ZG-1", cycle=1, action="销账")
    assert objects(office, invariants.i5_nothing_is_closed_unseen)


def test_i5_a_clue_is_not_written_off_without_a_result(office: Runtime) -> None:
    enter(office, "clue_office", no="JJ-1", clueNo="XS-1", action="销号", department="di", round=ROUND)
    assert objects(office, invariants.i5_nothing_is_closed_unseen)


def test_i6_nothing_escalates_by_itself(office: Runtime) -> None:
    enter(office, "reminder", no="DC-1", action="升级", round=ROUND)
    assert objects(office, invariants.i6_no_failure_without_a_decision)


def test_i6_a_failed_evaluation_without_a_line_about_the_principal_is_not_held_to_account(office: Runtime) -> None:
    play(office, "xc_evaluate/scenarios/failed_held_to_account_and_renewed.toml")
    assert not objects(office, invariants.i6_no_failure_without_a_decision)
    t = schema.register_entry
    with office.write(ENGINE) as command:
        command.connection.execute(update(t).where(t.c.register == "accountability").values(register="removed"))
    assert objects(office, invariants.i6_no_failure_without_a_decision)


def test_i7_a_line_taken_out_of_a_ledger_leaves_a_gap(office: Runtime) -> None:
    for number in ("ZG-1", "ZG-2"):
        enter(office, "rectification", "unit:u1", no=number, action="建账")
    assert not objects(office, invariants.i7_ledgers_are_only_appended_to)
    t = schema.register_entry
    with office.write(ENGINE) as command:
        command.connection.execute(t.delete().where(t.c.position == 1))
    assert objects(office, invariants.i7_ledgers_are_only_appended_to)


def test_i9_a_midterm_meeting_that_comments_on_no_team_has_not_done_its_duty(office: Runtime) -> None:
    play(office, "c_meeting/scenarios/midterm_meeting_comments_every_team.toml")
    assert not objects(office, invariants.i9_meetings_do_their_duty_first)
    v = schema.variable
    with office.write(ENGINE) as command:
        command.connection.execute(update(v).where(v.c.name == "comments").values(type="list", value="[]"))
    assert objects(office, invariants.i9_meetings_do_their_duty_first)


def test_i12_a_due_date_that_was_moved_by_hand_cannot_be_reckoned_again(office: Runtime) -> None:
    play(office, "xc_handover_clue/scenarios/supplement_is_insufficient_at_first.toml")
    assert not objects(office, invariants.i12_due_dates_can_be_reckoned_again)
    t = schema.task
    with office.write(ENGINE) as command:
        moved = update(t).where(t.c.due_why.is_not(None)).values(due_at=t.c.due_at + 1)
        assert command.connection.execute(moved).rowcount
    assert objects(office, invariants.i12_due_dates_can_be_reckoned_again)
