"""The pictures of the README, taken anew by ``make pictures``: pages of the demonstration, and every trunk diagram.

They lie in ``docs/pictures`` as WebP; ``tests/house/test_pictures.py`` keeps README and folder together.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "pictures"
LANGUAGES = {"en": "README.md", "zh": "README.zh.md"}
# The trunk of a round, from the master diagram to evaluation, and what every process calls.
TRUNK = (
    "xc_round",
    "xc_plan",
    "xc_onsite",
    "xc_report",
    "xc_report_unit",
    "xc_feedback",
    "xc_handover",
    "xc_handover_clue",
    "xc_handover_form",
    "xc_clue_handle",
    "xc_reconcile",
    "xc_rectify",
    "xc_rectify_item",
    "xc_evaluate",
    "c_meeting",
    "c_trisign",
    "c_remind",
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page that the README shows.

    Attributes:
        who: key of the person of the demonstration who looks at it.
        path: where it begins.
        follow: a link on it that leads to what is shown, by the process that it belongs to; empty: the page itself.
        ready: what must stand on the page.
        top: where the picture begins; ``above``: so many pixels above that.
        height: of the picture, in CSS pixels.
    """

    name: str
    who: str
    path: str
    follow: str
    ready: str
    top: str
    height: int
    above: int = 0


PAGES = (
    Page("inbox", "di_head", "/todo", "", ".work-list", "body", 640),
    Page("task", "lgh", "/todo?process=xc_handover_clue", "/tasks/", "#form[data-ready=true]", "body", 1250),
    Page(
        "instance",
        "lgh",
        "/todo?process=xc_handover_clue",
        "/cases/",
        ".diagram[data-ready=true]",
        "section:has(#where-title)",
        1000,
        above=16,
    ),
)


def name(page: Page, language: str) -> str:
    """File of a page in a language."""
    return f"{page.name}.{language}.webp"
