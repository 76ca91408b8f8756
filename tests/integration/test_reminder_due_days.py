"""Bills of which the lender's books say the due day, beside those of which they do not."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from credit_limits.ingestion.tables import table_named
from credit_limits.policy.reminder_rules import ReminderRules
from credit_limits.policy.risk_grades import Grade
from tests.feature_tables import ARROW
from tidegate.adapters.lake import Lake
from tidegate.operations.outbox_rows import DecidedBatch, reminders_due

AS_OF = date(2024, 1, 31)
STRUCK = datetime(2024, 1, 31, 12, tzinfo=UTC)
RULES = ReminderRules(payment_due_days=20, days_ahead=5, from_grade=Grade.D)
DECIDED = pa.Table.from_pylist(
    [
        {
            "decision_id": f"d{number}",
            "account_id": f"a{number}",
            "customer_id": f"c{number}",
            "product": "pay_later",
            "grade": "E",
        }
        for number in range(4)
    ]
)


def bills(*numbers_and_days) -> pa.Table:
    schema = pa.schema([(c.name, ARROW[c.kind]) for c in table_named("statements").columns])
    rows = [
        {
            **dict.fromkeys(schema.names),
            "account_id": f"a{number}",
            "balance_minor": 90_000,
            "minimum_due_minor": 9_000,
            "paid_minor": 0,
            "days_past_due": 0,
            "payment_due_on": due_on,
            "event_timestamp": STRUCK,
            "created_timestamp": STRUCK,
        }
        for number, due_on in numbers_and_days
    ]
    return pa.Table.from_pylist(rows, schema=schema)


def reminded(lake: Lake, as_of: date = AS_OF) -> dict[str, tuple[str, str]]:
    batch = DecidedBatch(as_of, "limits-x", lake.versions(["statements"]), {})
    rows = reminders_due(lake, batch, DECIDED, RULES).to_pylist()
    return {r["account_id"]: (str(r["payment_due_on"]), str(r["due_by"])) for r in rows}


@pytest.fixture
def lake(tmp_path) -> Lake:
    return Lake(tmp_path / "lake", tmp_path / "protected", threads=1)


def test_the_books_come_first_and_the_policy_where_they_are_silent(lake):
    lake.append("statements", bills((0, date(2024, 2, 10)), (1, None), (2, AS_OF)), "b1")
    assert reminded(lake) == {
        "a0": ("2024-02-10", "2024-02-05"),
        "a1": ("2024-02-20", "2024-02-15"),
    }


def test_a_bill_is_seen_as_long_as_its_own_day_is_to_come(lake):
    lake.append("statements", bills((0, date(2024, 2, 10)), (1, None)), "b1")
    lake.append("statements", bills((2, date(2024, 4, 1))), "b2")
    assert set(reminded(lake, date(2024, 2, 15))) == {"a1", "a2"}
    assert set(reminded(lake, date(2024, 3, 31))) == {"a2"}


def test_statements_of_before_the_column_are_read_and_grow(lake):
    lake.append("statements", bills((1, None)).drop_columns(["payment_due_on"]), "old")
    assert reminded(lake) == {"a1": ("2024-02-20", "2024-02-15")}
    lake.append("statements", bills((0, date(2024, 2, 10))), "new")
    assert reminded(lake) == {
        "a0": ("2024-02-10", "2024-02-05"),
        "a1": ("2024-02-20", "2024-02-15"),
    }
