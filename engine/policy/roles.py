"""roles.toml, separation.toml and catalog.toml: who there is, who may not be one person, who sees which process."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from engine.policy.model import CLASSES, EVERY_ROLE, STARTER, TYPES, FieldClass, Forbidden, ProcessPolicy, Role, titles
from engine.policy.table import KEY, Table, near

SyntaxCheck = Callable[[str], Sequence[str]]
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


def read_catalog(
    file: Table, roles: Mapping[str, Role], check: SyntaxCheck, known: Collection[str] = ()
) -> dict[str, ProcessPolicy]:
    """Every process of the catalogue; ``known`` are the reference lists."""
    return {key: _process(key, table, roles, check, known) for key, table in file.sections()}


def _process(
    key: str, table: Table, roles: Mapping[str, Role], check: SyntaxCheck, known: Collection[str]
) -> ProcessPolicy:
    remits, optional = _remits(table)
    lists = {name: table.texts(name) for name in ("start", "see", "story", "own")}
    lists["story"] = lists["story"] if "story" in table else lists["see"]
    for name, named in lists.items():
        known_roles(table, name, named, roles, also=(STARTER,) if name in ("see", "story") else ())
    for name in ("see", "story"):
        _reachable(table, name, lists[name], roles, remits)
    for role in (each for each in lists["own"] if each in roles and roles[each].remit is not None):
        table.fault("own", "{role} is not held for the whole office, and so cannot own a process.", role=role)
    for each in set(lists["story"]) - set(lists["see"]):
        table.fault("story", "{role} would see the story but not the row. Add it to see as well.", role=each)
    fields = dict(_field(name, each, roles, remits, check) for name, each in table.section("fields").sections())
    columns = _columns(table, (*TYPES, *known))
    for name in [*columns, *remits]:
        if name in fields and fields[name].cls == "sealed":
            sentence = "{name} is sealed and so cannot be a column or a remit. Take it out of one of the two."
            table.fault("fields", sentence, name=name)
    table.close()
    return ProcessPolicy(key, **lists, remits=remits, optional=optional, columns=columns, fields=fields)


def _remits(table: Table) -> tuple[dict[str, str], frozenset[str]]:
    remits: dict[str, str] = {}
    optional = set()
    for variable, kind in table.names("remits").items():
        word = kind.removesuffix("?") if isinstance(kind, str) else ""
        if not KEY.fullmatch(word):
            sentence = '{variable} needs a kind of remit, like {variable} = "team", or "team?" where it may be empty.'
            table.fault("remits", sentence, variable=variable)
            continue
        if word in remits.values():
            table.fault("remits", "Two variables stand for a {kind}. Each kind can have one.", kind=word)
        if kind != word:
            optional.add(variable)
        remits[variable] = word
    return remits, frozenset(optional)


def _reachable(
    table: Table, name: str, named: Collection[str], roles: Mapping[str, Role], remits: Mapping[str, str]
) -> None:
    """A role that is held within a team can see nothing of a process that belongs to none."""
    for each in named:
        kind = roles[each].remit if each in roles else None
        if kind is not None and kind not in remits.values():
            sentence = "Role {role} is held within a {kind}, but no variable in remits says which one."
            table.fault(name, sentence + " Add a variable of kind {kind} or leave the role out.", role=each, kind=kind)


def _columns(table: Table, types: Collection[str]) -> dict[str, str | None]:
    """Either a list of names, or a table of names and types: one may be the key of a reference list."""
    if "columns" not in table:
        return {}
    if table.is_list("columns"):
        return dict.fromkeys(table.texts("columns"))
    columns: dict[str, str | None] = {}
    for name, type_ in table.names("columns").items():
        if type_ not in types:
            table.fault("columns", "'{value}' is no type. Known: {known}.", value=type_, known=", ".join(types))
        else:
            columns[name] = type_
    return columns


def _field(
    name: str, table: Table, roles: Mapping[str, Role], remits: Mapping[str, str], check: SyntaxCheck
) -> tuple[str, FieldClass]:
    cls = table.choice("class", CLASSES, "internal")
    listed = table.texts("roles")
    known_roles(table, "roles", listed, roles)
    _reachable(table, "roles", listed, roles, remits)
    when = table.optional("when")
    for reason in check(when.removeprefix("=")) if when is not None else ():
        table.fault("when", "This is not FEEL: {reason}.", reason=reason)
    if cls == "sealed" and not listed:
        table.fault("roles", 'A sealed value needs the roles that may open it. Write roles = ["..."].')
    if cls == "open" and listed:
        table.fault("roles", "An open value is shown to whoever sees the row: leave roles out, or make it internal.")
    table.close()
    return name, FieldClass(next(each for each in CLASSES if each == cls), listed, when)
