"""Every rule that every table is held against, as one page: a change of a contract shows here."""

from pathlib import Path

from credit_limits.ingestion.contracts import TableContract
from credit_limits.ingestion.rules import Known, contract_rules
from credit_limits.ingestion.tables import TABLES

PAGE = Path(__file__).with_name("ingestion_rules.txt")


def spelt_out(table: TableContract) -> str:
    references = {(r.target_table, r.target_column): "known" for r in table.references}
    rules = contract_rules(table, Known(references, "earlier"))
    lines = [
        f"  {rule.level:5} {rule.name:26} {', '.join(rule.columns):52} {rule.message}".rstrip()
        for rule in rules
    ]
    return "\n".join([table.name, *lines, ""])


def test_the_rules_are_those_that_were_reviewed():
    """Where they are meant to differ, the page is replaced with what the rules now say."""
    page = "\n".join(spelt_out(table) for table in TABLES)
    assert page == PAGE.read_text(encoding="utf-8")
