"""Times that can be read: ISO 8601, or FEEL that is worked out when the timer is set."""

from __future__ import annotations

import re
from datetime import date, datetime

from engine.bpmn.lint.sheet import Place, Sheet
from engine.bpmn.model import EventDefinition

_DURATION = re.compile(
    r"P(?=.)(?P<y>\d+Y)?(?P<mo>\d+M)?(?P<d>\d+D)?(T(?=.)(?P<h>\d+H)?(?P<mi>\d+M)?(?P<s>\d+(\.\d+)?S)?)?|P(?P<w>\d+W)",
    re.IGNORECASE,
)
_CYCLE = re.compile(r"R(?P<times>\d*)/(?P<first>[^/]+)(?:/(?P<every>[^/]+))?", re.IGNORECASE)
_EXAMPLES = {"timeDate": "2026-04-01T09:00:00+08:00", "timeDuration": "P10D", "timeCycle": "R3/PT1H"}


def check(sheet: Sheet) -> None:
    """Rules timer-text and cycle-zero, for timers, due dates and how long messages are kept."""
    for place in sheet.places:
        for event in place.element.events:
            if event.kind == "timer":
                _timer(sheet, place, event)
            if event.ttl is not None:
                _text(sheet, place, "timeToLive", event.ttl, is_duration(event.ttl), _EXAMPLES["timeDuration"])
        schedule = place.element.schedule
        for where, text in (
            () if schedule is None else (("dueDate", schedule.due), ("followUpDate", schedule.follow_up))
        ):
            if text is not None:
                _text(sheet, place, where, text, is_date(text), _EXAMPLES["timeDate"])


def _timer(sheet: Sheet, place: Place, event: EventDefinition) -> None:
    form, text = event.time_form, event.expression
    if form is None or text is None:
        sheet.error(place, "timer-text", "The timer {id} has no time.", "Write a date, duration or cycle.", id=place.id)
        return
    if place.element.tag == "startEvent" and place.host is None and form == "timeDuration":
        sheet.error(
            place,
            "timer-text",
            "{id} is to start an instance after a time, but there is nothing it could be counted from.",
            "Write a date or a cycle.",
            id=place.id,
        )
    readable = {"timeDate": is_date, "timeDuration": is_duration, "timeCycle": is_cycle}[form](text)
    _text(sheet, place, form, text, readable, _EXAMPLES[form])
    if form == "timeCycle" and readable and not text.startswith("="):
        found = _CYCLE.fullmatch(text.strip())
        every = "" if found is None else found["every"] or found["first"]
        if found is not None and (found["times"].strip("0") == "" != found["times"] or not re.search("[1-9]", every)):
            sheet.error(
                place,
                "cycle-zero",
                "The cycle {text} of {id} never comes, or comes without pause.",
                "Write how often (R3/…, or R/… without end) and a pause that is not zero.",
                text=text,
                id=place.id,
            )


def _text(sheet: Sheet, place: Place, where: str, text: str, readable: bool, example: str) -> None:
    if not readable:
        sheet.error(
            place,
            "timer-text",
            "{where} of {id} is {text}, which is no time.",
            "Write it like {example}, or as a FEEL expression that begins with =.",
            where=where,
            id=place.id,
            text=text[:100],
            example=example,
        )


def is_date(text: str) -> bool:
    """A date, a date and time, or FEEL."""
    if text.startswith("="):
        return True
    try:
        datetime.fromisoformat(text.strip()) if "T" in text.upper() else date.fromisoformat(text.strip())
    except ValueError:
        return False
    return True


def is_duration(text: str) -> bool:
    """An ISO 8601 duration in whole units (seconds may have a fraction), or FEEL."""
    return text.startswith("=") or _DURATION.fullmatch(text.strip()) is not None


def is_cycle(text: str) -> bool:
    """``R3/PT1H``, ``R/2026-04-01T09:00:00/P1D``, or FEEL."""
    if text.startswith("="):
        return True
    found = _CYCLE.fullmatch(text.strip())
    if found is None or "=" in text:
        return False
    return (
        is_duration(found["first"])
        if found["every"] is None
        else is_date(found["first"]) and is_duration(found["every"])
    )
