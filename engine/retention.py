"""How long the database keeps what nothing needs any more. Evidence is no part of this: it is kept for ever."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retention:
    """Days after which a row may go; 0: never.

    Attributes:
        answers: under which key something was sent, and what was answered; after that the same key is a new one.
        messages: what was delivered or expired, from when it was sent; and channels, from when they were last used.
    """

    answers: int = 30
    messages: int = 30
