"""Tokens at the terminal: made, shown once, listed, taken away."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.test_cli import databases, home, xuncha  # noqa: F401 - fixtures
from web import i18n, terminal

SECRET = "quiet winter 77\n"


@pytest.fixture
def office(home: Path) -> Path:  # noqa: F811
    """A machine that has been set up, and on which Ida has an account."""
    assert xuncha("init").exit_code == 0
    assert xuncha("user", "add", "ida", "--password-stdin", typed=SECRET).exit_code == 0
    return home


def test_a_token_is_shown_once_listed_without_and_taken_away(office: Path) -> None:
    made = xuncha("token", "add", "ida", "--name", "report", "--days", "7", "--remit", "team:T1")
    token = made.stdout.strip().rpartition(" ")[2]
    assert made.exit_code == 0 and token.startswith("xuncha_")

    listed = xuncha("token", "list", "ida").stdout
    assert token not in listed and "report" in listed and "team:T1" in listed and "last used: never" in listed
    assert xuncha("token", "list").stdout == listed
    assert xuncha("token", "list", "bo").stdout == "There are no tokens.\n"

    assert xuncha("token", "revoke", listed.split()[0]).exit_code == 0
    assert xuncha("token", "list").stdout == "There are no tokens.\n"
    again = xuncha("token", "revoke", listed.split()[0])
    assert again.exit_code == 1 and "There is no token" in again.stderr


def test_a_token_that_cannot_be_made_is_refused_with_reasons(office: Path) -> None:
    nobody = xuncha("token", "add", "bo", "--name", "x")
    assert nobody.exit_code == 1 and "There is no account bo." in nobody.stderr
    wrong = xuncha("token", "add", "ida", "--name", " ", "--days", "0", "--remit", "T1")
    assert wrong.exit_code == 1
    assert [line.split(":")[0].strip() for line in wrong.stderr.splitlines()[1:]] == ["name", "days", "remit"]
    assert xuncha("token", "add", "ida").exit_code == 2


def test_the_terminal_speaks_of_tokens_in_chinese(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "language", lambda: "zh")
    assert xuncha("token", "list").stdout == "没有访问令牌。\n"
    assert i18n.catalogue("zh").ugettext("Token, shown this once: {token}") == "访问令牌（仅显示这一次）：{token}"
