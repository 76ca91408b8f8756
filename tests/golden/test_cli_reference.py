"""The reference page of the command line is made from the commands."""

from tidegate.cli.catalogue import OPERATIONS
from tidegate.cli.reference import reference_page


def test_the_page_has_every_command_in_the_order_of_the_cycle():
    page = reference_page()
    headings = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    assert headings == [
        *(f"tidegate {operation.words}" for operation in OPERATIONS if len(operation.path) == 1),
        "tidegate up",
        *(f"tidegate ledger {word}" for word in ("verify", "show", "prove", "check-proof")),
        *(f"tidegate {operation.words}" for operation in OPERATIONS if len(operation.path) == 2),
    ]
    for operation in OPERATIONS:
        assert f"Example: {operation.example}" in " ".join(page.split())


def test_the_page_does_not_depend_on_the_terminal(monkeypatch):
    page = reference_page()
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERMINAL_WIDTH", "40")
    assert reference_page() == page
