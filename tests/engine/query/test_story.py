"""The story of a case: every line a sentence, nothing that is not the reader's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import engine
from engine import history, release, task
from engine.errors import NotFound
from engine.query import story
from engine.query.story import Line
from tests.engine.bpmn.drawing import extended, straight
from tests.engine.desk import IDA, Desk
from tests.engine.query.hospital import Hospital, form


def tell(hospital: Hospital, case: str, who: str = "mia", language: str = "zh", **options: bool) -> list[Line]:
    with hospital.read(who) as view:
        return list(story.read(view, case, language, **options).items)  # type: ignore[arg-type]


def plain(lines: list[Line]) -> list[str]:
    return [
        line.message.format(
            **{
                **line.params,
                "who": line.actor and line.actor.name_en,
                "assignee": getattr(line.params["assignee"], "name_en", ""),
            }
        )
        for line in lines
    ]


def test_the_story_tells_who_did_what_the_latest_first(hospital: Hospital) -> None:
    case = hospital.admit()
    with hospital.write("ann") as command:
        task.claim(command, hospital.task(case))
        task.assign(command, hospital.task(case), "abe", "我去开会")
    hospital.do(case, "abe", title="发热")

    assert plain(tell(hospital, case, language="en")) == [
        "The case came to “Examine”.",
        "Abe completed “Admit”.",
        "Ann handed “Admit” over to Abe.",
        "Ann took on “Admit”.",
        "The case came to “Admit”.",
        "Ann started the case.",
    ]


def test_a_reason_stands_under_its_line_as_it_was_written(hospital: Hospital) -> None:
    case = hospital.admit()
    with hospital.write("ann") as command:
        task.assign(command, hospital.task(case), "abe", "<b>我去开会</b>")

    assert tell(hospital, case)[0].quote == "<b>我去开会</b>"


def test_what_a_step_recorded_stands_in_its_line_by_label(hospital: Hospital) -> None:
    case = hospital.examined(plan="多喝水")

    line = next(line for line in tell(hospital, case) if line.kind == "task.completed")

    assert {shown.field.label: shown.value for shown in line.values} == {
        "事由": "发热",
        "床位": 3,
        "护理计划": "多喝水",
    }


def test_what_the_system_is_handed_is_no_news_though_it_bears_the_name_of_a_field(hospital: Hospital) -> None:
    desk = Desk(hospital.runtime)
    kept = '<z:ioMapping><z:output source="=bed" target="bed"/></z:ioMapping>'
    asked = extended("userTask", 'id="ask" name="Ask"', '<z:formDefinition formId="ask"/>', kept)
    handed = '<z:ioMapping><z:input source="=9" target="bed"/></z:ioMapping>'
    added = extended("scriptTask", 'id="add"', '<z:script expression="=bed + 1" resultVariable="sum"/>', handed)
    field = {"type": "number", "key": "bed", "label": "床位"}
    with hospital.runtime.write(IDA) as command:
        files = {"p/p.bpmn": straight(asked, added), "p/forms/ask.json": form("ask", [field])}
        release.release(command, files, plain=True)
    case = desk.start()
    desk.complete(case, "ask", bed=3)

    with hospital.runtime.read(IDA) as view:
        told, all_of_it = (
            [
                (line.kind, shown.value)
                for line in story.read(view, case, "zh", technical=all_).items
                for shown in line.values
            ]
            for all_ in (False, True)
        )

    assert told == [("task.completed", 3)]
    assert ("values.written", 9) in all_of_it


def test_an_outsider_is_told_what_is_open_and_nothing_else(hospital: Hospital) -> None:
    case = hospital.admit(familyId="F1")
    hospital.do(case, "ann", title="发热", bed=3, plan="多喝水", scan=[])

    line = next(line for line in tell(hospital, case, "kim") if line.kind == "task.completed")

    assert {shown.field.label for shown in line.values} == {"事由", "护理计划"}


def test_sealed_values_are_counted_and_not_told(hospital: Hospital) -> None:
    case = hospital.examined(diagnosis="肺炎", allergy="青霉素")

    line = next(line for line in tell(hospital, case) if line.kind == "task.completed")

    assert (line.sealed, {shown.field.label for shown in line.values}) == (2, {"事由", "床位"})


def test_how_the_tokens_moved_is_told_on_request_only(hospital: Hospital) -> None:
    case = hospital.examined()

    assert "element.entered" not in {line.kind for line in tell(hospital, case)}
    assert "element.entered" in {line.kind for line in tell(hospital, case, technical=True)}


def test_pages_of_a_story_hold_every_line_once(hospital: Hospital) -> None:
    case = hospital.examined()
    whole = [line.number for line in tell(hospital, case, technical=True)]

    seen: list[int] = []
    before = None
    with hospital.read("mia") as view:
        for _ in whole:
            page = story.read(view, case, "zh", before=before, technical=True, size=3)
            seen += [line.number for line in page.items]
            if page.next is None:
                break
            before = int(page.next)

    assert set(whole) <= set(seen)
    assert len(seen) == len(set(seen))


def test_who_sees_the_case_but_not_its_story_is_told_nothing(hospital: Hospital) -> None:
    case = hospital.examined()

    seen = []
    for key in (case, "0" * 32):
        with hospital.read("dan") as view, pytest.raises(NotFound) as refusal:
            story.read(view, key, "zh")
        seen.append((str(refusal.value), list(hospital.statements)))

    assert seen[0] == seen[1]


def test_every_kind_of_line_that_is_ever_recorded_has_a_sentence() -> None:
    source = "".join(path.read_text("utf-8") for path in Path(engine.__file__).parent.rglob("*.py"))
    recorded = set(re.findall(r'(?:record|line)\(\s*"([a-z_]+\.[a-z_]+)"', source))

    assert len(recorded) > 20
    assert recorded | history.known_kinds() <= {*story.TOLD, *story.TECHNICAL}


def test_a_story_takes_as_many_statements_however_long_it_is(hospital: Hospital) -> None:
    case = hospital.admit()
    tell(hospital, case)
    few = len(hospital.statements)
    for _ in range(8):
        with hospital.write("ann") as command:
            task.claim(command, hospital.task(case))
        with hospital.write("ann") as command:
            task.unclaim(command, hospital.task(case))

    tell(hospital, case)

    assert len(hospital.statements) == few
