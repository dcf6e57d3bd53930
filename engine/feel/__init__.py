"""FEEL, the one expression language: typed values, names, problems, evaluation in V8 (see ``docs/feel.md``)."""

from __future__ import annotations

from engine.feel.evaluator import Evaluator
from engine.feel.syntax import Reading, body, check, names, problems, read, read_all
from engine.feel.table import Column, Fired, Rule, Table
from engine.feel.values import Months, Value, cleaned, dump, is_text, kind, load, text

__all__ = [
    "Column",
    "Evaluator",
    "Fired",
    "Months",
    "Reading",
    "Rule",
    "Table",
    "Value",
    "body",
    "check",
    "cleaned",
    "dump",
    "is_text",
    "kind",
    "load",
    "names",
    "problems",
    "read",
    "read_all",
    "text",
]
