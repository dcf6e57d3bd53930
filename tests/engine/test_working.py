"""Cases on a real database: what a person does, what stands afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from engine import instance, release, task
from engine.bpmn import lint
from engine.errors import Conflict, DiagramInvalid, Forbidden, FormInvalid, KeyReused, NotFound, Problem
from tests.engine.bpmn.drawing import extended, flow, process, straight
from tests.engine.desk import BO, IDA, Desk

DECIDE = process(
    "\n".join(
        [
            '<startEvent id="begin"/>',
            '<userTask id="write_report"/>',
            '<exclusiveGateway id="is_good" default="no"/>',
            '<userTask id="sign_report"/>',
            '<endEvent id="signed"/>',
            flow("begin", "write_report"),
            flow("write_report", "is_good"),
            flow("is_good", "sign_report", "=good"),
            '<sequenceFlow id="no" sourceRef="is_good" targetRef="write_report"/>',
            flow("sign_report", "signed"),
        ]
    )
)


@pytest.fixture
def case(desk: Desk) -> str:
    desk.release(DECIDE)
    return desk.start(no="7")


def test_a_started_case_waits_for_whoever_started_it(desk: Desk, case: str) -> None:
    (waiting,) = desk.tasks(case).values()

    assert (waiting.element, waiting.state, waiting.stamp) == ("write_report", "open", 1)
    assert desk.row(case).business_key == "7"


def test_completing_a_task_moves_the_case_and_tells_what_is_next(desk: Desk, case: str) -> None:
    answer = desk.complete(case, "write_report", good=True)

    assert answer.next_task == desk.tasks(case)["sign_report"].id
    assert desk.values(case) == {"no": "7", "good": True}
    assert desk.visits(case) == ["begin", "write_report", "is_good", "sign_report"]


def test_the_default_flow_leads_back(desk: Desk, case: str) -> None:
    desk.complete(case, "write_report", good=False)

    assert list(desk.tasks(case)) == ["write_report"]


def test_the_last_task_ends_the_case(desk: Desk, case: str) -> None:
    desk.complete(case, "write_report", good=True)
    answer = desk.complete(case, "sign_report")

    assert answer.ended and answer.next_task is None
    assert (desk.row(case).state, desk.row(case).outcome) == ("ended", "signed")


def test_a_condition_that_is_neither_true_nor_false_is_an_incident_that_keeps_the_work(desk: Desk, case: str) -> None:
    desk.complete(case, "write_report", good="maybe")

    assert desk.values(case)["good"] == "maybe"
    assert desk.tasks(case) == {}
    assert ("incident.opened", "is_good") in desk.story(case)


def test_a_stranger_finds_nothing(desk: Desk, case: str) -> None:
    waiting = desk.tasks(case)["write_report"].id

    with pytest.raises(NotFound), desk.runtime.write(BO) as command:
        task.complete(command, waiting, {"good": True})


def test_a_second_click_changes_nothing_and_says_who_was_faster(desk: Desk, case: str) -> None:
    waiting = desk.tasks(case)["write_report"].id
    desk.complete(case, "write_report", good=True)
    before = desk.story(case)

    with pytest.raises(Conflict) as refused, desk.runtime.write(IDA) as command:
        task.complete(command, waiting, {"good": False})

    assert (refused.value.params["who"], refused.value.params["change"]) == ("ida", "completed")
    assert desk.story(case) == before


def test_the_same_key_has_the_same_answer_and_one_effect(desk: Desk, case: str) -> None:
    waiting = desk.tasks(case)["write_report"].id

    answers = []
    for _ in range(2):
        with desk.runtime.write(IDA) as command:
            answers.append(task.complete(command, waiting, {"good": True}, key="k1"))

    assert answers[0] == answers[1]
    assert desk.visits(case).count("sign_report") == 1


def test_the_same_key_with_another_content_is_refused(desk: Desk, case: str) -> None:
    waiting = desk.tasks(case)["write_report"].id
    with desk.runtime.write(IDA) as command:
        task.complete(command, waiting, {"good": True}, key="k1")

    with pytest.raises(KeyReused), desk.runtime.write(IDA) as command:
        task.complete(command, waiting, {"good": False}, key="k1")


def test_starting_twice_under_one_key_starts_once(desk: Desk) -> None:
    desk.release(DECIDE)

    assert desk.start("p", IDA, "start-1") == desk.start("p", IDA, "start-1")
    assert len(desk.cases()) == 1


def test_a_page_from_before_a_change_is_stale(desk: Desk, case: str) -> None:
    shown = desk.tasks(case)["write_report"]
    with desk.runtime.write(IDA) as command:
        task.claim(command, shown.id)

    with pytest.raises(Conflict, match="claimed"), desk.runtime.write(IDA) as command:
        task.complete(command, shown.id, {"good": True}, stamp=shown.stamp)


def test_a_claimed_task_can_be_put_back(desk: Desk, case: str) -> None:
    waiting = desk.tasks(case)["write_report"].id
    with desk.runtime.write(IDA) as command:
        task.claim(command, waiting)
        task.unclaim(command, waiting)

    assert desk.tasks(case)["write_report"].assignee is None
    assert [kind for kind, _ in desk.story(case)][-2:] == ["task.claimed", "task.unclaimed"]


def test_a_completed_task_can_be_taken_back_while_nobody_has_opened_the_next(desk: Desk, case: str) -> None:
    first = desk.tasks(case)["write_report"].id
    desk.complete(case, "write_report", good=True)

    with desk.runtime.write(IDA) as command:
        task.withdraw(command, first, "wrong figure")

    (again,) = desk.tasks(case).values()
    assert (again.element, again.assignee) == ("write_report", "ida")
    desk.complete(case, "write_report", good=True)
    assert list(desk.tasks(case)) == ["sign_report"]


def test_what_the_next_person_has_opened_cannot_be_taken_back(desk: Desk, case: str) -> None:
    first = desk.tasks(case)["write_report"].id
    desk.complete(case, "write_report", good=True)
    with desk.runtime.write(IDA) as command:
        task.seen(command, desk.tasks(case)["sign_report"].id)

    with pytest.raises(Conflict, match="has been opened"), desk.runtime.write(IDA) as command:
        task.withdraw(command, first, "wrong figure")


def test_two_steps_that_must_not_be_one_persons(desk: Desk) -> None:
    props = '<z:properties><z:property name="notBy" value="draw_plan"/></z:properties>'
    desk.release(straight('<userTask id="draw_plan" name="Draw"/>', extended("userTask", 'id="check_plan"', props)))
    case = desk.start()
    desk.complete(case, "draw_plan")

    with pytest.raises(Forbidden, match="Draw"):
        desk.complete(case, "check_plan")


def test_a_check_is_asked_of_a_step_without_a_form_too(desk: Desk) -> None:
    rule = '<rule id="r"><inputEntry id="c"><text>false</text></inputEntry>'
    rule += '<outputEntry id="o"><text>"Not yet."</text></outputEntry></rule>'
    table = (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:test">'
        '<decision id="may_sign" name="may"><decisionTable id="t" hitPolicy="COLLECT">'
        '<input id="i"><inputExpression id="e" typeRef="boolean"><text>ready</text></inputExpression></input>'
        f'<output id="s" name="sentence" typeRef="string"/>{rule}</decisionTable></decision></definitions>'
    )
    asked = '<z:properties><z:property name="check" value="may_sign"/></z:properties>'
    diagram = straight('<userTask id="prepare"/>', extended("userTask", 'id="sign"', asked))
    with desk.runtime.write(IDA) as command:
        release.release(command, {"p/p.bpmn": diagram, "p/may.dmn": table.encode()}, plain=True)
    case = desk.start()
    desk.complete(case, "prepare", ready=False)

    with pytest.raises(FormInvalid, match="Not yet"):
        desk.complete(case, "sign")
    desk.complete(case, "sign", ready=True)
    assert desk.row(case).state == "ended"


def test_a_suspended_case_waits_and_says_so(desk: Desk, case: str) -> None:
    with desk.runtime.write(IDA) as command:
        instance.suspend(command, case, "budget")

    with pytest.raises(Conflict, match="suspended"):
        desk.complete(case, "write_report", good=True)

    with desk.runtime.write(IDA) as command:
        instance.resume(command, case, "budget is there")
    desk.complete(case, "write_report", good=True)
    assert list(desk.tasks(case)) == ["sign_report"]


def test_a_cancelled_case_leaves_nothing_open_but_its_story(desk: Desk, case: str) -> None:
    with desk.runtime.write(IDA) as command:
        instance.cancel(command, case, "no longer needed")

    assert desk.tasks(case) == {}
    assert desk.row(case).state == "cancelled"
    assert "instance.started" in {kind for kind, _ in desk.story(case)}


def _calls(child: str) -> list[Any]:
    caller = straight(
        extended(
            "callActivity",
            'id="ask_child"',
            f'<z:calledElement processId="{child}" propagateAllChildVariables="false"/>',
            '<z:ioMapping><z:input source="=n + 1" target="m"/>'
            '<z:output source="=answer" target="answer"/></z:ioMapping>',
        ),
        '<userTask id="read_answer"/>',
    )
    called = process(
        "\n".join(
            [
                '<startEvent id="b"/>',
                '<userTask id="answer_it"/>',
                '<endEvent id="e"/>',
                flow("b", "answer_it"),
                flow("answer_it", "e"),
            ]
        ),
        attributes=f'id="{child}" isExecutable="true"',
    )
    return [caller, called]


def test_a_called_process_is_an_instance_of_its_own_and_knows_only_what_it_is_given(desk: Desk) -> None:
    desk.release(*_calls("child"))
    case = desk.start(n=1, secret="x")

    (child,) = set(desk.cases()) - {case}
    assert desk.values(child) == {"m": 2}


def test_the_end_of_a_called_process_wakes_its_caller_with_what_it_asked_for(desk: Desk) -> None:
    desk.release(*_calls("child"))
    case = desk.start(n=1)
    task_id = desk.tasks(case)["answer_it"].id
    with desk.runtime.write(IDA) as command:
        task.complete(command, task_id, {"answer": 42, "noise": 1})
    desk.work()

    assert list(desk.tasks(case)) == ["read_answer"]
    assert desk.values(case) == {"n": 1, "answer": 42}


def test_cancelling_a_case_cancels_what_it_called(desk: Desk) -> None:
    desk.release(*_calls("child"))
    case = desk.start(n=1)
    with desk.runtime.write(IDA) as command:
        instance.cancel(command, case, "no longer needed")
    desk.work()

    assert {desk.row(c).state for c in desk.cases()} == {"cancelled"}


FAN = straight(
    extended(
        "userTask",
        'id="visit_site"',
        inner="<multiInstanceLoopCharacteristics><extensionElements>"
        '<z:loopCharacteristics inputCollection="=sites" inputElement="site" outputCollection="found" '
        'outputElement="=site + found"/></extensionElements></multiInstanceLoopCharacteristics>',
    ),
    '<userTask id="read_all"/>',
)


def test_a_parallel_multi_instance_collects_in_the_order_of_its_input(desk: Desk) -> None:
    desk.release(FAN)
    case = desk.start(sites=["a", "b", "c"])
    children = sorted(set(desk.cases()) - {case}, key=lambda c: -desk.row(c).parent_index)
    assert len(children) == 3

    for child in children:
        with desk.runtime.write(IDA) as command:
            task.complete(command, desk.task_of(child), {"found": "!"})
    desk.work()

    assert list(desk.tasks(case)) == ["read_all"]
    assert desk.values(case)["found"] == ["a!", "b!", "c!"]


def test_a_case_goes_on_by_the_rules_of_the_day_on_which_its_process_was_released(
    desk: Desk, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = (Problem("write_report", "A newer program refuses this."),)
    monkeypatch.setattr(lint, "must", lambda _process: refused)
    desk.runtime.specs.clear()

    desk.complete(case, "write_report", good=True)

    assert list(desk.tasks(case)) == ["sign_report"]
    with pytest.raises(DiagramInvalid):
        desk.release(DECIDE.replace(b"sign_report", b"sign_letter"))
