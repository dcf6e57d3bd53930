"""Values as people read them."""

from __future__ import annotations

import pytest

from engine.query.wording import Field
from web.inbox import speech


@pytest.mark.parametrize(
    ("digits", "value", "said"),
    [(2, 12000, "12,000.00"), (2, 8600.5, "8,600.50"), (2, 0, "0.00"), (0, 3, "3"), (None, 2.5, "2.5")],
)
def test_an_amount_is_shown_with_the_decimals_that_its_field_has(digits: int | None, value: float, said: str) -> None:
    assert speech.plain(Field("recovered", "挽回金额（元）", "number", digits=digits), value, speech.Known()) == said
