"""Rows of the outbox: notices of recorded decisions, reminders of bills, ids and no names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from credit_limits.domain.account import Product
from credit_limits.domain.decision import Action, ReasonCode
from credit_limits.domain.periods import end_of_day
from credit_limits.explanation.notices import Done, NoticeKind, notice_of
from credit_limits.explanation.reminders import Bill, reminder_of
from credit_limits.explanation.sentences import Language
from credit_limits.policy.reminder_rules import ReminderRules
from credit_limits.policy.risk_grades import Grade
from tidegate.adapters.lake import Lake
from tidegate.operations.limits_outcome import AdjustLimitsOutcome

TABLE = "outbox"
_CHUNK_ROWS = 65_536
_INSTANT = pa.timestamp("us", tz="UTC")
_SCHEMA = pa.schema(
    [
        ("notice_id", pa.string()),
        ("decision_id", pa.string()),
        ("decisions_batch", pa.string()),
        ("account_id", pa.string()),
        ("customer_id", pa.string()),
        ("kind", pa.string()),
        ("action", pa.string()),
        ("due_by", pa.date32()),
        ("rule_id", pa.string()),
        ("statement_on", pa.date32()),
        ("payment_due_on", pa.date32()),
        ("reasons", pa.list_(pa.string())),
        ("text_en", pa.string()),
        ("text_zh", pa.string()),
        ("event_timestamp", _INSTANT),
        ("created_timestamp", _INSTANT),
    ]
)
_READ = (
    *("decision_id", "account_id", "customer_id", "action", "actions", "from_minor", "to_minor"),
    *("annual_rate_from", "annual_rate_to", "reasons", "change_reasons", "feature_reasons"),
    "rules",
)
_BILLS = """
SELECT
    decided.decision_id,
    decided.account_id,
    decided.customer_id,
    decided.product,
    decided.grade,
    statements.event_timestamp::DATE AS statement_on,
    statements.minimum_due_minor,
    statements.payment_due_on,
    statements.days_past_due
FROM statements
INNER JOIN decided USING (account_id)
WHERE
    statements.event_timestamp <= $instant
    AND coalesce(
        statements.payment_due_on, statements.event_timestamp::DATE + $payment_due_days
    ) > $as_of
    AND list_contains($grades, decided.grade)
QUALIFY row_number() OVER (
    PARTITION BY statements.account_id ORDER BY statements.event_timestamp DESC
) = 1
"""


@dataclass(frozen=True, slots=True)
class DecidedBatch:
    """What the outbox asks of a batch beside its rows.

    ``data_versions`` are the Delta versions that it was decided from, ``days_by_rule`` the days
    that each rule of law leaves for a notice, of the rules that ask for one.
    """

    as_of: date
    batch_id: str
    data_versions: Mapping[str, int]
    days_by_rule: Mapping[str, int]

    @classmethod
    def of(cls, outcome: AdjustLimitsOutcome) -> "DecidedBatch":
        """The batch of an adjustment."""
        rules = outcome.rule_book.rules if outcome.rule_book else ()
        days = {rule.rule_id: rule.within_days for rule in rules if rule.within_days is not None}
        return cls(outcome.as_of, outcome.batch_id, outcome.data_versions, days)


def notices_due(batch: DecidedBatch, rows: pa.Table) -> pa.Table:
    """A row for each notice that the decisions of a batch owe."""
    changed = rows.filter(pc.not_equal(rows["action"], str(Action.HOLD))).select(_READ)
    return _table(
        [found for row in chunk if (found := _notice(row, batch))] for chunk in _chunks(changed)
    )


def reminders_due(
    lake: Lake, batch: DecidedBatch, rows: pa.Table, rules: ReminderRules
) -> pa.Table:
    """A row for each bill of the batch's accounts of which its customer is to be reminded.

    Statements are those that the batch was decided from. A bill that an earlier batch has a
    reminder of has none in this one.
    """
    versions, as_of = batch.data_versions, batch.as_of
    if "statements" not in versions:
        return _SCHEMA.empty_table()
    with lake.connect(versions, known_at=as_of, tables=["statements"]) as connection:
        known = _columns(connection, "statements")
        if "minimum_due_minor" not in known:
            return _SCHEMA.empty_table()
        names = ["decision_id", "account_id", "customer_id", "product", "grade"]
        connection.register("decided", rows.select(names))
        bills = connection.sql(
            _BILLS,
            params={
                "instant": end_of_day(as_of),
                "as_of": as_of,
                "payment_due_days": rules.payment_due_days,
                "grades": [str(grade) for grade in rules.grades],
            },
        ).to_arrow_table()
    found = _table(
        [found for row in chunk if (found := _reminder(row, batch, rules))]
        for chunk in _chunks(bills)
    )
    return _not_yet_written(lake, found, batch.batch_id)


def _notice(row: dict[str, object], batch: DecidedBatch) -> dict[str, object] | None:
    touching = {text.split(":", 1)[0] for text in _texts(row["rules"])}
    days = {rule: batch.days_by_rule[rule] for rule in touching & batch.days_by_rule.keys()}
    found = notice_of(_done(row), batch.as_of, days)
    if found is None:
        return None
    return {
        **_of(row, batch),
        "notice_id": found.notice_id,
        "kind": str(found.kind),
        "action": row["action"],
        "due_by": found.due_by,
        "rule_id": found.rule_id,
        "reasons": [str(reason) for reason in found.reasons],
        **{f"text_{language}": found.text[language] for language in Language},
    }


def _done(row: dict[str, object]) -> Done:
    rate_from, rate_to = row["annual_rate_from"], row["annual_rate_to"]
    rates = None
    if isinstance(rate_to, float):
        rates = (rate_from if isinstance(rate_from, float) else None, rate_to)
    return Done(
        decision_id=str(row["decision_id"]),
        actions=tuple(Action(name) for name in _texts(row["actions"])),
        limits_minor=(_whole(row["from_minor"]), _whole(row["to_minor"])),
        annual_rates=rates,
        reasons=tuple(ReasonCode(code) for code in _texts(row["reasons"])),
        change_reasons=tuple(ReasonCode(code) for code in _texts(row["change_reasons"])),
        features=tuple(_texts(row["feature_reasons"])),
    )


def _reminder(
    row: dict[str, object], batch: DecidedBatch, rules: ReminderRules
) -> dict[str, object] | None:
    minimum, on, due_on = (
        row[name] for name in ("minimum_due_minor", "statement_on", "payment_due_on")
    )
    assert isinstance(on, date)
    bill = Bill(
        account_id=str(row["account_id"]),
        product=Product(str(row["product"])),
        statement_on=on,
        minimum_due_minor=None if minimum is None else _whole(minimum),
        days_past_due=_whole(row["days_past_due"]),
        payment_due_on=due_on if isinstance(due_on, date) else None,
    )
    found = reminder_of(bill, batch.as_of, Grade(str(row["grade"])), rules)
    if found is None:
        return None
    return {
        **_of(row, batch),
        "notice_id": found.reminder_id,
        "kind": str(NoticeKind.REMINDER),
        "due_by": found.due_by,
        "statement_on": on,
        "payment_due_on": found.payment_due_on,
        "reasons": [],
        **{f"text_{language}": found.text[language] for language in Language},
    }


def _of(row: dict[str, object], batch: DecidedBatch) -> dict[str, object]:
    """Whose it is, and of which decision."""
    instant = end_of_day(batch.as_of)
    return {
        **{name: row[name] for name in ("decision_id", "account_id", "customer_id")},
        "decisions_batch": batch.batch_id,
        "event_timestamp": instant,
        "created_timestamp": instant,
    }


def _not_yet_written(lake: Lake, found: pa.Table, batch_id: str) -> pa.Table:
    """Without what another batch has written; what this one wrote before it was killed stays."""
    if not found.num_rows or not lake.exists(TABLE):
        return found
    with lake.connect(tables=[TABLE]) as connection:
        connection.register("found", found)
        return connection.sql(
            "SELECT * FROM found ANTI JOIN "
            "(SELECT notice_id FROM outbox WHERE decisions_batch <> ?) AS written "
            "USING (notice_id)",
            params=[batch_id],
        ).to_arrow_table()


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    return {row[0] for row in connection.execute(f"DESCRIBE {table}").fetchall()}


def _chunks(rows: pa.Table) -> Iterator[list[dict[str, object]]]:
    """Rows as mappings, so many at a time that a million are never held at once."""
    for start in range(0, rows.num_rows, _CHUNK_ROWS):
        yield rows.slice(start, _CHUNK_ROWS).to_pylist()


def _table(chunks: Iterator[list[dict[str, object]]]) -> pa.Table:
    tables = [pa.Table.from_pylist(chunk, schema=_SCHEMA) for chunk in chunks]
    return pa.concat_tables(tables) if tables else _SCHEMA.empty_table()


def _texts(values: object) -> list[str]:
    return [str(value) for value in values] if isinstance(values, list) else []


def _whole(value: object) -> int:
    assert isinstance(value, int)
    return value
