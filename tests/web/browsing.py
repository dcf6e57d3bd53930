"""A browser without a window: keeps cookies, sends the forgery token as a page would, reads what it is given."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

PASSWORD = "plum rain 2026"
_TOKEN = re.compile(r'<meta name="csrf-token" content="([^"]+)"')


class Browser:
    """One person's browser."""

    def __init__(self, app: Flask, address: str = "127.0.0.1") -> None:
        self.client: FlaskClient = app.test_client()
        self.client.environ_base = {**self.client.environ_base, "REMOTE_ADDR": address}

    def get(self, path: str, **options: Any) -> TestResponse:
        """Open a page."""
        return self.client.get(path, **options)

    def json(self, path: str, **options: Any) -> TestResponse:
        """Ask as a script of a page does."""
        return self.client.get(path, headers={"Accept": "application/json"}, **options)

    def token(self) -> str:
        """The forgery token that the next form of this browser would carry."""
        page = self.client.get("/password")
        if page.status_code != 200:
            page = self.client.get("/sign-in")
        found = _TOKEN.search(page.text)
        assert found, page.text[:500]
        return found[1]

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Send a form, token and all."""
        return self.client.post(path, data={"csrf_token": self.token(), **(data or {})}, **options)

    def post_json(self, path: str, body: Any, **options: Any) -> TestResponse:
        """Send JSON as ``send`` of page.js does."""
        headers = {"Accept": "application/json", "X-CSRFToken": options.pop("token", None) or self.token()}
        return self.client.post(path, json=body, headers=headers, **options)

    def sign_in(self, name: str, password: str = PASSWORD) -> TestResponse:
        """Type name and password."""
        return self.post("/sign-in", {"name": name, "password": password})

    def is_signed_in(self) -> bool:
        """Whether closed pages open."""
        return self.client.get("/password").status_code == 200

    def cookie(self, name: str) -> str | None:
        """Value of a cookie."""
        found = self.client.get_cookie(name)
        return found.value if found else None
