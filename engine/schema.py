"""Every table, on one page.

Times are whole microseconds since 1970 in UTC (``clock.micros``). Values are JSON text with the FEEL type beside them
(``feel.dump``). Tables of running work lead with ``instance_id``; no command touches two instances, so each could live
on a shard of its own.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
)

from engine import searching

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def bound(name: str) -> BindParameter[Any]:
    """A parameter of a statement that is built once and run many times."""
    return bindparam(name)


Key = String(64)
Name = String(255)
# Pinyin, compared byte by byte in both databases: "li si" comes before "liang".
Sort = String(255).with_variant(String(255, collation="C"), "postgresql")
Time = BigInteger
UNDUE = (1 << 62) - 1
"""Stands for a due date where there is none: behind all others."""
BUSINESS_KEY = "#"
"""The name under which a case's number stands among its columns, to be found by; no variable can be called so."""
Serial = BigInteger().with_variant(Integer, "sqlite")


# ---- the database itself

meta = Table("meta", metadata, Column("key", Key, primary_key=True), Column("value", Text, nullable=False))
clock = Table(
    "clock", metadata, Column("id", Integer, primary_key=True), Column("clock_offset", BigInteger, nullable=False)
)

# ---- who there is

organisation = Table(
    "organisation",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", Name, nullable=False),
    Column("name_en", Name),
    Column("kind", Key),
    Column("parent_id", Key),
    Column("sort", Sort),
    Column("initials", Name),
    Column("active", Boolean, nullable=False, default=True),
)
person = Table(
    "person",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", Name, nullable=False),
    Column("name_en", Name),
    Column("organisation_id", Key),
    Column("post", Name),
    Column("sort", Sort),
    Column("initials", Name),
    Column("active", Boolean, nullable=False, default=True),
)
listing = Table(
    "listing",
    metadata,
    Column("list", Key, primary_key=True),
    Column("id", Key, primary_key=True),
    Column("name", Name, nullable=False),
    Column("name_en", Name),
    Column("remit", Name),
    Column("content", Text),
    Column("sort", Sort),
    Column("initials", Name),
    Column("active", Boolean, nullable=False, default=True),
)
authority = Table(  # a grant: the word itself is reserved in SQL
    "authority",
    metadata,
    Column("id", Key, primary_key=True),
    Column("person_id", Key, nullable=False),
    Column("role", Key, nullable=False),
    Column("remit", Name, nullable=False),
    Column("from_at", Time, nullable=False),
    Column("until_at", Time),
    Column("given_by", Key, nullable=False),
    Column("instance_id", Key),
    Column("bound", Text),
    Index(None, "person_id"),
    Index(None, "role", "remit"),
)
exclusion = Table(
    "exclusion",
    metadata,
    Column("person_id", Key, primary_key=True),
    Column("remit", Name, primary_key=True),
    Column("reason", Text),
    Column("since_at", Time, nullable=False),
)
substitution = Table(
    "substitution",
    metadata,
    Column("id", Key, primary_key=True),
    Column("person_id", Key, nullable=False),
    Column("substitute_id", Key, nullable=False),
    Column("from_at", Time, nullable=False),
    Column("until_at", Time, nullable=False),
    Index(None, "substitute_id"),
)

# ---- what has been released

policy = Table(
    "policy",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("digest", Key, nullable=False),
    Column("content", Text, nullable=False),
    Column("released_at", Time, nullable=False),
    Column("released_by", Key, nullable=False),
    Column("approved_by", Key),
)
definition = Table(
    "definition",
    metadata,
    Column("id", Key, primary_key=True),
    Column("process_key", Key, nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Name, nullable=False),
    Column("digest", Key, nullable=False),
    Column("plain", Boolean, nullable=False, default=False),
    Column("policy_version", Integer),
    Column("released_at", Time, nullable=False),
    Column("released_by", Key, nullable=False),
    UniqueConstraint("process_key", "version"),
)
content = Table(
    "content", metadata, Column("digest", Key, primary_key=True), Column("body", LargeBinary, nullable=False)
)
part = Table(
    "part",
    metadata,
    Column("definition_id", Key, ForeignKey("definition.id"), primary_key=True),
    Column("kind", Key, primary_key=True),
    Column("name", Name, primary_key=True),
    Column("digest", Key, nullable=False),
)
word = Table(  # what versions call things, for a search to look through
    "word",
    metadata,
    Column("definition_id", Key, primary_key=True),
    Column("kind", Key, primary_key=True),
    Column("key", Name, primary_key=True),
    Column("language", Key, primary_key=True),
    Column("text", Name, primary_key=True),
)
start_event = Table(
    "start_event",
    metadata,
    Column("process_key", Key, primary_key=True),
    Column("element", Name, primary_key=True),
    Column("arm", Integer, primary_key=True),
    Column("definition_id", Key, nullable=False),
    Column("kind", Key, nullable=False),
    Column("name", Name),
    Index(None, "kind", "name"),
)

# ---- running work

instance = Table(
    "instance",
    metadata,
    Column("id", Key, primary_key=True),
    Column("definition_id", Key, ForeignKey("definition.id"), nullable=False),
    Column("process_key", Key, nullable=False),
    Column("body", Name),
    Column("root_id", Key, nullable=False),
    Column("parent_id", Key),
    Column("parent_token", Integer),
    Column("parent_index", Integer),
    Column("business_key", Name),
    Column("state", Key, nullable=False),
    Column("outcome", Name),
    Column("started_by", Key, nullable=False),
    Column("started_at", Time, nullable=False),
    Column("ended_at", Time),
    Column("sequence", Integer, nullable=False),
    Column("head", Key, nullable=False),
    Column("last_at", Time, nullable=False),
    Column("marking", LargeBinary, nullable=False),
    Column("remits", Text, nullable=False),
    Column("wanted", Text),
    Index(None, "root_id"),
    Index(None, "parent_id", "parent_token", "parent_index", unique=True),
    Index(None, "process_key", "started_at"),
    Index(None, "process_key", "business_key"),
    Index(None, "started_by", "started_at"),
)
remit = Table(
    "remit",
    metadata,
    Column("instance_id", Key, primary_key=True),
    Column("remit", Name, primary_key=True),
    Index(None, "remit", "instance_id"),
)
reader = Table(
    "reader",
    metadata,
    Column("instance_id", Key, primary_key=True),
    Column("audience", Name, primary_key=True),
    Index(None, "audience", "instance_id"),
)
variable = Table(
    "variable",
    metadata,
    Column("instance_id", Key, primary_key=True),
    Column("scope", Integer, primary_key=True),
    Column("name", Name, primary_key=True),
    Column("type", Key, nullable=False),
    Column("value", Text, nullable=False),
)
sealed = Table(
    "sealed",
    metadata,
    Column("instance_id", Key, primary_key=True),
    Column("scope", Integer, primary_key=True),
    Column("name", Name, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
fact = Table(
    "fact",
    metadata,
    # SQLite's index of what can be found refers to rows by number: one of its own, that stays when the file is packed.
    Column("id", Serial, primary_key=True),
    Column("instance_id", Key, nullable=False),
    Column("name", Name, nullable=False),
    Column("type", Key, nullable=False),
    Column("text", Name),
    Column("number", Float),
    Column("terms", Text),
    UniqueConstraint("instance_id", "name"),
    Index(None, "name", "text"),
    Index(None, "name", "number"),
    info={"known_by": ("instance_id", "name")},
)
searching.index(fact)
visit = Table(
    "visit",
    metadata,
    Column("instance_id", Key, primary_key=True),
    Column("token", Integer, primary_key=True),
    Column("element", Name, nullable=False),
    Column("scope", Integer, nullable=False),
    Column("entered_at", Time, nullable=False),
    Column("left_at", Time),
    Column("outcome", Key),
    Column("actor", Key),
    Index(None, "instance_id", "element"),
)
task = Table(
    "task",
    metadata,
    Column("id", Key, primary_key=True),
    Column("instance_id", Key, nullable=False),
    Column("token", Integer, nullable=False),
    Column("definition_id", Key, nullable=False),
    Column("process_key", Key, nullable=False),
    Column("element", Name, nullable=False),
    Column("name", Name, nullable=False),
    Column("scope", Integer, nullable=False),
    Column("state", Key, nullable=False),
    Column("stamp", Integer, nullable=False),
    Column("changed_by", Key),
    Column("changed_at", Time, nullable=False),
    Column("change", Key, nullable=False),
    Column("assignee", Key),
    Column("priority", Integer, nullable=False),
    Column("opened_at", Time, nullable=False),
    Column("due_at", Time),
    Column("due_why", Text),
    Column("follow_up_at", Time),
    Column("seen_at", Time),
    Column("after_task", Key),
    Column("closed_at", Time),
    Column("closed_by", Key),
    Column("on_behalf_of", Key),
    Column("recallable", Boolean, nullable=False, default=False),
    Column("has_drafts", Boolean, nullable=False, default=False),
    # Number of the line that says that it was completed: what was handed in stands behind it.
    Column("closed_line", Integer),
    UniqueConstraint("instance_id", "token"),
    Index(None, "assignee", "state", "due_at", "id"),
    Index(None, "closed_by", "closed_at"),
    Index(None, "after_task"),
)
candidate = Table(
    "candidate",
    metadata,
    Column("audience", Name, primary_key=True),
    Column("task_id", Key, primary_key=True),
    # The task's due date, or UNDUE: what waits for an audience is read in this order.
    Column("place", Time, nullable=False),
    Index(None, "task_id"),
    Index(None, "audience", "place", "task_id"),
)
subscription = Table(
    "subscription",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("instance_id", Key, nullable=False),
    Column("token", Integer, nullable=False),
    Column("arm", Integer, nullable=False),
    Column("process_key", Key, nullable=False),
    Column("kind", Key, nullable=False),
    Column("name", Name, nullable=False),
    Column("key", Name, nullable=False),
    UniqueConstraint("instance_id", "token", "arm"),
    Index(None, "kind", "name", "key"),
)
counter = Table(
    "counter",
    metadata,
    Column("instance_id", Key, primary_key=True),
    Column("token", Integer, primary_key=True),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("each", Boolean, nullable=False),
    Column("single", Boolean, nullable=False),
    # Place of the first child that counts: those before it are of an earlier try.
    Column("first", Integer, nullable=False),
)
result = Table(
    "result",
    metadata,
    Column("instance_id", Key, primary_key=True),
    Column("token", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("type", Key, nullable=False),
    Column("value", Text, nullable=False),
)
incident = Table(
    "incident",
    metadata,
    Column("id", Key, primary_key=True),
    Column("instance_id", Key, nullable=False),
    Column("token", Integer),
    Column("job_id", Key),
    Column("element", Name),
    Column("message", Text, nullable=False),
    Column("params", Text, nullable=False),
    Column("opened_at", Time, nullable=False),
    Column("closed_at", Time),
    Column("closed_by", Key),
    Column("closed_how", Key),
    Index(None, "instance_id", "closed_at"),
)

# ---- work owed, and what crosses from one instance to another

job = Table(
    "job",
    metadata,
    Column("id", Key, primary_key=True),
    Column("kind", Key, nullable=False),
    Column("instance_id", Key),
    Column("root_id", Key),
    Column("token", Integer),
    Column("arm", Integer),
    Column("element", Name),
    Column("due_at", Time, nullable=False),
    Column("content", Text, nullable=False),
    Column("state", Key, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("retries", Integer, nullable=False, default=3),
    Column("fence", Integer, nullable=False, default=0),
    Column("leased_until", Time),
    Column("message_id", Key),
    Index(None, "state", "due_at"),
    Index(None, "instance_id", "token"),
    Index(None, "root_id"),
    Index(None, "message_id"),
)
channel = Table(  # a lock: who meets under a name and key comes one after the other
    "channel",
    metadata,
    Column("name", Name, primary_key=True),
    Column("key", Name, primary_key=True),
    Column("used_at", Time, nullable=False),  # to a day
    Index(None, "used_at"),
)
message = Table(
    "message",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", Name, nullable=False),
    Column("key", Name, nullable=False),
    Column("content", Text, nullable=False),
    Column("digest", Key, nullable=False),
    Column("sent_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
    Column("instance_id", Key),
    Column("state", Key, nullable=False),
    Index(None, "name", "key", "state", "sent_at"),
    Index(None, "state", "sent_at"),
)
receipt = Table(  # a message enters an instance once
    "receipt",
    metadata,
    Column("message_id", Key, primary_key=True),
    Column("instance_id", Key, primary_key=True),
)
submission = Table(  # idempotency: one answer for one key
    "submission",
    metadata,
    Column("actor", Key, primary_key=True),
    Column("command", Key, primary_key=True),
    Column("object", Key, primary_key=True),
    Column("key", Name, primary_key=True),
    Column("digest", Key, nullable=False),
    Column("answer", Text, nullable=False),
    Column("at", Time, nullable=False),
    Index(None, "at"),
)

# ---- evidence

event = Table(
    "event",
    metadata,
    Column("instance_id", Key, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", Key, nullable=False),
    Column("element", Name),
    Column("actor", Key, nullable=False),
    Column("on_behalf_of", Key),
    Column("at", Time, nullable=False),
    Column("data", Text, nullable=False),
    Column("hash", Key, nullable=False),
)
chain = Table(
    "chain",
    metadata,
    Column("name", Name, primary_key=True),
    Column("sequence", Integer, nullable=False),
    Column("head", Key, nullable=False),
)
chain_line = Table(
    "chain_line",
    metadata,
    Column("chain", Name, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", Key, nullable=False),
    Column("object", Key, nullable=False),
    Column("actor", Key, nullable=False),
    Column("on_behalf_of", Key),
    Column("at", Time, nullable=False),
    Column("data", Text, nullable=False),
    Column("hash", Key, nullable=False),
    Index(None, "object", "number"),
)
anchor = Table(
    "anchor",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("at", Time, nullable=False),
    Column("heads", Integer, nullable=False),
    Column("digest", Key, nullable=False),
    Column("signature", Text, nullable=False),
)
access_record = Table(
    "access_record",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("at", Time, nullable=False),
    Column("person_id", Key, nullable=False),
    Column("what", Key, nullable=False),
    Column("object", Key),
    Column("detail", Text),
    Index(None, "person_id", "what", "at"),
)
register_entry = Table(
    "register_entry",
    metadata,
    Column("register", Key, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("number", Name),
    Column("remit", Name, nullable=False),
    Column("content", Text, nullable=False),
    Column("at", Time, nullable=False),
    Column("actor", Key, nullable=False),
    Column("instance_id", Key),
    Column("corrects", Integer),
    Column("reason", Text),
    Column("job_id", Key, nullable=False, unique=True),
    UniqueConstraint("register", "corrects"),
    Index(None, "register", "remit", "position"),
    Index(None, "instance_id"),
)
entry_fact = Table(  # what registers are filtered, counted and sorted by
    "entry_fact",
    metadata,
    Column("register", Key, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", Name, primary_key=True),
    Column("text", Name),
    Column("number", Float),
    Index(None, "register", "name", "text"),
    Index(None, "register", "name", "number"),
)
number = Table("number", metadata, Column("name", Name, primary_key=True), Column("value", Integer, nullable=False))

# ---- what people leave on their work

draft = Table(
    "draft",
    metadata,
    Column("task_id", Key, primary_key=True),
    Column("person_id", Key, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("saved_at", Time, nullable=False),
)
comment = Table(
    "comment",
    metadata,
    Column("id", Key, primary_key=True),
    Column("instance_id", Key, nullable=False),
    Column("task_id", Key),
    Column("person_id", Key, nullable=False),
    Column("at", Time, nullable=False),
    Column("text", Text, nullable=False),
    Column("class", Key, nullable=False),
    Index(None, "instance_id", "at"),
)
attachment = Table(
    "attachment",
    metadata,
    Column("id", Key, primary_key=True),
    Column("instance_id", Key, nullable=False),
    Column("task_id", Key),
    Column("field", Name),
    Column("name", Name, nullable=False),
    Column("media_type", Name, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", Key, nullable=False),
    Column("class", Key, nullable=False),
    Column("person_id", Key, nullable=False),
    Column("at", Time, nullable=False),
    Column("kept", Boolean, nullable=False, default=False),
    Column("process_key", Key),
    Index(None, "instance_id"),
    Index(None, "task_id"),
    Index(None, "person_id", "kept"),
)
attachment_body = Table(
    "attachment_body",
    metadata,
    Column("sha256", Key, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
notice = Table(
    "notice",
    metadata,
    Column("id", Key, primary_key=True),
    Column("person_id", Key, nullable=False),
    Column("instance_id", Key, nullable=False),
    Column("task_id", Key),
    Column("kind", Key, nullable=False),
    Column("by", Key, nullable=False),
    Column("at", Time, nullable=False),
    Column("text", Text),
    Column("read_at", Time),
    Column("source", Key, unique=True),
    Index(None, "person_id", "read_at", "at"),
)
phrase = Table(
    "phrase",
    metadata,
    Column("id", Key, primary_key=True),
    Column("person_id", Key, nullable=False),
    Column("text", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Index(None, "person_id", "position"),
)

# ---- how people come in

account = Table(
    "account",
    metadata,
    Column("person_id", Key, primary_key=True),
    Column("password", Name),
    Column("locale", Key),
    Column("administrator", Boolean, nullable=False, default=False),
    Column("disabled", Boolean, nullable=False, default=False),
)
guess = Table(  # wrong passwords: by account and address, and by each of them alone
    "guess",
    metadata,
    Column("person", Key, primary_key=True),
    Column("address", Key, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("since", Time, nullable=False),
    Column("rests_until", Time),
    Column("known_at", Time),
    Index(None, "since"),
)
session = Table(
    "session",
    metadata,
    Column("token", Key, primary_key=True),
    Column("person_id", Key, nullable=False),
    Column("acting_for", Key),
    Column("csrf", Key, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("seen_at", Time, nullable=False),
    Column("locale", Key),
    Index(None, "person_id"),
)
# What a program brings to /api in place of a session; only a hash of it is kept.
bearer = Table(
    "bearer",
    metadata,
    Column("id", Key, primary_key=True),
    Column("digest", Key, nullable=False, unique=True),
    Column("person_id", Key, nullable=False),
    Column("name", Name, nullable=False),
    Column("remit", Name),
    Column("created_at", Time, nullable=False),
    Column("until_at", Time, nullable=False),
    Column("used_at", Time),
    Index(None, "person_id"),
)
