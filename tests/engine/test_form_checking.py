from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import feel, form
from engine.errors import ExpressionFailed, FormInvalid
from engine.feel import Value
from engine.form import Signing
from tests.engine.feeling import evaluator
from tests.engine.filling import Component, faults, field, made, taken

HERE = ZoneInfo("Asia/Shanghai")
RANGE = "A date lies between 1901-01-01 and 9999-12-31. What has no end is written 9999-12-31."
CHOICES = [{"label": "Agree", "value": "同意"}, {"label": "Refuse", "value": "不同意"}]
GRID = field(
    "grid",
    "rows",
    columns=[
        field("textfield", "name", validate={"required": True, "maxLength": 5}),
        field("number", "points", decimalDigits=0, validate={"min": 0, "max": 10}),
        field("datetime", "day", subtype="date"),
        field("select", "kind", values=CHOICES),
        field("entry", "who", source="person", multiple=True),
        field("checkbox", "done"),
    ],
)


@pytest.mark.parametrize(
    ("component", "sent", "value"),
    [
        (field("textfield"), "文字", "文字"),
        (field("textfield"), "", None),
        (field("textarea"), "a\nb\tc", "a\nb\tc"),
        (field("textfield"), '<img src=x onerror="1">', '<img src=x onerror="1">'),
        (field("number"), 1.5, 1.5),
        (field("number"), 2.0, 2),
        (field("number", decimalDigits=0), 123456789012, 123456789012),
        (field("number", decimalDigits=2), 0.29, 0.29),
        (field("number", increment="0.1"), 0.3, 0.3),
        (field("checkbox"), True, True),
        (field("checkbox"), None, False),
        (field("select", values=CHOICES), "同意", "同意"),
        (field("radio", values=[{"label": "1", "value": 1}]), 1, 1),
        (field("checklist", values=CHOICES), ["不同意", "同意"], ["不同意", "同意"]),
        (field("taglist", values=CHOICES), None, []),
        (field("datetime", subtype="date"), "2026-04-01", date(2026, 4, 1)),
        (field("datetime", subtype="date"), "1901-01-01", date(1901, 1, 1)),
        (field("datetime", subtype="date"), "2200-01-01", date(2200, 1, 1)),
        (field("datetime", subtype="date"), "9999-12-31", date(9999, 12, 31)),
        (field("datetime", subtype="datetime"), "9999-12-31T23:59", datetime(9999, 12, 31, 23, 59, tzinfo=HERE)),
        (field("datetime", subtype="time"), "09:30", time(9, 30)),
        (field("datetime", subtype="datetime"), "2026-04-01T09:30", datetime(2026, 4, 1, 9, 30, tzinfo=HERE)),
        (field("datetime", subtype="datetime"), "2026-04-01T09:30Z", datetime(2026, 4, 1, 9, 30, tzinfo=UTC)),
        (field("datetime", subtype="datetime"), "2026-04-01T09:30+09:00", datetime(2026, 4, 1, 0, 30, tzinfo=UTC)),
        (field("entry", source="person"), "wang", "wang"),
        (field("entry", source="person", multiple=True), ["wang", "li"], ["wang", "li"]),
        (field("entry", source="person", multiple=True), None, []),
        (field("files", multiple=True), ["a1", "b2"], ["a1", "b2"]),
        (field("files"), None, []),
        (
            GRID | {"key": "x"},
            [{"name": "a", "points": 3, "day": "2026-04-01"}, {"name": "", "points": None}],
            [{"name": "a", "points": 3, "day": date(2026, 4, 1), "kind": None, "who": [], "done": False}],
        ),
        (field("signature", statement="I agree."), None, None),
    ],
)
def test_a_value_becomes_what_its_field_says(component: Component, sent: Any, value: Value) -> None:
    found = taken(made(component), x=sent)
    assert found == {"x": value}
    assert type(found["x"]) is type(value)


@pytest.mark.parametrize(
    ("component", "sent", "sentence"),
    [
        (field("textfield", validate={"required": True}), "", "This is required."),
        (field("textfield", validate={"required": True}), " \n ", "This is required."),
        (field("checkbox", validate={"required": True}), False, "This is required."),
        (field("files", validate={"required": True}), [], "This is required."),
        (GRID | {"key": "x", "validate": {"required": True}}, [{}], "This is required."),
        (field("signature", validate={"required": True}), None, "This is required."),
        (field("textfield"), 5, "This must be text."),
        (field("textfield"), ["a"], "This must be text."),
        (field("textfield"), "a\x00b", "This holds a character that cannot be kept."),
        (field("textfield"), "\ud83d", "This holds a character that cannot be kept."),
        (field("textarea"), "x" * 20_001, "This has 20001 characters; at most 20000 are allowed."),
        (
            field("textarea", validate={"maxLength": 30_000}),
            "x" * 30_001,
            "This has 30001 characters; at most 30000 are",
        ),
        (field("textfield", validate={"maxLength": 3}), "abcd", "This has 4 characters; at most 3 are allowed."),
        (field("textfield", validate={"minLength": "3"}), " ab ", "This needs at least 3 characters."),
        (field("textfield", validate={"pattern": "^[A-Z]+$"}), "ab", "This is not written as it must be."),
        (
            field("textfield", validate={"pattern": "^[A-Z]+$", "patternErrorMessage": "只用大写字母。"}),
            "ab",
            "只用大写字母。",
        ),
        (field("textfield", validate={"validationType": "email"}), "me at home", "This is no e-mail address."),
        (field("number"), "5", "This must be a number."),
        (field("number"), True, "This must be a number."),
        (field("number"), 2**53 + 2, "This number is too large."),
        (field("number"), float("nan"), "This number is too large."),
        (field("number", decimalDigits=0), 1.5, "This must be a whole number."),
        (field("number", decimalDigits=2), 0.125, "At most 2 decimal digits are allowed."),
        (field("number", increment=0.25), 0.3, "This must be a multiple of 0.25."),
        (field("number", validate={"min": 1}), 0, "This must be at least 1."),
        (field("number", validate={"max": 10}), 10.5, "This must be at most 10."),
        (field("checkbox"), "yes", "This must be yes or no."),
        (field("checkbox"), 1, "This must be yes or no."),
        (field("select", values=CHOICES), "弃权", "This is not one of the choices."),
        (field("select", values=CHOICES), ["同意"], "This is not one of the choices."),
        (field("select", values=[{"label": "1", "value": "1"}]), 1, "This is not one of the choices."),
        (field("checklist", values=CHOICES), "同意", "This must be a list."),
        (field("checklist", values=CHOICES), ["同意", "弃权"], "This is not one of the choices."),
        (field("checklist", values=CHOICES), ["同意", "同意"], "The same is chosen twice."),
        (field("datetime", subtype="date"), "2026-02-30", "This is no date. It is written like 2026-04-01."),
        (field("datetime", subtype="date"), "2026-04-01T09:00", "This is no date."),
        (field("datetime", subtype="date"), "20260401", "This is no date."),
        (field("datetime", subtype="date"), "1900-12-31", RANGE),
        (field("datetime", subtype="date"), "0226-04-01", RANGE),
        (field("datetime", subtype="datetime"), "1900-12-31T09:30", RANGE),
        (field("datetime", subtype="datetime"), "1901-01-01T09:30+14:00", RANGE),
        (field("datetime", subtype="datetime"), "9999-12-31T23:00-05:00", RANGE),
        (field("datetime", subtype="date"), 20260401, "This must be a date or time."),
        (field("datetime", subtype="time"), "9.30", "This is no time of day. It is written like 09:30."),
        (field("datetime", subtype="time"), "09:30+08:00", "This is no time of day."),
        (field("datetime", subtype="datetime"), "2026-04-01", "This is no date and time. It is written like"),
        (field("datetime", disallowPassedDates=True), "2026-03-31", "This must not be in the past."),
        (field("entry", source="person"), ["wang"], "This is no key."),
        (field("entry", source="person", multiple=True), "wang", "This must be a list."),
        (field("entry", source="person", multiple=True), ["wang", 3], "This is no key."),
        (field("entry", source="person", multiple=True), ["k"] * 501, "These are 501; at most 500 are allowed."),
        (field("files"), ["a1", "b2"], "Only one file is allowed."),
        (field("files"), [{"id": "a1"}], "This is no key."),
        (field("signature"), "secret", "Sign with your password."),
        (field("signature"), {"password": ""}, "Sign with your password."),
        (field("signature"), {"password": "x", "person": "somebody else"}, "Sign with your password."),
        (field("signature"), {"person": "wang", "at": "2026-04-01"}, "Sign with your password."),
        (GRID | {"key": "x"}, {"name": "a"}, "This must be a list of rows."),
        (GRID | {"key": "x"}, ["a"], "This must be a list of rows."),
        (GRID | {"key": "x"}, [{"name": "a"}] * 2001, "These are 2001 rows; at most 2000 are allowed."),
    ],
)
def test_what_does_not_fit_a_field_is_refused_with_a_sentence(component: Component, sent: Any, sentence: str) -> None:
    found = faults(made(component), x=sent)
    assert list(found) == ["x"]
    assert found["x"].startswith(sentence)


def test_today_is_not_in_the_past() -> None:
    day = made(field("datetime", disallowPassedDates=True))
    assert taken(day, x="2026-04-01") == {"x": date(2026, 4, 1)}
    moment = made(field("datetime", subtype="datetime", disallowPassedDates=True))
    assert taken(moment, x="2026-04-01T00:01")
    assert faults(moment, x="2026-03-31T23:59") == {"x": "This must not be in the past."}


def test_each_cell_of_a_grid_is_checked_and_named_by_row_and_column() -> None:
    rows: list[Any] = [
        {"name": "a", "points": 11},
        {},
        {"name": "", "points": 3},
        {"name": "toolong", "points": "3", "day": "x", "kind": "弃权", "who": ["a", "a"], "done": "yes", "evil": 1},
    ]
    assert faults(made(GRID), rows=rows) == {
        "rows.3": "There is no column evil.",
        "rows.3.points": "This must be a number.",
        "rows.3.day": "This is no date. It is written like 2026-04-01.",
        "rows.3.who": "The same is chosen twice.",
        "rows.3.done": "This must be yes or no.",
    }
    assert faults(made(GRID), rows=[*rows[:3], {"name": "toolong", "kind": "弃权"}]) == {
        "rows.0.points": "This must be at most 10.",
        "rows.2.name": "This is required.",
        "rows.3.name": "This has 7 characters; at most 5 are allowed.",
        "rows.3.kind": "This is not one of the choices.",
    }


def test_every_fault_of_a_submission_is_told_at_once() -> None:
    asked = made(field("textfield", "a", validate={"required": True}), field("number", "b"), field("checkbox", "c"))
    assert faults(asked, b="x", c=3) == {
        "a": "This is required.",
        "b": "This must be a number.",
        "c": "This must be yes or no.",
    }


def test_a_field_the_form_does_not_have_is_refused() -> None:
    assert faults(made(field("textfield")), x="a", evil=1) == {"evil": "The form has no field evil."}


def test_a_submission_that_is_no_object_is_refused() -> None:
    with pytest.raises(FormInvalid, match="What was sent is not a form"):
        form.check(made(field("textfield")), ["x"], {}, evaluator())  # type: ignore[arg-type]


def test_five_megabytes_are_refused() -> None:
    assert faults(made(field("textfield")), x="x" * 5_000_000) == {
        "x": "All fields together hold more than 1000000 characters."
    }
    rows = [{"name": "x" * 600} for _ in range(1800)]
    assert "rows" in faults(made(GRID), rows=rows)


def test_nesting_is_refused() -> None:
    deep: Any = "x"
    for _ in range(2000):
        deep = [deep]
    assert faults(made(field("textfield")), x=deep) == {"x": "This is nested too deeply."}


HIDING = (
    field("number", "amount"),
    field("textarea", "why", conditional={"hide": "=amount = null or amount <= limit"}, validate={"required": True}),
    {
        "type": "group",
        "conditional": {"hide": '=kind != "b"'},
        "components": [field("textfield", "more", conditional={"hide": "=amount = 1"})],
    },
)


def test_a_hidden_field_is_not_asked_for_and_not_taken() -> None:
    asked = made(*HIDING)
    outer: dict[str, Value] = {"limit": 100, "kind": "b"}
    assert taken(asked, outer, amount=50) == {"amount": 50, "more": None}
    assert taken(asked, outer, amount=50, why="") == {"amount": 50, "more": None}
    assert faults(asked, outer, amount=50, why="smuggled") == {"why": "This does not apply here. Leave it empty."}
    assert faults(asked, outer, amount=500) == {"why": "This is required."}
    assert taken(asked, outer, amount=500, why="because") == {"amount": 500, "why": "because", "more": None}


def test_a_group_hides_what_is_in_it() -> None:
    asked = made(*HIDING)
    assert taken(asked, {"limit": 100, "kind": "a"}, amount=2) == {"amount": 2}
    assert faults(asked, {"limit": 100, "kind": "a"}, more="x") == {"more": "This does not apply here. Leave it empty."}
    assert taken(asked, {"limit": 100, "kind": "b"}, amount=1) == {"amount": 1}


def test_a_condition_that_is_null_hides_nothing_as_in_the_browser() -> None:
    asked = made(field("textfield", conditional={"hide": "=amount > 5"}), field("number", "amount"))
    assert taken(asked) == {"x": None, "amount": None}


COSTS = field("grid", "costs", columns=[field("number", "price"), field("number", "count")])


@pytest.mark.parametrize(
    ("expression", "sent", "value"),
    [
        ("=fare + hotel", {"fare": 80}, None),
        ("=fare + hotel", {}, None),
        ("=fare + hotel", {"fare": 80, "hotel": 20}, 100),
        ("=-fare * 2", {}, None),
        ("=sum(costs.price)", {"costs": [{"price": 3}, {"count": 2}]}, None),
        ("=sum(for each in costs return each.price * each.count)", {"costs": [{"price": 3}, {"count": 2}]}, None),
        ("=sum(costs.price)", {"costs": [{"price": 3, "count": 1}, {"price": 4, "count": 1}]}, 7),
        ("=brought + fare", {"fare": 80}, None),
        ("=unknown + fare", {"fare": 80}, None),
    ],
)
def test_what_cannot_be_computed_yet_is_empty_as_on_the_page(expression: str, sent: dict[str, Any], value: Any) -> None:
    total = field("expression", "total", expression=expression)
    asked = made(total, field("number", "fare"), field("number", "hotel"), COSTS)
    assert taken(asked, {"brought": None}, **sent)["total"] == value


def test_a_total_of_a_total_that_is_empty_is_empty() -> None:
    asked = made(
        field("expression", "twice", expression="=total * 2"),
        field("expression", "total", expression="=fare + hotel"),
        field("number", "fare"),
        field("number", "hotel"),
    )
    assert taken(asked, fare=3) == {"twice": None, "total": None, "fare": 3, "hotel": None}


def test_what_is_mistyped_is_its_own_fault_beside_every_other() -> None:
    asked = made(
        field("number", "fare"),
        field("number", "hotel", validate={"max": "=fare * 2"}),
        field("textfield", "why", validate={"required": True}, conditional={"hide": "=fare + hotel < 100"}),
        field("expression", "total", expression="=fare + hotel"),
    )
    assert faults(asked, fare="x", hotel=5) == {"fare": "This must be a number.", "why": "This is required."}


@pytest.mark.parametrize("hide", ["=amount", "=amount.x", '="yes"', '=amount + "yes"'])
def test_a_condition_without_an_answer_is_a_matter_for_the_forms_owner(hide: str) -> None:
    asked = made(field("textfield", conditional={"hide": hide}), field("number", "amount"))
    with pytest.raises(ExpressionFailed):
        taken(asked, amount=3)


def test_a_date_is_typed_when_a_condition_sees_it() -> None:
    asked = made(
        field("datetime", "start", subtype="date"),
        field("textfield", conditional={"hide": "=start = null or start >= earliest"}),
    )
    outer: dict[str, Value] = {"earliest": date(2026, 4, 1)}
    assert taken(asked, outer, start="2026-03-31") == {"start": date(2026, 3, 31), "x": None}
    assert taken(asked, outer, start="2026-04-02") == {"start": date(2026, 4, 2)}


def test_what_is_computed_is_computed_here_whatever_was_sent() -> None:
    asked = made(
        field("number", "amount"),
        field("expression", "total", expression="=net + tax"),
        field("expression", "net", expression="=if amount = null then 0 else amount"),
        field("expression", "tax", expression="=net * rate"),
        field("expression", "never", expression="=1", conditional={"hide": "=total > 0"}),
        field("textfield", "note", conditional={"hide": "=total < 100"}),
    )
    found = taken(asked, {"rate": 0.5}, amount=10, total=999)
    assert found == {"amount": 10, "net": 10, "tax": 5, "total": 15}
    assert taken(asked, {"rate": 0.5}, amount=100)["note"] is None


def test_what_is_only_shown_cannot_be_changed() -> None:
    asked = made(field("textfield", "no", readonly=True), field("textfield", "title", disabled="=locked"))
    outer: dict[str, Value] = {"no": "XC-1", "locked": True, "title": "old"}
    assert taken(asked, outer, no="XC-1", title="old") == {}
    assert taken(asked, outer) == {}
    assert faults(asked, outer, no="XC-2", title="new") == {
        "no": "This cannot be changed here.",
        "title": "This cannot be changed here.",
    }
    assert taken(asked, outer | {"locked": False}, title="new") == {"title": "new"}


def test_choices_may_come_from_a_variable_or_an_expression() -> None:
    asked = made(
        field("select", "a", valuesKey="known"), field("taglist", "b", valuesExpression="=for i in rows return i.no")
    )
    outer: dict[str, Value] = {"known": [{"label": "A", "value": "a"}], "rows": [{"no": 1}, {"no": 2}]}
    assert taken(asked, outer, a="a", b=[2]) == {"a": "a", "b": [2]}
    assert faults(asked, outer, a="b", b=[3]) == {
        "a": "This is not one of the choices.",
        "b": "This is not one of the choices.",
    }
    assert faults(asked, {"known": None, "rows": []}, a="a") == {"a": "This is not one of the choices."}


def test_limits_may_be_computed() -> None:
    asked = made(field("number", validate={"max": "=rest", "required": "=must"}))
    assert taken(asked, {"rest": 5, "must": False}, x=5) == {"x": 5}
    assert faults(asked, {"rest": 5, "must": True}, x=6) == {"x": "This must be at most 5."}
    assert faults(asked, {"rest": None, "must": True}) == {"x": "This is required."}
    assert taken(asked, {"rest": None, "must": True}, x=600) == {"x": 600}


def test_keys_and_files_must_be_there() -> None:
    asked = made(
        field("entry", "who", source="person"),
        field("entry", "units", source="organisation", multiple=True),
        field("files", "papers", multiple=True),
        field("grid", "rows", columns=[field("entry", "chair", source="person")]),
    )
    there = {("person", "wang"), ("organisation", "u1"), ("attachment", "f1")}
    sent = {"who": "wang", "units": ["u1", "u2"], "papers": ["f1", "f2"], "rows": [{"chair": "li"}]}
    with pytest.raises(FormInvalid) as refused:
        form.check(asked, sent, {}, evaluator(), exists=lambda source, key: (source, key) in there)
    assert {each.where: each.params["key"] for each in refused.value.problems} == {
        "units": "u2",
        "papers": "f2",
        "rows.0.chair": "li",
    }


def test_a_signature_is_handed_on_without_its_password_in_sight() -> None:
    asked = made(field("signature", statement="我已核对。", validate={"required": True}))
    found = taken(asked, x={"password": "open sesame"})["x"]
    assert isinstance(found, Signing)
    assert (found.password, found.statement) == ("open sesame", "我已核对。")
    assert "sesame" not in repr(found) + str(found) + feel.dump(found)[1]


def test_all_expressions_of_a_form_and_its_caller_take_one_call() -> None:
    asked = made(*HIDING, field("expression", "double", expression="=if amount = null then null else amount * 2"))
    command = evaluator()
    outer: dict[str, Value] = {"limit": 100, "kind": "b"}
    sent = {"amount": 500, "why": "because"}
    values = form.check(asked, sent, outer, command, also=["amount > 1000", 'kind = "b"'])
    assert command.decide(["amount > 1000", 'kind = "b"'], {**outer, **values}) == [False, True]
    assert command.calls == 1


def test_a_caller_that_evaluated_with_the_typed_values_has_paid_for_the_check() -> None:
    asked = made(*HIDING, field("datetime", "day", subtype="date"))
    command = evaluator()
    outer: dict[str, Value] = {"limit": 100, "kind": "b"}
    sent = {"amount": 50, "day": "2026-04-01"}
    command.prefetch(
        [*asked.expressions, "day > start"], {**outer, **form.typed(asked, sent, command.zone), "start": None}
    )
    form.check(asked, sent, outer, command)
    assert command.calls == 1


def test_a_form_without_expressions_needs_no_call() -> None:
    command = evaluator()
    form.check(made(field("textfield"), GRID), {"x": "a", "rows": [{"name": "b"}]}, {}, command)
    assert command.calls == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
EVERY = made(
    field("textfield", "a", validate={"pattern": "^.*$", "minLength": 1}),
    field("number", "b", decimalDigits=1, increment=0.5, validate={"min": 0, "max": "=limit"}),
    field("checkbox", "c"),
    field("select", "d", values=CHOICES),
    field("taglist", "e", valuesKey="known"),
    field("datetime", "f", subtype="date"),
    field("datetime", "g", subtype="datetime", disallowPassedDates=True),
    field("datetime", "h", subtype="time"),
    field("entry", "i", source="person", multiple=True),
    field("files", "j"),
    field("signature", "k"),
    field("grid", "l", columns=GRID["columns"]),
    field("expression", "m", expression="=if b = null then null else b * 2"),
    field("textfield", "n", conditional={"hide": "=c"}),
)


@given(st.dictionaries(st.sampled_from("abcdefghijklmn") | st.text(max_size=3), JSON, max_size=6))
def test_whatever_is_sent_is_taken_whole_or_refused_with_sentences(sent: dict[str, Any]) -> None:
    try:
        values = form.check(EVERY, sent, {"limit": 5, "known": [1]}, evaluator())
    except FormInvalid as refused:
        assert refused.problems
        assert all(each.message.format(**each.params) for each in refused.problems)
        return
    assert feel.load(*feel.dump(values)) == {**values}
    assert values.keys() <= {each.key for each in EVERY.fields}
