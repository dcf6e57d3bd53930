"""The whole procedure, released over the API as it is from its folder."""

from __future__ import annotations

import json

from engine.runtime import Runtime
from tests.journeys.words import PROCESSES
from tests.web.api.programs import Described, Program, token
from web import create_app, installing
from web.auth import account
from web.config import Settings


def test_the_whole_folder_goes_through_one_request_and_what_stands_keeps_its_version(district: Runtime) -> None:
    with district.write() as command:
        account.add(command, "keeper", "管理员", None, administrator=True)
    app = create_app(Settings(state=district.state), district)
    one = Program(app, Described(app), token(district, "keeper"))
    files = {path: body.decode() for path, body in installing.files_in(PROCESSES).items()}

    same = one.post("/releases", {"files": files})
    assert same.status_code == 200, json.dumps(same.json, ensure_ascii=False)[:2000]
    assert len(same.json["items"]) > 10 and not any(each["changed"] for each in same.json["items"])

    broken = {**files, "catalog.toml": files["catalog.toml"] + "\n[nothing]\nstart = ['NOBODY']\n"}
    refused = one.post("/releases", {"files": broken}, language="zh")
    assert refused.status_code == 422 and refused.json["problems"]
