"""registers.toml and lists.toml: append-only registers and reference lists, declared as data."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.policy.model import EVERY_ROLE, TYPES, Column, ReferenceList, Register, Role
from engine.policy.roles import known_roles
from engine.policy.table import KEY, Table, near

# Inputs of the connector that appends: a column of such a name could not be told from them.
RESERVED = ("remit", "corrects", "reason")


def read_lists(file: Table, roles: Mapping[str, Role]) -> dict[str, ReferenceList]:
    """Every reference list."""
    lists = {}
    for key, table in file.sections():
        see = table.texts("see")
        known_roles(table, "see", see, roles, also=(EVERY_ROLE,))
        lists[key] = ReferenceList(key, table.text("title"), table.text("en"), see)
        if key in TYPES:
            table.fault("", "'{key}' has a meaning of its own. Choose another key.", key=key)
        table.close()
    return lists


def read_registers(file: Table, roles: Mapping[str, Role], lists: Collection[str]) -> dict[str, Register]:
    """Every register."""
    return {key: _register(key, table, roles, lists) for key, table in file.sections()}


def _register(key: str, table: Table, roles: Mapping[str, Role], lists: Collection[str]) -> Register:
    remit, see = table.optional("remit"), table.texts("see")
    known_roles(table, "see", see, roles)
    for each in see:
        kind = roles[each].remit if each in roles else None
        if kind is not None and kind != remit:
            sentence = "Role {role} is held within a {kind}; the entries of this register do not say which one."
            table.fault("see", sentence + " Set remit = '{kind}' or leave the role out.", role=each, kind=kind)
    columns: dict[str, Column] = {}
    for part in table.tables("columns"):
        column = _column(part, see, lists)
        if column.key in columns:
            part.fault("key", "There are two columns {key}. Rename one.", key=column.key)
        columns[column.key] = column
    if not columns:
        table.fault("columns", "A register needs columns, each with key, title, en and type.")
    number = table.optional("number")
    if number is not None and (number not in columns or columns[number].type != "str"):
        known = near(number, [c.key for c in columns.values() if c.type == "str"])
        table.fault("number", "'{value}' is no column of type str. Known: {known}.", value=number, known=known)
    register = Register(key, table.text("title"), table.text("en"), remit, see, columns, number)
    table.close()
    return register


def _column(table: Table, see: Collection[str], lists: Collection[str]) -> Column:
    key, title = table.text("key"), table.text("title")
    if key and not KEY.fullmatch(key):
        table.fault("key", "A key is made of Latin letters, digits and _, and begins with a letter.")
    if key in RESERVED:
        table.fault("key", "'{key}' has a meaning of its own. Choose another key.", key=key)
    type_ = table.choice("type", (*TYPES, *lists))
    only = table.texts("see")
    for role in set(only) - set(see):
        table.fault("see", "Role {role} does not see this register. Add it there or leave it out here.", role=role)
    column = Column(key, title, table.text("en", title), type_, table.flag("required"), only)
    table.close()
    return column
