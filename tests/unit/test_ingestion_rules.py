"""The rules that a contract spells out, and those that earlier batches add."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from credit_limits.ingestion.contracts import Column, Kind, Reference, RowRule, TableContract
from credit_limits.ingestion.mapping import BatchLimits
from credit_limits.ingestion.parsing import parse_mapping
from credit_limits.ingestion.profile import (
    Profile,
    figure_rules,
    figures_of,
    file_rules,
    medians_of,
    money_columns,
    usual_lines,
)
from credit_limits.ingestion.rules import (
    Between,
    InSet,
    Known,
    Level,
    NoRows,
    NotNull,
    RowCount,
    contract_rules,
    reference_rules,
    with_null_ceilings,
)
from credit_limits.ingestion.tables import TABLES, table_named
from tests.ingestion_samples import MAPPING

TABLE = TableContract(
    "loans",
    ("loan_id",),
    (
        Column("loan_id", Kind.STRING),
        Column("kind", Kind.STRING, 0.2, values=("a", "b")),
        Column("amount_minor", Kind.INTEGER, 1.0, 0, 5e6),
        Column("event_timestamp", Kind.TIMESTAMP),
        Column("created_timestamp", Kind.TIMESTAMP),
    ),
    (RowRule("cheap_b", "kind <> 'b' or amount_minor < 9", "too dear"),),
    (Reference("loan_id", "lines", "line_id"),),
    minimum_rows=4,
)
KNOWN = Known({("lines", "line_id"): "known_lines"}, "earlier_loans")


def known_of(table):
    references = {(r.target_table, r.target_column): "known" for r in table.references}
    return Known(references, "earlier")


def rule(name):
    (found,) = [rule for rule in contract_rules(TABLE, KNOWN) if rule.name == name]
    return found


def test_a_contract_is_spelt_out_whole():
    names = [(rule.name, *rule.columns) for rule in contract_rules(TABLE, KNOWN)]
    assert names == [
        ("columns",),
        ("row_floor",),
        ("required", "loan_id"),
        ("null_ceiling", "kind"),
        ("values", "kind"),
        ("bounds", "amount_minor"),
        ("required", "event_timestamp"),
        ("required", "created_timestamp"),
        ("cheap_b", "kind", "amount_minor"),
        ("stands_once", "loan_id", "event_timestamp", "created_timestamp"),
        ("not_known_before", "loan_id", "event_timestamp", "created_timestamp"),
        ("lines_known", "loan_id"),
    ]


def test_checks_hold_the_contract_s_own_figures():
    assert rule("row_floor").check == RowCount(4)
    assert rule("null_ceiling").check == NotNull("kind", 0.2)
    assert rule("values").check == InSet("kind", ("a", "b"))
    assert rule("bounds").check == Between("amount_minor", 0, 5e6)
    assert rule("bounds").message == "lies outside 0 to 5000000"


def test_a_rule_about_the_whole_refuses_and_one_about_rows_quarantines():
    levels = {rule.name: rule.level for rule in contract_rules(TABLE, KNOWN)}
    whole = {name for name, level in levels.items() if level is Level.BATCH}
    assert whole == {"columns", "row_floor", "null_ceiling"}


def test_references_are_the_rules_that_are_asked_again():
    assert [rule.name for rule in reference_rules(TABLE, KNOWN)] == ["lines_known"]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_part_of_every_contract_is_asked(table):
    rules = contract_rules(table, known_of(table))
    checks = [rule.check for rule in rules]
    required = {column.name for column in table.columns if column.required}
    assert {c.column for c in checks if isinstance(c, NotNull)} == required
    bounded = {column.name for column in table.columns if column.maximum is not None}
    assert {c.column for c in checks if isinstance(c, Between)} == bounded
    asked = {rule.name for rule in rules}
    assert {rule.name for rule in table.row_rules} <= asked
    queries = [c for c in checks if isinstance(c, NoRows)]
    assert len(queries) == len(table.row_rules) + len(table.references) + 2


def test_a_source_may_be_stricter_about_nulls_and_never_laxer():
    limits = BatchLimits(
        null_ceilings={"customers.occupation": 0.3, "customers.birth_year": 0.9},
    )
    stricter = with_null_ceilings(table_named("customers"), limits)
    assert stricter.column("occupation").null_ceiling == 0.3
    assert stricter.column("birth_year").required


FILE = parse_mapping(MAPPING, "lender.yaml").file("bills")
EARLIER = [
    Profile({"bills": [90]}, {"statements.balance_minor": 100.0}),
    Profile({"bills": [110, 100]}, {"statements.balance_minor": 300.0}),
]


def volume(earlier, limits=None, file=FILE, *, goes_on=True):
    (found,) = [
        rule.check
        for rule in file_rules(file, limits or BatchLimits(), earlier, goes_on=goes_on)
        if rule.name == "file_volume"
    ]
    return found


def test_volume_is_held_against_earlier_files():
    assert usual_lines(FILE, EARLIER) == 100
    assert volume(EARLIER) == RowCount(1, 200)
    assert volume(EARLIER, BatchLimits(volume_ratio_ceiling=1.5)) == RowCount(1, 150)


def test_volume_has_no_ceiling_while_nothing_is_usual():
    assert volume([]) == RowCount(1, None)


def test_volume_has_a_floor_once_three_such_files_have_come():
    limits = BatchLimits(volume_ratio_floor=0.6)
    assert volume(EARLIER, limits) == RowCount(1, 200)
    assert volume([*EARLIER, Profile({"clients": [5]}, {})], limits) == RowCount(1, 200)
    assert volume([*EARLIER, EARLIER[0]], limits) == RowCount(57, 190)
    assert volume([*EARLIER, EARLIER[0]], limits, goes_on=False) == RowCount(1, 190)


def test_changes_are_as_many_as_there_happen_to_be():
    changes = replace(FILE, holds_changes=True)
    limits = BatchLimits(volume_ratio_floor=0.6)
    assert volume([*EARLIER, EARLIER[0]], limits, changes) == RowCount(1, None)


def test_a_gap_is_asked_of_what_comes_with_every_batch():
    def asked(limits, *, steady):
        rules = figure_rules(table_named("statements"), limits, [], steady=steady)
        return {rule.name: rule.check for rule in rules}

    limits = BatchLimits(maximum_gap_days=45)
    assert asked(limits, steady=True)["gap"] == Between("statements_days_ahead", None, 45)
    assert "gap" not in asked(limits, steady=False)
    assert "gap" not in asked(BatchLimits(), steady=True)


def test_medians_are_held_against_earlier_batches():
    asked = figure_rules(table_named("statements"), BatchLimits(), EARLIER, steady=True)
    rules = {rule.columns[0]: rule for rule in asked}
    assert set(rules) == {"event_timestamp", "balance_minor"}
    check = rules["balance_minor"].check
    assert check == Between("statements_median_of_balance_minor", 10.0, 4000.0)


def test_figures_have_a_median_for_every_amount():
    table = table_named("statements")
    assert money_columns(table) == (
        "balance_minor",
        "minimum_due_minor",
        "paid_minor",
        "fees_minor",
        "interest_minor",
    )
    figures = figures_of(table, "new_statements", datetime(2024, 1, 31, tzinfo=UTC), BatchLimits())
    assert len(figures) == 7


def test_a_median_that_is_not_there_is_not_kept():
    row = dict.fromkeys(
        (f"accounts_median_of_{name}" for name in money_columns(table_named("accounts"))), None
    )
    assert medians_of(table_named("accounts"), row) == {}
    row["accounts_median_of_limit_minor"] = 5.0
    assert medians_of(table_named("accounts"), row) == {"accounts.limit_minor": 5.0}


def test_a_code_with_a_quote_is_refused():
    with pytest.raises(ValueError, match="a quote in it"):
        InSet("kind", ("it's",))
