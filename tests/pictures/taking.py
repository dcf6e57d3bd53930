"""Takes the pictures: a demonstration made for them, a browser 1280 wide, WebP as the browser itself writes it."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab
from werkzeug.serving import make_server

from tests.frontend.stage import Stage, serving
from tests.pictures import FOLDER, LANGUAGES, PAGES, ROOT, TRUNK, Page, name
from tests.processes import drawing
from web import cast, create_app, installing
from web.config import Settings

WIDTH, MARGIN, MARK = 1280, 24, 40
PROCESSES = ROOT / "processes"
# Lines and letters stay crisp; flat areas cost next to nothing.
QUALITY = 80
# A drawing fits itself into its box when the browser tells it of the new size.
SETTLED_MS = 300


@contextmanager
def demonstration(state: Path) -> Iterator[str]:
    """The demonstration as it opens, served; gives its address."""
    settings = Settings(state=state, processes=PROCESSES)
    installing.create(settings, demo=True)
    told = cast.story(PROCESSES)
    with closing(installing.open_runtime(settings)) as runtime:
        cast.begin(runtime, told)
        installing.release_from(runtime, PROCESSES)
        cast.enter(runtime, PROCESSES / installing.CAST)
        for _ in cast.play(runtime, told, _insist):
            pass
        server = make_server("127.0.0.1", 0, create_app(settings, runtime), threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.port}"
        finally:
            server.shutdown()
            thread.join()


def _insist(failed: Exception) -> None:
    raise failed


def pages(browser: Browser, address: str) -> None:
    """Every page that the READMEs show, each in their language."""
    for language in LANGUAGES:
        for page in PAGES:
            context = browser.new_context(viewport={"width": WIDTH, "height": page.height}, locale="zh-CN")
            _page(context.new_page(), address, page, language)
            context.close()


def _page(tab: Tab, address: str, page: Page, language: str) -> None:
    tab.goto(f"{address}/demo/")
    tab.locator(f'button[name=person][value="{page.who}"]').click()
    tab.wait_for_url("**/todo")
    if (other := tab.locator(f'button[name=language][value="{language}"]')).count():
        other.click()
    tab.goto(address + page.path)
    if page.follow:
        tab.locator("main .work-list a").first.click()
        if page.follow != "/tasks/":
            tab.locator(f'main a[href^="{page.follow}"]').first.click()
    tab.locator(page.ready).wait_for()
    tab.wait_for_load_state("networkidle")
    top = tab.locator(page.top).bounding_box()
    assert top is not None
    _keep(
        tab, FOLDER / name(page, language), {"x": 0, "y": top["y"] - page.above, "width": WIDTH, "height": page.height}
    )


def diagrams(browser: Browser) -> None:
    """The first page of every trunk diagram, as it is drawn."""
    for key in TRUNK:
        path = PROCESSES / key / f"{key}.bpmn"
        sheet = next(iter(drawing.pages(path)))
        boxes = [*sheet.shapes.values(), *sheet.labels.values()]
        width = max(each.right for each in boxes) - min(each.left for each in boxes) + 2 * MARGIN
        height = max(each.bottom for each in boxes) - min(each.top for each in boxes) + MARGIN + MARK
        stage = Stage(bundle="viewer")
        stage.attributes = {
            "class": "diagram",
            "data-diagram": "/diagram.bpmn",
            "data-source": path.read_text("utf-8"),
        }
        with serving(stage):
            _diagram(browser, stage, (width, height), FOLDER / f"{key}.webp")


def _diagram(browser: Browser, stage: Stage, size: tuple[float, float], to: Path) -> None:
    tab = browser.new_page(viewport={"width": 2600, "height": 1200})
    tab.goto(stage.address)
    tab.wait_for_selector("[data-ready=true]", state="attached")
    tab.evaluate("document.querySelector('.diagram-tools').remove()")
    drawing_ = tab.locator(".diagram")
    drawing_.evaluate(
        "(each, [width, height]) => Object.assign(each.style, { width, height })", [f"{n}px" for n in size]
    )
    tab.wait_for_function("document.querySelector('.djs-container').clientWidth > 100")
    tab.wait_for_timeout(SETTLED_MS)
    box = drawing_.bounding_box()
    assert box is not None
    _keep(tab, to, dict(box))
    tab.close()


def _keep(tab: Tab, to: Path, clip: dict[str, Any]) -> None:
    """Store a part of the page as WebP: playwright itself writes PNG and JPEG only."""
    wanted = {"format": "webp", "quality": QUALITY, "clip": {**clip, "scale": 1}, "captureBeyondViewport": True}
    taken = tab.context.new_cdp_session(tab).send("Page.captureScreenshot", wanted)
    to.write_bytes(base64.b64decode(taken["data"]))
