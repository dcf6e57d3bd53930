"""Searches in a hospital at work: by what people know a case, by that they find it."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from engine import definition, directory, schema, task, terms
from engine.actor import person
from engine.directory import Person
from engine.errors import Invalid
from engine.query import inbox
from engine.query.inbox import Filter
from engine.query.wording import Wording
from tests.engine.query.hospital import Hospital


def todo(hospital: Hospital, who: str, text: str) -> set[str]:
    with hospital.read(who) as view:
        return {work.instance_id for work in inbox.todo(view, Filter(text=text), size=1000).items}


@pytest.mark.parametrize("text", ["办理入院", "admit", "住院", "a STAY", "H-0815", "0815", "办理 0815"])
def test_what_is_shown_of_a_step_is_found_in_either_language(hospital: Hospital, text: str) -> None:
    case, other = hospital.admit(number="H-0815"), hospital.admit()

    found = todo(hospital, "ann", text)

    assert case in found
    assert (other in found) is ("0815" not in text)


@pytest.mark.parametrize("text", ["反复低热", "低热", "热", "低热 反复"])
def test_a_column_is_found_by_any_part_of_it(hospital: Hospital, text: str) -> None:
    case = hospital.examined(title="反复低热，原因不明")

    assert todo(hospital, "dan", text) >= {case}
    assert todo(hospital, "dan", "低热反复") == set()


def test_a_value_that_is_no_longer_shown_is_no_longer_found(hospital: Hospital) -> None:
    case = hospital.examined(title="误诊为疟疾")
    assert todo(hospital, "dan", "疟疾") == {case}

    with hospital.rows() as command:
        row = schema.fact.c.instance_id == case, schema.fact.c.name == "title"
        command.connection.execute(update(schema.fact).where(*row).values(text="登革热", terms=terms.of("登革热")))

    assert todo(hospital, "dan", "疟疾") == set()
    assert todo(hospital, "dan", "登革") == {case}


def test_who_has_a_task_is_found_by_a_new_name_and_its_initials_at_once(hospital: Hospital) -> None:
    case = hospital.admit()
    with hospital.write("ann") as command:
        task.claim(command, hospital.task(case), stamp=1)
    assert case in todo(hospital, "ann", "安宁")

    with hospital.runtime.write(person("mia")) as command:
        directory.put(command, Person("ann", "欧阳安宁", "Ann Ouyang"))
    try:
        assert case in todo(hospital, "ann", "欧阳")
        assert case in todo(hospital, "ann", "oyan")
        assert case in todo(hospital, "ann", "ouyang")
    finally:
        with hospital.runtime.write(person("mia")) as command:
            directory.put(command, Person("ann", "安宁<img onerror=x>", "Ann"))


def test_nobody_searches_for_more_words_than_can_be_looked_for(hospital: Hospital) -> None:
    with pytest.raises(Invalid, match="at most"):
        todo(hospital, "ann", "a b c d e f g h i")


@pytest.mark.parametrize("text", ["发热", "完全没有的东西", "admit 12", "发热 低热 安宁"])
def test_a_search_takes_two_statements_more_than_the_list_however_many_words_and_hits(
    hospital: Hospital, text: str
) -> None:
    hospital.examined()
    with hospital.read("dan") as view:
        inbox.todo(view)
        without = len(hospital.statements)
    with hospital.read("dan") as view:
        inbox.todo(view, Filter(text=text))
        assert len(hospital.statements) <= without + 2


def test_the_words_of_a_version_are_what_its_pages_say(hospital: Hospital) -> None:
    w = schema.word.c
    with hospital.runtime.read() as view:
        of = definition.latest(view, "stay")
        assert of is not None
        rows = view.connection.execute(select(w.kind, w.key, w.language, w.text).where(w.definition_id == of.id)).all()
        values = view.connection.execute(select(w.key, w.text).where(w.kind == "value")).all()
        for language in ("zh", "en"):
            says, own = Wording(of, language), {(r.kind, r.key): r.text for r in rows if r.language == "zh"}
            known = {**own, **{(r.kind, r.key): r.text for r in rows if r.language == language}}
            assert known["process", ""] == says.process
            assert {key: text for (kind, key), text in known.items() if kind == "element"}.items() >= {
                key: says.element(key) for key in of.elements
            }.items()
            assert all(known["label", key] == says.field_label(key) for key in ("bed", "days"))
    assert ("好转", "better") in {tuple(row) for row in values}
