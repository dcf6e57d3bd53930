"""A bare page for one form or diagram, and a server that keeps what the page sends: a test looks at both ends."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, make_response, request
from markupsafe import Markup
from werkzeug.serving import make_server

DIST = Path(__file__).parents[2] / "web/static/dist"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'"
)
PAGE = Markup("""<!doctype html>
<html lang="{language}" data-zone="Asia/Shanghai">
<head><meta charset="utf-8"><title>Stage</title><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="csrf-token" content="first"><link rel="stylesheet" href="/static/site.css">
<link rel="stylesheet" href="/static/{bundle}.css">
<script type="module" src="/static/site.js"></script><script type="module" src="/static/{bundle}.js"></script></head>
<body data-person="p1" data-account="zhang"><main><h1>Stage</h1><div id="problem"></div>{body}</main></body></html>""")


@dataclass
class Sent:
    """One request that the page made."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Stage:
    """What the page shows and what the server answers; `sent` is everything that arrived."""

    bundle: str = "form"
    language: str = "zh"
    tag: str = "div"
    attributes: dict[str, Any] = field(default_factory=dict)
    answers: dict[tuple[str, str], list[tuple[int, Any]]] = field(default_factory=dict)
    entries: list[dict[str, str]] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    address: str = ""

    def show(self, schema: dict[str, Any], values: dict[str, Any] | None = None, **attributes: Any) -> None:
        """Put a form on the page; `attributes` become data attributes."""
        self.attributes = {
            "id": "form",
            "data-form": schema,
            "data-values": values or {},
            "data-submit-url": "/submit",
            "data-upload-url": "/upload",
            "data-entries-url": "/entries",
            **{f"data-{name.replace('_', '-')}": value for name, value in attributes.items()},
        }

    def answer(self, method: str, path: str, status: int, body: Any) -> None:
        """The next answer to such a request; without one, the server says yes."""
        self.answers.setdefault((method, path), []).append((status, body))

    def bodies(self, method: str, path: str) -> list[Any]:
        """What was sent there, in order."""
        return [each.body for each in self.sent if (each.method, each.path) == (method, path)]


def _attributes(stage: Stage) -> Markup:
    written = Markup("")
    for name, value in stage.attributes.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        written += Markup(' {}="{}"').format(name, text)
    return written


def application(stage: Stage) -> Flask:
    """The server of one stage."""
    app = Flask(__name__, static_folder=str(DIST), static_url_path="/static")
    yes = {
        ("POST", "/submit"): {"location": "/done"},
        ("POST", "/sign-in"): {"person": "p1", "csrf": "second"},
        ("GET", "/sign-in"): {"csrf": "visitor"},
    }

    @app.get("/")
    def page() -> str:
        body = Markup("<div{}></div>").format(_attributes(stage))
        return PAGE.format(language=stage.language, bundle=stage.bundle, body=body)

    @app.get("/favicon.ico")
    def icon() -> tuple[str, int]:
        return "", 204

    @app.get("/done")
    def done() -> str:
        return "<title>Done</title><h1>Done</h1>"

    @app.get("/entries")
    def entries() -> Response:
        text, keys = request.args.get("q", ""), request.args.getlist("key")
        found = [
            each
            for each in stage.entries
            if (text and text in each["title"]) or each["key"] in keys or request.args.get("q") == ""
        ]
        return jsonify(entries=found)

    @app.get("/diagram.bpmn")
    def diagram() -> Response:
        return Response(stage.attributes["data-source"], mimetype="application/xml")

    @app.post("/upload")
    def upload() -> Response:
        keep()
        file = request.files["file"]
        waiting = stage.answers.get(("POST", "/upload"))
        if waiting:
            status, body = waiting.pop(0)
            return make_response(jsonify(body), status)
        return jsonify(
            id=f"id-{file.filename}", name=file.filename, size=len(file.read()), url=f"/files/id-{file.filename}"
        )

    @app.route("/<path:_path>", methods=["GET", "POST", "PUT"])
    def anything(_path: str) -> Response:
        keep()
        here = (request.method, request.path)
        waiting = stage.answers.get(here)
        if waiting:
            status, body = waiting.pop(0)
            return make_response(jsonify(body), status)
        saved = {
            "revision": (request.get_json(silent=True) or {}).get("revision", 0) + 1,
            "saved_at": "2026-04-01T06:03:00Z",
        }
        return jsonify(yes.get(here, saved))

    def keep() -> None:
        body = request.form.to_dict() if request.files else request.get_json(silent=True)
        stage.sent.append(Sent(request.method, request.path, dict(request.headers), body))

    @app.after_request
    def strict(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return app


@contextmanager
def serving(stage: Stage) -> Iterator[Stage]:
    """Serve the stage on a port of its own."""
    server = make_server("127.0.0.1", 0, application(stage), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    stage.address = f"http://127.0.0.1:{server.port}"
    try:
        yield stage
    finally:
        server.shutdown()
        thread.join()
