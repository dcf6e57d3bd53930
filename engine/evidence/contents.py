"""Contents that are known by their digests: what has been released, and what people have handed in."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator

from sqlalchemy import Connection, select

from engine import schema
from engine.errors import Tampered
from engine.evidence.comparing import CHANGED, REMOVED, Difference
from engine.evidence.paging import pieces

_a, _p = schema.attachment.c, schema.part.c
_KNOWN_BY = (
    (schema.content, schema.content.c.digest, select(_p.digest)),
    (schema.attachment_body, schema.attachment_body.c.sha256, select(_a.sha256).where(_a.kept)),
)


def check(connection: Connection, seen: Counter[str]) -> Iterator[Tampered]:
    """Contents that are not what their digest says, and digests without a content."""
    for table, key, named in _KNOWN_BY:
        for keys in pieces(connection, select(key), [key]):
            seen[table.name] += len(keys)
            for (name,) in keys:  # one by one: a content can be large
                body = connection.execute(select(table.c.body).where(key == name)).scalar_one()
                if hashlib.sha256(body).hexdigest() != name:
                    yield Difference(CHANGED, table.name, name, "body").fault("-")
        missing = named.distinct().where(named.selected_columns[0].not_in(select(key)))
        for name in connection.execute(missing).scalars():
            yield Difference(REMOVED, table.name, name).fault("-")
