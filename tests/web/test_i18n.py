"""Languages: nothing is left untranslated, and dates read as people write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Flask

from engine.query.columns import Percent
from engine.runtime import Runtime
from tests.provision.databases import SqliteFiles
from web import i18n, translations
from web.translations import ROOT

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|(?<!\{)\{\w+\}(?!\})")
# Words that are the same in both languages: names of programs, formats and keys.
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    """One kind is enough: nothing here depends on the database."""
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


def entries():
    for catalogue, messages in translations.wanted().items():
        path = translations.path_of(catalogue, "zh")
        known = translations.load(path, "zh")
        for message in messages:
            entry = known.get(message)
            strings = () if entry is None else entry.string if isinstance(entry.string, tuple) else (entry.string,)
            yield path, message, strings


def test_every_sentence_has_its_chinese():
    missing = [
        f"{path.relative_to(ROOT)}: {message!r}"
        for path, message, strings in entries()
        if not strings or not all(CHINESE.search(each) for each in strings)
    ]

    assert missing == [], "run `python -m web.translations` and fill in what is empty"


def test_a_translation_has_the_placeholders_of_its_sentence():
    wrong = []
    for path, message, strings in entries():
        plural = message if isinstance(message, str) else message[-1]
        wanted = set(PLACEHOLDER.findall(plural))
        wrong += [f"{path.name}: {plural!r}" for each in strings if each and set(PLACEHOLDER.findall(each)) != wanted]

    assert wrong == []


def test_no_catalogue_keeps_a_sentence_that_nobody_says_any_more():
    wanted = {translations.path_of(each, "zh"): set(messages) for each, messages in translations.wanted().items()}
    stale = [
        f"{path.name}: {entry.id!r}"
        for path in i18n.files("zh")
        for entry in translations.load(path, "zh")
        if entry.id and entry.id not in wanted.get(path, set())
    ]

    assert stale == [], "run `python -m web.translations`"


def test_a_sentence_without_translation_is_found_wherever_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name, content in {
        "web/x/templates/a.html": '{{ _("In a template") }}{{ ngettext("one", "%(num)s of them", 2) }}',
        "web/x/routes.py": 'from m import gettext as _\n_("In a route")\n',
        "engine/y.py": 'raise E("It is gone, {who}.", who=1)\n"""A docstring is not said."""\nf"nor {1} this one."\n',
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    monkeypatch.setattr(translations, "ROOT", tmp_path)

    found = {each for messages in translations.wanted().values() for each in messages}

    assert found == {"In a template", ("one", "%(num)s of them"), "In a route", "It is gone, {who}."}


def test_no_template_shows_words_that_bypass_translation():
    code = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
    tags = re.compile(r"<!--.*?-->|</?[^>\"]*(?:\"[^\"]*\"[^>\"]*)*>|&\w+;", re.DOTALL)
    loose = {
        f"{path.relative_to(ROOT)}: {word}"
        for path in (ROOT / "web").rglob("*.html")
        for word in re.findall(r"[A-Za-z\u4e00-\u9fff]{2,}", tags.sub(" ", code.sub("", path.read_text("utf-8"))))
    }

    assert loose == set()


@pytest.mark.parametrize(
    ("language", "day", "moment"),
    [
        ("zh", "2026年4月1日(周三)", "2026年4月1日(周三) 10:30"),
        ("en", "Wed 1 Apr 2026", "Wed 1 Apr 2026, 10:30"),
    ],
)
def test_dates_read_as_people_write_them(language: str, day: str, moment: str, make_app, runtime: Runtime):
    at = datetime(2026, 4, 1, 2, 30, tzinfo=UTC)

    with make_app(runtime, locale=language).test_request_context():
        assert (i18n.day(at), i18n.day(date(2026, 4, 1)), i18n.moment(at)) == (day, day, moment)
        assert (i18n.day(None), i18n.moment(None), i18n.clock_time(None)) == ("", "", "")


def test_a_day_near_midnight_is_the_day_of_the_installations_zone(make_app, runtime: Runtime):
    late = datetime(2026, 3, 31, 16, 1, tzinfo=UTC)

    with make_app(runtime).test_request_context():
        assert i18n.moment(late) == "2026年4月1日(周三) 00:01"
    with make_app(runtime, zone="UTC").test_request_context():
        assert i18n.moment(late) == "2026年3月31日(周二) 16:01"


def test_a_moment_without_a_zone_is_one_on_the_wall_of_the_installation(make_app, runtime: Runtime):
    for zone in ("Asia/Shanghai", "UTC"):
        with make_app(runtime, zone=zone).test_request_context():
            assert i18n.moment(datetime(2026, 5, 26, 9, 0)) == "2026年5月26日(周二) 09:00"  # noqa: DTZ001


def test_names_are_english_on_english_pages_where_there_is_an_english_name(make_app, runtime: Runtime):
    ida, bo = {"name": "艾达", "name_en": "Ida"}, {"name": "薄伟", "name_en": None}

    with make_app(runtime, locale="en").test_request_context():
        assert [i18n.named(ida), i18n.named(bo)] == ["Ida", "薄伟"]
    with make_app(runtime, locale="zh").test_request_context():
        assert [i18n.named(ida), i18n.named(bo)] == ["艾达", "薄伟"]


def test_the_language_of_a_page_stands_in_its_head(app: Flask, visitor):
    assert '<html lang="zh-CN"' in visitor.get("/sign-in").text

    visitor.post("/language", {"language": "en"})
    assert '<html lang="en"' in visitor.get("/sign-in").text


@pytest.mark.parametrize(
    ("asked", "shown"), [("en-GB,en;q=0.9", "en"), ("zh-TW,zh;q=0.9,en;q=0.5", "zh-CN"), ("fr", "zh-CN")]
)
def test_a_browser_that_was_told_nothing_is_answered_in_the_language_it_asks_for(
    app: Flask, visitor, asked: str, shown: str
):
    assert f'<html lang="{shown}"' in visitor.get("/sign-in", headers={"Accept-Language": asked}).text

    visitor.post("/language", {"language": "zh"})
    assert '<html lang="zh-CN"' in visitor.get("/sign-in", headers={"Accept-Language": asked}).text


def test_a_share_of_one_is_said_in_hundredths(make_app, runtime: Runtime):
    with make_app(runtime).test_request_context():
        assert [i18n.spoken(Percent(share)) for share in (0.9592, 1.0, 0.5, 0.0)] == ["95.9%", "100%", "50%", "0%"]
