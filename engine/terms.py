"""What of a text can be looked for: every two characters that follow one another, so that any part of it is found.

It is the same for Chinese, which puts no spaces between words, and for other scripts: a text is found by any part of a
word of it. Both databases keep an index over these pairs (``fact.terms``); SQLite in a table of its own.
"""

from __future__ import annotations

import re

MOST = 8
"""How many words one search may have."""
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d:\d\d))?")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def of(text: str) -> str | None:
    """The pairs of a text in their order, with spaces between them; a word ends with its last character alone.

    ``石桥镇 a`` is ``石桥 桥镇 镇 a``. None where there is nothing to be found by.
    """
    return " ".join(pair for word in text.lower().split() for pair in _pairs(word)) or None


def of_value(kind: str, text: str) -> str | None:
    """The pairs of a value that has this text: of a date, as it is written in either language, and as ISO has it.

    Yes and no are shown as a label that is there or is not, and have none.

    Args:
        kind: its FEEL type.
    """
    if kind == "boolean":
        return None
    read = _DATE.match(text) if kind in ("date", "date and time") else None
    if read is None:
        return of(text)
    year, month, day = map(int, read.groups()[:3])
    ways = (read[0][:10], f"{year}年{month}月{day}日", f"{day} {_MONTHS[month - 1]} {year}", read[4] or "")
    return of(" ".join(ways))


def words(asked: str) -> tuple[str, ...]:
    """What a search looks for: its words, each once, the longest first, since that is the rarest."""
    return tuple(sorted(dict.fromkeys(asked.lower().split()), key=len, reverse=True))


def part(word: str) -> str:
    """What stands somewhere in the pairs of every text that a word is a part of, and in no others."""
    return word if len(word) == 1 else " ".join(_pairs(word)[:-1])


def as_match(word: str) -> str:
    """The same as SQLite's index is asked."""
    if len(word) == 1:
        return f"{_quoted(word)}*"
    return " AND ".join(map(_quoted, dict.fromkeys(_pairs(word)[:-1])))


def as_tsquery(word: str) -> str:
    """The same as PostgreSQL's is."""
    if len(word) == 1:
        return f"{_lexeme(word)}:*"
    return " & ".join(map(_lexeme, dict.fromkeys(_pairs(word)[:-1])))


def _pairs(word: str) -> list[str]:
    return [word[at : at + 2] for at in range(len(word))]


def _quoted(pair: str) -> str:
    return '"' + pair.replace('"', '""') + '"'


def _lexeme(pair: str) -> str:
    return "'" + pair.replace("\\", "\\\\").replace("'", "''") + "'"
