"""An operation: a route with the models that check what comes in and shape what goes out.

It is said once, where the route stands; the description of the room is made from the same models.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Blueprint, Response, request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from engine.errors import Forbidden, Invalid, Problem
from web import once
from web.auth import current
from web.inbox import files
from web.security import takes_files

FIELD_LIMIT = 255
View = TypeVar("View", bound=Callable[..., "BaseModel | Response"])
_ADMINISTRATORS = "Only an administrator's token may do this, and none that is confined to a remit."
_UNREADABLE = "The request could not be read as JSON."
_NOT_FITTING = "The request does not fit what is described for this operation."
# What is wrong with one value, by the beginning of pydantic's name for it, in our words.
_SENTENCES = {
    "missing": "This is required.",
    "extra_forbidden": "There is no field of this name.",
    "string_type": "This must be text.",
    "int": "This must be a whole number.",
    "bool": "This must be true or false.",
    "dict": "This must be an object.",
    "model": "This must be an object.",
    "time_delta": "This must be a duration like PT1H or P3D.",
    "string_too_long": "This is too long.",
    "string_too_short": "This must not be empty.",
    "too_long": "These are too many.",
    "greater": "This number is too small.",
    "less": "This number is too large.",
    "literal_error": "This must be one of {expected}.",
}
_OTHERWISE = "This value cannot be used here."


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Attributes:
        method, rule: of the route, ``rule`` as Flask writes it, without the room's prefix.
        view: the function; its docstring describes the operation.
        answer: shape of the answer, sent with ``status``; None: the content of a file.
        body, query: models of what comes in.
        takes_file: what comes in is one file, and the key of a field.
        is_administrators: asks for an administrator's token, before anything that was sent is looked at.
        refusals: statuses with which it may be refused beside those that every operation knows.
    """

    method: str
    rule: str
    view: Callable[..., BaseModel | Response]
    answer: type[BaseModel] | None
    status: int
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    is_administrators: bool
    takes_file: bool
    refusals: tuple[int, ...]

    @property
    def is_keyed(self) -> bool:
        """Whether it takes the header Idempotency-Key: whatever changes something does."""
        return self.method == "POST"

    @property
    def name(self) -> str:
        """What clients call it: the function's name."""
        return self.view.__name__


class Room:
    """A blueprint under ``/api`` and the operations in it."""

    def __init__(self, name: str) -> None:
        self.blueprint = Blueprint(name, __name__, url_prefix=current.API)
        self.operations: list[Operation] = []

    def operation(
        self,
        method: str,
        rule: str,
        answer: type[BaseModel] | None,
        *,
        status: int = 200,
        body: type[BaseModel] | None = None,
        query: type[BaseModel] | None = None,
        is_administrators: bool = False,
        is_large: bool = False,
        takes_file: bool = False,
        refusals: tuple[int, ...] = (),
    ) -> Callable[[View], View]:
        """Make a function a route; it is handed ``body``, and ``asked`` (of the query) as far as declared; of a
        file its ``name``, its content as ``body``, and ``field``.

        Args:
            is_large: takes as much as an upload does, not just what a form holds.
        """

        def add(view: View) -> View:
            kinds = (is_administrators, takes_file)
            one = Operation(method, rule, view, answer, status, body, query, *kinds, refusals)
            self.operations.append(one)
            handler = takes_files(_handler(one)) if is_large or takes_file else _handler(one)
            self.blueprint.add_url_rule(rule, view.__name__, handler, methods=[method])
            return view

        return add


def _handler(one: Operation) -> Callable[..., Response]:
    def answer(**arguments: Any) -> Response:
        if one.is_administrators and not current.bearer().administrator:
            raise Forbidden(_ADMINISTRATORS)
        if one.body is not None:
            arguments["body"] = _checked(one.body.model_validate_json, request.get_data())
        if one.query is not None:
            arguments["asked"] = _checked(one.query.model_validate_strings, request.args.to_dict())
        if one.is_keyed:
            _check_key()
        if one.takes_file:
            arguments["name"], arguments["body"] = files.received()
            arguments["field"] = request.form.get("field", "")[:FIELD_LIMIT] or None
        made = one.view(**arguments)
        if isinstance(made, Response):
            return made
        return Response(made.model_dump_json(by_alias=True), one.status, mimetype="application/json")

    return answer


def _check_key() -> None:
    if len(request.headers.get(once.HEADER, "")) > once.LIMIT:
        raise Invalid(_NOT_FITTING, [Problem(once.HEADER, _SENTENCES["string_too_long"])])


def _checked(check: Callable[[Any], BaseModel], given: Any) -> BaseModel:
    """What was given, as the model has it.

    Raises:
        Invalid: with a problem for each fault.
    """
    try:
        return check(given)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
    if any(fault["type"] == "json_invalid" for fault in faults):
        raise Invalid(_UNREADABLE)
    raise Invalid(_NOT_FITTING, [_problem(fault) for fault in faults])


def _problem(fault: ErrorDetails) -> Problem:
    known = next((sentence for name, sentence in _SENTENCES.items() if fault["type"].startswith(name)), _OTHERWISE)
    context = fault.get("ctx", {})
    params = {"expected": context["expected"]} if "expected" in context else {}
    return Problem(".".join(str(part) for part in fault["loc"]), known, params)
