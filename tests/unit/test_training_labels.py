"""Labels: one account, its statements drawn as a row of months, and what is known of it when."""

from datetime import UTC, date, datetime, timedelta

import duckdb
import pyarrow as pa
import pytest

from credit_limits.domain.errors import NotEnoughOutcomes
from credit_limits.domain.periods import end_of_day, month_ends_back
from training.labels import Labels, labels_from_outcomes, labels_from_statements

COHORT = date(2024, 1, 31)
OVER = date(2024, 4, 30)
_INSTANT = pa.timestamp("us", tz="UTC")
_STATEMENTS = pa.schema(
    [
        ("account_id", pa.string()),
        ("event_timestamp", _INSTANT),
        ("created_timestamp", _INSTANT),
        ("days_past_due", pa.int64()),
    ]
)
_ACCOUNTS = pa.schema(
    [
        ("account_id", pa.string()),
        ("customer_id", pa.string()),
        ("status", pa.string()),
        ("event_timestamp", _INSTANT),
        ("created_timestamp", _INSTANT),
    ]
)
_OUTCOMES = pa.schema(
    [
        ("account_id", pa.string()),
        ("defaulted", pa.bool_()),
        ("known_at", _INSTANT),
        ("event_timestamp", _INSTANT),
        ("created_timestamp", _INSTANT),
    ]
)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def months(drawn: str, account: str = "A1", delay_days: int = 0) -> list[dict[str, object]]:
    """Statements of November to April: ``.`` on time, ``3 6 9`` that many tens late, ``-`` none.

    The cohort's date is the end of January, the third; a window of three months has the rest.
    """
    ends = month_ends_back(OVER, 6)
    return [
        {
            "account_id": account,
            "event_timestamp": noon(day),
            "created_timestamp": noon(day) + timedelta(days=delay_days),
            "days_past_due": 0 if mark == "." else 10 * int(mark),
        }
        for day, mark in zip(ends, drawn, strict=True)
        if mark != "-"
    ]


def opened(account: str = "A1") -> dict[str, object]:
    day = noon(date(2023, 1, 1))
    return {
        "account_id": account,
        "customer_id": f"C{account}",
        "status": "open",
        "event_timestamp": day,
        "created_timestamp": day,
    }


def closed(day: date, account: str = "A1") -> dict[str, object]:
    return opened(account) | {
        "status": "closed",
        "event_timestamp": noon(day),
        "created_timestamp": noon(day),
    }


def lake(
    statements: list[dict[str, object]] = (),
    accounts: list[dict[str, object]] = (),
    outcomes: list[dict[str, object]] = (),
) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for name, rows, schema in (
        ("statements", statements, _STATEMENTS),
        ("accounts", accounts, _ACCOUNTS),
        ("outcomes", outcomes, _OUTCOMES),
    ):
        connection.register(name, pa.Table.from_pylist(list(rows), schema=schema))
    return connection


def entities(*accounts: str, cohort: date = COHORT) -> pa.Table:
    return pa.table(
        {
            "account_id": pa.array(accounts, pa.string()),
            "as_of": pa.array([cohort] * len(accounts), pa.date32()),
        }
    )


def labelled(
    statements: list[dict[str, object]],
    *,
    accounts: list[dict[str, object]] | None = None,
    retrain: date = OVER,
    floor: float = 0.0001,
    names: tuple[str, ...] = ("A1", "good"),
) -> Labels:
    """Labels of A1, beside an account that pays on time so that the cohort has a resolved one."""
    return labels_from_statements(
        lake(
            [*statements, *months("......", "good")],
            [opened("good"), *(accounts if accounts is not None else [opened()])],
        ),
        entities(*names),
        retrain_as_of=retrain,
        label_window_months=3,
        resolved_share_floor=floor,
    )


def label_of(found: Labels, account: str = "A1") -> bool | None:
    """True for a default, False for a good end, None for no label."""
    row = found.frame[found.frame["account_id"] == account]
    return None if row.empty else bool(row["label"].iloc[0])


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        ("......", False),
        ("..3366", False),
        ("...9..", True),
        (".....9", True),
        ("..69..", True),
        (".9....", False),  # it was late once and has paid since
        ("..9...", None),  # in default already
        (".9-...", None),  # the latest statement, a month old, says so
        ("9--...", None),  # and so it does at the age of two months
        ("...9--", True),  # a charge-off: the last statement says so
        ("...3--", None),  # what became of it is not known
        ("....--", None),
        ("-----.", False),
    ],
)
def test_what_became_of_an_account(drawn, expected):
    assert label_of(labelled(months(drawn))) is expected


def test_an_account_closed_in_good_standing_is_good():
    accounts = [opened(), closed(date(2024, 2, 15))]
    assert label_of(labelled(months("...---"), accounts=accounts)) is False


def test_an_account_closed_while_late_has_defaulted():
    accounts = [opened(), closed(date(2024, 3, 15))]
    assert label_of(labelled(months("...9--"), accounts=accounts)) is True


def test_a_closing_after_the_window_resolves_nothing():
    accounts = [opened(), closed(date(2024, 5, 15))]
    found = labelled(months("...3--"), accounts=accounts, retrain=date(2024, 6, 30))
    assert label_of(found) is None


def test_a_default_after_the_window_is_none_of_this_cohort():
    later = {**months("......")[0], "event_timestamp": noon(date(2024, 5, 31))}
    later |= {"created_timestamp": noon(date(2024, 5, 31)), "days_past_due": 120}
    assert label_of(labelled([*months("......"), later], retrain=date(2024, 6, 30))) is False


def test_a_planted_label_from_the_future_is_not_seen():
    """The lake is handed over with a default that became known two days after the retraining."""
    known = {"created_timestamp": noon(date(2024, 5, 2))}
    ends = [*months(".....-"), {**months(".....9")[-1], **known}]
    corrected = {**months("....9.")[-2], **known}
    assert label_of(labelled(ends)) is None
    assert label_of(labelled(ends, retrain=date(2024, 5, 2))) is True
    assert label_of(labelled([*months("......"), corrected])) is False


def test_a_statement_that_comes_late_leaves_the_account_unresolved():
    found = labelled(months("......", delay_days=5))
    assert label_of(found) is None
    assert found.cohorts[0].unresolved == 1


def test_a_cohort_whose_window_is_not_over_has_no_labels():
    with pytest.raises(NotEnoughOutcomes, match="2024-01-31, ends on 2024-04-30"):
        labelled(months("...9.."), retrain=date(2024, 4, 29))


def test_a_cohort_half_known_has_no_labels():
    """Its defaults are known and its good ends are not: it would look worse than it is."""
    with pytest.raises(NotEnoughOutcomes, match="leave 1 of its 2 accounts unresolved"):
        labelled(months("......", delay_days=5), floor=0.95)


def test_the_fates_of_a_cohort_are_counted():
    names = ("A1", "A2", "A3", "good")
    found = labelled(
        [*months("...9..", "A1"), *months("..9...", "A2"), *months("....--", "A3")],
        accounts=[opened("A1"), opened("A2"), opened("A3")],
        names=names,
    )
    count = found.cohorts[0]
    assert (count.accounts, count.defaulted) == (4, 1)
    assert (count.in_default_already, count.unresolved) == (1, 1)
    assert found.source == "statements"


def test_a_label_is_known_when_its_evidence_was():
    found = labelled(months("...9..", delay_days=3), retrain=date(2024, 5, 10)).frame
    known = found.set_index("account_id")["label_known_at"]
    assert known["A1"] == noon(date(2024, 2, 29)) + timedelta(days=3)
    assert known["good"] == noon(OVER)
    assert (known <= end_of_day(date(2024, 5, 10))).all()


def test_the_customer_is_named():
    frame = labelled(months("......")).frame
    assert frame.set_index("account_id")["customer_id"].to_dict() == {"A1": "CA1", "good": "Cgood"}


def test_the_lake_is_left_as_it_was():
    connection = lake(months("......"), [opened()])
    labels_from_statements(
        connection,
        entities("A1"),
        retrain_as_of=OVER,
        label_window_months=3,
        resolved_share_floor=0.5,
    )
    views = connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
    assert {name for (name,) in views} == {"statements", "accounts", "outcomes"}


def outcome(
    defaulted: bool, known: date, account: str = "A1", cohort: date = COHORT
) -> dict[str, object]:
    return {
        "account_id": account,
        "defaulted": defaulted,
        "known_at": noon(known),
        "event_timestamp": noon(cohort),
        "created_timestamp": noon(known),
    }


def from_outcomes(outcomes: list[dict[str, object]], retrain: date = OVER) -> Labels:
    return labels_from_outcomes(
        lake(accounts=[opened("A1"), opened("A2")], outcomes=outcomes),
        entities("A1", "A2"),
        retrain_as_of=retrain,
        label_window_months=3,
        resolved_share_floor=0.5,
    )


def test_outcomes_are_taken_as_the_lender_says():
    found = from_outcomes([outcome(True, OVER), outcome(False, OVER, "A2")])
    assert label_of(found, "A1") is True
    assert label_of(found, "A2") is False
    assert found.source == "outcomes"
    assert (found.frame["label_known_at"] == noon(OVER)).all()


def test_an_outcome_that_comes_later_is_not_seen():
    found = from_outcomes([outcome(True, date(2024, 5, 1)), outcome(False, OVER, "A2")])
    assert label_of(found, "A1") is None


def test_an_outcome_of_another_month_is_of_another_cohort():
    found = from_outcomes(
        [outcome(True, OVER, cohort=date(2023, 12, 31)), outcome(False, OVER, "A2")]
    )
    assert label_of(found, "A1") is None


def test_without_accounts_there_is_nothing_to_label():
    with pytest.raises(NotEnoughOutcomes, match="no accounts to label"):
        labels_from_statements(
            lake(),
            entities(),
            retrain_as_of=OVER,
            label_window_months=3,
            resolved_share_floor=0.5,
        )
