"""Times that can be read: ISO 8601, or FEEL that is worked out when the timer is set."""

from __future__ import annotations

from collections.abc import Callable

from engine.bpmn import times
from engine.bpmn.lint.sheet import Place, Sheet
from engine.bpmn.model import EventDefinition

_EXAMPLES = {"timeDate": "2026-04-01T09:00:00+08:00", "timeDuration": "P10D", "timeCycle": "R3/PT1H"}

_READABLE: dict[str, Callable[[str], bool]] = {
    "timeDate": times.is_date,
    "timeDuration": times.is_duration,
    "timeCycle": times.is_cycle,
}


def must(sheet: Sheet) -> None:
    """Rules timer-text and cycle-zero, for timers, due dates and how long messages are kept."""
    for place in sheet.places:
        for event in place.element.events:
            if event.kind == "timer":
                _timer(sheet, place, event)
            if event.ttl is not None:
                _text(sheet, place, "timeToLive", event.ttl, "timeDuration")
        schedule = place.element.schedule
        for where, text in (
            () if schedule is None else (("dueDate", schedule.due), ("followUpDate", schedule.follow_up))
        ):
            if text is not None:
                _text(sheet, place, where, text, "timeDate")


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
    if _text(sheet, place, form, text, form) and form == "timeCycle" and not (_is_feel(text) or times.comes(text)):
        sheet.error(
            place,
            "cycle-zero",
            "The cycle {text} of {id} never comes, or comes without pause.",
            "Write how often (R3/…, or R/… without end) and a pause of {shortest} second at least.",
            text=text,
            id=place.id,
            shortest=times.SHORTEST,
        )


def _text(sheet: Sheet, place: Place, where: str, text: str, form: str) -> bool:
    """Whether a time can be read; if not, that is noted."""
    readable = _is_feel(text) or _READABLE[form](text)
    if not readable:
        sheet.error(
            place,
            "timer-text",
            "{where} of {id} is {text}, which is no time.",
            "Write it like {example}, or as a FEEL expression that begins with =.",
            where=where,
            id=place.id,
            text=text[:100],
            example=_EXAMPLES[form],
        )
    return readable


def _is_feel(text: str) -> bool:
    return text.startswith("=")
