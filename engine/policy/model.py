"""What a policy says, as frozen values: roles, catalogue, deadlines, registers, reference lists, calendar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from engine.calendar import Calendar, Rule

Class = Literal["open", "internal", "restricted", "sealed"]
CLASSES: tuple[Class, ...] = ("open", "internal", "restricted", "sealed")
STARTER = "@starter"
EVERY_ROLE = "*"
TYPES = ("str", "text", "int", "num", "percent", "money", "bool", "date", "datetime", "person", "organisation")


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Front:
    """An organisation that outside parties are told in place of the persons who act for it."""

    title: str
    en: str


@dataclass(frozen=True, slots=True)
class Role:
    """What a lane names and a grant gives.

    Attributes:
        key: short and stable, as grants and the catalogue write it.
        title: as lanes write it; no two roles share one.
        remit: the kind of remit it is granted within (``team``), or None: the whole office.
        external: held by outside parties: sees only what a field's class opens to it by name.
        assigned: never granted: the diagram names the person (the chair of one meeting).
        login: false for parties that a diagram names but that have no account.
        front: the body that its holders act for, where that is not the front of the process.
    """

    key: str
    title: str
    en: str
    remit: str | None = None
    external: bool = False
    assigned: bool = False
    login: bool = True
    front: Front | None = None


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Roles that one person may not hold together.

    Attributes:
        roles: holding one of these ...
        others: ... rules out every one of these; ``*`` stands for every other role.
        together: only where both grants are within the same remit, or within two that meet in some case; None: always.
            The text says, for people, where that is.
        why, why_en: the sentence shown to whoever tries.
        basis: whose word it is.
    """

    roles: frozenset[str]
    others: frozenset[str]
    together: str | None
    why: str
    why_en: str
    basis: str = ""

    def bars(self, one: str, other: str) -> bool:
        """Whether the pair is ruled out, whichever was granted first."""
        return self._one_way(one, other) or self._one_way(other, one)

    def _one_way(self, one: str, other: str) -> bool:
        if one not in self.roles:
            return False
        return other in self.others or (EVERY_ROLE in self.others and other not in self.roles)


@dataclass(frozen=True, slots=True)
class FieldClass:
    """Who is shown a value, once they see its row.

    Attributes:
        cls: ``open`` to whoever sees the row; ``internal`` to whoever sees it through a role that is not external, and
            to the listed roles; ``restricted`` to the listed roles, and to whoever of the house has a task of the case
            open or has done one; ``sealed`` to the listed roles only.
        roles: keys; each counts only within the instance's remit.
        ask: keys of further roles that are shown it for a while once they have said why, which is written down.
        hold: key of a role. Listed roles that are held within a remit, and having done a task, count only together
            with it, held within the same one. None: nothing else is needed.
        when: FEEL, or None. It limits everyone but those who see an open or internal value through a role that is not
            external.
    """

    cls: Class = "internal"
    roles: tuple[str, ...] = ()
    when: str | None = None
    ask: tuple[str, ...] = ()
    hold: str | None = None


INTERNAL = FieldClass()
OPEN = FieldClass("open")


@dataclass(frozen=True, slots=True)
class ProcessPolicy:
    """One process in the catalogue.

    Attributes:
        start: roles that may start it.
        see: roles that see its instances; ``@starter`` stands for whoever started one.
        story: those of ``see`` that also see the story.
        when: role of ``see`` → FEEL, asked once, of what a case is begun with: without an answer of true the role does
            not see it.
        own: roles that edit its diagram and look after its incidents.
        remits: variable → kind of remit; set at start, never changed.
        optional: those of ``remits`` that may be left empty.
        columns: name → type or None; what lists and ledgers filter, sort and show.
        fields: name → class.
        otherwise: the class of what ``fields`` does not name, and of what people say about the case.
        front: what readers of outside parties are told in place of persons; None: everybody by name.
    """

    key: str
    start: tuple[str, ...] = ()
    see: tuple[str, ...] = ()
    story: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    when: Mapping[str, str] = field(default_factory=_nothing)
    remits: Mapping[str, str] = field(default_factory=_nothing)
    optional: frozenset[str] = frozenset()
    columns: Mapping[str, str | None] = field(default_factory=_nothing)
    fields: Mapping[str, FieldClass] = field(default_factory=_nothing)
    otherwise: FieldClass = INTERNAL
    front: Front | None = None

    def field(self, name: str) -> FieldClass:
        """The class of a value."""
        return self.fields.get(name, self.otherwise)

    @property
    def sealed(self) -> frozenset[str]:
        """Names whose values stand encrypted in a table of their own and nowhere else."""
        return frozenset(name for name, each in self.fields.items() if each.cls == "sealed")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a register.

    Attributes:
        type: one of ``TYPES`` (``money`` is in 元, with two decimals), or the key of the reference list that its
            values are keys of.
        see: of the roles that see the register, those that are shown this column; empty: all of them.
    """

    key: str
    title: str
    en: str
    type: str
    required: bool = False
    see: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Register:
    """An append-only list of entries of declared columns.

    Attributes:
        remit: kind of remit that every entry stands under, or None: the whole office.
        see: roles that see its entries, those with a remit only the entries under theirs.
        number: the column that holds the business number, if one does.
    """

    key: str
    title: str
    en: str
    remit: str | None
    see: tuple[str, ...]
    columns: Mapping[str, Column]
    number: str | None = None


@dataclass(frozen=True, slots=True)
class ReferenceList:
    """A list to choose from.

    Attributes:
        see: roles that are offered its items; ``*`` stands for every role that is not external.
    """

    key: str
    title: str
    en: str
    see: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that is decided about who may do and see what, and by when.

    Attributes:
        version: counts the releases in one database; 0 while nothing has been released there.
        digest: SHA-256 of the files it was read from.
        deadlines_en: English titles of the deadline rules.
    """

    version: int = 0
    digest: str = ""
    roles: Mapping[str, Role] = field(default_factory=_nothing)
    forbidden: tuple[Forbidden, ...] = ()
    processes: Mapping[str, ProcessPolicy] = field(default_factory=_nothing)
    deadlines: Mapping[str, Rule] = field(default_factory=_nothing)
    deadlines_en: Mapping[str, str] = field(default_factory=_nothing)
    registers: Mapping[str, Register] = field(default_factory=_nothing)
    lists: Mapping[str, ReferenceList] = field(default_factory=_nothing)
    calendar: Calendar = field(default_factory=lambda: Calendar("CN", {}, "0"))

    def role_by_title(self, title: str) -> Role | None:
        """The role that a lane of this name stands for."""
        return next((role for role in self.roles.values() if role.title == title), None)

    @property
    def external(self) -> frozenset[str]:
        """Keys of the roles of outside parties."""
        return frozenset(key for key, role in self.roles.items() if role.external)

    @property
    def remit_kinds(self) -> dict[str, str]:
        """Variable → kind of remit; a variable means the same in every process."""
        return {variable: kind for process in self.processes.values() for variable, kind in process.remits.items()}

    def barring(self, one: str, other: str) -> list[Forbidden]:
        """The rules by which one person may not hold both roles."""
        return [rule for rule in self.forbidden if rule.bars(one, other)]


def titles(roles: Iterable[Role]) -> str:
    """Roles as a sentence lists them."""
    return ", ".join(f"{role.key} ({role.title})" for role in roles)
