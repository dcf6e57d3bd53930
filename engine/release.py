"""From files to released definitions: read, judge, freeze what belongs together, give it a version."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from engine import (
    arriving,
    clock,
    connector,
    definition,
    dmn,
    feel,
    form,
    ident,
    interpreter,
    policy,
    schema,
    vocabulary,
)
from engine.bpmn import diagram, lint
from engine.bpmn.finding import Finding
from engine.database import unhurried
from engine.errors import DiagramInvalid, Invalid, NotFound, Problem
from engine.evidence import chain
from engine.evidence.unchanged import must_stand
from engine.interpreter import timer, validating
from engine.prepared import upsert

if TYPE_CHECKING:
    from engine.runtime import Command

SHARED = "_shared"
Files = Mapping[str, bytes]
Part = tuple[str, str, bytes]
_d = schema.definition.c


@dataclass(frozen=True, slots=True)
class Released:
    """What became of one process: ``changed`` is false where the newest version is the same to the byte."""

    id: str
    process_key: str
    version: int
    changed: bool
    warnings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class _Folder:
    """One diagram with what lies beside it."""

    path: str
    diagram: diagram.Diagram
    forms: dict[str, bytes] = field(default_factory=dict)
    decisions: dict[str, bytes] = field(default_factory=dict)
    known: dict[str, dmn.Decision] = field(default_factory=dict)


def release(command: Command, files: Files, *, plain: bool = False) -> list[Released]:
    """Release every executable process among the files; what has not changed keeps its version.

    Args:
        files: ``{path: bytes}``: ``<key>/<key>.bpmn`` with ``*.dmn`` and ``forms/*.json`` beside it,
            ``_shared/*.dmn`` for all,
            ``locales/<language>.toml``. Other files are not looked at.
        plain: without roles: lanes mean nothing, and every task is open to whoever started the instance.

    Raises:
        DiagramInvalid: with every fault of every file; nothing is released then.
    """
    unhurried(command.connection)
    folders = [_folder(files, path) for path in sorted(files) if path.endswith(".bpmn")]
    findings = _judge(command, folders, plain)
    faults = [f for f in findings if f.severity == "error"]
    if faults:
        raise DiagramInvalid("The diagrams cannot be released as they are.", faults)
    done: list[Released] = []
    locales = _locales(files)
    for folder in _callees_first(folders):
        for process in folder.diagram.processes.values():
            if process.executable:
                warnings = tuple(f for f in findings if f.source == folder.path)
                done.append(_release(command, folder, process, plain, locales.get(process.id, {}), warnings))
    return done


# ---- reading


def _folder(files: Files, path: str) -> _Folder:
    parent = PurePosixPath(path).parent
    made = _Folder(path, diagram.read(files[path], path))
    for other, body in files.items():
        at = PurePosixPath(other)
        if at.suffix == ".json" and at.parent in (parent / "forms", parent):
            made.forms[at.stem] = body
        elif at.suffix == ".dmn" and (at.parent == parent or at.parent.name == SHARED):
            made.decisions[other] = body
            made.known |= dmn.read(body, other)
    return made


def _locales(files: Files) -> dict[str, dict[str, dict[str, str]]]:
    """``{process: {language: {id: text}}}``, with the values that all processes share."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for path, body in files.items():
        at = PurePosixPath(path)
        if at.parent.name == "locales" and at.suffix == ".toml":
            tables = _words(path, body)
            for process, texts in tables.items():
                if process != "values":
                    values = {f"value.{k}": v for k, v in tables.get("values", {}).items()}
                    found.setdefault(process, {})[at.stem] = {**values, **texts}
    return found


def _words(path: str, body: bytes) -> dict[str, dict[str, str]]:
    """The tables of one file of translations, each of texts by id."""
    try:
        tables = tomllib.loads(body.decode())
    except ValueError as error:
        problems = [Problem(path, "This file is not TOML: {reason}.", {"reason": str(error)})]
    else:
        strange = [
            key
            for key, texts in tables.items()
            if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values())
        ]
        problems = [Problem(f"{path}.{key}", "This must be a table of texts.") for key in strange]
        if not problems:
            return tables
    raise DiagramInvalid("The translations cannot be released as they are.", problems)


def _callees_first(folders: Iterable[_Folder]) -> list[_Folder]:
    """Called processes before their callers, so that a caller can freeze which version it calls."""
    by_process = {p: f for f in folders for p in f.diagram.processes}
    ordered: list[_Folder] = []
    waiting: set[str] = set()

    def visit(folder: _Folder) -> None:
        if folder in ordered or folder.path in waiting:
            return
        waiting.add(folder.path)
        for process in folder.diagram.processes.values():
            for called in _calls(process):
                if called in by_process:
                    visit(by_process[called])
        ordered.append(folder)

    for folder in by_process.values():
        visit(folder)
    return ordered


def _calls(process: diagram.Process) -> Iterator[str]:
    for _, element in process.walk():
        if element.called is not None and not element.called.process.startswith("="):
            yield element.called.process


# ---- judging


def _judge(command: Command, folders: list[_Folder], plain: bool) -> list[Finding]:
    """Findings of every file, before anything is written."""
    rules, own = None if plain else command.rules, command.runtime.connectors
    processes = _calls_of_all(command, folders)
    findings: list[Finding] = []
    diagrams = [folder.diagram for folder in folders]
    given, unattended = lint.handed_over(diagrams), lint.begun_by_nobody(diagrams) if plain else {}
    for folder in folders:
        forms = _forms(folder)
        around = lint.Surroundings(
            forms={name: each.by_key.keys() for name, each in forms.items()},
            signatures={name: each.signatures for name, each in forms.items()},
            decisions={key: _read_by(key, folder.known) for key in folder.known},
            processes=processes,
            connectors={kind: declared.outputs for kind, declared in connector.known(own).items()},
            work=partial(connector.check, rules=rules, others=own),
            given=given,
            unattended=unattended,
            roles=None if rules is None else {role.title: role.remit for role in rules.roles.values()},
            groups=None if rules is None else frozenset(rules.roles),
            deadlines=None if rules is None else frozenset(rules.deadlines),
            remits={} if rules is None else {key: entry.remits for key, entry in rules.processes.items()},
        )
        found = lint.check(folder.diagram, around)
        if rules is not None:
            found = (*found, *_unlisted(folder, rules))
        told = {one.where for one in found if one.severity == "error"}
        found = (*found, *(one for one in validating.check(folder.diagram) if one.where not in told))
        findings += [replace(one, source=folder.path) for one in found]
        findings += [replace(one, source=folder.path) for each in folder.known.values() for one in dmn.check(each)]
    return findings


def _read_by(decision: str, known: Mapping[str, dmn.Decision]) -> frozenset[str]:
    """The names that a decision reads; none where it requires one that is not there, which is told elsewhere."""
    try:
        return dmn.names(decision, known)
    except NotFound:
        return frozenset()


def _calls_of_all(command: Command, folders: Iterable[_Folder]) -> dict[str, frozenset[str]]:
    """Every process that can be called, with what it calls itself."""
    released = command.connection.execute(select(_d.process_key).distinct()).scalars()
    found: dict[str, frozenset[str]] = {key: frozenset() for key in released}
    for folder in folders:
        for key, process in folder.diagram.processes.items():
            if process.executable:
                found[key] = frozenset(_calls(process))
    return found


def _unlisted(folder: _Folder, rules: policy.Policy) -> Iterator[Finding]:
    """A process that the catalogue does not know would be seen by nobody."""
    for process in folder.diagram.processes.values():
        if process.executable and process.id not in rules.processes:
            yield Finding(
                process.id,
                "The catalogue has no entry for process {process}.",
                {"process": process.id},
                rule="catalog-missing",
                line=process.line,
                help="Add it to catalog.toml: who may start and see it, and which variables are its remits.",
            )


def _forms(folder: _Folder) -> dict[str, form.Form]:
    """Every form by its name; one that cannot be read is a fault of the release."""
    problems: list[Problem] = []
    forms: dict[str, form.Form] = {}
    for name, body in folder.forms.items():
        try:
            forms[name] = form.read(body, name)
        except Invalid as error:
            found = error.problems or (Problem("", error.message, error.params),)
            problems += [replace(each, where=f"forms/{name}.json {each.where}".strip()) for each in found]
    if problems:
        raise DiagramInvalid("The forms cannot be released as they are.", problems)
    return forms


# ---- writing


def _release(
    command: Command,
    folder: _Folder,
    process: diagram.Process,
    plain: bool,
    locale: Mapping[str, Mapping[str, str]],
    warnings: tuple[Finding, ...],
) -> Released:
    parts = list(_parts(command, folder, process, locale))
    digest = definition.digest(parts)
    newest = command.connection.execute(
        select(_d.id, _d.version, _d.digest).where(_d.process_key == process.id).order_by(_d.version.desc()).limit(1)
    ).one_or_none()
    if newest is not None and newest.digest == digest:
        return Released(newest.id, process.id, newest.version, False, warnings)
    made, version = ident.new(), newest.version + 1 if newest else 1
    row = {
        "id": made,
        "process_key": process.id,
        "version": version,
        "name": process.name or process.id,
        "digest": digest,
        "plain": plain,
        "policy_version": None if plain else command.rules.version,
        "released_at": clock.micros(command.now),
        "released_by": command.actor.person,
    }
    command.connection.execute(insert(schema.definition), row)
    _keep(command, made, parts)
    said = vocabulary.rows(
        made, process.id, process.name or process.id, {(kind, name): body for kind, name, body in parts}
    )
    command.connection.execute(upsert(command.connection.dialect.name, schema.word, update=False), said)
    chain.note(command.connection, schema.definition, [made], command.actor)
    _listen(command, made, process)
    return Released(made, process.id, version, True, warnings)


def _parts(
    command: Command, folder: _Folder, process: diagram.Process, locale: Mapping[str, Mapping[str, str]]
) -> Iterator[Part]:
    """What is frozen: the diagram, forms of its tasks, decisions it reaches, versions it calls, its words in other
    languages."""
    yield "diagram", PurePosixPath(folder.path).name, folder.diagram.xml
    wanted = {e.form_id or e.id for _, e in process.walk()} | {process.id}
    for name, body in folder.forms.items():
        if name in wanted:
            yield "form", name, body
    for path, body in folder.decisions.items():
        if any(_reaches(folder, process, decision) for decision in dmn.read(body, path)):
            yield "decision", PurePosixPath(path).name, body
    for called in set(_calls(process)):
        callee = definition.latest(command, called)
        if callee is not None:
            yield "called", called, callee.id.encode()
    for language, texts in locale.items():
        yield "locale", language, json.dumps(texts, ensure_ascii=False, sort_keys=True).encode()


def _reaches(folder: _Folder, process: diagram.Process, decision: str) -> bool:
    asked = {e.decision.id for _, e in process.walk() if e.decision} | {
        e.properties["check"] for _, e in process.walk() if "check" in e.properties
    }
    reached: set[str] = set()
    while asked:
        name = asked.pop()
        if name in folder.known and name not in reached:
            reached.add(name)
            asked |= set(folder.known[name].requires)
    return decision in reached


def _keep(command: Command, definition_id: str, parts: list[Part]) -> None:
    digests = [(kind, name, hashlib.sha256(body).hexdigest(), body) for kind, name, body in parts]
    dialect = command.connection.dialect.name
    bodies = [{"digest": d, "body": body} for _, _, d, body in digests]
    command.connection.execute(upsert(dialect, schema.content, update=False), bodies)
    rows = [{"definition_id": definition_id, "kind": kind, "name": name, "digest": d} for kind, name, d, _ in digests]
    command.connection.execute(insert(schema.part), rows)


def _listen(command: Command, definition_id: str, process: diagram.Process) -> None:
    """The newest version is the one that messages, signals and timers start."""
    s, j = schema.start_event.c, schema.job.c
    mine, keys = s.process_key == process.id, schema.start_event.primary_key
    told = [tuple(row) for row in command.connection.execute(select(*keys).where(mine))]
    must_stand(command.connection, schema.start_event, told)
    command.connection.execute(delete(schema.start_event).where(mine))
    command.connection.execute(delete(schema.job).where(j.kind == "start_timer", j.element == process.id))
    for element, events in interpreter.compile(process).start_events.items():
        for arm, event in enumerate(events):
            name = None if event.name is None else str(_now(command, event.name))
            row = {
                "process_key": process.id,
                "element": element,
                "arm": arm,
                "definition_id": definition_id,
                "kind": event.kind,
                "name": name,
            }
            command.connection.execute(insert(schema.start_event), row)
            told.append((process.id, element, arm))
            if event.kind == "timer":
                when = _now(command, event.expression or "")
                schedule = timer.first(str(event.time_form), when, command.now, command.runtime.zone)
                arriving.arm(command, process.id, element, schedule)
    chain.note(command.connection, schema.start_event, told, command.actor)


def _now(command: Command, text: str) -> feel.Value:
    """The text itself, or what its FEEL comes to without any variable."""
    return command.evaluator.evaluate([feel.body(text)], {})[0] if text.startswith("=") else text


__all__ = ["Released", "release"]
