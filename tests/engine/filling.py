"""Forms for tests, written short."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine import form
from engine.errors import FormInvalid, Invalid
from engine.feel import Value
from engine.form import Form
from tests.engine.feeling import evaluator

Component = dict[str, Any]


def field(type: str, key: str = "x", **more: Any) -> Component:
    return {"type": type, "id": f"field_{key}", "key": key, "label": key, **more}


def content(*components: Component) -> bytes:
    return json.dumps({"type": "default", "schemaVersion": 18, "components": components}).encode()


def made(*components: Component) -> Form:
    return form.read(content(*components), "test.json")


def taken(asked: Form, outer: dict[str, Value] | None = None, **sent: Any) -> dict[str, Value]:
    """The typed values of a submission."""
    return form.check(asked, sent, outer or {}, evaluator())


def faults(asked: Form, outer: dict[str, Value] | None = None, **sent: Any) -> dict[str, str]:
    """Why a submission is refused: sentence by place."""
    with pytest.raises(FormInvalid) as refused:
        taken(asked, outer, **sent)
    return {each.where: each.message.format(**each.params) for each in refused.value.problems}


def refusals(*components: Component) -> list[str]:
    """Why a form is refused."""
    with pytest.raises(Invalid) as refused:
        made(*components)
    return [str(each) for each in refused.value.problems]
