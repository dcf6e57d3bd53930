"""nginx, with the configuration that the docs give as an example."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.provision import debian

PLACES = ("/usr/sbin/nginx", "/usr/local/sbin/nginx", "/opt/homebrew/bin/nginx")
# What a machine's own nginx.conf has around the files it includes; everything lies in the test's folder.
AROUND = """
user {user};
worker_processes 1;
pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/answer;
    fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u;
    scgi_temp_path {folder}/s;
    include {folder}/site.conf;
}}
"""


def find() -> Path | None:
    """The program that is on this machine, if any."""
    found = shutil.which("nginx")
    return Path(found) if found else next((Path(place) for place in PLACES if Path(place).exists()), None)


def provide() -> Path:
    """The nginx found, else Debian's."""
    with debian.in_turn():
        if (found := find()) is None:
            debian.install("nginx", purpose="nginx, before which the server is tested,")
            found = find()
    assert found is not None, "Debian's nginx package brings a program of that name"
    return found


@contextmanager
def running(site: Path, changed: Mapping[str, str], port: int, folder: Path) -> Iterator[int]:
    """Nginx at work with a site's file, once it listens on ``port``; its process.

    Args:
        changed: what stands in the file and what stands here in its place: ports, places of certificates.
    """
    text = site.read_text()
    for there, here in changed.items():
        assert there in text, f"{site.name} no longer says {there}"
        text = text.replace(there, here)
    (folder / "site.conf").write_text(text)
    # Workers that give their rights away could not read a test's folder.
    (folder / "nginx.conf").write_text(AROUND.format(user=pwd.getpwuid(os.geteuid()).pw_name, folder=folder))
    command = [provide(), "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "said", "-g", "daemon off;"]
    process = subprocess.Popen(command)
    try:
        end = time.monotonic() + 60
        while not _listens(port):
            assert process.poll() is None and time.monotonic() < end, (folder / "said").read_text()
            time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def written(process: int, folder: Path) -> list[str]:
    """What nginx has put into files of this folder, named or not: its log and what it was started with aside."""
    workers = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    found = [each for worker in workers for each in Path(f"/proc/{worker}/fd").iterdir()]
    places = [str(each.readlink()) for each in found if each.is_symlink()]
    return [each for each in places if each.startswith(f"{folder}/") and each != f"{folder}/said"]


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True
