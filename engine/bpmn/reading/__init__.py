"""From the bytes of a BPMN file to the model: hardened XML first, then ids and references, then scopes."""
