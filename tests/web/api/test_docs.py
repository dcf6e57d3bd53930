"""The examples of docs/api.md, run as they stand there: by a shell, over a socket, from the first to the last."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from engine.runtime import Runtime
from tests.house.sources import ROOT
from tests.web.api.programs import token
from web.auth import account

PDF = b"%PDF-1.7\n" + bytes(200)
EXAMPLES = re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs/api.md").read_text(), re.MULTILINE | re.DOTALL)
# As much of curl as the examples use, for machines without it.
CURL = f"""#!{sys.executable}
import sys, urllib.request
words, headers, body, saved = sys.argv[2:], {{}}, None, None
address = words.pop(0)
while words:
    option, value = words.pop(0), words.pop(0)
    if option == "-H":
        name, _, said = value.partition(": ")
        headers[name] = said
    elif option == "-F":
        name, _, path = value.partition("=@")
        headers["Content-Type"] = "multipart/form-data; boundary=b"
        head = f'--b\\r\\nContent-Disposition: form-data; name="{{name}}"; filename="{{path}}"\\r\\n\\r\\n'
        body = head.encode() + open(path, "rb").read() + b"\\r\\n--b--\\r\\n"
    elif option == "-o":
        saved = value
    else:
        assert option == "-d", option
        body = open(value[1:], "rb").read() if value.startswith("@") else value.encode()
with urllib.request.urlopen(urllib.request.Request(address, body, headers)) as answer:
    content = answer.read()
if saved:
    open(saved, "wb").write(content)
else:
    print(content.decode())
"""


@pytest.fixture
def address(runtime: Runtime, make_app: Callable[..., Flask]) -> Iterator[str]:
    """Where an application without any process is served."""
    server = make_server("127.0.0.1", 0, make_app(runtime), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/api"
    server.shutdown()
    thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the README's diagram, and a curl."""
    (found,) = re.findall(r"^```xml\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "leave.bpmn").write_text(found)
    (tmp_path / "note.pdf").write_bytes(PDF)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/curl").write_text(CURL)
    (tmp_path / "bin/curl").chmod(0o755)
    (tmp_path / "bin/python3").symlink_to(sys.executable)
    return tmp_path


def test_the_examples_run_from_release_to_story(runtime: Runtime, address: str, folder: Path) -> None:
    with runtime.write() as command:
        account.add(command, "ida", "艾达", None, administrator=True)
    known = {"API": address, "TOKEN": token(runtime, "ida"), "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    said = []
    for line in (line for example in EXAMPLES for line in example.splitlines()):
        ran = subprocess.run(["bash", "-uc", line], cwd=folder, env=known, capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0, (line, ran.stderr)
        answer = json.loads(ran.stdout) if ran.stdout else {}
        said.append(answer)
        if "firstTask" in answer:
            known |= {"TASK": answer["firstTask"], "CASE": answer["instanceId"]}
        if "mediaType" in answer:
            known |= {"FILE": answer["id"]}

    released = said[1]["items"]
    assert [(each["process"], each["version"]) for each in released] == [("leave", 1)]
    assert said[2]["items"][0]["process"] == "leave" and [each["id"] for each in said[4]["items"]] == [known["TASK"]]
    assert said[7] == {"instanceId": known["CASE"], "nextTask": None, "ended": False}
    assert [each["id"] for each in said[8]["items"]] == [known["FILE"]]
    assert (folder / "taken.pdf").read_bytes() == PDF
    assert [each["text"] for each in said[10]["items"]] == ["Seen."] and said[10] == said[11]
    assert said[12] == {"messageId": "hr-311"}
    assert said[13]["id"] == known["CASE"] and said[14]["items"][-1]["kind"] == "instance.started"
