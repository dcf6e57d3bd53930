"""Who knows what of a clue and of a meeting: after the account, on request, of an important one, by having attended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from engine import access, asking, attachment, schema
from engine import scenario as scenarios
from engine.actor import Actor
from engine.errors import NotFound
from engine.query import instance_page
from engine.runtime import Runtime
from tests.processes.procedure import ROOT
from tests.processes.test_handover import ACCEPT, account, clue, found, told
from tests.processes.test_handover import play as hand_over

SAYS = "主要内容（不写姓名）"
CONTENT = {
    SAYS,
    "类别",
    "重要线索",
    "资料包目录",
    "摘要（限接受部门知悉范围）",
    "处置意见",
    "有关要求",
    "事实与证据",
    "页数",
}
STATUS = {"被巡察单位", "决定", "线索编号", "轮次", "巡察组"}


def person(office: Runtime, key: str) -> Actor:
    with office.read() as view:
        return access.actor(view.connection, key, view.now)


def page(office: Runtime, who: str, case: str) -> instance_page.InstancePage | None:
    with office.read(person(office, who)) as view:
        try:
            return instance_page.read(view, case, "zh")
        except NotFound:
            return None


def labels(office: Runtime, who: str, case: str) -> set[str]:
    shown = page(office, who, case)
    assert shown is not None, f"{who} does not see it"
    return {each.field.label for each in shown.values}


def asked_for(office: Runtime, who: str, case: str) -> set[str]:
    shown = page(office, who, case)
    assert shown is not None, f"{who} does not see it"
    return {each.label for each in shown.on_request}


def columns(office: Runtime, who: str, case: str) -> Mapping[str, Any]:
    shown = page(office, who, case)
    assert shown is not None, f"{who} does not see it"
    return shown.columns


def files(office: Runtime, who: str, case: str) -> int:
    with office.read(person(office, who)) as view:
        a = schema.attachment.c
        query = select(a.id).where(a.instance_id == case, attachment.visible(view.actor))
        return len(view.connection.execute(query).all())


def play(office: Runtime, path: str, *changes: tuple[str, str]) -> str:
    text = (ROOT / path).read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    player = scenarios.Player(office, "known")
    for _ in player.play(scenarios.read(text.encode(), path)):
        pass
    return player.case


def of_process(office: Runtime, key: str) -> str:
    i = schema.instance.c
    with office.read() as view:
        return str(view.connection.execute(select(i.id).where(i.process_key == key)).scalar_one())


def through_the_handover(office: Runtime, *last: Mapping[str, Any]) -> None:
    """One clue handed over within a round, and what is done after it."""
    found(office, clue("handed_over"))
    hand_over(office, [*told("handed_over"), *last], ["T1"])


def test_a_team_reads_its_clues_until_its_account_is_accepted_and_their_state_after_it(office: Runtime) -> None:
    through_the_handover(office)
    case, form = of_process(office, "xc_handover_clue"), of_process(office, "xc_handover_form")
    assert {SAYS, "类别", "事实与证据"} <= labels(office, "t1_leader", case)
    assert files(office, "t1_leader", case) > 0
    assert "资料包目录" in labels(office, "t1_leader", form)
    assert asked_for(office, "t1_leader", case), "subjects are sealed, and theirs"


def test_after_its_account_a_team_reads_how_its_clues_stand_and_nothing_of_what_they_say(office: Runtime) -> None:
    through_the_handover(office, account(1, handed=1), ACCEPT)
    for key in ("xc_handover_clue", "xc_handover_form", "c_trisign"):
        case = of_process(office, key)
        assert not labels(office, "t1_leader", case) & CONTENT, key
        assert files(office, "t1_leader", case) == 0
        assert asked_for(office, "t1_leader", case) == set()
    clue_, form = of_process(office, "xc_handover_clue"), of_process(office, "xc_handover_form")
    assert {"决定", "线索编号"} <= labels(office, "t1_leader", clue_) <= STATUS
    assert set(columns(office, "t1_leader", clue_)) == {"unitId", "clueNo", "decision", "formNo", "formType"}  # N07
    assert set(columns(office, "t1_leader", form)) == {"unitId", "clueNo", "formNo", "formType", "signOutcome"}
    assert SAYS in labels(office, "or1", clue_) and files(office, "or1", clue_) > 0
    assert "资料包目录" in labels(office, "or1", form)


def test_the_secretary_reads_a_clue_and_its_dossier_once_there_is_a_reason(office: Runtime) -> None:
    case = play(office, "xc_handover_clue/scenarios/handed_over.toml")
    assert SAYS in labels(office, "ds", case)
    assert files(office, "ds", case) == 0
    wanted = asked_for(office, "ds", case)
    assert {"事实与证据", "依据", "谈话记录"} <= wanted
    assert not wanted & labels(office, "ds", case)

    with office.write(person(office, "ds")) as command:
        asking.ask(command, case, "听取专题汇报前了解（虚构）")

    assert wanted <= labels(office, "ds", case)
    assert files(office, "ds", case) > 0
    r = schema.access_record.c
    with office.read() as view:
        record = view.connection.execute(select(r.detail).where(r.person_id == "ds", r.what == "asked")).scalar_one()
    assert record == "听取专题汇报前了解（虚构）"


def test_the_secretary_sees_the_form_of_an_important_clue_only(office: Runtime) -> None:
    play(office, "xc_handover_clue/scenarios/handed_over.toml")
    assert page(office, "ds", of_process(office, "xc_handover_form")) is not None


def test_the_form_of_an_ordinary_clue_is_not_for_the_secretary(office: Runtime) -> None:
    play(office, "xc_handover_clue/scenarios/handed_over.toml", ("important = true", "important = false"))
    form = of_process(office, "xc_handover_form")
    assert page(office, "ds", form) is None
    assert page(office, "lgh", form) is not None


ATTENDED = '{ user = "oc", arriveAt = "2026-05-26T08:55:00+08:00", leaveAt = "2026-05-26T11:35:00+08:00" }'


def came(*persons: str) -> str:
    return ", ".join([ATTENDED, *(ATTENDED.replace('"oc"', f'"{each}"') for each in persons)])


def test_whoever_attended_reads_the_minutes_and_whoever_did_not_does_not(office: Runtime) -> None:
    absent = '{ user = "or1", absentReason = "请假（虚构）" }'
    case = play(
        office,
        "c_meeting/scenarios/minutes_are_confirmed.toml",
        (ATTENDED, f"{came('ov', 'lgm1', 't1_leader', 'u1_sec')}, {absent}"),
    )
    for who in ("ov", "lgm1"):
        assert "会议记录" in labels(office, who, case), who
    # Of a meeting of several teams a team reads its own part, in its own cases; outside parties have none in this one.
    for who in ("or1", "t1_leader", "u1_sec"):
        assert page(office, who, case) is None, who
    with office.read() as view:
        n = schema.notice.c
        told_of_minutes = select(n.person_id).where(n.instance_id == case, n.text.contains("纪要"))
        assert set(view.connection.execute(told_of_minutes).scalars()) == {"lgh", "od", "oc", "ov", "lgm1"}


def test_members_of_a_team_read_the_minutes_of_their_own_meeting(office: Runtime) -> None:
    case = play(office, "c_meeting/scenarios/team_meeting_is_run_by_the_liaison.toml")
    assert "会议记录" in labels(office, "t1_audit", case)
    for who in ("t1_rural", "t2_leader"):
        assert page(office, who, case) is None, who
