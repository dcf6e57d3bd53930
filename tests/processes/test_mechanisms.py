"""Each mechanism of the procedure stands in a diagram and in a scenario, on paper, or is said to be missing."""

from __future__ import annotations

from tests.processes.mechanisms import PAGE, Place, carried, family, on_paper, page, passed_by, told
from tests.processes.procedure import drawn
from tests.processes.test_words import SEED

BROUGHT = {seed for each in on_paper().values() for seed in each["brings"]}


def test_the_terms_of_all_mechanisms_are_listed() -> None:
    assert told()["terms"].keys() == SEED


def test_every_mechanism_is_carried_by_an_element_stands_on_paper_or_is_said_to_be_missing() -> None:
    assert carried().keys() | BROUGHT | told()["not_yet"].keys() == SEED


def test_what_is_there_is_not_called_missing() -> None:
    assert not carried().keys() & told()["not_yet"].keys()
    assert not BROUGHT & told()["not_yet"].keys()


def test_what_is_missing_names_no_process_that_is_there() -> None:
    assert not [seed for seed, why in told()["not_yet"].items() if why.split()[0] in drawn()]


def test_a_scenario_passes_through_every_mechanism() -> None:
    assert not [seed for seed, places in carried().items() if not any(passed_by(place) for place in places)]


def test_every_step_on_paper_is_listed_with_the_process_that_will_replace_it() -> None:
    paper = {
        Place(key, task.id)
        for key, each in drawn().items()
        for task in each.user_tasks()
        if task.properties.get("realisedBy") == "paper"
    }
    assert paper == on_paper().keys()


def test_a_family_has_what_is_called_at_any_depth() -> None:
    assert {"xc_round", "xc_onsite", "xc_handover_clue", "c_trisign", "c_meeting"} <= family("xc_round")


def test_the_page_of_mechanisms_agrees_with_the_diagrams() -> None:
    """If not: ``python -m tests.processes.mechanisms``."""
    assert PAGE.read_text(encoding="utf-8") == page()
