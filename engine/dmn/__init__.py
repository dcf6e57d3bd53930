"""DMN: decision tables, literal expressions and decisions that require others; the rest is refused by name."""

from __future__ import annotations

from engine.dmn.checking import check
from engine.dmn.deciding import evaluate, names
from engine.dmn.model import Decision, HitPolicy
from engine.dmn.reading import read

__all__ = ["Decision", "HitPolicy", "check", "evaluate", "names", "read"]
