"""How things of the engine are said on pages: elements and fields in the reader's words, lines of a story, values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from engine import definition
from engine.query import attached, titles
from engine.query import signed as signatures
from engine.query.attached import File
from engine.query.people import Person
from engine.query.signed import Signed
from engine.query.story import Line, Shown
from engine.query.titles import Title
from engine.query.wording import Field, Wording
from engine.runtime import View
from web import errors, i18n

STATES = {
    "active": lazy_gettext("under way"),
    "suspended": lazy_gettext("suspended"),
    "cancelled": lazy_gettext("cancelled"),
    "ended": lazy_gettext("ended"),
}
NOTICES = {
    "copy": lazy_gettext("For your information"),
    "reminder": lazy_gettext("Reminder"),
    "note": lazy_gettext("Note"),
}
REASONS = {
    "weekday": lazy_gettext("a weekday that is not counted"),
    "make-up": lazy_gettext("a weekend worked for a holiday"),
    "weekend": lazy_gettext("weekend"),
    "holiday": lazy_gettext("holiday"),
    "set working": lazy_gettext("set as a working day by the office"),
    "set free": lazy_gettext("set as a free day by the office"),
}
UNITS = {
    ("W", "after"): "{num} working days after {base}; that day itself does not count.",
    ("W", "before"): "{num} working days before {base}; that day itself does not count.",
    ("C", "after"): "{num} days after {base}; that day itself does not count.",
    ("C", "before"): "{num} days before {base}; that day itself does not count.",
    ("M", "after"): "{num} months after {base}.",
    ("M", "before"): "{num} months before {base}.",
    ("H", "after"): "{num} hours after {base}.",
    ("H", "before"): "{num} hours before {base}.",
}
ROLLS = {
    "N": lazy_gettext("A date on a free day moves to the next working day."),
    "P": lazy_gettext("A date on a free day moves to the working day before."),
    "K": lazy_gettext("A date on a free day stays."),
}
CHANGES = tuple(
    lazy_gettext(word)
    for word in ("claimed", "unclaimed", "assigned", "completed", "cancelled", "withdrawn", "migrated")
)


class Words:
    """The words of several definitions, in the language of the page."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._known: dict[str, Wording] = {}

    def learn(self, definitions: Iterable[str]) -> None:
        """Read these definitions while the view is open; those read before cost nothing."""
        for each in definitions:
            self.of(each)

    def of(self, definition_id: str) -> Wording:
        """The words of one definition."""
        if definition_id not in self._known:
            self._known[definition_id] = wording(self._view, definition_id)
        return self._known[definition_id]


def wording(view: View, definition_id: str) -> Wording:
    """The words of a definition in the language of the page."""
    return Wording(definition.load(view, definition_id), i18n.language())


def told(line: Line) -> str:
    """A line of a story as a sentence."""
    params: dict[str, Any] = {**line.params, "who": _who(line)}
    params["assignee"] = _named(line.params["assignee"])
    params["persons"] = [_named(each) for each in line.params["persons"]]
    return errors.sentence(line.message, params)


def _who(line: Line) -> str:
    if line.actor is None:
        return str(_("The system"))
    if line.on_behalf_of is None:
        return _named(line.actor)
    return str(_("%(name)s (for %(other)s)", name=_named(line.actor), other=_named(line.on_behalf_of)))


def _named(person: Person | None) -> str:
    return "" if person is None else i18n.named(person)


def said(value: Any) -> str:
    """A value of a list's column for people."""
    return i18n.named(value) if isinstance(value, Title | Person) else i18n.spoken(value)


def listed(columns: Mapping[str, Any], says: Wording) -> list[tuple[str, str]]:
    """What lists show of a case beside its step, label and text, nothing twice.

    A term or a name speaks for itself; a number or a date has its label, and what is just true is a label alone.
    """
    found: dict[tuple[str, str], None] = {}
    for name, value in columns.items():
        if value is True:
            found["", says.field_label(name)] = None
        elif isinstance(value, str):
            found["", says.value(value)] = None
        elif isinstance(value, int | float | date) and value is not False:
            found[says.field_label(name), i18n.spoken(value)] = None
        elif value is not False:
            found["", said(value)] = None
    return list(found)


def number(columns: Mapping[str, Any]) -> str:
    """What a case without a number of its own is called on paper: the first of its columns that holds a figure."""
    texts = (each for each in columns.values() if isinstance(each, str))
    return next((each for each in texts if any(map(str.isdigit, each))), "")


def numbered(business_key: str | None, columns: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """What a case is known by, and what else lists show of it: nothing twice."""
    known = business_key or number(columns)
    return known, {name: value for name, value in columns.items() if value != known}


def counting(why: Mapping[str, Any]) -> str:
    """The rule of a due date as a sentence."""
    base = datetime.fromisoformat(why["base"])
    params = {"num": why["amount"], "base": i18n.moment(base) if why["kind"] == "H" else i18n.day(base)}
    said_ = errors.sentence(UNITS[why["kind"], why["direction"]], params)
    return f"{said_} {ROLLS[why['roll']]}"


def size(count: int) -> str:
    """A file's size for people."""
    return f"{count / 1024 / 1024:.1f} MB" if count >= 1024 * 1024 else f"{max(1, count // 1024)} kB"


# ---- values


@dataclass(slots=True)
class Known:
    """What keys in values stand for, gathered for a whole page.

    Attributes:
        titles: (source, key) → title of an entry.
        persons: the same of persons, with their organisations, for signatures.
        files: by id, as far as the reader may see them.
        says: the words of the definition, where the page is about one.
    """

    titles: dict[tuple[str, str], str] = field(default_factory=dict)
    persons: Mapping[tuple[str, str], Title] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    says: Wording | None = None


def gather(view: View, values: Sequence[Shown], says: Wording | None = None) -> Known:
    """Look up, in two statements, everything that these values name."""
    names = titles.Names(view)
    ids = names.gather((shown.field, shown.value) for shown in values)
    names.read()
    named = {place: i18n.named(title) for place, title in names.known.items()}
    return Known(named, names.known, attached.files_by_id(view, ids), says)


def kind(of: Field, value: Any) -> str:
    """How a template shows a value: ``empty``, ``table``, ``files``, ``signature``, ``long`` or ``plain``.

    A value of the same name need not be a field's: a diagram may count the files, say, where it goes on.
    """
    if value in (None, "", []):
        return "empty"
    if of.type in ("grid", "files") and isinstance(value, list):
        return "table" if of.type == "grid" else "files"
    if of.type == "signature" and isinstance(value, Mapping):
        return "signature"
    return "long" if of.type == "textarea" else "plain"


def plain(of: Field, value: Any, known: Known) -> str:
    """A value as text."""
    if isinstance(value, list):
        return ("、" if i18n.language() == "zh" else ", ").join(plain(of, each, known) for each in value)
    if of.type == "entry":
        return known.titles.get((of.source or "", str(value)), str(value))
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if of.digits and isinstance(value, int | float):
        return f"{value:,.{of.digits}f}"
    if isinstance(value, datetime | date | float):
        return i18n.spoken(value)
    term = str(value)
    return of.options.get(term) or (known.says.value(term) if known.says else term)


def signed(value: Any, known: Known) -> str:
    """A signature's value as a sentence."""
    found = signatures.read(value, known.persons)
    return "" if found is None else signature(found)


def signature(of: Signed) -> str:
    """Who signed and when: names, never keys."""
    if of.person is None:
        return str(_("Signed on %(at)s.", at=i18n.moment(of.at)))
    name = i18n.named(of.person)
    if of.on_behalf_of is not None:
        name = str(_("%(name)s (for %(other)s)", name=name, other=i18n.named(of.on_behalf_of)))
    if of.organisation is None:
        return str(_("Signed by %(name)s, %(at)s", name=name, at=i18n.moment(of.at)))
    within = i18n.named(of.organisation)
    return str(_("Signed by %(name)s, %(organisation)s, %(at)s", name=name, organisation=within, at=i18n.moment(of.at)))
