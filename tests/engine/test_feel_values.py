from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import feel
from engine.errors import Invalid
from engine.feel import Months, Value

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-5, minutes=-30))])
SCALARS: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
    st.dates(),
    st.times(),
    st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=ZONES),  # noqa: DTZ001 - hypothesis adds the zone
    st.timedeltas(timedelta(-100_000), timedelta(100_000)),
    st.integers(-5000, 5000).map(Months),
)
KEYS = TEXTS.filter(lambda key: key != "__proto__")
VALUES: st.SearchStrategy[Value] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)


@given(VALUES)
def test_every_value_comes_back_from_its_text(value: Any) -> None:
    assert feel.load(*feel.dump(value)) == value


@given(VALUES)
def test_a_value_that_came_back_has_the_same_text_again(value: Any) -> None:
    assert feel.dump(feel.load(*feel.dump(value))) == feel.dump(value)


@pytest.mark.parametrize(
    ("value", "type", "text"),
    [
        (None, "null", "null"),
        (True, "boolean", "true"),
        (5, "number", "5"),
        (5.0, "number", "5"),
        (0.5, "number", "0.5"),
        ("组长", "string", '"组长"'),
        (date(2026, 4, 1), "date", '"2026-04-01"'),
        (time(9, 30), "time", '"09:30:00"'),
        (datetime(2026, 4, 1, 9, tzinfo=timezone(timedelta(hours=8))), "date and time", '"2026-04-01T01:00:00Z"'),
        (timedelta(days=1, hours=2, seconds=3.5), "days and time duration", '"P1DT2H3.5S"'),
        (timedelta(), "days and time duration", '"PT0S"'),
        (-timedelta(hours=1), "days and time duration", '"-PT1H"'),
        (Months(14), "years and months duration", "14"),
        ([1, date(2026, 4, 1)], "list", '[1,{"@":["date","2026-04-01"]}]'),
        ((1, 2), "list", "[1,2]"),
        ({"b": 1, "a": None}, "context", '{"a":null,"b":1}'),
        ({"@": 1}, "context", '{"@":["context",{"@":1}]}'),
    ],
)
def test_a_value_is_kept_with_its_feel_type_as_canonical_text(value: Value, type: str, text: str) -> None:
    assert feel.dump(value) == (type, text)


def test_equal_instants_in_two_zones_have_one_text() -> None:
    here = datetime(2026, 4, 1, 9, tzinfo=timezone(timedelta(hours=8)))
    assert feel.dump(here) == feel.dump(here.astimezone(UTC))


DEEP: list[Any] = []
for _ in range(200):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (float("nan"), "A number must be finite."),
        (float("inf"), "A number must be finite."),
        (2**53 + 1, "The number 9007199254740993 is too large to compute with exactly."),
        (datetime(2026, 4, 1), "A date and time needs a zone."),  # noqa: DTZ001 - that is the point
        (time(9, tzinfo=UTC), "A time of day has no zone."),
        ({1: "a"}, "1 cannot be the name of an entry."),
        ({"__proto__": 1}, "__proto__ cannot be the name of an entry."),
        ("\ud83d", "A text holds half of a character."),
        (b"bytes", "A value of type bytes cannot be kept."),
        (object(), "A value of type object cannot be kept."),
        ([{"a": {1, 2}}], "A value of type set cannot be kept."),
        (DEEP, "Lists and contexts stand more than 100 deep in one another."),
    ],
)
def test_what_feel_cannot_hold_is_refused_with_a_sentence(value: Any, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        feel.dump(value)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("组长", "组长"),
        (None, "null"),
        (True, "true"),
        (1500, "1500"),
        (1e-7, "1e-7"),
        (123456789012345680000.0, "123456789012345680000"),
        (1e21, "1e+21"),
        (date(2026, 4, 1), "2026-04-01"),
        (datetime(2026, 4, 1, 1, 0, 0, 5000, tzinfo=UTC), "2026-04-01T09:00:00.005"),
        (time(9, 30), "09:30:00"),
        (timedelta(days=40, hours=1), "P40DT1H"),
        (Months(14), "P1Y2M"),
        (Months(0), "P0M"),
        (["a", 1, None], '["a", 1, null]'),
        ({"plain": 1, "名": "x"}, '{plain: 1, "名": "x"}'),
    ],
)
def test_a_value_is_shown_as_feel_prints_it(value: Value, shown: str) -> None:
    assert feel.text(value, "Asia/Shanghai") == shown
