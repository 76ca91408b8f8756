"""One module a verb: core and adapters composed, free of the orchestrator."""
