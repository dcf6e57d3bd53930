"""A program at the door of the API; every answer it gets is held against the description."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

from flask import Flask
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

from engine.runtime import Runtime
from web.auth import bearer


class Described:
    """What `/api/openapi.json` promises."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    @cached_property
    def document(self) -> dict[str, Any]:
        """The description as it is served."""
        answer = self._app.test_client().get("/api/openapi.json")
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json
        return found

    @cached_property
    def _paths(self) -> list[tuple[re.Pattern[str], dict[str, Any]]]:
        # A path without arguments goes before one that would take its last word for one.
        named = sorted(self.document["paths"].items(), key=lambda each: each[0].count("{"))
        return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "$"), place) for path, place in named]

    def holds(self, method: str, path: str, answer: TestResponse) -> None:
        """The answer has a status that is described for this operation, and the shape described for that status."""
        place = next(place for pattern, place in self._paths if pattern.match(path.partition("?")[0]))
        if method.lower() not in place:
            return  # no such operation: nothing is promised but a refusal
        responses = place[method.lower()]["responses"]
        assert str(answer.status_code) in responses, (method, path, answer.status_code, answer.text)
        schema = responses[str(answer.status_code)]["content"]["application/json"]["schema"]
        whole = {**schema, "components": self.document["components"]}
        faults = [f"{each.json_path}: {each.message}" for each in Draft202012Validator(whole).iter_errors(answer.json)]
        assert not faults, (method, path, faults)


class Program:
    """A program with one person's token."""

    def __init__(self, app: Flask, described: Described, token: str | None) -> None:
        self.client = app.test_client(use_cookies=False)
        self.described = described
        self.token = token

    def get(self, path: str, **options: Any) -> TestResponse:
        """Read."""
        return self.ask("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        """Do."""
        return self.ask("POST", path, json={} if body is None else body, **options)

    def ask(
        self, method: str, path: str, *, key: str | None = None, language: str | None = "en", **options: Any
    ) -> TestResponse:
        """One request, with the token if there is one."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key, "Accept-Language": language}
        if self.token is None:
            del headers["Authorization"]
        given = {name: value for name, value in headers.items() if value is not None}
        answer = self.client.open(f"/api{path}", method=method, headers=given, **options)
        assert answer.mimetype == "application/json", answer.text
        assert "Set-Cookie" not in answer.headers
        self.described.holds(method, f"/api{path}", answer)
        return answer


def token(runtime: Runtime, who: str, *, remit: str | None = None, days: int = 30) -> str:
    """A token for a person."""
    with runtime.write() as command:
        return bearer.add(command, who, "a test", days=days, remit=remit)
