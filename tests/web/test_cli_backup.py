"""A backup at the terminal: written, put back, checked; what a newer anchor shows is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.test_cli import databases, home, start_a_case, xuncha  # noqa: F401 - fixtures


@pytest.fixture
def kept(home: Path) -> Path:  # noqa: F811
    """A backup of a house with one case, and a newer anchor; the database has been moved away, the keys are there."""
    assert xuncha("init").exit_code == 0
    start_a_case(home)
    made = xuncha("backup", str(home / "kept"))
    assert made.exit_code == 0 and "The keys are not in it." in made.stdout
    start_a_case(home)
    (home / "newer.json").write_text(xuncha("anchor").stdout)
    for path in (home / "state").glob("xuncha.db*"):
        path.unlink()
    return home / "kept"


def test_a_backup_is_put_back_and_verified_and_what_is_missing_since_is_said(kept: Path) -> None:
    restored = xuncha("restore", str(kept), "--anchor", str(kept.parent / "newer.json"))

    assert restored.exit_code == 0, restored.stderr
    assert "is newer than the backup" in restored.stdout and "1 cases had gone on" in restored.stdout
    assert "1 cases, " in restored.stdout and "every chain holds" in restored.stdout
    assert xuncha("verify").exit_code == 0
    again = xuncha("restore", str(kept))
    assert again.exit_code == 1 and "There is a database already" in again.stderr


def test_looking_for_a_database_first_does_not_stand_in_the_way(kept: Path) -> None:
    assert xuncha("verify").exit_code == 3
    assert xuncha("restore", str(kept)).exit_code == 0


def test_a_file_that_is_none_is_refused_and_nothing_is_made(kept: Path) -> None:
    kept.write_bytes(kept.read_bytes()[:5000])
    refused = xuncha("restore", str(kept))
    assert refused.exit_code == 1 and "is damaged" in refused.stderr
    assert not (kept.parent / "state" / "xuncha.db").exists()
