"""The order of validation, with plain rules in place of Great Expectations."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import duckdb
import pyarrow as pa
import pytest

from credit_limits.domain.errors import BatchRefused
from credit_limits.ingestion.batch import Refusal, Refused, batch_id_of
from credit_limits.ingestion.incoming import Incoming
from credit_limits.ingestion.mapping import BatchLimits
from credit_limits.ingestion.parsing import parse_mapping
from credit_limits.ingestion.profile import Profile
from credit_limits.ingestion.quarantine import QUARANTINE, quarantine_rows
from credit_limits.ingestion.reading import FINDINGS, ReadFile
from credit_limits.ingestion.validation import BatchValidation
from tests.ingestion_plain import PlainRules
from tests.ingestion_samples import MAPPING

LENDER = parse_mapping(MAPPING, "lender.yaml")
LAX = BatchLimits(quarantine_share_ceiling=0.99)
CLIENT = {
    "cust_no": "1",
    "name": "n",
    "birth_year": 1980,
    "kind": "P",
    "income": 5000.0,
    "line": 900,
}
BILL = {"cust_no": "1", "month_end": datetime(2024, 1, 31), "owed": 7, "paid": 2, "days_late": 0}


def clients(count, **changed):
    rows = [CLIENT | {"cust_no": str(number)} for number in range(1, count + 1)]
    return [row | changed if row["cust_no"] == "1" else row for row in rows]


def bills(count):
    return [BILL | {"cust_no": str(number)} for number in range(1, count + 1)]


@pytest.fixture
def connection():
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'")
        yield opened


def file_of(connection, kind, rows, relation):
    table = pa.Table.from_pylist(rows).append_column(
        "source_line", pa.array(range(2, len(rows) + 2))
    )
    connection.register("given", table)
    connection.execute(f"CREATE TABLE {relation} AS FROM given")
    connection.unregister("given")
    no_findings = FINDINGS.empty_table()
    return ReadFile(LENDER.file(kind), f"{kind}.csv", relation, len(rows), no_findings)


def batch_of(connection, **files):
    read = [
        file_of(connection, kind, rows, f"file_{number}")
        for number, (kind, rows) in enumerate(files.items())
    ]
    return Incoming(connection, LENDER, read)


def validate(incoming, limits=LAX, **options):
    quality = options.pop("quality", PlainRules(incoming.connection))
    return BatchValidation(incoming, quality, limits, "b1", **options).run()


def named(incoming):
    return {table.name: table for table in incoming.tables}


def test_a_sound_batch_is_accepted_whole(connection):
    incoming = batch_of(connection, clients=clients(3), bills=bills(3))
    told = []
    validation = validate(incoming, on_table=lambda table, rows: told.append((table, rows)))
    assert incoming.lines().quarantined == 0
    assert told == [("customers", 3), ("accounts", 3), ("statements", 3)]
    assert all(check.passed and not check.offending for check in validation.checked)
    assert validation.profile.file_lines == {"clients": [3], "bills": [3]}


def test_what_refers_to_what_was_set_aside_follows_until_nothing_does(connection):
    """A bad customer takes their account along, and the account its statement."""
    incoming = batch_of(connection, clients=clients(3, line=-1), bills=bills(3))
    validate(incoming)
    assert [incoming.lines_set_aside(file) for file in incoming.files] == [[2], [2]]
    rows = {name: incoming.rows(table).accepted for name, table in named(incoming).items()}
    assert rows == {"customers": 2, "accounts": 2, "statements": 2}
    assert ("statements", "account_id", "accounts_known", 1) in incoming.rules_broken()


def test_lines_that_follow_count_towards_the_ceiling(connection):
    incoming = batch_of(connection, clients=clients(10, line=-1), bills=bills(10))
    with pytest.raises(BatchRefused, match="2 of 20 lines"):
        validate(incoming, BatchLimits(quarantine_share_ceiling=0.07))


def test_a_batch_of_which_nothing_is_left_is_refused(connection):
    incoming = batch_of(connection, clients=clients(1, line=-1))
    with pytest.raises(BatchRefused, match="1 of 1 lines"):
        validate(incoming, BatchLimits(quarantine_share_ceiling=1.0))


def test_the_whole_is_looked_at_before_the_rows(connection):
    incoming = batch_of(connection, clients=clients(4, line=-1))
    asked = []

    class Recording(PlainRules):
        def validate(self, subject, relation, rules, stage):
            asked.append((subject, stage))
            return super().validate(subject, relation, rules, stage)

    limits = replace(LAX, unit_minimum_rows=1, usual_medians_minor={"accounts.limit_minor": 9e9})
    with pytest.raises(BatchRefused, match=r"accounts\.limit_minor"):
        validate(incoming, limits, quality=Recording(connection))
    assert asked == [("figures", "as read"), ("clients.csv", "as read")]


def test_what_is_accepted_is_looked_at_again(connection):
    incoming = batch_of(connection, clients=clients(4, line=-1))
    stages = []

    class Recording(PlainRules):
        def validate(self, subject, relation, rules, stage):
            stages.append((subject, stage))
            return super().validate(subject, relation, rules, stage)

    validate(incoming, quality=Recording(connection))
    assert stages[-2:] == [("customers", "accepted"), ("accounts", "accepted")]
    assert ("accounts", "references, look 2") in stages


@dataclass
class Liar(PlainRules):
    """Counts a bad row more than it names."""

    def validate(self, subject, relation, rules, stage):
        results = super().validate(subject, relation, rules, stage)
        return tuple(
            replace(each, offending=each.offending + 1) if each.offending_rows else each
            for each in results
        )


def test_rows_that_are_counted_must_be_named(connection):
    incoming = batch_of(connection, clients=clients(4, line=-1))
    with pytest.raises(AssertionError, match="2 rows are bad, 1 were named"):
        validate(incoming, quality=Liar(connection))


class Stubborn(PlainRules):
    """Says of accepted rows that they are bad."""

    def validate(self, subject, relation, rules, stage):
        results = super().validate(subject, relation, rules, stage)
        if stage != "accepted":
            return results
        return tuple(replace(each, passed=False) for each in results)


def test_nothing_is_accepted_that_does_not_pass_the_second_look(connection):
    incoming = batch_of(connection, clients=clients(4, line=-1))
    with pytest.raises(BatchRefused, match="what was left after the quarantine still breaks"):
        validate(incoming, quality=Stubborn(connection))


def earlier_accounts(connection, batch_id, event="2024-01-01 00:00:00+00"):
    connection.execute(
        f"CREATE VIEW accounts AS SELECT 'a1' AS account_id, '{batch_id}' AS batch_id, "
        f"TIMESTAMPTZ '{event}' AS event_timestamp, TIMESTAMPTZ '{event}' AS created_timestamp"
    )


def test_an_account_of_an_earlier_batch_may_be_referred_to(connection):
    earlier_accounts(connection, "b0")
    incoming = batch_of(connection, bills=bills(2))
    validate(incoming)
    assert incoming.lines_set_aside(incoming.files[0]) == [3]


def test_rows_of_an_attempt_that_was_cut_off_are_not_earlier_ones(connection):
    earlier_accounts(connection, "b1")
    incoming = batch_of(connection, clients=clients(2))
    validate(incoming)
    assert incoming.lines().quarantined == 0


def test_a_fact_of_an_earlier_batch_is_set_aside(connection):
    earlier_accounts(connection, "b0")
    incoming = batch_of(connection, clients=clients(2))
    validate(incoming)
    assert incoming.lines_set_aside(incoming.files[0]) == [2]


def test_the_age_of_a_batch_is_held_against_the_lake(connection):
    earlier_accounts(connection, "b0", "2024-04-02 00:00:00+00")
    incoming = batch_of(connection, clients=clients(2))
    with pytest.raises(BatchRefused, match="more than 91 days older"):
        validate(incoming, BatchLimits(maximum_age_days=91))


def test_the_age_of_a_batch_may_be_what_is_allowed(connection):
    earlier_accounts(connection, "b0", "2024-04-02 00:00:00+00")
    incoming = batch_of(connection, clients=clients(2))
    validate(incoming, BatchLimits(maximum_age_days=92))
    assert incoming.newest_earlier_event(named(incoming)["accounts"], "b1") == datetime(
        2024, 4, 2, tzinfo=UTC
    )


def test_medians_are_of_what_is_not_zero_and_of_enough(connection):
    rows = [CLIENT | {"cust_no": str(n), "line": n if n > 3 else 0} for n in range(1, 9)]
    incoming = batch_of(connection, clients=rows)
    validation = validate(incoming, replace(LAX, unit_minimum_rows=5))
    assert validation.profile.medians_minor == {
        "customers.income_monthly_minor": 500_000.0,
        "accounts.limit_minor": 600.0,
    }


def test_lines_are_counted_where_they_stand(connection):
    incoming = batch_of(connection, clients=clients(3))
    connection.execute("INSERT INTO set_aside VALUES ('clients.csv', 999)")
    with pytest.raises(AssertionError, match="3 lines read, 3 accepted, 1 quarantined"):
        incoming.lines()


def test_an_empty_quarantine_has_its_columns(connection):
    incoming = batch_of(connection, clients=clients(3))
    kept = quarantine_rows(connection, incoming.files, pa.table({}))
    assert kept.schema == QUARANTINE
    assert kept.num_rows == 0


def test_a_batch_is_named_by_its_content_and_its_mapping():
    contents = [("clients", "aa"), ("bills", "bb")]
    name = batch_id_of(LENDER, contents)
    assert len(name) == 16
    assert name.startswith("b")
    assert batch_id_of(LENDER, reversed(contents)) == name
    assert batch_id_of(LENDER, [("clients", "aa"), ("bills", "bc")]) != name
    assert batch_id_of(replace(LENDER, limits=LAX), contents) != name


def test_a_refusal_says_what_why_and_what_to_do():
    refused = Refused(Refusal("a.csv", "it is empty", "Export it again"), Refusal("b", "c", "d"))
    assert str(refused).endswith("a.csv: it is empty. Export it again; b: c. d")
    assert refused.exit_code == 6


def test_earlier_figures_reach_the_rules(connection):
    incoming = batch_of(connection, clients=clients(5))
    earlier = [Profile({"clients": [2]}, {})]
    with pytest.raises(BatchRefused, match="more than 4, where 2 are usual"):
        validate(incoming, earlier=earlier)
