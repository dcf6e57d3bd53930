"""Whatever somebody does to a row by hand, without the keys, is found and located, or the row is no evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, UniqueConstraint, delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from engine import assembly, directory, grant, number, release, rotating, schema
from engine.actor import ENGINE, person
from engine.errors import Tampered
from engine.evidence import chain, covered, verifying
from engine.interpreter import marking
from engine.runtime import Command, Runtime, View
from tests.engine import everything
from tests.provision.databases import Databases
from web.auth import account, bearer

TABLES = sorted(schema.metadata.tables)
EVIDENCE = [name for name in TABLES if not isinstance(covered.VERDICTS.get(name), covered.NoEvidence)]


@pytest.fixture(scope="module")
def filled(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    state = tmp_path_factory.mktemp("state")
    with databases.ready() as url, closing(assembly.open(url, state, connectors=everything.CONNECTORS)) as runtime:
        everything.fill(runtime)
        yield runtime


@contextmanager
def tampering(runtime: Runtime) -> Iterator[Connection]:
    """A connection past every command; at the end everything is as it was."""
    with runtime.database.engine.connect() as connection:
        connection.begin()
        if runtime.database.is_sqlite:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))  # foreign keys would be in the way
        yield connection
        connection.rollback()


def found(runtime: Runtime, connection: Connection) -> list[str]:
    return [str(fault) for fault in verifying.verify(View(runtime, connection, ENGINE)).faults]


def rows(connection: Connection, table: Table) -> list[Any]:
    """Rows of a table that are evidence."""
    verdict, query = covered.VERDICTS[table.name], select(table)
    where = getattr(verdict, "where", None)
    return list(connection.execute(query if where is None else query.where(where)).all())


def located(faults: list[str], table: Table, column: Any = None) -> bool:
    """Whether a fault names the table, and the column unless the row is no longer known by what it says; a line by its
    number."""
    if table.name in ("event", "chain_line", "chain") or (column is not None and column.name in ("sequence", "head")):
        return any("line" in fault.lower() or f"still stand in {table.name}" in fault for fault in faults)
    places = (f"table {table.name}", f", {table.name} of row", f"still stand in {table.name}")
    here = [fault for fault in faults if any(place in fault for place in places)]
    moved = any("removed" in fault or "no line" in fault for fault in faults)
    known = column is None or column.primary_key or moved or isinstance(covered.VERDICTS[table.name], covered.Below)
    return any(known or column.name in fault for fault in here) or (
        table.name == "instance" and (moved or "cut off" in "".join(faults))
    )


def one(table: Table, row: Any) -> list[Any]:
    return [column == row._mapping[column.name] for column in table.primary_key]


def another(column: Any, value: Any) -> Any:
    """A value like this one, and not it."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1000
    if isinstance(value, bytes):
        return value + b"x"
    if value is not None:
        return value[:-1] + ("y" if value.endswith("x") else "x")
    return {"INTEGER": 1, "BIGINT": 1, "FLOAT": 1.0, "BOOLEAN": True}.get(str(column.type), "x")


def test_what_nobody_has_touched_is_sound(filled: Runtime) -> None:
    with filled.read(snapshot=True) as view:
        seen = verifying.verify(view)
    assert seen.faults == ()
    assert [name for name in EVIDENCE if not seen.rows.get(name)] == []


def test_every_table_and_column_is_covered_or_said_to_be_no_evidence() -> None:
    assert sorted(covered.VERDICTS) == TABLES
    for name, verdict in covered.VERDICTS.items():
        left_out = getattr(verdict, "left_out", {})
        assert set(left_out) <= set(schema.metadata.tables[name].columns.keys()), name


def in_words(name: str, verdict: covered.Verdict) -> str:
    """What docs/evidence.md says of a table."""
    how, why = "", getattr(verdict, "besides", "")
    match verdict:
        case covered.Rebuilt():
            how = "rebuilt from the lines of its case"
        case covered.Chained():
            how = "each row stands in a chain"
        case covered.Below():
            how = f"stands in a chain with its row of `{verdict.of.name}`"
        case covered.Recomputed():
            how = verdict.how
        case covered.NoEvidence():
            how, why = "no evidence", verdict.why
    reasons: dict[str, list[str]] = {}
    for column, reason in getattr(verdict, "left_out", {}).items():
        reasons.setdefault(reason, []).append(f"`{column}`")
    left_out = [f"{', '.join(columns)}: {reason}" for reason, columns in reasons.items()]
    others = [f"other rows: {why}"] if why and not isinstance(verdict, covered.NoEvidence) else [why] if why else []
    return f"| `{name}` | {how} | {'; '.join([*left_out, *others])} |"


def test_the_manual_says_of_every_table_what_the_code_says() -> None:
    said = Path("docs/evidence.md").read_text("utf-8").splitlines()
    stated = [line for line in said if line.startswith("| `")]
    assert stated == [in_words(name, verdict) for name, verdict in covered.VERDICTS.items()]


@pytest.mark.parametrize("name", EVIDENCE)
def test_a_column_edited_by_hand_is_found(filled: Runtime, name: str) -> None:
    table = schema.metadata.tables[name]
    left_out = getattr(covered.VERDICTS[name], "left_out", {})
    unseen = []
    for column in table.columns:
        if column.name in left_out:
            continue
        with tampering(filled) as connection:
            stood = rows(connection, table)
        for row in [row for row in stood if row._mapping[column.name] is not None][:1] or stood[:1]:
            with tampering(filled) as connection:
                new = another(column, row._mapping[column.name])
                try:
                    connection.execute(update(table).where(*one(table, row)).values({column.name: new}))
                except IntegrityError:
                    continue
                if not located(found(filled, connection), table, column):
                    unseen.append((column.name, row, found(filled, connection)))
    assert unseen == []


@pytest.mark.parametrize("name", EVIDENCE)
def test_a_row_taken_out_is_found(filled: Runtime, name: str) -> None:
    table = schema.metadata.tables[name]
    with tampering(filled) as connection:
        stood = rows(connection, table)
    unseen = []
    for row in stood[:: max(1, len(stood) // 2)]:
        with tampering(filled) as connection:
            connection.execute(delete(table).where(*one(table, row)))
            if not located(found(filled, connection), table):
                unseen.append((row, found(filled, connection)))
    assert unseen == []


@pytest.mark.parametrize("name", [name for name in EVIDENCE if name != "meta"])
def test_a_row_put_in_is_found(filled: Runtime, name: str) -> None:
    """The same row once more, under another key."""
    table, unseen = schema.metadata.tables[name], []
    with tampering(filled) as connection:
        (row, *_) = rows(connection, table)
    for column in table.primary_key:
        with tampering(filled) as connection:
            new = {**row._mapping, column.name: another(column, row._mapping[column.name])}
            for other in _unique(table):
                new[other] = None if new[other] is None else another(table.c[other], row._mapping[other])
            connection.execute(insert(table).values(new))
            if not located(found(filled, connection), table):
                unseen.append((column.name, new, found(filled, connection)))
    assert unseen == []


def _unique(table: Table) -> set[str]:
    """A column of every rule that no two rows may say the same."""
    found = {column.name for column in table.columns if column.unique}
    rules = [list(each.columns) for each in table.constraints if isinstance(each, UniqueConstraint)]
    rules += [list(each.columns) for each in table.indexes if each.unique]
    return found | {columns[-1].name for columns in rules}


def test_a_real_database_that_is_made_a_demonstration_is_found(filled: Runtime) -> None:
    with tampering(filled) as connection:
        connection.execute(delete(schema.meta))
        assert located(found(filled, connection), schema.meta)
        connection.execute(insert(schema.meta).values(key="demo", value="2"))
        assert located(found(filled, connection), schema.meta, schema.meta.c.value)


@pytest.mark.parametrize("name", EVIDENCE)
def test_two_rows_changed_about_are_found(filled: Runtime, name: str) -> None:
    """What two rows say is exchanged; their keys stay where they are."""
    table = schema.metadata.tables[name]
    left_out = getattr(covered.VERDICTS[name], "left_out", {})
    keys = [column.name for column in table.primary_key] + list(table.info.get("known_by", ()))
    said = [column.name for column in table.columns if column.name not in keys and column.name not in left_out]
    with tampering(filled) as connection:
        stood = rows(connection, table)
        pairs = [(stood[0], each) for each in stood[1:] if said and any(_differ(stood[0], each, n) for n in said)]
    for first, second in pairs[-1:]:
        with tampering(filled) as connection:
            try:
                connection.execute(delete(table).where(*one(table, second)))
                connection.execute(
                    update(table).where(*one(table, first)).values({n: second._mapping[n] for n in said})
                )
                other = {n: second._mapping[n] for n in keys} | {n: first._mapping[n] for n in said}
                connection.execute(insert(table).values({**second._mapping, **other}))
            except IntegrityError:
                continue
            assert found(filled, connection)


def _differ(first: Any, second: Any, name: str) -> bool:
    return bool(first._mapping[name] != second._mapping[name])


@pytest.mark.parametrize("name", ["event", "chain_line"])
def test_a_tail_cut_off_is_found_and_where(filled: Runtime, name: str) -> None:
    table = schema.metadata.tables[name]
    of, number = list(table.primary_key)
    with tampering(filled) as connection:
        chain, last = connection.execute(select(of, func.max(number)).group_by(of)).first() or ("", 0)
        connection.execute(delete(table).where(of == chain, number == last))
        assert any(chain in fault and "cut off" in fault for fault in found(filled, connection))


LAUNDERED: dict[str, tuple[Any, Callable[[Command], object]]] = {
    "account": (update(schema.account).values(administrator=True), lambda c: account.enable(c.connection, "ann")),
    "authority": (
        update(schema.authority).where(schema.authority.c.person_id == "ann").values(role="DIR"),
        lambda c: grant.end_all(c, "ann"),
    ),
    "authority that was put in": (
        insert(schema.authority).values(
            id="g", person_id="ann", role="DIR", remit="*", from_at=0, given_by="mia", bound=None
        ),
        lambda c: grant.end_all(c, "ann"),
    ),
    "substitution": (update(schema.substitution).values(substitute_id="kim"), lambda c: grant.end_all(c, "ann")),
    "exclusion": (
        update(schema.exclusion).values(reason="none"),
        lambda c: grant.readmit(c, "kim", "ward:W2", "over"),
    ),
    "exclusion that was taken out": (
        delete(schema.exclusion),
        lambda c: grant.exclude(c, "kim", "ward:W2", "kin"),
    ),
    "person": (
        update(schema.person).where(schema.person.c.id == "ann").values(name="假某"),
        lambda c: directory.put(c, directory.Person("ann", "安", "Ann", "house", "nurse")),
    ),
    "number": (
        update(schema.number).where(schema.number.c.name == "N-{n}").values(value=0),
        lambda c: number.next(c, "N-{n}", {}),
    ),
    "bearer": (update(schema.bearer).values(until_at=9), lambda c: bearer.revoke(c, "b1")),
    "start_event": (
        update(schema.start_event).values(kind="message"),
        lambda c: release.release(c, {"night.bpmn": everything.NIGHT.replace(b"bell", b"gong")}, plain=True),
    ),
    "meta": (
        update(schema.meta).where(schema.meta.c.key == "key.seal").values(value="1 f"),
        lambda c: rotating.rotate(c, ["seal"]),
    ),
}


@pytest.mark.parametrize("edited", LAUNDERED)
def test_no_command_writes_down_as_its_own_what_somebody_has_edited(filled: Runtime, edited: str) -> None:
    edit, act = LAUNDERED[edited]
    with tampering(filled) as connection:
        chain.forget(connection)
        connection.execute(edit)
        with pytest.raises(Tampered, match=f"table {edited.split()[0]}"):
            act(Command(filled, connection, person("mia")))
        chain.forget(connection)


@pytest.mark.parametrize("untouched", sorted(LAUNDERED.keys() - {"meta"}))
def test_where_nobody_has_edited_anything_the_same_commands_go_through(filled: Runtime, untouched: str) -> None:
    with tampering(filled) as connection:
        chain.forget(connection)
        LAUNDERED[untouched][1](Command(filled, connection, person("mia")))
        chain.forget(connection)


BROKEN_BY = {
    "text that is no UTF-8": "CAST(x'ff41' AS TEXT)",
    "bytes": "x'00ff'",
    "brackets without end": "replace(hex(zeroblob(3000)), '00', '[')",
    "half a surrogate": "'\"\\ud800\"'",
}
TEXTS = [
    (table, column.name)
    for table in EVIDENCE
    for column in schema.metadata.tables[table].columns
    if str(column.type).startswith(("VARCHAR", "TEXT"))
    and column.name not in getattr(covered.VERDICTS[table], "left_out", {})
]


@pytest.mark.parametrize("broken", BROKEN_BY)
def test_a_value_that_no_program_writes_is_found_and_the_rest_is_looked_at(filled: Runtime, broken: str) -> None:
    """SQLite only: PostgreSQL takes none but the brackets. Some columns each time, or it would take minutes."""
    if not filled.database.is_sqlite:
        return
    chosen = TEXTS[list(BROKEN_BY).index(broken) :: len(BROKEN_BY)]
    assert len(chosen) > 10
    for table, column in chosen:
        with tampering(filled) as connection:
            row = f"(SELECT rowid FROM {table} WHERE {column} IS NOT NULL LIMIT 1)"
            changed = connection.exec_driver_sql(
                f"UPDATE OR IGNORE {table} SET {column} = {BROKEN_BY[broken]} WHERE rowid = {row}"
            )
            if changed.rowcount != 1:
                continue
            with connection.begin_nested():
                connection.exec_driver_sql("UPDATE number SET value = 77 WHERE name = 'N-{n}'")
            faults = found(filled, connection)
        assert any("table number" in each for each in faults), (table, column, faults)
        if getattr(covered.VERDICTS[table], "where", None) is None:  # else it may be one of the rows that are none
            assert len(faults) > 1, (table, column, faults)


def test_the_work_that_a_service_task_owes_is_compared_with_its_line(filled: Runtime) -> None:
    with tampering(filled) as connection:
        j = schema.job.c
        other = func.replace(j.content, "scales", "sugar")
        assert connection.execute(update(schema.job).where(j.kind == "connector").values(content=other)).rowcount > 0
        assert any("table job, content" in each for each in found(filled, connection))


def test_a_marking_with_the_same_open_steps_but_other_contents_is_found(filled: Runtime) -> None:
    i = schema.instance.c
    with tampering(filled) as connection:
        case = connection.execute(select(i.id, i.marking).where(i.state == "active").limit(1)).one()
        state = marking.decode(case.marking)
        moved = marking.encode(state._replace(following=state.following + 1000))
        assert marking.open_tokens(moved) == marking.open_tokens(case.marking)
        connection.execute(update(schema.instance).where(i.id == case.id).values(marking=moved))
        assert any("the marking of" in each for each in found(filled, connection))
