"""Who may do and see what, and by when: data, released and versioned like definitions. Formats: docs/policy.md."""

from engine.policy.model import (
    EVERY_ROLE,
    INTERNAL,
    OPEN,
    STARTER,
    TYPES,
    Column,
    FieldClass,
    Forbidden,
    Front,
    Policy,
    ProcessPolicy,
    ReferenceList,
    Register,
    Role,
)
from engine.policy.reading import belongs, read
from engine.policy.releasing import at, current, known, newest, release

__all__ = [
    "EVERY_ROLE",
    "INTERNAL",
    "OPEN",
    "STARTER",
    "TYPES",
    "Column",
    "FieldClass",
    "Forbidden",
    "Front",
    "Policy",
    "ProcessPolicy",
    "ReferenceList",
    "Register",
    "Role",
    "at",
    "belongs",
    "current",
    "known",
    "newest",
    "read",
    "release",
]
