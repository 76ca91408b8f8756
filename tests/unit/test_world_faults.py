"""What each fault changes in a month's delivery, and what it leaves alone."""

from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from credit_limits.simulation.faults import (
    FAULT_SCENARIOS,
    STRANGE_CODE,
    Fault,
    FaultKind,
    faults_named,
    with_faults,
)
from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.world import MonthBatch, simulate_months

FACT = ["account_id", "event_timestamp"]


@pytest.fixture(scope="module")
def months():
    return list(simulate_months(WorldParameters(customers=200, months=4, seed=6)))


def delivered(months, *faults, month=2):
    (batch,) = with_faults(months[month], faults, months[month - 1] if month else None)
    return batch


def changed_tables(was, now):
    assert was.tables.keys() == now.tables.keys()
    return {name for name in was.tables if not now.tables[name].equals(was.tables[name])}


def changed_columns(was, now):
    assert was.schema == now.schema
    return {name for name in was.column_names if not now[name].equals(was[name])}


def changed_rows(was, now, column):
    old, new = was[column].to_pylist(), now[column].to_pylist()
    return [at for at, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]


HITS_A_COLUMN = [
    Fault(FaultKind.NULL_COLUMN, 2, "statements", "days_past_due"),
    Fault(FaultKind.WRONG_UNIT, 2, "transactions", "amount_minor"),
    Fault(FaultKind.NEW_CODES, 2, "transactions", "scenario"),
]


def test_without_faults_the_batch_is_the_batch(months):
    assert with_faults(months[2], ()) == (months[2],)


@pytest.mark.parametrize("fault", HITS_A_COLUMN, ids=lambda fault: fault.kind)
def test_a_fault_of_another_month_changes_nothing(months, fault):
    (batch,) = with_faults(months[1], [fault], months[0])
    assert not changed_tables(months[1], batch)


@pytest.mark.parametrize("fault", HITS_A_COLUMN, ids=lambda fault: fault.kind)
def test_only_the_named_column_of_the_named_table_changes(months, fault):
    batch = delivered(months, fault)
    assert batch.month == 2
    assert changed_tables(months[2], batch) == {fault.table}
    was, now = months[2].tables[fault.table], batch.tables[fault.table]
    assert changed_columns(was, now) == {fault.column}
    for name in set(batch.tables) - {fault.table}:
        assert batch.tables[name] is months[2].tables[name]


@pytest.mark.parametrize("fault", HITS_A_COLUMN, ids=lambda fault: fault.kind)
def test_the_batch_that_was_given_is_left_as_it_was(months, fault):
    before = {name: table.slice(0) for name, table in months[2].tables.items()}
    delivered(months, fault)
    assert before.keys() == months[2].tables.keys()
    assert all(months[2].tables[name].equals(table) for name, table in before.items())


def test_a_column_goes_null_with_its_type_kept(months):
    column = delivered(months, HITS_A_COLUMN[0]).tables["statements"]["days_past_due"]
    assert column.null_count == len(column) > 100
    assert column.type == pa.int64()


@pytest.mark.parametrize("share", [0.1, 0.25, 0.8])
def test_a_share_of_a_column_goes_null_spread_over_the_rows(months, share):
    fault = Fault(FaultKind.NULL_COLUMN, 2, "statements", "minimum_due_minor", share)
    column = delivered(months, fault).tables["statements"]["minimum_due_minor"]
    half = len(column) // 2
    assert column.null_count == pytest.approx(share * len(column), abs=1)
    assert column.slice(0, half).null_count == pytest.approx(share * half, abs=1)


@pytest.mark.parametrize(
    ("table", "column", "turned"),
    [
        ("transactions", "amount_minor", lambda fen: fen // 100),
        ("statements", "days_past_due", lambda days: days // 30),
        ("accounts", "apr", lambda rate: rate * 100.0),
    ],
)
def test_another_unit_is_yuan_months_or_percent(months, table, column, turned):
    fault = Fault(FaultKind.WRONG_UNIT, 2, table, column)
    was = months[2].tables[table][column].to_pylist()
    assert delivered(months, fault).tables[table][column].to_pylist() == [turned(x) for x in was]


def test_a_few_codes_are_ones_that_no_list_has(months):
    was = months[2].tables["transactions"]
    now = delivered(months, HITS_A_COLUMN[2]).tables["transactions"]
    rows = changed_rows(was, now, "scenario")
    assert len(rows) == pytest.approx(0.02 * was.num_rows, abs=1)
    assert {now["scenario"][at].as_py() for at in rows} == {STRANGE_CODE}
    assert STRANGE_CODE not in was["scenario"].to_pylist()


def test_a_cut_file_ends_early_and_is_otherwise_the_same(months):
    fault = Fault(FaultKind.TRUNCATED_FILE, 2, "statements")
    batch = delivered(months, fault)
    was, now = months[2].tables["statements"], batch.tables["statements"]
    assert changed_tables(months[2], batch) == {"statements"}
    assert now.num_rows == pytest.approx(was.num_rows / 2, abs=1)
    assert now.equals(was.slice(0, now.num_rows))


def test_a_file_is_never_cut_to_nothing(months):
    fault = Fault(FaultKind.TRUNCATED_FILE, 2, "statements", share=1.0)
    assert delivered(months, fault).tables["statements"].num_rows == 1


def test_corrections_are_rows_of_the_month_before_known_only_now(months):
    fault = Fault(FaultKind.LATE_CORRECTIONS, 2, "statements", "paid_minor")
    batch = delivered(months, fault)
    was, now = months[2].tables["statements"], batch.tables["statements"]
    earlier = months[1].tables["statements"]
    assert changed_tables(months[2], batch) == {"statements"}
    assert now.slice(0, was.num_rows).equals(was)
    corrections = now.slice(was.num_rows)
    assert corrections.num_rows == pytest.approx(0.05 * earlier.num_rows, abs=1)
    keys = [*FACT, "balance_minor", "days_past_due", "minimum_due_minor"]
    both = corrections.join(earlier, keys, join_type="inner", right_suffix="_was")
    assert both.num_rows == corrections.num_rows
    assert pc.all(pc.greater(both["paid_minor"], both["paid_minor_was"])).as_py()
    assert pc.all(pc.greater(both["created_timestamp"], both["created_timestamp_was"])).as_py()
    newest = pc.max(was["created_timestamp"]).as_py()
    assert set(corrections["created_timestamp"].to_pylist()) == {newest}


def test_corrections_never_state_the_same_fact_twice(months):
    fault = Fault(FaultKind.LATE_CORRECTIONS, 2, "statements", "paid_minor", share=1.0)
    now = delivered(months, fault).tables["statements"]
    facts = now.select([*FACT, "created_timestamp"])
    assert facts.group_by(facts.column_names).aggregate([]).num_rows == now.num_rows


def test_a_batch_comes_twice_with_the_same_content(months):
    first, second = with_faults(months[2], [Fault(FaultKind.DUPLICATE_BATCH, 2)], months[1])
    assert not changed_tables(first, second)
    assert not changed_tables(months[2], first)


def test_a_missing_batch_comes_a_month_late_ahead_of_the_next(months):
    missing = [Fault(FaultKind.MISSING_BATCH, 2)]
    assert with_faults(months[1], missing, months[0]) == (months[1],)
    assert with_faults(months[2], missing, months[1]) == ()
    assert with_faults(months[3], missing, months[2]) == (months[2], months[3])


def test_two_months_in_a_row_may_go_missing(months):
    missing = [Fault(FaultKind.MISSING_BATCH, 1), Fault(FaultKind.MISSING_BATCH, 2)]
    assert with_faults(months[1], missing, months[0]) == ()
    assert with_faults(months[2], missing, months[1]) == (months[1],)
    assert with_faults(months[3], missing, months[2]) == (months[2], months[3])


def test_over_many_months_every_row_is_delivered(months):
    faults = [Fault(FaultKind.MISSING_BATCH, 1), Fault(FaultKind.DUPLICATE_BATCH, 2)]
    earlier = [None, *months]
    arrived = [
        batch
        for before, month in zip(earlier, months, strict=False)
        for batch in with_faults(month, faults, before)
    ]
    assert [batch.month for batch in arrived] == [0, 1, 2, 2, 3]


def test_several_faults_of_a_month_come_together(months):
    batch = delivered(months, *HITS_A_COLUMN, Fault(FaultKind.TRUNCATED_FILE, 2, "statements"))
    assert changed_tables(months[2], batch) == {"statements", "transactions"}
    transactions = batch.tables["transactions"]
    was = months[2].tables["transactions"]
    assert changed_columns(was, transactions) == {"amount_minor", "scenario"}
    statements = batch.tables["statements"]
    assert statements["days_past_due"].null_count == statements.num_rows
    assert statements.num_rows < months[2].tables["statements"].num_rows


def test_two_faults_of_one_table_and_column_both_stay(months):
    faults = [
        Fault(FaultKind.NULL_COLUMN, 2, "transactions", "scenario", 0.5),
        Fault(FaultKind.NEW_CODES, 2, "transactions", "scenario", 0.5),
    ]
    column = delivered(months, *reversed(faults)).tables["transactions"]["scenario"]
    assert column.null_count == pytest.approx(len(column) / 2, abs=1)


def test_the_same_fault_gives_the_same_delivery(months):
    one = delivered(months, *HITS_A_COLUMN)
    again = list(simulate_months(WorldParameters(customers=200, months=4, seed=6)))
    two = delivered(again, *HITS_A_COLUMN)
    assert not changed_tables(one, two)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.NULL_COLUMN, 2, "outcomes", "defaulted"),
        Fault(FaultKind.NULL_COLUMN, 2, "statements", "no_such_column"),
        Fault(FaultKind.TRUNCATED_FILE, 2, "outcomes"),
    ],
)
def test_a_fault_of_what_is_not_there_says_so(months, fault):
    with pytest.raises(ValueError, match="nothing to hit"):
        with_faults(months[2], [fault], months[1])


def test_the_first_month_has_nothing_to_correct(months):
    fault = Fault(FaultKind.LATE_CORRECTIONS, 0, "statements", "paid_minor")
    with pytest.raises(ValueError, match="nothing to hit"):
        with_faults(months[0], [fault])


@pytest.mark.parametrize(
    "what",
    [
        {"kind": FaultKind.NULL_COLUMN, "table": "statements"},
        {"kind": FaultKind.NULL_COLUMN},
        {"kind": FaultKind.TRUNCATED_FILE},
        {"kind": FaultKind.TRUNCATED_FILE, "table": "statements", "column": "paid_minor"},
        {"kind": FaultKind.MISSING_BATCH, "table": "statements"},
        {"kind": FaultKind.DUPLICATE_BATCH, "table": "statements", "column": "paid_minor"},
        {"kind": FaultKind.MISSING_BATCH, "month": -1},
        {"kind": FaultKind.MISSING_BATCH, "share": 0.0},
        {"kind": FaultKind.MISSING_BATCH, "share": 1.1},
    ],
)
def test_a_fault_that_does_not_hold_together_is_unbuildable(what):
    with pytest.raises(ValueError, match=r"table|before the world|outside 0 to 1"):
        Fault(**{"month": 3, **what})


def test_the_scenario_of_faults_has_one_of_each_kind_with_sound_months_between():
    faults = faults_named("faults")
    assert {fault.kind for fault in faults} == set(FaultKind)
    months = [fault.month for fault in faults]
    assert all(later - sooner >= 2 for sooner, later in pairwise(months))
    assert months[0] >= 1


@pytest.mark.parametrize("scenario", FAULT_SCENARIOS, ids=lambda scenario: scenario.name)
def test_every_scenario_can_be_delivered(scenario):
    assert scenario.title
    assert scenario.description
    last = max(fault.month for fault in scenario.faults)
    earlier: MonthBatch | None = None
    for batch in simulate_months(WorldParameters(customers=60, months=last + 2, seed=2)):
        assert len(with_faults(batch, scenario.faults, earlier)) <= 2
        earlier = batch


def test_the_names_are_listed_where_one_is_wrong():
    with pytest.raises(ValueError, match="no fault scenario 'none'; there are faults"):
        faults_named("none")


def test_months_count_from_the_first_that_is_rehearsed():
    shifted = faults_named("faults", first_month=20)
    here = faults_named("faults")
    assert [fault.month - 20 for fault in shifted] == [fault.month for fault in here]
    assert [fault.column for fault in shifted] == [fault.column for fault in here]
