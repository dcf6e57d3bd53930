"""What things are called, in the owner's words and in another language."""

from __future__ import annotations

import pytest

from engine import definition
from engine.query.wording import Wording
from tests.engine.query.hospital import Hospital


@pytest.mark.parametrize(
    ("language", "asked", "counted"), [("zh", "床位", "住院天数"), ("en", "床位", "Days"), ("fr", "床位", "days")]
)
def test_a_column_is_called_what_a_form_asks_for_else_by_a_name_of_its_own(
    hospital: Hospital, language: str, asked: str, counted: str
) -> None:
    with hospital.runtime.read() as view:
        latest = definition.latest(view, "stay")
        assert latest is not None
        says = Wording(definition.load(view, latest.id), language)
    assert (says.field_label("bed"), says.field_label("days")) == (asked, counted)
