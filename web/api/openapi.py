"""The description of the room, OpenAPI 3.1: made from the very models that check requests and shape answers."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any, Literal

from flask import Flask, jsonify
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from werkzeug.wrappers import Response

from engine import upload as uploads
from web import once
from web.api import operation, shapes
from web.api.operation import Operation
from web.auth import current
from web.config import release_number

PATH = "/openapi.json"
# What any operation may answer: nothing readable, no token, too large, not fitting, our own fault, no database.
EVERYWHERE = (400, 401, 413, 422, 500, 503)
_ARGUMENT = re.compile(r"<(\w+)>")
_ABOUT = """The work of the pages over JSON. Rows, values and refusals are those of the pages.

Every request but the one for this description brings `Authorization: Bearer …`; cookies are ignored. Sentences and
names are in the language that `Accept-Language` asks for, `zh` or `en`. What is not yours answers as what is not
there."""

_ITSELF = {
    "operationId": "openapi",
    "summary": "This description",
    "security": [],
    "responses": {"200": {"description": "OpenAPI", "content": {"application/json": {"schema": {"type": "object"}}}}},
}

# A file comes in beside the key of its field and goes out as it is: neither is JSON.
_UPLOAD = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {
                        "type": "string",
                        "contentMediaType": "application/octet-stream",
                        "description": f"The file under its name; at most {uploads.LIMIT // 1024 // 1024} MB",
                    },
                    "field": {
                        "type": "string",
                        "maxLength": operation.FIELD_LIMIT,
                        "description": "Key of the form's field; left out: beside the form",
                    },
                },
            }
        }
    },
}
_CONTENT = {
    "description": "The file",
    "headers": {
        "Content-Type": {"description": "What it was found to be when it was handed in", "schema": {"type": "string"}},
        "Content-Disposition": {"description": "`attachment`, with its name", "schema": {"type": "string"}},
    },
    "content": {"*/*": {}},
}


def init_app(app: Flask, operations: Sequence[Operation]) -> None:
    """Serve the description of these operations to whoever asks: it holds nothing that is not in the program."""
    described = description(operations)

    @current.public
    def openapi() -> Response:
        return jsonify(described)

    app.add_url_rule(f"{current.API}{PATH}", "api_description", openapi)


def description(operations: Sequence[Operation]) -> dict[str, Any]:
    """The whole description as plain data."""
    names, schemas = _schemas(operations)
    paths: dict[str, dict[str, Any]] = {f"{current.API}{PATH}": {"get": _ITSELF}}
    for one in operations:
        place = paths.setdefault(current.API + _ARGUMENT.sub(r"{\1}", one.rule), {})
        place[one.method.lower()] = _operation(one, names)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Xuncha", "version": release_number(), "description": _ABOUT},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{"token": []}],
    }


Names = dict[tuple[type[BaseModel], str], dict[str, Any]]


def _schemas(operations: Sequence[Operation]) -> tuple[Names, dict[str, Any]]:
    """A reference for each model, as it comes in and as it goes out, and what the references lead to."""
    wanted: list[tuple[type[BaseModel], Literal["validation", "serialization"]]] = [(shapes.Refusal, "serialization")]
    for one in operations:
        wanted += [(one.answer, "serialization")] if one.answer else []
        wanted += [(one.body, "validation")] if one.body else []
    names, made = models_json_schema(list(dict.fromkeys(wanted)), ref_template="#/components/schemas/{model}")
    return {(model, mode): name for (model, mode), name in names.items()}, made["$defs"]  # type: ignore[misc] # of models only


def _operation(one: Operation, names: Names) -> dict[str, Any]:
    summary, _, more = inspect.cleandoc(one.view.__doc__ or "").partition("\n\n")
    answer = _CONTENT
    if one.answer is not None:
        about = inspect.cleandoc(one.answer.__doc__ or "")
        answer = {"description": about, "content": _json(names[one.answer, "serialization"])}
    refused = _json(names[shapes.Refusal, "serialization"])
    described: dict[str, Any] = {
        "operationId": one.name,
        "summary": summary,
        "parameters": list(_parameters(one)),
        "responses": {
            str(one.status): answer,
            **{
                str(status): {"description": HTTPStatus(status).phrase, "content": refused}
                for status in sorted({*EVERYWHERE, *one.refusals, *((403,) if one.is_administrators else ())})
            },
        },
    }
    if more:
        described["description"] = more
    if one.body is not None:
        described["requestBody"] = {"required": True, "content": _json(names[one.body, "validation"])}
    if one.takes_file:
        described["requestBody"] = _UPLOAD
    return described


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _parameters(one: Operation) -> Iterator[dict[str, Any]]:
    for name in _ARGUMENT.findall(one.rule):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    properties = one.query.model_json_schema()["properties"] if one.query else {}
    for name, schema in properties.items():
        about = schema.pop("description", "")
        yield {"name": name, "in": "query", "required": False, "description": about, "schema": schema}
    if one.is_keyed:
        about = "The same key gives the first answer again, and with another content a refusal"
        schema = {"type": "string", "maxLength": once.LIMIT}
        yield {"name": "Idempotency-Key", "in": "header", "required": False, "description": about, "schema": schema}
