"""For every table: by what its rows are covered, or why they are no evidence. The one place where this is said.

``docs/evidence.md`` says the same for people; a test compares the two, and a table or column without a word here fails
it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Table, or_

from engine import schema

Why = Mapping[str, str]
_SHARDS = 16


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The lines of the case say what must stand.

    Attributes:
        left_out: columns that are no evidence, each with the reason.
        where: which rows; the others are no evidence, and ``besides`` says why.
    """

    left_out: Why = field(default_factory=dict)
    where: ColumnElement[bool] | None = None
    besides: str = ""


@dataclass(frozen=True, slots=True)
class Chained:
    """The row itself stands in a chain, as it is and as it was.

    Attributes:
        chain: name of the chain for a row.
        left_out: columns that are no evidence, each with the reason.
        below: a table whose rows belong to one of this; their keys begin with its key.
        where: which rows; the others are no evidence, and ``besides`` says why.
        since: the database's revision from which on the rows are evidence.
    """

    chain: Callable[[Any], str]
    left_out: Why = field(default_factory=dict)
    below: Table | None = None
    where: ColumnElement[bool] | None = None
    besides: str = ""
    since: str = "0012"


@dataclass(frozen=True, slots=True)
class Below:
    """The rows stand in the chain together with the row of another table that they belong to."""

    of: Table


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What stands is worked out anew from what is covered, in the way that the words say."""

    how: str
    left_out: Why = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NoEvidence:
    """Nobody is shown it as a fact."""

    why: str


Verdict = Rebuilt | Chained | Below | Recomputed | NoEvidence


def _in(name: str) -> Callable[[Any], str]:
    return lambda _row: name


def _spread(name: str, column: str) -> Callable[[Any], str]:
    """One of sixteen chains: where many write at once, they do not wait for one another."""

    def chain(row: Any) -> str:
        return f"{name}/{hashlib.sha256(row[column].encode()).digest()[0] % _SHARDS:x}"

    return chain


_SOUGHT = "made of the name, for sorting and looking up"
_NAMED = {"sort": _SOUGHT, "initials": _SOUGHT}
_WORK = "how far the work on it has come; what comes of it stands in the lines"

_m = schema.meta.c.key
_FACTS = or_(_m.in_(("demo", "chained_since")), _m.startswith("key."))

VERDICTS: Mapping[str, Verdict] = {
    # the database itself
    "meta": Chained(_in("database"), where=_FACTS, besides="when a worker was last seen says nothing of cases"),
    "clock": Chained(
        _in("database"),
        where=schema.clock.c.clock_offset != 0,
        besides="a clock that nobody has moved says nothing",
        since="0015",
    ),
    "chain": Recomputed("number and hash of the last line of each chain"),
    "chain_line": Recomputed("the hash of each line, over the one before it"),
    # who there is
    "organisation": Chained(_in("directory"), _NAMED),
    "person": Chained(_in("directory"), _NAMED),
    "listing": Chained(_in("directory"), _NAMED),
    "authority": Chained(_in("grants")),
    "exclusion": Chained(_in("grants")),
    "substitution": Chained(_in("grants")),
    # what has been released
    "policy": Chained(_in("policy")),
    "definition": Chained(_in("definitions"), below=schema.part),
    "part": Below(schema.definition),
    "content": Recomputed("the digest of each content, which the parts name"),
    "word": NoEvidence("made of what has been released, for a search to look through"),
    "start_event": Chained(_in("definitions")),
    # running work
    "instance": Rebuilt({"last_at": "when it was last written; the lines have times of their own"}),
    "remit": Rebuilt(),
    "reader": Rebuilt(),
    "variable": Rebuilt(),
    "sealed": Recomputed("opened, and compared with the digest in the lines"),
    "fact": Recomputed(
        "projected anew from the variables",
        {"id": "counted by the database", "terms": "made of the text, for searching"},
    ),
    "visit": Rebuilt(),
    "task": Rebuilt(
        {
            "seen_at": "whether the next person has looked: it only closes the way to take something back",
            "recallable": "whether taking back is offered; doing it stands in the lines",
            "has_drafts": "whether there is a draft to fetch",
        }
    ),
    "candidate": Rebuilt(),
    "subscription": Rebuilt({"id": "counted by the database"}),
    "counter": Rebuilt(),
    "result": Recomputed("what the ended iteration says that it gave"),
    "incident": Rebuilt(),
    # work owed, and what crosses from one instance to another
    "job": Rebuilt(
        dict.fromkeys(("root_id", "state", "attempts", "retries", "fence", "leased_until"), _WORK)
        | {"due_at": "of a service task: when it is tried next; a timer's is compared"}
        | {"message_id": "neither is about a message"},
        where=schema.job.c.kind.in_(("timer", "connector")),
        besides="what else is owed between cases; what comes of it stands in the lines",
    ),
    "channel": NoEvidence("something to lock"),
    "message": NoEvidence("on its way; what comes in stands in the lines of whoever takes it"),
    "receipt": NoEvidence("keeps a message from coming in twice"),
    "submission": NoEvidence("keeps a command from being carried out twice"),
    # evidence
    "event": Recomputed("the hash of each line, over the one before it"),
    "anchor": Chained(_in("anchors")),
    "access_record": Chained(lambda row: f"access/{row['person_id']}"),
    "register_entry": Chained(lambda row: f"register/{row['register']}", below=schema.entry_fact),
    "entry_fact": Below(schema.register_entry),
    "number": Chained(_spread("numbers", "name")),
    # what people leave on their work
    "draft": NoEvidence("not handed in yet"),
    "comment": Chained(_spread("comments", "instance_id")),
    "attachment": Chained(
        _spread("files", "instance_id"), where=schema.attachment.c.kept, besides="what is not handed in can be deleted"
    ),
    "attachment_body": Recomputed("the digest of each content, which the files name"),
    "notice": Chained(_spread("notices", "instance_id"), {"read_at": "the reader's own mark"}),
    "phrase": NoEvidence("a person's own words, for writing with"),
    # how people come in
    "account": Chained(_in("accounts"), {"locale": "a person's own choice"}),
    "guess": NoEvidence("how often one may still guess; each refusal stands in the access record"),
    "session": NoEvidence("who is signed in now; signing in stands in the access record"),
    "bearer": Chained(_in("accounts"), {"used_at": "when it was last used"}),
}


def chained() -> dict[Table, Chained]:
    """Tables whose rows stand in chains."""
    tables = schema.metadata.tables
    return {tables[name]: each for name, each in VERDICTS.items() if isinstance(each, Chained)}


def columns(table: Table, verdict: Chained) -> list[str]:
    """The columns that stand in the chain."""
    return [column.name for column in table.columns if column.name not in verdict.left_out]
