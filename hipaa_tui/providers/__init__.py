"""The protocol between the core and a cloud: Setting, Call, Reading, guards, predicates, the registry."""
