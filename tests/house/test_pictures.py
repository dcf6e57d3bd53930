"""What the README shows lies in the repository, is no larger than it need be, and is all there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pictures import FOLDER, LANGUAGES, PAGES, TRUNK, name
from tests.processes.procedure import drawn

ROOT = Path(__file__).parents[2]
SHOWN = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
LARGEST = 150 * 1024
each_readme = pytest.mark.parametrize("language", LANGUAGES)


def shown(language: str) -> dict[str, str]:
    """Path of each picture that a README shows, with what it says for those who do not see it."""
    return {path: said for said, path in SHOWN.findall((ROOT / LANGUAGES[language]).read_text("utf-8"))}


@each_readme
def test_every_picture_of_a_readme_is_there_and_says_what_it_shows(language: str) -> None:
    assert [path for path, said in shown(language).items() if not (ROOT / path).is_file() or not said] == []


@each_readme
def test_a_readme_shows_the_pages_in_its_own_language_and_every_trunk_diagram(language: str) -> None:
    wanted = {name(page, language) for page in PAGES} | {f"{key}.webp" for key in TRUNK}
    assert {Path(path).name for path in shown(language)} == wanted


def test_the_folder_holds_what_is_shown_and_nothing_else() -> None:
    asked = {path for language in LANGUAGES for path in shown(language)}
    assert {str(each.relative_to(ROOT)) for each in FOLDER.iterdir()} == asked


def test_every_picture_is_webp_and_small() -> None:
    for each in FOLDER.iterdir():
        body = each.read_bytes()
        assert (body[:4], body[8:12]) == (b"RIFF", b"WEBP"), each.name
        assert len(body) <= LARGEST, each.name


def test_every_diagram_that_is_shown_is_that_of_a_process() -> None:
    assert set(TRUNK) <= drawn().keys()
