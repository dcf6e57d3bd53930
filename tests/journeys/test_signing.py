"""The three signatures end to end through the pages."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from engine.runtime import Runtime
from tests.journeys.going import Going, started, told
from tests.journeys.walking import Walker

WIDE, NARROW = (1280, 900), (390, 844)


@pytest.mark.parametrize(
    ("story", "language", "size"), [("three_parties_sign", "en", NARROW), ("department_refuses", "zh", WIDE)]
)
def test_three_parties_are_asked_to_sign(
    district: Runtime, address: str, page: Page, story: str, language: str, size: tuple[int, int]
) -> None:
    way = told("c_trisign", story)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    walker = Walker(page, language, address)
    Going(district, walker, started(district, way)).go(way.steps)
    assert walker.faults == []
