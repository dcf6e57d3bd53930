"""Forms hold the fields that the procedure asks for, made of known components."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine import feel
from tests.processes.procedure import Drawn, drawn, every_form, fields, toml, written

each_process = pytest.mark.parametrize("each", drawn().values(), ids=drawn())
KNOWN = {
    "textfield",
    "textarea",
    "number",
    "checkbox",
    "radio",
    "select",
    "checklist",
    "datetime",
    "text",
    "expression",
}
OURS = {"entry", "grid", "files", "signature"}
C = [f"c{n}" for n in range(1, 6)]
S = [f"s{n}{part}" for n in range(1, 6) for part in ("", "Na", "NaReason")]
APPROVE = ["decision", "opinion", "sign"]
ASKED = {
    ("c_meeting", "plan_meeting"): [
        "topics",
        "title",
        "startAt",
        "place",
        "chair",
        "leader",
        "attendees",
        "teamIds",
        "agenda",
        "materials",
        "secrecy",
    ],
    ("c_meeting", "hold_meeting"): [
        "actualStart",
        "actualEnd",
        "attendance",
        "minutes",
        "reports",
        "comments",
        "pushItems",
        "keyItems",
        "keyPersons",
        "requirements",
        "decisions",
        "minutesFiles",
        "mainContradiction",
        "coreProblems",
        "breakthrough",
        "mainDirection",
    ],
    ("c_meeting", "confirm_minutes"): APPROVE,
    ("c_meeting_requirement", "carry_out_requirement"): ["progress", "done", "evidence"],
    ("c_trisign", "sign_team"): ["confirmContent", "refuse", "refuseReason", "sign"],
    ("c_trisign", "sign_office"): ["confirmContent", "refuse", "refuseReason", "sign"],
    ("c_trisign", "sign_department"): ["confirmContent", "refuse", "refuseKind", "refuseReason", "sign"],
    ("xc_handover_clue", "pack_dossier"): [
        "summary",
        "subjectIdentified",
        "subjectBeyondDistrict",
        "subjects",
        "occurredAt",
        "place",
        "facts",
        "clauses",
        "otherFiles",
        "dossierIndex",
        *S,
    ],
    ("xc_handover_clue", "confirm_dossier"): ["statement", "suggestedDisposal", "suggestedDept", *C],
    ("xc_handover_clue", "review_clue"): [
        "category",
        "businessArea",
        "important",
        "toDept",
        "proposed",
        "routeReason",
        *(f"r{n}" for n in range(1, 6)),
    ],
    ("xc_handover_clue", "decide_clue"): [
        "presentedBy",
        "coPresenter",
        "presentedAt",
        "attendeesDept",
        "decision",
        "disposalOpinion",
        "requirements",
        "priority",
        "due",
    ],
    ("xc_handover_clue", "supplement_clue"): ["newMaterials", "newFindings", "extended", *C],
    ("xc_handover_clue", "decline_clue"): ["destination", "declineReason", "issueNo", *APPROVE],
    ("xc_handover_form", "fill_form"): [
        "formSummary",
        "dossierIndex",
        "pages",
        "toDept",
        "opinions",
        "requirement",
        "due",
        "copies",
    ],
    ("xc_handover_form", "record_report"): ["reportTo", "reportNo", "reportedAt", "receipt", "sign"],
    ("xc_handover_form", "approve_form_office"): APPROVE,
    ("xc_handover_form", "approve_form_leader"): APPROVE,
}


@each_process
def test_every_user_task_has_a_form_and_every_form_a_task(each: Drawn) -> None:
    asked = {element.form_id or element.id for element in each.user_tasks()}
    started = {e.id for e in each.elements.values() if e.tag == "startEvent" and not e.events}
    assert asked <= each.forms.keys()
    assert each.forms.keys() <= asked | started
    assert not [name for name, form in each.forms.items() if form["id"] != name]


@pytest.mark.parametrize(
    ("where", "keys"), ASKED.items(), ids=lambda value: "/".join(value) if isinstance(value, tuple) else ""
)
def test_a_form_asks_for_what_the_procedure_asks_for(where: tuple[str, str], keys: list[str]) -> None:
    assert written(drawn()[where[0]].forms[where[1]]) == set(keys)


def test_forms_are_made_of_known_components() -> None:
    used = {component["type"] for _, _, form in every_form() for _, component in fields(form)}
    assert used <= KNOWN | OURS
    assert used >= OURS


def test_no_two_fields_of_a_form_share_a_key_or_id() -> None:
    for process, name, form in every_form():
        paths = [path for path, _ in fields(form)]
        ids = [component["id"] for _, component in fields(form)]
        assert len(set(paths)) == len(paths), (process, name)
        assert len(set(ids)) == len(ids), (process, name)


def test_entries_choose_from_what_exists() -> None:
    known = {"person", "organisation", *toml("lists.toml"), *toml("registers.toml")}
    entries = [c for _, _, form in every_form() for _, c in fields(form) if c["type"] == "entry"]
    assert entries
    assert not [c["key"] for c in entries if c["source"] not in known]


def test_what_a_form_hides_or_works_out_is_feel_without_a_clock() -> None:
    for process, name, form in every_form():
        for path, component in fields(form):
            hide, expression = component.get("conditional", {}).get("hide"), component.get("expression")
            for text in filter(None, (hide, expression)):
                assert text.startswith("="), (process, name, path)
                assert not feel.check(feel.body(text)), (process, name, path)
                assert not {"now", "today"} & feel.names(feel.body(text))


def test_a_text_about_what_one_may_not_see_or_what_is_not_there_yet_is_not_begun() -> None:
    evaluator = feel.Evaluator(datetime(2026, 3, 2, tzinfo=UTC), "Asia/Shanghai")
    for process, name, form in every_form():
        for path, component in fields(form):
            hide = component.get("conditional", {}).get("hide")
            if component["type"] == "text" and hide:
                nothing = dict.fromkeys(feel.names(feel.body(hide)))
                assert evaluator.evaluate([feel.body(hide)], nothing) == [True], (process, name, path)


def test_texts_are_bounded() -> None:
    texts = [
        (n, p, c) for _, n, form in every_form() for p, c in fields(form) if c["type"] in ("textfield", "textarea")
    ]
    assert not [(n, p) for n, p, c in texts if not c.get("validate", {}).get("maxLength")]


def test_an_approval_is_asked_for_in_the_same_words_everywhere() -> None:
    for process, name, form in every_form():
        if {"decision", "sign"} <= written(form) and "opinion" in written(form):
            decision = next(c for p, c in fields(form) if p == "decision")
            assert [option["value"] for option in decision["values"]] == ["同意", "退回修改", "不同意"], (process, name)
            task = drawn()[process].elements[
                next(e.id for e in drawn()[process].user_tasks() if (e.form_id or e.id) == name)
            ]
            assert "check" in task.properties, "an opinion is required unless it is agreed"


def test_whoever_signs_reads_what_they_sign() -> None:
    signatures = [
        c for _, _, form in every_form() for _, c in fields(form) if c["type"] == "signature" and not c.get("readonly")
    ]
    assert signatures
    assert not [c for c in signatures if not c["statement"]]


def test_money_is_asked_for_in_yuan_with_two_decimals() -> None:
    asked = [c for _, _, form in every_form() for _, c in fields(form) if "金额" in str(c.get("label"))]
    assert len(asked) >= 4
    assert {(c["label"][-3:], c["decimalDigits"]) for c in asked} == {("（元）", 2)}
