"""Every rule has a page, and what the page calls wrong and right is so."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from engine.bpmn import diagram, lint
from engine.bpmn.finding import Finding
from engine.bpmn.lint import Surroundings
from engine.errors import DiagramInvalid, Problem
from engine.interpreter import validating
from tests.engine.bpmn import drawing

ROOT = Path(__file__).parents[4]
PAGES = {page.stem: page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs" / "lint").glob("*.md"))}
# Judged where files are released, beside what is judged of one diagram.
ELSEWHERE = {"catalog-missing": {"error"}, "schema-broken": {"warning"}}
WITHOUT_EXAMPLE = {"too-large", "catalog-missing", "task-for-nobody"}
AROUND = Surroundings(
    roles={"Team head": "team", "Unit head": "unit", "Office": None},
    groups={"TL"},
    forms={"approve_leave": ("decision",), "sign_request": ("sign",), "sign_answer": ("sign",)},
    signatures={"sign_request": ("sign",), "sign_answer": ("sign",)},
    decisions={"rate"},
    processes={"ask_unit": ()},
    deadlines={"D14"},
    connectors={"notify"},
    work=lambda _, headers, __: [Problem(f"header {key}", "Nobody reads it.") for key in headers if key == "colour"],
    remits={"p": {"teamId": "team"}},
    given={"p": ("subject",)},
)
BESIDE = ("message", "signal", "error", "escalation", "dataStore")


@cache
def rules() -> dict[str, set[str]]:
    """Rule -> the severities with which the code notes it."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "engine" / "bpmn").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            name = (
                called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
            )
            if not isinstance(node, ast.Call) or name not in ("error", "warning", "_refused", "refused"):
                continue
            texts = (item.value for item in node.args if isinstance(item, ast.Constant) and isinstance(item.value, str))
            code = next((text for text in texts if re.fullmatch(r"[a-z]+(-[a-z]+)*", text)), None)
            if code is not None:
                found[code].add("warning" if name == "warning" else "error")
    return {**found, **ELSEWHERE}


def example(page: str, heading: str) -> bytes:
    """The example below a heading, as a whole file."""
    text = re.search(rf"\n## {heading}\n\n```xml\n(.*?)\n```", page, re.DOTALL)
    assert text is not None
    body = text[1]
    if re.match(r"<\?xml|<!DOCTYPE|<html|<definitions", body):
        return body.encode()
    if "<bpmn:process" in body:
        return drawing.file(body)
    top = "".join(
        re.findall(rf"(?ms)^<bpmn:(?:{'|'.join(BESIDE)}) [^>]*?/>$|^<bpmn:message .*?^</bpmn:message>$", body)
    )
    for piece in re.findall(rf"(?ms)^<bpmn:(?:{'|'.join(BESIDE)}) [^>]*?/>$|^<bpmn:message .*?^</bpmn:message>$", body):
        body = body.replace(piece, "")
    return drawing.process(body, top)


def found(xml: bytes) -> tuple[Finding, ...]:
    try:
        read = diagram.read(xml)
        return (*lint.check(read, AROUND), *validating.check(read))
    except DiagramInvalid as refused:
        return tuple(problem for problem in refused.problems if isinstance(problem, Finding))


def test_every_rule_has_a_page_and_every_page_a_rule() -> None:
    assert set(PAGES) == set(rules())


@pytest.mark.parametrize("rule", PAGES)
def test_a_page_says_what_why_and_what_to_do(rule: str) -> None:
    page = PAGES[rule]
    said = re.match(rf"# {rule}\n\n\*([A-Z][a-z]+)(?: or ([a-z]+))?\.\* \S", page)
    assert said is not None
    assert {word.lower() for word in said.groups() if word} == rules()[rule]
    headings = re.findall(r"^## (.*)$", page, re.MULTILINE)
    examples = [] if rule in WITHOUT_EXAMPLE else ["Wrong", "Right"]
    assert headings == ["Why", *examples, "What to do"]


@pytest.mark.parametrize("rule", sorted(set(PAGES) - WITHOUT_EXAMPLE))
def test_what_a_page_calls_wrong_and_right_is_so(rule: str) -> None:
    assert rule in {finding.rule for finding in found(example(PAGES[rule], "Wrong"))}
    right = found(example(PAGES[rule], "Right"))
    lanes = {"task-without-lane"}  # most examples leave lanes out
    assert rule not in {finding.rule for finding in right}
    assert not [str(each) for each in right if each.severity == "error" and each.rule not in lanes]
