"""Tables come from revisions: an empty database gets what ``schema`` says, an older one keeps every row on the way."""

from __future__ import annotations

import shutil
import threading
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, select, text

from engine import assembly, clock, instance, release, revisions, schema, searching
from engine.actor import person
from engine.database import Database
from engine.errors import Unavailable
from engine.evidence import beginning, verifying
from engine.revisions import __main__ as writing
from tests.engine import clinic
from tests.engine.bpmn.drawing import straight
from tests.engine.desk import Desk
from tests.provision.databases import Databases

NEXT = '''"""{title}"""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"


def upgrade() -> None:
    {change}
'''
GREETED = 'op.add_column("person", sa.Column("greeting", sa.String(64)))'
# On SQLite this makes the table of definitions anew, to which rows of cases and parts point.
LONGER = """with op.batch_alter_table("definition") as batch:
        batch.alter_column("name", type_=sa.String(300), existing_type=sa.String(255))"""
DIAGRAM = straight('<userTask id="a"/>')
BROKEN = 'op.add_column("person", sa.Column("half", sa.String(64)))\n    raise RuntimeError("stop")'


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A program of a later version: it knows this one's revisions and one more."""
    folder = tmp_path / "100% later"
    folder.mkdir()

    def add(change: str) -> str:
        before = revisions.newest()
        revision = f"{int(before) + 1:04}"
        (folder / f"r{revision}.py").write_text(
            NEXT.format(title="later", revision=revision, before=before, change=change)
        )
        monkeypatch.setattr(revisions, "FOLDERS", (*revisions.FOLDERS[:1], folder))
        revisions._scripts.cache_clear()
        revisions._known.cache_clear()
        return revision

    yield add
    revisions._scripts.cache_clear()
    revisions._known.cache_clear()


def catalogue(connection: Connection) -> list[tuple[object, ...]]:
    """What the database itself says of its tables, the table of revisions aside."""
    if connection.dialect.name == "sqlite":
        query = "SELECT tbl_name, name, sql FROM sqlite_master"
        rows = [(table, name, words(sql)) for table, name, sql in connection.execute(text(query))]
    else:
        rows = [tuple(row) for query in CATALOGUES for row in connection.execute(text(query))]
    return sorted((row for row in rows if row[0] != revisions.TABLE), key=str)


COLUMNS = """
    SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default, collation_name,
        ordinal_position
    FROM information_schema.columns WHERE table_schema = 'public'
"""
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
"""
CATALOGUES = (COLUMNS, INDEXES, CONSTRAINTS)


def words(sql: str | None) -> list[str]:
    # A table that was made anew on the way bears its name in quotation marks.
    return sorted((sql or "").replace('"', "").replace(",", " ").split())


def test_the_revisions_give_an_empty_database_exactly_the_tables_of_the_schema(databases: Databases):
    with ExitStack() as opened:
        revised, wanted = (
            opened.enter_context(closing(Database(opened.enter_context(databases.empty())))) for _ in "ab"
        )
        revised.create()
        with wanted.write() as connection:
            schema.metadata.create_all(connection)
        with revised.read() as connection, wanted.read() as other:
            options = {"compare_type": True, "compare_server_default": True, "include_name": searching.is_compared}
            context = MigrationContext.configure(connection, opts=options)
            assert compare_metadata(context, schema.metadata) == []
            assert catalogue(connection) == catalogue(other)


def test_what_waited_before_stands_in_the_inbox_in_the_order_of_its_due_dates(databases: Databases):
    with databases.empty() as url, closing(Database(url)) as database:
        with database._revising() as connection:
            task = _tables_of(connection, "0003")["task"]
            for key, due in (("late", 5), ("undue", None)):
                _task(connection, task, key, token=due or 1, due_at=due)
                connection.execute(text(f"INSERT INTO candidate (audience, task_id) VALUES ('NURSE@*', '{key}')"))
        assert database.revise()
        with database.read() as connection:
            c = schema.candidate.c
            assert dict(connection.execute(select(c.task_id, c.place)).all()) == {"late": 5, "undue": schema.UNDUE}


def test_a_task_that_somebody_had_begun_knows_of_the_draft(databases: Databases):
    with databases.empty() as url, closing(Database(url)) as database:
        with database._revising() as connection:
            tables = _tables_of(connection, "0004")
            for token, key in enumerate(("begun", "untouched")):
                _task(connection, tables["task"], key, token=token)
            draft = {"task_id": "begun", "person_id": "ann", "revision": 1, "content": "{}", "saved_at": 0}
            connection.execute(insert(tables["draft"]), draft)
        assert database.revise()
        with database.read() as connection:
            t = schema.task.c
            assert dict(connection.execute(select(t.id, t.has_drafts)).all()) == {"begun": True, "untouched": False}


def test_a_file_that_waits_for_a_start_is_owed_its_end_and_one_of_a_case_is_not(databases: Databases):
    with databases.empty() as url, closing(Database(url)) as database:
        with database._revising() as connection:
            files = _tables_of(connection, "0006", "attachment")["attachment"]
            about = {
                "name": "a.pdf",
                "media_type": "application/pdf",
                "size": 1,
                "sha256": "",
                "class": "open",
                "at": 7,
            }
            for key, case, kept in (("loose", "", False), ("taken", "c1", True), ("fresh", "c1", False)):
                row = {"id": key, "instance_id": case, "person_id": "ann", "kept": kept, **about}
                connection.execute(insert(files), row)
        assert database.revise()
        with database.read() as connection:
            a, j = schema.attachment.c, schema.job.c
            assert connection.execute(select(a.id, a.process_key).order_by(a.id)).all() == [
                ("fresh", None),
                ("loose", None),
                ("taken", None),
            ]
            (owed,) = connection.execute(select(j.kind, j.due_at, j.content)).all()
            assert owed == ("drop_unsent", 7 + 86_400_000_000, '{"file": "loose"}')


def test_what_stood_in_columns_before_can_be_found_and_so_can_what_versions_say(databases: Databases):
    with databases.empty() as url, closing(Database(url)) as database:
        with database._revising() as connection:
            tables = _tables_of(connection, "0009", "fact", "instance", "definition", "part", "content")
            row = {"process_key": "p", "name": "住院", "version": 1, "digest": "", "plain": True, "released_at": 0}
            connection.execute(insert(tables["definition"]), {**row, "id": "D1", "released_by": "x"})
            diagram = straight('<userTask id="a" name="办理入院"/>')
            for kind, name, body in (("diagram", "p.bpmn", diagram), ("locale", "en", b'{"a": "Admit"}')):
                connection.execute(insert(tables["content"]), {"digest": name, "body": body})
                place = {"definition_id": "D1", "kind": kind, "name": name, "digest": name}
                connection.execute(insert(tables["part"]), place)
            case = {"id": "I1", "definition_id": "D1", "process_key": "p", "root_id": "I1", "business_key": "住-7"}
            more = {"state": "active", "started_by": "x", "started_at": 0, "sequence": 1, "head": "", "last_at": 0}
            connection.execute(insert(tables["instance"]), {**case, **more, "marking": b"", "remits": "{}"})
            for name, kind, said in (("title", "string", "发热待查"), ("on", "date", "2026-04-01")):
                column = {"instance_id": "I1", "name": name, "type": kind, "text": said}
                connection.execute(insert(tables["fact"]), column)
        assert database.revise()
        with database.write() as connection:
            found = {word: _holding(connection, word) for word in ("热待", "4月1日", "住-7", "完全")}
            assert found == {"热待": ["title"], "4月1日": ["on"], "住-7": [schema.BUSINESS_KEY], "完全": []}
            w = schema.word.c
            said = connection.execute(select(w.language, w.text).where(w.definition_id == "D1", w.key == "a")).all()
            assert {tuple(each) for each in said} == {("zh", "办理入院"), ("en", "Admit")}
            connection.execute(sa.delete(schema.fact))
            assert _holding(connection, "热待") == []


def test_what_is_owed_says_which_message_it_needs_and_channels_are_made_anew(databases: Databases):
    with databases.empty() as url, closing(Database(url)) as database:
        with database._revising() as connection:
            tables = _tables_of(connection, "0012", "job", "channel")
            row = {"due_at": 0, "state": "held", "attempts": 0, "retries": 3, "fence": 0}
            for key, kind, content in (
                ("a", "deliver", '{"message": "M", "name": "n"}'),
                ("b", "connector", "no json"),
            ):
                connection.execute(insert(tables["job"]), {**row, "id": key, "kind": kind, "content": content})
            connection.execute(insert(tables["channel"]), {"name": "n", "key": "k"})
        assert database.revise()
        with database.read() as connection:
            j = schema.job.c
            assert dict(connection.execute(select(j.id, j.message_id)).all()) == {"a": "M", "b": None}
            assert connection.execute(select(schema.channel)).all() == []


def _holding(connection: Connection, word: str) -> list[str]:
    holds = searching.holds(connection.dialect.name, schema.fact, word)
    return list(connection.execute(select(schema.fact.c.name).where(holds)).scalars())


def test_a_step_that_was_done_finds_its_line(databases: Databases):
    with databases.empty() as url, closing(Database(url)) as database:
        with database._revising() as connection:
            tables = _tables_of(connection, "0013", "task", "event")
            for token, state in enumerate(("completed", "completed", "cancelled", "open")):
                _task(connection, tables["task"], f"t{token}", token=token, state=state, has_drafts=False)
            line = {"instance_id": "I1", "element": "a", "actor": "ann", "at": 1, "hash": ""}
            for number, (kind, token) in enumerate([("task.completed", 1), ("task.completed", 0), ("task.closed", 2)]):
                data = f'{{"token": {token}}}'
                connection.execute(insert(tables["event"]), {**line, "number": number, "kind": kind, "data": data})
        assert database.revise()
        with database.read() as connection:
            t = schema.task.c
            lines = connection.execute(select(t.token, t.closed_line).order_by(t.token)).all()
            assert [tuple(each) for each in lines] == [(0, 1), (1, 0), (2, None), (3, None)]


def test_a_role_that_a_case_gave_is_bound_to_what_the_case_stands_under_beside_it(databases: Databases):
    with databases.empty() as url, closing(Database(url)) as database:
        with database._revising() as connection:
            tables = _tables_of(connection, "0010", "authority", "remit")
            for case, remit in (("c1", "ward:W1"), ("c1", "family:F2"), ("c1", "bed:B1"), ("c2", "ward:W1")):
                connection.execute(insert(tables["remit"]), {"instance_id": case, "remit": remit})
            about = {"person_id": "ann", "role": "DUTY", "remit": "ward:W1", "from_at": 0, "given_by": "mia"}
            for key, case in (("by a case", "c1"), ("by one of the ward", "c2"), ("by hand", None)):
                connection.execute(insert(tables["authority"]), {"id": key, "instance_id": case, **about})
        assert database.revise()
        with database.read() as connection:
            a = schema.authority.c
            bound = {"by a case": "bed:B1\nfamily:F2", "by one of the ward": None, "by hand": None}
            assert dict(connection.execute(select(a.id, a.bound)).all()) == bound


def test_what_stood_before_there_were_chains_is_evidence_from_the_revision_on(databases: Databases, tmp_path: Path):
    with databases.empty() as url, closing(Database(url)) as database:
        with database._revising() as connection:
            people = _tables_of(connection, "0011", "person")["person"]
            connection.execute(insert(people), [{"id": key, "name": key, "active": True} for key in ("ann", "abe")])
            connection.execute(insert(schema.clock).values(id=1, clock_offset=0))
        assert database.revise()
        with closing(assembly.open(url, tmp_path / "state")) as runtime:
            with runtime.read(snapshot=True) as view:
                assert len(verifying.verify(view).faults) == 2
            with runtime.write() as command:
                assert beginning.begin(command) == 2
                since = clock.micros(command.now)
            with runtime.write() as command:
                assert beginning.begin(command) == 0
            with runtime.read(snapshot=True) as view:
                found = verifying.verify(view)
                assert (found.faults, found.since) == ((), since)
            with runtime.database.write() as connection:
                connection.execute(sa.update(schema.person).where(schema.person.c.id == "ann").values(name="eve"))
            with runtime.read(snapshot=True) as view:
                (fault,) = verifying.verify(view).faults
    assert "table person, name of row ann" in str(fault)


def _tables_of(connection: Connection, revision: str, *more: str) -> dict[str, sa.Table]:
    """Make the tables of an earlier version; they are read from the database, as ``schema`` says what is now."""
    config = revisions.configured(revisions.FOLDERS)
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    then = sa.MetaData()
    then.reflect(connection, only=["task", "draft", *more])
    return dict(then.tables)


def _task(connection: Connection, table: sa.Table, key: str, **values: object) -> None:
    row = clinic.task_row(key, "I1", recallable=False, **values)
    connection.execute(insert(table), {name: value for name, value in row.items() if name in table.c})


def test_an_empty_database_is_refused_and_init_is_named(databases: Databases):
    with databases.empty() as url, closing(Database(url)) as database:
        for ask in (database.check, database.revise):
            with pytest.raises(Unavailable, match=r"is empty\. Run 'xuncha init'"):
                ask()


def test_an_older_database_is_refused_at_start_until_it_is_revised(database: Database, later, tmp_path: Path):
    before = revisions.newest()
    needed = later(GREETED)

    with pytest.raises(Unavailable, match=f"revision {before}; this program needs {needed}.*'xuncha revise'"):
        assembly.open(address(database), tmp_path / "state")

    assert database.revise() is not None
    assert database.revise() is None
    assembly.open(address(database), tmp_path / "state").close()


def address(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def test_a_newer_database_is_refused_and_left_as_it_is(database: Database, later, monkeypatch: pytest.MonkeyPatch):
    newer = later(GREETED)
    database.revise()
    monkeypatch.setattr(revisions, "FOLDERS", revisions.FOLDERS[:1])

    for ask in (database.check, database.revise):
        with pytest.raises(Unavailable, match=f"revision {newer}, which this program does not know.*newer version"):
            ask()
    with database.read() as connection:
        assert revisions.found(connection) == newer


def test_a_database_that_was_made_before_there_were_revisions_is_refused(database: Database):
    with database.write() as connection:
        connection.execute(text(f"DROP TABLE {revisions.TABLE}"))

    for ask in (database.check, database.revise):
        with pytest.raises(Unavailable, match=r"kept no revisions.*demo --reset"):
            ask()


@pytest.mark.parametrize("change", [GREETED, LONGER], ids=["a column more", "a table made anew"])
def test_a_revision_keeps_every_row_and_work_goes_on(databases: Databases, later, tmp_path: Path, change: str):
    with databases.ready() as url:
        with closing(assembly.open(url, tmp_path / "state")) as runtime:
            with runtime.write(person("ida")) as command:
                release.release(command, {"p.bpmn": DIAGRAM}, plain=True)
                case = instance.start(command, "p", {"n": 1})
            before = counted(runtime.database)
        later(change)
        with closing(Database(url)) as database:
            assert database.revise()
            assert counted(database) == before

        with closing(assembly.open(url, tmp_path / "state")) as runtime:
            desk = Desk(runtime)
            desk.complete(case, "a")
            assert desk.row(case).state == "ended"
            desk.must_be_sound()
            with runtime.database.write() as connection, pytest.raises(sa.exc.IntegrityError):
                connection.execute(sa.delete(schema.definition))


def counted(database: Database) -> dict[str, int]:
    with database.read() as connection:
        return {
            table.name: connection.execute(select(sa.func.count()).select_from(table)).scalar_one()
            for table in schema.metadata.sorted_tables
        }


def test_a_revision_that_fails_halfway_leaves_the_older_database_whole(database: Database, later):
    before = revisions.newest()
    later(BROKEN)
    with database.read() as connection:
        tables = catalogue(connection)

    with pytest.raises(RuntimeError):
        database.revise()

    with database.read() as connection:
        assert revisions.found(connection) == before and catalogue(connection) == tables
    with database.write() as connection:
        connection.execute(insert(schema.person).values(id="ida", name="Ida"))


def test_two_who_make_the_tables_at_the_same_time_do_not_trip_over_one_another(databases: Databases):
    with databases.empty() as url:
        failed: list[BaseException] = []

        def make() -> None:
            with closing(Database(url)) as database:
                try:
                    database.create(demo="1")
                except BaseException as error:
                    failed.append(error)

        threads = [threading.Thread(target=make) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with closing(Database(url)) as database:
            database.check()
            assert failed == [] and database.fact("demo") == "1"


def test_a_change_of_the_schema_is_written_as_one_more_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    wider = sa.MetaData(naming_convention=schema.metadata.naming_convention)
    for table in schema.metadata.sorted_tables:
        table.to_metadata(wider)
    wider.tables["person"].append_column(sa.Column("greeting", schema.Name))
    monkeypatch.setattr(schema, "metadata", wider)
    folder = tmp_path / "versions"
    shutil.copytree(revisions.FOLDERS[0], folder)

    made = writing.write("People are greeted", (folder,))

    said = made.read_text()
    assert made.name == f"r{int(revisions.newest()) + 1:04}_people_are_greeted.py"
    assert f'down_revision = "{revisions.newest()}"' in said.replace("'", '"')
    assert said.count("add_column") == 1 and "drop" not in said and "create_table" not in said


def test_every_revision_follows_the_one_before_it_by_number():
    numbers = sorted(path.name[1:5] for path in revisions.FOLDERS[0].glob("r*.py"))

    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    assert revisions.newest() == numbers[-1]


def test_a_clock_that_was_moved_before_that_was_evidence_is_evidence_from_the_revision_on(
    databases: Databases, tmp_path: Path
):
    with databases.ready() as url, closing(assembly.open(url, tmp_path / "state")) as runtime:
        with runtime.database.write() as connection:
            clinic.person(connection, "ann")
        with runtime.write() as command:
            beginning.begin(command)
        with runtime.database.write() as connection:
            connection.execute(sa.update(schema.clock).values(clock_offset=86_400_000_000))
        for came_from, chained, faults in ((None, 0, 1), ("0015", 0, 1), ("0014", 1, 0), ("0014", 0, 0)):
            with runtime.write() as command:
                assert beginning.begin(command, came_from) == chained
            with runtime.read(snapshot=True) as view:
                assert len(verifying.verify(view).faults) == faults


def test_a_sealed_value_that_no_variable_leads_to_is_gone(databases: Databases):
    with databases.empty() as url, closing(Database(url)) as database:
        with database._revising() as connection:
            tables = _tables_of(connection, "0014", "sealed", "variable")
            row = {"instance_id": "I1", "name": "secret"}
            for scope in (0, 4):
                connection.execute(insert(tables["sealed"]), {**row, "scope": scope, "body": b"x"})
            connection.execute(insert(tables["variable"]), {**row, "scope": 0, "type": "sealed", "value": '"x"'})
        assert database.revise() == "0014"
        with database.read() as connection:
            assert connection.execute(select(schema.sealed.c.scope)).scalars().all() == [0]
