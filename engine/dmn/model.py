"""A decision as it is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from engine.feel import Table

HitPolicy = Literal["UNIQUE", "FIRST", "ANY", "PRIORITY", "OUTPUT ORDER", "RULE ORDER", "COLLECT"]
Aggregation = Literal["", "SUM", "MIN", "MAX", "COUNT"]


@dataclass(frozen=True)
class Decision:
    """A decision table, or a literal expression (a table without inputs and with one rule).

    Attributes:
        id: unique in its file and among the decisions of a definition.
        name: shown to people.
        source: name of the file.
        line: of its start tag.
        table: inputs, rules and outputs.
        literal: whether it is a literal expression.
        policy: what to do when several rules fire.
        aggregation: for COLLECT, how the outputs become one number; empty for a list.
        result: the name under which decisions that require this one see its result.
        requires: ids of the decisions it needs, each with the name of its result.
        outputs: names of the outputs; a table with one output gives its value, one with several a context.
        defaults: expressions by output for when no rule fires.
        inputs: titles of the inputs, as shown in messages.
        lines: of the rules, for messages.
        rule_ids: ids of the rules.
    """

    id: str
    name: str
    source: str
    line: int
    table: Table
    literal: bool = False
    policy: HitPolicy = "UNIQUE"
    aggregation: Aggregation = ""
    result: str = ""
    requires: Mapping[str, str] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()
    rule_ids: tuple[str, ...] = ()

    @cached_property
    def names(self) -> frozenset[str]:
        """The variables it needs itself, beside the results of the decisions it requires."""
        return self.table.names - frozenset(self.requires.values())

    @property
    def gives_list(self) -> bool:
        """Whether the result is a list, one item for each rule that fires."""
        return self.policy in ("RULE ORDER", "OUTPUT ORDER") or (self.policy == "COLLECT" and not self.aggregation)
