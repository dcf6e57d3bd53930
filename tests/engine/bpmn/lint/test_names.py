"""Variables: what decides access is never written, iterations keep to themselves, what is read is written somewhere."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

import pytest

from engine.bpmn import diagram, lint
from engine.bpmn.lint import Surroundings
from tests.engine.bpmn.drawing import bare, extended, flow, properties, straight
from tests.engine.bpmn.lint.case import Case, check, judged
from tests.engine.bpmn.lint.pieces import CATCH, FEE, IN, TIMER, WAIT, beside, sub

REMITS = {"p": {"teamId": "team"}}
GUARDED = Surroundings(remits=REMITS, protected=("orgId",))
FORMS = {"x": ("teamId",), "y": ("opinion",), "write_b": ("opinion",), "p": ("subject",)}


def script(identity: str, expression: str, result: str) -> str:
    return extended(
        "scriptTask",
        f'id="{identity}"',
        f"<z:script expression={quoteattr(expression)} resultVariable={quoteattr(result)}/>",
    )


def mapped(tag: str, *, given: str = "", taken: str = "", more: str = 'id="x"', inner: str = "") -> str:
    parts = [f'<z:input source="=1" target="{given}"/>'] if given else []
    parts += [f'<z:output source="=1" target="{taken}"/>'] if taken else []
    held = ['<z:calledElement processId="q"/>'] if tag == "callActivity" else []
    return extended(tag, more, *held, "<z:ioMapping>" + "".join(parts) + "</z:ioMapping>", inner=inner)


def several(attributes: str = "", before: str = "") -> str:
    return (
        "<multiInstanceLoopCharacteristics><extensionElements>"
        f'<z:loopCharacteristics inputCollection="={before}[1, 2]" {attributes}/></extensionElements>'
        "</multiInstanceLoopCharacteristics>"
    )


def fork(one: str, other: str, tag: str = "parallelGateway") -> bytes:
    """Two branches side by side, each with one element, then a join."""
    keys = [part.split('id="', 1)[1].split('"', 1)[0] for part in (one, other)]
    flows = "".join(flow("fork", key, "x = 1" if tag == "inclusiveGateway" else "") + flow(key, "join") for key in keys)
    both = f'<{tag} id="fork"/><{tag} id="join"/>' + flow("a", "fork") + flow("join", "e")
    return beside(both, one, other, flows)


A, B = script("write_a", "=1", "n"), script("write_b", "=2", "n")
OTHER = script("write_b", "=2", "m")
LOOPED = extended("userTask", 'id="y"', inner=several('inputElement="unit"'))
ITERATION = sub(several('inputElement="unit"') + IN + B + flow("in", "write_b"))
COLLECTED = sub(
    several('inputElement="unit" outputCollection="ns" outputElement="=m"') + IN + OTHER + flow("in", "write_b")
)

PROTECTED = [
    Case("protected-name", "x", straight(script("x", "=1", "teamId")), straight(script("x", "=1", "team")), GUARDED),
    Case("protected-name", "x", straight(script("x", "=1", "orgId")), straight(script("x", "=1", "org")), GUARDED),
    Case(
        "protected-name",
        "x",
        straight(mapped("userTask", taken="teamId")),
        straight(mapped("userTask", taken="t")),
        GUARDED,
    ),
    Case(
        "protected-name",
        "x",
        straight(mapped("userTask", given="teamId")),
        straight(mapped("callActivity", given="teamId")),
        GUARDED,
    ),
    Case(
        "protected-name",
        "x",
        straight('<userTask id="x"/>'),
        straight('<userTask id="y"/>'),
        Surroundings(remits=REMITS, forms=FORMS),
    ),
    Case(
        "protected-name",
        "x",
        straight(extended("task", 'id="x"', inner=several('inputElement="teamId"'))),
        straight(extended("task", 'id="x"', inner=several('inputElement="team"'))),
        GUARDED,
    ),
    Case(
        "protected-name",
        "x",
        straight(
            extended(CATCH, 'id="x"', '<z:ioMapping><z:output source="=t" target="teamId"/></z:ioMapping>', inner=WAIT),
            top=FEE,
        ),
        straight(
            extended(CATCH, 'id="x"', '<z:ioMapping><z:output source="=t" target="t"/></z:ioMapping>', inner=WAIT),
            top=FEE,
        ),
        GUARDED,
    ),
    Case(
        "protected-name",
        "x",
        straight(sub('<dataObject id="teamId"/><task id="t"/>')),
        straight(sub('<dataObject id="team"/><task id="t"/>')),
        GUARDED,
    ),
]

FUNCTIONS = [
    Case("function-name", "x", straight(script("x", "=1", "count")), straight(script("x", "=1", "found"))),
    Case("function-name", "x", straight(mapped("userTask", taken="date")), straight(mapped("userTask", taken="day"))),
    Case("function-name", "x", straight(mapped("userTask", given="sum")), straight(mapped("userTask", given="sums"))),
    Case(
        "function-name",
        "x",
        straight('<userTask id="x"/>'),
        straight('<userTask id="y"/>'),
        Surroundings(forms={"x": ("number", "today"), "y": ("opinion",)}),
    ),
    Case(
        "function-name",
        "begin",
        straight('<userTask id="x"/>'),
        straight('<userTask id="x"/>').replace(b'id="p"', b'id="q"'),
        Surroundings(forms={"x": (), "p": ("time",), "q": ("hour",)}),
    ),
]

ACROSS = [
    Case("write-across-iteration", "write_b", straight(A, ITERATION), straight(A, COLLECTED)),
    Case(
        "write-across-iteration",
        "y",
        straight(script("w", "=1", "opinion"), LOOPED),
        straight(LOOPED),
        Surroundings(forms=FORMS),
    ),
    Case(
        "write-across-iteration",
        "x",
        straight(
            A,
            mapped("serviceTask", taken="n", inner=several()).replace("<z:io", '<z:taskDefinition type="count"/><z:io'),
        ),
        straight(
            A,
            mapped("serviceTask", taken="m", inner=several()).replace("<z:io", '<z:taskDefinition type="count"/><z:io'),
        ),
    ),
]

PARALLEL = [
    Case("parallel-writes", "fork", fork(A, B), fork(A, OTHER)),
    Case("parallel-writes", "fork", fork(A, B, "inclusiveGateway"), fork(A, OTHER, "inclusiveGateway")),
    Case(
        "parallel-writes",
        "a",
        beside(A, B, flow("a", "write_a"), flow("a", "write_b"), flow("write_a", "e"), flow("write_b", "e")),
        beside(A, B, flow("a", "write_a"), flow("write_a", "write_b"), flow("write_b", "e")),
    ),
    Case(
        "parallel-writes",
        "a",
        beside(
            f'<boundaryEvent id="b" attachedToRef="a" cancelActivity="false">{TIMER}</boundaryEvent>',
            A,
            B,
            flow("a", "write_a"),
            flow("b", "write_b"),
            flow("write_a", "e"),
            flow("write_b", "e"),
        ),
        beside(
            f'<boundaryEvent id="b" attachedToRef="a">{TIMER}</boundaryEvent>',
            A,
            B,
            flow("a", "write_a"),
            flow("b", "write_b"),
            flow("write_a", "e"),
            flow("write_b", "e"),
        ),
    ),
]

TOLD = Surroundings(forms=FORMS, given={"p": ("start",)}, remits=REMITS)
COUNT = (
    "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality><completionCondition>{}</completionCondition>"
    "</multiInstanceLoopCharacteristics>"
)


def calling(process: str, output: str) -> bytes:
    """A call that takes something back from what it calls; ``q``, of the same file, writes ``total``."""
    back = f'<z:ioMapping><z:output source="{output}" target="r"/></z:ioMapping>'
    call = extended("callActivity", 'id="x"', f'<z:calledElement processId="{process}"/>', back)
    called = bare(f'<process id="q">{script("count_all", "=1", "total")}</process>')
    return straight(call).replace(b"</bpmn:definitions>", called + b"</bpmn:definitions>")


ASKED = Surroundings(
    forms={"x": ("opinion",)},
    given={"p": ("start",)},
    remits=REMITS,
    decisions={"rate": ("start", "teamId"), "misspelt": ("strat",)},
)


def asking(decision: str) -> bytes:
    """A table that is asked by a step of its own."""
    called = f'<z:calledDecision decisionId="{decision}" resultVariable="r"/>'
    return straight(extended("businessRuleTask", 'id="x"', called))


def checked(decision: str) -> bytes:
    """A table that is asked when a form is handed in."""
    return straight(extended("userTask", 'id="x"', properties(check=decision)))


READ = [
    Case("name-unknown", "x", asking("misspelt"), asking("rate"), ASKED),
    Case("name-unknown", "x", checked("misspelt"), checked("rate"), ASKED),
    Case("name-unknown", "x", straight(script("x", "=gone", "r")), straight(script("x", "=start", "r")), TOLD),
    Case(
        "name-unknown",
        "x",
        straight(script("x", "=gone + 1", "r")),
        straight(script("x", "=teamId + subject", "r")),
        TOLD,
    ),
    Case(
        "name-unknown",
        "x",
        straight(script("x", "=date(deadline)", "r")),
        straight(script("x", "=date(deadline)", "r").replace("<z:script", properties(deadline="D14") + "<z:script")),
        TOLD,
    ),
    Case(
        "name-unknown",
        "x",
        straight(script("x", "=asked", "r")),
        straight(script("x", "=begun", "r")),
        Surroundings(forms={"begin": ("begun",)}, given={"p": ()}),
    ),
    Case(
        "name-unknown",
        "write_b",
        straight(A, script("write_b", "=nn", "r")),
        straight(A, script("write_b", "=n", "r")),
        TOLD,
    ),
    Case(
        "name-unknown",
        "x",
        straight(sub(IN + A + flow("in", "write_a"), 'id="s"'), script("x", "=nn", "r")),
        straight(sub(IN + A + flow("in", "write_a"), 'id="s"'), script("x", "=n", "r")),
        TOLD,
    ),
    Case(
        "name-unknown",
        "x",
        straight(sub(several() + IN + A + flow("in", "write_a"), 'id="s"'), script("x", "=n", "r")),
        straight(
            sub(several('outputCollection="ns" outputElement="=n"') + IN + A + flow("in", "write_a"), 'id="s"'),
            script("x", "=ns", "r"),
        ),
        TOLD,
    ),
    Case(
        "name-unknown",
        "x",
        straight(extended("task", 'id="x"', inner=COUNT.format("numberOfGoneInstances = 1"))),
        straight(extended("task", 'id="x"', inner=COUNT.format("numberOfCompletedInstances = 1 and loopCounter = 1"))),
        TOLD,
    ),
    Case(
        "name-unknown",
        "write_b",
        straight(sub(several() + IN + script("write_b", "=unit", "r") + flow("in", "write_b"))),
        straight(sub(several('inputElement="unit"') + IN + script("write_b", "=unit", "r") + flow("in", "write_b"))),
        TOLD,
    ),
    Case(
        "name-unknown",
        "x",
        straight(script("x", "=for i in [1] return j", "r")),
        straight(script("x", "=for i in [1] return i", "r")),
        TOLD,
    ),
    Case(
        "name-unknown",
        "x",
        calling("q", "=gone"),
        calling("q", "=total"),
        TOLD,
    ),
]


@pytest.mark.parametrize("case", PROTECTED, ids=str)
def test_a_name_that_decides_who_sees_what_is_never_written(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("case", FUNCTIONS, ids=str)
def test_a_name_that_is_a_function_too_is_a_doubt(case: Case) -> None:
    check(case)


def test_what_a_connector_calls_its_answer_is_not_for_the_diagram_to_choose() -> None:
    counts = straight(extended("serviceTask", 'id="w"', '<z:taskDefinition type="count"/>'))
    around = Surroundings(connectors={"count": ("count",)})

    assert "function-name" not in {each.rule for each in judged(counts, around)}


@pytest.mark.parametrize("case", ACROSS, ids=str)
def test_one_of_several_does_not_write_what_exists_once_outside(case: Case) -> None:
    check(case)


def test_a_name_given_at_the_start_exists_outside_every_iteration() -> None:
    found = [each.rule for each in judged(straight(ITERATION), Surroundings(given={"p": ("n",)}))]
    assert "write-across-iteration" in found
    assert "write-across-iteration" not in [each.rule for each in judged(straight(ITERATION))]


@pytest.mark.parametrize("case", PARALLEL, ids=str)
def test_two_branches_that_write_one_name_are_a_doubt(case: Case) -> None:
    check(case)


def test_what_comes_back_from_another_file_or_in_a_message_is_not_known_to_be_missing() -> None:
    told = extended("message", 'id="m" name="told"', '<z:subscription correlationKey="=start"/>')
    back = '<z:ioMapping><z:output source="=said" target="r"/></z:ioMapping>'
    wait = extended(CATCH, 'id="x"', back, inner='<messageEventDefinition messageRef="m"/>')
    for xml in (calling("elsewhere", "=gone"), straight(wait, top=told)):
        assert "name-unknown" not in {each.rule for each in judged(xml, TOLD)}


@pytest.mark.parametrize("case", READ, ids=str)
def test_a_name_that_nothing_writes_is_a_doubt(case: Case) -> None:
    check(case)


def test_what_a_connector_or_form_gives_is_known_or_nothing_is_judged() -> None:
    work = extended("serviceTask", 'id="w"', '<z:taskDefinition type="count"/>')
    xml = straight(work, script("x", "=count", "r"))
    rules = [
        {finding.rule for finding in judged(xml, Surroundings(given={"p": ()}, connectors=connectors))}
        & {"name-unknown"}
        for connectors in (("count",), {"count": ("count",)}, {"count": ("number",)})
    ]
    assert rules == [set(), set(), {"name-unknown"}]
    xml = straight('<userTask id="y"/>', script("x", "=opinion", "r"))
    rules = [
        {finding.rule for finding in judged(xml, Surroundings(given={"p": ()}, forms=forms))} & {"name-unknown"}
        for forms in (("y",), {"y": ("opinion",)}, {"y": ("view",)}, None, {})
    ]
    assert rules == [set(), set(), {"name-unknown"}, set(), {"name-unknown"}]


def test_what_callers_hand_over_is_given_to_the_called() -> None:
    caller = diagram.read(straight(mapped("callActivity", given="subject")))
    other = diagram.read(straight(mapped("callActivity", given="level")).replace(b'process id="p"', b'process id="r"'))
    assert lint.handed_over([caller, other]) == {"p": frozenset(), "r": frozenset(), "q": {"subject", "level"}}


def test_unknown_names_are_not_judged_where_values_may_come_from_outside() -> None:
    xml = straight(script("x", "=gone", "r"))
    assert "name-unknown" not in {finding.rule for finding in judged(xml)}
    waiting = straight(f'<{CATCH} id="c">{WAIT}</{CATCH}>', script("x", "=gone", "r"), top=FEE)
    assert "name-unknown" not in {finding.rule for finding in judged(waiting, TOLD)}
