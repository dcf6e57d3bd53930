"""Languages: Chinese is shown first, English is complete. Message ids are the English sentences themselves.

Catalogues are ``translations/<locale>/*.po`` of the application and of each room beside its templates; they are read
when the process starts, so there is no compiled file to forget. ``python -m web.translations`` adds what is missing; a
test fails on an empty entry.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, has_request_context, request
from flask_babel import Babel, Domain
from flask_babel import gettext as _
from markupsafe import Markup

from engine.query.columns import Percent
from web.auth import cookies
from web.config import LOCALES

HERE = Path(__file__).parent
COOKIE = "language"
SOURCE = "en"
_WEEKDAYS = "一二三四五六日"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LANGUAGE_NAMES = {"zh": "中文", "en": "English"}
WORDS = frozenset({"change", "state", "kind"})
"""Parameters of sentences that hold words of the program, which are translated (``errors.SPOKEN``)."""


class Catalogues(Domain):  # type: ignore[misc]  # published without types
    """Flask-Babel's source of translations, from our ``.po`` files instead of compiled ones."""

    def get_translations(self) -> NullTranslations:
        """What the language of this request knows."""
        return catalogue(language())


def init_app(app: Flask, *, locale: str, zone: str) -> None:
    """Teach the application its languages and how it writes dates."""
    babel = Babel(app, default_locale=locale, default_timezone=zone, locale_selector=language)
    babel.__dict__["domain_instance"] = Catalogues()
    app.extensions["xuncha.locale"] = locale
    app.extensions["xuncha.zone"] = ZoneInfo(zone)
    app.jinja_env.filters.update(day=day, moment=moment, clock_time=clock_time, named=named)
    app.jinja_env.globals.update(language=language, languages=LANGUAGE_NAMES)
    app.jinja_env.globals.update(_=said, gettext=said, ngettext=counted)


def language() -> str:
    """Language of this request: the person's own, else what the browser was told here or asks for, else the
    installation's."""
    if not has_request_context():
        return SOURCE
    wish = g.get("language")
    return str(wish if wish in LOCALES else _told())


def _told() -> str:
    """What the browser was told, else what it asks for, else the way of the installation. Words are many; the request
    is read once."""
    told: str | None = g.get("language_told")
    if told is None:
        wish = request.cookies.get(cookies.name(COOKIE))
        asked = request.accept_languages.best_match(LOCALES) if wish not in LOCALES else wish
        told = g.language_told = str(asked or current_app.extensions["xuncha.locale"])
    return told


def said(message: str, /, **values: object) -> Markup:
    """A sentence of a template in the language of the request, its values escaped.

    As Jinja's own ``gettext``, which copies the context of the template for every word that stands in a loop.
    """
    return Markup(catalogue(language()).ugettext(message)) % values  # noqa: S704 - our own catalogue


def counted(one: str, many: str, num: int, /, **values: object) -> Markup:
    """The same of so many; ``num`` is among the values."""
    return Markup(catalogue(language()).ungettext(one, many, num)) % {"num": num, **values}  # noqa: S704 - our own catalogue


def files(locale: str) -> list[Path]:
    """Every catalogue of one language, of the application and of its rooms."""
    return sorted(HERE.glob(f"**/translations/{locale}/*.po"))


@cache
def catalogue(locale: str) -> NullTranslations:
    """All catalogues of a language as one. English needs none: its sentences are the keys."""
    merged = Catalog(locale=locale)
    for path in files(locale):
        with path.open("rb") as file:
            for message in read_po(file, locale=locale):
                if message.id and message.string and not message.fuzzy:
                    merged.add(message.id, message.string, context=message.context)
    compiled = io.BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return Translations(compiled) if len(merged) else NullTranslations()


def _chinese() -> bool:
    return language() == "zh"


def _zone() -> ZoneInfo:
    return cast(ZoneInfo, current_app.extensions["xuncha.zone"])


def day(value: date | datetime | None) -> str:
    """A date for people: ``2026年4月1日(周三)`` or ``Wed 1 Apr 2026``; a moment is read in the installation's zone."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = _local(value)
    if _chinese():
        return f"{value.year}年{value.month}月{value.day}日(周{_WEEKDAYS[value.weekday()]})"
    return f"{_DAYS[value.weekday()]} {value.day} {_MONTHS[value.month - 1]} {value.year}"


def _local(value: datetime) -> datetime:
    """A moment on the wall of the installation; one without a zone was written there."""
    return value.replace(tzinfo=_zone()) if value.tzinfo is None else value.astimezone(_zone())


def clock_time(value: datetime | None) -> str:
    """Hours and minutes in the installation's zone: ``10:30``."""
    return "" if value is None else f"{_local(value):%H:%M}"


def moment(value: datetime | None) -> str:
    """A moment for people: ``2026年4月1日(周三) 10:30`` or ``Wed 1 Apr 2026, 10:30``."""
    if value is None:
        return ""
    return f"{day(value)}{' ' if _chinese() else ', '}{clock_time(value)}"


def named(thing: Any) -> str:
    """Name of a person, organisation or entry in the language of the page; Chinese where there is no English one.

    Args:
        thing: anything with ``name`` and ``name_en``, as attributes or keys.
    """
    english, chinese = (_part(thing, key) for key in ("name_en", "name"))
    return str((not _chinese() and english) or chinese or "")


def in_own_words(params: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """Parameters of a sentence in a language: what has its English beside it under ``<key>_en`` is that in English,
    and words of the program itself are translated.
    """
    own = {key: value if locale == "zh" else params.get(f"{key}_en") or value for key, value in params.items()}
    says = catalogue(locale).ugettext
    return {key: says(value) if key in WORDS and isinstance(value, str) else value for key, value in own.items()}


def translated(entry: Mapping[str, Any], key: str) -> str:
    """A text of a file that has its English beside it under ``<key>_en``, in the language of the page."""
    return str((not _chinese() and entry.get(f"{key}_en")) or entry.get(key) or "")


def beside(sentences: Iterable[Sequence[str]]) -> list[str]:
    """Sentences of a file, each a pair of Chinese and English, in the language of the page."""
    return [each[0] if _chinese() or len(each) < 2 else each[1] for each in sentences]


def _part(thing: Any, key: str) -> Any:
    return thing.get(key) if isinstance(thing, Mapping) else getattr(thing, key, None)


def spoken(value: object) -> str:
    """A parameter of a sentence, for people: dates as dates, yes and no as words, the rest as it is."""
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, Percent):
        return f"{value * 100:.1f}".removesuffix(".0") + "%"
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    if isinstance(value, list | tuple | set | frozenset):
        return ("、" if _chinese() else ", ").join(spoken(each) for each in value)
    return str(value)
