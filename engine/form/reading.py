"""From form-js JSON to a form. What the server could not check is refused by name, all at once."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from engine import feel
from engine.errors import Invalid, Problem
from engine.form.judging import judge
from engine.form.model import Field, Form, Option

MAX_BYTES = 500_000
MAX_COMPONENTS = 500
MAX_DEPTH = 10

_SHOWN = frozenset({"text", "separator", "spacer", "table"})
_FIELDS = frozenset(
    {
        "textfield",
        "textarea",
        "number",
        "checkbox",
        "select",
        "radio",
        "checklist",
        "taglist",
        "datetime",
        "expression",
        "entry",
        "grid",
        "files",
        "signature",
    }
)
_COLUMNS = _FIELDS - {"expression", "grid", "signature"}
_REFUSED = {
    "html": "Use a text.",
    "iframe": "Use a text with what people must know.",
    "image": "Use a text.",
    "documentPreview": "Use a field for files.",
    "button": "The page has its own buttons.",
    "filepicker": "Use a field of type files.",
    "dynamiclist": "Use a field of type grid.",
}
_RULES = frozenset(
    {
        "required",
        "min",
        "max",
        "minLength",
        "maxLength",
        "pattern",
        "patternErrorMessage",
        "validationType",
    }
)
_TEXTS = frozenset({"textfield", "textarea"})
_CHOICES = frozenset({"select", "radio", "checklist", "taglist"})
_KEY = re.compile(r"[^\W\d]\w*")
_TEMPLATE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


def read(content: bytes, source: str = "") -> Form:
    """A form-js schema.

    Args:
        content: JSON.
        source: name of the file, for messages.

    Raises:
        Invalid: with a problem for each fault; its ``where`` is the component's id or key.
    """
    if len(content) > MAX_BYTES:
        raise _unreadable(
            source, "The file has {size} bytes; {limit} is the limit.", size=len(content), limit=MAX_BYTES
        )
    try:
        schema = json.loads(content)
    except (ValueError, RecursionError):
        raise _unreadable(source, "The file is not JSON.") from None
    if not isinstance(schema, dict) or not isinstance(schema.get("components", []), list):
        raise _unreadable(source, "The file is not a form: it has no list of components.")
    reader = _Reader()
    fields = tuple(reader.components(schema.get("components", []), (), 0))
    reader.together(fields)
    form = Form(source, schema, fields, tuple(reader.shown))
    problems = [*reader.problems, *judge(form)]
    if problems:
        raise Invalid("The form {source} cannot be used.", problems, source=source)
    return form


def _unreadable(source: str, message: str, **params: Any) -> Invalid:
    return Invalid("The form {source} cannot be read.", [Problem("", message, params)], source=source)


class _Reader:
    """Reads components and collects what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.shown: list[str] = []
        self._count = 0

    def fault(self, component: Mapping[str, Any], message: str, **params: Any) -> None:
        where = str(component.get("key") or component.get("id") or component.get("label") or "")[:200]
        self.problems.append(Problem(where, message, params))

    def components(self, components: Any, hide: tuple[str, ...], depth: int) -> Iterator[Field]:
        for component in components if isinstance(components, list) else []:
            self._count += 1
            if not isinstance(component, dict) or self._count > MAX_COMPONENTS or depth > MAX_DEPTH:
                message = "A form has at most {limit} components, at most {depth} deep in one another, each an object."
                self.problems.append(Problem("", message, {"limit": MAX_COMPONENTS, "depth": MAX_DEPTH}))
                return
            yield from self._component(component, hide, depth)

    def _component(self, component: Mapping[str, Any], hide: tuple[str, ...], depth: int) -> Iterator[Field]:
        kind = component.get("type")
        within = (*hide, *self._hidden(component))
        if kind == "group":
            if component.get("path"):
                self.fault(component, "A group cannot have a path. Delete it: fields are named by their keys.")
            yield from self.components(component.get("components", []), within, depth + 1)
        elif kind in _SHOWN:
            self._show(component)
        elif kind in _FIELDS:
            yield self.field(component, within)
        else:
            advice = _REFUSED.get(str(kind), "Use one of {known}.")
            known = ", ".join(sorted(_FIELDS | _SHOWN | {"group"}))
            self.fault(
                component, "A component of type {type} is not run here. " + advice, type=str(kind)[:40], known=known
            )

    def _hidden(self, component: Mapping[str, Any]) -> tuple[str, ...]:
        conditional = component.get("conditional")
        hide = conditional.get("hide") if isinstance(conditional, dict) else None
        return (feel.body(hide),) if isinstance(hide, str) and hide.strip() else ()

    def _show(self, component: Mapping[str, Any]) -> None:
        for text in (component.get("text"), component.get("dataSource")):
            if isinstance(text, str):
                self.shown += [feel.body(text)] if text.startswith("=") else _in_template(text)

    def field(self, component: Mapping[str, Any], hide: tuple[str, ...], column: bool = False) -> Field:
        kind, key = str(component["type"]), str(component.get("key") or "")
        if not _KEY.fullmatch(key) or key.startswith("__") or len(key) > 100:
            self.fault(component, "A key is a word of letters, digits and _; it is not “{key}”.", key=key[:100])
        options = self._options(component) if kind in _CHOICES else None
        return Field(
            key=key,
            type=kind,
            label=str(component.get("label") or component.get("dateLabel") or component.get("timeLabel") or ""),
            subtype=self._subtype(component) if kind == "datetime" else "",
            hide=hide,
            fixed=self._fixed(component),
            rules=self._rules(component, kind),
            options=options,
            choices="" if options is not None else self._choices(component),
            digits=self._digits(component),
            step=self._step(component),
            not_past=component.get("disallowPassedDates") is True,
            formula=self._formula(component) if kind == "expression" else "",
            multiple=component.get("multiple") is True,
            source=self._source(component) if kind == "entry" else "",
            accept=str(component.get("accept") or ""),
            statement=str(component.get("statement") or ""),
            columns=self._columns(component) if kind == "grid" and not column else (),
        )

    def _fixed(self, component: Mapping[str, Any]) -> bool | str:
        for name in ("disabled", "readonly"):
            value = component.get(name)
            if value is True or (isinstance(value, str) and value.strip()):
                return feel.body(value) if isinstance(value, str) else True
        return False

    def _rules(self, component: Mapping[str, Any], kind: str) -> dict[str, Any]:
        written = component.get("validate") or {}
        if not isinstance(written, dict):
            self.fault(component, "Its rules are not an object.")
            return {}
        for name in written.keys() - _RULES:
            self.fault(component, "There is no rule “{name}”.", name=str(name)[:40])
        for name in ("pattern", "minLength", "maxLength"):
            if name in written and kind not in _TEXTS:
                self.fault(component, "The rule “{name}” goes with text fields only.", name=name)
        for name in ("min", "max"):
            if name in written and kind != "number":
                self.fault(component, "The rule “{name}” goes with numbers only.", name=name)
        rules = {name: each for name, each in written.items() if name in _RULES and each not in (None, "", False)}
        for name in rules.keys() & {"min", "max", "minLength", "maxLength"}:
            if not _is_limit(rules[name]):
                self.fault(component, "The rule “{name}” is neither a number nor an expression.", name=name)
        if rules.pop("validationType", "custom") not in ("custom", "email"):
            self.fault(component, "Only e-mail addresses have a check of their own. Use a pattern.")
        elif written.get("validationType") == "email":
            rules["email"] = True
        return rules

    def _options(self, component: Mapping[str, Any]) -> tuple[Option, ...] | None:
        values = component.get("values")
        if values is None and (component.get("valuesExpression") or component.get("valuesKey")):
            return None
        if not isinstance(values, list) or not values:
            self.fault(component, "It has no choices.")
            return ()
        found = []
        for each in values:
            value = each.get("value") if isinstance(each, dict) else None
            if not isinstance(value, str | int | float | bool):
                self.fault(component, "A choice has no value.")
            else:
                found.append(Option(value, str(each.get("label", value))))
        if len({feel.dump(each.value) for each in found}) < len(found):
            self.fault(component, "Two choices have the same value.")
        return tuple(found)

    def _choices(self, component: Mapping[str, Any]) -> str:
        return feel.body(str(component.get("valuesExpression") or component.get("valuesKey") or ""))

    def _subtype(self, component: Mapping[str, Any]) -> str:
        subtype = str(component.get("subtype") or "date")
        if subtype not in ("date", "time", "datetime"):
            self.fault(component, "It is neither a date nor a time nor both, but “{subtype}”.", subtype=subtype[:40])
        if subtype == "time" and component.get("timeSerializingFormat", "no_timezone") != "no_timezone":
            self.fault(component, "A time of day has no zone. Choose the time format without one.")
        return subtype

    def _digits(self, component: Mapping[str, Any]) -> int | None:
        digits = component.get("decimalDigits")
        if digits is None:
            return None
        if not isinstance(digits, int) or isinstance(digits, bool) or not 0 <= digits <= 10:
            self.fault(component, "The number of decimal digits is not between 0 and 10.")
            return None
        return digits

    def _step(self, component: Mapping[str, Any]) -> float:
        if component.get("serializeToString"):
            self.fault(component, "A number is kept as a number. Switch off its output as text.")
        step = component.get("increment") or 0
        try:
            found = float(step)
        except (TypeError, ValueError):
            found = -1.0
        if not (math.isfinite(found) and found >= 0):
            self.fault(component, "The increment is not a number above 0.")
            return 0
        return found

    def _formula(self, component: Mapping[str, Any]) -> str:
        formula = feel.body(str(component.get("expression") or ""))
        if not formula:
            self.fault(component, "It has no expression.")
        return formula

    def _source(self, component: Mapping[str, Any]) -> str:
        source = component.get("source")
        if not isinstance(source, str) or not source:
            self.fault(component, "It does not say whose keys it takes. Set “source”, for instance to person.")
            return ""
        return source

    def _columns(self, component: Mapping[str, Any]) -> tuple[Field, ...]:
        columns = component.get("columns")
        if not isinstance(columns, list) or not columns:
            self.fault(component, "It has no columns.")
            return ()
        found = []
        for column in columns:
            self._count += 1
            kind = column.get("type") if isinstance(column, dict) else None
            if kind not in _COLUMNS:
                known = ", ".join(sorted(_COLUMNS))
                self.fault(
                    component,
                    "A column cannot be of type {type}. Use one of {known}.",
                    type=str(kind)[:40],
                    known=known,
                )
                continue
            if self._hidden(column):
                self.fault(component, "A column cannot be hidden by a condition.")
            found.append(self.field(column, (), column=True))
        for key, count in Counter(each.key for each in found).items():
            if count > 1:
                self.fault(component, "Two columns have the key {key}.", key=key)
        for each in found:
            if each.expressions:
                self.fault(component, "The column {key} has an expression; columns have fixed rules.", key=each.key)
        return tuple(found)

    def together(self, fields: tuple[Field, ...]) -> None:
        for key, count in Counter(each.key for each in fields).items():
            if count > 1:
                self.problems.append(Problem(key, "Two fields have the key {key}.", {"key": key}))


def _is_limit(value: Any) -> bool:
    if isinstance(value, str) and not value.startswith("="):
        try:
            return math.isfinite(float(value))
        except ValueError:
            return False
    return isinstance(value, int | float | str) and not isinstance(value, bool)


def _in_template(text: str) -> list[str]:
    """Expressions in a text with ``{{…}}``; inside loops their names are those of the items."""
    found = []
    for inside in _TEMPLATE.findall(text):
        word = inside.strip()
        for mark in ("#if", "#loop"):
            word = word.removeprefix(mark).strip()
        if word and not word.startswith(("/", "#")):
            found.append(feel.body(word))
    return found
