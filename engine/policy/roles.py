"""roles.toml and separation.toml: who there is, and who may not be one person."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.policy.model import EVERY_ROLE, Forbidden, Front, Role, titles
from engine.policy.table import KEY, Table, near

_KINDS = ("grant", "task", "person")


def read_roles(file: Table) -> dict[str, Role]:
    """Every role."""
    roles: dict[str, Role] = {}
    by_title: dict[str, str] = {}
    for key, table in file.sections():
        role = Role(
            key,
            table.text("title"),
            table.text("en"),
            table.optional("remit"),
            external=table.flag("external"),
            assigned=table.flag("assigned"),
            login=table.flag("login", default=True),
            front=read_front(table),
        )
        if role.remit is not None and not KEY.fullmatch(role.remit):
            table.fault("remit", "A kind of remit is one word of Latin letters, like 'team'.")
        if role.title in by_title:
            other = by_title[role.title]
            table.fault("title", "Role {other} has the same title. A lane could mean either: change one.", other=other)
        by_title.setdefault(role.title, key)
        roles[key] = role
        table.close()
    return roles


def read_front(table: Table) -> Front | None:
    """What outside parties are told in place of persons, in both languages; None where the table does not say."""
    if "front" not in table and "front_en" not in table:
        table.optional("front")
        table.optional("front_en")
        return None
    return Front(table.text("front"), table.text("front_en"))


def read_separation(file: Table, roles: Mapping[str, Role]) -> tuple[Forbidden, ...]:
    """The rules about grants; those about tasks and persons are drawn in diagrams and only checked here."""
    rules = []
    for table in file.tables("rule"):
        kind = table.choice("kind", _KINDS)
        groups = table.lists("roles")
        for group in groups:
            known_roles(table, "roles", group, roles, also=(EVERY_ROLE,))
        if kind == "grant" and len(groups) != 2:
            table.fault("roles", 'A rule about grants needs two groups of roles: roles = [["A"], ["B"]].')
        within, why, en = table.optional("within"), table.text("reason"), table.text("reason_en")
        basis = table.text("basis", "")
        if kind == "grant" and len(groups) == 2:
            rules.append(Forbidden(frozenset(groups[0]), frozenset(groups[1]), within, why, en, basis))
        table.close()
    file.close()
    return tuple(rules)


def known_roles(
    table: Table, key: str, named: Collection[str], roles: Mapping[str, Role], also: Collection[str] = ()
) -> None:
    """Write down every role that roles.toml does not have."""
    for each in named:
        if each not in roles and each not in also:
            known = titles(roles[r] for r in near(each, roles).split(", ") if r in roles)
            table.fault(key, "There is no role '{role}' in roles.toml. Known: {known}.", role=each, known=known or "-")
