"""Which words of BPMN and of zeebe are run, kept untouched or refused.

``docs/dialect.md`` is this table for people. *Run*: it does what the standard says. *Kept*: it has no bearing on what
happens; it stays in the file as it is. *Refused*: it would have one, and is not run; lint names it. What stands in no
table is refused too, if it is in the BPMN or zeebe namespace; other namespaces are kept.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.dialect.bpmn import BPMN
from engine.bpmn.dialect.entry import Entry, Word
from engine.bpmn.dialect.zeebe import ZEEBE, ZEEBE_ATTRIBUTES

__all__ = ["BPMN", "OTHER_ENGINES", "PROPERTIES", "ZEEBE", "ZEEBE_ATTRIBUTES", "Entry", "Word"]

# What we add, in zeebe:properties, and what each says.
PROPERTIES: Mapping[str, str] = {
    "deadline": "key of the rule in the table of deadlines by which the task is due; expressions of the element"
    " that has it, such as a boundary timer's, may name that instant `deadline`",
    "basis": "text shown to who does it: why this must be done",
    "seedRef": "where the source text of the procedure asks for it",
    "notBy": "ids of user tasks: who completed one of them may not do this, nor any iteration of it",
    "check": "id of the decision run on a submission; each row it returns is a fault of one field",
    "realisedBy": "`paper`: the step is done on paper and recorded here",
    "correlationKey": "on a message throw: the key by which the receiver is found",
    "timeToLive": "on a message throw: how long it is kept when nobody waits for it",
}

# Namespaces whose words mean something to other engines, and nothing here.
OTHER_ENGINES: Mapping[str, str] = {
    "http://camunda.org/schema/1.0/bpmn": "Camunda 7",
    "http://activiti.org/bpmn": "Activiti",
    "http://flowable.org/bpmn": "Flowable",
    "http://spiffworkflow.org/bpmn/schema/1.0/core": "SpiffWorkflow",
    "http://www.jboss.org/drools": "jBPM",
}
