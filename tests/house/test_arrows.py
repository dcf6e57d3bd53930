"""Who may import whom. Each rule is also shown a file that breaks it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

import pytest

from engine.evidence import covered
from tests.house.sources import Source, committed, python, resolve, said

DOOR = ("engine/interpreter", "bench/floor.py")  # the bench measures what SpiffWorkflow costs alone
WORDS = (
    "engine.actor",
    "engine.canonical",
    "engine.clock",
    "engine.errors",
    "engine.evidence.noted",
    "engine.filetype",
    "engine.ident",
    "engine.pinyin",
    "engine.schema",
    "engine.searching",
    "engine.terms",
    "engine.unpacking",
)
PURE = ("engine.bpmn", "engine.calendar", "engine.dmn", "engine.feel", "engine.form", "engine.interpreter")
STATE = (
    "engine.access",
    "engine.database",
    "engine.history",
    "engine.instance",
    "engine.policy",
    "engine.revisions",
    "engine.writing",
)
COMMANDS = (
    "engine.arriving",
    "engine.assembly",
    "engine.attachment",
    "engine.children",
    "engine.comment",
    "engine.connecting",
    "engine.draft",
    "engine.incident",
    "engine.migration",
    "engine.opening",
    "engine.query",
    "engine.release",
    "engine.task",
    "engine.worker",
)
# An identifier begins with the time, so that rows made together lie together; nothing is decided by it.
CLOCKS = ("engine/clock.py", "engine/ident.py")
TRANSACTION = "engine/database.py"
# Where what people have handed in stands, and who reads it from there.
VALUES = frozenset(
    {"variable", "fact", "sealed", "event", "register_entry", "entry_fact", "comment", "attachment", "attachment_body"}
)
WRITING = frozenset({"insert", "update", "delete", "inserting"})
EVIDENCE = frozenset(f"schema.{table.name}" for table in covered.chained())
BEFORE_CHAINS = {"engine/database.py": "makes the tables, and tries whether a write would get through"}
# Who may see, take and be told is asked of engine/access; these write down what it is asked of, or have a reason.
RIGHTS = frozenset({"authority", "candidate", "reader", "exclusion"})
KEEPERS = {
    "engine/grant.py": "gives and takes",
    "engine/instance.py": "writes down who reads a case",
    "engine/circulating.py": "lays a case open to more readers",
    "engine/writing/facts.py": "writes down whom a task is offered to",
    "engine/writing/gone.py": "takes away what was offered",
    "engine/task.py": "looks at the offers that it has just written",
    "engine/enrolling.py": "tells an administrator what somebody who leaves is alone to do",
    "engine/query/performers.py": "says in words whom a task was offered to",
    "engine/query/rights.py": "shows an administrator who holds what",
    "engine/history.py": "compares what was offered with the story",
    "engine/query/waiting.py": "walks along what is offered, and asks access of what it finds",
    "web/demo.py": "says which roles the cast of a demonstration has",
}
READERS = ("engine.variables", "engine.history", "engine.sealing", "engine.evidence.standing")
NOW = {"now", "utcnow", "today"}


def of(name: str, places: tuple[str, ...]) -> bool:
    """Whether a dotted name lies in one of these modules or packages."""
    return any(name == place or name.startswith(f"{place}.") for place in places)


def one_door(source: Source) -> Iterator[str]:
    """SpiffWorkflow is imported by the interpreter and by nothing else."""
    for each in source.imports:
        if of(each.module, ("SpiffWorkflow",)) and not source.within(*DOOR):
            yield f"{source.path}:{each.line} imports {each.module}; only {DOOR[0]} may"


def engine_alone(source: Source) -> Iterator[str]:
    """The engine knows no web."""
    for each in source.imports:
        if source.within("engine") and of(
            each.module, ("web", "flask", "flask_babel", "flask_wtf", "werkzeug", "jinja2")
        ):
            yield f"{source.path}:{each.line} imports {each.module}; the engine knows no web"


def data_is_data(source: Source) -> Iterator[str]:
    """Processes are data: nobody imports them."""
    for each in source.imports:
        if of(each.module, ("processes",)):
            yield f"{source.path}:{each.line} imports {each.module}; processes are data"


def downwards(source: Source) -> Iterator[str]:
    """Commands stand on instance and history, these on pure modules, these on words."""
    rules = ((WORDS, WORDS), (PURE, PURE + WORDS), (STATE, None))
    for each in source.imports:
        if each.is_type or not of(each.module, ("engine",)) or each.module == "engine":
            continue
        for room, allowed in rules:
            if not of(source.module, room):
                continue
            bad = not of(each.module, allowed) if allowed else of(each.module, COMMANDS)
            whole = each.module.removeprefix("engine.") in ("", *(place.removeprefix("engine.") for place in WORDS))
            if bad and not whole:
                yield f"{source.path}:{each.line} imports {each.module}, which stands above it"


def no_database_in_pure(source: Source) -> Iterator[str]:
    """Reading, judging and running a diagram touch no database."""
    for each in source.imports:
        if of(source.module, PURE) and of(each.module, ("sqlalchemy", "psycopg", "sqlite3", "engine.database")):
            yield f"{source.path}:{each.line} imports {each.module}; pure modules touch no database"


def one_clock(source: Source) -> Iterator[str]:
    """Below the web, one module asks what time it is."""
    if not source.within("engine") or source.path in CLOCKS:
        return
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name | ast.Attribute):
            continue
        owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
        if (node.attr in NOW and owner in ("datetime", "date")) or (
            owner == "time" and node.attr in ("time", "time_ns")
        ):
            yield f"{source.path}:{node.lineno} asks {owner}.{node.attr}; the command's clock says what time it is"


def one_commit(source: Source) -> Iterator[str]:
    """Below the web, transactions are ended where they are begun."""
    if not source.within("engine") or source.path == TRANSACTION:
        return
    for node in ast.walk(source.tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("commit", "rollback")
        ):
            yield f"{source.path}:{node.lineno} calls {node.func.attr}(); only {TRANSACTION} ends a transaction"


def values_by_one_way(source: Source) -> Iterator[str]:
    """What people have handed in reaches a page through the engine, and there only past ``access``."""
    tables = [
        (node.lineno, f"schema.{node.attr}")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and node.attr in VALUES and getattr(node.value, "id", "") == "schema"
    ]
    read = tables + [(each.line, each.module) for each in source.imports if of(each.module, READERS)]
    if source.within("web"):
        for line, what in read:
            yield f"{source.path}:{line} reads {what}; pages are given what access has let through"
    elif source.within("engine/query") and not _asks_access(source):
        for line, what in read:
            yield f"{source.path}:{line} reads {what} and asks neither access.shown, access.shows nor access.visible"


def rights_by_one_answer(source: Source) -> Iterator[str]:
    """Who may see, take and be told of something is asked of ``engine/access``, never of the tables themselves."""
    # Evidence compares the rows with what was written down of them; it answers nobody's question.
    inside = source.within("engine/access", "engine/evidence", "engine/revisions") or source.path == "engine/schema.py"
    if inside or source.path in KEEPERS or not source.within("engine", "web"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr in RIGHTS and getattr(node.value, "id", "") == "schema":
            yield f"{source.path}:{node.lineno} reads schema.{node.attr}; engine/access says who may"


def evidence_is_noted(source: Source) -> Iterator[str]:
    """Who writes, changes or takes away rows that are evidence also writes them behind their chain."""
    inside = source.within("engine/evidence", "engine/revisions", "bench")
    if inside or source.path in BEFORE_CHAINS:
        return
    calls = [(_called(node), node) for node in ast.walk(source.tree) if isinstance(node, ast.Call)]
    noted = {ast.unparse(node.args[1]) for name, node in calls if name == "note" and len(node.args) > 1}
    for name, node in calls:
        table = ast.unparse(node.args[0]) if name in WRITING and node.args else ""
        if table in EVIDENCE and table not in noted:
            yield f"{source.path}:{node.lineno} writes {table} and never calls chain.note for it"


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _asks_access(source: Source) -> bool:
    called = (node.func for node in ast.walk(source.tree) if isinstance(node, ast.Call))
    return any(isinstance(each, ast.Attribute) and each.attr in ("shown", "shows", "visible") for each in called)


RULES = (
    one_door,
    engine_alone,
    data_is_data,
    downwards,
    no_database_in_pure,
    one_clock,
    one_commit,
    values_by_one_way,
    rights_by_one_answer,
    evidence_is_noted,
)


def circles(imports: Mapping[str, frozenset[str]]) -> list[str]:
    """Modules that import one another, each circle written as a path."""
    found: list[str] = []
    done: set[str] = set()

    def walk(module: str, path: tuple[str, ...]) -> None:
        if module in path:
            found.append(" → ".join((*path[path.index(module) :], module)))
        elif module not in done:
            for each in sorted(imports.get(module, ())):
                walk(each, (*path, module))
            done.add(module)

    for module in sorted(imports):
        walk(module, ())
    return found


def graph(*sources: Source) -> dict[str, frozenset[str]]:
    """Which module imports which, types aside."""
    modules = frozenset(each.module for each in sources)
    return {
        source.module: frozenset(
            target
            for each in source.imports
            if not each.is_type and (target := resolve(each.module, modules)) and target != source.module
        )
        for source in sources
    }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_imports_and_calls_go_one_way(rule: object) -> None:
    assert said(rule, python("engine", "web", "bench")) == []


def test_no_modules_import_one_another() -> None:
    assert circles(graph(*python("engine", "web"))) == []


def test_processes_hold_no_python() -> None:
    assert [name for name in committed() if name.startswith("processes/") and name.endswith(".py")] == []


BAD = (
    (one_door, "engine/task.py", "def f():\n    from SpiffWorkflow.task import Task"),
    (one_door, "web/cli.py", "import SpiffWorkflow"),
    (engine_alone, "engine/task.py", "from flask import g"),
    (engine_alone, "engine/bpmn/diff.py", "from web import db"),
    (data_is_data, "web/demo.py", "import processes.demo"),
    (downwards, "engine/errors.py", "from engine import history"),
    (downwards, "engine/form.py", "from engine.task import complete"),
    (downwards, "engine/instance.py", "from engine import task"),
    (downwards, "engine/bpmn/lint/reach.py", "from ... import policy"),
    (no_database_in_pure, "engine/interpreter/steps.py", "from sqlalchemy import select"),
    (one_clock, "engine/task.py", "from datetime import datetime\nx = datetime.now()"),
    (one_clock, "engine/task.py", "import datetime\nx = datetime.datetime.utcnow()"),
    (one_clock, "engine/job.py", "import time\nx = time.time()"),
    (one_commit, "engine/task.py", "def f(connection):\n    connection.commit()"),
    (values_by_one_way, "web/inbox/cases.py", "from engine import schema\nquery = select(schema.variable)"),
    (values_by_one_way, "web/api/showing.py", "from engine import history"),
    (values_by_one_way, "engine/query/late.py", "from engine import schema\nquery = select(schema.fact.c.value)"),
    (
        rights_by_one_answer,
        "engine/query/late.py",
        "from engine import schema\nquery = select(schema.authority.c.role)",
    ),
    (rights_by_one_answer, "web/inbox/late.py", "from engine import schema\nclosed = schema.exclusion.alias()"),
    (
        evidence_is_noted,
        "engine/late.py",
        "connection.execute(update(schema.comment))\nchain.note(connection, schema.notice, keys, actor)",
    ),
)
GOOD = (
    (one_door, "engine/interpreter/steps.py", "from SpiffWorkflow.task import Task"),
    (downwards, "engine/form.py", "from engine import errors, feel\nfrom engine.errors import Invalid"),
    (
        downwards,
        "engine/instance.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from engine import task",
    ),
    (one_clock, "engine/clock.py", "from datetime import datetime\nx = datetime.now()"),
    (one_commit, "engine/database.py", "def f(connection):\n    connection.commit()"),
    (
        values_by_one_way,
        "engine/query/late.py",
        "from engine import access, schema\nfound = access.shown(actor, seen, read(schema.fact))",
    ),
    (rights_by_one_answer, "engine/access/late.py", "from engine import schema\nquery = select(schema.reader)"),
    (values_by_one_way, "web/auth/session.py", "from engine import schema\nquery = select(schema.session)"),
    (
        evidence_is_noted,
        "engine/late.py",
        "inserting(schema.comment).run(connection, rows)\nchain.note(connection, schema.comment, keys, actor)",
    ),
    (evidence_is_noted, "engine/late.py", "connection.execute(delete(schema.draft))"),
)


@pytest.mark.parametrize(("rule", "path", "text"), BAD, ids=lambda value: getattr(value, "__name__", None))
def test_a_file_that_breaks_the_rule_is_named(rule: object, path: str, text: str) -> None:
    (sentence,) = said(rule, [Source(path, text)])
    assert sentence.startswith(f"{path}:")


@pytest.mark.parametrize(("rule", "path", "text"), GOOD, ids=lambda value: getattr(value, "__name__", None))
def test_a_file_that_keeps_the_rule_is_left_alone(rule: object, path: str, text: str) -> None:
    assert said(rule, [Source(path, text)]) == []


def test_a_circle_is_written_as_a_path() -> None:
    first, second = (
        Source("engine/a.py", "from engine import b"),
        Source("engine/b.py", "def f():\n    import engine.a"),
    )
    assert circles(graph(first, second)) == ["engine.a → engine.b → engine.a"]
