"""Undoing what has been completed (BPMN 10.7, 13.5.5)."""

from __future__ import annotations

import pytest

from engine.interpreter import Entered, marking
from tests.engine.interpreter.building import (
    boundary,
    end,
    ext,
    flow,
    flows,
    gateway,
    handler,
    io,
    loop,
    on,
    process,
    scope,
    script,
    service,
    several,
    start,
    sub,
    throw,
    undo,
    undone_by,
    user,
)
from tests.engine.interpreter.playing import Case


def undoing(*names: str) -> str:
    """Service tasks with a handler ``un<name>`` each."""
    parts = [
        service(name) + undone_by(f"c_{name}", name, f"un{name}") + service(f"un{name}", isForCompensation=True)
        for name in names
    ]
    return "".join(parts)


def entered(case: Case, *elements: str) -> list[str]:
    return [fact.element for fact in case.facts if isinstance(fact, Entered) and fact.element in elements]


def test_each_handler_begins_when_that_of_what_was_completed_later_is_done_and_the_throw_waits_for_all() -> None:
    parts = undoing("a", "b", "c"), throw("t", undo()), user("z"), gateway("exclusive", "g", default="g-t")
    case = Case(process(start(), *parts, flows("s", "a", "b", "g", "t", "z"), flow("g", "c", "more")), {"more": False})
    case.finish("a").finish("b")
    assert case.standing == ["t", "unb"]
    case.finish("unb")
    assert case.standing == ["t", "una"]
    case.finish("una")
    assert (case.waiting, entered(case, "una", "unb", "unc")) == (["z"], ["unb", "una"])


def test_what_has_not_been_completed_is_not_undone() -> None:
    parts = undoing("a", "b"), user("u"), throw("t", undo()), user("z")
    case = Case(process(start(), *parts, flows("s", "a"), flows("s", "u", "t", "z"), flows("s", "b")))
    case.finish("b").complete("u")
    assert [job.element for job in case.fold.jobs.values()] == ["a", "unb"]


def test_one_activity_can_be_undone_by_name() -> None:
    parts = undoing("a", "b"), throw("t", undo("a")), user("z")
    case = Case(process(start(), *parts, flows("s", "a", "b", "t", "z")))
    case.finish("a").finish("b")
    assert [job.element for job in case.fold.jobs.values()] == ["una"]
    assert case.finish("una").waiting == ["z"]


def test_what_is_undone_is_undone_once() -> None:
    parts = undoing("a"), throw("t", undo()), throw("u", undo()), user("z")
    case = Case(process(start(), *parts, flows("s", "a", "t", "u", "z")))
    assert case.finish("a").standing == ["t", "una"]
    assert case.finish("una").waiting == ["z"]


def test_the_throw_need_not_wait() -> None:
    parts = undoing("a"), throw("t", undo(wait=False)), user("z")
    case = Case(process(start(), *parts, flows("s", "a", "t", "z")))
    case.finish("a")
    assert case.waiting == ["z"]
    assert [job.element for job in case.fold.jobs.values()] == ["una"]
    assert case.complete("z").over is None
    assert case.finish("una").over == "completed"


def test_an_end_event_undoes_before_the_instance_ends() -> None:
    case = Case(process(start(), undoing("a"), end("e", undo()), flows("s", "a", "e")))
    case.finish("a")
    assert case.over is None
    assert case.finish("una").over == "completed"


def test_an_activity_that_ran_several_times_is_undone_as_often() -> None:
    parts = (
        gateway("exclusive", "m"),
        undoing("a"),
        gateway("exclusive", "g", default="g-t"),
        throw("t", undo()),
        user("z"),
    )
    case = Case(process(start(), *parts, flows("s", "m", "a", "g", "t", "z"), flow("g", "m", "more")), {"more": True})
    case.finish("a").finish("a").finish("a", more=False)
    size = len(case.marking)
    for _ in range(3):
        assert len(case.fold.jobs) == 1
        case.finish("una")
    assert case.waiting == ["z"]
    assert size < 200


@pytest.mark.parametrize("sequential", [True, False])
def test_a_multi_instance_is_undone_once_for_each_iteration(sequential: bool) -> None:
    body = script("a", "=i", "x", "", several("=[1, 2, 3]", "i", sequential=sequential)) + undone_by("c", "a", "una")
    parts = body, service("una", isForCompensation=True), throw("t", undo()), user("z")
    case = Case(process(start(), *parts, flows("s", "a", "t", "z")))
    for _ in range(3):
        assert len(case.fold.jobs) == 1
        case.finish("una")
    assert case.waiting == ["z"]


INNER = start("is"), undoing("a", "b"), flows("is", "a", "b")


def test_a_completed_sub_process_is_undone_from_within_with_its_variables_as_they_were() -> None:
    peek = service("una", "work", io({"was": "=local"}), isForCompensation=True)
    inner = ext(io({"local": "=n"})), start("is"), service("a"), undone_by("c", "a", "una"), peek, flows("is", "a")
    parts = sub("S", *inner), user("u"), throw("t", undo()), user("z")
    case = Case(process(start(), *parts, flows("s", "S", "u", "t", "z")), {"n": 7})
    case.finish("a").complete("u", n=8)
    (job,) = case.fold.jobs.values()
    assert dict(job.inputs) == {"was": 7}
    assert case.finish("una").waiting == ["z"]
    assert set(case.fold.scopes) == {0}


def test_a_sub_process_with_a_handler_is_undone_by_it_alone() -> None:
    parts = sub("S", *INNER), undone_by("c", "S", "unS"), service("unS", isForCompensation=True)
    case = Case(process(start(), *parts, throw("t", undo()), user("z"), flows("s", "S", "t", "z")))
    case.finish("a").finish("b")
    assert [job.element for job in case.fold.jobs.values()] == ["unS"]
    assert case.finish("unS").waiting == ["z"]


def test_sub_processes_are_undone_in_each_other() -> None:
    outer = sub("O", start("os"), sub("S", *INNER), flows("os", "S"))
    case = Case(process(start(), outer, throw("t", undo()), user("z"), flows("s", "O", "t", "z")))
    case.finish("a").finish("b")
    assert entered(case, "una", "unb") == ["unb"]
    assert case.finish("unb").finish("una").waiting == ["z"]


def test_what_is_nested_is_undone_before_what_was_completed_earlier_around_it() -> None:
    parts = undoing("c", "d"), sub("S", *INNER), throw("t", undo()), user("z")
    case = Case(process(start(), *parts, flows("s", "c", "S", "d", "t", "z")))
    case.finish("c").finish("a").finish("b").finish("d")
    for each in ("und", "unb", "una", "unc"):
        assert [job.element for job in case.fold.jobs.values()] == [each]
        case.finish(each)
    assert case.waiting == ["z"]


def test_a_handler_that_is_interrupted_makes_room_for_the_next() -> None:
    late = boundary("late", "unb", on("message", "stop")), user("w"), flows("late", "w")
    parts = undoing("a", "b"), throw("t", undo()), user("z"), *late
    case = Case(process(start(), *parts, flows("s", "a", "b", "t", "z")))
    case.finish("a").finish("b").message("stop")
    assert case.standing == ["t", "una", "w"]
    assert case.finish("una").waiting == ["w", "z"]


def test_handlers_that_an_older_version_began_together_let_the_throw_go_on() -> None:
    case = Case(process(start(), undoing("a"), throw("t", undo()), user("z"), flows("s", "a", "t", "z")))
    case.finish("a")
    state = marking.decode(case.marking)
    ((_, _, detail, _, tokens),) = state.scopes
    detail.clear()
    thrown, handler_ = sorted(tokens)
    thrown[3]["pending"], handler_[3]["comp"] = 1, thrown[0]
    case.marking = marking.encode(state)
    assert case.finish("una").waiting == ["z"]


def test_each_pass_of_a_loop_is_undone_with_its_own_variables() -> None:
    peek = service("una", "work", io({"item": "=i"}), isForCompensation=True)
    inner = start("is"), service("a"), undone_by("c", "a", "una"), peek, flows("is", "a")
    body = sub("S", several('=["x", "y"]', "i", sequential=True), *inner)
    case = Case(process(start(), body, throw("t", undo()), user("z"), flows("s", "S", "t", "z")))
    case.finish("a").finish("a")
    for item in ("y", "x"):
        assert [dict(job.inputs) for job in case.fold.jobs.values()] == [{"item": item}]
        case.finish("una")
    assert case.waiting == ["z"]


@pytest.mark.parametrize("marked", [False, True])
def test_a_compensation_event_sub_process_undoes_its_scope(marked: bool) -> None:
    answer = handler("H", start("hs", undo()), service("h"), throw("ht", undo()), flows("hs", "h", "ht"))
    answer = answer.replace('id="H"', 'id="H" isForCompensation="true"') if marked else answer
    inner = start("is"), undoing("a"), answer, flows("is", "a")
    case = Case(process(start(), sub("S", *inner), throw("t", undo()), user("z"), flows("s", "S", "t", "z")))
    case.finish("a")
    assert [job.element for job in case.fold.jobs.values()] == ["h"]
    case.finish("h")
    assert [job.element for job in case.fold.jobs.values()] == ["una"], "a throw inside undoes the scope it serves"
    assert case.finish("una").waiting == ["z"]


def test_a_cancelled_transaction_is_undone_one_after_another() -> None:
    inner = start("is"), undoing("a", "b"), end("c", on("cancel")), flows("is", "a", "b", "c")
    border = boundary("off", "T", on("cancel")), user("z"), flows("off", "z")
    case = Case(process(start(), scope("transaction", "T", *inner), *border, flows("s", "T")))
    case.finish("a").finish("b")
    for each in ("unb", "una"):
        assert [job.element for job in case.fold.jobs.values()] == [each]
        case.finish(each)
    assert case.waiting == ["z"]


def test_an_error_handler_can_undo_the_scope_it_serves() -> None:
    answer = handler("H", start("hs", on("error")), throw("ht", undo()), user("h"), flows("hs", "ht", "h"))
    parts = undoing("a"), user("u"), end("x", on("error", "E1")), answer
    case = Case(process(start(), sub("S", start("is"), *parts, flows("is", "a", "u", "x")), flows("s", "S")))
    case.finish("a").complete("u")
    assert [job.element for job in case.fold.jobs.values()] == ["una"]
    assert case.finish("una").waiting == ["h"]


def test_what_a_handler_completes_is_not_undone_itself() -> None:
    undoer = sub("una", start("us"), undoing("x"), flows("us", "x"), isForCompensation=True)
    parts = service("a"), undone_by("c", "a", "una"), undoer, throw("t", undo()), throw("u", undo()), user("z")
    case = Case(process(start(), *parts, flows("s", "a", "t", "u", "z")))
    assert case.finish("a").standing == ["t", "una", "x"]
    assert case.finish("x").waiting == ["z"]


def test_a_throw_with_nothing_to_undo_goes_on() -> None:
    case = Case(process(start(), throw("t", undo()), user("z"), flows("s", "t", "z")))
    assert case.waiting == ["z"]


def test_a_throw_that_is_interrupted_takes_nothing_with_it_that_is_not_its_own() -> None:
    inner = start("is"), undoing("a"), throw("t", undo()), flows("is", "a", "t")
    border = boundary("b", "S", on("message", "stop")), user("z")
    case = Case(process(start(), sub("S", *inner), *border, flows("s", "S"), flows("b", "z")))
    case.finish("a").message("stop")
    assert case.waiting == ["z"]
    assert not case.fold.jobs


def test_a_loop_that_is_undone_counts_its_passes() -> None:
    body = service("a", "work", "", loop("n < 2")) + undone_by("c", "a", "una") + service("una", isForCompensation=True)
    case = Case(process(start(), body, throw("t", undo()), user("z"), flows("s", "a", "t", "z")), {"n": 0})
    case.finish("a", n=1).finish("a", n=2)
    assert len(case.fold.jobs) == 1
    assert case.finish("una").finish("una").waiting == ["z"]
