"""The example of a reverse proxy in the docs, run as it stands there before a real server."""

from __future__ import annotations

import datetime
import http.client
import io
import json
import os
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from engine import assembly, instance, schema
from engine import upload as uploads
from engine.actor import person
from engine.database import Database
from tests.house.sources import ROOT
from tests.provision import nginx
from tests.web.test_readme_installation import Colleague

NAME = "work.example.org"
PDF = b"%PDF-1.7\n"
FORM = {
    "type": "default",
    "id": "apply",
    "schemaVersion": 18,
    "components": [{"type": "files", "id": "paper", "key": "paper", "label": "材料", "multiple": True}],
}
DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
             targetNamespace="http://example.org/leave">
  <process id="leave" name="请假" isExecutable="true">
    <startEvent id="asked"/><sequenceFlow id="a" sourceRef="asked" targetRef="apply"/>
    <userTask id="apply" name="申请">
      <extensionElements><zeebe:formDefinition formId="apply"/></extensionElements>
    </userTask>
    <sequenceFlow id="b" sourceRef="apply" targetRef="answered"/><endEvent id="answered"/>
  </process>
</definitions>
"""


class Here(http.client.HTTPSConnection):
    """Whatever name is asked for is this machine."""

    trust: ssl.SSLContext

    def connect(self) -> None:
        self.sock = self.trust.wrap_socket(
            socket.create_connection(("127.0.0.1", self.port), timeout=60), server_hostname=NAME
        )


class _Here(urllib.request.HTTPSHandler):
    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(Here, request)


@dataclass
class Site:
    """A server with one thread behind nginx."""

    folder: Path
    task: str
    password: str
    secure: int
    plain: int
    nginx: int

    def colleague(self) -> Colleague:
        """Ida, who has signed in."""
        ida = Colleague(f"https://{NAME}:{self.secure}")
        ida.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()), _Here())
        ida.browser.addheaders = [("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Host", "evil.example.net")]
        ida.signs_in("ida", self.password)
        return ida

    def come(self, said: bytes) -> ssl.SSLSocket:
        """A connection to nginx that has said this much."""
        wire = socket.create_connection(("127.0.0.1", self.secure), timeout=30)
        wrapped = Here.trust.wrap_socket(wire, server_hostname=NAME)
        wrapped.sendall(said)
        return wrapped

    def attaches(self, ida: Colleague, size: int) -> tuple[int, str]:
        """Send a file of so many bytes; what is answered."""
        body = io.BytesIO()
        for part in ('name="field"\r\n\r\npaper', 'name="file"; filename="a.pdf"\r\n\r\n'):
            body.write(f"--x\r\nContent-Disposition: form-data; {part}".encode() + b"\r\n" * ("paper" in part))
        body.write(PDF + b"x" * (size - len(PDF)) + b"\r\n--x--\r\n")
        path, kind = f"/tasks/{self.task}/files", "multipart/form-data; boundary=x"
        return posted(ida, path, body.getvalue(), kind)


def posted(ida: Colleague, path: str, body: bytes, kind: str) -> tuple[int, str]:
    """Status and answer of what is sent with the token of a page."""
    page = ida.reads("/todo")
    token = page.partition('name="csrf-token" content="')[2].partition('"')[0]
    headers = {"X-CSRFToken": token, "Content-Type": kind, "Accept": "application/json", "Accept-Language": "en"}
    try:
        answer: Any = ida.browser.open(urllib.request.Request(ida.address + path, body, headers), timeout=60)
    except urllib.error.HTTPError as refused:
        answer = refused
    return int(answer.status), str(answer.read().decode())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Everything as the docs say."""
    folder = tmp_path_factory.mktemp("nginx")
    _certificate(folder)
    Here.trust = ssl.create_default_context(cafile=str(folder / "site.pem"))
    port, secure, plain = _free_ports(3)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XUNCHA_")}
    environment |= {"XUNCHA_STATE": str(folder / "state"), "XUNCHA_PORT": str(port), "XUNCHA_THREADS": "1"}
    environment |= {"XUNCHA_PROCESSES": str(_processes(folder)), "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8"}
    environment |= {"XUNCHA_TRUSTED_HOSTS": NAME, "XUNCHA_PROXIES": "1", "XUNCHA_SECURE": "true"}

    def xuncha(*words: str) -> str:
        command = [sys.executable, "-m", "web.cli", *words]
        return subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True).stdout

    xuncha("init")
    password = xuncha("user", "add", "ida", "--name", "艾达").split("once: ")[1].split()[0]
    task = _begin(folder)
    changed = {"127.0.0.1:8000": f"127.0.0.1:{port}", "listen 80;": f"listen 127.0.0.1:{plain};"}
    changed |= {"listen 443 ssl": f"listen 127.0.0.1:{secure} ssl"}
    changed |= {f"/etc/ssl/certs/{NAME}.pem": f"{folder}/site.pem"}
    changed |= {f"/etc/ssl/private/{NAME}.key": f"{folder}/site.key"}
    server = subprocess.Popen([sys.executable, "-m", "web.cli", "serve"], env=environment, cwd=ROOT)
    try:
        _await(server, port)
        with nginx.running(ROOT / "docs" / "nginx.conf", changed, secure, folder) as process:
            yield Site(folder, task, password, secure, plain, process)
    finally:
        server.terminate()
        server.wait(60)


def _certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
    made = made.not_valid_after(now + datetime.timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
    signed = made.sign(key, hashes.SHA256())
    (folder / "site.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "site.key").write_bytes(key.private_bytes(*form))


def _free_ports(count: int) -> list[int]:
    with ExitStack() as later:
        sockets = [later.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _processes(folder: Path) -> Path:
    where = folder / "processes" / "leave"
    (where / "forms").mkdir(parents=True)
    (where / "leave.bpmn").write_text(DIAGRAM)
    (where / "forms" / "apply.json").write_text(json.dumps(FORM))
    return where.parent


def _begin(folder: Path) -> str:
    """A case of Ida's; the task that waits for her."""
    with closing(assembly.open(f"sqlite:///{folder}/state/xuncha.db", folder / "state")) as runtime:
        with runtime.write(person("ida")) as command:
            instance.start(command, "leave", {})
        with runtime.read() as view:
            return str(view.connection.execute(select(schema.task.c.id)).scalar_one())


def _await(server: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + 120
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
            return
        except OSError:
            assert server.poll() is None and time.monotonic() < end, "the server did not start"
            time.sleep(0.1)


@pytest.mark.workers
def test_pages_come_over_https_only_and_what_a_client_says_of_itself_is_not_believed(site: Site) -> None:
    ida = site.colleague()
    assert "申请" in ida.reads("/todo")
    plain = http.client.HTTPConnection("127.0.0.1", site.plain, timeout=30)
    plain.request("GET", "/todo", headers={"Host": NAME})
    moved = plain.getresponse()
    assert (moved.status, moved.headers["Location"]) == (301, f"https://{NAME}/todo")
    with closing(Database(f"sqlite:///{site.folder}/state/xuncha.db")) as database, database.read() as connection:
        where = connection.execute(select(schema.access_record.c.object)).scalars().all()
    assert "127.0.0.1" in where and "203.0.113.9" not in where
    cookies = [each for handler in ida.browser.handlers for each in getattr(handler, "cookiejar", ())]
    assert cookies and all(each.secure for each in cookies)


@pytest.mark.workers
def test_a_file_of_the_limit_is_taken_and_one_byte_more_is_refused_by_a_sentence(site: Site) -> None:
    ida = site.colleague()
    assert site.attaches(ida, uploads.LIMIT)[0] == 201
    for size in (uploads.LIMIT + 1, 30 * 1024 * 1024, 51 * 1024 * 1024):
        status, said = site.attaches(ida, size)
        assert status in (413, 422) and "MB" in said, (size, status, said)


@pytest.mark.workers
def test_what_is_no_file_has_the_smaller_limit_and_its_sentence(site: Site) -> None:
    ida = site.colleague()
    for size in (1024 * 1024 + 1, 2 * 1024 * 1024):
        status, said = posted(ida, f"/tasks/{site.task}/complete", b"x" * size, "application/json")
        assert status == 413 and "1 MB" in said, (size, status, said)


@pytest.mark.workers
def test_who_is_slow_holds_no_thread_and_what_they_send_is_not_on_the_disk(site: Site) -> None:
    ida = site.colleague()
    with ExitStack() as later:
        for path, length in (("/sign-in", 900_000), (f"/tasks/{site.task}/files", 9_000_000)) * 10:
            head = f"POST {path} HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: {length}\r\n\r\n"
            later.enter_context(site.come(head.encode() + b"x" * (length // 4)))
            later.enter_context(site.come(b"GET /todo HTTP/1.1\r\nHos"))
        began = time.monotonic()
        assert "申请" in ida.reads("/todo")
        assert time.monotonic() - began < 5
        assert nginx.written(site.nginx, site.folder) == []
