"""Whoever came first goes first, and whoever gives up holds nobody up."""

from __future__ import annotations

import threading
import time

from engine.turnstile import NoTurn, Turnstile


def waiting_behind(door: Turnstile, name: str, passed: list[str]) -> threading.Thread:
    def go() -> None:
        with door:
            passed.append(name)

    thread = threading.Thread(target=go)
    before = len(door._line)
    thread.start()
    while len(door._line) == before:
        time.sleep(0.001)
    return thread


def test_who_came_first_goes_first_and_who_comes_back_stands_behind() -> None:
    door, passed = Turnstile(20), list[str]()
    with door:
        threads = [waiting_behind(door, name, passed) for name in "abc"]
    with door:
        passed.append("again")
    for thread in threads:
        thread.join()
    assert passed == ["a", "b", "c", "again"]


def test_whoever_waits_too_long_is_told_and_holds_nobody_up() -> None:
    door = Turnstile(0.01)
    with door:
        told: list[str] = []

        def give_up() -> None:
            try:
                with door:
                    told.append("came in")
            except NoTurn:
                told.append("gave up")

        thread = threading.Thread(target=give_up)
        thread.start()
        thread.join()
    with door:
        assert told == ["gave up"]


def test_an_error_inside_opens_the_door_for_the_next() -> None:
    door = Turnstile(1)
    try:
        with door:
            raise ValueError
    except ValueError:
        pass
    with door:
        pass
