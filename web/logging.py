"""What a process says about itself: JSON lines on standard error, without names, contents, tokens or query strings."""

from __future__ import annotations

import logging
import secrets
import sys
import time
import traceback
from typing import Any, TextIO, cast

import structlog
from flask import Flask, Response, g, has_request_context, request

from web import db

_log = structlog.get_logger("xuncha")
QUIET = frozenset({"static", "admin.health", "admin.ready"})


def configure(level: str) -> None:
    """Set up the process's log; done once, by the command line."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _StandardError())),
    )
    # Libraries may put values into their messages; only that something happened, and where, is passed on.
    logging.basicConfig(handlers=[_Bare()], level=logging.WARNING, force=True)


def init_app(app: Flask) -> None:
    """Number and time every request."""
    app.before_request(_begin)
    app.after_request(_end)


def event(name: str, **facts: Any) -> None:
    """One line. Facts are counts, states and identifiers, never what people wrote or are called."""
    _log.info(name, **facts)


def failure(error: BaseException) -> None:
    """An error of ours: its kind and where it happened. Its words may hold contents, so they are left out."""
    number = g.get("request_id") if has_request_context() else None
    _log.error("failed", number=number, **_traced(error))


def _traced(error: BaseException) -> dict[str, Any]:
    frames = [
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    cause = error.__cause__ or error.__context__
    return {"kind": type(error).__name__, "cause": type(cause).__name__ if cause else None, "frames": frames[-12:]}


def _begin() -> None:
    g.began = time.perf_counter()
    g.request_id = secrets.token_hex(4)


def _end(response: Response) -> Response:
    if "request_id" not in g:
        return response
    response.headers["X-Request-Id"] = g.request_id
    log = _log.debug if request.endpoint in QUIET else _log.info
    log(
        "request",
        number=g.request_id,
        method=request.method,
        route=request.url_rule.rule if request.url_rule else None,
        status=response.status_code,
        ms=round((time.perf_counter() - g.began) * 1000, 1),
        statements=db.statements(),
    )
    return response


class _StandardError:
    """Standard error as it is at the time of writing; it may have been redirected since the log was set up."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


class _Bare(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        traced = _traced(error) if error else {}
        where = f"{record.module}:{record.lineno}"
        place = {"place": record.place} if hasattr(record, "place") else {}
        _log.warning("library", name=record.name, level=record.levelname, where=where, **place, **traced)
