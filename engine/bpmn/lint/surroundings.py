"""What is around a diagram that it may name: roles, forms, decisions, other processes, deadlines, connectors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from engine.bpmn.model import Diagram, Process
from engine.errors import Problem

# type of a connector, its headers, the names of its inputs -> what is wrong; ``where`` names the header or input
Work = Callable[[str, Mapping[str, str], Sequence[str]], Iterable[Problem]]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a diagram may refer to. ``None`` means that it is not known, and then nothing is judged by it.

    Attributes:
        roles: title of a role (the name of a lane) -> kind of its remit; ``None`` for the whole office.
        groups: keys of roles, as ``candidateGroups`` names them.
        forms: ids of forms, or id -> names of its fields (which are what a submission writes).
        signatures: id of a form -> names of its fields that are signed.
        decisions: ids of decisions, or id -> names that it reads.
        processes: ids of processes that can be called, or id -> ids of the processes they call.
        deadlines: keys of deadline rules.
        connectors: types of connectors, or type -> names of what it gives back.
        work: what is wrong with the headers and inputs of a service task.
        protected: names that no diagram may write, because they decide who sees what.
        remits: per process, variable -> kind of remit. The variables are protected in that process.
        given: per process, the names that it gets at its start beside its remits and the fields of its start form
            (named by its plain start event, or of the id of that event or of the process); see `handed_over`.
        unattended: process -> what begins it without a person, or calls it then, where whoever starts an instance does
            its tasks; see `begun_by_nobody`.
        functions: names that every expression may use, beside those of FEEL itself.
    """

    roles: Mapping[str, str | None] | None = None
    groups: Collection[str] | None = None
    forms: Mapping[str, Collection[str]] | Collection[str] | None = None
    signatures: Mapping[str, Collection[str]] = field(default_factory=dict)
    decisions: Mapping[str, Collection[str]] | Collection[str] | None = None
    processes: Mapping[str, Collection[str]] | Collection[str] | None = None
    deadlines: Collection[str] | None = None
    connectors: Mapping[str, Collection[str]] | Collection[str] | None = None
    work: Work | None = None
    protected: Collection[str] = ()
    remits: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    given: Mapping[str, Collection[str]] | None = None
    unattended: Mapping[str, str] = field(default_factory=dict)
    functions: Collection[str] = ()

    def fields(self, form: str) -> Collection[str] | None:
        """The names that a form writes; ``None`` if not known."""
        return self.forms.get(form) if isinstance(self.forms, Mapping) else None

    def results(self, connector: str) -> Collection[str] | None:
        """The names that a connector gives back; ``None`` if not known."""
        return self.connectors.get(connector) if isinstance(self.connectors, Mapping) else None

    def asked(self, decision: str) -> Collection[str]:
        """The names that a decision reads, as far as they are known."""
        return self.decisions.get(decision, ()) if isinstance(self.decisions, Mapping) else ()

    def guarded(self, process: str) -> frozenset[str]:
        """The names that nothing in that process may write."""
        return frozenset(self.protected) | frozenset(self.remits.get(process, ()))


def handed_over(diagrams: Iterable[Diagram]) -> dict[str, frozenset[str]]:
    """Process -> the names that the call activities of these diagrams give it, for `Surroundings.given`.

    Every process of the diagrams is named: one that nobody calls gets nothing that way.
    """
    found: dict[str, set[str]] = {}
    for diagram in diagrams:
        for process in diagram.processes.values():
            found.setdefault(process.id, set())
            for _, element in process.walk():
                if element.called is not None and not element.called.process.startswith("="):
                    names = found.setdefault(element.called.process, set())
                    names.update(mapping.target for mapping in element.inputs)
    return {key: frozenset(names) for key, names in found.items()}


def begun_by_nobody(diagrams: Iterable[Diagram]) -> dict[str, str]:
    """Process -> what begins it without a person: a message, signal or timer, or the call of a process begun so."""
    processes = {process.id: process for diagram in diagrams for process in diagram.processes.values()}
    found: dict[str, str] = {}
    waiting = [(key, start) for key, process in processes.items() for start in _event_starts(process)]
    while waiting:
        key, why = waiting.pop()
        if key in processes and key not in found:
            found[key] = why
            called = [(element.called, element.id) for _, element in processes[key].walk()]
            waiting += [(each.process, identity) for each, identity in called if each is not None]
    return found


def _event_starts(process: Process) -> list[str]:
    members = process.scope.elements.values()
    return [each.id for each in members if each.instantiate or (each.tag == "startEvent" and each.events)][:1]
