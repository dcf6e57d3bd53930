"""The clock of a demonstration over the API, and that no other database has one."""

from __future__ import annotations

from datetime import datetime

from flask import Flask
from sqlalchemy import update

from engine import schema
from engine.runtime import Runtime
from tests.web.api.programs import Described, Program, token


def test_the_clock_of_a_demonstration_moves_by_days_and_ends_no_token(demo_app: Flask, demo_runtime: Runtime) -> None:
    one = Program(demo_app, Described(demo_app), token(demo_runtime, "ida", days=1))
    before = datetime.fromisoformat(one.get("/clock").json["now"])
    moved = one.post("/clock", {"days": 3})
    assert moved.status_code == 200 and moved.json["jobs"] == 0
    after = datetime.fromisoformat(one.get("/clock").json["now"])
    assert 3 <= (after - before).total_seconds() / 86400 < 3.01
    for wrong in ({"days": 0}, {"days": 401}, {"days": -1}, {}):
        assert one.post("/clock", wrong).status_code == 422


def test_a_demonstration_is_open_to_programs_of_its_own_machine_only(demo_app: Flask, demo_runtime: Runtime) -> None:
    made = token(demo_runtime, "ida")
    head = {"Authorization": f"Bearer {made}"}
    here, away = ({"REMOTE_ADDR": each} for each in ("127.0.0.1", "192.0.2.7"))
    client = demo_app.test_client()
    assert client.get("/api/clock", headers=head, environ_base=here).status_code == 200
    assert client.get("/api/clock", headers=head, environ_base=away).status_code == 403


def test_a_real_database_has_no_clock_to_move(app: Flask, runtime: Runtime) -> None:
    one = Program(app, Described(app), token(runtime, "ida")).client
    head = {"Authorization": f"Bearer {token(runtime, 'ida')}"}
    for method in ("GET", "POST"):
        answer = one.open("/api/clock", method=method, json={"days": 1}, headers=head)
        assert (answer.status_code, answer.json["error"]) == (404, "not_found")


def test_a_process_that_took_a_database_for_a_demonstration_moves_nothing_once_it_is_none(
    demo_app: Flask, demo_runtime: Runtime
) -> None:
    one = Program(demo_app, Described(demo_app), token(demo_runtime, "ida"))
    with demo_runtime.database.write() as connection:
        connection.execute(update(schema.meta).where(schema.meta.c.key == "demo").values(value="0"))
    head = {"Authorization": f"Bearer {one.token}"}
    assert one.client.post("/api/clock", json={"days": 1}, headers=head).status_code == 404
