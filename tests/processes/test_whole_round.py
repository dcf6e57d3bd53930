"""The round of the demonstration, from its proposal to the last clue: its quantities reconcile, and nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from engine import access, history, policy, schema
from engine.clock import instant
from engine.runtime import Runtime, View
from tests.engine import leftover
from tests.processes import invariants
from tests.processes.invariants import Standing

ROUND = "XC-2026-01"
HERE = ZoneInfo("Asia/Shanghai")
FILED = date(2026, 11, 20)


@pytest.fixture
def there(after_the_round: Runtime) -> Iterator[Standing]:
    with after_the_round.read() as view:
        yield Standing(view)


def day(moment: int) -> date:
    return instant(moment).astimezone(HERE).date()


def test_the_invariants_hold_and_history_folds_to_what_stands(there: Standing) -> None:
    invariants.hold(there.view)
    leftover.nothing_is_open_of_what_is_over(there.view.connection)
    for case in there.cases:
        lines = history.lines(there.view.connection, case.id)
        assert history.fold(lines) == history.stored(there.view.connection, case.id), case.process_key


def test_nothing_waits_for_somebody_to_mend_it(there: Standing) -> None:
    open_ = select(schema.incident.c.message).where(schema.incident.c.closed_at.is_(None))
    assert not there.view.connection.execute(open_).all()


def test_the_secretary_took_a_unit_out_and_what_was_proposed_is_kept(there: Standing) -> None:
    ((_, plan),) = [(c, v) for c, v in there.of("xc_plan") if c.outcome == "plan_approved"]
    assert [row["unit"] for row in plan["candidates"]] == ["u1", "u2", "u3", "u4"]
    assert plan["determinedUnits"] == ["u1", "u2", "u3"]


def test_milestones_before_moving_in_are_counted_back_from_it_and_warned_of(there: Standing) -> None:
    ((_, plan),) = [(c, v) for c, v in there.of("xc_plan") if c.outcome == "plan_approved"]
    due = {"进驻前发出巡察通知": date(2026, 3, 13), "进驻前收齐调阅材料": date(2026, 3, 16)}
    assert (plan["onsiteStart"], plan["noticeDue"], plan["materialsDue"]) == (date(2026, 3, 23), *due.values())
    warned = {e["subject"]: e for e in there.book("reminder", action="发出") if e["subject"] in due}
    assert {subject: (entry["due"], day(entry.at)) for subject, entry in warned.items()} == {
        subject: (on, on) for subject, on in due.items()
    }
    settled = {e["subject"] for e in there.book("reminder", action="核实")}
    assert due.keys() <= settled


def test_who_is_in_a_team_has_its_roles_until_the_round_is_filed_and_its_clues_until_the_account(
    there: Standing,
) -> None:
    a, i = schema.authority.c, schema.instance.c
    (round_,) = [case.id for case, _ in there.of("xc_round", roundId=ROUND)]
    given = there.view.connection.execute(
        select(a.person_id, a.role, a.remit, a.from_at, a.until_at)
        .join(schema.instance, i.id == a.instance_id)
        .where(i.root_id == round_)
    ).all()
    seats = {"TL": 1, "TD": 1, "TK": 1, "TM": 4, "TC": 7}
    assert Counter((row.role, row.remit[-2:]) for row in given) == {
        (role, team): count for role, count in seats.items() for team in ("T1", "T2")
    }
    assert {day(row.from_at) for row in given} == {date(2026, 3, 18)}
    assert {day(row.until_at) for row in given if row.role != "TC"} == {FILED}
    accounts = {entry.place: day(entry.at) for entry in there.book("account")}
    assert {(row.remit[-2:], day(row.until_at)) for row in given if row.role == "TC"} == set(accounts.items())
    only = {"t1_finance", "t1_case", "t2_finance", "t2_rural", "t2_project"}
    assert only <= {row.person_id for row in given}
    left = {a for person in only for a in access.actor(there.view.connection, person, there.view.now).audiences}
    assert not {audience for audience in left if audience.partition("@")[0] in seats}


def test_46_items_of_information_all_have_their_outcome(there: Standing) -> None:
    arrived = there.book("info", action="登记")
    assert Counter(entry.place for entry in arrived) == {"T1": 24, "T2": 22}
    outcomes = Counter(entry["outcome"] for entry in there.book("info", action="处置"))
    assert outcomes == {"转线索": 11, "转问题": 17, "并案": 5, "超范围转办": 6, "立行立改": 3, "查否归档": 4}


def test_31_issues_by_unit_and_by_kind(there: Standing) -> None:
    issues = there.book("issue")
    assert Counter(entry["unit"] for entry in issues) == {"u1": 12, "u2": 9, "u3": 10}
    kinds = Counter(entry["level"] for entry in issues)
    assert kinds == {"党的领导弱化": 9, "党的建设缺失": 10, "全面从严治党不力": 12}


def test_eight_clues_were_found_one_of_them_by_going_back(there: Standing) -> None:
    found = there.book("clue_found")
    assert sorted(entry["no"] for entry in found) == [f"XS-2026-01-{n:03d}" for n in range(1, 9)]
    assert Counter(entry["unit"] for entry in found) == {"u1": 4, "u2": 2, "u3": 2}
    ((again, revisit),) = there.of("xc_onsite", mode="回马枪")
    assert (revisit["unitId"], revisit["revisitOutcome"]) == ("u3", "再发现")
    inside = {case.id for case in there.cases if case.parent_id == again.id}
    assert [entry["no"] for entry in found if entry.case in inside] == ["XS-2026-01-007"]


def test_a_unit_whose_clues_were_not_sorted_out_was_not_let_go(there: Standing) -> None:
    passes = {entry["unit"]: entry["failures"] for entry in there.book("gate", gate="报告")}
    assert passes.keys() == {"u1", "u2", "u3"}
    assert passes["u2"]
    assert not passes["u1"]


def test_a_common_problem_led_to_a_special_inspection(there: Standing) -> None:
    rounds = [case.business_key for case in there.cases if case.process_key == "xc_round" and case.body is None]
    assert len(rounds) == 2


def test_meetings_were_held_as_often_as_the_procedure_says(there: Standing) -> None:
    held = Counter(values["meetingType"] for _, values in there.of("c_meeting", roundId=ROUND))
    expected = {
        "动员部署会": 1,
        "任务布置会": 1,
        "进驻见面会": 3,
        "组务会": 4,
        "中期推动会": 1,
        "情况汇报会": 1,
        "书记专题会": 1,
    }
    assert {kind: held[kind] for kind in expected} == expected


def _due(view: View, process: str, element: str) -> set[date]:
    t = schema.task.c
    query = select(t.due_at).where(t.process_key == process, t.element == element, t.due_at.is_not(None))
    return {day(moment) for moment in view.connection.execute(query).scalars()}


def test_feedback_is_due_fifteen_working_days_after_the_special_meeting(there: Standing) -> None:
    assert _due(there.view, "xc_feedback", "draft_feedback") == {date(2026, 6, 10)}


def test_eight_clues_went_to_three_departments_and_stand_in_three_ledgers(there: Standing) -> None:
    office = there.book("clue_office", action="移交")
    by_department: dict[str, set[str]] = {}
    for entry in office:
        by_department.setdefault(entry["department"], set()).add(entry["clueNo"][-3:])
    assert by_department == {"di": {"001", "002", "003", "005", "007", "008"}, "og": {"006"}, "xf": {"004"}}
    assert {e["clueNo"][-3:] for e in office if e["formType"] == "超范围移交"} == {"004"}
    assert {e["clueNo"][-3:] for e in office if e["important"]} == {"001", "007"}
    assert Counter(e.place for e in there.book("clue_team", action="移交")) == {"T1": 4, "T2": 4}
    assert Counter(e.place for e in there.book("clue_department", action="接收")) == {"di": 6, "og": 1, "xf": 1}


def test_the_insufficient_clue_was_supplemented_on_the_last_day(there: Standing) -> None:
    assert _due(there.view, "xc_handover_clue", "supplement_clue") == {date(2026, 6, 9)}
    (entry,) = there.book("clue_office", action="移交", clueNo="XS-2026-01-003")
    assert entry["signedAt"].astimezone(HERE).date() == date(2026, 6, 9)


def test_a_clue_reported_directly_did_not_wait_for_the_meeting(there: Standing) -> None:
    (report,) = there.book("direct_report", clueNo="XS-2026-01-008")
    assert (report["no"], report["instruction"]) == ("ZB-2026-01-01", "立即移交")
    assert (report["readAt"] - report["signedAt"]).total_seconds() == 14 * 60
    (form,) = there.book("clue_office", action="移交", clueNo="XS-2026-01-008")
    in_three = [form, *there.book("clue_team", no=form["no"], action="移交")]
    in_three += there.book("clue_department", formNo=form["no"], action="接收")
    assert [day(entry.at) for entry in in_three] == [date(2026, 4, 16)] * 3
    (assigned,) = there.book("clue_department", formNo=form["no"], action="分办")
    assert (assigned["priority"], day(assigned.at)) == ("特急", date(2026, 4, 17))


def test_it_was_told_to_the_next_meeting_for_the_record(there: Standing) -> None:
    ((_, meeting),) = there.of("c_meeting", meetingType="问题线索移交会")
    subjects = [row["subject"] for row in meeting["agenda"]]
    assert subjects == [*(f"XS-2026-01-00{n}" for n in range(1, 8)), "直报先行移交备案", "XS-2026-01-008"]
    (record,) = there.book("clue_office", action="备案")
    assert (record["clueNo"], day(record.at)) == ("XS-2026-01-008", date(2026, 5, 26))
    (handover,) = [case.id for case, _ in there.of("xc_handover_clue", clueNo="XS-2026-01-008")]
    assert not there.passed(handover, "attend_meeting")


def test_a_form_that_was_refused_got_no_entry_before_all_three_had_signed(there: Standing) -> None:
    signed = [v for c, v in there.of("c_trisign") if v["clueNo"] == "XS-2026-01-005"]
    ended = [c.outcome for c, v in there.of("c_trisign") if v["clueNo"] == "XS-2026-01-005"]
    assert len(signed) == 2
    assert sorted(ended) == ["refused_by_department", "signed"]


def test_teams_handed_in_their_accounts_and_one_had_to_correct_its_own(there: Standing) -> None:
    accounts = {entry.place: entry for entry in there.book("account", action="交账")}
    assert (accounts["T1"]["total"], accounts["T1"]["supplementing"], accounts["T1"]["outOfScope"]) == (4, 1, 1)
    assert (accounts["T2"]["total"], accounts["T2"]["handed"]) == (4, 4)
    assert (accounts["T1"]["infoTotal"], accounts["T2"]["infoTotal"]) == (24, 22)
    assert (accounts["T1"]["returns"], accounts["T2"]["returns"]) == (1, 0)


def test_31_items_were_opened_and_29_written_off_two_go_on_for_long(there: Standing) -> None:
    opened = there.book("rectification", action="建账")
    assert Counter(entry.place for entry in opened) == {"u1": 12, "u2": 9, "u3": 10}
    written_off = {entry["no"] for entry in there.book("rectification", action="销账", cycle=1)}
    assert {entry["no"] for entry in opened} - written_off == {"ZG-2026-01-u1-12", "ZG-2026-01-u3-10"}
    assert round(len(written_off) / len(opened) * 100, 1) == 93.5


def test_a_false_hand_in_went_back_and_was_audited_again(there: Standing) -> None:
    audits = there.book("rectification", action="查账", no="ZG-2026-01-u3-03", cycle=1)
    assert [entry["result"] for entry in audits] == ["不实", "属实"]


def test_warnings_turn_from_green_to_yellow_and_red(there: Standing) -> None:
    warned = Counter(
        entry["colour"] for entry in there.book("reminder", action="发出") if entry["due"] == date(2026, 8, 20)
    )
    assert set(warned) == {"绿", "黄", "红"}
    assert warned["红"] == 1


def test_suggestions_went_to_the_departments_concerned(there: Standing) -> None:
    assert Counter(entry.place for entry in there.book("suggestion")) == {"cz": 2, "sj": 1, "gz": 1}


def test_three_units_were_evaluated_and_one_a_second_time(there: Standing) -> None:
    found = {
        (values["unitId"], values["evalNo"]): (
            values["score"],
            values["grade"],
            round(values["satisfactionRate"] * 100, 1),
        )
        for _, values in there.of("xc_evaluate")
    }
    assert found == {
        ("u1", 1): (93, "好", 94.0),
        ("u2", 1): (82, "较好", 84.6),
        ("u3", 1): (55, "差", 46.2),
        ("u3", 2): (83, "较好", 82.7),
    }


def test_failure_was_held_to_account_before_it_was_rectified_again(there: Standing) -> None:
    outcomes = {(values["unitId"], values["evalNo"]): case.outcome for case, values in there.of("xc_evaluate")}
    assert outcomes == {
        ("u1", 1): "passed",
        ("u2", 1): "passed",
        ("u3", 1): "renewed",
        ("u3", 2): "passed_after_renewal",
    }
    decided = [(entry["capacity"], entry["measure"]) for entry in there.book("accountability")]
    assert decided == [("主要负责人", "约谈"), ("分管", "处理"), ("犯错", "通报")]
    renewed = {entry["no"] for entry in there.book("rectification", action="销账", cycle=2)}
    assert renewed == {f"ZG-2026-01-u3-{n:02d}" for n in range(1, 7)}


def test_every_units_rectification_has_ended(there: Standing) -> None:
    assert {values["unitId"]: case.outcome for case, values in there.of("xc_rectify")} == {
        "u1": "kept_long_term",
        "u2": "rectified",
        "u3": "kept_long_term",
    }


def test_a_clue_out_of_scope_was_dealt_with_in_thirteen_of_fifteen_working_days(there: Standing) -> None:
    (signed,) = there.book("clue_office", action="移交", clueNo="XS-2026-01-004")
    (closed,) = there.book("clue_office", action="销号", clueNo="XS-2026-01-004")
    assert (closed["department"], closed["result"], day(closed.at)) == ("xf", "部分属实", date(2026, 6, 15))
    rules = policy.current(there.view.connection)
    assert rules.calendar.working_days_between(day(signed.at), day(closed.at)) == 13 <= rules.deadlines["D18"].amount


def test_the_books_are_reconciled_every_month_and_july_finds_one_entry_missing(there: Standing) -> None:
    sheets = {(e.place, e["period"]): (e["lines"], e["found"]) for e in there.book("reconciliation")}
    missing = there.book("clue_office", action="移交", clueNo="XS-2026-01-002")[0]["no"]
    late = there.book("clue_office", action="移交", clueNo="XS-2026-01-005")[0]["no"]
    assert {sheet: found for sheet, (_, found) in sheets.items() if found} == {
        ("di", "2026-07"): f"{missing}：漏登",
        ("di", "2026-09"): f"{late}：超期未报",
    }
    assert {sheet for sheet in sheets if sheet[0] == "di"} == {("di", f"2026-{n:02d}") for n in range(5, 13)}
    assert sheets[("di", "2026-07")][0] == 6
    made_good = there.book("clue_department", action="分办", formNo=missing)
    assert [day(entry.at) for entry in made_good] == [date(2026, 7, 1)]


def test_both_sides_sign_every_reconciliation_and_each_difference_was_explained(there: Standing) -> None:
    for case, values in there.of("xc_reconcile"):
        assert case.outcome == "reconciled"
        signatures = (values["departmentSignature"]["person"], values["officeSignature"]["person"])
        assert signatures == (f"{values['orgId']}_intake", "or1")
        assert len(values["corrections"]) == len(values["differences"])


def _warned(there: Standing, clue: str) -> list[tuple[str, str, date]]:
    number = there.book("clue_office", action="移交", clueNo=clue)[0]["no"]
    about = [e for e in there.book("reminder", action="发出") if e["subject"] == number]
    return [(e["colour"], e["letter"], day(e.at)) for e in about if e["due"] == date(2026, 8, 27)]


def test_a_result_that_did_not_come_turned_red_the_day_after_it_was_due(there: Standing) -> None:
    assert _warned(there, "XS-2026-01-005") == [
        ("绿", "督查督办通知书", date(2026, 8, 12)),
        ("黄", "阶段督查指导书", date(2026, 8, 24)),
        ("红", "情况提醒书", date(2026, 8, 28)),
        ("红", "情况告诫书", date(2026, 9, 8)),
    ]
    assert [colour for colour, _, _ in _warned(there, "XS-2026-01-001")] == ["绿", "黄"]


def test_working_days_leave_out_holidays(there: Standing) -> None:
    """Five from 24 September: over mid-autumn and the week of the National Day."""
    assert _due(there.view, "xc_evaluate", "receive_renewal") == {date(2026, 10, 9)}


def test_an_extension_keeps_the_date_that_was_due_before(there: Standing) -> None:
    ((_, handled),) = there.of("xc_clue_handle", clueNo="XS-2026-01-005")
    (extension,) = handled["dueHistory"]
    assert (extension["due"], extension["newDue"]) == (date(2026, 8, 27), date(2026, 12, 15))
    assert extension["reason"]
    others = [values["dueHistory"] for _, values in there.of("xc_clue_handle") if values["clueNo"][-3:] != "005"]
    assert others == [[]] * 7


def test_seven_of_eight_clues_were_written_off_when_the_round_was_filed_in_all_three_ledgers(there: Standing) -> None:
    numbers = {e["no"]: e["clueNo"][-3:] for e in there.book("clue_office", action="移交")}
    ledgers = {
        book: {numbers[e[number]] for e in there.book(book, action="销号") if day(e.at) <= FILED}
        for book, number in (("clue_team", "no"), ("clue_office", "no"), ("clue_department", "formNo"))
    }
    seven = {"001", "002", "003", "004", "006", "007", "008"}
    assert ledgers == {"clue_team": seven, "clue_office": seven, "clue_department": seven}
    by_whom = {e["clueNo"][-3:]: e["writtenOffBy"] for e in there.book("clue_office", action="销号")}
    assert {clue for clue, person in by_whom.items() if person == "lgh"} == {"001", "007"}


def _reached(there: Standing, element: str) -> list[date]:
    v = schema.visit.c
    query = select(v.entered_at).where(v.element == element)
    return [day(moment) for moment in there.view.connection.execute(query).scalars()]


def test_inspection_closes_with_the_filing_and_the_round_only_with_its_last_clue(there: Standing) -> None:
    (last,) = there.book("clue_office", action="销号", clueNo="XS-2026-01-005")
    assert day(last.at) <= date(2026, 12, 15)
    assert _reached(there, "inspection_closed") == [FILED]
    (closed,) = _reached(there, "all_closed")
    assert closed > day(last.at)
    ((case, values),) = there.of("xc_round", roundId=ROUND)
    assert (case.outcome, values["status"]) == ("fully_closed", "全部销号归档")
    assert {case.outcome for case, _ in there.of("xc_clue_handle")} == {"written_off"}
