from __future__ import annotations

import pytest

from engine import sealing
from engine.errors import Tampered
from engine.keys import Ring

KEY, OTHER = Ring.of(b"k" * 32), Ring.of(b"o" * 32)
SECRET = "举报人：某某".encode()


def test_what_is_sealed_opens_with_the_key_at_its_place() -> None:
    sealed = sealing.seal(KEY, SECRET, place="I1/0/name")
    assert SECRET not in sealed
    assert sealing.open(KEY, sealed, place="I1/0/name") == SECRET
    assert sealing.open(KEY, sealing.seal(KEY, b"")) == b""


def test_moved_to_another_place_it_does_not_open() -> None:
    with pytest.raises(Tampered):
        sealing.open(KEY, sealing.seal(KEY, SECRET, place="I1/0/name"), place="I2/0/name")


def test_under_another_key_it_does_not_open() -> None:
    with pytest.raises(Tampered):
        sealing.open(OTHER, sealing.seal(KEY, SECRET))


def test_with_any_byte_changed_or_cut_off_it_does_not_open() -> None:
    sealed = sealing.seal(KEY, SECRET)
    for at in range(len(sealed)):
        with pytest.raises(Tampered):
            sealing.open(KEY, sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :])
        with pytest.raises(Tampered):
            sealing.open(KEY, sealed[:at])


def test_the_same_value_never_looks_the_same_twice() -> None:
    assert sealing.seal(KEY, SECRET) != sealing.seal(KEY, SECRET)
    assert sealing.digest(KEY, SECRET) != sealing.digest(KEY, SECRET)


def test_a_digest_shows_that_it_was_this_value_to_who_has_the_key() -> None:
    known = sealing.digest(KEY, SECRET)
    assert sealing.matches(KEY, SECRET, known)
    assert not sealing.matches(KEY, SECRET + b" ", known)
    assert not sealing.matches(OTHER, SECRET, known)


def test_a_key_of_the_wrong_size_is_refused() -> None:
    with pytest.raises(Tampered, match="32 bytes"):
        sealing.seal(Ring.of(b"short"), SECRET)
