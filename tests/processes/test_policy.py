"""Who may do and see what: the files agree with each other, and nobody outside is let in."""

from __future__ import annotations

import pytest

from engine import policy
from tests.processes.procedure import ROOT, Drawn, drawn, fields, toml, written
from web import installing

each_process = pytest.mark.parametrize("each", drawn().values(), ids=drawn())
UNIT = {"US", "UL", "UP"}
DEPARTMENT = {"RL", "RI", "RH"}
# Cases with a part for the inspected unit, and for a receiving department; every other is closed to them.
OPEN_TO_UNITS = {
    "c_remind",
    "xc_evaluate",
    "xc_feedback",
    "xc_onsite_fix",
    "xc_rectify",
    "xc_rectify_item",
    "xc_rectify_transfer",
}
OPEN_TO_DEPARTMENTS = {"c_remind", "c_trisign", "xc_clue_handle", "xc_reconcile", "xc_rectify_transfer"}


def test_the_policy_has_no_faults() -> None:
    assert policy.read(installing.files_in(ROOT)).processes.keys() == drawn().keys()


@each_process
def test_every_lane_is_the_title_of_a_role(each: Drawn) -> None:
    titles = {role["title"] for role in toml("roles.toml").values()}
    assert {lane.name for lane in each.process.lanes} <= titles
    assert not [e.id for e in each.elements.values() if e.lane not in titles]


@each_process
def test_every_role_on_a_lane_is_held_within_something_the_case_says(each: Drawn) -> None:
    roles, kinds = toml("roles.toml"), {k.rstrip("?") for k in toml("catalog.toml")[each.key]["remits"].values()}
    for lane in each.process.lanes:
        remit = next(role.get("remit") for role in roles.values() if role["title"] == lane.name)
        assert remit is None or remit in kinds, lane.name


@each_process
def test_every_deadline_exists(each: Drawn) -> None:
    named = {e.properties["deadline"] for e in each.elements.values() if "deadline" in e.properties}
    assert named <= toml("deadlines.toml").keys()


def titles(roles: set[str]) -> set[str]:
    return {toml("roles.toml")[role]["title"] for role in roles}


def roles_let_in(key: str) -> set[str]:
    """Roles that start, see or are shown anything of a process, and those whose lanes it has."""
    entry = toml("catalog.toml")[key]
    shown = {role for each in entry.get("fields", {}).values() for role in each.get("roles", ())}
    lanes = {lane.name for lane in drawn()[key].process.lanes}
    known = toml("roles.toml").items()
    on_lanes = {role for role, each in known if each["title"] in lanes}
    return {*entry.get("start", ()), *entry["see"], *entry.get("story", ()), *shown} | on_lanes


def test_the_inspected_unit_is_let_into_nothing_but_what_is_put_before_it() -> None:
    for key in toml("catalog.toml").keys() - OPEN_TO_UNITS:
        assert not UNIT & roles_let_in(key), key


def test_a_case_that_is_open_to_the_inspected_unit_knows_nothing_of_clues() -> None:
    for key in OPEN_TO_UNITS & drawn().keys():
        each = drawn()[key]
        names = {m.target for e in each.elements.values() for m in (*e.inputs, *e.outputs)}
        names |= {name for form in each.forms.values() for name in written(form)}
        assert not [name for name in names if "clue" in name.lower()], key
        texts = [str(component) for form in each.forms.values() for _, component in fields(form)]
        assert not [text for text in texts if "线索" in text], key


def test_registers_about_clues_are_closed_to_the_inspected_unit() -> None:
    for key, register in toml("registers.toml").items():
        assert key in ("rectification", "suggestion", "reminder") or not UNIT & set(register["see"]), key


def test_a_receiving_department_sees_no_case_before_it_has_a_part_in_it() -> None:
    for key in toml("catalog.toml").keys() - OPEN_TO_DEPARTMENTS:
        assert not DEPARTMENT & roles_let_in(key), key
    assert not DEPARTMENT & set(toml("catalog.toml")["c_trisign"]["see"]), "it becomes a reader by being asked to sign"


def test_the_signing_case_is_given_nothing_that_the_department_may_not_know_but_behind_its_own_class() -> None:
    """What is shown to it there is what it signs; clue number, team and ledger lines stay inside."""
    given = {m.target for m in drawn()["xc_handover_form"].elements["collect_signatures"].inputs}
    classes = toml("catalog.toml")["c_trisign"]["fields"]
    shown = {n for n, each in classes.items() if each["class"] == "open" or {*each.get("roles", ())} >= DEPARTMENT}
    inside = {"roundId", "unitId", "teamId", "clueNo", "teamEntry", "officeEntry"}
    assert given - shown == inside
    form = drawn()["c_trisign"].forms["sign_department"]
    text = " ".join(str(component) for _, component in fields(form))
    assert not [name for name in inside if f"{{{{{name}}}}}" in text]


def test_deputies_see_of_a_clue_and_its_form_what_their_heads_see() -> None:
    for key in ("xc_handover_clue", "xc_handover_form", "c_trisign"):
        assert {"TL", "TD", "LGH", "LGD"} <= set(toml("catalog.toml")[key]["see"]), key
    assert {"TL", "TD"} <= set(toml("catalog.toml")["xc_handover_account"]["see"])
    assert {"TL", "TD"} <= set(toml("registers.toml")["account"]["see"])


def test_subjects_of_a_clue_are_sealed_and_go_nowhere_else() -> None:
    assert toml("catalog.toml")["xc_handover_clue"]["fields"]["subjects"]["class"] == "sealed"
    for each in drawn().values():
        for element in each.elements.values():
            assert not [m for m in (*element.inputs, *element.outputs) if "subjects" in m.source], element.id


def test_the_meeting_on_a_clue_is_given_its_number_only() -> None:
    given = {m.target: m.source for m in drawn()["xc_handover_clue"].elements["hold_handover_meeting"].inputs}
    assert set(given) == {"meetingType", "roundId", "unitIds", "teamIds", "agenda"}
    assert given["agenda"].count("subject") == 1


def test_the_department_is_never_told_a_clue_number() -> None:
    columns = {column["key"] for column in toml("registers.toml")["clue_department"]["columns"]}
    assert "clueNo" not in columns
    series = drawn()["xc_handover_form"].elements["number_form"].inputs[0].source
    assert "toDept" in series, "form numbers run per department, or one could count the others' clues by them"


def test_the_three_ledgers_are_three_registers() -> None:
    entered = drawn()["c_trisign"].elements["enter_registers"].inner
    assert entered is not None
    jobs = [e.job for e in entered.elements.values() if e.job is not None and e.job.type == "register.append"]
    assert sorted(job.headers["register"] for job in jobs) == ["clue_department", "clue_office", "clue_team"]


def test_every_column_of_a_register_is_filled_and_nothing_else() -> None:
    filled: dict[str, set[str]] = {}
    for each in drawn().values():
        for element in each.elements.values():
            if element.job is not None and element.job.type == "register.append":
                register = element.job.headers["register"]
                filled.setdefault(register, set()).update(m.target for m in element.inputs)
    for key in ("clue_team", "clue_office", "clue_department"):
        register = toml("registers.toml")[key]
        columns = {column["key"] for column in register["columns"]}
        assert filled[key] - {"remit", "corrects", "reason"} == columns, key


@each_process
def test_no_form_writes_what_decides_access(each: Drawn) -> None:
    remits = set(toml("catalog.toml")[each.key]["remits"])
    asked = {element.form_id or element.id for element in each.user_tasks()}
    assert not [name for name in asked if written(each.forms[name]) & remits]


@pytest.mark.parametrize(
    ("process", "task", "others"),
    [
        ("c_trisign", "sign_office", {"sign_team"}),
        ("c_trisign", "sign_department", {"sign_team", "sign_office"}),
        ("xc_handover_form", "approve_form_office", {"fill_form"}),
        ("xc_handover_form", "approve_form_leader", {"fill_form", "approve_form_office"}),
        ("xc_handover_clue", "review_clue", {"pack_dossier", "confirm_dossier"}),
    ],
)
def test_two_steps_that_check_each_other_are_not_one_persons(process: str, task: str, others: set[str]) -> None:
    not_by = drawn()[process].elements[task].properties["notBy"]
    assert {name.strip() for name in not_by.split(",")} == others


def test_a_case_that_is_only_called_cannot_be_started_by_hand() -> None:
    called = {e.called.process for each in drawn().values() for e in each.elements.values() if e.called is not None}
    by_hand = {key for key, entry in toml("catalog.toml").items() if entry.get("start")}
    assert called & by_hand <= {"c_meeting", "xc_handover_clue"}, "nobody may have a form signed that was not approved"


def test_every_person_of_the_cast_holds_roles_that_exist_within_what_exists() -> None:
    cast, roles = toml("demo/cast.toml"), toml("roles.toml")
    known = {"team": cast["lists"]["team"], "unit": cast["organisations"], "organisation": cast["organisations"]}
    for key, person in cast["people"].items():
        assert person["organisation"] in cast["organisations"], key
        for grant in person["grants"]:
            role, _, remit = grant.partition("@")
            kind, _, value = remit.partition(":")
            assert not roles[role].get("assigned"), grant
            assert roles[role].get("remit") == (None if remit == "*" else kind), grant
            assert remit == "*" or value in known[kind], grant
