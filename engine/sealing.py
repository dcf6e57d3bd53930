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
from engine.keys import Ring

KEY_SIZE = 32
_FIRST, _NUMBERED = b"\x01", b"\x02"
_NUMBER = 2
_NONCE = 12
_SALT = 16
_TAG = 16


def seal(key: Ring, plaintext: bytes, *, place: str = "") -> bytes:
    """Encrypt with AES-256-GCM under the newest key and a fresh nonce.

    Args:
        key: the installation's seal keys.
        place: where it will stand, such as ``instance/scope/name``; it opens only there.
    """
    newest, nonce = key.newest, secrets.token_bytes(_NONCE)
    return (
        _head(newest.number) + nonce + AESGCM(_derived(newest.key, b"seal")).encrypt(nonce, plaintext, place.encode())
    )


def open(key: Ring, sealed: bytes, *, place: str = "") -> bytes:  # noqa: A001 - module.verb: sealing.open
    """What ``seal`` was given.

    Raises:
        Tampered: it was changed, moved to another place, or sealed under another key.
    """
    number = int.from_bytes(sealed[1 : 1 + _NUMBER]) if sealed[:1] == _NUMBERED else 1
    head = _head(number)
    start = len(head) + _NONCE
    if sealed[: len(head)] != head or len(sealed) < start + _TAG:
        raise Tampered("A sealed value cannot be opened: it is not in the form this program writes.")
    generation = key.get(number)
    if generation is None:
        raise Tampered(_ANOTHER)
    try:
        nonce = sealed[len(head) : start]
        return AESGCM(_derived(generation.key, b"seal")).decrypt(nonce, sealed[start:], place.encode())
    except InvalidTag as error:
        raise Tampered(_ANOTHER) from error


_ANOTHER = "A sealed value cannot be opened: it was changed or moved, or the key is another."


def _head(number: int) -> bytes:
    """What stands in front: under which generation it was sealed. The first is not numbered, as it once was the only
    one."""
    return _FIRST if number == 1 else _NUMBERED + number.to_bytes(_NUMBER)


def digest(key: Ring, plaintext: bytes) -> str:
    """What may stand for a sealed value in events and signatures: shows later that it was this one, and nothing now.

    Salted, so that equal values do not look equal; keyed, so that a short value cannot be found by trying all.
    """
    return _digest(key.newest.key, secrets.token_bytes(_SALT), plaintext)


def matches(key: Ring, plaintext: bytes, known: str) -> bool:
    """Whether a digest was made of this value, under any of the keys."""
    salt = bytes.fromhex(known.partition(":")[0])
    return any(hmac.compare_digest(_digest(each.key, salt, plaintext), known) for each in key.generations)


def _digest(key: bytes, salt: bytes, plaintext: bytes) -> str:
    return f"{salt.hex()}:{hmac.new(_derived(key, b'digest'), salt + plaintext, hashlib.sha256).hexdigest()}"


def _derived(key: bytes, use: bytes) -> bytes:
    """One key for each use, so that what is known of one says nothing of the other."""
    if len(key) != KEY_SIZE:
        raise Tampered("The seal key must have {size} bytes. Put the right file into the state folder.", size=KEY_SIZE)
    return HKDF(SHA256(), KEY_SIZE, salt=None, info=b"sealing/" + use).derive(key)
