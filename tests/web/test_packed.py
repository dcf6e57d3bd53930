"""What browsers load is lean: one look of at most 150 kB, and every bundle packed at build."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

import web

STATIC = Path(web.__file__).parent / "static"
BUNDLES = sorted(
    str(each.relative_to(STATIC)) for each in (STATIC / "dist").rglob("*") if each.suffix in (".js", ".css")
)
LARGE = 1024


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that says itself what it unpacks."""
    return app.test_client()


def test_all_style_sheets_together_are_at_most_150_kilobytes() -> None:
    sizes = {each.name: each.stat().st_size for each in STATIC.rglob("*.css")}

    assert len(sizes) >= 3
    assert sum(sizes.values()) <= 150 * 1024, sizes


@pytest.mark.parametrize("name", [name for name in BUNDLES if (STATIC / name).stat().st_size >= LARGE])
def test_a_bundle_is_packed_at_build_and_says_how_it_came(client: FlaskClient, name: str) -> None:
    whole = client.get(f"/static/{name}", headers={"Accept-Encoding": "identity"})
    zipped = client.get(f"/static/{name}", headers={"Accept-Encoding": "gzip"})
    best = client.get(f"/static/{name}", headers={"Accept-Encoding": "gzip, deflate, br, zstd"})

    assert "Content-Encoding" not in whole.headers
    assert (zipped.headers["Content-Encoding"], best.headers["Content-Encoding"]) == ("gzip", "br")
    assert gzip.decompress(zipped.data) == whole.data == (STATIC / name).read_bytes()
    assert len(best.data) <= len(zipped.data) < len(whole.data) / 2
    assert {each.headers["Vary"] for each in (whole, zipped, best)} == {"Accept-Encoding"}
    assert len({each.headers["ETag"] for each in (whole, zipped, best)}) == 3
    assert {each.headers["Content-Type"] for each in (zipped, best)} == {whole.headers["Content-Type"]}
    assert "max-age=31536000" in best.headers["Cache-Control"]


def test_a_bundle_that_the_browser_has_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get("/static/dist/site.css", headers={"Accept-Encoding": "br"})
    asked = {"Accept-Encoding": "br", "If-None-Match": first.headers["ETag"]}
    again = client.get("/static/dist/site.css", headers=asked)

    assert (again.status_code, again.data, again.headers["Vary"]) == (304, b"", "Accept-Encoding")


def test_a_refused_encoding_and_what_is_not_there_are_as_ever(client: FlaskClient) -> None:
    plain = client.get("/static/dist/site.css", headers={"Accept-Encoding": "br;q=0, gzip;q=0"})

    assert "Content-Encoding" not in plain.headers
    assert client.get("/static/dist/none.css", headers={"Accept-Encoding": "br"}).status_code == 404
    assert client.get("/static/../config.py", headers={"Accept-Encoding": "br"}).status_code == 404


def test_a_page_goes_as_it_is_since_it_holds_a_secret(client: FlaskClient) -> None:
    page = client.get("/sign-in", headers={"Accept-Encoding": "br, gzip"})

    assert page.status_code == 200
    assert "Content-Encoding" not in page.headers
