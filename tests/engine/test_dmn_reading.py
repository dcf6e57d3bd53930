from __future__ import annotations

import pytest

from engine import dmn
from engine.bpmn.reading.xml import MAX_BYTES
from tests.engine.deciding import decision, faults, file, literal, read, table, text

GOOD = decision("d", table(["x"], ["y"], [("-", "1")]))


def test_a_file_is_read_whole() -> None:
    logic = table(
        ["amount", "kind"], ["way"], [("> 5", '"a"', '"now"'), ("-", "-", "other")], "FIRST", types=["number"]
    )
    found = read(decision("route", logic), decision("other", literal("1")))
    assert list(found) == ["route", "other"]
    route = found["route"]
    assert (route.name, route.policy, route.inputs, route.outputs) == ("route", "FIRST", ("amount", "kind"), ("way",))
    assert (route.lines, route.rule_ids, route.source) == ((7, 8), ("rule1", "rule2"), "test.dmn")
    assert route.names == {"amount", "kind", "other"}
    assert found["other"].literal


@pytest.mark.parametrize("year", ["20180521", "20191111", "20211108", "20230324"])
def test_the_versions_that_modelers_write_are_read(year: str) -> None:
    assert dmn.read(file(GOOD, model=f"https://www.omg.org/spec/DMN/{year}/MODEL/"), "x.dmn")


@pytest.mark.parametrize(
    ("xml", "sentence"),
    [
        (b"", "The file is not well-formed XML: Document is empty"),
        (b"not xml", "The file is not well-formed XML"),
        (b"<a/>", "The file is XML, but not DMN: it begins with a. [not-dmn]"),
        (
            file(GOOD, model="http://www.omg.org/spec/DMN/20151101/dmn.xsd"),
            "line 1: This version of DMN is not read. Open it",
        ),
        (b'<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a "b">]>\n' + file(GOOD), "line 2: The file has a DOCTYPE,"),
        (b"<!-- a --><!DOCTYPE x SYSTEM 'file:///etc/passwd'>" + file(GOOD), "line 1: The file has a DOCTYPE,"),
        (
            b"<?xml version='1.0' encoding='utf-8'?><a>\xff</a>",
            "line 1: The file is not text in utf-8; save it as UTF-8.",
        ),
        (
            b"<?xml version='1.0' encoding='utf-7'?><a/>",
            "line 1: The encoding utf-7 is not read; save the file as UTF-8.",
        ),
        (b" " * (MAX_BYTES + 1), "The file has 2000001 bytes; 2000000 is the limit. [too-large]"),
        (b"<a>" * 100_000, "The file has more than 20000 elements. [too-large]"),
        (file("<a>" * 110 + "</a>" * 110), "The file is nested more than 100 levels deep."),
        (file(GOOD).replace(b"</definitions>", b"&undefined;</definitions>"), "The file is not well-formed XML"),
    ],
    ids=[
        "empty",
        "text",
        "other",
        "old",
        "doctype",
        "external",
        "not text",
        "encoding",
        "bytes",
        "flood",
        "deep",
        "entity",
    ],
)
def test_what_is_no_decision_file_is_refused(xml: bytes, sentence: str) -> None:
    assert sentence in faults(xml)[0]


def swapped(old: str, new: str, logic: str = GOOD) -> bytes:
    assert old in logic
    return file(logic.replace(old, new))


@pytest.mark.parametrize(
    ("xml", "sentence"),
    [
        (
            file(GOOD, '<businessKnowledgeModel id="bkm" name="x"/>'),
            "bkm, line 9: The element businessKnowledgeModel is not run here. Write its expression into the decisions",
        ),
        (
            file(GOOD, '<decisionService id="s"/>'),
            "s, line 9: The element decisionService is not run here. Call the decision itself.",
        ),
        (file(GOOD, '<import namespace="x" name="y"/>'), "The element import is not run here. Put all decisions"),
        (
            file(GOOD, '<itemDefinition id="t" name="t"/>'),
            "t, line 9: The element itemDefinition is not run here. Set type and allowed",
        ),
        (
            file(decision("d", "<context/>")),
            "d, line 3: The element context is not run here. Use a decision table or a literal",
        ),
        (file(decision("d", "<invocation/>")), "d, line 3: The element invocation is not run here."),
        (file(decision("d", "<relation/>")), "d, line 3: The element relation is not run here."),
        (file(decision("d", "<functionDefinition/>")), "d, line 3: The element functionDefinition is not run here."),
        (file(decision("d", "<conditional/>")), "d, line 3: The element conditional is not run here."),
        (
            file(decision("d", "<knowledgeRequirement/>" + literal("1"))),
            "d, line 3: The element knowledgeRequirement is not run here. Write the expression",
        ),
        (
            swapped("<inputExpression>", '<inputExpression expressionLanguage="juel">'),
            "table, line 4: Expressions are FEEL; this one is said to be juel. Write it in FEEL",
        ),
        (
            swapped('<rule id="rule1">', '<rule id="rule1" priority="3">'),
            "rule1, line 6: The attribute priority of rule means",
        ),
        (swapped("UNIQUE", "BOGUS"), "table, line 3: There is no hit policy BOGUS. Use one of UNIQUE, FIRST, ANY"),
        (swapped('"UNIQUE"', '"UNIQUE" aggregation="SUM"'), "table, line 3: The aggregation SUM cannot be used here."),
        (swapped('"UNIQUE"', '"COLLECT" aggregation="AVG"'), "table, line 3: The aggregation AVG cannot be used here."),
        (swapped("UNIQUE", "PRIORITY"), "table, line 3: PRIORITY needs allowed values for an output"),
        (
            swapped("<inputEntry><text>-</text></inputEntry>", ""),
            "rule1, line 6: The rule has 1 cells; the table has 2 columns.",
        ),
        (swapped("<text>x</text>", "<text></text>"), "table, line 4: An input has no expression."),
        (
            swapped('<output name="y">', '<output name="y" typeRef="money">'),
            "table, line 5: There is no type money. Use one of",
        ),
        (file(decision("d", table(["x"], [], [("-",)]))), "table, line 3: The table has no output."),
        (
            file(decision("d", table(["x"], ["y", "y"], [("-", "1", "2")]))),
            "table, line 5: One of several outputs has no name",
        ),
        (
            file(decision("d", table(["x"], ["y", "z"], [], "COLLECT SUM"))),
            "table, line 3: SUM needs exactly one output.",
        ),
        (file(decision("d", "")), "d, line 2: The decision d has nothing to decide by."),
        (file(decision("d", literal(""))), "d, line 3: The expression is empty."),
        (file(), "The file holds no decision."),
        (file(GOOD, GOOD.replace('id="table"', "").replace('id="rule1"', "")), "d, line 2: The id d is used twice."),
        (
            file(decision("d", literal("1"), requires=["gone"])),
            "d, line 3: It requires #gone, which is not in this file.",
        ),
        (
            file(
                decision("d", literal("1")).replace(
                    "<literal",
                    '<informationRequirement><requiredDecision href="a.dmn#b"/></informationRequirement><literal',
                )
            ),
            "d, line 3: It requires a.dmn#b, which is not in this file.",
        ),
        (
            file(
                decision("a", literal("b"), requires=["b"]),
                decision("b", literal("c"), requires=["c"]),
                decision("c", literal("a"), requires=["a"]),
            ),
            "a, line 2: These decisions require each other in a circle: a → b → c → a. Delete one requirement.",
        ),
    ],
)
def test_what_is_not_run_is_refused_with_element_line_and_what_to_do(xml: bytes, sentence: str) -> None:
    assert sentence in "\n".join(faults(xml))


def test_all_faults_are_told_at_once() -> None:
    found = faults(file(GOOD.replace("UNIQUE", "BOGUS").replace("<text>x</text>", ""), "<import/>"))
    assert len(found) == 3


def test_documentation_drawing_and_extensions_are_kept() -> None:
    more = (
        '<extensionElements><x xmlns="urn:x"/></extensionElements><textAnnotation id="a">'
        + text("note")
        + '</textAnnotation><dmndi:DMNDI xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/"/>'
        + '<knowledgeSource id="k" name="law"/><inputData id="i" name="x"/>'
    )
    assert dmn.read(file(GOOD.replace("<rule ", '<annotation name="basis"/><rule '), more=more), "x.dmn")


def test_a_decision_may_be_checked_before_it_is_ever_made() -> None:
    found = read(
        decision("d", table(["amount", "kind"], ["way"], [("> 5", '"a"，"b"', "next"), ("-", "-", "1 +")], "FIRST"))
    )
    said = [str(each) for each in dmn.check(found["d"], {"amount", "kind"})]
    assert said == [
        (
            'd, line 7: Column kind, “"a"，"b"”, character 4: '
            "“，” is a full-width character; FEEL needs the half-width one. Correct the expression. [dmn-expression]"
        ),
        (
            "d, line 8: Column way, “1 +”, character 4: "
            "The expression ends too early. Correct the expression. [dmn-expression]"
        ),
        (
            "d, line 7: Column way, “next”: nothing is known of “next”. "
            "Correct the name, or give the value before the decision is made. [dmn-name]"
        ),
    ]
    assert [each.severity for each in dmn.check(found["d"], {"amount", "kind"})] == ["error", "error", "warning"]
    assert len(dmn.check(found["d"])) == 2


@pytest.mark.parametrize(
    ("rows", "policy", "said"),
    [
        ([], "UNIQUE", ["The table has no rules."]),
        ([("> 5", "1"), ("> 5", "2")], "UNIQUE", ["Rule 2 has the same conditions as rule 1."]),
        ([("> 5", "1"), ("< 3", "2"), ("> 5", "1")], "FIRST", ["Rule 3 has the same conditions as rule 1."]),
        ([("> 5", "1"), ("> 5", "2")], "COLLECT", []),
        ([("> 5", "1"), ("> 5", "1")], "COLLECT", ["Rule 2 has the same conditions as rule 1."]),
        ([("-", "1"), ("> 5", "2")], "FIRST", ["Rule 1 applies to everything, so the rules below it never do."]),
        ([("> 5", "1"), ("", "2")], "FIRST", []),
        ([("> 5", "1"), ("<= 5", "2")], "UNIQUE", []),
    ],
)
def test_rules_that_never_apply_are_named(rows: list[tuple[str, str]], policy: str, said: list[str]) -> None:
    found = read(decision("d", table(["x"], ["y"], rows, policy)))
    assert [each.sentence for each in dmn.check(found["d"], {"x"})] == said
