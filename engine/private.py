"""Files for their owner's eyes only: made so, and mended where they are found otherwise."""

from __future__ import annotations

import logging
import os
import stat
from contextlib import suppress
from pathlib import Path

from engine.errors import Unavailable

_log = logging.getLogger(__name__)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OPEN = "{path} can be read by others and cannot be closed to them: {reason}. Take their rights away with chmod go=."
NO_FOLDER = "The state folder {folder} cannot be used: {reason}. Make it writable or set another one."


def folder(path: Path) -> None:
    """A folder that is there and closed to others.

    Raises:
        Unavailable: it cannot be made or cannot be closed.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Unavailable(NO_FOLDER, folder=str(path), reason=error.strerror or str(error)) from error
    mend(path)


def make(path: Path) -> None:
    """An empty file closed to others from its first moment; one that is there keeps what it holds, and is closed.

    Raises:
        Unavailable: it belongs to somebody else. Where none can be made, whoever opens it says so.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    mend(path)


def mend(path: Path) -> bool:
    """Close a file or folder to everybody but its owner, and say so in the log; returns whether it was open.

    Raises:
        Unavailable: it belongs to somebody else.
    """
    try:
        mode = path.stat().st_mode
        if not mode & _OTHERS:
            return False
        path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise Unavailable(_OPEN, path=str(path), reason=error.strerror or str(error)) from error
    _log.warning(
        "%s could be read by others on this machine and is now closed to them", path, extra={"place": str(path)}
    )
    return True
