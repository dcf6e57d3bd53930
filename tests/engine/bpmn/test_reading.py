"""What a diagram says is read whole, with every reference resolved."""

from __future__ import annotations

from engine.bpmn import diagram
from engine.bpmn.diagram import Element, Mapping, Scope
from tests.engine.bpmn import drawing

LANES = """
<laneSet><lane id="l1" name="外层"><flowNodeRef>a</flowNodeRef><flowNodeRef>b</flowNodeRef><flowNodeRef>c</flowNodeRef>
  <childLaneSet><lane id="l2" name="内层"><flowNodeRef>b</flowNodeRef></lane>
    <lane id="l3"><flowNodeRef>c</flowNodeRef></lane></childLaneSet></lane></laneSet>
<userTask id="a"/><userTask id="b"/><userTask id="c"/><userTask id="d"/>
<subProcess id="s"><userTask id="e"/></subProcess>
"""


def scope(content: str, top: str = "") -> Scope:
    return diagram.read(drawing.process(content, top)).processes["p"].scope


def element(content: str, identity: str = "x", top: str = "") -> Element:
    return scope(content, top).elements[identity]


def test_elements_and_flows_keep_the_order_of_the_file_and_their_lines() -> None:
    found = scope(
        '<startEvent id="s"/>\n<task id="b"/>\n<task id="a"/>\n' + drawing.flow("s", "b") + drawing.flow("b", "a")
    )
    assert list(found.elements) == ["s", "b", "a"]
    assert [item.line for item in found.elements.values()] == [5, 6, 7]
    assert found.elements["b"].incoming == ("f_s_b",)
    assert found.elements["b"].outgoing == ("f_b_a",)


def test_a_prefix_is_as_good_as_another_or_none() -> None:
    for prefix in ("", "bpmn:", "semantic:", "流程:"):
        at = f":{prefix[:-1]}" if prefix else ""
        xml = (
            f'<{prefix}definitions xmlns{at}="http://www.omg.org/spec/BPMN/20100524/MODEL">'
            f'<{prefix}process id="p"><{prefix}task id="a"/></{prefix}process></{prefix}definitions>'
        )
        assert list(diagram.read(xml.encode()).processes["p"].scope.elements) == ["a"]


def test_flows_without_id_get_stable_ones_that_no_file_can_contain() -> None:
    content = '<task id="a"/><task id="b"/>' + '<sequenceFlow sourceRef="a" targetRef="b"/>' * 2
    assert list(scope(content).flows) == ["~a~b~1", "~a~b~2"]
    assert scope(content).elements["b"].incoming == ("~a~b~1", "~a~b~2")


def test_the_lane_of_an_element_is_the_innermost_one_with_a_name() -> None:
    found = scope(LANES).elements
    assert {key: found[key].lane for key in "abcd"} == {"a": "外层", "b": "内层", "c": "外层", "d": None}


def test_what_is_inside_a_sub_process_has_its_lane() -> None:
    inner = scope(LANES.replace("<flowNodeRef>a</flowNodeRef>", "<flowNodeRef>s</flowNodeRef>")).elements["s"].inner
    assert inner is not None and inner.elements["e"].lane == "外层"


def test_a_message_event_knows_name_key_and_how_long_to_keep() -> None:
    top = drawing.extended("message", 'id="m" name="到了"', '<z:subscription correlationKey="=k"/>')
    event = '<messageEventDefinition messageRef="m"/>'
    (caught,) = element(f'<intermediateCatchEvent id="x">{event}</intermediateCatchEvent>', top=top).events
    assert (caught.kind, caught.name, caught.key, caught.ref) == ("message", "到了", "=k", "m")
    thrown = drawing.extended(
        "intermediateThrowEvent",
        'id="x"',
        drawing.properties(correlationKey="=other", timeToLive="PT1H"),
        '<z:ioMapping><z:input source="=a" target="b"/></z:ioMapping>',
        inner=event,
    )
    found = element(thrown, top=top)
    assert (found.events[0].key, found.events[0].ttl, found.inputs) == ("=other", "PT1H", (Mapping("=a", "b", 5),))


def test_send_and_receive_tasks_have_their_message_as_event() -> None:
    for tag in ("sendTask", "receiveTask"):
        (event,) = element(f'<{tag} id="x" messageRef="m"/>', top='<message id="m" name="n"/>').events
        assert (event.kind, event.name) == ("message", "n")


def test_an_error_is_known_by_its_code_and_without_one_catches_all() -> None:
    top = '<error id="e" name="Name" errorCode="CODE"/><escalation id="n" name="only a name"/>'
    catch = '<task id="t"/><boundaryEvent id="x" attachedToRef="t">{}</boundaryEvent>'
    (event,) = element(catch.format('<errorEventDefinition errorRef="e"/>'), top=top).events
    assert (event.name, event.has_ref) == ("CODE", True)
    (event,) = element(catch.format('<escalationEventDefinition escalationRef="n"/>'), top=top).events
    assert event.name == "only a name"
    (event,) = element(catch.format("<errorEventDefinition/>")).events
    assert (event.name, event.has_ref) == (None, False)


def test_event_definitions_beside_the_process_are_found_by_reference_in_order() -> None:
    top = '<signal id="s" name="now"/><signalEventDefinition id="shared" signalRef="s"/>'
    content = (
        '<intermediateCatchEvent id="x" parallelMultiple="true"><timerEventDefinition><timeDate>=d</timeDate>'
        "</timerEventDefinition><eventDefinitionRef>shared</eventDefinitionRef></intermediateCatchEvent>"
    )
    found = element(content, top=top)
    assert [event.kind for event in found.events] == ["timer", "signal"]
    assert (found.events[0].time_form, found.events[0].expression) == ("timeDate", "=d")
    assert found.parallel_multiple


def test_boundary_events_know_their_host_and_the_host_knows_them() -> None:
    found = scope(
        '<boundaryEvent id="b" attachedToRef="t" cancelActivity="false"><escalationEventDefinition/></boundaryEvent>'
        '<task id="t"/><boundaryEvent id="c" attachedToRef="t"><errorEventDefinition/></boundaryEvent>'
    ).elements
    assert found["t"].boundary == ("b", "c")
    assert (found["b"].attached_to, found["b"].interrupting, found["c"].interrupting) == ("t", False, True)


def test_an_association_leads_from_a_compensation_event_to_what_undoes_its_host() -> None:
    found = scope(
        '<task id="t"/><boundaryEvent id="b" attachedToRef="t"><compensateEventDefinition/></boundaryEvent>'
        '<task id="undo" isForCompensation="true"/><association sourceRef="b" targetRef="undo"/>'
        '<textAnnotation id="note"/><association sourceRef="t" targetRef="note"/>'
    ).elements
    assert found["b"].handler == "undo"
    assert found["undo"].for_compensation


def test_a_user_task_is_read_with_all_that_decides_who_does_it_when_and_with_which_form() -> None:
    found = element(
        drawing.extended(
            "userTask",
            'id="x" name="批准"',
            "<z:userTask/>",
            '<z:assignmentDefinition assignee="=who" candidateUsers="a, b" candidateGroups="TL"/>',
            '<z:formDefinition formId="approval"/>',
            '<z:taskSchedule dueDate="=due" followUpDate="2026-04-01"/>',
            '<z:priorityDefinition priority="70"/>',
            '<z:properties><z:property name="basis" value="第三条"/></z:properties>',
            inner="<documentation>一</documentation><documentation>二</documentation>",
        )
    )
    assert found.assignment is not None and found.schedule is not None
    assert (found.assignment.assignee, found.assignment.candidate_users) == ("=who", "a, b")
    assert found.assignment.candidate_groups == "TL"
    assert (found.schedule.due, found.schedule.follow_up) == ("=due", "2026-04-01")
    assert (found.form_id, found.priority, found.properties) == ("approval", "70", {"basis": "第三条"})
    assert (found.name, found.documentation) == ("批准", "一\n\n二")


def test_script_service_decision_and_call_are_read_from_their_extension_elements() -> None:
    script = element(drawing.extended("scriptTask", 'id="x"', '<z:script expression="=1" resultVariable="r"/>')).script
    assert script is not None and (script.expression, script.result) == ("=1", "r")
    headers = '<z:taskHeaders><z:header key="register" value="台账"/></z:taskHeaders>'
    job = element(
        drawing.extended("serviceTask", 'id="x"', '<z:taskDefinition type="count" retries="5"/>', headers)
    ).job
    assert job is not None and (job.type, job.retries, job.headers) == ("count", "5", {"register": "台账"})
    asked = '<z:calledDecision decisionId="d" resultVariable="r"/>'
    decision = element(drawing.extended("businessRuleTask", 'id="x"', asked)).decision
    assert decision is not None and (decision.id, decision.result, decision.binding) == ("d", "r", "deployment")
    call = '<z:calledElement processId="q" propagateAllChildVariables="false" bindingType="latest"/>'
    called = element(drawing.extended("callActivity", 'id="x"', call)).called
    assert called is not None and (called.process, called.binding, called.propagate_all) == ("q", "latest", False)


def test_a_call_may_name_its_process_as_plain_bpmn_does() -> None:
    called = element('<callActivity id="x" calledElement="bpmn:q"/>').called
    assert called is not None and (called.process, called.propagate_all) == ("q", False)


def test_loops_of_both_kinds_and_both_spellings() -> None:
    standard = (
        '<standardLoopCharacteristics loopMaximum="3" testBefore="true"><loopCondition>more</loopCondition>'
        "</standardLoopCharacteristics>"
    )
    loop = element(f'<task id="x">{standard}</task>').loop
    assert loop is not None and (loop.kind, loop.maximum, loop.loop_condition, loop.test_before) == (
        "standard",
        3,
        "more",
        True,
    )
    attributes = 'inputCollection="=units" inputElement="unit" outputCollection="all" outputElement="=one"'
    several = (
        '<multiInstanceLoopCharacteristics isSequential="true"><extensionElements>'
        f"<z:loopCharacteristics {attributes}/></extensionElements>"
        "<completionCondition>=enough</completionCondition></multiInstanceLoopCharacteristics>"
    )
    loop = element(f'<task id="x">{several}</task>').loop
    assert loop is not None and (loop.kind, loop.collection, loop.element) == ("sequential", "=units", "unit")
    assert (loop.output_collection, loop.output_element, loop.completion_condition) == ("all", "=one", "=enough")
    plain = (
        "<multiInstanceLoopCharacteristics><loopDataInputRef>units_ref</loopDataInputRef>"
        '<loopDataOutputRef>o</loopDataOutputRef><inputDataItem id="unit"/><outputDataItem id="i" name="one"/>'
        "</multiInstanceLoopCharacteristics>"
    )
    data = (
        '<dataObject id="u" name="units"/><dataObjectReference id="units_ref" dataObjectRef="u"/><dataObject id="o"/>'
    )
    loop = element(f'{data}<task id="x">{plain}</task>').loop
    assert loop is not None and (loop.kind, loop.collection, loop.element) == ("parallel", "=units", "unit")
    assert (loop.output_collection, loop.output_element) == ("o", "=one")


def test_a_loop_over_an_input_of_the_activity_is_one_over_the_data_object_behind_it() -> None:
    content = """
    <dataObject id="units"/><dataObject id="sums"/><dataObject id="year"/>
    <task id="x">
      <ioSpecification><dataInput id="all"/><dataInput id="when"/><dataOutput id="results"/></ioSpecification>
      <dataInputAssociation><sourceRef>units</sourceRef><targetRef>all</targetRef></dataInputAssociation>
      <dataInputAssociation><sourceRef>year</sourceRef><targetRef>when</targetRef></dataInputAssociation>
      <dataOutputAssociation><sourceRef>results</sourceRef><targetRef>sums</targetRef></dataOutputAssociation>
      <multiInstanceLoopCharacteristics><loopDataInputRef>all</loopDataInputRef>
        <loopDataOutputRef>results</loopDataOutputRef><inputDataItem id="unit"/><outputDataItem id="sum"/>
      </multiInstanceLoopCharacteristics></task>
    """
    found = element(content)
    assert found.loop is not None
    assert (found.loop.collection, found.loop.element) == ("=units", "unit")
    assert (found.loop.output_collection, found.loop.output_element) == ("sums", "=sum")
    assert [(item.source, item.target) for item in found.inputs] == [("=year", "when")]
    assert found.outputs == ()


def test_a_data_object_is_a_variable_of_the_scope_that_holds_it() -> None:
    found = scope(
        '<dataObject id="d" name="报告 初稿"/><dataObjectReference id="r" name="report" dataObjectRef="d"/>'
        '<property id="prop" name="size"/>'
        '<subProcess id="s"><dataObject id="e"/><dataObjectReference id="again" dataObjectRef="d"/></subProcess>'
    )
    inner = found.elements["s"].inner
    assert inner is not None
    assert found.declares == ("report", "size")
    assert inner.declares == ("e",)
    assert {key: item.name for key, item in found.data.items()} == {"d": "report", "r": "report", "prop": "size"}
    assert inner.data["again"].name == "report"


def test_data_associations_are_mappings_where_the_activity_names_its_side() -> None:
    content = """
    <dataObject id="order"/><dataObject id="total"/>
    <task id="x"><ioSpecification><dataInput id="in" name="what"/><dataOutput id="out" name="sum"/>
      <inputSet><dataInputRefs>in</dataInputRefs></inputSet><outputSet><dataOutputRefs>out</dataOutputRefs></outputSet>
      </ioSpecification>
      <property id="hole" name="__targetRef_placeholder"/>
      <dataInputAssociation><sourceRef>order</sourceRef><targetRef>in</targetRef></dataInputAssociation>
      <dataInputAssociation><sourceRef>order</sourceRef><targetRef>hole</targetRef></dataInputAssociation>
      <dataInputAssociation><targetRef>in</targetRef><assignment><from>order.size</from><to>size</to></assignment>
      </dataInputAssociation>
      <dataOutputAssociation><sourceRef>out</sourceRef><targetRef>total</targetRef></dataOutputAssociation>
      <dataOutputAssociation><targetRef>order</targetRef></dataOutputAssociation></task>
    """
    found = element(content)
    assert [(item.source, item.target) for item in found.inputs] == [("=order", "what"), ("=order.size", "size")]
    assert [(item.source, item.target) for item in found.outputs] == [("=sum", "total")]


def test_sub_processes_keep_what_makes_them_special() -> None:
    found = scope(
        '<transaction id="t"/><subProcess id="e" triggeredByEvent="true"><startEvent id="s" isInterrupting="false">'
        '<signalEventDefinition/></startEvent></subProcess><adHocSubProcess id="a" ordering="Sequential" '
        'cancelRemainingInstances="false"><completionCondition>enough</completionCondition></adHocSubProcess>'
    ).elements
    transaction, event, ad_hoc = (found[key].inner for key in "tea")
    assert transaction is not None and event is not None and ad_hoc is not None
    assert (transaction.kind, transaction.parent) == ("transaction", "p")
    assert event.triggered_by_event and not event.elements["s"].interrupting
    assert (ad_hoc.ordering, ad_hoc.cancel_remaining, ad_hoc.completion_condition) == ("Sequential", False, "enough")


def test_gateways_keep_default_conditions_and_activation() -> None:
    found = scope(
        '<exclusiveGateway id="g" default="no"/><complexGateway id="c"><activationCondition>activationCount = 2'
        '</activationCondition></complexGateway><eventBasedGateway id="e" instantiate="true"/>'
        + drawing.flow("g", "c", "=x > 1", "yes")
        + drawing.flow("g", "e", identity="no")
    )
    assert found.elements["g"].default == "no"
    assert (found.flows["yes"].condition, found.flows["no"].condition) == ("=x > 1", None)
    assert found.elements["c"].activation_condition == "activationCount = 2"
    assert found.elements["e"].instantiate


def test_quantities_and_for_compensation() -> None:
    found = element('<task id="x" startQuantity="2" completionQuantity="3"/>')
    assert (found.start_quantity, found.completion_quantity) == (2, 3)


def test_several_processes_global_tasks_pools_and_a_drawing_in_one_file() -> None:
    found = diagram.read(
        drawing.file(
            '<collaboration id="c"><participant id="pool" name="办公室" processRef="p"/><participant id="black"/>'
            '<messageFlow id="mf" sourceRef="a" targetRef="black"/></collaboration>'
            '<process id="p" name="流程" isExecutable="true"><task id="a"/></process>'
            '<process id="q" isExecutable="false"/>'
            '<globalUserTask id="g" name="签字"/>'
        ).replace(
            b"</bpmn:definitions>",
            b'<di:BPMNDiagram xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI"><di:BPMNPlane bpmnElement="c">'
            b'<di:BPMNShape bpmnElement="a"/></di:BPMNPlane></di:BPMNDiagram></bpmn:definitions>',
        ),
        "x.bpmn",
    )
    assert list(found.processes) == ["p", "q", "g"]
    assert (found.processes["p"].pool, found.processes["p"].name) == ("办公室", "流程")
    assert [found.processes[key].executable for key in "pqg"] == [True, False, True]
    assert found.processes["g"].scope.elements["g"].tag == "userTask"
    assert found.drawn == {"a"}
    assert (found.source, len(found.digest)) == ("x.bpmn", 64)


def test_documentation_inside_an_expression_is_not_part_of_it() -> None:
    condition = "<documentation>why</documentation>x > 1"
    flow = scope('<task id="a"/><task id="b"/>' + drawing.flow("a", "b", condition)).flows["f_a_b"]
    assert flow.condition == "x > 1"


def test_walking_a_process_meets_every_element_outer_before_inner() -> None:
    xml = drawing.process(
        '<subProcess id="a"><subProcess id="b"><task id="c"/></subProcess></subProcess><task id="d"/>'
    )
    assert [(scope.id, item.id) for scope, item in diagram.read(xml).processes["p"].walk()] == [
        ("p", "a"),
        ("a", "b"),
        ("b", "c"),
        ("p", "d"),
    ]
