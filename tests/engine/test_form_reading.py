from __future__ import annotations

import json
from typing import Any

import pytest

from engine import form
from engine.errors import Invalid
from tests.engine.filling import Component, content, field, made, refusals

CHOICES = [{"label": "Agree", "value": "同意"}, {"label": "Refuse", "value": "不同意"}]


def test_a_form_lists_its_fields_in_the_order_of_the_page() -> None:
    asked = made(
        {"type": "text", "text": "# {{title}}"},
        {"type": "group", "components": [field("textfield", "name"), field("number", "amount", decimalDigits=0)]},
        field("select", "decision", values=CHOICES),
        field("datetime", "due", subtype="datetime", dateLabel="Due"),
        {"type": "separator"},
    )
    assert [(each.key, each.type, each.label, each.subtype) for each in asked.fields] == [
        ("name", "textfield", "name", ""),
        ("amount", "number", "amount", ""),
        ("decision", "select", "decision", ""),
        ("due", "datetime", "due", "datetime"),
    ]
    assert asked.source == "test.json"
    assert asked.schema["schemaVersion"] == 18


def test_a_form_knows_which_outer_names_it_uses() -> None:
    asked = made(
        {"type": "text", "text": "{{case.no}} {{#if late}}!{{/if}} {{#loop rows}}{{this.name}}{{/loop}}"},
        {"type": "text", "text": '="No. " + number', "conditional": {"hide": "=secret"}},
        {"type": "table", "dataSource": "=history"},
        field("textfield", "why", conditional={"hide": "=amount <= limit"}, validate={"maxLength": "=longest"}),
        field("number", "amount"),
        field("expression", "double", expression="=amount * factor"),
        field("select", "who", valuesExpression="=candidates"),
        field("taglist", "tags", valuesKey="known"),
        field("textfield", "shown", readonly=True),
        field("textfield", "maybe", disabled="=closed"),
    )
    outside = {"case", "late", "rows", "number", "history", "limit", "longest", "factor", "candidates", "known"}
    assert asked.names == outside | {"shown", "maybe", "closed"}
    decisive = {"amount <= limit", "longest", "amount * factor", "candidates", "known", "closed"}
    assert set(asked.expressions) == decisive


@pytest.mark.parametrize("kind", ["html", "iframe", "image", "documentPreview", "button", "filepicker", "dynamiclist"])
def test_a_component_that_is_not_run_is_refused_by_name(kind: str) -> None:
    (sentence,) = refusals({"type": kind, "id": "odd", "key": "odd"})
    assert sentence.startswith(f"odd: A component of type {kind} is not run here.")


@pytest.mark.parametrize(
    ("component", "sentence"),
    [
        ({"type": "telepathy", "key": "x"}, "x: A component of type telepathy is not run here. Use one of checkbox, "),
        (field("textfield", ""), "field_: A key is a word of letters, digits and _; it is not “”."),
        (field("textfield", "a.b"), "a.b: A key is a word of letters, digits and _; it is not “a.b”."),
        (field("textfield", "__same"), "__same: A key is a word of letters, digits and _"),
        (field("textfield", "1st"), "1st: A key is a word"),
        (field("textfield", validate={"length": 3}), "x: There is no rule “length”."),
        (field("textfield", validate={"min": 3}), "x: The rule “min” goes with numbers only."),
        (field("number", validate={"maxLength": 3}), "x: The rule “maxLength” goes with text fields only."),
        (field("textfield", validate={"maxLength": "many"}), "x: The rule “maxLength” is neither a number nor"),
        (field("textfield", validate={"pattern": "("}), "x: The pattern ( is no regular expression."),
        (
            field("textfield", validate={"validationType": "phone"}),
            "x: Only e-mail addresses have a check of their own.",
        ),
        (field("textfield", validate=[]), None),
        (field("textfield", validate="no"), "x: Its rules are not an object."),
        (field("select"), "x: It has no choices."),
        (field("select", values=[]), "x: It has no choices."),
        (field("select", values=[{"label": "a"}]), "x: A choice has no value."),
        (field("radio", values=[*CHOICES, CHOICES[0]]), "x: Two choices have the same value."),
        (field("datetime", subtype="year"), "x: It is neither a date nor a time nor both, but “year”."),
        (field("datetime", subtype="time", timeSerializingFormat="utc_offset"), "x: A time of day has no zone."),
        (field("number", decimalDigits=-1), "x: The number of decimal digits is not between 0 and 10."),
        (field("number", increment="much"), "x: The increment is not a number above 0."),
        (field("number", serializeToString=True), "x: A number is kept as a number."),
        (field("expression"), "x: It has no expression."),
        (field("expression", expression="=1 +"), "x: “1 +”, character 4: The expression ends too early."),
        (field("expression", expression="=x + 1"), "x: Its expression needs itself, or others that need each other."),
        (field("expression", expression="=now()"), "x: “now()” calls now, which the browser would answer otherwise."),
        (field("textfield", conditional={"hide": "=a，b"}), "x: “a，b”, character 1: “，” is a full-width character"),
        (field("textfield", conditional={"hide": "=is working day(d)"}), "x: “is working day(d)” calls is working day"),
        ({"type": "text", "text": "{{today()}}"}, "“today()” calls today"),
        (field("entry"), "x: It does not say whose keys it takes."),
        (field("grid"), "x: It has no columns."),
        (field("grid", columns=[field("grid", "y", columns=[])]), "x: A column cannot be of type grid."),
        (field("grid", columns=[field("signature", "y")]), "x: A column cannot be of type signature."),
        (field("grid", columns=["y"]), "x: A column cannot be of type None."),
        (field("grid", columns=[field("textfield", "y")] * 2), "x: Two columns have the key y."),
        (
            field("grid", columns=[field("textfield", "y", conditional={"hide": "=a"})]),
            "x: A column cannot be hidden by a condition.",
        ),
        (
            field("grid", columns=[field("number", "y", validate={"max": "=a"})]),
            "x: The column y has an expression; columns have fixed rules.",
        ),
        ({"type": "group", "id": "g", "path": "a", "components": []}, "g: A group cannot have a path."),
    ],
)
def test_what_the_server_could_not_check_is_refused(component: Component, sentence: str | None) -> None:
    if sentence is None:
        assert made(component).fields[0].rules == {}
    else:
        assert refusals(component)[0].startswith(sentence)


def test_all_faults_are_told_at_once() -> None:
    found = refusals(field("html", "a"), field("select", "b"), field("textfield", "c"), field("number", "c"))
    assert [each.split(":")[0] for each in found] == ["a", "b", "c"]
    assert found[2] == "c: Two fields have the key c."


NESTED: list[Any] = []
for _ in range(20):
    NESTED = [{"type": "group", "components": NESTED}]


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (b"", "The file is not JSON."),
        (b"{", "The file is not JSON."),
        (b"\xff\xfe", "The file is not JSON."),
        (b"[" * 100_000, "The file is not JSON."),
        (b"[]", "The file is not a form: it has no list of components."),
        (b'{"components": {}}', "The file is not a form: it has no list of components."),
        (b" " * 500_001, "The file has 500001 bytes; 500000 is the limit."),
        (
            json.dumps({"components": NESTED}).encode(),
            "A form has at most 500 components, at most 10 deep in one another",
        ),
        (content(*[field("textfield", f"f{n}") for n in range(501)]), "A form has at most 500 components"),
        (b'{"components": [3]}', "A form has at most 500 components, at most 10 deep in one another, each an object."),
    ],
)
def test_what_is_no_form_is_refused(written: bytes, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        form.read(written, "test.json")
    assert sentence in str(refused.value)
