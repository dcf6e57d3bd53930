"""Who acts: a person with what they have been granted, or the engine itself."""

from __future__ import annotations

from dataclasses import dataclass

WHOLE_OFFICE = "*"


def audience(role: str, remit: str = WHOLE_OFFICE) -> str:
    """The string under which rows are opened to a role: ``TL@team:T1`` or ``OD@*``."""
    return f"{role}@{remit}"


def person_audience(person: str) -> str:
    """The string under which rows are opened to one person."""
    return f"person:{person}"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who a command is carried out for.

    Attributes:
        person: key in the directory.
        audiences: everything this person is, as audience strings: roles with remits, and the person.
        on_behalf_of: the person substituted for, if any; both stand in the story and ``notBy`` looks at both.
        exclusions: remits this person must not see whatever the roles say (``unit:U3``).
        within: the one remit outside of which nothing is theirs now, if they come with less than all they are granted.
    """

    person: str
    audiences: frozenset[str] = frozenset()
    on_behalf_of: str | None = None
    exclusions: frozenset[str] = frozenset()
    within: str | None = None

    @property
    def is_engine(self) -> bool:
        """Whether no person stands behind the command: a timer, a message, a worker."""
        return self.person == ENGINE_KEY

    @property
    def persons(self) -> frozenset[str]:
        """The person and whoever they act for."""
        return frozenset({self.person, self.on_behalf_of} - {None})  # type: ignore[arg-type]


ENGINE_KEY = "engine"
ENGINE = Actor(ENGINE_KEY)


def person(key: str, *audiences: str) -> Actor:
    """A plain actor, for the engine used as a library."""
    return Actor(key, frozenset({person_audience(key), *audiences}))
