"""The README's "real installation" is typed as it stands there, until a colleague has completed a task."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

from tests.house.sources import ROOT

HEADINGS = {"README.md": "## Set up a real installation", "README.zh.md": "## 正式安装"}
CALLED = {"meetingType": "领导小组会", "roundId": "XC-2026-01", "unitIds": ["u1"], "teamIds": ["T1"], "agenda": []}
PLANNED = {
    "topics": ["其他"],
    "title": "第一次会议",
    "startAt": "2030-05-27T09:00:00+08:00",
    "place": "会议室",
    "chair": "wang",
    "attendees": [{"org": "office", "user": "wang", "must": True}, {"org": "office", "user": "li", "must": True}],
    "agenda": [{"no": 1, "subject": "安排"}],
    "secrecy": "领导小组",
}


def typed(name: str) -> list[str]:
    """The commands of the first block below the heading, without what is said about them."""
    _, _, below = (ROOT / name).read_text().partition(HEADINGS[name] + "\n")
    block = re.search(r"^```\n(.*?)^```", below, re.MULTILINE | re.DOTALL)
    assert block, name
    return [re.sub(r"\s+#.*", "", line) for line in block[1].splitlines()]


class Colleague:
    """Somebody at a browser, as far as the pages need one."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def reads(self, path: str) -> str:
        return str(self.browser.open(self.address + path, timeout=60).read().decode())

    def sends(self, path: str, body: bytes, kind: str, token_of: str) -> tuple[str, str]:
        """Where it led and what stood there."""
        token = re.search(r'name="csrf-token" content="([^"]+)"', self.reads(token_of))
        assert token
        headers = {"X-CSRFToken": token[1], "Content-Type": kind, "Accept": "application/json, text/html"}
        try:
            answer = self.browser.open(urllib.request.Request(self.address + path, body, headers), timeout=60)
        except urllib.error.HTTPError as refused:
            pytest.fail(f"{path}: {refused.code} {refused.read().decode()[:500]}")
        return str(answer.url), str(answer.read().decode())

    def signs_in(self, name: str, password: str) -> None:
        body = urllib.parse.urlencode({"name": name, "password": password}).encode()
        self.sends("/sign-in", body, "application/x-www-form-urlencoded", "/sign-in")

    def hands_in(self, path: str, values: dict[str, Any]) -> str:
        """Send a form; returns where it leads."""
        body = json.dumps({"values": values}).encode()
        return str(json.loads(self.sends(path, body, "application/json", "/todo")[1])["location"])

    def waits_for_another_than(self, task: str | None) -> str:
        """Look at the list until another task stands there, as the worker brings it."""
        end = time.monotonic() + 60
        while not (others := set(re.findall(r"/tasks/[0-9a-f]{32}", self.reads("/todo"))) - {task}):
            assert time.monotonic() < end, "nothing waits"
            time.sleep(0.1)
        (found,) = others
        return str(found)


@contextmanager
def serving(command: str, folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """The server that the last line starts; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**environment, "XUNCHA_PORT": str(port)}
    process = subprocess.Popen(["bash", "-c", f"exec {command}"], cwd=folder, env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"{address}/ready", timeout=5)
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < end, "the server did not start"
                time.sleep(0.1)
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
    assert process.returncode == 0


def test_both_languages_type_the_same() -> None:
    assert typed("README.md") == typed("README.zh.md")


@pytest.mark.workers
def test_who_types_what_stands_there_ends_with_a_colleague_who_has_completed_a_task(tmp_path: Path) -> None:
    for name in (".venv", "processes"):
        (tmp_path / name).symlink_to(ROOT / name)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XUNCHA_")}
    environment |= {"PYTHONUTF8": "1", "LC_ALL": "C.UTF-8"}
    *commands, serve = typed("README.md")
    told = {}
    for command in commands:
        ran = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert ran.returncode == 0, f"{command}: {ran.stderr}"
        told[command] = ran.stdout
    (password,) = [said.split("once: ")[1].strip() for command, said in told.items() if "user add li" in command]

    with serving(serve, tmp_path, environment) as address:
        li = Colleague(address)
        li.signs_in("li", password)
        li.hands_in("/start/c_meeting", CALLED)
        planning = li.waits_for_another_than(None)
        assert "拟定会议方案并发通知" in li.reads(planning)
        li.hands_in(f"{planning}/complete", PLANNED)
        holding = li.waits_for_another_than(planning)
        assert planning in li.reads("/done") and "召开并记录" in li.reads(holding)
