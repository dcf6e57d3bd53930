"""The secrets of an installation: files in its state folder, made on first use, never in the database."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from engine.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Keys:
    """What the engine signs and encrypts with.

    Attributes:
        history: 32 bytes; the HMAC key of every instance's chain.
        seal: 32 bytes; AES-GCM key of sealed values.
        anchor: 32 bytes; the seed of the Ed25519 key that signs anchors.
        session: 32 bytes; for whoever serves pages.
    """

    history: bytes
    seal: bytes
    anchor: bytes
    session: bytes


def load(state: Path) -> Keys:
    """The keys in ``state/keys``; those that are missing are made, readable by their owner only."""
    folder = state / "keys"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Keys(*(_key(folder / name) for name in ("history", "seal", "anchor", "session")))
    except OSError as error:
        raise Unavailable(
            "The state folder {folder} cannot be used: {reason}. Make it writable or set another one.",
            folder=str(state),
            reason=error.strerror or str(error),
        ) from error


def _key(path: Path) -> bytes:
    # Two processes may start at once: whoever links first wins, and both read the same file.
    if not path.exists():
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return bytes.fromhex(path.read_text())
