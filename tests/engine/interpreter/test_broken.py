"""Diagrams with parts missing, doubled or mixed up: refused by name, or run without any other error."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from engine.bpmn import diagram
from engine.bpmn.finding import Finding
from engine.errors import DiagramInvalid, Invalid
from engine.interpreter import compile as compiled
from tests.engine.interpreter.building import text
from tests.engine.interpreter.growing import grow
from tests.engine.interpreter.playing import Case
from tests.engine.interpreter.test_random import available, family

KEPT = ("id", "targetNamespace")


@given(st.integers(min_value=0, max_value=2**32), st.integers(min_value=1, max_value=6))
def test_a_broken_diagram_is_refused_by_name_or_runs_without_any_other_error(seed: int, faults: int) -> None:
    chance, grown = Random(seed), grow(seed)
    root = etree.fromstring(text(*grown.parts).encode())
    for _ in range(faults):
        damage(root, chance)
    try:
        processes = diagram.read(etree.tostring(root)).processes
        specs = [compiled(process) for process in processes.values()]
    except DiagramInvalid as refused:
        assert refused.problems
        assert all(isinstance(problem, Finding) and str(problem) for problem in refused.problems)
        return
    for spec in specs:
        try:
            case = Case(spec, grown.variables)
        except Invalid as told:
            assert "start" in str(told)
            continue
        for _ in range(20):
            actions = [action for member in family(case) if member.ended is None for action in available(member)]
            if not actions:
                break
            chance.choice(actions)()


def damage(root: etree._Element, chance: Random) -> None:
    """One fault: a part gone, an attribute gone or another's, a part moved or with another tag."""
    parts = [part for part in root.iter() if part is not root and part.getparent() is not None]
    if not parts:
        return
    part, other = chance.choice(parts), chance.choice(parts)
    kind = chance.choice(["gone", "attribute", "value", "moved", "tag"])
    holder = part.getparent()
    names = [str(name) for name in part.attrib if name not in KEPT]
    if kind == "gone" and holder is not None:
        holder.remove(part)
    elif kind == "attribute" and names:
        del part.attrib[chance.choice(names)]
    elif kind == "value" and names:
        part.set(chance.choice(names), chance.choice([*map(str, other.attrib.values()), "", "0", "true", "=x"]))
    elif kind == "moved" and not any(each is other for each in part.iter()):
        other.append(part)
    elif kind == "tag":
        part.tag = other.tag
