"""Every route of the room, gathered."""

from __future__ import annotations

from typing import cast

from flask import Flask
from flask.blueprints import BlueprintSetupState

from web import db, navigation
from web.inbox import (
    actions,
    cases,
    entries,
    files,
    first_steps,
    late,
    lists,
    phrases,
    sheets,
    signing,
    speech,
    start,
    tasks,
)
from web.inbox.room import bp

__all__ = ["bp"]

ROUTES = (actions, cases, entries, files, first_steps, late, lists, phrases, sheets, start, tasks)


@bp.record_once
def _set_up(state: BlueprintSetupState) -> None:
    app = cast(Flask, state.app)
    navigation.count_with(app, lists.unread)
    with app.app_context():
        db.runtime().confirms = signing.confirms
    app.jinja_env.filters.update(told=speech.told, said=speech.said, filesize=speech.size, counting=speech.counting)
    app.jinja_env.globals.update(
        listed=speech.listed,
        numbered=speech.numbered,
        value_kind=speech.kind,
        value_plain=speech.plain,
        value_signed=speech.signed,
        reasons=speech.REASONS,
        commands_for_many=first_steps.MANY,
    )
