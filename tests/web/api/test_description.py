"""The description says what there is, no more and no less; the other tests hold every answer against it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator

from tests.provision.databases import SqliteFiles
from tests.web.api.programs import Described

METHODS = {"get", "put", "post", "delete", "patch"}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, place in document["paths"].items():
        for method, operation in place.items():
            yield method, path, operation


def routed(app: Flask) -> set[tuple[str, str]]:
    return {
        (method.lower(), re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api")
        for method in rule.methods or ()
        if method.lower() in METHODS
    }


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for each in part.values():
            yield from references(each)
    elif isinstance(part, list):
        for each in part:
            yield from references(each)


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    """One kind is enough: nothing here depends on the database."""
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(params=["real", "demonstration"])
def served(request: pytest.FixtureRequest) -> Flask:
    """An application on a real database and on a demonstration's."""
    return request.getfixturevalue("wards" if request.param == "real" else "demo_app")


def test_every_route_is_described_and_every_description_is_a_route(served: Flask) -> None:
    document = Described(served).document
    assert {(method, path) for method, path, _ in operations(document)} == routed(served)


def test_only_a_demonstration_has_a_clock(wards: Flask, demo_app: Flask) -> None:
    assert ("post", "/api/clock") in routed(demo_app)
    assert not any("clock" in path for _, path in routed(wards))


def test_the_description_is_whole(served: Flask) -> None:
    document = Described(served).document
    assert document["openapi"] == "3.1.0"
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    for method, path, operation in operations(document):
        assert operation["summary"] and operation["responses"], (method, path)
        named = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path))
        assert ("requestBody" in operation) == (method == "post")
        assert operation.get("security", document["security"]) == (
            [] if path == "/api/openapi.json" else [{"token": []}]
        )
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) == known  # none leads nowhere, and none is left that nothing leads to


def test_what_is_handed_in_knows_no_other_fields_and_every_field_is_explained(served: Flask) -> None:
    document = Described(served).document
    for _, _, operation in operations(document):
        if "requestBody" in operation:
            content = operation["requestBody"]["content"]
            if "multipart/form-data" in content:  # a file, and the field that it is for
                schema = content["multipart/form-data"]["schema"]
                assert set(schema["properties"]) == {"file", "field"} and schema["required"] == ["file"]
            else:
                reference = content["application/json"]["schema"]["$ref"]
                schema = document["components"]["schemas"][reference.rpartition("/")[2]]
                assert schema["additionalProperties"] is False
            assert all("description" in each for each in schema["properties"].values()), operation["operationId"]


def test_it_is_read_without_a_token(served: Flask) -> None:
    answer = served.test_client().get("/api/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
