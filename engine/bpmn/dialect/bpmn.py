"""The words of BPMN 2.0: all of its schema, so that none is met unprepared."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.dialect.entry import Entry, entry
from engine.bpmn.model import ACTIVITIES, EVENTS, GLOBAL_TASKS, SUB_PROCESSES

_SCOPES = SUB_PROCESSES | {"process"}
_FLOW = "name"
_ACTIVITY = "name isForCompensation startQuantity completionQuantity default"
_HOW = "implementation"
_CATCH = frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent"})
_THROW = frozenset({"intermediateThrowEvent", "endEvent"})
_DEFINED = EVENTS | {"definitions"}
_LANGUAGE = "language"
_TYPE = "evaluatesToTypeRef"
IN_ACTIVITY = ACTIVITIES | frozenset(GLOBAL_TASKS)

_TASK_ENTRIES: dict[str, Entry] = {
    "task": entry("run", _SCOPES, _ACTIVITY, note="A person confirms it, as a manual task."),
    "manualTask": entry("run", _SCOPES, _ACTIVITY, note="A person confirms it."),
    "userTask": entry(
        "run", _SCOPES, f"{_ACTIVITY} {_HOW}", note="`implementation` may only be a word that begins with `##`."
    ),
    "serviceTask": entry(
        "run",
        _SCOPES,
        f"{_ACTIVITY} {_HOW}",
        refused="operationRef",
        note="Name a connector in `zeebe:taskDefinition`.",
    ),
    "sendTask": entry(
        "run",
        _SCOPES,
        f"{_ACTIVITY} {_HOW} messageRef",
        refused="operationRef",
        note="Name a message, or a connector in `zeebe:taskDefinition`.",
    ),
    "receiveTask": entry("run", _SCOPES, f"{_ACTIVITY} {_HOW} messageRef instantiate", refused="operationRef"),
    "scriptTask": entry("run", _SCOPES, f"{_ACTIVITY} scriptFormat", note="Write FEEL in `zeebe:script`."),
    "businessRuleTask": entry(
        "run",
        _SCOPES,
        f"{_ACTIVITY} {_HOW}",
        note="Name a decision in `zeebe:calledDecision`, or a connector in `zeebe:taskDefinition`.",
    ),
    "callActivity": entry("run", _SCOPES, f"{_ACTIVITY} calledElement"),
    "subProcess": entry("run", _SCOPES, f"{_ACTIVITY} triggeredByEvent"),
    "transaction": entry(
        "run", _SCOPES, f"{_ACTIVITY} triggeredByEvent method", note="`method` may only be `##Compensate`."
    ),
    "adHocSubProcess": entry("run", _SCOPES, f"{_ACTIVITY} triggeredByEvent ordering cancelRemainingInstances"),
    "globalTask": entry("run", "definitions", "name"),
    "globalManualTask": entry("run", "definitions", "name"),
    "globalUserTask": entry("run", "definitions", f"name {_HOW}"),
    "globalScriptTask": entry("run", "definitions", "name scriptLanguage", note="Write FEEL in `zeebe:script`."),
    "globalBusinessRuleTask": entry("run", "definitions", f"name {_HOW}"),
}

_FLOW_ENTRIES: dict[str, Entry] = {
    "startEvent": entry("run", _SCOPES, "name isInterrupting parallelMultiple"),
    "intermediateCatchEvent": entry("run", _SCOPES, "name parallelMultiple"),
    "intermediateThrowEvent": entry("run", _SCOPES, _FLOW),
    "boundaryEvent": entry("run", _SCOPES, "name parallelMultiple cancelActivity attachedToRef"),
    "endEvent": entry("run", _SCOPES, _FLOW),
    "exclusiveGateway": entry("run", _SCOPES, "name default gatewayDirection"),
    "inclusiveGateway": entry("run", _SCOPES, "name default gatewayDirection"),
    "parallelGateway": entry("run", _SCOPES, "name gatewayDirection"),
    "complexGateway": entry("run", _SCOPES, "name default gatewayDirection"),
    "eventBasedGateway": entry(
        "run",
        _SCOPES,
        "name instantiate eventGatewayType gatewayDirection",
        note="`eventGatewayType` may be `Parallel` only where it starts instances.",
    ),
    "sequenceFlow": entry("run", _SCOPES, "name sourceRef targetRef", kept="isImmediate"),
    "incoming": entry("kept", note="The sequence flow itself says where it leads."),
    "outgoing": entry("kept", note="The sequence flow itself says where it leads."),
    "conditionExpression": entry("run", "sequenceFlow", _LANGUAGE, _TYPE),
    "activationCondition": entry("run", "complexGateway", _LANGUAGE, _TYPE),
    "event": entry("refused", note="Draw a start, end, intermediate or boundary event."),
    "implicitThrowEvent": entry("refused", note="Draw the event."),
    "standardLoopCharacteristics": entry("run", ACTIVITIES, "testBefore loopMaximum"),
    "multiInstanceLoopCharacteristics": entry(
        "run",
        ACTIVITIES,
        "isSequential behavior",
        refused="oneBehaviorEventRef noneBehaviorEventRef",
        note="`behavior` may only be `All`.",
    ),
    "loopCondition": entry("run", "standardLoopCharacteristics", _LANGUAGE, _TYPE),
    "loopCardinality": entry("run", "multiInstanceLoopCharacteristics", _LANGUAGE, _TYPE),
    "completionCondition": entry("run", "multiInstanceLoopCharacteristics adHocSubProcess", _LANGUAGE, _TYPE),
    "complexBehaviorDefinition": entry("refused", note="Throw the event from inside the activity."),
    "laneSet": entry("run", _SCOPES, kept="name"),
    "childLaneSet": entry("run", "lane", kept="name"),
    "lane": entry(
        "run", "laneSet childLaneSet", "name", kept="partitionElementRef", note="The name is the title of a role."
    ),
    "flowNodeRef": entry("run", "lane"),
    "partitionElement": entry("kept"),
}

_EVENT_ENTRIES: dict[str, Entry] = {
    "eventDefinitionRef": entry("run", EVENTS),
    "messageEventDefinition": entry("run", _DEFINED, "messageRef"),
    "signalEventDefinition": entry("run", _DEFINED, "signalRef"),
    "errorEventDefinition": entry("run", _DEFINED, "errorRef"),
    "escalationEventDefinition": entry("run", _DEFINED, "escalationRef"),
    "timerEventDefinition": entry("run", _DEFINED),
    "conditionalEventDefinition": entry("run", _DEFINED),
    "compensateEventDefinition": entry("run", _DEFINED, "activityRef waitForCompletion"),
    "cancelEventDefinition": entry("run", _DEFINED),
    "terminateEventDefinition": entry("run", _DEFINED),
    "linkEventDefinition": entry("run", _DEFINED, "name", note="Links meet by name."),
    "source": entry("kept", note="Links meet by name."),
    "target": entry("kept", note="Links meet by name."),
    "operationRef": entry("refused", note="Name a message, or a connector in `zeebe:taskDefinition`."),
    "timeDate": entry("run", "timerEventDefinition", _LANGUAGE, _TYPE, note="ISO 8601 or FEEL."),
    "timeDuration": entry("run", "timerEventDefinition", _LANGUAGE, _TYPE, note="ISO 8601 or FEEL."),
    "timeCycle": entry("run", "timerEventDefinition", _LANGUAGE, _TYPE, note="ISO 8601 or FEEL."),
    "condition": entry("run", "conditionalEventDefinition", _LANGUAGE, _TYPE),
    "message": entry("run", "definitions", "name", kept="itemRef"),
    "signal": entry("run", "definitions", "name", kept="structureRef"),
    "error": entry("run", "definitions", "name errorCode", kept="structureRef"),
    "escalation": entry("run", "definitions", "name escalationCode", kept="structureRef"),
    "correlationProperty": entry("refused", note="Give the message a key in `zeebe:subscription`."),
    "correlationPropertyRetrievalExpression": entry("refused"),
    "messagePath": entry("refused"),
    "correlationKey": entry("refused", note="Give the message a key in `zeebe:subscription`."),
    "correlationPropertyRef": entry("refused"),
    "correlationSubscription": entry("refused", note="Give the message a key in `zeebe:subscription`."),
    "correlationPropertyBinding": entry("refused"),
    "dataPath": entry("refused"),
}

_DATA_ENTRIES: dict[str, Entry] = {
    "dataObject": entry(
        "run", _SCOPES, "name", kept="itemSubjectRef isCollection", note="It is a variable of its scope."
    ),
    "dataObjectReference": entry("run", _SCOPES, "name dataObjectRef", kept="itemSubjectRef"),
    "property": entry(
        "run", _SCOPES | ACTIVITIES | EVENTS, "name", kept="itemSubjectRef", note="It is a variable of its scope."
    ),
    "dataState": entry("kept", kept="name"),
    "dataStore": entry("kept", kept="name capacity isUnlimited itemSubjectRef"),
    "dataStoreReference": entry(
        "kept", kept="name itemSubjectRef dataStoreRef", note="It is a drawing; data associations with it are refused."
    ),
    "ioSpecification": entry("run", IN_ACTIVITY | {"process"}, note="It names what data associations lead to."),
    "dataInput": entry("run", _THROW | {"ioSpecification"}, "name", kept="itemSubjectRef isCollection"),
    "dataOutput": entry("run", _CATCH | {"ioSpecification"}, "name", kept="itemSubjectRef isCollection"),
    "inputDataItem": entry("run", "multiInstanceLoopCharacteristics", "name", kept="itemSubjectRef isCollection"),
    "outputDataItem": entry("run", "multiInstanceLoopCharacteristics", "name", kept="itemSubjectRef isCollection"),
    "loopDataInputRef": entry("run", "multiInstanceLoopCharacteristics"),
    "loopDataOutputRef": entry("run", "multiInstanceLoopCharacteristics"),
    "inputSet": entry("kept", kept="name", note="Nothing waits for data."),
    "outputSet": entry("kept", kept="name"),
    "dataInputRefs": entry("kept"),
    "dataOutputRefs": entry("kept"),
    "optionalInputRefs": entry("kept"),
    "optionalOutputRefs": entry("kept"),
    "whileExecutingInputRefs": entry("refused", note="Give the activity its inputs when it begins."),
    "whileExecutingOutputRefs": entry("refused", note="Let the activity write its outputs when it ends."),
    "inputSetRefs": entry("refused", note="Use one input set."),
    "outputSetRefs": entry("refused", note="Use one output set."),
    "dataInputAssociation": entry("run", ACTIVITIES | _THROW),
    "dataOutputAssociation": entry("run", ACTIVITIES | _CATCH),
    "sourceRef": entry("run", "dataInputAssociation dataOutputAssociation"),
    "targetRef": entry("run", "dataInputAssociation dataOutputAssociation"),
    "dataAssociation": entry("refused", note="Use one for input or one for output."),
    "transformation": entry("run", "dataInputAssociation dataOutputAssociation", _LANGUAGE, _TYPE),
    "assignment": entry("run", "dataInputAssociation dataOutputAssociation"),
    "from": entry("run", "assignment", _LANGUAGE, _TYPE),
    "to": entry("run", "assignment", _LANGUAGE, _TYPE, note="The name of a variable."),
}

_HUMAN = "Put the task into a lane, or name people in `zeebe:assignmentDefinition`."
_ROOT_ENTRIES: dict[str, Entry] = {
    "definitions": entry(
        "run", run="expressionLanguage", kept="name targetNamespace typeLanguage exporter exporterVersion"
    ),
    "process": entry(
        "run", "definitions", "name isExecutable", kept="processType isClosed definitionalCollaborationRef"
    ),
    "documentation": entry("run", kept="textFormat", note="It is shown as text."),
    "extensionElements": entry("run"),
    "script": entry("refused", note="Write FEEL in `zeebe:script`."),
    "import": entry("kept", kept="namespace location importType", note="Nothing is read of other files."),
    "extension": entry("kept", run="mustUnderstand", kept="definition", note="`mustUnderstand` may only be `false`."),
    "auditing": entry("kept"),
    "monitoring": entry("kept"),
    "rendering": entry("kept"),
    "itemDefinition": entry("kept", kept="structureRef isCollection itemKind"),
    "interface": entry("kept", kept="name implementationRef"),
    "operation": entry("kept", kept="name implementationRef"),
    "inMessageRef": entry("kept"),
    "outMessageRef": entry("kept"),
    "errorRef": entry("kept"),
    "endPoint": entry("kept"),
    "partnerEntity": entry("kept", kept="name"),
    "partnerRole": entry("kept", kept="name"),
    "participantRef": entry("kept"),
    "relationship": entry("kept", kept="type direction"),
    "resource": entry("kept", kept="name"),
    "resourceParameter": entry("kept", kept="name type isRequired"),
    "callableElement": entry("refused", note="Use a process or a global task."),
    "resourceRole": entry("refused", note=_HUMAN),
    "performer": entry("refused", note=_HUMAN),
    "humanPerformer": entry("refused", note=_HUMAN),
    "potentialOwner": entry("refused", note=_HUMAN),
    "resourceRef": entry("refused"),
    "resourceAssignmentExpression": entry("refused"),
    "resourceParameterBinding": entry("refused"),
    "formalExpression": entry("refused"),
    "expression": entry("refused"),
    "supports": entry("refused", note="Delete it: a process stands for itself."),
    "ioBinding": entry("refused", note="Call the process, with input and output mappings."),
    "supportedInterfaceRef": entry("refused", note="Call the process, with input and output mappings."),
}

_CONVERSATION = "It is a drawing."
_PICTURE_ENTRIES: dict[str, Entry] = {
    "collaboration": entry("kept", kept="name isClosed"),
    "participant": entry("kept", kept="name processRef"),
    "participantMultiplicity": entry("kept", kept="minimum maximum"),
    "interfaceRef": entry("kept"),
    "endPointRef": entry("kept"),
    "messageFlow": entry("kept", kept="name sourceRef targetRef messageRef", note="Messages meet by name and key."),
    "messageFlowAssociation": entry("kept", kept="innerMessageFlowRef outerMessageFlowRef"),
    "participantAssociation": entry("kept"),
    "innerParticipantRef": entry("kept"),
    "outerParticipantRef": entry("kept"),
    "association": entry(
        "run",
        run="sourceRef targetRef",
        kept="associationDirection",
        note="From a compensation event to its handler; else a drawing.",
    ),
    "group": entry("kept", kept="categoryValueRef"),
    "category": entry("kept", kept="name"),
    "categoryValue": entry("kept", kept="value"),
    "categoryValueRef": entry("kept"),
    "textAnnotation": entry("kept", kept="textFormat"),
    "text": entry("kept"),
    "conversation": entry("kept", kept="name", note=_CONVERSATION),
    "subConversation": entry("kept", kept="name", note=_CONVERSATION),
    "callConversation": entry("kept", kept="name calledCollaborationRef", note=_CONVERSATION),
    "globalConversation": entry("kept", kept="name isClosed", note=_CONVERSATION),
    "conversationLink": entry("kept", kept="name sourceRef targetRef", note=_CONVERSATION),
    "conversationAssociation": entry(
        "kept", kept="innerConversationNodeRef outerConversationNodeRef", note=_CONVERSATION
    ),
    "messageFlowRef": entry("kept"),
    "choreographyRef": entry("kept"),
    "choreography": entry("refused", note="Draw a process."),
    "globalChoreographyTask": entry("refused", note="Draw a process."),
    "choreographyTask": entry("refused", note="Draw a send or receive task."),
    "subChoreography": entry("refused", note="Draw a sub-process."),
    "callChoreography": entry("refused", note="Draw a call activity."),
}

BPMN: Mapping[str, Entry] = {
    **_ROOT_ENTRIES,
    **_TASK_ENTRIES,
    **_FLOW_ENTRIES,
    **_EVENT_ENTRIES,
    **_DATA_ENTRIES,
    **_PICTURE_ENTRIES,
}
