"""What a file is: its name and its content must say the same, and only what offices send each other is taken.

A name's extension decides the media type under which a file is given out again; nothing that a browser claimed is
believed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import puremagic

from engine import unpacking
from engine.errors import Invalid
from engine.unpacking import Bounds

NAME_LIMIT = 200
BOUNDS = Bounds()
"""How much an archive may hold, and a document that is one."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file.

    Attributes:
        media_type: that it is given out under.
        family: how its content is recognised: ``magic``, ``zip``, ``ole`` or ``text``.
        marks: extensions that the content may look like, or what a container of this kind must hold.
        inline: whether a browser may show it by itself; never for anything that can carry script.
    """

    media_type: str
    family: str
    marks: tuple[str, ...]
    inline: bool = False


_OPEN_XML = "application/vnd.openxmlformats-officedocument."
KINDS: dict[str, Kind] = {
    ".pdf": Kind("application/pdf", "magic", (".pdf",), inline=True),
    ".png": Kind("image/png", "magic", (".png",), inline=True),
    ".jpg": Kind("image/jpeg", "magic", (".jpg", ".jpeg", ".jfif"), inline=True),
    ".jpeg": Kind("image/jpeg", "magic", (".jpg", ".jpeg", ".jfif"), inline=True),
    ".gif": Kind("image/gif", "magic", (".gif",), inline=True),
    ".webp": Kind("image/webp", "magic", (".webp",), inline=True),
    ".bmp": Kind("image/bmp", "magic", (".bmp",), inline=True),
    ".tif": Kind("image/tiff", "magic", (".tif", ".tiff")),
    ".tiff": Kind("image/tiff", "magic", (".tif", ".tiff")),
    ".docx": Kind(_OPEN_XML + "wordprocessingml.document", "zip", ("word/",)),
    ".xlsx": Kind(_OPEN_XML + "spreadsheetml.sheet", "zip", ("xl/",)),
    ".pptx": Kind(_OPEN_XML + "presentationml.presentation", "zip", ("ppt/",)),
    ".ofd": Kind("application/ofd", "zip", ("OFD.xml",)),
    ".zip": Kind("application/zip", "zip", ("",)),
    ".doc": Kind("application/msword", "ole", ("WordDocument",)),
    ".wps": Kind("application/vnd.ms-works", "ole", ("WordDocument",)),
    ".xls": Kind("application/vnd.ms-excel", "ole", ("Workbook", "Book")),
    ".et": Kind("application/vnd.ms-excel", "ole", ("Workbook", "Book")),
    ".ppt": Kind("application/vnd.ms-powerpoint", "ole", ("PowerPoint Document",)),
    ".dps": Kind("application/vnd.ms-powerpoint", "ole", ("PowerPoint Document",)),
    ".rtf": Kind("application/rtf", "magic", (".rtf",)),
    ".mp3": Kind("audio/mpeg", "magic", (".mp3", ".mpga")),
    ".wav": Kind("audio/wav", "magic", (".wav",)),
    ".m4a": Kind("audio/mp4", "magic", (".m4a", ".mp4")),
    ".mp4": Kind("video/mp4", "magic", (".mp4", ".m4v")),
    ".txt": Kind("text/plain; charset=utf-8", "text", ()),
    ".csv": Kind("text/csv; charset=utf-8", "text", ()),
}
_LOOKS_LIKE_PAGE = {".html", ".htm", ".svg", ".xhtml", ".xml", ".mht", ".pdf", ".rtf", ".ps"}
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


def clean(name: str) -> str:
    """A file's name as it is shown and sent: no folder, no control or direction characters, at most 200 characters."""
    name = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    name = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp")).strip().lstrip(".")
    stem, dot, extension = name.rpartition(".")
    return name if len(name) <= NAME_LIMIT else stem[: NAME_LIMIT - len(extension) - 1] + dot + extension


def examine(name: str, body: bytes, bounds: Bounds = BOUNDS) -> Kind:
    """What a file is.

    Args:
        name: as cleaned.
        body: the whole content.
        bounds: how much it may hold, if it is an archive or a document that is one.

    Raises:
        Invalid: the file is empty, of a kind that is not taken or holds too much, or its content is not what its name
            says.
    """
    extension = "." + name.rpartition(".")[2].lower()
    kind = KINDS.get(extension)
    if kind is None:
        raise Invalid(
            "Files like {name} are not taken. Send one of these kinds: {kinds}.",
            name=name,
            kinds=" ".join(each[1:] for each in KINDS),
        )
    if not body:
        raise Invalid("The file {name} is empty.", name=name)
    if not _is_what(kind, body, name, bounds):
        raise Invalid(
            "The file {name} is not what its name says: its content is of another kind than {extension}.",
            name=name,
            extension=extension,
        )
    return kind


def _looks_like(body: bytes) -> set[str]:
    try:
        return {match.extension for match in puremagic.magic_string(body)}
    except puremagic.PureError:
        return set()


def _is_magic(body: bytes, marks: tuple[str, ...]) -> bool:
    return not _looks_like(body).isdisjoint(marks)


def _is_zip(body: bytes, marks: tuple[str, ...], name: str, bounds: Bounds) -> bool:
    # A container that merely ends like an archive begins with something else: a program, a page.
    if not body.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return False
    try:
        names = unpacking.weigh(name, body, bounds, locked=not marks[0])
    except unpacking.Damaged:
        return False
    macros = any(each.lower().endswith("vbaproject.bin") for each in names)
    return any(each.startswith(marks) for each in names or [""]) and not (macros and marks[0])


def _is_ole(body: bytes, marks: tuple[str, ...]) -> bool:
    # The directory of an OLE container names its streams in UTF-16.
    return body.startswith(_OLE) and any(mark.encode("utf-16-le") in body for mark in marks)


def _is_text(body: bytes, _marks: tuple[str, ...]) -> bool:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        return not _CONTROL.search(text) and _looks_like(body).isdisjoint(_LOOKS_LIKE_PAGE)
    return False


def _is_what(kind: Kind, body: bytes, name: str, bounds: Bounds) -> bool:
    if kind.family == "zip":
        return _is_zip(body, kind.marks, name, bounds)
    return _FAMILIES[kind.family](body, kind.marks)


_FAMILIES = {"magic": _is_magic, "ole": _is_ole, "text": _is_text}
