"""Random conditions against plain Python: what our reading puts in their place must not change what they mean."""

from __future__ import annotations

import operator

from hypothesis import given
from hypothesis import strategies as st

from tests.engine.feeling import evaluator

Condition = tuple[str, bool]

SIGNS = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
NUMBERS = st.integers(-3, 3)


def comparison(left: int, sign: str, right: int) -> Condition:
    return f"{left} {sign} {right}", bool(SIGNS[sign](left, right))


def both(a: Condition, b: Condition) -> Condition:
    return f"({a[0]} and {b[0]})", a[1] and b[1]


def either(a: Condition, b: Condition) -> Condition:
    return f"({a[0]} or {b[0]})", a[1] or b[1]


def opposite(a: Condition) -> Condition:
    return f"not({a[0]})", not a[1]


def choice(c: Condition, a: Condition, b: Condition) -> Condition:
    return f"(if {c[0]} then {a[0]} else {b[0]})", a[1] if c[1] else b[1]


def some(a: Condition) -> Condition:
    return f"(some x in [1, 2] satisfies x = 2 and {a[0]})", a[1]


def every(a: Condition) -> Condition:
    return f"(every x in [1, 2] satisfies {a[0]} or x != 1)", a[1]


def filtered(a: Condition) -> Condition:
    return f"count([1, 2, 3][item = 2 and {a[0]}]) = 1", a[1]


def same(a: Condition, b: Condition) -> Condition:
    return f"(({a[0]}) = ({b[0]}))", a[1] == b[1]


def among(a: Condition) -> Condition:
    return f"(({a[0]}) in [true])", a[1]


CONDITIONS = st.recursive(
    st.builds(comparison, NUMBERS, st.sampled_from(sorted(SIGNS)), NUMBERS),
    lambda inner: st.one_of(
        st.builds(both, inner, inner),
        st.builds(either, inner, inner),
        st.builds(opposite, inner),
        st.builds(choice, inner, inner, inner),
        st.builds(some, inner),
        st.builds(every, inner),
        st.builds(filtered, inner),
        st.builds(same, inner, inner),
        st.builds(among, inner),
    ),
    max_leaves=8,
)


@given(st.lists(CONDITIONS, min_size=4, max_size=12))
def test_conditions_mean_what_they_mean_in_logic(conditions: list[Condition]) -> None:
    assert evaluator().decide([text for text, _ in conditions], {}) == [result for _, result in conditions]
