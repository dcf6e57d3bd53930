"""Chinese first, English complete; sources named; nothing passed off as the district's own word."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from lxml import etree

from engine.bpmn.diagram import Scope
from tests.processes.procedure import Drawn, decision_files, drawn, every_form, fields, scenarios, toml

each_process = pytest.mark.parametrize("each", drawn().values(), ids=drawn())
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# M-numbers of the domain specification, by chapter.
SEED = {
    f"M{number:03}"
    for first, last in (
        (1, 3),
        (10, 22),
        (30, 37),
        (40, 53),
        (60, 73),
        (80, 92),
        (100, 112),
        (120, 149),
        (150, 168),
        (170, 171),
    )
    for number in range(first, last + 1)
}
OWN_WORD = re.compile(r"本区原话：“.+”")
COUNTED = re.compile(r"P\d|PT\d|R\d")
LABEL = re.compile(r"\[(S|R\d\d|D)\]")


def english(process: str) -> dict[str, str]:
    found = toml("locales/en.toml")[process]
    assert isinstance(found, dict)
    return found


@each_process
def test_every_name_in_a_diagram_has_its_english(each: Drawn) -> None:
    named = {each.key, *(lane.id for lane in each.process.lanes), *(e.id for e in each.elements.values() if e.name)}
    named |= {key for scope in _scopes(each) for key, flow in scope.flows.items() if flow.name}
    assert named <= english(each.key).keys()


def _scopes(each: Drawn) -> list[Scope]:
    return [each.process.scope, *(e.inner for e in each.elements.values() if e.inner is not None)]


def test_every_label_in_a_form_has_its_english() -> None:
    missing = []
    for process, name, form in every_form():
        for path, component in fields(form):
            key = f"form.{name}.{path}"
            wanted = {key} if component["type"] != "expression" else set()
            wanted |= {f"{key}.description"} if "description" in component else set()
            wanted |= {f"{key}.statement"} if "statement" in component else set()
            wanted |= {f"{key}.time"} if "timeLabel" in component else set()
            missing += sorted(wanted - english(process).keys())
    assert not missing


def test_every_value_one_can_choose_has_its_english_and_is_the_chinese_term_itself() -> None:
    known = toml("locales/en.toml")["values"]
    options = [o for _, _, form in every_form() for _, component in fields(form) for o in component.get("values", ())]
    assert options
    assert not [option for option in options if option["label"] != option["value"]]
    assert not {option["value"] for option in options} - known.keys()


def test_every_sentence_a_decision_says_has_its_english() -> None:
    known = toml("locales/en.toml")["values"]
    said = set()
    for body in decision_files().values():
        for entry in re.findall(r"<outputEntry[^>]*>\s*<text>(.*?)</text>", body.decode(), re.DOTALL):
            said |= {entry.strip('"')} if CHINESE.search(entry) else set()
    assert said
    assert not said - known.keys()


ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
LITERAL = re.compile(r'"([^"]*)"')


def _said_by(each: Drawn) -> Iterator[str]:
    """What a diagram puts into values and notices: whole texts, not the pieces that a number or a name is made of."""
    for element in etree.fromstring(each.path.read_bytes()).iter(f"{ZEEBE}*"):
        text = element.get("source") or element.get("expression")
        if element.tag == f"{ZEEBE}header" and element.get("key") == "text":
            yield element.get("value", "")
        elif text and not text.startswith("="):
            yield text
        elif text:
            for found in LITERAL.finditer(text):
                if "+" not in _around(text, found):
                    yield found[1]


@each_process
def test_every_term_and_notice_that_a_diagram_writes_has_its_english(each: Drawn) -> None:
    known = toml("locales/en.toml")["values"]
    assert not {text for text in _said_by(each) if CHINESE.search(text) and text not in known}


@each_process
def test_what_lists_show_of_a_reminder_is_a_number_or_a_term_and_not_put_together(each: Drawn) -> None:
    """A sentence made of a term and a number has no translation; the number alone needs none."""
    sources = [
        mapping.source
        for element in each.elements.values()
        for mapping in element.inputs
        if mapping.target in ("subject", "taskName")
    ]
    assert [source for source in sources if "+" in source] == []
    assert {text for source in sources if CHINESE.search(text := source.strip('="'))} <= toml("locales/en.toml")[
        "values"
    ].keys()


@each_process
def test_an_agenda_and_a_reason_for_a_return_are_numbers_and_terms_and_not_put_together(each: Drawn) -> None:
    """A term that is glued to a number or to what somebody wrote stays Chinese on English pages."""
    glued = [
        (element.id, found[1])
        for element in each.elements.values()
        for mapping in (*element.inputs, *element.outputs)
        if mapping.target in ("agenda", "lastReturn", "returnText")
        for found in LITERAL.finditer(mapping.source)
        if CHINESE.search(found[1]) and "+" in _around(mapping.source, found)
    ]
    assert not glued


def _around(text: str, found: re.Match[str]) -> tuple[str, str]:
    """The last character before a literal and the first one after it."""
    return text[: found.start()].rstrip()[-1:], text[found.end() :].lstrip()[:1]


# What says nothing without a label beside it.
SAID_ALONE = ("bool", "num", "percent", "int", "date", "datetime")


def _without_label(process: str) -> set[str]:
    """Columns that say nothing without a label, and that no form of the process gives one."""
    asked = {path for form in drawn()[process].forms.values() for path, field in fields(form) if _label(field)}
    columns = toml("catalog.toml")[process].get("columns", {})
    return {name for name, type_ in columns.items() if type_ in SAID_ALONE} - asked


def _label(field: dict[str, object]) -> object:
    return field.get("label") or field.get("dateLabel")


@each_process
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_number_and_date_in_a_list_has_a_name(each: Drawn, language: str) -> None:
    named = {name for name in toml(f"locales/{language}.toml").get(each.key, {}) if name.startswith("column.")}
    assert {name.removeprefix("column.") for name in named} == _without_label(each.key)


def test_english_is_english_and_holds_nothing_that_is_gone() -> None:
    tables = toml("locales/en.toml")
    # Placeholders and FEEL inside {{…}} keep the Chinese terms they compare with.
    shown = {
        (t, k): re.sub(r"\{\{.*?\}\}", "", v, flags=re.DOTALL) for t, table in tables.items() for k, v in table.items()
    }
    assert not [where for where, text in shown.items() if CHINESE.search(text) or not text.strip()]
    for key, each in drawn().items():
        known = {key, f"{key}.documentation", *(lane.id for lane in each.process.lanes), *each.elements}
        known |= {flow for scope in _scopes(each) for flow in scope.flows}
        known |= {f"column.{name}" for name in _without_label(key)}
        known |= set(re.findall(r'<decision id="(\w+)"', "".join(b.decode() for b in decision_files().values())))
        for name, form in each.forms.items():
            for path, _ in fields(form):
                at = f"form.{name}.{path}"
                known |= {at, f"{at}.description", f"{at}.statement", f"{at}.time"}
        assert not tables[key].keys() - known


@each_process
def test_what_a_step_rests_on_and_what_a_process_is_for_can_be_read_in_english(each: Drawn) -> None:
    bases = {e.properties["basis"] for e in each.elements.values() if "basis" in e.properties}
    assert bases | {each.process.properties["basis"]} <= toml("locales/en.toml")["values"].keys()
    assert f"{each.key}.documentation" in english(each.key)


@each_process
def test_every_step_names_its_source_and_gives_its_basis(each: Drawn) -> None:
    asked = [e for e in each.elements.values() if e.tag in ("userTask", "callActivity", "businessRuleTask")]
    for element in asked:
        assert element.properties.get("seedRef") in SEED, element.id
        assert element.properties.get("basis"), element.id


@each_process
def test_only_what_is_quoted_is_given_as_the_districts_own_word(each: Drawn) -> None:
    texts = [each.process.properties["basis"], *(e.properties.get("basis", "") for e in each.elements.values())]
    for text in filter(None, texts):
        if "本区" in text.replace("非本区", ""):
            assert OWN_WORD.search(text), text
        else:
            assert re.search("系统默认|系统设计|参考|线下办理|会议类型见", text), text


def test_every_number_of_days_says_where_it_comes_from() -> None:
    for key, rule in toml("deadlines.toml").items():
        assert LABEL.search(rule["basis"]), key
        own = "[S]" in rule["basis"]
        assert "可配置" in rule["basis"], key
        # The office's own word never fixes the number, so what it says must be followed by whose number this is.
        assert not own or "[D]" in rule["basis"], key


def test_what_a_deadline_rests_on_has_its_english() -> None:
    bases = {rule["basis"] for rule in toml("deadlines.toml").values()}
    assert bases <= toml("locales/en.toml")["values"].keys()


def test_no_diagram_or_form_holds_a_number_of_days() -> None:
    days = re.compile(r"[\d一二三四五六七八九十]+\s*(个工作日|个月|天|日内)")
    for each in drawn().values():
        for element in each.elements.values():
            assert not days.search(f"{element.name} {element.properties.get('basis')}"), element.id
            for event in element.events:
                if event.kind == "timer":
                    assert not COUNTED.search(event.expression or "") or "due" in (event.expression or ""), element.id
                    assert event.expression == "=deadline" or not element.properties.get("deadline")
    components = [(name, str(component)) for _, name, form in every_form() for _, component in fields(form)]
    assert not [name for name, text in components if days.search(text)]


def test_every_rule_of_a_decision_says_what_it_means_whose_word_it_is_and_where_it_stands() -> None:
    for path, body in decision_files().items():
        for rule in re.findall(r"<rule .*?</rule>", body.decode(), re.DOTALL):
            note, basis, seed = re.findall(r"<annotationEntry>\s*<text>(.*?)</text>", rule, re.DOTALL)
            assert CHINESE.search(note), path
            assert LABEL.search(basis), (path, basis)
            assert seed in SEED, (path, seed)


def test_the_demonstration_is_invented_and_says_so() -> None:
    cast = toml("demo/cast.toml")
    assert "虚构" in cast["district"]
    assert not [key for key, each in cast["organisations"].items() if "虚构" not in each["name"]]
    assert not [path for path, each in scenarios().items() if "虚构" not in str(each) and "expect" not in str(each)]
