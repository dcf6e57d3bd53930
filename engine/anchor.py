"""Anchors: a signed statement of where every instance's history stands, to be kept outside the database.

A chain alone cannot show that its last lines were cut off together with the head on the instance. An anchor can: it
names the head of every instance at a moment, and is signed with a key that the database does not hold.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import insert, select

from engine import canonical, clock, history, schema
from engine.database import unhurried
from engine.errors import Invalid, Tampered

if TYPE_CHECKING:
    from engine.runtime import Command, View

_i, _e = schema.instance.c, schema.event.c


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at: how many instances and lines, and everything that is wrong."""

    instances: int
    lines: int
    faults: tuple[Tampered, ...]


def make(command: Command) -> str:
    """Sign where every history stands now; returns the anchor as JSON text and notes in the database that it was
    made."""
    query = select(_i.id, _i.sequence, _i.head).order_by(_i.id)
    heads = {r.id: [r.sequence, r.head] for r in command.connection.execute(query)}
    at = clock.micros(command.now)
    statement = canonical.text({"at": at, "heads": heads})
    key = Ed25519PrivateKey.from_private_bytes(command.runtime.keys.anchor.newest.key)
    signature = key.sign(statement.encode()).hex()
    digest = hashlib.sha256(statement.encode()).hexdigest()
    row = {"at": at, "heads": len(heads), "digest": digest, "signature": signature}
    command.connection.execute(insert(schema.anchor).values(**row))
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    return json.dumps({"at": at, "heads": heads, "key": public, "signature": signature}, sort_keys=True)


def check(view: View, text: str) -> tuple[Tampered, ...]:
    """What the database no longer shows although an anchor says that it did.

    Raises:
        Invalid: the text is no anchor of this installation.
    """
    anchor = _signed(view, text)
    faults = []
    for instance_id, (number, head) in anchor["heads"].items():
        query = select(_e.hash).where(_e.instance_id == instance_id, _e.number == number)
        if view.connection.execute(query).scalar_one_or_none() != head:
            faults.append(Tampered(_CUT, number=number, instance=instance_id))
    return tuple(faults)


_CUT = "Line {number} of {instance} stood when the anchor was made and does not stand now."
_UNLIKE = "The tables of {instance} do not show what its history says."
_GONE = "The instance {instance} was removed; lines of it still stand."
_NONE = "This is not an anchor of this installation, or it was changed."


def _signed(view: View, text: str) -> Mapping[str, Any]:
    try:
        anchor = json.loads(text)
        statement = canonical.text({"at": anchor["at"], "heads": anchor["heads"]})
        signature = bytes.fromhex(anchor["signature"])
    except (ValueError, KeyError, TypeError) as error:
        raise Invalid(_NONE) from error
    # The keys that count are the installation's own; the one in the anchor is for who checks it elsewhere.
    if not any(_is_signed(each.key, signature, statement) for each in view.runtime.keys.anchor.at(anchor["at"])):
        raise Invalid(_NONE)
    return anchor  # type: ignore[no-any-return]


def _is_signed(key: bytes, signature: bytes, statement: str) -> bool:
    try:
        Ed25519PrivateKey.from_private_bytes(key).public_key().verify(signature, statement.encode())
    except InvalidSignature:
        return False
    return True


def verify(view: View) -> Verified:
    """Check every history: chain against key, head against chain, tables against what the history folds to."""
    unhurried(view.connection)
    faults: list[Tampered] = []
    lines, instances = 0, 0
    for instance_id in view.connection.execute(select(_i.id).order_by(_i.id)).scalars().all():
        instances += 1
        try:
            lines += history.verify(view.connection, view.runtime.keys.history, instance_id)
        except Tampered as error:
            faults.append(error)
            continue
        if history.fold(history.lines(view.connection, instance_id)) != history.stored(view.connection, instance_id):
            faults.append(Tampered(_UNLIKE, instance=instance_id))
    query = select(_e.instance_id).distinct().where(_e.instance_id.not_in(select(_i.id)))
    faults += [Tampered(_GONE, instance=gone) for gone in view.connection.execute(query).scalars()]
    return Verified(instances, lines, tuple(faults))
