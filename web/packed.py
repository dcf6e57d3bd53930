"""Bundles are sent as they were packed at build: ``site.js.br`` or ``site.js.gz`` in place of ``site.js``.

Only what is the same for everybody is packed. A page holds the token of a session beside words that came with the
request, and how small it gets would tell the token letter by letter (BREACH): pages go as they are.
"""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response, current_app, request, send_from_directory

ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""What browsers call a way of packing, and how its files end; the smaller first."""


def init_app(app: Flask) -> None:
    """Have static files answered from here."""
    app.view_functions["static"] = static


def static(filename: str) -> Response:
    """A static file, packed as the browser takes it, where it was packed at build."""
    folder = Path(str(current_app.static_folder))
    packed = {name: end for name, end in ENCODINGS.items() if (folder / f"{filename}{end}").is_file()}
    taken = next((name for name in packed if request.accept_encodings[name] > 0), None)
    if taken is None:
        answer = current_app.send_static_file(filename)
    else:
        age = current_app.get_send_file_max_age(filename)
        answer = send_from_directory(folder, f"{filename}{packed[taken]}", mimetype=_type(filename), max_age=age)
        answer.headers["Content-Encoding"] = taken
    if packed:
        answer.vary.add("Accept-Encoding")
    return answer


def _type(filename: str) -> str:
    return "text/css" if filename.endswith(".css") else "text/javascript" if filename.endswith(".js") else "text/plain"
