"""catalog.toml: who starts, sees and owns each process, and who is shown which of its values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from engine.policy.model import CLASSES, STARTER, TYPES, FieldClass, ProcessPolicy, Role
from engine.policy.roles import known_roles, read_front
from engine.policy.table import KEY, Table

SyntaxCheck = Callable[[str], Sequence[str]]


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
    when = _when(table, lists["see"], check)
    fields = {name: _field(each, roles, remits, check) for name, each in table.section("fields").sections()}
    otherwise = _otherwise(table.section("otherwise"), roles, remits, check)
    front = read_front(table)
    columns = _columns(table, (*TYPES, *known))
    for name in [*columns, *remits]:
        if name in fields and fields[name].cls == "sealed":
            sentence = "{name} is sealed and so cannot be a column or a remit. Take it out of one of the two."
            table.fault("fields", sentence, name=name)
    table.close()
    return ProcessPolicy(
        key,
        **lists,
        when=when,
        remits=remits,
        optional=optional,
        columns=columns,
        fields=fields,
        otherwise=otherwise,
        front=front,
    )


def _when(table: Table, see: Collection[str], check: SyntaxCheck) -> dict[str, str]:
    """Conditions under which a role sees a case, by role."""
    found = {}
    for role, text in table.names("when").items():
        if role not in see:
            table.fault("when", "{role} sees no case of this process. Add it to see or leave it out here.", role=role)
        elif not isinstance(text, str):
            table.fault("when", "{role} needs a condition in FEEL, in quotes.", role=role)
        else:
            found[role] = text.removeprefix("=")
            for reason in check(found[role]):
                table.fault("when", "This is not FEEL: {reason}.", reason=reason)
    return found


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


def _otherwise(table: Table, roles: Mapping[str, Role], remits: Mapping[str, str], check: SyntaxCheck) -> FieldClass:
    found = _field(table, roles, remits, check)
    if found.cls == "sealed":
        table.fault("class", "Only a value that is named can be sealed. Name it in fields.")
    return found


def _field(table: Table, roles: Mapping[str, Role], remits: Mapping[str, str], check: SyntaxCheck) -> FieldClass:
    cls = table.choice("class", CLASSES, "internal")
    listed, ask, hold = table.texts("roles"), table.texts("ask"), table.optional("hold")
    for name, each in (("roles", listed), ("ask", ask), ("hold", () if hold is None else (hold,))):
        known_roles(table, name, each, roles)
        _reachable(table, name, each, roles, remits)
    _guarded(table, cls, listed, ask, None if hold is None else roles.get(hold))
    when = table.optional("when")
    for reason in check(when.removeprefix("=")) if when is not None else ():
        table.fault("when", "This is not FEEL: {reason}.", reason=reason)
    if cls == "sealed" and not listed:
        table.fault("roles", 'A sealed value needs the roles that may open it. Write roles = ["..."].')
    if cls == "open" and listed:
        table.fault("roles", "An open value is shown to whoever sees the row: leave roles out, or make it internal.")
    table.close()
    return FieldClass(next(each for each in CLASSES if each == cls), listed, when, ask, hold)


def _guarded(table: Table, cls: str, listed: Collection[str], ask: Collection[str], hold: Role | None) -> None:
    """Faults of what a restricted or a sealed value alone can have."""
    if cls == "restricted" and not listed:
        table.fault("roles", 'A restricted value needs the roles that are shown it. Write roles = ["..."].')
    if cls != "restricted" and ask:
        table.fault("ask", "Only a restricted value is shown to those who ask. Make it restricted or leave ask out.")
    for each in sorted({*ask} & {*listed}):
        table.fault("ask", "{role} is shown it without asking. Leave it out of roles or of ask.", role=each)
    if cls not in ("restricted", "sealed") and "hold" in table:
        table.fault("hold", "Only a restricted or a sealed value needs a role held besides. Leave hold out.")
    if hold is not None and hold.remit is None:
        table.fault(
            "hold", "{role} is held for the whole office. Name a role that is held within a remit.", role=hold.key
        )
