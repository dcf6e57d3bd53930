"""Identifiers: made in order, and none twice."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

from engine import ident


def test_what_is_made_later_sorts_behind_also_within_a_millisecond() -> None:
    made = [ident.new() for _ in range(5000)]
    assert made == sorted(made) and len(set(made)) == len(made)
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in made)


def test_threads_make_none_twice_and_each_its_own_in_order() -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: [ident.new() for _ in range(1000)], range(8)))
    assert all(each == sorted(each) for each in made)
    assert len({one for each in made for one in each}) == 8000


def test_half_of_an_identifier_is_chance() -> None:
    one, other = ident.new(), ident.new()
    assert one[16:] != other[16:]
