"""Evaluating: as few calls to V8 as can be, every answer remembered for one command."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from engine import canonical
from engine.calendar import Calendar
from engine.errors import Invalid
from engine.feel import isolate
from engine.feel.sentences import failed
from engine.feel.syntax import body, read_all
from engine.feel.table import Fired, Table
from engine.feel.values import Value, from_wire, text, to_wire

CONTEXT_LIMIT = 256 * 1024
"""Characters of JSON that the values for one call may take."""
COMMAND_SECONDS = 5.0
"""How long all expressions of one command may take together: meanwhile others wait for what it has locked."""

_CALENDAR_YEARS = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,6})?")
_STRING = re.compile(r'"([^"\\\n]*)"')
_WORDS: dict[str, Value] = {"true": True, "false": False, "null": None}


class _Ask(NamedTuple):
    """What V8 is asked: an expression, or whether a cell holds for an input; with the values of its names, as JSON."""

    text: str
    input: str | None
    values: tuple[tuple[str, str], ...]

    @property
    def wired(self) -> str:
        return f"[{_quoted(self.text)}]" if self.input is None else f"[{_quoted(self.text)},{self.input}]"


_quoted = lru_cache(maxsize=20_000)(canonical.text)


@dataclass(frozen=True, slots=True)
class _Failure:
    code: str
    params: Mapping[str, Any]


class Evaluator:
    """Evaluates FEEL for one command; not to be shared between threads.

    Args:
        now: what ``now()`` and ``today()`` answer.
        zone: IANA name of the installation's zone: local dates and times are read in it.
        calendar: for the functions on working days; without it they fail.

    Attributes:
        calls: how often V8 was asked for values.
    """

    def __init__(self, now: datetime, zone: str, calendar: Calendar | None = None) -> None:
        self.now = now
        self.zone = zone
        self.calendar = calendar
        self.calls = 0
        self._spent = 0.0
        self._memo: dict[_Ask, Any] = {}
        self._begin = ""

    def evaluate(self, expressions: Sequence[str], context: Mapping[str, Value]) -> list[Value]:
        """The values of `expressions`; all that are not known yet go to V8 in one call.

        Args:
            expressions: with or without a leading ``=``.
            context: the variables; one that is there as ``None`` is null, one that is missing is an error where it is
                used.

        Raises:
            ExpressionFailed: for the first expression that cannot be read, warns, stops or gives something that is not
                a value.
        """
        asks = self._asks(expressions, context)
        self._answer(asks)
        return [self._value(expression, ask) for expression, ask in zip(expressions, asks, strict=True)]

    def decide(self, expressions: Sequence[str], context: Mapping[str, Value]) -> list[bool]:
        """As ``evaluate``, for conditions: anything but true and false is an error, null too."""
        found = []
        for expression, value in zip(expressions, self.evaluate(expressions, context), strict=True):
            if not isinstance(value, bool):
                raise failed(body(expression), "undecided", {"value": text(value, self.zone)[:80]})
            found.append(value)
        return found

    def prefetch(self, expressions: Iterable[str], context: Mapping[str, Value]) -> None:
        """Learn values in one call, so that later questions need none; what goes wrong comes up only when asked for."""
        self._answer(self._asks(list(expressions), context))

    def unary(self, cells: Sequence[tuple[str, Value]], context: Mapping[str, Value]) -> list[bool]:
        """Whether each cell of a decision table holds for its input value."""
        values = _Wired(context)
        readings = read_all((cell for cell, _ in cells), unary=True)
        asks: list[_Ask | None] = []
        for (cell, value), reading in zip(cells, readings, strict=True):
            plain = cell.strip() in ("", "-")
            asks.append(None if plain else _Ask(body(cell), canonical.text(to_wire(value)), values.of(reading.names)))
        self._answer(asks)
        return [ask is None or bool(self._value(cell, ask)) for (cell, _), ask in zip(cells, asks, strict=True)]

    def table(self, table: Table, context: Mapping[str, Value]) -> list[Fired]:
        """The rules of a decision table that fire, in its order; one call.

        Raises:
            ExpressionFailed: an input, a cell or an output has no answer or not of its type; ``where`` among its
                parameters names the
                place (``{"rule": 0, "input": 1}``, from 0).
        """
        ask = _Ask(table.key, None, _Wired(context).of(table.names))
        if ask not in self._memo:
            self.calls += 1
            request = self._request(ask.values, f'"do":"table","table":"{table.key}"')
            size = len(table.rules) * (len(table.inputs) + len(table.outputs))
            needs = {table.key: f'{{"do":"keep","key":"{table.key}","table":{table.json}}}', **self._calendar()[1]}
            self._memo[ask] = self._call(request, 1.0 + 0.005 * size, needs)[0]
        answer = self._memo[ask]
        if "code" in answer:
            where = answer.get("where") or {}
            at = {name: place for name, place in where.items() if name != "text"}
            raise failed(where.get("text", ""), answer["code"], {**answer["params"], "where": at})
        return [Fired(rule, tuple(from_wire(each) for each in outputs)) for rule, outputs in answer["value"]]

    def _asks(self, expressions: Sequence[str], context: Mapping[str, Value]) -> list[_Ask | None]:
        bodies = [body(expression) for expression in expressions]
        values = _Wired(context)
        readings = iter(read_all(each for each in bodies if not _is_literal(each)))
        return [None if _is_literal(each) else _Ask(each, None, values.of(next(readings).names)) for each in bodies]

    def _value(self, expression: str, ask: _Ask | None) -> Value:
        if ask is None:
            return _literal(body(expression))
        known = self._memo[ask]
        if isinstance(known, _Failure):
            raise failed(ask.text, known.code, known.params)
        return from_wire(known)

    def _answer(self, asks: Iterable[_Ask | None]) -> None:
        missing = list(dict.fromkeys(ask for ask in asks if ask is not None))
        for ask in missing:
            for name in (name for name, value in ask.values if value == _UNUSABLE):
                self._memo[ask] = _Failure("value", {"name": name})
        self._fetch([ask for ask in missing if ask not in self._memo])

    def _fetch(self, asks: list[_Ask]) -> None:
        """One call for all; one each where together they are too much, so that nobody pays for another's expression."""
        if not asks:
            return
        values = tuple(dict(pair for ask in asks for pair in ask.values).items())
        answers: list[dict[str, Any]]
        request = self._request(values, f'"do":"run","ask":[{",".join(ask.wired for ask in asks)}]')
        if len(request) > CONTEXT_LIMIT + sum(len(ask.wired) for ask in asks) + 1000:
            answers = [{"code": "too-large", "params": {"limit": CONTEXT_LIMIT}}]
        else:
            self.calls += 1
            seconds = isolate.SECONDS if len(asks) > 1 else 4 * isolate.SECONDS
            answers = self._call(request, seconds + 0.005 * len(asks), self._calendar()[1])
        if len(answers) == len(asks):
            for ask, answer in zip(asks, answers, strict=True):
                self._memo[ask] = answer["value"] if "value" in answer else _Failure(answer["code"], answer["params"])
        else:
            for ask in asks:
                self._fetch([ask])

    def _call(self, request: str, seconds: float, needs: Mapping[str, str]) -> list[dict[str, Any]]:
        if self._spent > COMMAND_SECONDS:
            return [{"code": "time-together", "params": {"limit": COMMAND_SECONDS}}]
        wall, worked = time.monotonic(), time.process_time()
        try:
            return isolate.call(request, seconds, needs)
        except isolate.Stopped as stopped:
            return [{"code": stopped.code, "params": {}}]
        finally:
            self._spent += min(time.monotonic() - wall, time.process_time() - worked)

    def _request(self, values: Iterable[tuple[str, str]], what: str) -> str:
        context = ",".join(f"{_quoted(name)}:{value}" for name, value in values)
        return f'{{{self._head()},"context":{{{context}}},{what}}}'

    def _head(self) -> str:
        """What every request of this command begins with."""
        if not self._begin:
            millis = (self.now - _EPOCH) // timedelta(milliseconds=1)
            self._begin = (
                f'"now":{millis},"zone":{canonical.text(self.zone)},"calendar":{canonical.text(self._calendar()[0])}'
            )
        return self._begin

    def _calendar(self) -> tuple[str | None, dict[str, str]]:
        """The key under which V8 keeps the working days, and how they get there."""
        if self.calendar is None:
            return None, {}
        first, last = self.now.year - _CALENDAR_YEARS, self.now.year + _CALENDAR_YEARS
        return _kept_calendar(self.calendar, first, last)


_UNUSABLE = ""


class _Wired:
    """Variables as JSON, each written once, and only those that are asked for."""

    def __init__(self, context: Mapping[str, Value]) -> None:
        self._context = context
        self._texts: dict[str, str] = {}

    def of(self, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
        return tuple((name, self._text(name)) for name in sorted(names) if name in self._context)

    def _text(self, name: str) -> str:
        if name not in self._texts:
            try:
                self._texts[name] = canonical.text(to_wire(self._context[name]))
            except Invalid:
                self._texts[name] = _UNUSABLE
        return self._texts[name]


def _is_literal(text: str) -> bool:
    return text in _WORDS or bool(_NUMBER.fullmatch(text) or _STRING.fullmatch(text))


def _literal(text: str) -> Value:
    """The value of an expression so plain that V8 need not be asked."""
    if text in _WORDS:
        return _WORDS[text]
    return text[1:-1] if text.startswith('"') else from_wire(json.loads(text))


_calendars: dict[tuple[int, int, int], tuple[Calendar, str, dict[str, str]]] = {}


def _kept_calendar(calendar: Calendar, first: int, last: int) -> tuple[str, dict[str, str]]:
    known = _calendars.get((id(calendar), first, last))
    if known is None or known[0] is not calendar:
        exceptions = {day.isoformat(): works for day, works in calendar.exceptions(first, last).items()}
        days = json.dumps({"first": first, "last": last, "days": exceptions}, sort_keys=True)
        key = "calendar/" + hashlib.sha256(days.encode()).hexdigest()[:24]
        if len(_calendars) > 100:
            _calendars.clear()
        _calendars[id(calendar), first, last] = known = (
            calendar,
            key,
            {key: f'{{"do":"keep","key":"{key}","calendar":{days}}}'},
        )
    return known[1], known[2]
