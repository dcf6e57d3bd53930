"""Signing through the pages: three parties in turn, three persons one after another, and one form again and again."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from engine.runtime import Runtime
from tests.journeys.going import Going, started, told
from tests.journeys.walking import Walker

WIDE, NARROW = (1280, 900), (390, 844)


@pytest.mark.parametrize(
    ("process", "story", "language", "size"),
    [
        ("c_trisign", "three_parties_sign", "en", NARROW),
        ("c_trisign", "department_refuses", "zh", WIDE),
        ("xc_paper", "signed_by_three", "zh", NARROW),
        ("xc_paper", "returned_twice", "en", WIDE),
    ],
)
def test_everybody_who_is_asked_to_sign_can_sign(
    district: Runtime, address: str, page: Page, process: str, story: str, language: str, size: tuple[int, int]
) -> None:
    """Each signs what another has signed before, or what they have signed themselves and got back."""
    way = told(process, story)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    walker = Walker(page, language, address)
    Going(district, walker, started(district, way)).go(way.steps)
    assert walker.faults == []
