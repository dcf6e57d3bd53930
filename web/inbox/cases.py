"""The page of one case, and the pieces that task pages share with it: diagram, story, comments and files."""

from __future__ import annotations

import json

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from engine import access, asking, comment
from engine.query import attached, instance_page, story, task_page, whereabouts
from web import db, i18n, once
from web.inbox import speech
from web.inbox.room import bp

STORY_PAGE = 30


@bp.get("/cases/<instance_id>", endpoint="case")
def show(instance_id: str) -> str:
    """One case."""
    with db.read() as view:
        page = instance_page.read(view, instance_id, i18n.language())
        says = speech.wording(view, page.definition_id)
        known = speech.gather(view, page.values, says)
        words = speech.Words(view)
        words.learn(each.definition_id for each in page.family)
    return render_template(
        "inbox/case.html",
        page=page,
        words=words,
        known=known,
        says=says,
        number=speech.number(page.columns),
        states=speech.STATES,
        reason_limit=asking.LIMIT,
    )


@bp.post("/cases/<instance_id>/asked")
def case_asked(instance_id: str) -> str:
    """What is shown on request, sealed values in the clear, for who may see it; that they looked is written down."""
    with db.write() as command:
        asking.ask(command, instance_id, request.form.get("reason", ""))
        values = instance_page.opened(command, instance_id, i18n.language())
        known = speech.gather(command, values)
        if values:
            access.record(command, "opened", instance_id, ", ".join(each.field.key for each in values))
    return render_template("inbox/_asked.html", values=values, known=known)


@bp.get("/cases/<instance_id>/story")
def case_story(instance_id: str) -> str:
    """A piece of the story: the latest lines, or those before ``before``."""
    before = request.args.get("before", "")
    technical = request.args.get("all") == "yes"
    with db.read() as view:
        page = story.read(
            view,
            instance_id,
            i18n.language(),
            before=int(before) if before.isdecimal() and len(before) < 10 else None,
            technical=technical,
            size=STORY_PAGE,
        )
        known = speech.gather(view, [shown for line in page.items for shown in line.values])
    later = url_for("inbox.case_story", instance_id=instance_id, before=page.next, all=request.args.get("all"))
    return render_template(
        "inbox/_story.html",
        lines=page.items,
        known=known,
        later=later if page.next else "",
        technical=technical,
        first=not before,
        instance_id=instance_id,
    )


@bp.get("/cases/<instance_id>/diagram")
def case_diagram(instance_id: str) -> str:
    """The case's own diagram, with where it stands."""
    with db.read() as view:
        where = whereabouts.of(view, instance_id)
        words = speech.wording(view, where.definition_id)
    state = {"tokens": where.tokens, "visited": list(where.visited), "incidents": list(where.failed)}
    here = dict.fromkeys(words.element(each) for each in where.steps)
    return render_template(
        "inbox/_diagram.html",
        url=url_for("inbox.case_bpmn", instance_id=instance_id),
        state=json.dumps(state),
        names=json.dumps(words.elements(), ensure_ascii=False),
        here=here,
    )


@bp.get("/cases/<instance_id>/diagram.bpmn")
def case_bpmn(instance_id: str) -> Response:
    """The diagram as it was released."""
    with db.read() as view:
        xml = whereabouts.diagram(view, instance_id)
    response = make_response(xml)
    response.mimetype = "application/xml"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@bp.get("/cases/<instance_id>/talk")
def talk(instance_id: str) -> str:
    """Comments and files."""
    return talk_fragment(instance_id, request.args.get("task"))


@bp.post("/cases/<instance_id>/comments")
def add_comment(instance_id: str) -> AnyResponse | str:
    """Remark on a case; answers with the comments as they are then."""
    task_id = request.form.get("task") or None
    text = request.form.get("text", "")
    once.act(lambda command: comment.add(command, instance_id, text, task_id=task_id))
    if "HX-Request" in request.headers:
        return talk_fragment(instance_id, task_id)
    target = url_for("inbox.task", task_id=task_id) if task_id else url_for("inbox.case", instance_id=instance_id)
    return redirect(target, 303)


def talk_fragment(instance_id: str, task_id: str | None) -> str:
    """Comments and files of a case, and the ways to add to them."""
    with db.read() as view:
        can_attach = task_page.takes_files(view, instance_id, task_id)
        comments, files = attached.comments(view, instance_id), attached.files(view, instance_id)
    return render_template(
        "inbox/_talk.html",
        comments=comments,
        files=[each for each in files if each.kept or each.field is None],
        instance_id=instance_id,
        task_id=task_id,
        can_attach=can_attach,
        limit=comment.LIMIT,
    )
