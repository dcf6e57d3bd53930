"""Anchors: a signed statement of where every chain stands, to be kept outside the database.

A chain alone cannot show that its last lines were cut off together with its head, or that all of it was removed with
all that it covers. An anchor can: it names the head of every chain at a moment, and is signed with a key that the
database does not hold.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import insert, select

from engine import canonical, clock, schema
from engine.errors import Invalid, Tampered
from engine.evidence import chain

if TYPE_CHECKING:
    from engine.runtime import Command, View

_i, _e, _c, _l = schema.instance.c, schema.event.c, schema.chain.c, schema.chain_line.c
_CUT = "Line {number} of {instance} stood when the anchor was made and does not stand now."
_NONE = "This is not an anchor of this installation, or it was changed."


def make(command: Command) -> str:
    """Sign where every chain stands now; returns the anchor as JSON text and notes in the database that it was
    made."""
    cases = select(_i.id, _i.sequence, _i.head).order_by(_i.id)
    others = select(_c.name, _c.sequence, _c.head).order_by(_c.name)
    heads, chains = (
        {name: [number, head] for name, number, head in command.connection.execute(query)} for query in (cases, others)
    )
    at = clock.micros(command.now)
    said = {"at": at, "heads": heads, "chains": chains}
    statement = canonical.text(said)
    key = Ed25519PrivateKey.from_private_bytes(command.runtime.keys.anchor.newest.key)
    signature = key.sign(statement.encode()).hex()
    digest = hashlib.sha256(statement.encode()).hexdigest()
    row = {"at": at, "heads": len(heads) + len(chains), "digest": digest, "signature": signature}
    made = insert(schema.anchor).values(**row).returning(schema.anchor.c.id)
    chain.note(command.connection, schema.anchor, [command.connection.execute(made).scalar_one()], command.actor)
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    return json.dumps({**said, "key": public, "signature": signature}, sort_keys=True)


def check(view: View, text: str) -> tuple[Tampered, ...]:
    """What the database no longer shows although an anchor says that it did.

    Raises:
        Invalid: the text is no anchor of this installation.
    """
    anchor = _signed(view, text)
    wanted = [(_e.hash, _e.instance_id, _e.number, name, *told) for name, told in anchor["heads"].items()]
    wanted += [(_l.hash, _l.chain, _l.number, name, *told) for name, told in anchor.get("chains", {}).items()]
    faults = []
    for found, of, place, name, number, head in wanted:
        query = select(found).where(of == name, place == number)
        if view.connection.execute(query).scalar_one_or_none() != head:
            faults.append(Tampered(_CUT, number=number, instance=name))
    return tuple(faults)


def _signed(view: View, text: str) -> Mapping[str, Any]:
    try:
        anchor = json.loads(text)
        # An older one speaks of the cases alone.
        said = {name: anchor[name] for name in ("at", "heads", "chains") if name != "chains" or name in anchor}
        statement = canonical.text(said)
        signature = bytes.fromhex(anchor["signature"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
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
