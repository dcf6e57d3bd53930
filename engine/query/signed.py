"""Signatures that stand in a case, as people read them: who, of which organisation, for whom, when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine import clock
from engine.form import Form
from engine.query.titles import Title


@dataclass(frozen=True, slots=True)
class Signed:
    """One signature.

    Attributes:
        person: None where the directory knows nobody by that key.
        organisation: that they belong to.
        on_behalf_of: for whom they acted.
        digest: of what was signed.
    """

    person: Title | None
    organisation: Title | None
    on_behalf_of: Title | None
    at: datetime
    digest: str


def read(value: Any, titles: Mapping[tuple[str, str], Title]) -> Signed | None:
    """A signature's value; None where it is none.

    Args:
        titles: by source and key, as ``titles.Names`` knows them.
    """
    if not isinstance(value, Mapping) or not value.get("person"):
        return None
    at = value.get("at")
    moment = clock.instant(at) if isinstance(at, int) else datetime.fromisoformat(at) if isinstance(at, str) else at
    if not isinstance(moment, datetime):
        return None
    person = titles.get(("person", str(value["person"])))
    other = titles.get(("person", str(value.get("onBehalfOf"))))
    within = None if person is None else person.within
    return Signed(person, within, other, moment, str(value.get("digest") or ""))


def standing(
    form: Form | None, values: Mapping[str, Any], closed_at: int | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a page gives the form's fields, and the signatures that it tells apart from them.

    A field that is to be signed gets nothing, whatever stands under its name: that is a signature of before, of this
    step or another. Once the step is done it shows the one that was made with it, and no later one.

    Args:
        values: of the form's names, as far as the reader may see them.
        closed_at: when the step was done; None while it is not.

    Returns:
        The values to fill in, and every signature by the key of its field.
    """
    if form is None:
        return {}, {}
    signatures = {each.key: values[each.key] for each in form.fields if each.type == "signature" and each.key in values}
    given = form.unsigned(values)
    given |= {key: signatures[key] for key in form.signatures & signatures.keys() if _was(signatures[key], closed_at)}
    return given, signatures


def _was(value: Any, closed_at: int | None) -> bool:
    at = value.get("at") if isinstance(value, Mapping) else None
    return closed_at is not None and isinstance(at, datetime) and clock.micros(at) == closed_at
