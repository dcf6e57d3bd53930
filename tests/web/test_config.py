"""Settings: right on a laptop without any, refused with a reason when they cannot be meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from web.config import Settings, is_loopback

DOCS = Path(__file__).parents[2] / "docs" / "settings.md"


def test_without_any_setting_everything_stays_on_this_machine():
    settings = Settings()

    assert settings.is_loopback and not settings.is_secure and settings.zone == "Asia/Shanghai"
    assert settings.locale == "zh" and settings.url == "sqlite:///state/xuncha.db"
    assert settings.hosts == ["localhost", "127.0.0.1", "[::1]"]


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("XUNCHA_STATE", str(tmp_path))
    monkeypatch.setenv("XUNCHA_PORT", "9001")
    monkeypatch.setenv("XUNCHA_TRUSTED_HOSTS", "a.test, b.test")
    monkeypatch.setenv("XUNCHA_SECURE", "true")
    settings = Settings()

    assert settings.url == f"sqlite:///{tmp_path / 'xuncha.db'}" and settings.port == 9001
    assert settings.hosts == ["a.test", "b.test"] and settings.is_secure


def test_cookies_travel_over_https_only_as_soon_as_others_can_reach_the_port():
    assert Settings(host="0.0.0.0").is_secure
    assert not Settings(host="0.0.0.0", secure=False).is_secure


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "99999"),
        ("port", "http"),
        ("zone", "Peking"),
        ("locale", "fr"),
        ("threads", "0"),
        ("secure", "perhaps"),
        ("log_level", "loud"),
        ("idle_minutes", "0"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(f"XUNCHA_{name.upper()}", value)

    with pytest.raises(ValidationError) as refused:
        Settings()

    assert refused.value.errors()[0]["loc"] == (name,)


@pytest.mark.parametrize(
    ("host", "answer"),
    [("localhost", True), ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("0.0.0.0", False), ("::", False),
     ("10.0.0.1", False), ("office.test", False), ("localhost.evil.test", False)],
)  # fmt: skip
def test_loopback_is_this_machine_and_nothing_else(host: str, answer: bool):
    assert is_loopback(host) is answer


def test_the_page_about_settings_has_a_row_for_each_and_no_other():
    rows = [
        line.split("|")[1].strip(" `") for line in DOCS.read_text("utf-8").splitlines() if line.startswith("| `XUNCHA_")
    ]

    assert rows == [f"XUNCHA_{name.upper()}" for name in Settings.model_fields]
