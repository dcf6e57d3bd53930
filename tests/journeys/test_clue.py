"""A clue end to end through the pages: from its dossier to the three ledgers, or to where it is not handed over."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete

from engine import schema
from engine.runtime import Runtime
from tests.journeys.going import Going, told
from tests.journeys.walking import Walker

WIDE, NARROW = (1280, 900), (390, 844)


def test_a_supplemented_clue_reaches_three_ledgers(district: Runtime, address: str, page: Page) -> None:
    story = told("xc_handover_clue", "supplemented")
    steps = list(story.steps)
    late = next(place for place, step in enumerate(steps) if step.get("task") == "supplement_clue")
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    walker = Walker(page, "zh", address)
    going = Going(district, walker)
    going.begin(story.by, story.process, story.variables)
    going.go(steps[:late])

    walker.becomes("t1_leader")
    walker.waits(30)
    walker.waits(10)
    walker.becomes("or1")
    walker.looks_at(f"/cases/{going.case}", "case of a clue")
    _opens_what_is_sealed(district, page)

    going.go(steps[late:])
    walker.becomes("or1")
    walker.looks_at(f"/cases/{going.case}", "case of a clue handed over")
    assert walker.faults == []


@pytest.mark.parametrize("story", ["not_handed_over"])
def test_a_clue_that_is_not_handed_over_on_a_telephone(district: Runtime, address: str, page: Page, story: str) -> None:
    way = told("xc_handover_clue", story)
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    walker = Walker(page, "en", address)
    going = Going(district, walker)
    going.begin(way.by, way.process, way.variables)
    going.go(way.steps)
    walker.becomes("or1")
    walker.looks_at(f"/cases/{going.case}", "case of a clue not handed over")
    assert walker.faults == []


def _opens_what_is_sealed(district: Runtime, page: Page) -> None:
    """The session ends meanwhile: one signs in over the page, and what one asked for comes."""
    with district.database.write() as connection:
        connection.execute(delete(schema.session))
    page.get_by_label("查阅理由").fill("核对被反映人")
    page.get_by_role("button", name="查阅", exact=True).click()
    page.get_by_label("密码").fill("demo")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.locator("#on-request")).to_contain_text("某甲（虚构）")
