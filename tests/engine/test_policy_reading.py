from __future__ import annotations

from datetime import date, time

import pytest

from engine import policy
from engine.errors import PolicyInvalid
from tests.engine.clinic import FILES


def faults(**changed: str) -> list[str]:
    files = {**FILES, **{f"{name}.toml": text.encode() for name, text in changed.items()}}
    with pytest.raises(PolicyInvalid) as refused:
        policy.read(files)
    return [str(problem) for problem in refused.value.problems]


def test_a_sound_policy_is_read_whole() -> None:
    read = policy.read({**FILES, "stay/stay.bpmn": b"<not read here>", "locales/en.toml": b"not read either"})
    assert read.roles["NURSE"] == policy.Role("NURSE", "护士", "Nurse", "ward")
    assert read.external == {"KIN", "LAB"}
    assert read.role_by_title("院长") == read.roles["DIR"]
    assert read.role_by_title("校长") is None
    stay = read.processes["stay"]
    assert (stay.start, stay.see, stay.story) == (("NURSE",), ("DOC", "DIR", "KIN"), ("DIR",))
    assert dict(stay.remits) == {"wardId": "ward", "familyId": "family"}
    assert stay.optional == {"familyId"}
    assert list(stay.columns) == ["title", "bed"]
    assert stay.field("plan") == policy.FieldClass("internal", ("KIN",))
    assert stay.field("never named") == policy.INTERNAL
    assert stay.sealed == {"diagnosis", "photo", "letter"}
    assert read.processes["walk"].story == ("@starter",)
    assert read.registers["admissions"].columns["ward"].type == "ward"
    assert read.registers["admissions"].number == "no"
    assert read.deadlines["D1"].amount == 3
    assert read.deadlines["D1"].roll == "N"
    assert read.deadlines_en["D1"] == "First round"
    assert read.calendar.version == "1"
    assert read.calendar.overrides[date(2026, 5, 9)] == "working"


def test_no_files_are_a_policy_that_opens_nothing() -> None:
    assert policy.read({}).processes == {}


def test_columns_may_carry_types() -> None:
    catalog = "[walk]\nsee = ['@starter']\ncolumns = { title = 'str', at = 'datetime' }"
    read = policy.read({**FILES, "catalog.toml": catalog.encode()})
    assert dict(read.processes["walk"].columns) == {"title": "str", "at": "datetime"}


def test_a_column_may_hold_the_keys_of_a_reference_list() -> None:
    assert "ward" in policy.read(FILES).lists
    catalog = "[walk]\nsee = ['@starter']\ncolumns = { at = 'ward' }"
    read = policy.read({**FILES, "catalog.toml": catalog.encode()})
    assert dict(read.processes["walk"].columns) == {"at": "ward"}
    assert any("'word' is no type" in each for each in faults(catalog=catalog.replace("ward", "word")))


def test_a_deadline_may_name_a_time_of_day() -> None:
    deadlines = "[D]\ntitle='t'\nen='t'\namount=0\nkind='C'\nroll='K'\ndirection='before'\nat=20:00:00\nbasis='b'"
    rule = policy.read({**FILES, "deadlines.toml": deadlines.encode()}).deadlines["D"]
    assert (rule.at, rule.roll, rule.direction) == (time(20), "K", "before")


def test_what_is_not_toml_or_not_utf8_is_said_so_by_file() -> None:
    assert "roles.toml: This file is not TOML" in faults(roles="[oops", separation="", catalog="", lists="")[0]
    with pytest.raises(PolicyInvalid, match=r"roles.toml: This file is not UTF-8"):
        policy.read({"roles.toml": "[A]\ntitle='长'".encode("gbk")})


@pytest.mark.parametrize("broken", [b"[oops", "[A]\ntitle='长'".encode("gbk")])
def test_what_only_follows_from_a_file_that_cannot_be_read_is_not_said(broken: bytes) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        policy.read({**FILES, "roles.toml": broken})
    assert [problem.where for problem in refused.value.problems] == ["roles.toml"]


def test_a_file_nobody_reads_is_not_silently_ignored() -> None:
    with pytest.raises(PolicyInvalid, match=r"catalogue.toml: No file of this name is read. Known: catalog.toml"):
        policy.read({**FILES, "catalogue.toml": b""})


def test_a_key_nobody_reads_is_not_silently_ignored() -> None:
    known = "external, title, en, remit, assigned, login, front, front_en"
    fault = f"roles.toml [CHAIR] extern: 'extern' is not known here. Known: {known}."
    assert faults(roles=FILES["roles.toml"].decode() + "extern = true\n") == [fault]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("remit = 7", "roles.toml [X] remit: This must be text in quotes."),
        ("external = 'yes'", "roles.toml [X] external: This must be true or false."),
        ("remit = 'a team'", "roles.toml [X] remit: A kind of remit is one word of Latin letters, like 'team'."),
    ],
)
def test_a_mistyped_key_of_a_role_is_said_so(line: str, fault: str) -> None:
    assert fault in faults(roles=FILES["roles.toml"].decode() + f"[X]\ntitle = 'x'\nen = 'x'\n{line}\n")


def test_a_role_needs_both_titles() -> None:
    found = faults(roles=FILES["roles.toml"].decode() + "[X]\ntitle = ' '\n")
    assert found == [
        "roles.toml [X] title: This is missing. Write title = '...'.",
        "roles.toml [X] en: This is missing. Write en = '...'.",
    ]


def test_two_roles_of_one_title_are_refused_because_a_lane_could_mean_either() -> None:
    found = faults(roles=FILES["roles.toml"].decode() + "[X]\ntitle = '院长'\nen = 'x'\n")
    assert found[0].startswith("roles.toml [X] title: Role DIR has the same title.")


def test_an_unknown_role_is_named_with_the_known_ones() -> None:
    found = faults(catalog="[walk]\nstart = ['NURS']\nsee = ['DIR']")
    assert found[0].startswith("catalog.toml [walk] start: There is no role 'NURS' in roles.toml. Known: NURSE (护士)")


def test_a_role_of_a_ward_cannot_see_a_process_that_belongs_to_no_ward() -> None:
    sentence = "Role DOC is held within a ward, but no variable in remits says which one. "
    sentence += "Add a variable of kind ward or leave the role out."
    found = faults(catalog="[walk]\nsee = ['DOC']\nstory = []")
    assert found == [f"catalog.toml [walk] see: {sentence}"]


def test_the_story_is_for_those_who_see_the_row() -> None:
    found = faults(catalog="[walk]\nsee = ['DIR']\nstory = ['ARCHIVE']")
    assert found == ["catalog.toml [walk] story: ARCHIVE would see the story but not the row. Add it to see as well."]


def test_a_remit_says_its_kind_and_each_kind_once() -> None:
    found = faults(catalog="[walk]\nremits = { a = 'ward', b = 'ward', c = 3 }")
    assert "Two variables stand for a ward" in found[0]
    assert "c needs a kind of remit" in found[1]


def test_a_variable_that_decides_access_means_the_same_in_every_process() -> None:
    found = faults(catalog="[a]\nremits = { id = 'ward' }\n[b]\nremits = { id = 'family' }")
    assert found == ["catalog.toml [b] remits: id is a family here but a ward in a. Use two names."]


def test_a_sealed_value_needs_roles_and_is_neither_column_nor_remit() -> None:
    found = faults(catalog="[a]\ncolumns = ['x']\nremits = { w = 'ward' }\n[a.fields]\nx = { class = 'sealed' }")
    assert "A sealed value needs the roles that may open it" in found[0]
    assert "x is sealed and so cannot be a column or a remit" in found[1]


@pytest.mark.parametrize(
    ("field", "fault"),
    [
        ("class = 'restricted'", "A restricted value needs the roles that are shown it."),
        ("roles = ['KIN']\nask = ['DIR']", "Only a restricted value is shown to those who ask."),
        ("class = 'restricted'\nroles = ['DIR']\nask = ['DIR']", "DIR is shown it without asking."),
        ("roles = ['KIN']\nhold = 'DUTY'", "Only a restricted or a sealed value needs a role held besides."),
        ("class = 'restricted'\nroles = ['DIR']\nhold = 'DIR'", "DIR is held for the whole office"),
        ("class = 'restricted'\nroles = ['DIR']\nhold = 'X'", "There is no role 'X'"),
        ("class = 'sealed'\nroles = ['DIR']", "Only a value that is named can be sealed."),
    ],
)
def test_what_a_case_shows_otherwise_must_be_whole(field: str, fault: str) -> None:
    found = faults(catalog=f"[a]\nremits = {{ w = 'ward', f = 'family' }}\n[a.otherwise]\n{field}")
    assert any(fault in each for each in found), found


@pytest.mark.parametrize(
    ("when", "fault"),
    [
        ("{ ARCHIVE = '=x' }", "ARCHIVE sees no case of this process."),
        ("{ DIR = true }", "DIR needs a condition in FEEL, in quotes."),
        ("{ DIR = '=x +' }", "This is not FEEL"),
    ],
)
def test_a_condition_of_who_sees_a_case_must_be_one(when: str, fault: str) -> None:
    assert any(fault in each for each in faults(catalog=f"[a]\nsee = ['DIR']\nwhen = {when}"))


def test_what_fields_does_not_name_is_as_otherwise_says() -> None:
    catalog = "[a]\nremits = { w = 'ward' }\n[a.fields]\nx = {}\n[a.otherwise]\nclass = 'restricted'\n"
    catalog += "roles = ['DOC']\nhold = 'DUTY'"
    process = policy.read({**FILES, "catalog.toml": catalog.encode()}).processes["a"]
    assert (process.field("x").cls, process.field("y")) == ("internal", process.otherwise)
    assert process.otherwise == policy.FieldClass("restricted", ("DOC",), hold="DUTY")


def test_an_unknown_class_is_named_with_the_known_ones() -> None:
    found = faults(catalog="[a]\n[a.fields]\nx = { class = 'secret' }")
    assert found == [
        "catalog.toml [a.fields.x] class: 'secret' is not known here. Known: open, internal, restricted, sealed."
    ]


def test_a_condition_that_is_no_expression_is_refused() -> None:
    assert "This is not FEEL" in faults(catalog="[a]\n[a.fields]\nx = { class = 'open', when = '=f(' }")[0]


def test_a_register_shows_its_columns_only_to_roles_that_see_it() -> None:
    registers = "[r]\ntitle='t'\nen='t'\nsee=['DIR']\ncolumns=[{key='a',title='t',en='t',type='str',see=['ARCHIVE']}]"
    assert "Role ARCHIVE does not see this register" in faults(registers=registers)[0]


@pytest.mark.parametrize(
    ("register", "fault"),
    [
        ("columns=[{key='a',title='t',en='t',type='colour'}]", "'colour' is not known here. Known: str"),
        ("columns=[{key='corrects',title='t',en='t',type='str'}]", "'corrects' has a meaning of its own"),
        ("columns=[{key='a',title='t',en='t',type='int'}]\nnumber='a'", "'a' is no column of type str"),
        ("see=['DOC']\ncolumns=[{key='a',title='t',en='t',type='int'}]", "Set remit = 'ward' or leave the role out"),
        ("", "A register needs columns"),
        (
            "columns=[{key='a',title='t',en='t',type='int'},{key='a',title='t',en='t',type='str'}]",
            "There are two columns a",
        ),
    ],
)
def test_a_register_that_contradicts_itself_is_refused(register: str, fault: str) -> None:
    assert any(fault in each for each in faults(registers=f"[r]\ntitle='t'\nen='t'\n{register}"))


def test_a_rule_about_grants_needs_two_groups() -> None:
    separation = "[[rule]]\nkind='grant'\nroles=[['DIR']]\nreason='r'\nreason_en='r'"
    assert "needs two groups of roles" in faults(separation=separation)[0]


def test_days_are_dates_and_either_working_or_free_and_set_once() -> None:
    files = {
        "calendar/a.toml": b"version = '1'\n[days]\n2026-02-30 = 'free'\n2026-03-01 = 'lazy'\n2026-03-02 = 'free'",
        "calendar/b.toml": b"[days]\n2026-03-02 = 'working'",
    }
    with pytest.raises(PolicyInvalid) as refused:
        policy.read(files)
    assert [str(problem).split(": ")[0] for problem in refused.value.problems] == [
        "calendar/a.toml days.2026-02-30",
        "calendar/a.toml days.2026-03-01",
        "calendar/b.toml version",
        "calendar/b.toml days.2026-03-02",
    ]


def test_roles_of_which_one_rules_out_the_other_are_found_in_either_order() -> None:
    read = policy.read(FILES)
    assert [rule.why_en for rule in read.barring("KIN", "DOC")] == ["Nobody treats their own family."]
    assert [rule.why_en for rule in read.barring("DIR", "ARCHIVE")] == ["The archive holds no other role."]
    assert read.barring("DIR", "DOC") == []
    assert read.barring("ARCHIVE", "ARCHIVE") == []


def test_an_organisation_is_told_in_both_languages_or_not_at_all() -> None:
    fault = "This is missing. Write front_en = '...'."
    catalog, roles = FILES["catalog.toml"].decode(), FILES["roles.toml"].decode()
    said = faults(catalog=catalog.replace("[stay]\n", '[stay]\nfront = "医院"\n', 1), roles=roles + 'front = "院部"\n')
    assert said == [f"roles.toml [CHAIR] front_en: {fault}", f"catalog.toml [stay] front_en: {fault}"]
