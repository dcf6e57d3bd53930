"""``python -m engine.revisions "What changes"`` writes the next revision: what ``schema`` says beyond the last one.

The file is a proposal to be read: Alembic sees a renamed column as one dropped and one added, and knows nothing of
what has to happen to the rows.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import closing
from pathlib import Path

from alembic import command

from engine import revisions
from engine.database import Database


def write(sentence: str, folders: tuple[Path, ...] = revisions.FOLDERS) -> Path:
    """Write the next revision into the first folder; returns the file."""
    number = f"{int(revisions.newest()) + 1:04}"
    with tempfile.TemporaryDirectory() as folder, closing(Database(f"sqlite:///{folder}/empty.db")) as database:
        database.create()
        with database.read() as connection:
            config = revisions.configured(folders)
            config.attributes["connection"] = connection
            made = command.revision(config, sentence, autogenerate=True, rev_id=number, version_path=str(folders[0]))
    assert made is not None and not isinstance(made, list)
    return Path(made.path)


if __name__ == "__main__":
    print(write(sys.argv[1]))  # noqa: T201 - a command of whoever changes the tables
