"""From a DMN file to decisions. All faults are told at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast, get_args

from lxml import etree

from engine.bpmn.finding import Finding
from engine.dmn.document import child, children, line_of, parse, tag_of, text_of
from engine.dmn.model import Aggregation, Decision, HitPolicy
from engine.dmn.words import unknown
from engine.errors import DiagramInvalid
from engine.feel import Column, Rule, Table, body

TYPES = frozenset(
    {
        "",
        "Any",
        "string",
        "boolean",
        "number",
        "integer",
        "long",
        "double",
        "date",
        "time",
        "dateTime",
        "dayTimeDuration",
        "yearMonthDuration",
    }
)
_TYPE_NAMES = {
    "date and time": "dateTime",
    "days and time duration": "dayTimeDuration",
    "years and months duration": "yearMonthDuration",
}


def read(xml: bytes, source: str) -> dict[str, Decision]:
    """Every decision of a file, by id.

    Args:
        xml: the file's content, DMN 1.2 to 1.5.
        source: its name, for messages.

    Raises:
        DiagramInvalid: with a finding for each fault: element, line, what to do.
    """
    return dict(_decisions(xml, source))


@lru_cache(maxsize=256)
def _decisions(xml: bytes, source: str) -> dict[str, Decision]:
    """Read once: a file that many processes share is frozen with each of them."""
    return _Reader(parse(xml, source), source).read()


class _Reader:
    """Reads one file and collects what is wrong with it."""

    def __init__(self, root: etree._Element, source: str) -> None:
        self.root = root
        self.source = source
        self.findings: list[Finding] = list(unknown(root, source))
        self.elements = {str(each.get("id")): each for each in children(root, "decision") if each.get("id")}
        self.inputs = {each.get("id") for each in children(root, "inputData")}

    def read(self) -> dict[str, Decision]:
        self._ids()
        decisions = {key: self._decision(key, element) for key, element in self.elements.items()}
        self._circles(decisions)
        if not decisions:
            self.fault(self.root, "dmn-table", "The file holds no decision.", "Draw one.")
        if self.findings:
            found = sorted(self.findings, key=lambda each: each.line)
            raise DiagramInvalid("The decisions in {source} cannot be run.", found, source=self.source)
        return decisions

    def fault(self, element: etree._Element, rule: str, message: str, advice: str, **params: Any) -> None:
        named: etree._Element | None = element
        while named is not None and not named.get("id"):
            named = named.getparent()
        where = "" if named is None else str(named.get("id"))
        line = line_of(element)
        self.findings.append(Finding(where, message, params, rule=rule, source=self.source, line=line, help=advice))

    def _ids(self) -> None:
        count = Counter(str(each.get("id")) for each in self.root.iter() if each.get("id") and tag_of(each))
        for element in children(self.root, "decision"):
            key = str(element.get("id") or "")
            if not key:
                self.fault(element, "dmn-reference", "A decision has no id.", "Give it one.")
            elif count[key] > 1:
                self.fault(element, "dmn-reference", "The id {id} is used twice.", "Rename one of them.", id=key)

    def _decision(self, id: str, element: etree._Element) -> Decision:
        name = element.get("name") or id
        requires = self._requires(element)
        table, literal = child(element, "decisionTable"), child(element, "literalExpression")
        if (table is None) == (literal is None):
            advice = "Give it one decision table or one literal expression."
            self.fault(element, "dmn-table", "The decision {name} has nothing to decide by.", advice, name=name)
        common: dict[str, Any] = {
            "id": id,
            "name": name,
            "source": self.source,
            "line": line_of(element),
            "result": self._result(id, element),
            "requires": requires,
        }
        if table is not None:
            return self._table(table, common)
        return self._literal(element, literal, common)

    def _result(self, id: str, element: etree._Element) -> str:
        variable = child(element, "variable")
        return (variable.get("name") if variable is not None else None) or id

    def _requires(self, element: etree._Element) -> dict[str, str]:
        found = {}
        for requirement in children(element, "informationRequirement"):
            for each in requirement:
                href = str(each.get("href") or "")
                target = href.removeprefix("#")
                if tag_of(each) == "requiredDecision" and target in self.elements and href.startswith("#"):
                    found[target] = self._result(target, self.elements[target])
                elif not (tag_of(each) == "requiredInput" and target in self.inputs):
                    message = "It requires {href}, which is not in this file."
                    advice = "Put all decisions that require each other into one file, or delete the requirement."
                    self.fault(each, "dmn-reference", message, advice, href=href[:200])
        return found

    def _circles(self, decisions: Mapping[str, Decision]) -> None:
        """Refuses decisions that require themselves in the end."""
        done: set[str] = set()

        def visit(id: str, path: tuple[str, ...]) -> None:
            if id in path:
                circle = " → ".join((*path[path.index(id) :], id))
                message = "These decisions require each other in a circle: {circle}."
                self.fault(self.elements[id], "dmn-reference", message, "Delete one requirement.", circle=circle)
            elif id not in done:
                for required in decisions[id].requires:
                    visit(required, (*path, id))
                done.add(id)

        for key in decisions:
            visit(key, ())

    def _literal(self, element: etree._Element, literal: etree._Element | None, common: dict[str, Any]) -> Decision:
        text = body(text_of(literal))
        variable = child(element, "variable")
        typed = literal if literal is not None and literal.get("typeRef") else variable
        column = Column("", "" if typed is None else self._type(typed))
        if literal is not None and not text:
            self.fault(literal, "dmn-table", "The expression is empty.", "Write one.")
        return Decision(
            **common,
            table=Table((), (column,), (Rule((), (text,)),), first=True),
            literal=True,
            policy="FIRST",
            outputs=(common["result"],),
            lines=(common["line"],),
            rule_ids=("",),
        )

    def _table(self, table: etree._Element, common: dict[str, Any]) -> Decision:
        inputs, outputs = list(children(table, "input")), list(children(table, "output"))
        rules = list(children(table, "rule"))
        policy, aggregation = self._policy(table, outputs)
        names = self._outputs(table, outputs)
        return Decision(
            **common,
            table=Table(
                tuple(self._input(each) for each in inputs),
                tuple(Column("", self._type(each), text_of(child(each, "outputValues"))) for each in outputs),
                tuple(self._rule(each, len(inputs), len(outputs)) for each in rules),
                first=policy == "FIRST",
            ),
            policy=policy,
            aggregation=aggregation,
            outputs=names,
            defaults=self._defaults(dict(zip(names, outputs, strict=True))),
            inputs=tuple(each.get("label") or text_of(child(each, "inputExpression")) for each in inputs),
            lines=tuple(line_of(each) for each in rules),
            rule_ids=tuple(each.get("id") or "" for each in rules),
        )

    def _policy(self, table: etree._Element, outputs: list[etree._Element]) -> tuple[HitPolicy, Aggregation]:
        policy, aggregation = table.get("hitPolicy") or "UNIQUE", table.get("aggregation") or ""
        if policy not in get_args(HitPolicy):
            advice = "Use one of {known}."
            known = ", ".join(get_args(HitPolicy))
            self.fault(table, "dmn-table", "There is no hit policy {policy}.", advice, policy=policy[:40], known=known)
        if aggregation not in get_args(Aggregation) or (aggregation and policy != "COLLECT"):
            advice = "SUM, MIN, MAX and COUNT go with COLLECT."
            message = "The aggregation {aggregation} cannot be used here."
            self.fault(table, "dmn-table", message, advice, aggregation=aggregation[:40])
        if aggregation in ("SUM", "MIN", "MAX") and len(outputs) != 1:
            message = "{aggregation} needs exactly one output."
            self.fault(table, "dmn-table", message, "Make it one table for each.", aggregation=aggregation)
        ordered = policy in ("PRIORITY", "OUTPUT ORDER")
        if ordered and not any(text_of(child(each, "outputValues")) for each in outputs):
            message = "{policy} needs allowed values for an output: their order is the priority."
            self.fault(table, "dmn-table", message, "List them, the most important first.", policy=policy)
        return cast(HitPolicy, policy), cast(Aggregation, aggregation)

    def _input(self, element: etree._Element) -> Column:
        expression = child(element, "inputExpression")
        text = body(text_of(expression))
        if not text:
            self.fault(element, "dmn-table", "An input has no expression.", "Write one, or delete the column.")
        kind = "" if expression is None else self._type(expression)
        return Column(text, kind, text_of(child(element, "inputValues")))

    def _outputs(self, table: etree._Element, outputs: list[etree._Element]) -> tuple[str, ...]:
        if not outputs:
            self.fault(table, "dmn-table", "The table has no output.", "Add an output column.")
        names = tuple(each.get("name") or "" for each in outputs)
        for element, name in zip(outputs, names, strict=True):
            if len(outputs) > 1 and (not name or names.count(name) > 1):
                message = "One of several outputs has no name of its own."
                self.fault(element, "dmn-table", message, "Give every output another name.")
        return names

    def _defaults(self, outputs: Mapping[str, etree._Element]) -> dict[str, str]:
        found = {name: body(text_of(child(each, "defaultOutputEntry"))) for name, each in outputs.items()}
        return {name: text for name, text in found.items() if text}

    def _rule(self, element: etree._Element, inputs: int, outputs: int) -> Rule:
        when = tuple(text_of(each) for each in children(element, "inputEntry"))
        then = tuple(body(text_of(each)) for each in children(element, "outputEntry"))
        if (len(when), len(then)) != (inputs, outputs):
            message = "The rule has {cells} cells; the table has {columns} columns."
            params = {"cells": len(when) + len(then), "columns": inputs + outputs}
            self.fault(element, "dmn-table", message, "Add or delete cells so that each column has one.", **params)
        return Rule(when, then)

    def _type(self, element: etree._Element) -> str:
        written = str(element.get("typeRef") or "").removeprefix("feel:")
        kind = _TYPE_NAMES.get(written, written)
        if kind not in TYPES:
            known = ", ".join(sorted(TYPES - {""}))
            message, advice = "There is no type {type}.", "Use one of {known}."
            self.fault(element, "dmn-table", message, advice, type=written[:80], known=known)
        return kind
