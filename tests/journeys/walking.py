"""A scenario walked through the pages: sign in, start, open the task, fill the form, hand it in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, Page, expect

from tests.journeys.filling import Filling
from tests.journeys.hands import Hands, Keys
from tests.journeys.words import PROCESSES, Words

expect.set_options(timeout=30_000)

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_LOADING = '[hx-trigger="load"] > p.text-secondary:only-child'


class Walker:
    """One browser, used by one person after another.

    Args:
        keys: work by keyboard alone.
        forms: axe is asked about the page of each step; else once about the page that all steps have.
    """

    def __init__(self, page: Page, language: str, address: str, *, keys: bool = False, forms: bool = True) -> None:
        self.page = page
        self.address = address
        self.words = Words(language)
        self.faults: list[str] = []
        self.hands = Keys(page) if keys else Hands(page)
        self._filling = Filling(page, self.words, self.hands)
        self._forms = forms
        self._judged: set[str] = set()
        self._sessions: dict[str, list[Any]] = {}
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._hear)

    def _hear(self, message: Any) -> None:
        # What the server refuses is shown on the page; the browser notes it on the console too.
        if message.type == "error" and not re.search(r"status of (401|422)", message.text):
            self.faults.append(f"{message.text} (on {self.page.url}, by {message.location})")

    # -- people

    def becomes(self, person: str) -> None:
        """Another sits down: the first time they sign in, by one click as a demonstration offers; then they go on."""
        self.page.goto("about:blank")  # what the page of the one before still asks for is not asked by the next
        self.page.context.clear_cookies()
        if person in self._sessions:
            self.page.context.add_cookies(self._sessions[person])
            self.page.goto(f"{self.address}/todo")
            if "/sign-in" not in self.page.url:  # a session may have been ended meanwhile
                return
        self.page.goto(f"{self.address}/sign-in")
        if self.words.language == "en":
            self.hands.press(self.page.get_by_role("button", name="English"))
            expect(self.page.locator("html")).to_have_attribute("lang", "en")
        button = self.page.locator(f'button[name="person"][value="{person}"]')
        if not button.is_visible():  # among everybody else, who are folded away
            self.hands.press(self.page.locator("details", has=button).locator("summary"))
        self.hands.press(button)
        expect(self.page.get_by_role("heading", name=re.compile(self.words.say("todo")))).to_be_visible()
        self._sessions[person] = self.page.context.cookies()
        self.judges("todo")

    # -- work

    def starts(self, process: str, variables: Mapping[str, Any]) -> None:
        """Start a process by its form."""
        self.hands.press(self.page.get_by_role("link", name=self.words.say("start"), exact=True))
        name = self.words.process(process)
        self.hands.press(self.page.get_by_role("link", name=name, exact=True))
        expect(self.page.get_by_role("button", name=self.words.say("begin"), exact=True)).to_be_visible()
        self.judges(f"start {process}")
        self._filling.fills(process, _start_form(process), variables)
        self._sends(self.words.say("begin"), f"/start/{process}")
        # The page moves on by itself; whoever leaves meanwhile would have their own way cut off.
        expect(self.page).not_to_have_url(re.compile(f"/start/{process}$"))

    def does(
        self,
        element: str,
        submit: Mapping[str, Any],
        *,
        refused: str | None = None,
        process: str | None = None,
        task: str | None = None,
    ) -> None:
        """Open the person's task of this element, or the one that is meant, fill its form, hand it in."""
        process = process or next(PROCESSES.glob(f"*/forms/{element}.json")).parts[-3]
        name = self.words.element(process, element)
        heading = self.page.get_by_role("heading", level=1, name=re.compile(f"^{re.escape(name)}"))
        if not (self._is_at(task) if task else heading.is_visible()):
            self._opens(name, task)
        expect(heading).to_be_visible()
        expect(self.page.get_by_role("button", name=self.words.say("submit"), exact=True)).to_be_visible()
        self.judges(element if self._forms else "task")
        self._filling.fills(process, element, submit)
        opened = self.page.url
        self._sends(self.words.say("submit"), "/complete", refused)
        if refused is None:
            expect(self.page).not_to_have_url(opened)

    def _is_at(self, task: str) -> bool:
        return f"/tasks/{task}" in self.page.url

    def _opens(self, name: str, task: str | None) -> None:
        """The task from the person's list, by its name; a long list is turned over page by page."""
        if self.page.url != f"{self.address}/todo":
            self.hands.press(self.page.locator('.site-nav a[href="/todo"]'))
            self.page.wait_for_url(f"{self.address}/todo")
        link = self.page.get_by_role("main").get_by_role("link", name=name, exact=True)
        if task:
            link = link.and_(self.page.locator(f'[href="/tasks/{task}"]'))
        later = self.page.locator('.pager a[rel="next"]')
        while not link.count() and later.count():
            with self.page.expect_navigation():
                self.hands.press(later)
        self.hands.press(link.first)

    def _sends(self, button: str, where: str, refused: str | None = None) -> None:
        try:
            with self.page.expect_response(
                lambda answer: answer.url.endswith(where) and answer.request.method == "POST"
            ) as answered:
                self.hands.press(self.page.get_by_role("button", name=button, exact=True))
        except Error as error:
            said = self.page.locator(".fjs-form-field-error, [role=alert], [role=status]").all_inner_texts()
            raise AssertionError((where, [each for each in said if each])) from error
        if refused is None:
            assert answered.value.ok, (answered.value.json(), answered.value.request.post_data_json)
        else:
            self._is_told(refused)

    def _is_told(self, refused: str) -> None:
        """The refusal stands on the page, in the reader's language."""
        said = self.page.locator(".form-refusal, .fjs-form-field-error")
        expect(self.page.get_by_role("alert").filter(has_text=re.compile(r"\S")).first).to_be_visible()
        text = "\n".join(said.all_inner_texts())
        assert refused in text if self.words.language == "zh" else not _CHINESE.search(text), text

    def waits(self, days: int) -> None:
        """Move the demonstration's clock by the control on the page."""
        self.hands.pick(self.page.locator("#demo-days"), self.words.days(days))
        with self.page.expect_response(lambda answer: answer.url.endswith("/clock")):
            self.hands.press(self.page.get_by_role("button", name=self.words.say("move"), exact=True))
        expect(self.page.locator("#messages .alert-success")).to_be_visible()

    # -- looking

    def looks_at(self, path: str, name: str) -> None:
        """A page by its address."""
        self.page.goto(self.address + path)
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()
        self.judges(name)

    def judges(self, name: str) -> None:
        """Nothing of the page runs out at the side; axe finds nothing, asked once for each kind of page."""
        expect(self.page.locator(_LOADING)).to_have_count(0)
        width = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width <= 0, f"{name}: the page is wider than the window"
        if name in self._judged:
            return
        self._judged.add(name)
        results = Axe().run(self.page)
        found = [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in results.response["violations"]]
        assert not found, (name, found)

    def sees_nothing(self) -> None:
        """Every list is empty, and says so."""
        for path in ("/todo", "/done", "/started", "/notices"):
            self.page.goto(self.address + path)
            assert self.page.locator("main table").count() == 0, path


def _start_form(process: str) -> str:
    """The form of the start event; it stands beside those of the tasks."""
    text = (PROCESSES / process / f"{process}.bpmn").read_text("utf-8")
    found = re.search(r'<bpmn:startEvent id="(\w+)"', text)
    assert found, process
    return found[1]
