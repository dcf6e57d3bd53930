"""JSON text with one spelling only: the bytes that are stored are the bytes that are hashed."""

from __future__ import annotations

import json
from typing import Any

import orjson

# What JSON itself cannot say is an error, not a text of somebody's choice.
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
_LIMITLESS = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def text(plain: Any) -> str:
    """Plain data as JSON: keys sorted, nothing between the parts, every character as itself.

    Raises:
        TypeError, ValueError: it holds what JSON cannot say.
    """
    try:
        return orjson.dumps(plain, option=_OPTIONS).decode()
    except TypeError:  # deeper, or a larger number, than the quick way goes
        return _LIMITLESS.encode(plain)
