"""What a connector is given, what it may answer, and how it declares itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from engine import feel, schema
from engine.actor import WHOLE_OFFICE
from engine.errors import EngineError, Problem

if TYPE_CHECKING:
    from engine.policy import Policy
    from engine.runtime import Command

Values = Mapping[str, feel.Value]


class BusinessError(EngineError):
    """The work cannot be done, for a reason that trying again does not mend; the diagram may catch it by its code.

    Attributes:
        code: of the BPMN error.
        variables: what the error event is given.
    """

    def __init__(self, code: str, message: str, variables: Values | None = None, **params: Any) -> None:
        super().__init__(message, **params)
        self.code = code
        self.variables = dict(variables or {})


@dataclass(frozen=True, slots=True)
class Work:
    """One service task's work.

    Attributes:
        headers: texts, as the diagram has them.
        inputs: what the diagram's input mappings give; nothing else of the instance is there.
        job_id: the idempotency key: the same one may come more than once.
    """

    command: Command
    instance_id: str
    element: str
    headers: Mapping[str, str]
    inputs: Values
    job_id: str

    def header(self, key: str, default: str = "") -> str:
        """A header, without blanks around it."""
        return self.headers.get(key, default).strip() or default

    def words(self, key: str) -> list[str]:
        """A header that lists words, separated by commas or blanks."""
        return [word for word in self.headers.get(key, "").replace(",", " ").split() if word]

    def text(self, name: str) -> str | None:
        """An input that is a key or another short text; None when it is not given.

        Raises:
            BusinessError: it is not text.
        """
        value = self.inputs.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            raise BusinessError("input", "Input {name} of {element} must be text.", name=name, element=self.element)
        return value.strip()

    def texts(self, name: str) -> list[str]:
        """An input that is a text or a list of texts; empty when it is not given."""
        value = self.inputs.get(name)
        if value is None:
            return []
        found = [value] if isinstance(value, str) else value
        if not isinstance(found, Sequence) or not all(isinstance(each, str) and each for each in found):
            sentence = "Input {name} of {element} must be text or a list of texts."
            raise BusinessError("input", sentence, name=name, element=self.element)
        return [str(each) for each in found]

    def moment(self, name: str) -> datetime | None:
        """An input that is a date and time, or a date, which stands for its first moment in the installation's zone."""
        value = self.inputs.get(name)
        if value is None or isinstance(value, datetime):
            return value
        if isinstance(value, date):
            return datetime.combine(value, time(), ZoneInfo(self.command.runtime.zone))
        raise BusinessError("input", "Input {name} of {element} must be a date.", name=name, element=self.element)

    def remits(self) -> dict[str, str]:
        """What the instance stands under, by kind: ``{"team": "team:T1"}``."""
        query = select(schema.remit.c.remit).where(schema.remit.c.instance_id == self.instance_id)
        return {remit.partition(":")[0]: remit for remit in self.command.connection.execute(query).scalars()}

    def remit(self, kind: str | None, name: str = "remit") -> str:
        """The remit of a kind that the work is done under: the instance's own, else the one whose key an input gives.

        Raises:
            BusinessError: there is neither, or the input names another than the instance's own: what another audience
                may see belongs into an instance of its own.
        """
        given = self.text(name)
        if kind is None:
            return WHOLE_OFFICE
        own = self.remits().get(kind)
        remit = own if given is None else f"{kind}:{given}"
        if remit is None:
            sentence = "{element} needs a {kind}, and its case stands under none. Give input {name}."
            raise BusinessError("remit", sentence, element=self.element, kind=kind, name=name)
        if own is not None and remit != own:
            sentence = "{element} is of another {kind} than its case."
            raise BusinessError("remit", sentence, element=self.element, kind=kind)
        return remit


Connector = Callable[[Work], Values]


@dataclass(frozen=True, slots=True)
class Declared:
    """One header or input.

    Attributes:
        what: a sentence for whoever draws the diagram.
        required: it must be there.
    """

    what: str
    required: bool = False


def _no_more(_headers: Mapping[str, str], _inputs: Sequence[str], _rules: Policy) -> list[Problem]:
    return []


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a connector takes and gives.

    Attributes:
        type: as ``zeebe:taskDefinition`` names it.
        what: a sentence.
        headers, inputs: by key.
        outputs: key → a sentence.
        free: inputs of other names are taken as well: columns, values of a pattern, filters.
        judge: what else can be judged before anything runs: that a register, role or list is there.
    """

    type: str
    what: str
    headers: Mapping[str, Declared] = field(default_factory=dict)
    inputs: Mapping[str, Declared] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    free: bool = False
    judge: Callable[[Mapping[str, str], Sequence[str], Policy], list[Problem]] = _no_more

    def problems(self, headers: Mapping[str, str], inputs: Sequence[str]) -> list[Problem]:
        """What is missing and what nobody reads; ``where`` is ``header <key>`` or ``input <key>``."""
        found = _compared("header", self.headers, [key for key in headers if headers[key].strip()], free=False)
        return found + _compared("input", self.inputs, inputs, free=self.free)

    def must_fit(self, work: Work) -> None:
        """Refuse work whose headers or inputs are not as declared.

        Raises:
            BusinessError: code ``headers``, with a sentence for the first fault.
        """
        found = self.problems(work.headers, list(work.inputs))
        if found:
            sentence = "{element} cannot be done: {fault}"
            raise BusinessError("headers", sentence, element=work.element, fault=str(found[0]))


def _compared(word: str, declared: Mapping[str, Declared], given: Sequence[str], *, free: bool) -> list[Problem]:
    missing = [
        Problem(f"{word} {key}", "It is missing: {what}", {"what": each.what})
        for key, each in declared.items()
        if each.required and key not in given
    ]
    params = {"known": ", ".join(declared) or "-"}
    unread = [
        Problem(f"{word} {key}", "Nobody reads this. Known: {known}.", params)
        for key in given
        if key not in declared and not free
    ]
    return missing + unread
