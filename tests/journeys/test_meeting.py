"""Meetings end to end through the pages."""

from __future__ import annotations

from playwright.sync_api import Page

from engine.runtime import Runtime
from tests.journeys.going import Going, told
from tests.journeys.walking import Walker


def test_minutes_go_back_once_and_are_confirmed_by_keyboard_alone(district: Runtime, address: str, page: Page) -> None:
    story = told("c_meeting", "minutes_are_returned_once")
    page.set_viewport_size({"width": 1280, "height": 900})
    walker = Walker(page, "zh", address, keys=True)
    going = Going(district, walker)
    going.begin(story.by, story.process, story.variables)
    going.go(story.steps)
    walker.looks_at(f"/cases/{going.case}", "case of a meeting")
    assert walker.faults == []


def test_a_matter_without_an_opinion_goes_back_on_a_telephone(district: Runtime, address: str, page: Page) -> None:
    story = told("c_meeting", "key_items_need_an_opinion")
    page.set_viewport_size({"width": 390, "height": 844})
    walker = Walker(page, "en", address)
    going = Going(district, walker)
    going.begin(story.by, story.process, story.variables)
    going.go(story.steps)
    walker.looks_at(f"/cases/{going.case}", "case of a meeting")
    assert walker.faults == []
