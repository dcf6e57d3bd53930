"""Sealed values: encrypted where they stand, a salted digest wherever else they must be mentioned.

The key is a file of the state folder, so that a copy of the database alone opens nothing. What is sealed is bound to
its place: moved to another row it does not open.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from engine.errors import Tampered

KEY_SIZE = 32
_VERSION = b"\x01"
_NONCE = 12
_SALT = 16
_TAG = 16


def seal(key: bytes, plaintext: bytes, *, place: str = "") -> bytes:
    """Encrypt with AES-256-GCM under a fresh nonce.

    Args:
        key: 32 bytes, the installation's seal key.
        place: where it will stand, such as ``instance/scope/name``; it opens only there.
    """
    nonce = secrets.token_bytes(_NONCE)
    return _VERSION + nonce + AESGCM(_derived(key, b"seal")).encrypt(nonce, plaintext, place.encode())


def open(key: bytes, sealed: bytes, *, place: str = "") -> bytes:  # noqa: A001 - module.verb: sealing.open
    """What ``seal`` was given.

    Raises:
        Tampered: it was changed, moved to another place, or sealed under another key.
    """
    start = len(_VERSION) + _NONCE
    if sealed[:1] != _VERSION or len(sealed) < start + _TAG:
        raise Tampered("A sealed value cannot be opened: it is not in the form this program writes.")
    try:
        return AESGCM(_derived(key, b"seal")).decrypt(sealed[1:start], sealed[start:], place.encode())
    except InvalidTag as error:
        raise Tampered("A sealed value cannot be opened: it was changed or moved, or the key is another.") from error


def digest(key: bytes, plaintext: bytes) -> str:
    """What may stand for a sealed value in events and signatures: shows later that it was this one, and nothing now.

    Salted, so that equal values do not look equal; keyed, so that a short value cannot be found by trying all.
    """
    return _digest(key, secrets.token_bytes(_SALT), plaintext)


def matches(key: bytes, plaintext: bytes, known: str) -> bool:
    """Whether a digest was made of this value."""
    salt = bytes.fromhex(known.partition(":")[0])
    return hmac.compare_digest(_digest(key, salt, plaintext), known)


def _digest(key: bytes, salt: bytes, plaintext: bytes) -> str:
    return f"{salt.hex()}:{hmac.new(_derived(key, b'digest'), salt + plaintext, hashlib.sha256).hexdigest()}"


def _derived(key: bytes, use: bytes) -> bytes:
    """One key for each use, so that what is known of one says nothing of the other."""
    if len(key) != KEY_SIZE:
        raise Tampered("The seal key must have {size} bytes. Put the right file into the state folder.", size=KEY_SIZE)
    return HKDF(SHA256(), KEY_SIZE, salt=None, info=b"sealing/" + use).derive(key)
