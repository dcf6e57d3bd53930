"""The room in which people do their work; its routes stand in the modules beside this one."""

from __future__ import annotations

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

bp = Blueprint("inbox", __name__, template_folder="templates")


def on_to(address: str) -> Response:
    """To another page; a dialog that has sent its form by itself is told where to go."""
    if "HX-Request" in request.headers:
        return Response(status=204, headers={"HX-Redirect": address})
    return redirect(address, 303)
