"""What a file may be called, and what it must be."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest

from engine import filetype
from engine.errors import Invalid

PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)
PDF = b"%PDF-1.7\n" + bytes(60)
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)


def archive(*names: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return target.getvalue()


def workbook() -> bytes:
    target = io.BytesIO()
    openpyxl.Workbook().save(target)
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("扫描件.pdf", PDF),
        ("照片.PNG", PNG),
        ("照片.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(60)),
        ("名册.xlsx", workbook()),
        ("报告.docx", archive("[Content_Types].xml", "word/document.xml")),
        ("公文.ofd", archive("OFD.xml")),
        ("材料.zip", archive("a.txt")),
        ("报告.doc", OLE + "WordDocument".encode("utf-16-le")),
        ("报告.wps", OLE + "WordDocument".encode("utf-16-le")),
        ("名册.xls", OLE + "Workbook".encode("utf-16-le")),
        ("记录.txt", "谈话记录\n第一条".encode()),
        ("记录.txt", "谈话记录\n第一条".encode("gb18030")),
        ("名册.csv", "姓名,职务\n张某,科长\n".encode("utf-8-sig")),
        ("录音.wav", b"RIFF\x24\0\0\0WAVEfmt " + bytes(60)),
    ],
)
def test_a_file_whose_content_is_what_its_name_says_is_taken(name: str, body: bytes) -> None:
    filetype.examine(name, body)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("照片.png", PDF),
        ("扫描件.pdf", PNG),
        ("扫描件.pdf", b"<html><script>alert(1)</script>"),
        ("记录.txt", b"<!DOCTYPE html><html><script>alert(1)</script></html>"),
        ("记录.txt", b"MZ\x90\0\x03\0\0\0" + bytes(60)),
        ("名册.xlsx", archive("word/document.xml")),
        ("名册.xlsx", archive("xl/workbook.xml", "xl/vbaProject.bin")),
        ("材料.zip", b"MZ" + archive("a.txt")),
        ("报告.doc", OLE + "Workbook".encode("utf-16-le")),
        ("名册.xlsx", b"PK\x03\x04 cut off"),
    ],
)
def test_a_file_whose_content_is_something_else_is_refused(name: str, body: bytes) -> None:
    with pytest.raises(Invalid, match="not what its name says"):
        filetype.examine(name, body)


@pytest.mark.parametrize("name", ["program.exe", "page.html", "drawing.svg", "macro.xlsm", "no-extension", "x.pdf.lnk"])
def test_a_kind_of_file_that_offices_do_not_send_is_refused_and_the_others_are_named(name: str) -> None:
    with pytest.raises(Invalid, match=r"pdf .* docx"):
        filetype.examine(name, PDF)


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(Invalid, match="is empty"):
        filetype.examine("扫描件.pdf", b"")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\li\\报告.docx", "报告.docx"),
        ("..\x00报告\r\n.docx", "报告.docx"),
        ("财务\u202excod.exe.pdf", "财务xcod.exe.pdf"),
        (".htaccess", "htaccess"),
    ],
)
def test_a_name_loses_folders_control_characters_and_changes_of_direction(given: str, kept: str) -> None:
    assert filetype.clean(given) == kept


def test_a_long_name_is_cut_and_keeps_its_extension() -> None:
    name = filetype.clean("长" * 300 + ".pdf")
    assert len(name) == filetype.NAME_LIMIT
    assert name.endswith("长.pdf")


def test_only_pdf_and_raster_images_are_ever_shown_by_the_browser_itself() -> None:
    inline = {name for name, kind in filetype.KINDS.items() if kind.inline}
    assert inline == {".pdf", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp"}
