"""What is not run is refused, by the name of the rule and of the element."""

from __future__ import annotations

import pytest

from engine.bpmn.finding import Finding
from engine.errors import DiagramInvalid
from engine.interpreter import compile as compiled
from tests.engine.interpreter.building import (
    boundary,
    call,
    catch,
    end,
    ext,
    flows,
    gateway,
    handler,
    loop,
    on,
    process,
    scope,
    service,
    several,
    start,
    sub,
    tag,
    throw,
    undo,
    undone_by,
    user,
)

ALL = ext(tag("zeebe:calledElement", processId="q", propagateAllChildVariables=True))
AGAIN = tag("subProcess", several("=[1]"), start("hs", on("message", "m")), id="x", triggeredByEvent=True)
NOTHING = '<text id="t" isForCompensation="true"/>' + tag("association", id="l", sourceRef="x", targetRef="t")
FAN = sub(
    "x",
    several("=[1]", "i"),
    start("is"),
    service("a"),
    undone_by("c", "a", "u"),
    service("u", isForCompensation=True),
    flows("is", "a"),
)

MANY_CANCELLED = scope("transaction", "x", several("=[1]", "i"), user("t"), end("c", on("cancel")), flows("t", "c"))
UNDOABLE = service("a"), undone_by("c", "a", "u"), service("u", isForCompensation=True)
UNDOABLE_TOO = service("b"), undone_by("d", "b", "v"), service("v", isForCompensation=True)
OUT = sub("S", several("=[1]", "i"), start("is"), throw("x", undo("a")), flows("is", "x"))


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("connector-unknown", [tag("serviceTask", id="x")]),
        ("script-not-feel", [tag("scriptTask", "<script>print(1)</script>", id="x")]),
        ("decision-missing", [tag("businessRuleTask", id="x")]),
        ("event-name-missing", [tag("sendTask", id="x")]),
        ("event-name-missing", [tag("receiveTask", id="x")]),
        ("called-missing", [tag("callActivity", id="x")]),
        ("propagate-all", [tag("callActivity", ALL, id="x")]),
        ("event-not-allowed-here", [catch("x", on("error", "E"))]),
        ("event-not-allowed-here", [throw("x", on("error", "E"))]),
        ("event-not-allowed-here", [start("x", on("error", "E"))]),
        ("sub-process-start", [sub("S", start("x", on("message", "m")), user("a"), flows("x", "a"))]),
        ("event-not-allowed-here", [catch("x")]),
        ("event-not-allowed-here", [catch("x", on("link", "l"), on("message", "m")), throw("y", on("link", "l"))]),
        ("event-not-allowed-here", [user("a"), boundary("x", "a", on("error", "E"), interrupting=False)]),
        (
            "event-not-allowed-here",
            [user("a"), boundary("x", "a", on("error", "E"), on("message", "m"), parallelMultiple=True)],
        ),
        ("event-name-missing", [catch("x", on("message"))]),
        ("event-name-missing", [throw("x", on("signal"))]),
        ("timer-text", [catch("x", "<timerEventDefinition/>")]),
        ("condition-missing", [catch("x", "<conditionalEventDefinition/>")]),
        ("link-without-target", [throw("x", on("link", "nowhere"))]),
        ("event-sub-process-start", [handler("x", start("hs"), user("h"), flows("hs", "h")), user("a")]),
        ("ad-hoc", [scope("adHocSubProcess", "S", start("x"), user("a"), flows("x", "a"))]),
        ("no-start", [sub("x")]),
        ("quantity-below-one", [user("x", startQuantity=0)]),
        ("quantity-below-one", [user("x", completionQuantity=0)]),
        ("quantity-too-large", [user("x", completionQuantity=101)]),
        ("event-gateway", [gateway("eventBased", "x", eventGatewayType="Parallel")]),
        ("loop-bound", [user("x", loop())]),
        ("loop-bound", [user("x", loop(maximum=-1))]),
        ("loop-bound", [user("x", loop(maximum=0))]),
        ("multi-instance-source", [user("x", several())]),
        ("loop-bound", [AGAIN, user("a")]),
        ("compensation-inside-fan", [FAN, throw("t", undo()), flows("x", "t")]),
        ("compensation-inside-fan", [sub("S", FAN), throw("t", undo("S")), flows("S", "t")]),
        ("compensation-inside-fan", [sub("S", FAN, handler("h", start("hs", on("message", "m")), throw("t", undo())))]),
        ("compensation-inside-fan", [scope("transaction", "T", sub("S", FAN), end("z", on("cancel")))]),
        ("compensation-handler", [user("a"), boundary("x", "a", undo())]),
        ("compensation-handler", [user("a"), boundary("x", "a", undo()), NOTHING]),
        ("cancel-outside-transaction", [user("a"), boundary("x", "a", on("cancel"))]),
        ("cancel-outside-transaction", [user("a"), end("x", on("cancel")), flows("a", "x")]),
        ("cancel-uncaught", [scope("transaction", "x", user("a"), end("c", on("cancel")), flows("a", "c"))]),
        ("cancel-uncaught", [MANY_CANCELLED, boundary("b", "x", on("cancel"))]),
        ("compensation-inside-fan", [*UNDOABLE, OUT]),
    ],
)  # fmt: skip
def test_what_is_not_run_is_refused_by_name(rule: str, parts: list[str]) -> None:
    with pytest.raises(DiagramInvalid) as refused:
        compiled(process(*parts))
    found = [finding for finding in refused.value.problems if isinstance(finding, Finding)]
    assert (rule, "x") in {(finding.rule, finding.element) for finding in found}, [str(finding) for finding in found]
    assert all(finding.line and str(finding) and finding.advice for finding in found)


def test_an_empty_process_is_refused() -> None:
    with pytest.raises(DiagramInvalid, match="cannot be run"):
        compiled(process())


@pytest.mark.parametrize(
    "parts",
    [
        [FAN, user("y"), flows("x", "y")],
        [scope("transaction", "T", FAN)],
        [FAN, *UNDOABLE_TOO, throw("t", undo("b")), flows("x", "t")],
    ],
)
def test_compensation_inside_parallel_iterations_is_fine_where_nothing_undoes_it_from_outside(parts: list[str]) -> None:
    compiled(process(*parts))


def test_everything_that_is_refused_is_told_at_once() -> None:
    with pytest.raises(DiagramInvalid) as refused:
        compiled(process(tag("serviceTask", id="x"), tag("receiveTask", id="y"), call("z", "q")))
    assert [problem.where for problem in refused.value.problems] == ["x", "y"]
