"""The command line: ``tidegate ...``. Each command calls one operation, without an orchestrator."""

from tidegate.cli.app import app, main

__all__ = ["app", "main"]
