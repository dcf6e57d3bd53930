"""The door to V8: one isolate a thread, with a limit on time and memory, thrown away after a stop.

MiniRacer hands every call to an asyncio loop in a thread of its own and from there to V8's thread, and back the same
way. Its documented
``event_loop`` parameter lets a caller bring the loop: ``_Hand`` is one that runs a single coroutine in the calling
thread, which saves
two of the four switches of thread and with them two thirds of the time of a call.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from py_mini_racer import JSEvalException, JSOOMException, MiniRacer, mini_racer

from engine.errors import Unavailable

SECONDS = 0.25
"""How long a call may take, beside a little for each expression in it."""

MEMORY = 64 * 1024 * 1024
"""Bytes an isolate may hold."""

_PATIENCE = 20
"""How many times as long on the wall, where the machine is too busy to give this process its share."""

_START_SECONDS = 30.0
_KEPT = 1_000
_BUNDLE = Path(__file__).parents[1] / "dist" / "feel.js"


class Stopped(Exception):
    """A call ran out of time or memory; its isolate is gone."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Hand:
    """An event loop for one coroutine at a time, turned by hand in the calling thread."""

    def __init__(self) -> None:
        self._ready: queue.SimpleQueue[tuple[Any, tuple[Any, ...]]] = queue.SimpleQueue()

    def call_soon_threadsafe(self, callback: Any, *args: Any, context: Any = None) -> None:
        """Called from V8's thread when an answer is there."""
        self._ready.put((callback, args))

    call_soon = call_soon_threadsafe

    def get_debug(self) -> bool:
        """As asyncio's futures ask for it."""
        return False

    def run(self, work: Coroutine[Any, Any, Any], seconds: float) -> Any:
        """Run `work` to its end; ``TimeoutError`` when it takes longer than `seconds`, which cancels what V8 does."""
        outer = asyncio._get_running_loop()
        asyncio._set_running_loop(cast(asyncio.AbstractEventLoop, self))
        limit = _Limit(seconds)
        try:
            while True:
                waited_for = work.send(None)
                while not waited_for.done():
                    callback, args = self._next(limit)
                    callback(*args)
        except StopIteration as done:
            return done.value
        finally:
            work.close()
            asyncio._set_running_loop(outer)

    def _next(self, limit: _Limit) -> tuple[Any, tuple[Any, ...]]:
        while True:
            left = limit.left()
            with contextlib.suppress(queue.Empty):
                return self._ready.get(timeout=left)
            if not left:
                raise TimeoutError


class _Limit:
    """Seconds that count only while this process is given the processor: nobody is refused for a busy machine."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._wall, self._worked = time.monotonic(), time.process_time()

    def left(self) -> float:
        """Seconds after which to look again; 0 when time is up."""
        waited, worked = time.monotonic() - self._wall, time.process_time() - self._worked
        if waited > self._seconds * _PATIENCE:
            return 0.0
        return max(self._seconds - waited, self._seconds - worked, 0.0)


class Isolate:
    """A V8 of its own with our FEEL in it."""

    def __init__(self) -> None:
        self._hand = _Hand()
        self._door = mini_racer(cast(asyncio.AbstractEventLoop, self._hand))
        self.kept: set[str] = set()
        try:
            self._racer: MiniRacer = self._hand.run(self._open(), _START_SECONDS)
            self._racer.set_hard_memory_limit(MEMORY)
            self._hand.run(self._racer.eval_cancelable(_bundle()), _START_SECONDS)
        except BaseException:
            self.close()
            raise
        _living.add(self)

    async def _open(self) -> MiniRacer:
        with _opening:
            return self._door.__enter__()

    def ask(self, request: str, seconds: float) -> list[Any]:
        """Answers to one request, both as ``web/frontend/src/feel.js`` says.

        Raises:
            Stopped: time or memory ran out; this isolate is closed.
        """
        try:
            code = f"feel({json.dumps(request, ensure_ascii=False)})"
            return cast(list[Any], json.loads(self._hand.run(self._racer.eval_cancelable(code), seconds)))
        except TimeoutError:
            self.close()
            raise Stopped("time") from None
        except JSOOMException:
            self.close()
            raise Stopped("memory") from None
        except JSEvalException as fault:
            self.close()
            # V8 refuses by itself what no memory would hold: an answer longer than its longest string.
            raise Stopped("memory" if "Invalid string length" in str(fault) else "failed") from fault
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Free what V8 holds; never later than the interpreter's end, when V8's thread could no longer call back."""
        _living.discard(self)
        door, self._door = self._door, None  # type: ignore[assignment]
        if door is not None:
            with contextlib.suppress(Exception):
                door.__exit__(None, None, None)


_living: set[Isolate] = set()
_opening = threading.Lock()
"""One at a time: V8 sets its pools up when the first isolate opens; a second that comes meanwhile ends the process."""


class _Owner:
    """Held by a thread; closes the thread's isolate when the thread ends."""

    def __init__(self, isolate: Isolate) -> None:
        self.isolate = isolate
        self.process = os.getpid()

    def __del__(self, ending: Callable[[], bool] = sys.is_finalizing, process: Callable[[], int] = os.getpid) -> None:
        if not ending() and self.process == process():
            self.isolate.close()


_thread = threading.local()


def call(request: str, seconds: float, needs: Mapping[str, str]) -> list[Any]:
    """Ask this thread's isolate, which is made if there is none.

    Args:
        request: JSON text.
        seconds: after which the call is stopped.
        needs: requests by key that must have been made once in this isolate before (calendars and tables that it
            keeps).

    Raises:
        Stopped: time or memory ran out.
    """
    isolate = _own()
    for key, keep in needs.items():
        if key not in isolate.kept:
            isolate.ask(keep, _START_SECONDS)
            isolate.kept.add(key)
    return isolate.ask(request, seconds)


def _own() -> Isolate:
    owner: _Owner | None = getattr(_thread, "owner", None)
    # After a fork nothing is living: the child makes its own.
    if owner is None or owner.isolate not in _living or len(owner.isolate.kept) > _KEPT:
        _thread.owner = None
        del owner
        _thread.owner = owner = _Owner(Isolate())
    return owner.isolate


@cache
def _bundle() -> str:
    try:
        return _BUNDLE.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Unavailable("The FEEL bundle engine/dist/feel.js is missing; `make run` builds it.") from None


def _forked() -> None:
    """V8's threads did not come along: what they served is left alone for good, never freed."""
    _opening.release()
    for isolate in _living:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(isolate))
    _living.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_opening.acquire, after_in_parent=_opening.release, after_in_child=_forked)
