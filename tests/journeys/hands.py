"""How a person works a page: with mouse and keyboard, or with the keyboard alone."""

from __future__ import annotations

from datetime import datetime

from playwright.sync_api import Locator, Page, expect

_HAS_FOCUS = "box => box === document.activeElement"
_WRITTEN = {"date": "%Y-%m-%d", "time": "%H:%M", "datetime": "%Y-%m-%dT%H:%M"}
_PARTS = ("year", "month", "day")
_MOUSE = """for (const type of ['pointerdown', 'mousedown', 'wheel']) {
    window.addEventListener(type, () => console.error('The mouse was used.'), true);
}"""


class Hands:
    """Whatever is quickest."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, thing: Locator) -> None:
        """Follow a link, push a button."""
        thing.click()

    def write(self, box: Locator, text: str) -> None:
        """Write into a box, in place of what stands there."""
        box.fill(text)

    def tick(self, box: Locator, on: bool = True) -> None:
        """Tick a box, or take the tick away."""
        box.set_checked(on)

    def pick(self, box: Locator, label: str) -> None:
        """Choose among the options of a select."""
        box.select_option(label=label)

    def mark(self, button: Locator) -> None:
        """Choose one of several radio buttons."""
        button.check()

    def date(self, box: Locator, at: datetime, subtype: str) -> None:
        """Give a date, a time, or both."""
        box.fill(at.strftime(_WRITTEN[subtype]))


class Keys(Hands):
    """The keyboard alone: Tab until there, then type. A mouse that moves is a fault on the console."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self._order = _order_of_dates(page)
        page.add_init_script(_MOUSE)

    def press(self, thing: Locator) -> None:
        """Enter on it."""
        self.reach(thing)
        self.page.keyboard.press("Enter")

    def write(self, box: Locator, text: str) -> None:
        """Select what stands there and type over it."""
        self.reach(box)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def tick(self, box: Locator, on: bool = True) -> None:
        """Space on it."""
        self.reach(box)
        if box.is_checked() != on:
            self.page.keyboard.press("Space")

    def pick(self, box: Locator, label: str) -> None:
        """Arrow down to the option."""
        self.reach(box)
        chosen = "box => box.selectedOptions[0].label"
        for _ in range(box.locator("option").count()):
            if box.evaluate(chosen) == label:
                break
            self.page.keyboard.press("ArrowDown")
        assert box.evaluate(chosen) == label

    def mark(self, button: Locator) -> None:
        """Tab to the group, then arrows; Space on the first of a group in which none is chosen."""
        expect(button).to_be_visible()
        group = button.get_attribute("name")
        self._until(lambda: bool(self.page.evaluate("name => document.activeElement.name === name", group)), "Tab")
        if not button.evaluate("button => document.activeElement.checked"):
            self.page.keyboard.press("Space")
        self._until(button.is_checked, "ArrowDown")

    def date(self, box: Locator, at: datetime, subtype: str) -> None:
        """Type the figures in the order in which this browser asks for them."""
        self.reach(box)
        figures = {"year": at.strftime("%Y"), "month": at.strftime("%m"), "day": at.strftime("%d")}
        if subtype != "time":
            self.page.keyboard.type("".join(figures[part] for part in self._order))
        if subtype != "date":
            # A browser that counts to twelve asks for the half of the day; one that counts to 24 takes no notice.
            assert at.hour < 12
            self.page.keyboard.type(at.strftime("%H%MAM"))
        expect(box).to_have_value(at.strftime(_WRITTEN[subtype]))

    def reach(self, thing: Locator) -> None:
        """Tab until the focus stands on it."""
        expect(thing).to_be_visible()
        self._until(lambda: bool(thing.evaluate(_HAS_FOCUS)), "Tab")

    def _until(self, there: object, key: str) -> None:
        assert callable(there)
        for _ in range(400):
            if there():
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"{key} does not lead there")


def _order_of_dates(page: Page) -> list[str]:
    """In which order this browser's own date input asks for year, month and day; found on a page aside."""
    aside = page.context.new_page()
    aside.set_content('<input type="date" max="9999-12-31">')
    box = aside.locator("input")
    order = []
    for _ in range(3):
        box.fill("2001-02-03")
        box.focus()
        for _ in order:
            aside.keyboard.press("ArrowRight")
        aside.keyboard.press("ArrowUp")
        now = box.input_value().split("-")
        (part,) = (name for name, old, new in zip(_PARTS, ("2001", "02", "03"), now, strict=True) if old != new)
        order.append(part)
        box.blur()
    aside.close()
    return order
