"""A workflow engine driven by BPMN: domain-free, and without knowledge of the web."""
