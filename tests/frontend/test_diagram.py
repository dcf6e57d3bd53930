from __future__ import annotations

from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.frontend.stage import Stage

Opened = Callable[[], Page]
HOSTILE = "&lt;img src=x onerror=alert(1)&gt;"
SHAPES = (
    ("begin", "startEvent", "开始"),
    ("write", "userTask", "起草"),
    ("read", "userTask", HOSTILE),
    ("end", "endEvent", ""),
)


SIZES = {"userTask": (100, 80), "startEvent": (36, 36), "endEvent": (36, 36)}
NAMESPACES = " ".join(
    f'xmlns:{prefix}="http://www.omg.org/spec/{path}"'
    for prefix, path in (
        ("bpmn", "BPMN/20100524/MODEL"),
        ("di", "BPMN/20100524/DI"),
        ("dc", "DD/20100524/DC"),
        ("w", "DD/20100524/DI"),
    )
)


def shape(place: int, key: str, tag: str) -> str:
    width, height = SIZES[tag]
    bounds = f'<dc:Bounds x="{100 + 200 * place}" y="{100 - height // 2}" width="{width}" height="{height}"/>'
    return f'<di:BPMNShape id="{key}_di" bpmnElement="{key}">{bounds}</di:BPMNShape>'


def edge(place: int, flow: str) -> str:
    points = "".join(f'<w:waypoint x="{x + 200 * place}" y="100"/>' for x in (200, 300))
    return f'<di:BPMNEdge id="{flow}_di" bpmnElement="{flow}">{points}</di:BPMNEdge>'


def diagram() -> str:
    pairs = [(SHAPES[place][0], SHAPES[place + 1][0]) for place in range(3)]
    nodes = "".join(f'<bpmn:{tag} id="{key}" name="{name}"/>' for key, tag, name in SHAPES)
    flows = "".join(f'<bpmn:sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in pairs)
    drawn = [shape(place, key, tag) for place, (key, tag, _) in enumerate(SHAPES)]
    drawn += [edge(place, f"{a}_{b}") for place, (a, b) in enumerate(pairs)]
    plane = f'<di:BPMNPlane id="y" bpmnElement="p">{"".join(drawn)}</di:BPMNPlane>'
    return (
        f'<bpmn:definitions {NAMESPACES} id="d" targetNamespace="urn:t">'
        f'<bpmn:process id="p">{nodes}{flows}</bpmn:process>'
        f'<di:BPMNDiagram id="x">{plane}</di:BPMNDiagram></bpmn:definitions>'
    )


STATE = {"tokens": {"read": 2}, "visited": ["begin", "write"], "flows": ["begin_write"], "incidents": []}


def show(stage: Stage, **attributes: object) -> None:
    stage.bundle = "viewer"
    stage.attributes = {
        "class": "diagram",
        "data-diagram": "/diagram.bpmn",
        "data-source": diagram(),
        "data-state": STATE,
        **{f"data-{name}": value for name, value in attributes.items()},
    }


def test_a_diagram_shows_where_tokens_stand_and_what_was_passed(stage: Stage, opened: Opened) -> None:
    show(stage)
    page = opened()
    expect(page.locator("[data-element-id=read].is-here")).to_have_count(1)
    expect(page.locator(".was-visited")).to_have_count(2)
    expect(page.locator("[data-element-id=begin_write].was-passed")).to_have_count(1)
    expect(page.locator(".token-count")).to_have_text("2")
    assert page.locator("main img").count() == 0


def test_a_diagram_is_read_by_keyboard(stage: Stage, opened: Opened) -> None:
    show(stage)
    page = opened()
    page.keyboard.press("Tab")
    expect(page.locator(".diagram svg").first).to_be_focused()
    page.keyboard.press("n")
    live = page.locator(".diagram-live")
    expect(live).to_contain_text("正在进行，共 2 处")
    page.keyboard.press("p")
    expect(live).to_have_text("起草：已完成")
    before = page.locator("g.viewport").get_attribute("transform")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("+")
    assert page.locator("g.viewport").get_attribute("transform") != before
    page.keyboard.press("0")
    assert page.locator("g.viewport").get_attribute("transform") != before or before


def test_a_diagram_speaks_the_language_of_the_page(stage: Stage, opened: Opened) -> None:
    stage.language = "en"
    show(stage, names={"write": "Write the report"})
    page = opened()
    expect(page.get_by_text("Write the")).to_be_visible()
    expect(page.get_by_role("button", name="Zoom in")).to_be_visible()


def test_a_pool_is_called_what_its_process_is_called(stage: Stage, opened: Opened) -> None:
    pool = '<bpmn:participant id="pool" name="写报告" processRef="p"/>'
    bounds = '<dc:Bounds x="0" y="0" width="900" height="300"/>'
    drawn = f'<di:BPMNShape id="z" bpmnElement="pool" isHorizontal="true">{bounds}</di:BPMNShape>'
    xml = diagram().replace("<bpmn:process ", f'<bpmn:collaboration id="c">{pool}</bpmn:collaboration><bpmn:process ')
    xml = xml.replace('<di:BPMNPlane id="y" bpmnElement="p">', f'<di:BPMNPlane id="y" bpmnElement="c">{drawn}')
    show(stage, names={"p": "Writing"}, source=xml)
    page = opened()
    expect(page.locator("[data-element-id=pool]")).to_contain_text("Writing")


def test_the_page_hears_which_step_was_chosen(stage: Stage, opened: Opened) -> None:
    show(stage)
    page = opened()
    page.evaluate("document.addEventListener('diagram:step', event => { document.title = event.detail; })")
    page.locator("[data-element-id=write]").click()
    expect(page).to_have_title("write")


def test_a_diagram_in_a_closed_box_fits_when_the_box_is_opened(stage: Stage, opened: Opened) -> None:
    show(stage)
    stage.attributes["hidden"] = ""
    page = opened()
    page.locator(".diagram").evaluate("each => each.removeAttribute('hidden')")
    expect(page.locator("[data-element-id=write]")).to_be_in_viewport()


def test_a_diagram_that_cannot_be_read_says_so(stage: Stage, page: Page) -> None:
    show(stage)
    stage.attributes["data-source"] = "this is not XML"
    page.goto(stage.address)
    expect(page.get_by_role("alert")).to_have_text("流程图无法显示。")


def test_the_makers_mark_stays_visible(stage: Stage, opened: Opened) -> None:
    show(stage)
    page = opened()
    page.locator(".bjs-powered-by").click(trial=True)


def test_a_diagram_passes_axe(stage: Stage, opened: Opened) -> None:
    show(stage)
    page = opened()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


LABEL = (
    '<w:waypoint x="200" y="100"/><w:waypoint x="300" y="100"/><di:BPMNLabel><dc:Bounds x="{x}" y="82" width="14" '
    'height="14"/></di:BPMNLabel>'
)


def labelled(x: int) -> str:
    """The diagram, with a name as wide as one letter on its first flow."""
    bare = '<w:waypoint x="200" y="100"/><w:waypoint x="300" y="100"/>'
    assert bare in diagram()
    return diagram().replace(bare, LABEL.format(x=x), 1).replace('id="begin_write"', 'id="begin_write" name="是"', 1)


def test_a_name_in_another_language_is_not_broken_and_stays_on_its_side(stage: Stage, opened: Opened) -> None:
    show(stage, source=labelled(205), names={"begin_write": "Approved"})
    page = opened()
    label = page.locator("[data-element-id=begin_write_label] text")
    expect(label.locator("tspan")).to_have_count(1)
    shapes = [page.locator(f"[data-element-id={each}]").bounding_box() for each in ("begin", "begin_write")]
    begin, flow, name = (*shapes, label.bounding_box())
    assert begin and flow and name
    assert name["x"] > begin["x"] + begin["width"] / 2 and name["y"] + name["height"] < flow["y"] + flow["height"]


def inside(xml: str) -> str:
    """The diagram with its second task inside a sub-process that has a page of its own."""
    task = f'<bpmn:userTask id="read" name="{HOSTILE}"/>'
    held = f'<bpmn:subProcess id="held" name="办理">{task}</bpmn:subProcess>'
    flows = '<bpmn:sequenceFlow id="write_read" sourceRef="write" targetRef="read"/>'
    flows += '<bpmn:sequenceFlow id="read_end" sourceRef="read" targetRef="end"/>'
    outer = xml.replace(task, held).replace(flows, "")
    for gone in (edge(1, "write_read"), edge(2, "read_end"), shape(2, "read", "userTask")):
        assert gone in outer
        outer = outer.replace(gone, "")
    box = '<dc:Bounds x="500" y="60" width="100" height="80"/>'
    closed = f'<di:BPMNShape id="held_di" bpmnElement="held" isExpanded="false">{box}</di:BPMNShape>'
    page = f'<di:BPMNDiagram id="x2"><di:BPMNPlane id="y2" bpmnElement="held">{shape(0, "read", "userTask")}'
    page += "</di:BPMNPlane></di:BPMNDiagram>"
    return outer.replace("</di:BPMNPlane>", f"{closed}</di:BPMNPlane>", 1).replace(
        "</bpmn:definitions>", f"{page}</bpmn:definitions>"
    )


def test_what_runs_inside_a_sub_process_opens_there_and_nothing_lies_under_the_way_back(
    stage: Stage, opened: Opened
) -> None:
    show(stage, source=inside(diagram()), state={"tokens": {"read": 1}, "visited": [], "flows": [], "incidents": []})
    page = opened()
    here = page.locator("[data-element-id=read].is-here")
    expect(here).to_be_visible()
    back, task = page.locator(".bjs-breadcrumbs").bounding_box(), here.bounding_box()
    assert back and task and back["y"] + back["height"] <= task["y"]

    page.locator(".bjs-breadcrumbs .bjs-crumb").first.click()
    expect(page.locator("[data-element-id=write]")).to_be_in_viewport(ratio=1)


def test_a_case_that_stands_on_the_first_page_opens_there(stage: Stage, opened: Opened) -> None:
    tokens = {"held": 1, "read": 1}
    show(stage, source=inside(diagram()), state={"tokens": tokens, "visited": [], "flows": [], "incidents": []})
    page = opened()
    expect(page.locator("[data-element-id=held].is-here")).to_be_visible()
    expect(page.locator(".bjs-breadcrumbs")).to_be_hidden()
    expect(page.get_by_title("打开办理")).to_be_visible()
