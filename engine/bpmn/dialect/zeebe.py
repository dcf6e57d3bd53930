"""The words of the zeebe namespace, as its modeler knows them."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.dialect.bpmn import IN_ACTIVITY
from engine.bpmn.dialect.entry import Entry, Word, entry
from engine.bpmn.model import EVENTS

_WORKERS = "serviceTask sendTask businessRuleTask intermediateThrowEvent endEvent globalBusinessRuleTask"
_USER = "userTask globalUserTask"

ZEEBE: Mapping[str, Entry] = {
    "userTask": entry("run", _USER),
    "assignmentDefinition": entry("run", _USER, "assignee candidateUsers candidateGroups"),
    "formDefinition": entry(
        "run",
        _USER + " startEvent",
        "formId bindingType",
        refused="formKey externalReference versionTag",
        note="`bindingType` may only be `deployment`; name the form or decision by its id.",
    ),
    "taskSchedule": entry("run", _USER, "dueDate followUpDate"),
    "priorityDefinition": entry("run", _USER, "priority"),
    "ioMapping": entry("run", IN_ACTIVITY | EVENTS),
    "input": entry("run", "ioMapping", "source target", "modelerConfigurationTemplate modelerConfigurationName"),
    "output": entry("run", "ioMapping", "source target"),
    "taskDefinition": entry("run", _WORKERS, "type retries"),
    "taskHeaders": entry("run", _WORKERS),
    "header": entry("run", "taskHeaders", "key value"),
    "script": entry("run", "scriptTask globalScriptTask", "expression resultVariable"),
    "calledDecision": entry(
        "run",
        "businessRuleTask globalBusinessRuleTask",
        "decisionId resultVariable bindingType",
        refused="versionTag",
        note="`bindingType` may only be `deployment`; name the form or decision by its id.",
    ),
    "calledElement": entry(
        "run",
        "callActivity",
        "processId bindingType propagateAllChildVariables propagateAllParentVariables",
        refused="processIdExpression versionTag businessId",
        note="Name the process in `processId`; only input and output mappings travel.",
    ),
    "loopCharacteristics": entry(
        "run", "multiInstanceLoopCharacteristics", "inputCollection inputElement outputCollection outputElement"
    ),
    "subscription": entry("run", "message", "correlationKey"),
    "properties": entry("run", note="Those that mean something here are listed below; others are kept."),
    "property": entry("run", "properties", "name value", "modelerConfigurationTemplate modelerConfigurationName"),
    "versionTag": entry("kept", "process", kept="value"),
    "userTaskForm": entry("refused", note="Save the form as a file beside the diagram."),
    "executionListeners": entry("refused", note="Draw a service task."),
    "executionListener": entry("refused", refused="eventType retries type"),
    "taskListeners": entry("refused", note="Draw a service task."),
    "taskListener": entry("refused", refused="eventType retries type"),
    "linkedResources": entry("refused", note="Name what the connector needs in `zeebe:taskHeaders`."),
    "linkedResource": entry("refused", refused="resourceId resourceType linkName bindingType versionTag"),
    "adHoc": entry(
        "refused",
        refused="activeElementsCollection outputCollection outputElement",
        note="Delete it: every activity of an ad-hoc sub-process can be begun.",
    ),
    "conditionalFilter": entry("refused", refused="variableNames variableEvents", note="Write it into the condition."),
    "jobPriorityDefinition": entry("refused", refused="priority"),
    "agentDefinition": entry("refused", refused="agentType"),
}

ZEEBE_ATTRIBUTES: Mapping[str, Word] = {
    "modelerTemplate": "kept",
    "modelerTemplateVersion": "kept",
    "modelerTemplateIcon": "kept",
    "retryCounter": "refused",
}
