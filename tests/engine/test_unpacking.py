"""What an archive unpacks to is counted while it is read: nothing that it says of itself is believed."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Mapping

import pytest

from engine import filetype, unpacking
from engine.errors import Invalid
from engine.unpacking import Bounds, Damaged

NOISE = random.Random(1).randbytes(4000)


def archive(parts: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return target.getvalue()


def within(body: bytes, bounds: Bounds) -> bool:
    try:
        unpacking.weigh("a.zip", body, bounds)
    except Invalid:
        return False
    return True


def test_as_many_bytes_as_allowed_are_taken_and_one_more_is_not() -> None:
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        body = archive({"a": NOISE, "b": NOISE[:96]}, method=method)
        assert within(body, Bounds(size=4096))
        assert not within(body, Bounds(size=4095))


def test_as_many_parts_as_allowed_are_taken_and_one_more_is_not() -> None:
    body = archive({"a": b"", "b": archive({"c": b""})})
    assert within(body, Bounds(parts=3))
    assert not within(body, Bounds(parts=2))


def test_what_unpacks_to_many_times_its_size_is_refused_from_some_size_on() -> None:
    body = archive({"a": bytes(100_000)})
    times = 100_000 // len(body) + 1
    assert within(body, Bounds(times=times, free=0))
    assert not within(body, Bounds(times=times - 1, free=0))
    assert within(body, Bounds(times=1, free=100_000))
    assert not within(body, Bounds(times=1, free=99_999))


def test_archives_within_archives_are_counted_as_deep_as_allowed_and_no_deeper() -> None:
    body = archive({"x": NOISE})
    for _ in range(2):
        body = archive({"inner": body})
    assert within(body, Bounds(deep=3))
    assert not within(body, Bounds(deep=2))
    assert not within(body, Bounds(deep=3, size=len(NOISE)))


def claiming(body: bytes, size: int, real: int) -> bytes:
    """The same archive, whose headers say that its part has another size."""
    return body.replace(real.to_bytes(4, "little"), size.to_bytes(4, "little"))


def test_a_part_that_claims_to_be_smaller_than_it_is_hides_nothing() -> None:
    body = archive({"a": bytes(1_000_003)})
    lying = claiming(body, 10, 1_000_003)
    assert lying != body
    with zipfile.ZipFile(io.BytesIO(lying)) as made:
        assert made.infolist()[0].file_size == 10
    assert not within(lying, Bounds(size=1_000_000))
    with pytest.raises(Damaged):
        unpacking.weigh("a.zip", lying, Bounds())


def test_a_part_that_ends_in_the_middle_is_damaged() -> None:
    body = archive({"a": NOISE})
    packed = zipfile.ZipFile(io.BytesIO(body)).infolist()[0].compress_size
    cut = claiming(body, packed // 2, packed)
    with pytest.raises(Damaged):
        unpacking.weigh("a.zip", cut, Bounds())


def test_what_is_locked_is_taken_in_an_archive_and_in_no_document() -> None:
    body = bytearray(archive({"word/document.xml": NOISE}, method=zipfile.ZIP_BZIP2))
    assert filetype.examine("材料.zip", bytes(body)).media_type == "application/zip"
    with pytest.raises(Invalid, match="not what its name says"):
        filetype.examine("报告.docx", bytes(body))


@pytest.mark.parametrize("name", ["报告.docx", "名册.xlsx", "汇报.pptx", "公文.ofd", "材料.zip"])
def test_a_document_that_unpacks_to_hundreds_of_megabytes_is_refused_in_words(name: str) -> None:
    folders = {"word/a": b"", "xl/a": b"", "ppt/a": b"", "OFD.xml": b""}
    body = archive({**folders, **{f"a{n}": bytes(30 * 1024 * 1024) for n in range(10)}})
    with pytest.raises(Invalid, match="unpacks to more than"):
        filetype.examine(name, body)
